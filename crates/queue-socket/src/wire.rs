//! What is sent: the bodies of requests and answers, as JSON.
//!
//! Nobody sends his present: the server of the queue goes by its own clock, and who asks can neither make a lease of his last
//! longer by it nor end somebody else's.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /lease` | [`Take`] | [`Lease`] |
//! | `POST /release` | [`Release`] | `null` |
//! | `POST /waiting` | [`Read`] | [`Waiting`] |
//! | `POST /acknowledge` | [`Acknowledge`] | `null` |
//! | `POST /set-aside` | [`SetAside`] | `null` |
//! | `POST /waits-since` | [`Chain`] | microseconds since 1970, or `null` |
//! | `GET /backlog` | | [`Backlog`] |
//! | `POST /erase` | [`Erase`] | [`Erased`] |
//!
//! What is refused is answered with a status of 400 or above and a [`Failure`]. Times are microseconds since 1970.

use causerie_model::{Hash, Sealed, StoreError, StoreFault, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a lease is taken or prolonged.
pub const LEASE: &str = "/lease";
/// Where a lease is given back.
pub const RELEASE: &str = "/release";
/// Where records are read.
pub const WAITING: &str = "/waiting";
/// Where records are acknowledged.
pub const ACKNOWLEDGE: &str = "/acknowledge";
/// Where a record is set aside.
pub const SET_ASIDE: &str = "/set-aside";
/// Where is asked since when records of a chain wait.
pub const WAITS_SINCE: &str = "/waits-since";
/// Where what waits is counted.
pub const BACKLOG: &str = "/backlog";
/// Where messages are taken out of a room.
pub const ERASE: &str = "/erase";

/// Most bytes of records in one answer, as they are sent. The first record is in it whatever its size.
pub const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;

/// Most records in one answer.
pub const MAX_WAITING_RECORDS: u32 = 1_000;

/// A lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// Tells it from others.
    pub token: Uuid,
    /// How long it lasts from now on, in microseconds.
    pub lasts: i64,
}

/// Gives a lease back.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The lease's token.
    pub lease: Uuid,
}

/// Asks for the lease.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// Who asks: the same after each start.
    pub holder: Uuid,
    /// The token of the lease to prolong, if it is that.
    pub held: Option<Uuid>,
    /// How long it is to last from now on, in microseconds: [`causerie_queue::MAX_LEASE_SECONDS`] at most.
    pub lasts: i64,
}

/// Asks for records.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The lease's token.
    pub lease: Uuid,
    /// How many records at most.
    pub count: u32,
}

/// Records that wait.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// The first of them, in order.
    pub records: Vec<Queued>,
}

/// A record that waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queued {
    /// Its place.
    pub sequence: i64,
    /// Its chain, as [`causerie_model::ChainId`] prints it.
    pub chain: String,
    /// Its number in the chain.
    pub number: u64,
    /// When it happened.
    pub at: i64,
    /// Who did it.
    pub actor: String,
    /// Its kind.
    pub kind: String,
    /// The event: the very text that the hash covers.
    pub body: String,
    /// Hash of the record before, in hexadecimal.
    pub previous: String,
    /// Its own hash, in hexadecimal.
    pub hash: String,
}

/// Says that records are stored elsewhere.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledge {
    /// The lease's token.
    pub lease: Uuid,
    /// The place of the last.
    pub up_to: i64,
}

/// Says that a record can't be stored elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    /// The lease's token.
    pub lease: Uuid,
    /// Its place.
    pub sequence: i64,
    /// Why not.
    pub reason: String,
}

/// Names a chain.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// As [`causerie_model::ChainId`] prints it.
    pub chain: String,
}

/// What waits.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backlog {
    /// How many records.
    pub depth: u64,
    /// When the first of them happened.
    pub oldest: Option<i64>,
    /// How many were set aside.
    pub set_aside: u64,
}

/// Takes messages out of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erase {
    /// The lease's token.
    pub lease: Uuid,
    /// The room's row.
    pub room: i64,
    /// The messages, at most [`causerie_queue::MAX_ERASED`].
    pub messages: Vec<Named>,
    /// Why. Where the call comes from isn't sent: the server of the queue asks the kernel.
    pub cause: Cause,
}

/// Names the records that messages go for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Number of the first in the compliance service's own chain.
    pub first: u64,
    /// Number of the last.
    pub last: u64,
    /// The last one's hash, in hexadecimal.
    pub hash: String,
}

/// Names a message: one that has the number only is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its number in the room.
    pub id: u64,
    /// When it was posted.
    pub at: i64,
}

/// What went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    /// How many messages were there.
    pub messages: u64,
}

/// Why it wasn't done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// The kind of failure.
    pub fault: Fault,
    /// What happened, for the log.
    pub message: String,
}

/// A [`StoreFault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is the fault of its name")]
pub enum Fault {
    Full,
    ReadOnly,
    Unavailable,
    SyncFailed,
    Conflict,
    Corrupt,
    Other,
}

impl From<StoreFault> for Fault {
    fn from(fault: StoreFault) -> Self {
        match fault {
            StoreFault::Full => Self::Full,
            StoreFault::ReadOnly => Self::ReadOnly,
            StoreFault::Unavailable => Self::Unavailable,
            StoreFault::SyncFailed => Self::SyncFailed,
            StoreFault::Conflict => Self::Conflict,
            StoreFault::Corrupt => Self::Corrupt,
            StoreFault::Other => Self::Other,
        }
    }
}

impl From<Fault> for StoreFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Full => Self::Full,
            Fault::ReadOnly => Self::ReadOnly,
            Fault::Unavailable => Self::Unavailable,
            Fault::SyncFailed => Self::SyncFailed,
            Fault::Conflict => Self::Conflict,
            Fault::Corrupt => Self::Corrupt,
            Fault::Other => Self::Other,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self {
            fault: error.fault.into(),
            message: error.message,
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::new(failure.fault.into(), failure.message)
    }
}

/// The lease of a token. Of one that is sent back only the token counts.
#[must_use]
pub const fn lease_of(token: Uuid) -> causerie_queue::Lease {
    let until = Timestamp(i64::MIN);
    causerie_queue::Lease { token, until }
}

impl From<causerie_model::Cause> for Cause {
    fn from(cause: causerie_model::Cause) -> Self {
        Self {
            first: cause.first,
            last: cause.last,
            hash: cause.hash.to_string(),
        }
    }
}

impl TryFrom<Cause> for causerie_model::Cause {
    type Error = StoreError;

    fn try_from(cause: Cause) -> Result<Self, StoreError> {
        let wrong = |error: causerie_model::NotAHash| StoreError::new(StoreFault::Other, error.to_string());
        Ok(Self {
            first: cause.first,
            last: cause.last,
            hash: cause.hash.parse().map_err(wrong)?,
        })
    }
}

impl From<causerie_queue::Backlog> for Backlog {
    fn from(backlog: causerie_queue::Backlog) -> Self {
        Self {
            depth: backlog.depth,
            oldest: backlog.oldest.map(|at| at.0),
            set_aside: backlog.set_aside,
        }
    }
}

impl From<Backlog> for causerie_queue::Backlog {
    fn from(backlog: Backlog) -> Self {
        Self {
            depth: backlog.depth,
            oldest: backlog.oldest.map(Timestamp),
            set_aside: backlog.set_aside,
        }
    }
}

impl From<causerie_queue::Queued> for Queued {
    fn from(queued: causerie_queue::Queued) -> Self {
        let record = queued.record;
        Self {
            sequence: queued.sequence,
            chain: record.chain.to_string(),
            number: record.number,
            at: record.at.0,
            actor: record.actor,
            kind: record.kind,
            body: record.body,
            previous: record.previous.to_string(),
            hash: record.hash.to_string(),
        }
    }
}

impl TryFrom<Queued> for causerie_queue::Queued {
    type Error = StoreError;

    fn try_from(queued: Queued) -> Result<Self, StoreError> {
        let sequence = queued.sequence;
        let wrong = |what: &str| {
            let message = format!("the record at place {sequence} of the queue: {what}");
            StoreError::new(StoreFault::Corrupt, message)
        };
        let hash = |text: &str| text.parse::<Hash>().map_err(|error| wrong(&error.to_string()));
        Ok(Self {
            sequence: queued.sequence,
            record: Sealed {
                chain: causerie_proof::wire::chain(&queued.chain)
                    .ok_or_else(|| wrong("it is of no chain"))?,
                number: queued.number,
                at: Timestamp(queued.at),
                previous: hash(&queued.previous)?,
                hash: hash(&queued.hash)?,
                actor: queued.actor,
                kind: queued.kind,
                body: queued.body,
            },
        })
    }
}
