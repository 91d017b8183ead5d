//! Messages whose records retention destroys go from the rooms' history as well.

use crate::{Action, ActionError, By, Chat};
use async_trait::async_trait;
use causerie_model::{Actor, ChainId, ChatId, Timestamp};
use causerie_queue::{Erased, Erasure, Lease, Order, check_erasure};
use causerie_store::{StoreError, StoreFault};

/// What is there goes in one commit with a `PURGED` record in the room's chain; if nothing is, there is no record.
/// Clients that have it on their screens aren't told: their protocol has no word for it.
#[async_trait]
impl Erasure for Chat {
    async fn erase(&self, lease: &Lease, now: Timestamp, order: &Order) -> Result<Erased, StoreError> {
        check_erasure(order)?;
        // What is there now is there until it goes: who else takes messages away waits, and no number is given twice while
        // this program runs. So the change needn't name times.
        let _turn = self.inner.retouching.lock().await;
        // Whether the lease is held, and nothing of what waits.
        self.inner.queue.waiting(lease, now, 0).await?;
        let room = order.room;
        let messages = self.history().stored(room, &order.messages).await?;
        let erased = Erased {
            messages: messages.len() as u64,
        };
        if erased.messages > 0 {
            self.are_acknowledged(order, &messages).await?;
            let action = Action::EraseMessages {
                room,
                messages,
                cause: order.cause,
                origin: order.origin.clone(),
            };
            let by: By = Actor::System.into();
            let done = self.order(by, vec![action], false).await;
            done.map_err(store_error)?;
        }
        Ok(erased)
    }
}

impl Chat {
    /// An error if the record of one of the messages that are there may still wait: who takes the message away then takes
    /// away what nobody else has. A message is committed with its record, and times of a chain don't go back.
    async fn are_acknowledged(&self, order: &Order, there: &[ChatId]) -> Result<(), StoreError> {
        let since = self.inner.queue.waits_since(ChainId::Room(order.room)).await?;
        let waits = |(number, at): &&(ChatId, Timestamp)| {
            there.contains(number) && since.is_some_and(|since| *at >= since)
        };
        order.messages.iter().find(waits).map_or(Ok(()), |(number, _)| {
            let text = format!(
                "message {number} of room {} isn't erased: its record still waits for the compliance service",
                order.room
            );
            Err(StoreError::new(StoreFault::Other, text))
        })
    }
}

fn store_error(error: ActionError) -> StoreError {
    match error {
        ActionError::Store(error) => error,
        ActionError::Stopped => StoreError::new(StoreFault::Unavailable, error.to_string()),
        error => StoreError::new(StoreFault::Other, error.to_string()),
    }
}
