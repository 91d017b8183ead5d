//! The port to the queue between the chat server and the compliance service.
//!
//! What goes in is published by the commit that holds what the records tell of: `Journal::append` of the room database.
//! Here it is taken out again. One consumer at a time has the lease; he gets records in the order in which they were
//! committed, always from the first that isn't acknowledged, so that whatever he was given and lost comes again.
//! [`Erasure`] is the other direction: messages whose records are destroyed go from the rooms, too.
//!
//! Every adapter runs the suite in [`conformance`].

pub mod conformance;
mod erasure;

pub use erasure::{Erased, Erasure, LOCAL, MAX_ERASED, Order, check_erasure};

use async_trait::async_trait;
use causerie_model::{ChainId, Sealed, StoreError, StoreFault, Timestamp};
use uuid::Uuid;

/// The longest that a lease may last, in seconds: who has it and is gone keeps others away no longer.
pub const MAX_LEASE_SECONDS: i64 = 120;

/// Refuses a lease that lasts too long.
///
/// # Errors
/// [`StoreFault::Other`].
pub fn check_lease(now: Timestamp, until: Timestamp) -> Result<(), StoreError> {
    if until <= now.plus_seconds(MAX_LEASE_SECONDS) {
        return Ok(());
    }
    let text = format!("a lease of the queue lasts {MAX_LEASE_SECONDS} s at most");
    Err(StoreError::new(StoreFault::Other, text))
}

/// A record as it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Its place in the queue, rising; gaps are possible.
    pub sequence: i64,
    /// The record.
    pub record: Sealed,
}

/// The right to consume, for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Tells this lease from those before and after.
    pub token: Uuid,
    /// The first moment at which somebody else may have it.
    pub until: Timestamp,
}

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many records wait.
    pub depth: u64,
    /// When the first of them happened.
    pub oldest: Option<Timestamp>,
    /// How many were set aside.
    pub set_aside: u64,
}

/// The consumer's side of the queue.
///
/// `now` is the caller's present. A queue in another process goes by its own clock, whatever that is. Of a lease that is
/// given back in a call only the token counts.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Takes the lease until a moment, or has its own (`held`) last longer. `holder` names whoever asks, for good: one that
    /// was killed takes its own lease over at once when it is back. The token of before is void then. One that would end
    /// later than [`MAX_LEASE_SECONDS`] from now is nobody's: the clock went back.
    ///
    /// # Errors
    /// [`StoreFault::Conflict`] if somebody else has it at `now`, or it was taken since `held` ended; [`StoreFault::Other`] if
    /// it would last longer than [`MAX_LEASE_SECONDS`]; [`StoreError`] if the queue can't be reached.
    async fn lease(
        &self,
        holder: Uuid,
        held: Option<&Lease>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, StoreError>;

    /// Gives the lease back. One that is no longer held is no error.
    ///
    /// # Errors
    /// [`StoreError`] if the queue can't be reached.
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;

    /// The first `count` records that wait, in order; the same again until they are acknowledged. Fewer where they would
    /// be too much for one answer, but at least one if any waits and `count` isn't 0.
    ///
    /// # Errors
    /// [`StoreFault::Conflict`] if the lease isn't held any more; [`StoreError`] if the queue can't be
    /// reached.
    async fn waiting(&self, lease: &Lease, now: Timestamp, count: u32) -> Result<Vec<Queued>, StoreError>;

    /// The records up to this place are stored for good elsewhere: they go. Doing it again changes nothing.
    ///
    /// # Errors
    /// As [`Queue::waiting`].
    async fn acknowledge(&self, lease: &Lease, now: Timestamp, up_to: i64) -> Result<(), StoreError>;

    /// Takes one record out of the line, since it can't be stored elsewhere, and keeps it with the reason. One that
    /// doesn't wait is no error.
    ///
    /// # Errors
    /// As [`Queue::waiting`].
    async fn set_aside(
        &self,
        lease: &Lease,
        now: Timestamp,
        sequence: i64,
        reason: &str,
    ) -> Result<(), StoreError>;

    /// When the first record of a chain happened that waits; `None` if none does. What happened before it in this chain is
    /// stored elsewhere. Needs no lease.
    ///
    /// # Errors
    /// [`StoreError`] if the queue can't be reached.
    async fn waits_since(&self, chain: ChainId) -> Result<Option<Timestamp>, StoreError>;

    /// What waits. Costs the same however much that is.
    ///
    /// # Errors
    /// [`StoreError`] if the queue can't be reached.
    async fn backlog(&self) -> Result<Backlog, StoreError>;
}
