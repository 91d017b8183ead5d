//! Reads the records that wait for the compliance service.

use crate::SqliteStore;
use async_trait::async_trait;
use causerie_store::{Outbox, Queued, StoreError};

const QUEUED: &str = "
    SELECT sequence, chain, number, at, actor, kind, body, previous, hash
    FROM outbox WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";

#[async_trait]
impl Outbox for SqliteStore {
    async fn queued(&self, after: i64, count: u32) -> Result<Vec<Queued>, StoreError> {
        let query = sqlx::query(QUEUED).bind(after).bind(i64::from(count));
        self.reader
            .all(query, |row| {
                Ok(Queued {
                    sequence: row.get(0)?,
                    chain: row.chain(1)?,
                    number: row.unsigned(2)?,
                    at: row.time(3)?,
                    actor: row.get(4)?,
                    kind: row.get(5)?,
                    body: row.get(6)?,
                    previous: row.hash(7)?,
                    hash: row.hash(8)?,
                })
            })
            .await
    }

    async fn depth(&self) -> Result<u64, StoreError> {
        let query = sqlx::query("SELECT count(*) FROM outbox");
        Ok(self
            .reader
            .first(query, |row| row.unsigned(0))
            .await?
            .unwrap_or(0))
    }
}
