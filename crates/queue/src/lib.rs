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

pub use erasure::{Erased, Erasure, MAX_ERASED, check_erasure};

use async_trait::async_trait;
use causerie_model::{Sealed, StoreError, Timestamp};
use uuid::Uuid;

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
#[async_trait]
pub trait Queue: Send + Sync {
    /// Takes the lease until a moment, or has its own (`held`) last longer. `holder` names whoever asks, for good: one that
    /// was killed takes its own lease over at once when it is back. The token of before is void then.
    ///
    /// # Errors
    /// [`causerie_model::StoreFault::Conflict`] if somebody else has it at `now`, or it was taken since `held` ended;
    /// [`StoreError`] if the queue can't be reached.
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
    /// [`causerie_model::StoreFault::Conflict`] if the lease isn't held any more; [`StoreError`] if the queue can't be
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

    /// What waits. Costs the same however much that is.
    ///
    /// # Errors
    /// [`StoreError`] if the queue can't be reached.
    async fn backlog(&self) -> Result<Backlog, StoreError>;
}
