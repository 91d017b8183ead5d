//! Users make and change rooms.

use super::{Effect, Round, Sequencer, act::Asked};
use crate::{Action, By, Outcome, Refusal};
use causerie_model::{EndpointId, RoomId};

impl Sequencer {
    /// Acts for a user, by his own rights.
    pub(super) async fn manage(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        token: u64,
        actions: &[Action],
        origin: String,
    ) {
        let Some(device) = self.devices.get(&endpoint) else {
            return;
        };
        if let Some(error) = &self.ended {
            let result = Err(Refusal::Store(error.clone()));
            return round.effects.push(Effect::Answer {
                endpoint,
                token,
                result,
            });
        }
        let by = By::user(device.user, device.address.clone(), origin);
        self.act(round, by, actions, Asked::Device { endpoint, token })
            .await;
    }

    /// The room as it is afterwards.
    pub(super) fn managed(&self, room: Option<RoomId>, changed: bool) -> Result<Outcome, Refusal> {
        let catalogue = self.inner.catalogue();
        let found = room.and_then(|id| catalogue.room(id));
        let summary = found.and_then(|room| self.inner.summary(&catalogue, room));
        let room = Box::new(summary.ok_or(Refusal::NoSuchRoom)?);
        Ok(Outcome::Managed { room, changed })
    }
}
