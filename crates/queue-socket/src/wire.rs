//! What is sent: the bodies of requests and answers, as JSON.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /lease` | [`Take`] | [`Lease`] |
//! | `POST /release` | [`Lease`] | `null` |
//! | `POST /waiting` | [`Read`] | [`Waiting`] |
//! | `POST /acknowledge` | [`Acknowledge`] | `null` |
//! | `POST /set-aside` | [`SetAside`] | `null` |
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
    /// Its end.
    pub until: i64,
}

/// Asks for the lease.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// Who asks: the same after each start.
    pub holder: Uuid,
    /// The lease to prolong, if it is that.
    pub held: Option<Lease>,
    /// The present.
    pub now: i64,
    /// Its end.
    pub until: i64,
}

/// Asks for records.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The lease.
    pub lease: Lease,
    /// The present.
    pub now: i64,
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
    /// The lease.
    pub lease: Lease,
    /// The present.
    pub now: i64,
    /// The place of the last.
    pub up_to: i64,
}

/// Says that a record can't be stored elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    /// The lease.
    pub lease: Lease,
    /// The present.
    pub now: i64,
    /// Its place.
    pub sequence: i64,
    /// Why not.
    pub reason: String,
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
    /// The lease.
    pub lease: Lease,
    /// The present.
    pub now: i64,
    /// The room's row.
    pub room: i64,
    /// The messages, at most [`causerie_queue::MAX_ERASED`].
    pub messages: Vec<Named>,
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

impl From<&causerie_queue::Lease> for Lease {
    fn from(lease: &causerie_queue::Lease) -> Self {
        Self {
            token: lease.token,
            until: lease.until.0,
        }
    }
}

impl From<Lease> for causerie_queue::Lease {
    fn from(lease: Lease) -> Self {
        Self {
            token: lease.token,
            until: Timestamp(lease.until),
        }
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
