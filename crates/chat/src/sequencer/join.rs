//! `join` and `bjoin`: a device enters rooms.

use super::{Effect, Round, Sequencer};
use crate::{Outcome, ParticipantInfo, Refusal, RoomSnapshot, RoomSummary, delivery::Notice};
use causerie_model::{Actor, ChainId, EndpointId, Event, RoomId};
use causerie_policy::{Action, Asker, permissions};
use causerie_room::Participant;
use std::collections::HashSet;
use uuid::Uuid;

impl Sequencer {
    pub(super) async fn join(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        token: u64,
        guids: Vec<Uuid>,
    ) {
        let Some(user) = self.devices.get(&endpoint).map(|device| device.user) else {
            return;
        };
        let (mut rooms, mut refused) = (Vec::new(), Vec::new());
        let mut named = HashSet::new();
        for guid in guids.into_iter().filter(|guid| named.insert(*guid)) {
            match self.try_join(round, endpoint, guid).await {
                Ok(room) => rooms.push(room),
                Err(refusal) => refused.push((guid, refusal)),
            }
        }
        round.entering.insert(user);
        round.effects.push(Effect::Joined {
            endpoint,
            token,
            rooms,
            refused,
        });
    }

    async fn try_join(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        guid: Uuid,
    ) -> Result<RoomId, Refusal> {
        let device = self.devices.get(&endpoint).ok_or(Refusal::Unknown)?;
        let (user, address, name) = (device.user, device.address.clone(), device.name.clone());
        let may = |asker: &Asker<'_>, room| asker.decide(Action::Join, room);
        let room = self
            .permit(round, user, Action::Join.as_str(), may, guid)
            .await?
            .id;
        self.rooms
            .load(room, &*self.journal, &*self.history)
            .await
            .map_err(Refusal::Store)?;
        let present = self
            .rooms
            .get(room)
            .is_some_and(|room| room.endpoints_of(user).next().is_some());
        if !present {
            let actor = Actor::User(address.clone());
            let event = Event::Join { user: address, name };
            self.record(round, ChainId::Room(room), actor, event)
                .await
                .map_err(Refusal::Store)?;
        }
        Ok(room)
    }

    pub(super) async fn joined(
        &mut self,
        endpoint: EndpointId,
        token: u64,
        ids: &[RoomId],
        refused: Vec<(Uuid, Refusal)>,
        statements: u32,
    ) {
        let mut rooms = Vec::new();
        for room in ids {
            // Somebody may be in all of them.
            self.make_room().await;
            rooms.extend(self.enter(endpoint, *room));
        }
        self.answer(
            endpoint,
            token,
            Ok(Outcome::Joined { rooms, refused }),
            statements,
        );
    }

    /// Lets a device in and tells the others, if the user wasn't there yet.
    fn enter(&mut self, endpoint: EndpointId, id: RoomId) -> Option<RoomSnapshot> {
        let device = self.devices.get_mut(&endpoint)?;
        let (permissions, summary) = {
            let catalogue = self.inner.catalogue();
            let room = catalogue.room(id)?;
            (
                permissions(&catalogue, device.user, id),
                self.inner.summary(&catalogue, room)?,
            )
        };
        let participant = Participant {
            user: device.user,
            address: device.address.clone(),
            name: device.name.clone(),
            permissions,
        };
        let user = device.address.clone();
        device.rooms.insert(id, summary.room.guid);
        let entered = self.rooms.get_mut(id)?.enter(endpoint, participant);
        self.publish_presence(id);
        let room = self.rooms.get(id)?;
        let snapshot = RoomSnapshot {
            participants: if room.roster_visible() {
                room.users()
                    .map(|participant| ParticipantInfo {
                        address: participant.address.clone(),
                        name: participant.name.clone(),
                        permissions: participant.permissions,
                    })
                    .collect()
            } else {
                Vec::new()
            },
            summary: RoomSummary {
                present: room.user_count(),
                ..summary
            },
        };
        if entered.first_of_user && room.roster_visible() {
            let notice = Notice::Joined {
                room: snapshot.summary.room.guid,
                user,
                permissions,
            };
            self.broadcast(id, notice, Some(endpoint));
        }
        Some(snapshot)
    }

    /// Makes the number of users in a room known to those who look for rooms.
    pub(super) fn publish_presence(&self, id: RoomId) {
        let count = self.rooms.get(id).map_or(0, causerie_room::Room::user_count);
        let mut present = self.inner.present();
        if count == 0 {
            present.remove(&id);
        } else {
            present.insert(id, count);
        }
    }
}
