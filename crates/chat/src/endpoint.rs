//! A user's device, as the service sees it.

use crate::{Operation, Refusal, sequencer::Command};
use causerie_model::{EndpointId, PartReason};
use tokio::{sync::mpsc, time::Instant};

/// The handle with which a gateway acts for one device. Dropping it makes the device leave all rooms.
pub struct Endpoint {
    id: EndpointId,
    commands: mpsc::Sender<Command>,
}

impl Endpoint {
    pub(crate) fn new(id: EndpointId, commands: mpsc::Sender<Command>) -> Self {
        Self { id, commands }
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> EndpointId {
        self.id
    }

    /// Queues an operation. The answer comes as a [`crate::Delivery::Answer`] with the same token.
    ///
    /// # Errors
    /// [`Refusal::Busy`] if too much is waiting: nothing was queued, try again soon.
    pub fn submit(&self, token: u64, operation: Operation) -> Result<(), Refusal> {
        let command = Command::Operate {
            endpoint: self.id,
            token,
            operation,
            queued: Instant::now(),
        };
        self.commands.try_send(command).map_err(|_| Refusal::Busy)
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let command = Command::Detach {
            endpoint: self.id,
            reason: PartReason::Disconnected,
        };
        if let Err(error) = self.commands.try_send(command) {
            // The queue is full: wait for room elsewhere, since a device that is gone must not stay in its rooms.
            let commands = self.commands.clone();
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async move { commands.send(error.into_inner()).await });
            }
        }
    }
}
