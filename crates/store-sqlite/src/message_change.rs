//! Changes to messages. The index of words follows in the same transaction.

use crate::{row::signed, writer::Transaction};
use causerie_model::{ChatId, RoomId, Timestamp, set_apart};
use causerie_store::StoreError;

/// About what a message that goes adds to the log, with what is kept about it in indexes.
const REMOVED_BYTES: usize = 512;

const REPLACE: &str = "
    UPDATE messages SET text = ?3, extra_attributes = '', extra_children = '' WHERE room = ?1 AND chat_id = ?2";
const REPLACE_WORDS: &str = "
    INSERT OR REPLACE INTO message_words (rowid, room, text)
    SELECT id, room, ?3 FROM messages WHERE room = ?1 AND chat_id = ?2";

// The index goes first: it is told by the messages which of its rows are meant.
const REMOVE: [&str; 2] = [
    "DELETE FROM message_words WHERE rowid IN (SELECT id FROM messages WHERE room = ?1 AND chat_id = ?2)",
    "DELETE FROM messages WHERE room = ?1 AND chat_id = ?2",
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

/// Takes a message away.
pub(crate) async fn remove(
    transaction: &mut Transaction<'_>,
    room: RoomId,
    chat_id: ChatId,
) -> Result<(), StoreError> {
    delete(transaction, REMOVE, room, signed(chat_id.0)?).await
}

/// Takes all messages up to a time away.
pub(crate) async fn clear(
    transaction: &mut Transaction<'_>,
    room: RoomId,
    until: Timestamp,
) -> Result<(), StoreError> {
    delete(transaction, CLEAR, room, until.0).await
}

async fn delete(
    transaction: &mut Transaction<'_>,
    statements: [&'static str; 2],
    room: RoomId,
    bound: i64,
) -> Result<(), StoreError> {
    for sql in statements {
        let query = sqlx::query(sql).bind(room.0).bind(bound);
        let removed = transaction.execute(query).await?.rows_affected();
        let removed = usize::try_from(removed).unwrap_or(usize::MAX);
        transaction.note(removed.saturating_mul(REMOVED_BYTES));
    }
    Ok(())
}
