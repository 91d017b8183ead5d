//! Messages are removed, replaced or cleared: found in the store, and then changed a page at a time, so that posts go on
//! meanwhile.

use crate::{Action, ActionError, By, Chat, admin::NodeName};
use causerie_model::{ChatId, Message, MessageQuery, Order, RoomId, Timestamp};
use std::sync::Arc;

/// Messages that are changed in one commit.
const PAGE: u32 = 200;

/// What a room's message is replaced with if nothing else is said.
pub const REPLACED: &str = "This message was replaced by an administrator.";

/// What is to happen to messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retouch {
    /// They go, and leave no trace in the room.
    Remove,
    /// Their texts are replaced with this one.
    Replace(String),
}

impl Chat {
    /// Removes or replaces the messages of a room that a query finds, from the oldest on. Of the query its text, authors
    /// and dates count. Gives back how many there were. With `rehearsal` nothing is changed.
    ///
    /// Every message is a record of its own, with its original text. Clients that have it on their screens aren't told:
    /// their protocol has no word for it.
    ///
    /// # Errors
    /// [`ActionError`]: those of earlier pages are changed already, and recorded.
    pub async fn retouch(
        &self,
        by: &By,
        room: &str,
        query: &MessageQuery,
        retouch: &Retouch,
        rehearsal: bool,
    ) -> Result<u64, ActionError> {
        let replacement = match retouch {
            Retouch::Remove => None,
            Retouch::Replace(text) => Some(text.clone()),
        };
        let mut query = MessageQuery {
            rooms: vec![self.room_named(room)?],
            start: None,
            limit: PAGE,
            scan: Order::OldestFirst,
            order: Order::OldestFirst,
            ..query.clone()
        };
        let mut count = 0;
        let mut last = ChatId(0);
        loop {
            let found = self.history().search(&query).await.map_err(ActionError::Store)?;
            let messages: Vec<Arc<Message>> = found
                .messages
                .into_iter()
                .filter(|message| message.chat_id > last)
                .map(Arc::new)
                .collect();
            match messages.last() {
                // Goes on where this page ends, since a replaced message may well be found again.
                Some(newest) => {
                    last = newest.chat_id;
                    query.from = Some(newest.at);
                    query.limit = PAGE;
                }
                // A whole page of one moment, all of it seen; there may be others of that moment.
                None => query.limit = query.limit.saturating_mul(2),
            }
            count += messages.len() as u64;
            if !messages.is_empty() {
                let action = Action::RetouchMessages {
                    room: room.to_owned(),
                    messages,
                    replacement: replacement.clone(),
                };
                self.order(by.clone(), vec![action], rehearsal).await?;
            }
            if !found.more {
                return Ok(count);
            }
        }
    }

    /// Removes all messages of a room up to a moment, inclusive, in one commit. Gives back how many there were at least:
    /// beyond a thousand they aren't counted. With `rehearsal` nothing is changed.
    ///
    /// # Errors
    /// [`ActionError`]; then nothing has changed.
    pub async fn clear_room(
        &self,
        by: &By,
        room: &str,
        until: Timestamp,
        rehearsal: bool,
    ) -> Result<u64, ActionError> {
        let query = MessageQuery {
            to: Some(Timestamp(until.0.saturating_add(1))),
            ..MessageQuery::newest(vec![self.room_named(room)?], 1)
        };
        let found = self.history().search(&query).await.map_err(ActionError::Store)?;
        let count = u64::from(found.total);
        let action = Action::ClearRoom {
            room: room.to_owned(),
            until,
            count,
        };
        self.order(by.clone(), vec![action], rehearsal).await?;
        Ok(count)
    }

    fn room_named(&self, name: &str) -> Result<RoomId, ActionError> {
        NodeName::Room(name.to_owned()).room(&self.catalogue())
    }
}
