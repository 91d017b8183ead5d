//! Keeps users' preferences.

use crate::{SqliteStore, row::Row};
use async_trait::async_trait;
use causerie_model::PrincipalId;
use causerie_store::{Preference, Preferences, StoreError, StoreFault};

const PUT: &str = "
    INSERT INTO preferences (user, label, sequence, content) VALUES (?1, ?2, max(?3, 0) + 1, ?4)
    ON CONFLICT (user, label) DO UPDATE SET sequence = max(sequence, ?3) + 1, content = excluded.content
    RETURNING sequence";

#[async_trait]
impl Preferences for SqliteStore {
    async fn preference(&self, user: PrincipalId, label: &str) -> Result<Option<Preference>, StoreError> {
        let query = sqlx::query("SELECT sequence, content FROM preferences WHERE user = ?1 AND label = ?2")
            .bind(user.0)
            .bind(label.to_owned());
        self.reader
            .first(query, |row| {
                Ok(Preference {
                    sequence: row.get(0)?,
                    content: row.get(1)?,
                })
            })
            .await
    }

    async fn put_preference(
        &self,
        user: PrincipalId,
        label: &str,
        known: i64,
        content: &str,
    ) -> Result<i64, StoreError> {
        let query = sqlx::query(PUT)
            .bind(user.0)
            .bind(label.to_owned())
            .bind(known)
            .bind(content.to_owned());
        self.writer
            .write(move |transaction| {
                Box::pin(async move {
                    let rows = transaction.rows(query).await?;
                    let row = rows
                        .first()
                        .ok_or_else(|| StoreError::new(StoreFault::Other, "RETURNING returned nothing"))?;
                    Row(row).get(0)
                })
            })
            .await
    }
}
