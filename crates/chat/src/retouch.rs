//! Messages are removed, replaced or cleared: found in the store, and then changed a page at a time, so that posts go on
//! meanwhile.

use crate::{Action, ActionError, By, Chat, admin::NodeName};
use causerie_model::{ChatId, Message, MessageQuery, Order, RoomId, SipAddress, Timestamp, text_query::Term};
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
    /// Every message is a record of its own, with its original text. How many there were is never told without a record
    /// of what was searched for: not with `rehearsal`, not if there were none, and not by an error. Clients that have it on their screens aren't told:
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
        let id = self.room_named(room)?;
        // One at a time: a message that two take away would be recorded twice.
        let _turn = self.inner.retouching.lock().await;
        let mut found = 0;
        let result = self
            .retouch_all(by, (room, id), query, retouch, rehearsal, &mut found)
            .await;
        let search = Action::CountMessages {
            room: room.to_owned(),
            query: in_words(query),
            found,
            rehearsal,
        };
        self.order(by.clone(), vec![search], false).await?;
        result.map(|()| found)
    }

    /// Does it, a page at a time, and counts those of pages that fail too.
    async fn retouch_all(
        &self,
        by: &By,
        (room, id): (&str, RoomId),
        query: &MessageQuery,
        retouch: &Retouch,
        rehearsal: bool,
        count: &mut u64,
    ) -> Result<(), ActionError> {
        let replacement = match retouch {
            Retouch::Remove => None,
            Retouch::Replace(text) => Some(text.clone()),
        };
        let mut query = MessageQuery {
            rooms: vec![id],
            start: None,
            limit: PAGE,
            scan: Order::OldestFirst,
            order: Order::OldestFirst,
            ..query.clone()
        };
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
            *count += messages.len() as u64;
            if !messages.is_empty() {
                let action = Action::RetouchMessages {
                    room: room.to_owned(),
                    messages,
                    replacement: replacement.clone(),
                };
                self.order(by.clone(), vec![action], rehearsal).await?;
            }
            if !found.more {
                return Ok(());
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
        let _turn = self.inner.retouching.lock().await;
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

/// A search as its record has it: `text="secret" or "plan"* case-sensitive authors=… from=… to=…`.
fn in_words(query: &MessageQuery) -> String {
    let mut words = Vec::new();
    if let Some(text) = &query.text {
        let term = |term: &Term| format!("{:?}{}", term.text(), if term.prefix() { "*" } else { "" });
        let terms: Vec<String> = text.terms().iter().map(term).collect();
        let between = if text.any() { " or " } else { " and " };
        words.push(format!("text={}", terms.join(between)));
        words.extend(text.case_sensitive().then(|| "case-sensitive".to_owned()));
    }
    if !query.authors.is_empty() {
        let authors: Vec<&str> = query.authors.iter().map(SipAddress::as_str).collect();
        words.push(format!("authors={}", authors.join(",")));
    }
    words.extend(query.from.map(|from| format!("from={from}")));
    words.extend(query.to.map(|to| format!("to={to}")));
    words.join(" ")
}
