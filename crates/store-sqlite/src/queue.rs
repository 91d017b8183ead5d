//! The queue to the compliance service: the outbox, taken out again.

use crate::{
    SqliteStore,
    row::{Row, chain_number},
    writer::{Query, Transaction, Work},
};
use async_trait::async_trait;
use causerie_model::{ChainId, Sealed, Timestamp};
use causerie_queue::{Backlog, Lease, MAX_LEASE_SECONDS, Queue, Queued, check_lease};
use causerie_store::{StoreError, StoreFault};
use uuid::Uuid;

const WAITING: &str = "
    SELECT sequence, chain, number, at, actor, kind, body, previous, hash
    FROM outbox ORDER BY sequence LIMIT ?1";

const ASIDE: &str = "
    SELECT sequence, chain, number, at, actor, kind, body, previous, hash, reason, aside_at
    FROM set_aside WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";

const SET_ASIDE: &str = "
    INSERT INTO set_aside (sequence, chain, number, at, actor, kind, body, previous, hash, reason, aside_at)
    SELECT sequence, chain, number, at, actor, kind, body, previous, hash, ?2, ?3 FROM outbox WHERE sequence = ?1";

const LEASE: &str = "SELECT token, until, coalesce(holder = ?1, false) FROM queue_lease";

const PUT_LEASE: &str = "
    INSERT INTO queue_lease (only_row, token, until, holder) VALUES (1, coalesce(?1, randomblob(16)), ?2, ?3)
    ON CONFLICT (only_row) DO UPDATE SET token = excluded.token, until = excluded.until, holder = excluded.holder
    RETURNING token";

/// When a lease ended that was given back: before any time.
const GIVEN_BACK: i64 = i64::MIN;

/// A record that was taken out of the queue, since it couldn't be stored elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// The record, with the place that it had.
    pub queued: Queued,
    /// Why it couldn't be stored.
    pub reason: String,
    /// When it was taken out.
    pub at: Timestamp,
}

impl SqliteStore {
    /// The first `count` records that were set aside from a later place in the queue than `after`, by place.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    pub async fn aside(&self, after: i64, count: u32) -> Result<Vec<Aside>, StoreError> {
        let query = sqlx::query(ASIDE).bind(after).bind(count);
        self.reader
            .all(query, |row| {
                Ok(Aside {
                    queued: queued(row)?,
                    reason: row.get(9)?,
                    at: row.time(10)?,
                })
            })
            .await
    }

    /// Does `work`, provided that the lease is held.
    async fn consume(
        &self,
        lease: &Lease,
        now: Timestamp,
        work: impl for<'a> FnOnce(&'a mut Transaction<'_>) -> Work<'a, ()> + Send + 'static,
    ) -> Result<(), StoreError> {
        let held = holder(lease, now);
        self.writer
            .write(move |transaction| {
                Box::pin(async move {
                    if transaction.rows(held).await?.is_empty() {
                        return Err(lost());
                    }
                    work(transaction).await
                })
            })
            .await
    }
}

#[async_trait]
impl Queue for SqliteStore {
    async fn lease(
        &self,
        holder: Uuid,
        held: Option<&Lease>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, StoreError> {
        check_lease(now, until)?;
        let held = held.map(|lease| lease.token);
        // One that ends later was given before the clock went back.
        let latest = now.plus_seconds(MAX_LEASE_SECONDS);
        self.writer
            .write(move |transaction| {
                Box::pin(async move {
                    let rows = transaction
                        .rows(sqlx::query(LEASE).bind(holder.as_bytes().to_vec()))
                        .await?;
                    let last = rows.first().map(|row| {
                        let row = Row(row);
                        Ok::<_, StoreError>((row.guid(0)?, row.time(1)?, row.get::<bool>(2)?))
                    });
                    let token = match (last.transpose()?, held) {
                        (Some((last, ..)), Some(held)) if last == held => Some(held),
                        (_, Some(_)) => return Err(lost()),
                        (Some((_, ends, is_his_own)), None)
                            if now < ends && ends <= latest && !is_his_own =>
                        {
                            return Err(conflict("somebody else consumes the queue"));
                        }
                        (_, None) => None,
                    };
                    let put = sqlx::query(PUT_LEASE)
                        .bind(token.map(|token| token.as_bytes().to_vec()))
                        .bind(until.0)
                        .bind(holder.as_bytes().to_vec());
                    let rows = transaction.rows(put).await?;
                    let row = rows.first().ok_or_else(|| conflict("the lease wasn't stored"))?;
                    let token = Row(row).guid(0)?;
                    Ok(Lease { token, until })
                })
            })
            .await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE queue_lease SET until = ?2 WHERE token = ?1")
            .bind(lease.token.as_bytes().to_vec())
            .bind(GIVEN_BACK);
        self.writer
            .write(move |transaction| Box::pin(async move { transaction.execute(query).await.map(|_| ()) }))
            .await
    }

    async fn waiting(&self, lease: &Lease, now: Timestamp, count: u32) -> Result<Vec<Queued>, StoreError> {
        // Should the lease be lost between the two: reading does no harm.
        let held = self.reader.first(holder(lease, now), |_| Ok(())).await?;
        if held.is_none() {
            return Err(lost());
        }
        self.reader.all(sqlx::query(WAITING).bind(count), queued).await
    }

    async fn acknowledge(&self, lease: &Lease, now: Timestamp, up_to: i64) -> Result<(), StoreError> {
        self.consume(lease, now, move |transaction| {
            Box::pin(async move {
                let done = sqlx::query("DELETE FROM outbox WHERE sequence <= ?1").bind(up_to);
                let gone = transaction.execute(done).await?.rows_affected();
                transaction.dequeued(gone);
                if gone > 0 {
                    transaction.destroys();
                }
                Ok(())
            })
        })
        .await
    }

    async fn set_aside(
        &self,
        lease: &Lease,
        now: Timestamp,
        sequence: i64,
        reason: &str,
    ) -> Result<(), StoreError> {
        let keep = sqlx::query(SET_ASIDE)
            .bind(sequence)
            .bind(reason.to_owned())
            .bind(now.0);
        self.consume(lease, now, move |transaction| {
            Box::pin(async move {
                let kept = transaction.execute(keep).await?.rows_affected();
                let gone = sqlx::query("DELETE FROM outbox WHERE sequence = ?1").bind(sequence);
                transaction.execute(gone).await?;
                transaction.dequeued(kept);
                transaction.put_aside(kept);
                Ok(())
            })
        })
        .await
    }

    async fn waits_since(&self, chain: ChainId) -> Result<Option<Timestamp>, StoreError> {
        let first = sqlx::query("SELECT at FROM outbox WHERE chain = ?1 ORDER BY number LIMIT 1");
        let first = first.bind(chain_number(chain));
        self.reader.first(first, |row| row.time(0)).await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let first = sqlx::query("SELECT at FROM outbox ORDER BY sequence LIMIT 1");
        let oldest = self.reader.first(first, |row| row.time(0)).await?;
        let tally = self.writer.tally();
        // A commit comes before its count: in between, what is read is right.
        let depth = match oldest {
            Some(_) => tally.queued.max(1),
            None => 0,
        };
        Ok(Backlog {
            depth,
            oldest,
            set_aside: tally.aside,
        })
    }
}

/// Gives a row if the lease is held.
fn holder(lease: &Lease, now: Timestamp) -> Query {
    sqlx::query("SELECT 1 FROM queue_lease WHERE token = ?1 AND until > ?2")
        .bind(lease.token.as_bytes().to_vec())
        .bind(now.0)
}

fn queued(row: &Row<'_>) -> Result<Queued, StoreError> {
    Ok(Queued {
        sequence: row.get(0)?,
        record: Sealed {
            chain: row.chain(1)?,
            number: row.unsigned(2)?,
            at: row.time(3)?,
            actor: row.get(4)?,
            kind: row.get(5)?,
            body: row.get(6)?,
            previous: row.hash(7)?,
            hash: row.hash(8)?,
        },
    })
}

fn lost() -> StoreError {
    conflict("the lease of the queue isn't held any more")
}

fn conflict(why: &str) -> StoreError {
    StoreError::new(StoreFault::Conflict, why)
}
