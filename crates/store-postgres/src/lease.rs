//! Lets one of several do something.

use crate::PostgresRecords;
use async_trait::async_trait;
use causerie_model::{StoreError, Timestamp};
use causerie_records::Leases;

const TAKE: &str = "
    INSERT INTO causerie.leases AS lease (name, holder, ends) VALUES ($1, $2, $4)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, ends = excluded.ends
    WHERE lease.holder = excluded.holder OR lease.ends <= $3";

#[async_trait]
impl Leases for PostgresRecords {
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
        let done = self.bounded(query.execute(&self.pool)).await?;
        Ok(done.rows_affected() > 0)
    }
}
