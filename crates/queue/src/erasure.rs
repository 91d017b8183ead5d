//! The other direction: what the compliance service has the chat server forget.

use crate::Lease;
use async_trait::async_trait;
use causerie_model::{ChatId, RoomId, StoreError, StoreFault, Timestamp};

/// Most messages that one call may name.
pub const MAX_ERASED: usize = 1_000;

/// What a call did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// So many messages were there, and aren't any more.
    pub messages: u64,
}

/// Takes messages out of rooms.
#[async_trait]
pub trait Erasure: Send + Sync {
    /// Takes these messages, at most [`MAX_ERASED`], out of a room's history, for good: all of them or, on an error, none.
    /// Each is named by its number and its time, as its record tells them. A message that has one of them only is another,
    /// and stays: rooms that came out of an older backup give numbers again, to messages that no record here is of.
    ///
    /// Those that aren't there, or not any more, are no error, nor is a room that has none. It can be called again
    /// whenever an answer was lost.
    ///
    /// # Errors
    /// [`StoreFault::Conflict`] if the queue's lease isn't held any more: who may not consume the records may not take away what
    /// they tell of. [`StoreFault::Other`] if there are too many; [`StoreError`] if the chat server can't be reached or can't store it.
    async fn erase(
        &self,
        lease: &Lease,
        now: Timestamp,
        room: RoomId,
        messages: &[(ChatId, Timestamp)],
    ) -> Result<Erased, StoreError>;
}

/// Refuses more messages than one call may name.
///
/// # Errors
/// [`StoreFault::Other`].
pub fn check_erasure(messages: &[(ChatId, Timestamp)]) -> Result<(), StoreError> {
    if messages.len() <= MAX_ERASED {
        return Ok(());
    }
    let text = format!(
        "{} messages can't be erased at once: {MAX_ERASED} are the most",
        messages.len()
    );
    Err(StoreError::new(StoreFault::Other, text))
}
