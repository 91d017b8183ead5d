//! Compliance records: what happened, chained by hash.

use crate::{ChatId, Message, RoomId, SipAddress, Timestamp, room::named};
use std::{fmt, str::FromStr, sync::Arc};

/// A SHA-256 value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What the first record of a chain has before it.
    pub const ZERO: Self = Self([0; 32]);
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Which chain a record belongs to. Every room has its own, and the system has one for what concerns no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChainId {
    /// Everything outside of rooms: users, groups, categories, settings.
    System,
    /// Everything that happened in or to this room.
    Room(RoomId),
}

/// The end of a chain: what the next record follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of the last record; 0 if there is none.
    pub record: u64,
    /// Number of the last message; 0 if there is none.
    pub chat_id: ChatId,
    /// Time of the last record.
    pub at: Timestamp,
    /// Hash of the last record.
    pub hash: Hash,
}

impl Head {
    /// The head of a chain without records.
    pub const START: Self = Self {
        record: 0,
        chat_id: ChatId(0),
        at: Timestamp(0),
        hash: Hash::ZERO,
    };
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in user.
    User(SipAddress),
    /// An administrator, named by how he came in: `unix:root`.
    Administrator(String),
    /// The server itself.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(address) => write!(f, "sip:{address}"),
            Self::Administrator(name) => write!(f, "admin:{name}"),
            Self::System => f.write_str("system"),
        }
    }
}

named! {
    /// Why somebody is no longer in a room.
    PartReason {
        /// He left.
        Left = "left",
        /// His dialog ended: signed out, connection lost, or session expired.
        Disconnected = "disconnected",
        /// His rights were taken away, or the room closed.
        Removed = "removed",
        /// He didn't read what he was sent, and was cut off.
        SlowReader = "slow-reader",
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody posted.
    Chat {
        /// The message.
        message: Arc<Message>,
        /// The room keeps it. If not, this record is all that there is.
        kept: bool,
    },
    /// The first endpoint of a user entered.
    Join {
        /// Who.
        user: SipAddress,
    },
    /// The last endpoint of a user left.
    Part {
        /// Who.
        user: SipAddress,
        /// Why.
        reason: PartReason,
    },
    /// Somebody read history.
    Backchat {
        /// Who.
        user: SipAddress,
        /// What was asked, in words.
        query: String,
        /// How many messages were shown.
        shown: u64,
    },
    /// An administrator or manager changed something.
    Changed {
        /// What kind of change: `room.create`, `room.member.add` …
        what: String,
        /// What it was done to, as people know it.
        target: String,
        /// How it was before; empty for something new.
        before: String,
        /// How it is now; empty for something gone.
        after: String,
        /// Where the change came from: `unix`, or the address of who asked.
        origin: String,
    },
    /// An administrator took a message from a room's history, or its text.
    Deleted {
        /// The message as it was.
        message: Arc<Message>,
        /// The text that it has instead; `None` if it is gone.
        replacement: Option<String>,
    },
    /// An administrator cleared a room's history.
    Purged {
        /// All messages up to this moment are gone.
        until: Timestamp,
        /// How many at least.
        messages: u64,
    },
    /// Somebody was stopped at a wall: a scope, a barrier, or a secret room.
    Denied {
        /// Who.
        user: SipAddress,
        /// What he tried to do.
        action: String,
        /// The rule that stopped him.
        rule: String,
        /// How often the same was tried since the last such record, this time included.
        times: u64,
    },
}

impl Event {
    /// The record's type: CHAT, JOIN, PART and BACKCHAT as the original's compliance files have them.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Chat { .. } => "CHAT",
            Self::Join { .. } => "JOIN",
            Self::Part { .. } => "PART",
            Self::Backchat { .. } => "BACKCHAT",
            Self::Changed { .. } => "CHANGED",
            Self::Deleted { .. } => "DELETED",
            Self::Purged { .. } => "PURGED",
            Self::Denied { .. } => "DENIED",
        }
    }
}

/// One link of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The chain.
    pub chain: ChainId,
    /// Its number in the chain: 1, 2, 3 … without a gap.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// [`Event::kind`].
    pub kind: &'static str,
    /// The event's own fields as canonical JSON: what the hash covers and what the queue carries.
    pub body: String,
    /// Hash of the record before.
    pub previous: Hash,
    /// Hash of this record.
    pub hash: Hash,
    /// Number of the message, if the event is one, kept or not.
    pub chat_id: Option<ChatId>,
    /// The message to keep, if the event is one and the room keeps history.
    pub message: Option<Arc<Message>>,
}
