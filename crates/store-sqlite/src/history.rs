//! Reads messages.

use crate::{SqliteStore, row::Row, search::search};
use async_trait::async_trait;
use causerie_model::{ChatId, Extras, Message, MessageQuery, RoomId, Timestamp};
use causerie_store::{Found, History, RoomSize, StoreError};
use serde_json::json;

const LATEST: &str = "
    SELECT room, chat_id, at, author, author_name, text, extra_attributes, extra_children
    FROM messages WHERE room = ?1 AND chat_id <= ?2 ORDER BY chat_id DESC LIMIT ?3";

const STORED: &str = "
    SELECT DISTINCT chat_id FROM json_each(?2) AS named CROSS JOIN messages
    WHERE room = ?1 AND chat_id = named.value ->> 0 AND at = named.value ->> 1
    ORDER BY chat_id";

const SIZES: &str = "
    SELECT room, count(*),
           sum(octet_length(text) + octet_length(extra_attributes) + octet_length(extra_children)), max(at)
    FROM messages WHERE room > 0 GROUP BY room ORDER BY room";

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
        let mut messages = self.reader.all(query, |row| message(row, 0)).await?;
        messages.reverse();
        Ok(messages)
    }

    async fn search(&self, query: &MessageQuery) -> Result<Found, StoreError> {
        search(&self.reader, query).await
    }

    async fn stored(
        &self,
        room: RoomId,
        messages: &[(ChatId, Timestamp)],
    ) -> Result<Vec<ChatId>, StoreError> {
        let named = messages.iter();
        // Without numbers that no message can have.
        let named = named.filter_map(|(id, at)| Some((i64::try_from(id.0).ok()?, at.0)));
        let named = json!(named.collect::<Vec<_>>()).to_string();
        let query = sqlx::query(STORED).bind(room.0).bind(named);
        self.reader.all(query, |row| Ok(ChatId(row.unsigned(0)?))).await
    }

    async fn sizes(&self) -> Result<Vec<RoomSize>, StoreError> {
        let query = sqlx::query(SIZES);
        self.reader
            .all(query, |row| {
                Ok(RoomSize {
                    room: RoomId(row.get(0)?),
                    messages: row.unsigned(1)?,
                    bytes: row.unsigned(2)?,
                    last: row.time(3)?,
                })
            })
            .await
    }
}

/// A message from the eight columns that begin with `first`.
pub(crate) fn message(row: &Row<'_>, first: usize) -> Result<Message, StoreError> {
    Ok(Message {
        room: RoomId(row.get(first)?),
        chat_id: ChatId(row.unsigned(first + 1)?),
        at: row.time(first + 2)?,
        author: row.parse(first + 3)?,
        author_name: row.get(first + 4)?,
        text: row.get(first + 5)?,
        extras: Extras {
            attributes: row.get(first + 6)?,
            children: row.get(first + 7)?,
        },
    })
}
