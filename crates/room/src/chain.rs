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
//! | `JOIN` | `user` |
//! | `PART` | `reason` ([`causerie_model::PartReason`]), `user` |
//! | `BACKCHAT` | `query`, `shown`, `user` |
//! | `CHANGED` | `after`, `before`, `origin`, `target`, `what` |
//! | `DELETED` | `at`, `author`, `deleted` (the message's number), `replacement` (the text instead, or null), `text` (as it was) |
//! | `PURGED` | `messages` (how many at least), `until` |
//! | `DENIED` | `action`, `rule`, `times`, `user` |
//!
//! # Hash
//! SHA-256 over these bytes, integers big-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 18 | `causerie record 1` and a zero byte, so that no hash made for another purpose can pass for one of these |
//! | 32 | hash of the record before, all zero for the first |
//! | 1 | kind of chain: 0 system, 1 room |
//! | 8 | the room's row, 0 for the system |
//! | 8 | the record's number |
//! | 8 | its time in microseconds since 1970 |
//! | 4 + n | length and UTF-8 of the actor, as [`causerie_model::Actor`] prints it |
//! | 4 + n | length and UTF-8 of the kind |
//! | 4 + n | length and UTF-8 of the body |

use crate::body;
use causerie_model::{Actor, ChainId, ChatId, Event, Hash, Head, Record, Timestamp};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Names the purpose and version of the hash.
const DOMAIN_TAG: &[u8] = b"causerie record 1\0";

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

/// What a record's hash covers.
pub(crate) struct Content<'a> {
    pub(crate) previous: Hash,
    pub(crate) chain: ChainId,
    pub(crate) number: u64,
    pub(crate) at: Timestamp,
    pub(crate) actor: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) body: &'a str,
}

impl Content<'_> {
    pub(crate) fn hash(&self) -> Hash {
        let (chain_kind, id) = match self.chain {
            ChainId::System => (0, 0),
            ChainId::Room(room) => (1, room.0),
        };
        let mut sha = Sha256::new();
        sha.update(DOMAIN_TAG);
        sha.update(self.previous.0);
        sha.update([chain_kind]);
        sha.update(id.to_be_bytes());
        sha.update(self.number.to_be_bytes());
        sha.update(self.at.0.to_be_bytes());
        for text in [self.actor, self.kind, self.body] {
            // A text of 4 GiB can't occur: what goes into events is limited to kilobytes.
            sha.update(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
            sha.update(text);
        }
        Hash(sha.finalize().into())
    }
}
