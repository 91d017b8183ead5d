//! Why a database couldn't: the words that all ports to databases share.

use thiserror::Error;

/// What kind of failure it is: what to do, not whose code it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// The disk is full. Refuse writes and try again later: it mends itself when there is room.
    Full,
    /// The database can't be written. Refuse writes and try again later.
    ReadOnly,
    /// The database can't be reached or is locked by somebody else. Try again later.
    Unavailable,
    /// A sync to disk failed, so nobody knows what is on it. Writing ends until the program starts anew; it is never
    /// tried again, since a second sync may succeed without having written anything.
    SyncFailed,
    /// What was to be written doesn't fit what is stored. Trying again doesn't help.
    Conflict,
    /// What is stored makes no sense.
    Corrupt,
    /// Anything else.
    Other,
}

/// A failure of the database, with what it said.
#[derive(Clone, Debug, Error)]
#[error("{message}")]
pub struct StoreError {
    /// Its kind.
    pub fault: StoreFault,
    /// What happened, for the log. Carries no secrets and no message text.
    pub message: String,
}

impl StoreError {
    /// A failure of this kind.
    pub fn new(fault: StoreFault, message: impl Into<String>) -> Self {
        Self {
            fault,
            message: message.into(),
        }
    }

    /// Whether the same request may succeed later without anybody changing the request.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(
            self.fault,
            StoreFault::Full | StoreFault::ReadOnly | StoreFault::Unavailable
        )
    }
}
