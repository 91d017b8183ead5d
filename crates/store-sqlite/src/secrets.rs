//! Keeps users' secrets.

use crate::SqliteStore;
use async_trait::async_trait;
use causerie_model::PrincipalId;
use causerie_store::{Secret, Secrets, StoreError};

const PUT: &str = "
    INSERT INTO secrets (user, password_hash, sealed_nt_hash) VALUES (?1, ?2, ?3)
    ON CONFLICT (user) DO UPDATE SET
        password_hash = excluded.password_hash, sealed_nt_hash = excluded.sealed_nt_hash";

#[async_trait]
impl Secrets for SqliteStore {
    async fn secret(&self, user: PrincipalId) -> Result<Option<Secret>, StoreError> {
        let query =
            sqlx::query("SELECT password_hash, sealed_nt_hash FROM secrets WHERE user = ?1").bind(user.0);
        self.reader
            .first(query, |row| {
                Ok(Secret {
                    password_hash: row.get(0)?,
                    sealed_nt_hash: row.get(1)?,
                })
            })
            .await
    }

    async fn put_secret(&self, user: PrincipalId, secret: &Secret) -> Result<(), StoreError> {
        let query = sqlx::query(PUT)
            .bind(user.0)
            .bind(secret.password_hash.clone())
            .bind(secret.sealed_nt_hash.clone());
        self.writer
            .write(move |transaction| Box::pin(async move { transaction.execute(query).await.map(drop) }))
            .await
    }
}
