//! Gives records, documents and checkpoints.

use crate::{
    PostgresRecords,
    row::{Row, chain_number, clamped},
};
use async_trait::async_trait;
use causerie_model::{ChainId, StoreError};
use causerie_records::{
    Addition, ChainHead, ChainSpan, CheckpointLine, Checkpoints, DocumentKey, Documents, Records, Selection,
    Stored,
};
use sqlx::{AssertSqlSafe, Postgres, postgres::PgArguments, query::Query};
use std::collections::BTreeSet;

pub(crate) const END: &str = "SELECT coalesce(max(position), 0) FROM causerie.records";
pub(crate) const LAST_CHECKPOINT: &str =
    "SELECT number, up_to, line FROM causerie.checkpoints ORDER BY number DESC LIMIT 1";

const HEAD: &str =
    "SELECT number, at, hash FROM causerie.records WHERE chain = $1 ORDER BY number DESC LIMIT 1";

const READ: &str = "
    SELECT position, chain, number, at, actor, kind, body, previous, hash, retired
    FROM causerie.records WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3";

const OF_CHAIN: &str = "
    SELECT position, chain, number, at, actor, kind, body, previous, hash, retired
    FROM causerie.records WHERE chain = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4";

const SPANS: &str = "
    SELECT chain, min(number), max(number), count(*), min(at), max(at)
    FROM causerie.records WHERE position > $1 AND position <= $2 GROUP BY chain";

// Of retired records the actor is empty. The limit keeps the planner from reading all records to join them.
const WHO_ACTED: &str = "
    SELECT DISTINCT asked FROM unnest($1::text[]) AS asked
    CROSS JOIN LATERAL (SELECT FROM causerie.records WHERE actor = asked LIMIT 1) AS acted WHERE asked <> ''";

const CHECKPOINTS: &str =
    "SELECT number, up_to, line FROM causerie.checkpoints WHERE number > $1 ORDER BY number LIMIT $2";

/// Makes something of a row.
type Make<T> = fn(&Row<'_>) -> Result<T, sqlx::Error>;

type PgQuery = Query<'static, Postgres, PgArguments>;

/// The query of a selection. Only conditions that were given are in it, so that the planner sees which index helps.
fn selecting(selection: &Selection, after: u64, count: u32) -> PgQuery {
    let mut sql = "SELECT position, chain, number, at, actor, kind, body, previous, hash, retired \
                   FROM causerie.records WHERE position > $1"
        .to_owned();
    let mut parameters = 2;
    for (given, condition) in [
        (!selection.actors.is_empty(), "actor = ANY"),
        (!selection.chains.is_empty(), "chain = ANY"),
        (!selection.kinds.is_empty(), "kind = ANY"),
        (selection.from.is_some(), "at >= "),
        (selection.until.is_some(), "at < "),
    ] {
        if given {
            parameters += 1;
            sql += &format!(" AND {condition}(${parameters})");
        }
    }
    sql += " ORDER BY position LIMIT $2";
    let mut query = sqlx::query(AssertSqlSafe(sql))
        .bind(clamped(after))
        .bind(i64::from(count));
    if !selection.actors.is_empty() {
        query = query.bind(selection.actors.clone());
    }
    if !selection.chains.is_empty() {
        query = query.bind(
            selection
                .chains
                .iter()
                .copied()
                .map(chain_number)
                .collect::<Vec<_>>(),
        );
    }
    if !selection.kinds.is_empty() {
        query = query.bind(selection.kinds.clone());
    }
    for at in [selection.from, selection.until].into_iter().flatten() {
        query = query.bind(at.0);
    }
    query
}

impl PostgresRecords {
    /// All rows of a query, each made into a `T`.
    async fn all<T: Send>(&self, query: PgQuery, make: Make<T>) -> Result<Vec<T>, StoreError> {
        self.bounded(async {
            let rows = query.fetch_all(&self.pool).await?;
            rows.iter().map(|row| make(&Row(row))).collect()
        })
        .await
    }

    /// The first row of a query made into a `T`, if there is one.
    async fn first<T: Send>(&self, query: PgQuery, make: Make<T>) -> Result<Option<T>, StoreError> {
        Ok(self.all(query, make).await?.into_iter().next())
    }
}

#[async_trait]
impl Records for PostgresRecords {
    async fn append(&self, addition: &Addition) -> Result<u64, StoreError> {
        self.add(addition).await
    }

    async fn head(&self, chain: ChainId) -> Result<ChainHead, StoreError> {
        let query = sqlx::query(HEAD).bind(chain_number(chain));
        let head = self.first(query, |row| row.head(0)).await?;
        Ok(head.unwrap_or(ChainHead::START))
    }

    async fn end(&self) -> Result<u64, StoreError> {
        let end = self.first(sqlx::query(END), |row| row.unsigned(0)).await?;
        Ok(end.unwrap_or(0))
    }

    async fn read(&self, after: u64, up_to: u64, count: u32) -> Result<Vec<Stored>, StoreError> {
        let query = sqlx::query(READ)
            .bind(clamped(after))
            .bind(clamped(up_to))
            .bind(i64::from(count));
        self.all(query, |row| row.stored()).await
    }

    async fn spans(&self, after: u64, up_to: u64) -> Result<Vec<ChainSpan>, StoreError> {
        let query = sqlx::query(SPANS).bind(clamped(after)).bind(clamped(up_to));
        let mut spans = self.all(query, |row| row.span()).await?;
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
        self.all(query, |row| row.stored()).await
    }

    async fn select(&self, selection: &Selection, after: u64, count: u32) -> Result<Vec<Stored>, StoreError> {
        self.all(selecting(selection, after, count), |row| row.stored())
            .await
    }

    async fn who_acted(&self, actors: &[String]) -> Result<BTreeSet<String>, StoreError> {
        let query = sqlx::query(WHO_ACTED).bind(actors.to_vec());
        let acted = self.all(query, |row| row.get(0)).await?;
        Ok(acted.into_iter().collect())
    }
}

#[async_trait]
impl Documents for PostgresRecords {
    async fn documents(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        let query = sqlx::query("SELECT id, text FROM causerie.documents WHERE kind = $1 ORDER BY id")
            .bind(kind.to_owned());
        self.all(query, |row| Ok((row.get(0)?, row.get(1)?))).await
    }

    async fn document(&self, key: &DocumentKey) -> Result<Option<String>, StoreError> {
        let query = sqlx::query("SELECT text FROM causerie.documents WHERE kind = $1 AND id = $2")
            .bind(key.kind.clone())
            .bind(key.id.clone());
        self.first(query, |row| row.get(0)).await
    }
}

#[async_trait]
impl Checkpoints for PostgresRecords {
    async fn checkpoints(&self, after: u64, count: u32) -> Result<Vec<CheckpointLine>, StoreError> {
        let query = sqlx::query(CHECKPOINTS)
            .bind(clamped(after))
            .bind(i64::from(count));
        self.all(query, |row| row.checkpoint()).await
    }

    async fn last_checkpoint(&self) -> Result<Option<CheckpointLine>, StoreError> {
        self.first(sqlx::query(LAST_CHECKPOINT), |row| row.checkpoint())
            .await
    }
}
