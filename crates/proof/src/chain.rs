//! Whether the records of one chain follow each other.

use crate::record::{Content, is_retirable};
use causerie_model::{ChainId, ChatId, Hash, Head, Sealed, Timestamp};
use serde::Deserialize;
use std::{borrow::Borrow, error::Error, fmt};

/// The first record of a chain that is wrong, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The chain that the record says it is in.
    pub chain: ChainId,
    /// The number that the record says it has.
    pub number: u64,
    /// What is wrong.
    pub fault: Fault,
}

/// How a record doesn't follow the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Records are missing before it.
    Gap {
        /// The number that should be here.
        expected: u64,
    },
    /// Its number was there already.
    Doubled,
    /// It is of another chain.
    Foreign,
    /// It names another record as the one before.
    Previous,
    /// Its hash isn't that of its content, or its content isn't that of its kind.
    Content,
    /// Its content is gone, and that of its chain or kind never goes.
    Kept,
    /// It is earlier than the record before.
    Time,
    /// It is a message, and doesn't have the number of the next one.
    ChatId,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { expected } => write!(f, "the records from {expected} on are missing before it"),
            Self::Doubled => f.write_str("a record of this number was there already: one of them was added"),
            Self::Foreign => f.write_str("it is of another chain"),
            Self::Previous => f.write_str("the record before it isn't the one that it was made after"),
            Self::Content => f.write_str("its content isn't what was recorded"),
            Self::Kept => f.write_str("its content is gone, and that of such a record never goes"),
            Self::Time => f.write_str("its time is before that of the record before it"),
            Self::ChatId => f.write_str("its message doesn't have the next number"),
        }
    }
}

/// `record 5 of room 7`.
pub(crate) fn name(f: &mut fmt::Formatter<'_>, chain: ChainId, number: u64) -> fmt::Result {
    match chain {
        ChainId::System => write!(f, "record {number} of the system"),
        ChainId::Compliance => write!(f, "record {number} of the compliance service"),
        ChainId::Room(room) => write!(f, "record {number} of room {room}"),
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        name(f, self.chain, self.number)?;
        write!(f, ": {}", self.fault)
    }
}

impl Error for Broken {}

/// Checks that these records are of `chain`, follow `start` without a gap, and are as they were sealed. Returns the last
/// one's head, to be compared with a signed one: a chain that was cut at its end is sound by itself.
///
/// `start` is [`Head::START`] or the head at a checkpoint, with its message number.
///
/// # Errors
/// [`Broken`] names the first wrong record.
pub fn verify(
    chain: ChainId,
    records: impl IntoIterator<Item = impl Borrow<Sealed>>,
    start: Head,
) -> Result<Head, Broken> {
    let mut follower = Follower::after(chain, start);
    for record in records {
        let record = record.borrow();
        follower.follow(record, false).map_err(|fault| Broken {
            chain: record.chain,
            number: record.number,
            fault,
        })?;
    }
    Ok(Head {
        record: follower.number,
        chat_id: ChatId(follower.chat_id),
        at: follower.at,
        hash: follower.hash.unwrap_or(start.hash),
    })
}

/// The end of a chain as far as it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Follower {
    chain: ChainId,
    pub(crate) number: u64,
    at: Timestamp,
    /// `None` if the last record isn't known.
    pub(crate) hash: Option<Hash>,
    chat_id: u64,
    /// `chat_id` is that of the last message; if not, it is less than the next one's.
    chat_id_known: bool,
}

impl Follower {
    /// After a known head.
    pub(crate) fn after(chain: ChainId, head: Head) -> Self {
        Self {
            chain,
            number: head.record,
            at: head.at,
            hash: Some(head.hash),
            chat_id: head.chat_id.0,
            chat_id_known: true,
        }
    }

    /// After a record of which at most the hash is known.
    pub(crate) fn after_number(chain: ChainId, number: u64, hash: Option<Hash>) -> Self {
        Self {
            chain,
            number,
            at: Timestamp(i64::MIN),
            hash,
            chat_id: 0,
            chat_id_known: number == 0,
        }
    }

    /// Goes past records that aren't there, up to this number.
    pub(crate) fn skip_to(&mut self, number: u64) {
        self.number = number;
        self.hash = None;
        // Not even that it is greater than those before: a room that was restored from a backup gives numbers again.
        self.chat_id = 0;
        self.chat_id_known = false;
    }

    /// Goes past a record that follows; of a retired one the content is gone and isn't asked for.
    pub(crate) fn follow(&mut self, record: &Sealed, retired: bool) -> Result<(), Fault> {
        let expected = self.number.saturating_add(1);
        if record.chain != self.chain {
            return Err(Fault::Foreign);
        }
        if record.number < expected {
            return Err(Fault::Doubled);
        }
        if record.number > expected {
            return Err(Fault::Gap { expected });
        }
        if self.hash.is_some_and(|hash| hash != record.previous) {
            return Err(Fault::Previous);
        }
        if retired && !is_retirable(record) {
            return Err(Fault::Kept);
        }
        let sound = if retired {
            record.actor.is_empty() && record.body.is_empty()
        } else {
            Content::of(record).hash() == record.hash
        };
        if !sound {
            return Err(Fault::Content);
        }
        if record.at < self.at {
            return Err(Fault::Time);
        }
        if record.kind == "CHAT" {
            let next = self.chat_id.saturating_add(1);
            let chat_id = if retired {
                next
            } else {
                chat_id(&record.body).ok_or(Fault::Content)?
            };
            if chat_id < next || (self.chat_id_known && chat_id != next) {
                return Err(Fault::ChatId);
            }
            self.chat_id = chat_id;
            self.chat_id_known |= !retired;
        }
        self.number = record.number;
        self.at = record.at;
        self.hash = Some(record.hash);
        Ok(())
    }
}

/// The message's number in the body of a `CHAT` record.
fn chat_id(body: &str) -> Option<u64> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Chat {
        chat_id: u64,
    }
    serde_json::from_str::<Chat>(body).ok().map(|chat| chat.chat_id)
}
