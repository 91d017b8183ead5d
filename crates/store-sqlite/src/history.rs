//! Reads messages.

use crate::{SqliteStore, row::Row};
use async_trait::async_trait;
use causerie_model::{ChatId, Extras, Message, RoomId};
use causerie_store::{History, StoreError};
use serde_json::json;

const LATEST: &str = "
    SELECT room, chat_id, at, author, author_name, text, extra_attributes, extra_children
    FROM messages WHERE room = ?1 AND chat_id <= ?2 ORDER BY chat_id DESC LIMIT ?3";

// CROSS JOIN makes SQLite begin with the index of words, which gives the newest rows first and ends when it has enough.
const SEARCH: &str = "
    SELECT room, chat_id, at, author, author_name, m.text, extra_attributes, extra_children
    FROM message_words AS w CROSS JOIN messages AS m ON m.id = w.rowid
    WHERE message_words MATCH ?1 AND room IN (SELECT value FROM json_each(?2))
    ORDER BY w.rowid DESC LIMIT ?3";

#[async_trait]
impl History for SqliteStore {
    async fn latest(
        &self,
        room: RoomId,
        before: Option<ChatId>,
        count: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let last = match before {
            // The numbers of messages begin with 1.
            Some(before) => before.0.saturating_sub(1),
            None => u64::MAX,
        };
        let query = sqlx::query(LATEST)
            .bind(room.0)
            .bind(i64::try_from(last).unwrap_or(i64::MAX))
            .bind(i64::from(count));
        let mut messages = self.reader.all(query, message).await?;
        messages.reverse();
        Ok(messages)
    }

    async fn search(&self, rooms: &[RoomId], words: &str, count: u32) -> Result<Vec<Message>, StoreError> {
        let expression = match_expression(words);
        if expression.is_empty() || rooms.is_empty() || count == 0 {
            return Ok(Vec::new());
        }
        let rooms: Vec<i64> = rooms.iter().map(|room| room.0).collect();
        let query = sqlx::query(SEARCH)
            .bind(expression)
            .bind(json!(rooms).to_string())
            .bind(i64::from(count));
        let mut messages = self.reader.all(query, message).await?;
        messages.reverse();
        Ok(messages)
    }
}

/// Each word as an FTS5 string, in which nothing but the quotation mark means anything. Strings side by side must all
/// be there.
fn match_expression(words: &str) -> String {
    words
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect::<Vec<_>>()
        .join(" ")
}

fn message(row: &Row<'_>) -> Result<Message, StoreError> {
    Ok(Message {
        room: RoomId(row.get(0)?),
        chat_id: ChatId(row.unsigned(1)?),
        at: row.time(2)?,
        author: row.parse(3)?,
        author_name: row.get(4)?,
        text: row.get(5)?,
        extras: Extras {
            attributes: row.get(6)?,
            children: row.get(7)?,
        },
    })
}
