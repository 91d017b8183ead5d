//! Takes batches: one transaction each, one statement for each table.

use crate::{
    SqliteStore,
    change::carry_out,
    row::{Row, chain_number, signed},
    writer::{Query, Transaction},
};
use async_trait::async_trait;
use causerie_model::{ChainId, ChatId, Head, Message, Record, RoomId, SipAddress, set_apart};
use causerie_store::{Batch, Journal, Span, StoreError, StoreFault};
use serde_json::{Value, json};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

const SELECT_HEADS: &str = "
    SELECT chain.value, record, chat_id, at, hash, (SELECT coalesce(max(id), 0) FROM messages)
    FROM json_each(?1) AS chain LEFT JOIN heads ON heads.chain = chain.value";

const INSERT_MESSAGES: &str = "
    INSERT INTO messages (id, room, chat_id, record, at, author, author_name, text, extra_attributes, extra_children)
    SELECT ?2 + key, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
           value ->> 7, value ->> 8
    FROM json_each(?1)";

const INSERT_WORDS: &str = "
    INSERT INTO message_words (rowid, room, text)
    SELECT ?2 + key, value ->> 0, coalesce(value ->> 9, value ->> 6) FROM json_each(?1)";

const INSERT_OUTBOX: &str = "
    INSERT INTO outbox (chain, number, at, actor, kind, body, previous, hash)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, unhex(value ->> 6),
           unhex(value ->> 7)
    FROM json_each(?1)";

const UPSERT_HEADS: &str = "
    INSERT INTO heads (chain, record, chat_id, at, hash)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, unhex(value ->> 4) FROM json_each(?1) WHERE true
    ON CONFLICT (chain) DO UPDATE SET
        record = excluded.record, chat_id = excluded.chat_id, at = excluded.at, hash = excluded.hash";

const PUT_PRESENCE: &str = "
    INSERT INTO presence (room, user, since)
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE true
    ON CONFLICT (room, user) DO UPDATE SET since = excluded.since";

const REMOVE_PRESENCE: &str = "
    DELETE FROM presence WHERE (room, user) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))";

/// The records of a batch in the form in which they are sent.
struct Prepared {
    spans: Vec<Span>,
    /// JSON array of chains.
    chains: String,
    /// JSON array of messages, if there are any.
    messages: Option<String>,
    /// JSON array of records.
    outbox: String,
    /// JSON array of who has come and not left again, if somebody has.
    entered: Option<String>,
    /// JSON array of who has left and not come again, if somebody has.
    left: Option<String>,
    /// How many these are.
    count: usize,
}

impl Prepared {
    /// `None` if there are no records.
    fn new(batch: &Batch) -> Result<Option<Self>, StoreError> {
        if batch.records.is_empty() {
            return Ok(None);
        }
        let spans = batch.spans()?;
        let chains: Vec<i64> = spans.iter().map(|span| chain_number(span.chain)).collect();
        let outbox = batch
            .records
            .iter()
            .map(outbox_row)
            .collect::<Result<Vec<_>, _>>()?;
        let messages = batch
            .records
            .iter()
            .filter_map(|record| {
                record
                    .message
                    .as_deref()
                    .map(|message| message_row(record, message))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let some = |rows: Vec<Value>| (!rows.is_empty()).then(|| Value::Array(rows).to_string());
        let (entered, left) = presence_rows(&batch.records);
        Ok(Some(Self {
            spans,
            chains: json!(chains).to_string(),
            messages: some(messages),
            count: outbox.len(),
            outbox: Value::Array(outbox).to_string(),
            entered: some(entered),
            left: some(left),
        }))
    }

    async fn write(self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        let rows = transaction
            .rows(sqlx::query(SELECT_HEADS).bind(self.chains))
            .await?;
        let mut stored = HashMap::new();
        let mut last_message = 0_i64;
        for row in &rows {
            let row = Row(row);
            stored.insert(row.chain(0)?, optional_head(&row, 1)?);
            last_message = row.get(5)?;
        }
        let mut heads = Vec::new();
        for span in &self.spans {
            let head = span.follow(stored.get(&span.chain).unwrap_or(&Head::START))?;
            heads.push(head_row(span.chain, &head)?);
        }

        if let Some(messages) = self.messages {
            let insert = |sql| -> Query { sqlx::query(sql).bind(messages.clone()).bind(last_message + 1) };
            transaction.note(messages.len() * 2);
            transaction.execute(insert(INSERT_MESSAGES)).await?;
            transaction.execute(insert(INSERT_WORDS)).await?;
        }
        transaction.note(self.outbox.len());
        transaction
            .execute(sqlx::query(INSERT_OUTBOX).bind(self.outbox))
            .await?;
        transaction.queued(self.count as u64);
        transaction
            .execute(sqlx::query(UPSERT_HEADS).bind(Value::Array(heads).to_string()))
            .await?;
        for (sql, rows) in [(PUT_PRESENCE, self.entered), (REMOVE_PRESENCE, self.left)] {
            if let Some(rows) = rows {
                transaction.note(rows.len());
                transaction.execute(sqlx::query(sql).bind(rows)).await?;
            }
        }
        Ok(())
    }
}

fn message_row(record: &Record, message: &Message) -> Result<Value, StoreError> {
    // Most texts are indexed as they are, and needn't be sent twice.
    let indexed = match set_apart(&message.text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(apart) => Some(apart),
    };
    Ok(json!([
        message.room.0,
        signed(message.chat_id.0)?,
        signed(record.number)?,
        message.at.0,
        message.author.as_str(),
        message.author_name,
        message.text,
        message.extras.attributes,
        message.extras.children,
        indexed,
    ]))
}

fn outbox_row(record: &Record) -> Result<Value, StoreError> {
    Ok(json!([
        chain_number(record.chain),
        signed(record.number)?,
        record.at.0,
        record.actor.to_string(),
        record.kind,
        record.body,
        hex::encode(record.previous.0),
        hex::encode(record.hash.0),
    ]))
}

fn head_row(chain: ChainId, head: &Head) -> Result<Value, StoreError> {
    Ok(json!([
        chain_number(chain),
        signed(head.record)?,
        signed(head.chat_id.0)?,
        head.at.0,
        hex::encode(head.hash.0),
    ]))
}

/// Who is in a room after these records, and who no longer is: of each user in each room the last record counts.
fn presence_rows(records: &[Record]) -> (Vec<Value>, Vec<Value>) {
    let mut last = BTreeMap::new();
    for record in records {
        if let (ChainId::Room(room), Some(presence)) = (record.chain, &record.presence) {
            last.insert((room, presence.user.as_str()), (presence.present, record.at));
        }
    }
    let (mut entered, mut left) = (Vec::new(), Vec::new());
    for ((room, user), (present, at)) in last {
        if present {
            entered.push(json!([room.0, user, at.0]));
        } else {
            left.push(json!([room.0, user]));
        }
    }
    (entered, left)
}

/// A head from the four columns that begin with `first`; [`Head::START`] if they are empty.
fn optional_head(row: &Row<'_>, first: usize) -> Result<Head, StoreError> {
    if row.get::<Option<i64>>(first)?.is_none() {
        return Ok(Head::START);
    }
    Ok(Head {
        record: row.unsigned(first)?,
        chat_id: ChatId(row.unsigned(first + 1)?),
        at: row.time(first + 2)?,
        hash: row.hash(first + 3)?,
    })
}

#[async_trait]
impl Journal for SqliteStore {
    async fn append(&self, batch: &Batch) -> Result<(), StoreError> {
        let prepared = Prepared::new(batch)?;
        let changes = batch.changes.clone();
        if prepared.is_none() && changes.is_empty() {
            return Ok(());
        }
        self.writer
            .write(move |transaction| {
                Box::pin(async move {
                    for change in &changes {
                        carry_out(transaction, change).await?;
                    }
                    match prepared {
                        Some(prepared) => prepared.write(transaction).await,
                        None => Ok(()),
                    }
                })
            })
            .await
    }

    async fn head(&self, chain: ChainId) -> Result<Head, StoreError> {
        let query = sqlx::query("SELECT record, chat_id, at, hash FROM heads WHERE chain = ?1")
            .bind(chain_number(chain));
        let head = self.reader.first(query, |row| optional_head(row, 0)).await?;
        Ok(head.unwrap_or(Head::START))
    }

    async fn present(&self) -> Result<Vec<(RoomId, SipAddress)>, StoreError> {
        let query = sqlx::query("SELECT room, user FROM presence ORDER BY room, user");
        let make = |row: &Row<'_>| Ok((RoomId(row.get(0)?), row.parse(1)?));
        self.reader.all(query, make).await
    }

    async fn highest_room(&self) -> Result<RoomId, StoreError> {
        let query = sqlx::query("SELECT coalesce(max(chain), 0) FROM heads");
        let row = self.reader.first(query, |row| row.get(0).map(RoomId)).await?;
        row.ok_or_else(|| StoreError::new(StoreFault::Other, "an aggregate without a row"))
    }
}
