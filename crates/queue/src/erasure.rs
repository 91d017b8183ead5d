//! The other direction: what the compliance service has the chat server forget.

use async_trait::async_trait;
use causerie_model::{ChatId, RoomId, StoreError, StoreFault};

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
    /// Those that aren't there, or not any more, are no error, nor is a room that has none. It can be called again
    /// whenever an answer was lost.
    ///
    /// # Errors
    /// [`StoreFault::Other`] if there are too many; [`StoreError`] if the chat server can't be reached or can't store it.
    async fn erase(&self, room: RoomId, messages: &[ChatId]) -> Result<Erased, StoreError>;
}

/// Refuses more messages than one call may name.
///
/// # Errors
/// [`StoreFault::Other`].
pub fn check_erasure(messages: &[ChatId]) -> Result<(), StoreError> {
    if messages.len() <= MAX_ERASED {
        return Ok(());
    }
    let text = format!(
        "{} messages can't be erased at once: {MAX_ERASED} are the most",
        messages.len()
    );
    Err(StoreError::new(StoreFault::Other, text))
}
