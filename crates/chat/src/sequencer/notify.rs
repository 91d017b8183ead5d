//! What those in a room are told when it changes, or what somebody may do there.

use super::Sequencer;
use crate::delivery::{Broadcast, Delivery, Notice};
use causerie_model::{Addin, Audit, Catalogue, Change, EndpointId, Permissions, PrincipalId, Room, RoomId};
use std::collections::{BTreeSet, HashSet};
use uuid::Uuid;

/// Who is about to be put out of which room: they aren't told any more what it is like.
pub(super) type Leaving = HashSet<(RoomId, PrincipalId)>;

/// What a room shows of itself.
#[derive(PartialEq)]
pub(super) struct Face {
    /// Without its audit, which every change of its lists moves on.
    room: Room,
    category: Uuid,
    /// Invitations, file upload, history.
    switches: [bool; 3],
    addin: Option<Addin>,
}

impl Face {
    fn of(catalogue: &Catalogue, id: RoomId) -> Option<Self> {
        let room = catalogue.room(id)?;
        let category = catalogue.category(room.category)?;
        Some(Self {
            room: Room {
                audit: Audit::default(),
                ..room.clone()
            },
            category: category.guid,
            switches: [category.invitations, category.file_upload, category.history],
            addin: room.addin.and_then(|id| catalogue.addin(id)).cloned(),
        })
    }
}

impl Sequencer {
    /// The rooms with somebody in them that these changes may make look otherwise, as they are before.
    pub(super) fn faces(&self, changes: &[Change]) -> Vec<(RoomId, Face)> {
        let (mut rooms, mut categories, mut addins) = (BTreeSet::new(), HashSet::new(), HashSet::new());
        for change in changes {
            match change {
                Change::PutRoom(room) => drop(rooms.insert(room.id)),
                Change::PutCategory(category) => drop(categories.insert(category.id)),
                Change::PutAddin(addin) => drop(addins.insert(addin.id)),
                _ => {}
            }
        }
        let catalogue = self.inner.catalogue();
        if !categories.is_empty() || !addins.is_empty() {
            let touched = |id: &RoomId| {
                catalogue.room(*id).is_some_and(|room| {
                    categories.contains(&room.category)
                        || room.addin.is_some_and(|addin| addins.contains(&addin))
                })
            };
            rooms.extend(self.rooms.ids().into_iter().filter(touched));
        }
        let in_use = |id: &RoomId| self.rooms.get(*id).is_some_and(|room| !room.is_idle());
        let faces = rooms.into_iter().filter(in_use);
        faces
            .filter_map(|id| Some((id, Face::of(&catalogue, id)?)))
            .collect()
    }

    /// Tells those who stay in rooms that look otherwise than before.
    pub(super) async fn show_faces(&mut self, before: Vec<(RoomId, Face)>, leaving: &Leaving) {
        for (id, face) in before {
            let summary = {
                let catalogue = self.inner.catalogue();
                if Face::of(&catalogue, id).is_none_or(|now| now == face) {
                    continue;
                }
                let room = catalogue.room(id);
                room.and_then(|room| self.inner.summary(&catalogue, room))
            };
            if let Some(summary) = summary {
                self.make_room().await;
                self.tell_staying(id, Notice::RoomChanged(Box::new(summary)), leaving);
            }
        }
    }

    /// Tells what a participant may do from now on: everybody who sees him there, or only himself where the room is too
    /// large to tell who is in it.
    pub(super) fn tell_permissions(
        &mut self,
        id: RoomId,
        user: PrincipalId,
        permissions: Permissions,
        leaving: &Leaving,
    ) {
        let guid = self.inner.catalogue().room(id).map(|room| room.guid);
        let (Some(room), Some(guid)) = (self.rooms.get(id), guid) else {
            return;
        };
        let Some(participant) = room.users().find(|participant| participant.user == user) else {
            return;
        };
        let notice = Notice::PermissionsChanged {
            room: guid,
            user: participant.address.clone(),
            permissions,
        };
        if room.roster_visible() {
            return self.tell_staying(id, notice, leaving);
        }
        let own: Vec<EndpointId> = room.endpoints_of(user).collect();
        self.tell(&own, notice);
    }

    /// Hands one notice to everybody in a room who stays there.
    fn tell_staying(&mut self, id: RoomId, notice: Notice, leaving: &Leaving) {
        let Some(room) = self.rooms.get(id) else { return };
        let staying = room.users().filter(|one| !leaving.contains(&(id, one.user)));
        let endpoints: Vec<EndpointId> = staying.flat_map(|one| room.endpoints_of(one.user)).collect();
        self.tell(&endpoints, notice);
    }

    /// Hands one notice to these devices.
    pub(super) fn tell(&mut self, endpoints: &[EndpointId], notice: Notice) {
        let broadcast = Broadcast::new(notice);
        for endpoint in endpoints {
            self.deliver(*endpoint, Delivery::Notice(broadcast.clone()));
        }
        metrics::counter!("causerie_deliveries_total").increment(endpoints.len() as u64);
    }
}
