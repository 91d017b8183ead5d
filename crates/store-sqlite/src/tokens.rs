//! Keeps tokens of administration.

use crate::SqliteStore;
use async_trait::async_trait;
use causerie_model::Timestamp;
use causerie_store::{StoreError, Token, Tokens};

const ADD: &str = "INSERT INTO tokens (name, role, hash, created, expires) VALUES (?1, ?2, ?3, ?4, ?5)";

#[async_trait]
impl Tokens for SqliteStore {
    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        let query = sqlx::query("SELECT name, role, hash, created, expires FROM tokens ORDER BY name");
        self.reader
            .all(query, |row| {
                Ok(Token {
                    name: row.get(0)?,
                    role: row.parse(1)?,
                    hash: row.hash(2)?.0,
                    created: row.time(3)?,
                    expires: row.get::<Option<i64>>(4)?.map(Timestamp),
                })
            })
            .await
    }

    async fn add_token(&self, token: &Token) -> Result<(), StoreError> {
        let query = sqlx::query(ADD)
            .bind(token.name.clone())
            .bind(token.role.as_str())
            .bind(token.hash.to_vec())
            .bind(token.created.0)
            .bind(token.expires.map(|at| at.0));
        self.writer
            .write(move |transaction| Box::pin(async move { transaction.execute(query).await.map(drop) }))
            .await
    }

    async fn remove_token(&self, name: &str) -> Result<bool, StoreError> {
        let query = sqlx::query("DELETE FROM tokens WHERE name = ?1").bind(name.to_owned());
        self.writer
            .write(move |transaction| {
                Box::pin(async move { Ok(transaction.execute(query).await?.rows_affected() > 0) })
            })
            .await
    }
}
