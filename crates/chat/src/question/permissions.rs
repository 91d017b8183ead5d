//! What the asker may do in a room.

use super::room::readable;
use crate::{Inner, Outcome, ParticipantInfo, Refusal};
use causerie_model::PrincipalId;
use causerie_policy::{Reading, permissions};
use uuid::Uuid;

impl Inner {
    pub(super) fn own_permissions(&self, who: PrincipalId, guid: Uuid) -> Result<Outcome, Refusal> {
        let catalogue = self.catalogue();
        let room = readable(&catalogue, who, Reading::Card, guid)?;
        let user = catalogue.user(who).ok_or(Refusal::Unknown)?;
        Ok(Outcome::Permissions {
            room: guid,
            user: ParticipantInfo {
                address: user.address.clone(),
                name: user.display_name.clone(),
                permissions: permissions(&catalogue, who, room.id),
            },
        })
    }
}
