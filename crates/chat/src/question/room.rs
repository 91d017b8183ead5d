//! All properties of a room.

use crate::{Inner, Outcome, Refusal, query::check};
use causerie_model::{Catalogue, PrincipalId, Room};
use causerie_policy::{Asker, Reading};
use uuid::Uuid;

impl Inner {
    pub(super) fn room_card(&self, who: PrincipalId, guid: Uuid) -> Result<Outcome, Refusal> {
        let catalogue = self.catalogue();
        let room = readable(&catalogue, who, Reading::Card, guid)?;
        let summary = self.summary(&catalogue, room);
        Ok(Outcome::Rooms(vec![summary.ok_or(Refusal::NoSuchRoom)?]))
    }

    pub(super) fn room_card_by_name(&self, who: PrincipalId, name: &str) -> Result<Outcome, Refusal> {
        let guid = self.catalogue().room_by_name(name).map(|room| room.guid);
        self.room_card(who, guid.ok_or(Refusal::NoSuchRoom)?)
    }
}

/// The room with this GUID, if the asker may learn this of it. What is told of it then is read from the same catalogue:
/// under a later lock the right may be gone.
pub(super) fn readable(
    catalogue: &Catalogue,
    who: PrincipalId,
    reading: Reading,
    guid: Uuid,
) -> Result<&Room, Refusal> {
    let room = catalogue.room_by_guid(guid).ok_or(Refusal::NoSuchRoom)?;
    check(&Asker::new(catalogue, who).may_read(reading, room.id))?;
    Ok(room)
}
