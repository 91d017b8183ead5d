//! Compliance records: what happened, chained by hash.

use crate::{ChatId, Message, RoomId, SipAddress, Timestamp, room::named};
use std::{error::Error, fmt, str::FromStr, sync::Arc};
use uuid::Uuid;

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

/// A text that isn't 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAHash;

impl fmt::Display for NotAHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a hash is 64 hexadecimal digits")
    }
}

impl Error for NotAHash {}

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(NotAHash);
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| NotAHash)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NotAHash)?;
        }
        Ok(Self(hash))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Which chain a record belongs to. Every room has its own, the system has one for what concerns no room, and the
/// compliance service one for what officers and the service itself do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChainId {
    /// Everything outside of rooms: users, groups, categories, settings.
    System,
    /// What was done with the records: searches, holds, exports, retention. Made by the compliance service alone.
    Compliance,
    /// Everything that happened in or to this room.
    Room(RoomId),
}

/// `system`, `compliance`, or `room:17` with the room's row.
impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Compliance => f.write_str("compliance"),
            Self::Room(room) => write!(f, "room:{room}"),
        }
    }
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
    /// A compliance officer, named by his token.
    Officer(String),
    /// The server itself.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(address) => write!(f, "sip:{address}"),
            Self::Administrator(name) => write!(f, "admin:{name}"),
            Self::Officer(name) => write!(f, "officer:{name}"),
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
        /// The server ended without noting it, and noted it at its next start: when he left isn't known.
        Lost = "lost",
    }
}

/// What a record is about, as it is afterwards; as it was, if it is gone. Whoever reads the records alone knows rooms and
/// categories by this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The room in whose chain the record is.
    Room {
        /// Its GUID.
        guid: Uuid,
        /// Its name.
        name: String,
        /// The GUID of its category.
        category: Uuid,
        /// The name of its category.
        category_name: String,
    },
    /// A category.
    Category {
        /// Its GUID.
        guid: Uuid,
        /// Its name.
        name: String,
    },
}

/// Which messages of a room somebody was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The room.
    pub room: RoomId,
    /// The numbers of the messages, as [`chat_id_ranges`] writes them.
    pub messages: String,
}

/// Numbers of messages as ranges, rising: `1-5,9`.
#[must_use]
pub fn chat_id_ranges(numbers: impl IntoIterator<Item = ChatId>) -> String {
    let mut numbers: Vec<u64> = numbers.into_iter().map(|number| number.0).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if last.saturating_add(1) == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let texts: Vec<String> = ranges
        .into_iter()
        .map(|(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            }
        })
        .collect();
    texts.join(",")
}

/// Which messages went from a room's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purge {
    /// All up to this moment: an administrator cleared the room.
    Until(Timestamp),
    /// Those with these numbers: retention destroyed their records.
    Numbers {
        /// As [`chat_id_ranges`] writes them.
        numbers: String,
        /// The acts that they follow.
        cause: Cause,
        /// Where the compliance service asked from: `this process`, or the process at the other end of the queue's socket.
        origin: String,
    },
}

/// Why messages go: the `RETIRED` records of the compliance service's own chain that destroyed their records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Number of the first.
    pub first: u64,
    /// Number of the last, which is the first itself if it is the only one.
    pub last: u64,
    /// Hash of the last.
    pub hash: Hash,
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
        /// His display name.
        name: String,
    },
    /// The last endpoint of a user left.
    Part {
        /// Who.
        user: SipAddress,
        /// Why.
        reason: PartReason,
        /// He left at this time at the earliest; `None` if he left when the record says.
        not_before: Option<Timestamp>,
    },
    /// Somebody read history.
    Backchat {
        /// Who.
        user: SipAddress,
        /// What was asked, in words.
        query: String,
        /// How many messages were shown.
        shown: u64,
        /// Which, for each room.
        seen: Vec<Seen>,
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
        /// The room or category that it was done to.
        subject: Option<Subject>,
    },
    /// An administrator took a message from a room's history, or its text.
    Deleted {
        /// The message as it was.
        message: Arc<Message>,
        /// The text that it has instead; `None` if it is gone.
        replacement: Option<String>,
    },
    /// Messages went from a room's history, for which there is no record of each.
    Purged {
        /// Which.
        which: Purge,
        /// How many; if an administrator cleared the room, at least so many.
        messages: u64,
    },
    /// Somebody was stopped at a wall: a scope, a barrier, or a secret room; or an administrator by his role.
    Denied {
        /// Who, if it was a user; otherwise the record's actor says.
        user: Option<SipAddress>,
        /// What he tried to do.
        action: String,
        /// The rule that stopped him.
        rule: String,
        /// How often the same was tried since the last such record, this time included.
        times: u64,
    },
    /// An officer was let in, by a token or on the machine.
    SignedIn {
        /// Where from.
        origin: String,
    },
    /// An officer looked into the records.
    Queried {
        /// The kind of question: `matter.search`, `reads` …
        what: String,
        /// What was asked, as canonical JSON.
        query: String,
        /// How many records match.
        found: u64,
        /// How many of them he was shown.
        shown: u64,
        /// Where the question came from.
        origin: String,
    },
    /// Records went out as a batch of files.
    Exported {
        /// The adapter or matter that it was for.
        of: String,
        /// The batch's name.
        batch: String,
        /// The position of the record before its first.
        after: u64,
        /// The position of its last record.
        up_to: u64,
        /// How many records it has.
        records: u64,
        /// SHA-256 of its manifest.
        manifest: Hash,
    },
    /// The content of records was destroyed; their places in their chains stay.
    Retired {
        /// The chain.
        chain: ChainId,
        /// Number of the first.
        first: u64,
        /// Number of the last.
        last: u64,
        /// How many: records between that are kept, or were destroyed before, don't count.
        records: u64,
        /// Numbers of the messages that go from the room's history with them, as [`chat_id_ranges`] writes them; empty if none
        /// does.
        messages: String,
        /// The rule by which they went.
        rule: String,
    },
    /// A record from the queue doesn't fit and was set aside.
    SetAside {
        /// The chain that it says it is of.
        chain: ChainId,
        /// The number that it says it has.
        number: u64,
        /// The hash that it says it has.
        hash: Hash,
        /// What is wrong with it.
        reason: String,
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
            Self::SignedIn { .. } => "SIGNEDIN",
            Self::Queried { .. } => "QUERIED",
            Self::Exported { .. } => "EXPORTED",
            Self::Retired { .. } => "RETIRED",
            Self::SetAside { .. } => "SETASIDE",
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
    /// Who is in the room from now on, or no longer, if the event is that.
    pub presence: Option<Presence>,
}

/// Who a record lets in or out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// The user.
    pub user: SipAddress,
    /// He is in the room from now on; if not, he no longer is.
    pub present: bool,
}

/// A record as queues, databases and files carry it: the very texts that its hash covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The chain.
    pub chain: ChainId,
    /// Its number in the chain.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who, as [`Actor`] prints it.
    pub actor: String,
    /// [`Event::kind`].
    pub kind: String,
    /// The event's own fields as canonical JSON.
    pub body: String,
    /// Hash of the record before.
    pub previous: Hash,
    /// Its own hash.
    pub hash: Hash,
}

impl From<&Record> for Sealed {
    fn from(record: &Record) -> Self {
        Self {
            chain: record.chain,
            number: record.number,
            at: record.at,
            actor: record.actor.to_string(),
            kind: record.kind.to_owned(),
            body: record.body.clone(),
            previous: record.previous,
            hash: record.hash,
        }
    }
}
