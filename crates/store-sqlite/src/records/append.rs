//! Takes additions: one transaction each, one statement for each table.

use super::{
    SqliteRecords,
    read::{END, LAST_CHECKPOINT, checkpoint, end},
};
use crate::{
    row::{Row, chain_number, signed},
    writer::Transaction,
};
use causerie_model::{ChainId, Hash, Sealed, StoreError, StoreFault};
use causerie_records::{Addition, ChainHead, CheckpointLine, DocumentKey, Fresh, Retirement, Tombstone};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

const HEADS: &str = "
    SELECT records.chain, number, at, hash
    FROM json_each(?1) AS one
    JOIN records ON position = (SELECT position FROM records WHERE chain = one.value ORDER BY number DESC LIMIT 1)";

const STORED: &str = "
    SELECT records.chain, records.number, hash
    FROM json_each(?1) AS one JOIN records ON chain = one.value ->> 0 AND number = one.value ->> 1";

const INSERT_RECORDS: &str = "
    INSERT INTO records (position, chain, number, at, actor, kind, body, previous, hash)
    SELECT ?2 + 1 + key, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           unhex(value ->> 6), unhex(value ->> 7)
    FROM json_each(?1) ORDER BY key";

const INSERT_TOMBSTONES: &str = "
    INSERT INTO tombstones (record, chain, first, last)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1)
    WHERE value ->> 0 NOT IN (SELECT record FROM tombstones)";

const ABSENT: &str = "
    SELECT one.value ->> 1
    FROM json_each(?1) AS one LEFT JOIN records ON chain = one.value ->> 0 AND number = one.value ->> 1
    WHERE position IS NULL LIMIT 1";

const RETIRE: &str = "
    UPDATE records SET actor = '', body = '', retired = 1
    FROM json_each(?1) AS one WHERE chain = one.value ->> 0 AND number = one.value ->> 1 AND retired = 0";

const PUT: &str = "
    INSERT INTO documents (kind, id, text)
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE true
    ON CONFLICT (kind, id) DO UPDATE SET text = excluded.text";

const REMOVE: &str = "
    DELETE FROM documents WHERE (kind, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))";

const INSERT_CHECKPOINT: &str = "INSERT INTO checkpoints (number, up_to, line) VALUES (?1, ?2, ?3)";

impl SqliteRecords {
    pub(super) async fn add(&self, addition: &Addition) -> Result<u64, StoreError> {
        let tombstones = addition.check()?;
        let addition = addition.clone();
        self.writer
            .write(move |transaction| {
                Box::pin(async move { commit(transaction, &addition, &tombstones).await })
            })
            .await
    }
}

async fn commit(
    transaction: &mut Transaction<'_>,
    addition: &Addition,
    tombstones: &[Tombstone],
) -> Result<u64, StoreError> {
    let end = last_position(transaction).await?;
    let heads = heads(transaction, addition).await?;
    let stored = stored(transaction, &addition.doubtful(&heads)).await?;
    let Fresh::Records(fresh) = addition.fresh(heads, stored)? else {
        return Ok(end);
    };
    insert(transaction, end, &fresh).await?;
    retire(transaction, tombstones, &addition.retired).await?;
    put_documents(transaction, &addition.documents).await?;
    if addition.checkpoint.is_some() {
        let last = transaction.rows(sqlx::query(LAST_CHECKPOINT)).await?;
        let last = last.first().map(|row| checkpoint(&Row(row))).transpose()?;
        if let Some(next) = addition.next_checkpoint(last.as_ref())? {
            insert_checkpoint(transaction, next).await?;
        }
    }
    let count = u64::try_from(fresh.len()).unwrap_or(u64::MAX);
    Ok(end + count)
}

async fn last_position(transaction: &mut Transaction<'_>) -> Result<u64, StoreError> {
    let rows = transaction.rows(sqlx::query(END)).await?;
    rows.first().map_or(Ok(0), |row| end(&Row(row)))
}

async fn heads(
    transaction: &mut Transaction<'_>,
    addition: &Addition,
) -> Result<BTreeMap<ChainId, ChainHead>, StoreError> {
    let chains: Vec<i64> = addition.chains().into_iter().map(chain_number).collect();
    if chains.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = transaction
        .rows(sqlx::query(HEADS).bind(json!(chains).to_string()))
        .await?;
    let head = |row| {
        let row = Row(row);
        let head = ChainHead {
            number: row.unsigned(1)?,
            at: row.time(2)?,
            hash: row.hash(3)?,
        };
        Ok((row.chain(0)?, head))
    };
    rows.iter().map(head).collect()
}

/// Hashes of those of these records that are there.
async fn stored(
    transaction: &mut Transaction<'_>,
    records: &[(ChainId, u64)],
) -> Result<HashMap<(ChainId, u64), Hash>, StoreError> {
    if records.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = transaction
        .rows(sqlx::query(STORED).bind(pairs(records.iter().copied())?))
        .await?;
    let hash = |row| {
        let row = Row(row);
        Ok(((row.chain(0)?, row.unsigned(1)?), row.hash(2)?))
    };
    rows.iter().map(hash).collect()
}

/// Chains and numbers as a JSON array.
fn pairs(records: impl Iterator<Item = (ChainId, u64)>) -> Result<String, StoreError> {
    let pair = |(chain, number)| Ok(json!([chain_number(chain), signed(number)?]));
    let pairs = records.map(pair).collect::<Result<Vec<_>, StoreError>>()?;
    Ok(Value::Array(pairs).to_string())
}

async fn insert(transaction: &mut Transaction<'_>, end: u64, records: &[&Sealed]) -> Result<(), StoreError> {
    if records.is_empty() {
        return Ok(());
    }
    let row = |record: &&Sealed| {
        Ok(json!([
            chain_number(record.chain),
            signed(record.number)?,
            record.at.0,
            record.actor,
            record.kind,
            record.body,
            hex::encode(record.previous.0),
            hex::encode(record.hash.0),
        ]))
    };
    let rows = records.iter().map(row).collect::<Result<Vec<_>, StoreError>>()?;
    let rows = Value::Array(rows).to_string();
    transaction.note(rows.len());
    transaction
        .execute(sqlx::query(INSERT_RECORDS).bind(rows).bind(signed(end)?))
        .await?;
    Ok(())
}

async fn retire(
    transaction: &mut Transaction<'_>,
    tombstones: &[Tombstone],
    retired: &[Retirement],
) -> Result<(), StoreError> {
    if tombstones.is_empty() {
        return Ok(());
    }
    let row = |it: &Tombstone| {
        let numbers = (signed(it.record)?, signed(it.first)?, signed(it.last)?);
        Ok(json!([numbers.0, chain_number(it.chain), numbers.1, numbers.2]))
    };
    let tombstones = tombstones
        .iter()
        .map(row)
        .collect::<Result<Vec<_>, StoreError>>()?;
    let insert = sqlx::query(INSERT_TOMBSTONES).bind(Value::Array(tombstones).to_string());
    transaction.execute(insert).await?;

    let numbers = |it: &Retirement| {
        let chain = it.chain;
        it.numbers.clone().into_iter().map(move |number| (chain, number))
    };
    let pairs = pairs(retired.iter().flat_map(numbers))?;
    if let Some(row) = transaction
        .rows(sqlx::query(ABSENT).bind(pairs.clone()))
        .await?
        .first()
    {
        let number: i64 = Row(row).get(0)?;
        return Err(StoreError::new(
            StoreFault::Conflict,
            format!("record {number} isn't there and can't be retired"),
        ));
    }
    transaction.note(pairs.len());
    transaction.execute(sqlx::query(RETIRE).bind(pairs)).await?;
    transaction.destroys();
    Ok(())
}

async fn put_documents(
    transaction: &mut Transaction<'_>,
    documents: &[(DocumentKey, Option<String>)],
) -> Result<(), StoreError> {
    // Of two with the same key the last counts.
    let documents: BTreeMap<&DocumentKey, &Option<String>> =
        documents.iter().map(|(key, text)| (key, text)).collect();
    let (mut put, mut removed) = (Vec::new(), Vec::new());
    for (key, text) in documents {
        match text {
            Some(text) => put.push(json!([key.kind, key.id, text])),
            None => removed.push(json!([key.kind, key.id])),
        }
    }
    for (sql, rows) in [(PUT, put), (REMOVE, removed)] {
        if !rows.is_empty() {
            let rows = Value::Array(rows).to_string();
            transaction.note(rows.len());
            transaction.execute(sqlx::query(sql).bind(rows)).await?;
        }
    }
    Ok(())
}

async fn insert_checkpoint(
    transaction: &mut Transaction<'_>,
    next: &CheckpointLine,
) -> Result<(), StoreError> {
    transaction.note(next.line.len());
    let insert = sqlx::query(INSERT_CHECKPOINT)
        .bind(signed(next.number)?)
        .bind(signed(next.up_to)?)
        .bind(next.line.clone());
    transaction.execute(insert).await?;
    Ok(())
}
