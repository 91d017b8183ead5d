//! Questions: decided about at once where they name a room, answered beside the sequencer.

use super::{Command, Effect, Round, Sequencer};
use crate::{Outcome, ParticipantInfo, Question, Refusal, RoomSnapshot, RoomSummary};
use causerie_model::{EndpointId, PrincipalId, RoomId};
use std::collections::BTreeSet;
use uuid::Uuid;

impl Sequencer {
    pub(super) async fn ask(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        token: u64,
        question: Question,
    ) {
        if let Err(refusal) = self.start_asking(round, endpoint, token, question).await {
            round.effects.push(Effect::Answer {
                endpoint,
                token,
                result: Err(refusal),
            });
        }
    }

    async fn start_asking(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        token: u64,
        question: Question,
    ) -> Result<(), Refusal> {
        let user = self.devices.get(&endpoint).ok_or(Refusal::Unknown)?.user;
        let named = match &question {
            Question::RoomByName { name } => {
                let room = self.inner.catalogue().room_by_name(name).map(|room| room.guid);
                room.map(|room| (room, causerie_policy::Reading::Card))
            }
            other => other.names_room(),
        };
        if let Some((room, reading)) = named {
            let decide = |asker: &causerie_policy::Asker<'_>, room| asker.may_read(reading, room);
            self.permit(round, user, reading.as_str(), decide, room).await?;
        }
        let whose = question.presence_of(&self.inner.catalogue(), user);
        let present = whose.map(|user| self.rooms_of(user)).unwrap_or_default();
        self.begin_reading(endpoint)?;
        let (inner, commands) = (self.inner.clone(), self.commands.clone());
        tokio::spawn(async move {
            // Turns are never withdrawn.
            let turn = inner.turns.acquire().await;
            let service = inner.clone();
            let asked = tokio::task::spawn_blocking(move || service.ask(user, &question, &present));
            // One that panicked, or was asked while the program ends.
            let result = asked.await.unwrap_or(Err(Refusal::Busy));
            drop(turn);
            if let Some(commands) = commands.upgrade() {
                let command = Command::Answered {
                    endpoint,
                    token,
                    result,
                };
                // Fails only when the service ends at this moment.
                let _ = commands.send(command).await;
            }
        });
        Ok(())
    }

    /// A question has its answer.
    pub(super) fn answered(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        token: u64,
        result: Result<Outcome, Refusal>,
    ) {
        if let Some(device) = self.devices.get_mut(&endpoint) {
            device.readings -= 1;
            round.effects.push(Effect::Answer {
                endpoint,
                token,
                result,
            });
        }
    }

    /// The rooms that any device of a user is in.
    fn rooms_of(&self, user: PrincipalId) -> BTreeSet<RoomId> {
        let devices = self.devices.values().filter(|device| device.user == user);
        devices.flat_map(|device| device.rooms.keys().copied()).collect()
    }

    /// Who is in a room that the device is in: as many as one search may give.
    pub(super) fn participants(&self, endpoint: EndpointId, guid: Uuid) -> Result<Outcome, Refusal> {
        let device = self.devices.get(&endpoint).ok_or(Refusal::Unknown)?;
        let joined = device.rooms.iter().find(|(_, other)| **other == guid);
        let id = *joined.ok_or(Refusal::NotJoined)?.0;
        let room = self.rooms.get(id).ok_or(Refusal::NotJoined)?;
        let summary = {
            let catalogue = self.inner.catalogue();
            let room = catalogue.room(id).ok_or(Refusal::NoSuchRoom)?;
            self.inner.summary(&catalogue, room).ok_or(Refusal::NoSuchRoom)?
        };
        let participants = room.users().take(self.inner.settings.search_results as usize);
        Ok(Outcome::Participants(Box::new(RoomSnapshot {
            participants: participants
                .map(|participant| ParticipantInfo {
                    address: participant.address.clone(),
                    name: participant.name.clone(),
                    permissions: participant.permissions,
                })
                .collect(),
            summary: RoomSummary {
                present: room.user_count(),
                ..summary
            },
        })))
    }
}
