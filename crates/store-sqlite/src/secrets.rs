//! Keeps users' secrets.

use crate::SqliteStore;
use async_trait::async_trait;
use causerie_model::PrincipalId;
use causerie_store::{Secret, Secrets, StoreError};
use serde_json::{Value, json};

const PUT: &str = "
    INSERT INTO secrets (user, password_hash, sealed_nt_hash)
    SELECT value ->> 0, value ->> 1, unhex(value ->> 2) FROM json_each(?1) WHERE true
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

    async fn put_secrets(&self, secrets: &[(PrincipalId, Secret)]) -> Result<(), StoreError> {
        if secrets.is_empty() {
            return Ok(());
        }
        let row = |(user, secret): &(PrincipalId, Secret)| {
            json!([user.0, secret.password_hash, hex::encode(&secret.sealed_nt_hash)])
        };
        let rows: Value = secrets.iter().map(row).collect();
        let query = sqlx::query(PUT).bind(rows.to_string());
        self.writer
            .write(move |transaction| Box::pin(async move { transaction.execute(query).await.map(drop) }))
            .await
    }
}
