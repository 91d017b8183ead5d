//! The rooms that the asker has to do with.

use super::InRooms;
use crate::{Inner, Outcome, Refusal};
use causerie_model::{PrincipalId, Role, RoomId};
use causerie_policy::{Action, Asker};
use std::collections::BTreeSet;

/// How a user has to do with a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Association {
    /// He is on its list of members, himself or by a group, and may enter.
    Member,
    /// He manages it, disabled or not.
    Manager,
    /// A device of his is in it.
    Joined,
}

impl Inner {
    pub(super) fn my_rooms(
        &self,
        who: PrincipalId,
        association: Association,
        limit: u32,
        present: &InRooms,
    ) -> Result<Outcome, Refusal> {
        let action = match association {
            Association::Member | Association::Joined => Action::Join,
            Association::Manager => Action::Manage,
        };
        let named: Vec<(String, RoomId)> = {
            let catalogue = self.catalogue();
            let rooms = match association {
                Association::Member => Asker::new(&catalogue, who).rooms_with(Role::Member),
                Association::Manager => Asker::new(&catalogue, who).rooms_with(Role::Manager),
                Association::Joined => present.clone(),
            };
            let named: BTreeSet<_> = rooms
                .into_iter()
                .filter_map(|id| Some((catalogue.room(id)?.name.to_lowercase(), id)))
                .collect();
            named.into_iter().collect()
        };
        let all = |_: &Asker<'_>| Ok(());
        let (rooms, _) = self.sift(who, &named, limit, all, |asker, catalogue, (_, id)| {
            let may = asker.decide(action, *id).allowed;
            may.then(|| self.summary(catalogue, catalogue.room(*id)?))
                .flatten()
        })?;
        Ok(Outcome::Rooms(rooms))
    }
}
