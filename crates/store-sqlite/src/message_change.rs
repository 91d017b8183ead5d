//! Changes to messages.

use crate::{
    forget::forget_words,
    row::{Row, signed},
    writer::{Query, Transaction},
};
use causerie_model::{ChatId, RoomId, Timestamp, set_apart};
use causerie_store::{StoreError, StoreFault};
use serde_json::json;

/// About what a message that goes adds to the log, with what is kept about it in indexes.
const REMOVED_BYTES: usize = 512;

const REPLACE: &str = "
    UPDATE messages SET text = ?2, extra_attributes = '', extra_children = '' WHERE id = ?1";
const INDEX: &str = "INSERT INTO message_words (rowid, room, text) VALUES (?1, ?2, ?3)";
const FIND: &str = "SELECT id, text FROM messages WHERE room = ?1 AND chat_id = ?2";

// Nobody finds them any more; they are forgotten by and by. The rows must not become longer, since that may move others:
// -1 takes a byte where 1 takes none. Without the author they are shorter.
const REMOVE: &str = "
    UPDATE messages SET room = -room, author = ''
    WHERE room = ?1 AND chat_id IN (SELECT value FROM json_each(?2))";
const CLEAR: &str = "
    UPDATE messages SET room = -room, author = ''
    WHERE room = ?1 AND at <= ?2";

/// Gives a message another text.
pub(crate) async fn replace(
    transaction: &mut Transaction<'_>,
    room: RoomId,
    chat_id: ChatId,
    text: &str,
) -> Result<(), StoreError> {
    let found = sqlx::query(FIND).bind(room.0).bind(signed(chat_id.0)?);
    let found = transaction.rows(found).await?;
    let Some(row) = found.first().map(Row) else {
        return Err(StoreError::new(
            StoreFault::Conflict,
            "the message to be replaced isn't there",
        ));
    };
    let (id, before): (i64, String) = (row.get(0)?, row.get(1)?);
    transaction.note((before.len() + text.len()) * 2);
    forget_words(transaction, id, room.0, &before).await?;
    let put = sqlx::query(REPLACE).bind(id).bind(text.to_owned());
    transaction.execute(put).await?;
    let index = sqlx::query(INDEX).bind(id).bind(room.0);
    transaction
        .execute(index.bind(set_apart(text).into_owned()))
        .await?;
    transaction.destroys();
    Ok(())
}

/// Takes messages away.
pub(crate) async fn remove(
    transaction: &mut Transaction<'_>,
    room: RoomId,
    chat_ids: &[ChatId],
) -> Result<(), StoreError> {
    let query = sqlx::query(REMOVE).bind(room.0).bind(numbers(chat_ids));
    take_away(transaction, query).await
}

/// Takes all messages up to a time away.
pub(crate) async fn clear(
    transaction: &mut Transaction<'_>,
    room: RoomId,
    until: Timestamp,
) -> Result<(), StoreError> {
    take_away(transaction, sqlx::query(CLEAR).bind(room.0).bind(until.0)).await
}

async fn take_away(transaction: &mut Transaction<'_>, query: Query) -> Result<(), StoreError> {
    let removed = transaction.execute(query).await?.rows_affected();
    let removed = usize::try_from(removed).unwrap_or(usize::MAX);
    transaction.note(removed.saturating_mul(REMOVED_BYTES));
    if removed > 0 {
        transaction.destroys();
    }
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
