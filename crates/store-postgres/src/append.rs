//! Takes additions: one transaction each, one statement for each table.

use crate::{
    PostgresRecords,
    read::{END, LAST_CHECKPOINT},
    row::{Row, chain_number, clamped},
};
use causerie_model::{ChainId, Hash, Sealed, StoreError, StoreFault};
use causerie_records::{Addition, ChainHead, CheckpointLine, DocumentKey, Fresh, Retirement, Tombstone};
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap};

/// Each statement sees what was committed before it, so after the lock all that others have appended.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// One appends at a time: "mgcc" is the lock. And what is acknowledged is on the disk, whatever the server's default is.
const LOCK: &str = "
    SELECT pg_advisory_xact_lock(1835492195),
           CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END";

const HEADS: &str = "
    SELECT one.chain, head.number, head.at, head.hash
    FROM unnest($1::bigint[]) AS one (chain)
    CROSS JOIN LATERAL (
        SELECT number, at, hash FROM causerie.records WHERE records.chain = one.chain ORDER BY number DESC LIMIT 1
    ) AS head";

const STORED: &str = "
    SELECT chain, number, hash
    FROM unnest($1::bigint[], $2::bigint[]) AS one (chain, number) JOIN causerie.records USING (chain, number)";

const INSERT_RECORDS: &str = "
    INSERT INTO causerie.records (position, chain, number, at, actor, kind, body, previous, hash)
    SELECT $1 + n, chain, number, at, actor, kind, body, previous, hash
    FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::bytea[])
        WITH ORDINALITY AS one (chain, number, at, actor, kind, body, previous, hash, n)
    ORDER BY n";

const INSERT_TOMBSTONES: &str = "
    INSERT INTO causerie.tombstones (record, chain, first, last)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
    ON CONFLICT (record) DO NOTHING";

const ABSENT: &str = "
    SELECT one.number
    FROM unnest($1::bigint[], $2::bigint[]) AS one (chain, number) LEFT JOIN causerie.records USING (chain, number)
    WHERE position IS NULL LIMIT 1";

const RETIRE: &str = "
    UPDATE causerie.records SET actor = '', body = '', retired = true
    FROM unnest($1::bigint[], $2::bigint[]) AS one (chain, number)
    WHERE records.chain = one.chain AND records.number = one.number AND NOT retired";

const PUT: &str = "
    INSERT INTO causerie.documents (kind, id, text) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
    ON CONFLICT (kind, id) DO UPDATE SET text = excluded.text";

const REMOVE: &str = "
    DELETE FROM causerie.documents USING unnest($1::text[], $2::text[]) AS one (kind, id)
    WHERE documents.kind = one.kind AND documents.id = one.id";

const INSERT_CHECKPOINT: &str = "INSERT INTO causerie.checkpoints (number, up_to, line) VALUES ($1, $2, $3)";

/// Why an addition wasn't committed.
enum Refusal {
    Sql(sqlx::Error),
    Port(StoreError),
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Port(error)
    }
}

impl PostgresRecords {
    pub(crate) async fn add(&self, addition: &Addition) -> Result<u64, StoreError> {
        let tombstones = addition.check()?;
        self.bounded(async {
            let mut transaction = self.pool.begin_with(BEGIN).await?;
            match commit(&mut transaction, addition, &tombstones).await {
                Ok(end) => transaction.commit().await.map(|()| Ok(end)),
                Err(Refusal::Port(error)) => transaction.rollback().await.map(|()| Err(error)),
                Err(Refusal::Sql(error)) => Err(error),
            }
        })
        .await?
    }
}

async fn commit(
    connection: &mut PgConnection,
    addition: &Addition,
    tombstones: &[Tombstone],
) -> Result<u64, Refusal> {
    sqlx::query(LOCK).execute(&mut *connection).await?;
    let end = sqlx::query(END).fetch_one(&mut *connection).await?;
    let end = Row(&end).unsigned(0)?;
    let heads = heads(connection, addition).await?;
    let stored = stored(connection, &addition.doubtful(&heads)).await?;
    let Fresh::Records(fresh) = addition.fresh(heads, stored)? else {
        return Ok(end);
    };
    insert(connection, end, &fresh).await?;
    retire(connection, tombstones, &addition.retired).await?;
    put_documents(connection, &addition.documents).await?;
    if addition.checkpoint.is_some() {
        let last = sqlx::query(LAST_CHECKPOINT)
            .fetch_optional(&mut *connection)
            .await?;
        let last = last.map(|row| Row(&row).checkpoint()).transpose()?;
        if let Some(next) = addition.next_checkpoint(last.as_ref())? {
            insert_checkpoint(connection, next).await?;
        }
    }
    let count = u64::try_from(fresh.len()).unwrap_or(u64::MAX);
    Ok(end + count)
}

async fn heads(
    connection: &mut PgConnection,
    addition: &Addition,
) -> Result<BTreeMap<ChainId, ChainHead>, sqlx::Error> {
    let chains: Vec<i64> = addition.chains().into_iter().map(chain_number).collect();
    if chains.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = sqlx::query(HEADS).bind(chains).fetch_all(connection).await?;
    let rows = rows.iter().map(Row);
    rows.map(|row| Ok((row.chain(0)?, row.head(1)?))).collect()
}

/// Hashes of those of these records that are there.
async fn stored(
    connection: &mut PgConnection,
    records: &[(ChainId, u64)],
) -> Result<HashMap<(ChainId, u64), Hash>, sqlx::Error> {
    if records.is_empty() {
        return Ok(HashMap::new());
    }
    let (chains, numbers) = columns(records.iter().copied());
    let query = sqlx::query(STORED).bind(chains).bind(numbers);
    let rows = query.fetch_all(connection).await?;
    let rows = rows.iter().map(Row);
    rows.map(|row| Ok(((row.chain(0)?, row.unsigned(1)?), row.hash(2)?)))
        .collect()
}

/// Chains and numbers, each as a column.
fn columns(records: impl Iterator<Item = (ChainId, u64)>) -> (Vec<i64>, Vec<i64>) {
    records
        .map(|(chain, number)| (chain_number(chain), clamped(number)))
        .unzip()
}

async fn insert(connection: &mut PgConnection, end: u64, records: &[&Sealed]) -> Result<(), sqlx::Error> {
    if records.is_empty() {
        return Ok(());
    }
    fn column<T>(records: &[&Sealed], field: impl Fn(&Sealed) -> T) -> Vec<T> {
        records.iter().map(|record| field(record)).collect()
    }
    sqlx::query(INSERT_RECORDS)
        .bind(clamped(end))
        .bind(column(records, |it| chain_number(it.chain)))
        .bind(column(records, |it| clamped(it.number)))
        .bind(column(records, |it| it.at.0))
        .bind(column(records, |it| it.actor.clone()))
        .bind(column(records, |it| it.kind.clone()))
        .bind(column(records, |it| it.body.clone()))
        .bind(column(records, |it| it.previous.0.to_vec()))
        .bind(column(records, |it| it.hash.0.to_vec()))
        .execute(connection)
        .await?;
    Ok(())
}

async fn retire(
    connection: &mut PgConnection,
    tombstones: &[Tombstone],
    retired: &[Retirement],
) -> Result<(), Refusal> {
    if tombstones.is_empty() {
        return Ok(());
    }
    let column = |field: fn(&Tombstone) -> i64| tombstones.iter().map(field).collect::<Vec<_>>();
    sqlx::query(INSERT_TOMBSTONES)
        .bind(column(|it| clamped(it.record)))
        .bind(column(|it| chain_number(it.chain)))
        .bind(column(|it| clamped(it.first)))
        .bind(column(|it| clamped(it.last)))
        .execute(&mut *connection)
        .await?;

    let numbers = |it: &Retirement| {
        let chain = it.chain;
        it.numbers.clone().into_iter().map(move |number| (chain, number))
    };
    let (chains, numbers) = columns(retired.iter().flat_map(numbers));
    let absent = sqlx::query(ABSENT)
        .bind(chains.clone())
        .bind(numbers.clone())
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(row) = absent {
        let number: i64 = Row(&row).get(0)?;
        let why = format!("record {number} isn't there and can't be retired");
        return Err(StoreError::new(StoreFault::Conflict, why).into());
    }
    sqlx::query(RETIRE)
        .bind(chains)
        .bind(numbers)
        .execute(&mut *connection)
        .await?;
    Ok(())
}

async fn put_documents(
    connection: &mut PgConnection,
    documents: &[(DocumentKey, Option<String>)],
) -> Result<(), sqlx::Error> {
    // Of two with the same key the last counts.
    let documents: BTreeMap<&DocumentKey, &Option<String>> =
        documents.iter().map(|(key, text)| (key, text)).collect();
    let (mut kinds, mut ids, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut gone_kinds, mut gone_ids) = (Vec::new(), Vec::new());
    for (key, text) in documents {
        let (kind, id) = (key.kind.clone(), key.id.clone());
        if let Some(text) = text {
            kinds.push(kind);
            ids.push(id);
            texts.push(text.clone());
        } else {
            gone_kinds.push(kind);
            gone_ids.push(id);
        }
    }
    if !kinds.is_empty() {
        let put = sqlx::query(PUT).bind(kinds).bind(ids).bind(texts);
        put.execute(&mut *connection).await?;
    }
    if !gone_kinds.is_empty() {
        let remove = sqlx::query(REMOVE).bind(gone_kinds).bind(gone_ids);
        remove.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert_checkpoint(connection: &mut PgConnection, next: &CheckpointLine) -> Result<(), sqlx::Error> {
    sqlx::query(INSERT_CHECKPOINT)
        .bind(clamped(next.number))
        .bind(clamped(next.up_to))
        .bind(next.line.clone())
        .execute(connection)
        .await?;
    Ok(())
}
