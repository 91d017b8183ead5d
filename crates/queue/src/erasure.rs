//! The other direction: what the compliance service has the chat server forget.

use crate::Lease;
use async_trait::async_trait;
use causerie_model::{Cause, ChatId, Hash, RoomId, StoreError, StoreFault, Timestamp};

/// Most messages that one call may name.
pub const MAX_ERASED: usize = 1_000;

/// Where a call comes from that needs no socket.
pub const LOCAL: &str = "this process";

/// What a call asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The room.
    pub room: RoomId,
    /// The messages, at most [`MAX_ERASED`]. Each is named by its number and its time, as its record tells them. A message
    /// that has one of them only is another, and stays: rooms that came out of an older backup give numbers again, to
    /// messages that no record here is of.
    pub messages: Vec<(ChatId, Timestamp)>,
    /// Why they go.
    pub cause: Cause,
    /// Where the call comes from: [`LOCAL`]. A socket says its own.
    pub origin: String,
}

/// What a call did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// So many messages were there, and aren't any more.
    pub messages: u64,
}

/// Takes messages out of rooms.
#[async_trait]
pub trait Erasure: Send + Sync {
    /// Takes messages out of a room's history, for good: all of them or, on an error, none. The record of it names cause and
    /// origin.
    ///
    /// Those that aren't there, or not any more, are no error, nor is a room that has none. It can be called again
    /// whenever an answer was lost.
    ///
    /// # Errors
    /// [`StoreFault::Conflict`] if the queue's lease isn't held any more: who may not consume the records may not take away what
    /// they tell of. [`StoreFault::Other`] as [`check_erasure`] says, or if the record of one of the messages still waits in
    /// the queue, so that nobody has it yet; [`StoreError`] if the chat server can't be reached or can't store it.
    async fn erase(&self, lease: &Lease, now: Timestamp, order: &Order) -> Result<Erased, StoreError>;
}

/// Refuses more messages than one call may name, and those that go for no reason: there is no record 0, nor one without a
/// hash.
///
/// # Errors
/// [`StoreFault::Other`].
pub fn check_erasure(order: &Order) -> Result<(), StoreError> {
    let refused = |text| Err(StoreError::new(StoreFault::Other, text));
    let (count, cause) = (order.messages.len(), &order.cause);
    if count > MAX_ERASED {
        return refused(format!(
            "{count} messages can't be erased at once: {MAX_ERASED} are the most"
        ));
    }
    if cause.first == 0 || cause.last < cause.first || cause.hash == Hash::ZERO {
        return refused("messages aren't erased unless it is said which records of the compliance service's own chain it follows".to_owned());
    }
    Ok(())
}
