//! Lets one of several do something.

use super::SqliteRecords;
use async_trait::async_trait;
use causerie_model::{StoreError, Timestamp};
use causerie_records::Leases;

const TAKE: &str = "
    INSERT INTO leases (name, holder, until) VALUES (?1, ?2, ?4)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE holder = excluded.holder OR until <= ?3";

#[async_trait]
impl Leases for SqliteRecords {
    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(TAKE)
            .bind(name.to_owned())
            .bind(holder.to_owned())
            .bind(now.0)
            .bind(until.0);
        self.writer
            .write(move |transaction| {
                Box::pin(async move { Ok(transaction.execute(query).await?.rows_affected() > 0) })
            })
            .await
    }
}
