//! `part`, and all other ways to leave: the connection is gone, the rights are gone, the reader was too slow.

use super::{Effect, Round, Sequencer};
use crate::{Outcome, Refusal, delivery::Notice};
use causerie_model::{Actor, ChainId, EndpointId, Event, PartReason, RoomId, SipAddress};
use std::sync::atomic::Ordering;
use uuid::Uuid;

/// A device has left a room.
pub(super) struct Parted {
    pub(super) endpoint: EndpointId,
    /// It asked to, and is to be told.
    pub(super) token: Option<u64>,
    pub(super) room: RoomId,
    pub(super) guid: Uuid,
    pub(super) user: SipAddress,
    /// It was the user's last one there.
    pub(super) last: bool,
    pub(super) reason: PartReason,
}

impl Sequencer {
    pub(super) async fn part(&mut self, round: &mut Round, endpoint: EndpointId, token: u64, guid: Uuid) {
        let device = self.devices.get(&endpoint);
        let joined = device.and_then(|device| device.rooms.iter().find(|(_, other)| **other == guid));
        match joined.map(|(room, _)| *room) {
            Some(room) => {
                self.leave(round, endpoint, room, Some(token), PartReason::Left)
                    .await;
            }
            None => {
                let result = Err(Refusal::NotJoined);
                round.effects.push(Effect::Answer {
                    endpoint,
                    token,
                    result,
                });
            }
        }
    }

    pub(super) async fn detach(&mut self, round: &mut Round, endpoint: EndpointId, reason: PartReason) {
        let Some(device) = self.devices.get(&endpoint) else {
            return;
        };
        for room in device.rooms.keys().copied().collect::<Vec<_>>() {
            self.leave(round, endpoint, room, None, reason).await;
        }
        self.devices.remove(&endpoint);
        self.inner.endpoints.fetch_sub(1, Ordering::Relaxed);
    }

    /// Takes a device out of a room. From here on it gets nothing more from it; the others are told once it is
    /// recorded.
    pub(super) async fn leave(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        room: RoomId,
        token: Option<u64>,
        reason: PartReason,
    ) {
        let guid = self
            .devices
            .get_mut(&endpoint)
            .and_then(|device| device.rooms.remove(&room));
        let Some(guid) = guid else { return };
        let Some(left) = self.rooms.get_mut(room).and_then(|room| room.leave(endpoint)) else {
            return;
        };
        self.publish_presence(room);
        let user = left.participant.address;
        if left.last_of_user {
            let actor = match reason {
                PartReason::Left | PartReason::Disconnected => Actor::User(user.clone()),
                PartReason::Removed | PartReason::SlowReader | PartReason::Lost => Actor::System,
            };
            let event = Event::Part {
                user: user.clone(),
                reason,
                not_before: None,
            };
            self.record_or_owe(round, ChainId::Room(room), actor, event).await;
        }
        let parted = Parted {
            endpoint,
            token,
            room,
            guid,
            user,
            last: left.last_of_user,
            reason,
        };
        round.effects.push(Effect::Parted(parted));
    }

    pub(super) fn parted(&mut self, parted: Parted, statements: u32) {
        let Parted {
            endpoint,
            token,
            room,
            guid,
            user,
            last,
            reason,
        } = parted;
        let notice = Notice::Parted { room: guid, user };
        if reason == PartReason::Removed {
            self.notify(endpoint, notice.clone());
        }
        if let Some(token) = token {
            self.answer(endpoint, token, Ok(Outcome::Parted { room: guid }), statements);
        }
        if last
            && self
                .rooms
                .get(room)
                .is_some_and(causerie_room::Room::roster_visible)
        {
            self.broadcast(room, notice, None);
        }
    }
}
