//! Changes to messages. The index of words follows in the same transaction.

use crate::{
    row::signed,
    writer::{Query, Transaction},
};
use causerie_model::{ChatId, RoomId, Timestamp, set_apart};
use causerie_store::StoreError;
use serde_json::json;

/// About what a message that goes adds to the log, with what is kept about it in indexes.
const REMOVED_BYTES: usize = 512;

const REPLACE: &str = "
    UPDATE messages SET text = ?3, extra_attributes = '', extra_children = '' WHERE room = ?1 AND chat_id = ?2";
const REPLACE_WORDS: &str = "
    INSERT OR REPLACE INTO message_words (rowid, room, text)
    SELECT id, room, ?3 FROM messages WHERE room = ?1 AND chat_id = ?2";

// The index goes first: it is told by the messages which of its rows are meant.
const REMOVE: [&str; 2] = [
    "DELETE FROM message_words WHERE rowid IN (
        SELECT id FROM messages WHERE room = ?1 AND chat_id IN (SELECT value FROM json_each(?2)))",
    "DELETE FROM messages WHERE room = ?1 AND chat_id IN (SELECT value FROM json_each(?2))",
];
const CLEAR: [&str; 2] = [
    "DELETE FROM message_words WHERE rowid IN (SELECT id FROM messages WHERE room = ?1 AND at <= ?2)",
    "DELETE FROM messages WHERE room = ?1 AND at <= ?2",
];

/// Gives a message another text.
pub(crate) async fn replace(
    transaction: &mut Transaction<'_>,
    room: RoomId,
    chat_id: ChatId,
    text: &str,
) -> Result<(), StoreError> {
    let chat_id = signed(chat_id.0)?;
    let of = |sql, text: String| sqlx::query(sql).bind(room.0).bind(chat_id).bind(text);
    transaction.note(text.len() * 2);
    transaction
        .change(
            of(REPLACE, text.to_owned()),
            "the message to be replaced isn't there",
        )
        .await?;
    transaction
        .execute(of(REPLACE_WORDS, set_apart(text).into_owned()))
        .await
        .map(drop)
}

/// Takes messages away.
pub(crate) async fn remove(
    transaction: &mut Transaction<'_>,
    room: RoomId,
    chat_ids: &[ChatId],
) -> Result<(), StoreError> {
    let numbers = numbers(chat_ids);
    for sql in REMOVE {
        let query = sqlx::query(sql).bind(room.0).bind(numbers.clone());
        delete(transaction, query).await?;
    }
    Ok(())
}

/// Takes all messages up to a time away.
pub(crate) async fn clear(
    transaction: &mut Transaction<'_>,
    room: RoomId,
    until: Timestamp,
) -> Result<(), StoreError> {
    for sql in CLEAR {
        let query = sqlx::query(sql).bind(room.0).bind(until.0);
        delete(transaction, query).await?;
    }
    Ok(())
}

async fn delete(transaction: &mut Transaction<'_>, query: Query) -> Result<(), StoreError> {
    let removed = transaction.execute(query).await?.rows_affected();
    let removed = usize::try_from(removed).unwrap_or(usize::MAX);
    transaction.note(removed.saturating_mul(REMOVED_BYTES));
    Ok(())
}

/// Numbers of messages as a JSON array for `json_each`, without those that no message can have.
fn numbers(chat_ids: &[ChatId]) -> String {
    let numbers: Vec<i64> = chat_ids
        .iter()
        .filter_map(|id| i64::try_from(id.0).ok())
        .collect();
    json!(numbers).to_string()
}
