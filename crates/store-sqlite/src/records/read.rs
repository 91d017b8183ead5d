//! Gives records, documents and checkpoints.

use super::SqliteRecords;
use crate::{
    row::{Row, chain_number},
    writer::Query,
};
use async_trait::async_trait;
use causerie_model::{ChainId, Sealed, StoreError};
use causerie_records::{
    Addition, ChainHead, ChainSpan, CheckpointLine, Checkpoints, DocumentKey, Documents, Records, Selection,
    Stored,
};
use serde_json::json;
use sqlx::AssertSqlSafe;
use std::collections::BTreeSet;

pub(super) const END: &str = "SELECT coalesce(max(position), 0) FROM records";
pub(super) const LAST_CHECKPOINT: &str =
    "SELECT number, up_to, line FROM checkpoints ORDER BY number DESC LIMIT 1";

const HEAD: &str = "SELECT number, at, hash FROM records WHERE chain = ?1 ORDER BY number DESC LIMIT 1";

const READ: &str = "
    SELECT position, chain, number, at, actor, kind, body, previous, hash, retired
    FROM records WHERE position > ?1 AND position <= ?2 ORDER BY position LIMIT ?3";

const OF_CHAIN: &str = "
    SELECT position, chain, number, at, actor, kind, body, previous, hash, retired
    FROM records WHERE chain = ?1 AND number > ?2 AND number <= ?3 ORDER BY number LIMIT ?4";

const SPANS: &str = "
    SELECT chain, min(number), max(number), count(*), min(at), max(at)
    FROM records WHERE position > ?1 AND position <= ?2 GROUP BY chain";

// Of retired records the actor is empty.
const WHO_ACTED: &str = "
    SELECT value FROM json_each(?1)
    WHERE value <> '' AND EXISTS (SELECT 1 FROM records INDEXED BY records_by_actor WHERE actor = value)";

const CHECKPOINTS: &str =
    "SELECT number, up_to, line FROM checkpoints WHERE number > ?1 ORDER BY number LIMIT ?2";

/// As far as SQLite's numbers go; there is nothing beyond.
fn clamped(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn end(row: &Row<'_>) -> Result<u64, StoreError> {
    row.unsigned(0)
}

pub(super) fn checkpoint(row: &Row<'_>) -> Result<CheckpointLine, StoreError> {
    Ok(CheckpointLine {
        number: row.unsigned(0)?,
        up_to: row.unsigned(1)?,
        line: row.get(2)?,
    })
}

fn stored(row: &Row<'_>) -> Result<Stored, StoreError> {
    Ok(Stored {
        position: row.unsigned(0)?,
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
        retired: row.get(9)?,
    })
}

fn span(row: &Row<'_>) -> Result<ChainSpan, StoreError> {
    Ok(ChainSpan {
        chain: row.chain(0)?,
        first: row.unsigned(1)?,
        last: row.unsigned(2)?,
        records: row.unsigned(3)?,
        begins: row.time(4)?,
        ends: row.time(5)?,
    })
}

/// The query of a selection. Only conditions that were given are in it, so that SQLite sees which index helps.
fn selecting(selection: &Selection, after: u64, count: u32) -> Query {
    let mut sql = "SELECT position, chain, number, at, actor, kind, body, previous, hash, retired \
                   FROM records WHERE position > ?1"
        .to_owned();
    for (given, condition) in [
        (
            !selection.actors.is_empty(),
            " AND actor IN (SELECT value FROM json_each(?3))",
        ),
        (
            !selection.chains.is_empty(),
            " AND chain IN (SELECT value FROM json_each(?4))",
        ),
        (
            !selection.kinds.is_empty(),
            " AND kind IN (SELECT value FROM json_each(?5))",
        ),
        (selection.from.is_some(), " AND at >= ?6"),
        (selection.until.is_some(), " AND at < ?7"),
    ] {
        if given {
            sql += condition;
        }
    }
    sql += " ORDER BY position LIMIT ?2";
    let chains: Vec<i64> = selection.chains.iter().copied().map(chain_number).collect();
    sqlx::query(AssertSqlSafe(sql))
        .bind(clamped(after))
        .bind(i64::from(count))
        .bind(json!(selection.actors).to_string())
        .bind(json!(chains).to_string())
        .bind(json!(selection.kinds).to_string())
        .bind(selection.from.map(|at| at.0))
        .bind(selection.until.map(|at| at.0))
}

#[async_trait]
impl Records for SqliteRecords {
    async fn append(&self, addition: &Addition) -> Result<u64, StoreError> {
        self.add(addition).await
    }

    async fn head(&self, chain: ChainId) -> Result<ChainHead, StoreError> {
        let query = sqlx::query(HEAD).bind(chain_number(chain));
        let head = |row: &Row<'_>| {
            Ok(ChainHead {
                number: row.unsigned(0)?,
                at: row.time(1)?,
                hash: row.hash(2)?,
            })
        };
        Ok(self.reader.first(query, head).await?.unwrap_or(ChainHead::START))
    }

    async fn end(&self) -> Result<u64, StoreError> {
        let last = self.reader.first(sqlx::query(END), end).await?;
        Ok(last.unwrap_or(0))
    }

    async fn read(&self, after: u64, up_to: u64, count: u32) -> Result<Vec<Stored>, StoreError> {
        let query = sqlx::query(READ)
            .bind(clamped(after))
            .bind(clamped(up_to))
            .bind(i64::from(count));
        self.reader.all(query, stored).await
    }

    async fn spans(&self, after: u64, up_to: u64) -> Result<Vec<ChainSpan>, StoreError> {
        let query = sqlx::query(SPANS).bind(clamped(after)).bind(clamped(up_to));
        let mut spans = self.reader.all(query, span).await?;
        spans.sort_unstable_by_key(|span| span.chain);
        Ok(spans)
    }

    async fn of_chain(
        &self,
        chain: ChainId,
        after: u64,
        up_to: u64,
        count: u32,
    ) -> Result<Vec<Stored>, StoreError> {
        let query = sqlx::query(OF_CHAIN)
            .bind(chain_number(chain))
            .bind(clamped(after))
            .bind(clamped(up_to))
            .bind(i64::from(count));
        self.reader.all(query, stored).await
    }

    async fn select(&self, selection: &Selection, after: u64, count: u32) -> Result<Vec<Stored>, StoreError> {
        self.reader.all(selecting(selection, after, count), stored).await
    }

    async fn who_acted(&self, actors: &[String]) -> Result<BTreeSet<String>, StoreError> {
        let query = sqlx::query(WHO_ACTED).bind(json!(actors).to_string());
        let acted = self.reader.all(query, |row| row.get(0)).await?;
        Ok(acted.into_iter().collect())
    }
}

#[async_trait]
impl Documents for SqliteRecords {
    async fn documents(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        let query =
            sqlx::query("SELECT id, text FROM documents WHERE kind = ?1 ORDER BY id").bind(kind.to_owned());
        self.reader.all(query, |row| Ok((row.get(0)?, row.get(1)?))).await
    }

    async fn document(&self, key: &DocumentKey) -> Result<Option<String>, StoreError> {
        let query = sqlx::query("SELECT text FROM documents WHERE kind = ?1 AND id = ?2")
            .bind(key.kind.clone())
            .bind(key.id.clone());
        self.reader.first(query, |row| row.get(0)).await
    }
}

#[async_trait]
impl Checkpoints for SqliteRecords {
    async fn checkpoints(&self, after: u64, count: u32) -> Result<Vec<CheckpointLine>, StoreError> {
        let query = sqlx::query(CHECKPOINTS)
            .bind(clamped(after))
            .bind(i64::from(count));
        self.reader.all(query, checkpoint).await
    }

    async fn last_checkpoint(&self) -> Result<Option<CheckpointLine>, StoreError> {
        self.reader.first(sqlx::query(LAST_CHECKPOINT), checkpoint).await
    }
}
