//! `bccontext` and searches: history is read, and that is recorded before it is shown.

use super::{Command, Effect, Round, Sequencer, Shown};
use crate::{HistorySearch, Matches, Outcome, Refusal, SearchIn};
use causerie_model::{
    Actor, ChainId, ChatId, EndpointId, Event, Message, PrincipalId, Room, RoomId, Seen, chat_id_ranges,
};
use causerie_policy::{Action, Asker};
use causerie_store::{StoreError, StoreFault, meter};
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};
use tokio::sync::mpsc;
use uuid::Uuid;

impl Sequencer {
    pub(super) async fn backchat(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        token: u64,
        guid: Uuid,
        count: u32,
        before: Option<ChatId>,
    ) {
        if let Err(refusal) = self
            .start_backchat(round, endpoint, token, guid, count, before)
            .await
        {
            round.effects.push(Effect::Answer {
                endpoint,
                token,
                result: Err(refusal),
            });
        }
    }

    async fn start_backchat(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        token: u64,
        guid: Uuid,
        count: u32,
        before: Option<ChatId>,
    ) -> Result<(), Refusal> {
        let user = self.devices.get(&endpoint).ok_or(Refusal::Unknown)?.user;
        let room = self.permit_reading(round, user, guid).await?;
        let summary = self.inner.summary(&self.inner.catalogue(), &room);
        let count = count.min(self.inner.settings.search_results);
        let query = match before {
            Some(before) => format!("last {count} before {before}"),
            None => format!("last {count}"),
        };
        let chain = ChainId::Room(room.id);
        let outcome = move |messages: Vec<Arc<Message>>| Outcome::Messages {
            room: summary.map(Box::new),
            messages,
            matches: None,
        };

        if before.is_none() {
            // A room that can't be loaded can't be read below either; that says so.
            let loaded = self.rooms.load(room.id, &*self.journal, &*self.history).await;
            // Of a room that couldn't be loaded anew, memory may still hold what was removed.
            let recent = loaded
                .is_ok()
                .then(|| self.rooms.get(room.id)?.recent(count as usize))
                .flatten();
            if let Some(messages) = recent {
                let shown = Shown {
                    chain,
                    query,
                    result: Ok(outcome(messages)),
                    statements: 0,
                };
                self.show(round, endpoint, token, shown).await;
                return Ok(());
            }
        }
        self.begin_reading(endpoint)?;
        let (history, commands) = (self.history.clone(), self.commands.clone());
        tokio::spawn(async move {
            let (read, statements) = meter::metered(history.latest(room.id, before, count)).await;
            let result = read
                .map(|messages| outcome(messages.into_iter().map(Arc::new).collect()))
                .map_err(Refusal::Store);
            let shown = Shown {
                chain,
                query,
                result,
                statements,
            };
            hand_back(&commands, endpoint, token, shown).await;
        });
        Ok(())
    }

    pub(super) async fn search(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        token: u64,
        rooms: SearchIn,
        words: String,
        count: u32,
    ) {
        let Some(user) = self.devices.get(&endpoint).map(|device| device.user) else {
            return;
        };
        let permitted = match rooms {
            SearchIn::Room(guid) => self.permit_reading(round, user, guid).await.map(drop),
            SearchIn::All => Ok(()),
        };
        if let Err(refusal) = permitted.and_then(|()| self.begin_reading(endpoint)) {
            round.effects.push(Effect::Answer {
                endpoint,
                token,
                result: Err(refusal),
            });
            return;
        }
        let (history, inner) = (self.history.clone(), self.inner.clone());
        let commands = self.commands.clone();
        tokio::spawn(async move {
            let search = inner.search(&*history, user, &rooms, &words, count);
            let (found, statements) = meter::metered(search).await;
            let chain = match &found {
                Ok((Some(summary), _)) => ChainId::Room(summary.room.id),
                _ => ChainId::System,
            };
            let result = found.map(|(room, messages)| {
                let room = room.map(Box::new);
                Outcome::Messages {
                    room,
                    messages,
                    matches: None,
                }
            });
            let shown = Shown {
                chain,
                query: format!("search {words}"),
                result,
                statements,
            };
            hand_back(&commands, endpoint, token, shown).await;
        });
    }

    pub(super) async fn search_room(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        token: u64,
        search: HistorySearch,
    ) {
        if let Err(refusal) = self.start_search(round, endpoint, token, search).await {
            round.effects.push(Effect::Answer {
                endpoint,
                token,
                result: Err(refusal),
            });
        }
    }

    async fn start_search(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        token: u64,
        search: HistorySearch,
    ) -> Result<(), Refusal> {
        let user = self.devices.get(&endpoint).ok_or(Refusal::Unknown)?.user;
        let room = self.permit_reading(round, user, search.room).await?;
        let search = HistorySearch {
            limit: search.limit.min(self.inner.settings.search_results),
            ..search
        };
        let query = search.query(room.id)?;
        let summary = self.inner.summary(&self.inner.catalogue(), &room).map(Box::new);
        self.begin_reading(endpoint)?;
        let (history, commands) = (self.history.clone(), self.commands.clone());
        tokio::spawn(async move {
            let (found, statements) = meter::metered(history.search(&query)).await;
            let result = found.map(|found| Outcome::Messages {
                room: summary,
                messages: found.messages.into_iter().map(Arc::new).collect(),
                matches: Some(Matches {
                    total: found.total,
                    more: found.more,
                }),
            });
            let shown = Shown {
                chain: ChainId::Room(room.id),
                query: search.to_string(),
                result: result.map_err(Refusal::Store),
                statements,
            };
            hand_back(&commands, endpoint, token, shown).await;
        });
        Ok(())
    }

    async fn permit_reading(
        &mut self,
        round: &mut Round,
        user: PrincipalId,
        guid: Uuid,
    ) -> Result<Room, Refusal> {
        let may = |asker: &Asker<'_>, room| asker.decide(Action::ReadHistory, room);
        self.permit(round, user, Action::ReadHistory.as_str(), may, guid)
            .await
    }

    /// Counts a reading that is about to go to the store.
    pub(super) fn begin_reading(&mut self, endpoint: EndpointId) -> Result<(), Refusal> {
        let device = self.devices.get_mut(&endpoint).ok_or(Refusal::Unknown)?;
        if device.readings >= self.inner.settings.readings {
            return Err(Refusal::Busy);
        }
        device.readings += 1;
        Ok(())
    }

    /// The store has answered a reading.
    pub(super) async fn shown(&mut self, round: &mut Round, endpoint: EndpointId, token: u64, shown: Shown) {
        if let Some(device) = self.devices.get_mut(&endpoint) {
            device.readings -= 1;
            self.show(round, endpoint, token, shown).await;
        }
    }

    /// Records a reading and hands over what was read. When the store takes nothing, reading goes on and the record is
    /// owed, up to a bound.
    async fn show(&mut self, round: &mut Round, endpoint: EndpointId, token: u64, shown: Shown) {
        let Shown {
            chain,
            query,
            result,
            statements,
        } = shown;
        let Some(device) = self.devices.get(&endpoint) else {
            return;
        };
        let user = device.address.clone();
        // Rights may have ended while it was read.
        let mut result = result.and_then(|outcome| self.inner.still_permitted(device.user, outcome));
        if let Ok(Outcome::Messages { messages, .. }) = &result {
            // As long as the store takes what it is given, a round may be of any size.
            let refuses = !self.inner.writable.load(Ordering::Relaxed);
            if refuses && self.owed.len() + round.owed.len() >= self.inner.settings.owed {
                let message = "too many records wait to be written";
                result = Err(Refusal::Store(StoreError::new(StoreFault::Unavailable, message)));
            } else {
                let event = Event::Backchat {
                    user: user.clone(),
                    query,
                    shown: messages.len() as u64,
                    seen: seen(messages),
                };
                self.record_or_owe(round, chain, Actor::User(user), event).await;
            }
        }
        round.effects.push(Effect::Read {
            endpoint,
            token,
            result,
            statements,
        });
    }
}

/// Which messages these are, by room.
fn seen(messages: &[Arc<Message>]) -> Vec<Seen> {
    let mut rooms: BTreeMap<RoomId, Vec<ChatId>> = BTreeMap::new();
    for message in messages {
        rooms.entry(message.room).or_default().push(message.chat_id);
    }
    let seen = rooms.into_iter().map(|(room, numbers)| Seen {
        room,
        messages: chat_id_ranges(numbers),
    });
    seen.collect()
}

/// Puts what was read into the sequencer's queue, unless the service has ended meanwhile.
async fn hand_back(commands: &mpsc::WeakSender<Command>, endpoint: EndpointId, token: u64, shown: Shown) {
    if let Some(commands) = commands.upgrade() {
        // Fails only when the service ends at this moment.
        let _ = commands
            .send(Command::Shown {
                endpoint,
                token,
                shown,
            })
            .await;
    }
}
