//! `grpchat`: a message is posted.

use super::{Effect, Round, Sequencer};
use crate::{Outcome, Refusal, delivery::Notice, query::check};
use causerie_model::{Actor, ChainId, EndpointId, Event, Extras, Message, RoomId};
use causerie_policy::{Action, decide, decide_compliance};
use causerie_room::next_message;
use std::sync::Arc;
use uuid::Uuid;

impl Sequencer {
    pub(super) async fn post(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        token: u64,
        guid: Uuid,
        text: String,
        extras: Extras,
    ) {
        match self.try_post(round, endpoint, guid, text, extras).await {
            Ok((room, message)) => {
                round.effects.push(Effect::Posted {
                    endpoint,
                    token,
                    room,
                    guid,
                    message,
                });
            }
            Err(refusal) => {
                round.effects.push(Effect::Answer {
                    endpoint,
                    token,
                    result: Err(refusal),
                });
            }
        }
    }

    async fn try_post(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        guid: Uuid,
        text: String,
        extras: Extras,
    ) -> Result<(RoomId, Arc<Message>), Refusal> {
        let device = self.devices.get(&endpoint).ok_or(Refusal::Unknown)?;
        let (user, author, author_name) = (device.user, device.address.clone(), device.name.clone());
        let (room, kept, compliance, verdict) = {
            let catalogue = self.inner.catalogue();
            let room = catalogue.room_by_guid(guid).ok_or(Refusal::NoSuchRoom)?;
            let category = catalogue.category(room.category).ok_or(Refusal::NoSuchRoom)?;
            (
                room.id,
                category.history,
                decide_compliance(category.compliance, self.inner.is_behind()),
                decide(&catalogue, user, Action::Post, room.id),
            )
        };
        let joined = device.rooms.contains_key(&room);
        self.note(round, user, Action::Post.as_str(), room, &verdict)
            .await;
        check(&verdict)?;
        if !joined {
            return Err(Refusal::NotJoined);
        }
        if !compliance.allowed {
            return Err(Refusal::ComplianceBehind);
        }
        if text.is_empty() && extras.is_empty() {
            return Err(Refusal::Invalid("The message is empty.".to_owned()));
        }
        let limit = self.inner.settings.story_bytes;
        // A rich text version may be several times the size of its plain text.
        for (size, limit) in [(text.len(), limit), (extras.bytes(), limit.saturating_mul(8))] {
            if size > limit {
                return Err(Refusal::TooLarge { size, limit });
            }
        }
        let chain = ChainId::Room(room);
        let head = self.staged_head(round, chain).await.map_err(Refusal::Store)?;
        let now = self.clock.now();
        let message = Arc::new(next_message(&head, room, now, author, author_name, text, extras));
        let event = Event::Chat {
            message: message.clone(),
            kept,
        };
        let actor = Actor::User(message.author.clone());
        Self::seal(round, chain, &head, message.at, &actor, &event);
        Ok((room, message))
    }

    pub(super) fn posted(
        &mut self,
        endpoint: EndpointId,
        token: u64,
        room: RoomId,
        guid: Uuid,
        message: Arc<Message>,
        statements: u32,
    ) {
        metrics::counter!("causerie_messages_total").increment(1);
        let outcome = Outcome::Posted {
            room: guid,
            chat_id: message.chat_id,
        };
        self.answer(endpoint, token, Ok(outcome), statements);
        self.broadcast(room, Notice::Chat { room: guid, message }, None);
    }
}
