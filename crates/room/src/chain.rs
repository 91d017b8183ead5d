//! Records and their chain.
//!
//! # Body
//! A record's body is a JSON object with the event's own fields, in the canonical form of RFC 8785: keys sorted, no
//! blanks, UTF-8, only those characters escaped that must be. (Counters are written in full even beyond 2^53, where
//! RFC 8785 would round them.)
//!
//! | kind | fields |
//! |---|---|
//! | `CHAT` | `author` (address without scheme), `authorName`, `chatId`, `extraAttributes` and `extraChildren` (each only if not empty), `kept` (whether the room keeps the message), `text` |
//! | `JOIN` | `name` (display name), `user` |
//! | `PART` | `notBefore` (only if it isn't known when: the earliest time), `reason` ([`causerie_model::PartReason`]), `user` |
//! | `BACKCHAT` | `query`, `seen` (for each room: `messages` as ranges, `room` its row), `shown`, `user` |
//! | `CHANGED` | `after`, `before`, `category` or `room` (what it was done to, as [`causerie_model::Subject`] is afterwards; only then), `origin`, `target`, `what` |
//! | `DELETED` | `at`, `author`, `deleted` (the message's number), `replacement` (the text instead, or null), `text` (as it was) |
//! | `PURGED` | `messages` (how many; with `until` at least), `until` (if an administrator cleared the room); or, if retention took them, `numbers` (as ranges), `cause` (the `RETIRED` records of the compliance chain that it follows: numbers `first` to `last`, and the last one's `hash`) and `origin` (who asked; both aren't in records of before they were) |
//! | `DENIED` | `action`, `rule`, `times`, `user` (only if it was one) |
//! | `SIGNEDIN` | `origin` |
//! | `QUERIED` | `found`, `origin`, `query` (canonical JSON in a text), `shown`, `what` |
//! | `EXPORTED` | `after`, `batch`, `manifest` (SHA-256 in hexadecimal), `of`, `records`, `upTo` |
//! | `RETIRED` | `chain` (as [`causerie_model::ChainId`] prints it), `first`, `last`, `messages` (numbers of the messages that go from the room with them, as ranges; only if there are), `records`, `rule` |
//! | `SETASIDE` | `chain`, `hash`, `number`, `reason` |
//!
//! What the hash covers is documented in [`causerie_proof::record`].

use crate::body;
use causerie_model::{Actor, ChainId, ChatId, Event, Head, Presence, Record, Timestamp};
use causerie_proof::record::Content;
use std::sync::Arc;

/// Makes the record of `event` that follows `head`.
///
/// A chain's times never go back: if the clock did, the record gets the time of the one before. For [`Event::Chat`]
/// give the message's own time.
#[must_use]
pub fn seal(chain: ChainId, head: &Head, at: Timestamp, actor: &Actor, event: &Event) -> Record {
    let number = head.record.saturating_add(1);
    let at = at.max(head.at);
    let kind = event.kind();
    let body = body::of(event);
    let content = Content {
        previous: head.hash,
        chain,
        number,
        at,
        actor: &actor.to_string(),
        kind,
        body: &body,
    };
    let hash = content.hash();
    let (chat_id, message) = match event {
        Event::Chat { message, kept } => (Some(message.chat_id), kept.then(|| Arc::clone(message))),
        _ => (None, None),
    };
    let presence = match event {
        Event::Join { user, .. } => Some((user, true)),
        Event::Part { user, .. } => Some((user, false)),
        _ => None,
    };
    Record {
        chain,
        number,
        at,
        actor: actor.clone(),
        kind,
        body,
        previous: head.hash,
        hash,
        chat_id,
        message,
        presence: presence.map(|(user, present)| Presence {
            user: user.clone(),
            present,
        }),
    }
}

/// The head after `record`. Whether the record follows isn't asked; [`crate::Room::record`] does.
#[must_use]
pub fn advance(head: &Head, record: &Record) -> Head {
    Head {
        record: record.number,
        chat_id: record.chat_id.unwrap_or(head.chat_id),
        at: record.at,
        hash: record.hash,
    }
}

/// The number of the message after `head`.
pub(crate) fn next_chat_id(head: &Head) -> ChatId {
    ChatId(head.chat_id.0.saturating_add(1))
}
