//! Messages whose records retention destroys go from the rooms' history as well.

use crate::{Action, ActionError, By, Chat};
use async_trait::async_trait;
use causerie_model::{Actor, ChatId, RoomId, Timestamp};
use causerie_queue::{Erased, Erasure, Lease, check_erasure};
use causerie_store::{StoreError, StoreFault};

/// What is there goes in one commit with a `PURGED` record in the room's chain; if nothing is, there is no record.
/// Clients that have it on their screens aren't told: their protocol has no word for it.
#[async_trait]
impl Erasure for Chat {
    async fn erase(
        &self,
        lease: &Lease,
        now: Timestamp,
        room: RoomId,
        messages: &[(ChatId, Timestamp)],
    ) -> Result<Erased, StoreError> {
        check_erasure(messages)?;
        // What is there now is there until it goes: who else takes messages away waits, and no number is given twice while
        // this program runs. So the change needn't name times.
        let _turn = self.inner.retouching.lock().await;
        // Whether the lease is held, and nothing of what waits.
        self.inner.queue.waiting(lease, now, 0).await?;
        let messages = self.history().stored(room, messages).await?;
        let erased = Erased {
            messages: messages.len() as u64,
        };
        if erased.messages > 0 {
            let action = Action::EraseMessages { room, messages };
            let by: By = Actor::System.into();
            let done = self.order(by, vec![action], false).await;
            done.map_err(store_error)?;
        }
        Ok(erased)
    }
}

fn store_error(error: ActionError) -> StoreError {
    match error {
        ActionError::Store(error) => error,
        ActionError::Stopped => StoreError::new(StoreFault::Unavailable, error.to_string()),
        error => StoreError::new(StoreFault::Other, error.to_string()),
    }
}
