//! Why an operation wasn't done.

use causerie_policy::Rule;
use causerie_store::StoreError;
use thiserror::Error;

/// A refusal, in the service's own words. Each gateway maps it to the codes of its protocol in one table.
#[derive(Clone, Debug, Error)]
pub enum Refusal {
    /// The rules say no.
    #[error("{0}")]
    Denied(Rule),
    /// There is no such room, or the asker mustn't know that there is.
    #[error("There is no such room.")]
    NoSuchRoom,
    /// There is no such user or group.
    #[error("There is no such user or group.")]
    NoSuchPrincipal,
    /// The endpoint hasn't entered the room.
    #[error("You are not in this room.")]
    NotJoined,
    /// There is no such user, or he may not sign in.
    #[error("This user is unknown or disabled.")]
    Unknown,
    /// The message is larger than allowed.
    #[error("The message has {size} bytes; {limit} are allowed.")]
    TooLarge {
        /// What it has, in bytes.
        size: usize,
        /// What it may have, in bytes.
        limit: usize,
    },
    /// The request makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// Too much is waiting. Try again soon.
    #[error("The server is busy. Try again in a moment.")]
    Busy,
    /// The store can't take it. Nothing was done.
    #[error("The server can't store this now: {0}.")]
    Store(StoreError),
}

impl Refusal {
    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Busy => true,
            Self::Store(error) => error.is_temporary(),
            _ => false,
        }
    }

    /// A short stable name for logs and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Denied(rule) => rule.as_str(),
            Self::NoSuchRoom => "no-such-room",
            Self::NoSuchPrincipal => "no-such-principal",
            Self::NotJoined => "not-joined",
            Self::Unknown => "unknown-user",
            Self::TooLarge { .. } => "too-large",
            Self::Invalid(_) => "invalid",
            Self::Busy => "busy",
            Self::Store(_) => "store",
        }
    }
}
