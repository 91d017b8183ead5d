//! Rounds: what one commit takes, and what is done once it has.

use super::{Sequencer, act, part};
use crate::{ActionError, Outcome, Refusal};
use causerie_model::{
    Actor, ChainId, EndpointId, Event, Head, Message, PrincipalId, Record, RoomId, Timestamp,
};
use causerie_room::chain;
use causerie_store::{Batch, Invitation, StoreError, StoreFault, meter};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
};
use uuid::Uuid;

/// Something that happened and isn't written yet.
pub(super) struct Owed {
    pub(super) chain: ChainId,
    pub(super) at: Timestamp,
    pub(super) actor: Actor,
    pub(super) event: Event,
}

/// What a round will do once its commit has succeeded, or failed.
pub(super) enum Effect {
    /// Answer what needed no commit, in its turn.
    Answer {
        endpoint: EndpointId,
        token: u64,
        result: Result<Outcome, Refusal>,
    },
    /// Answer what was read, whether or not the reading could be recorded.
    Read {
        endpoint: EndpointId,
        token: u64,
        result: Result<Outcome, Refusal>,
        statements: u32,
    },
    /// Deliver a message.
    Posted {
        endpoint: EndpointId,
        token: u64,
        room: RoomId,
        guid: Uuid,
        message: Arc<Message>,
    },
    /// Let a device into rooms.
    Joined {
        endpoint: EndpointId,
        token: u64,
        rooms: Vec<RoomId>,
        refused: Vec<(Uuid, Refusal)>,
    },
    /// Tell that a user left.
    Parted(part::Parted),
    /// Repeat a change in memory.
    Acted(act::Acted),
    /// Tell users of their invitations.
    Invited(Vec<Invitation>),
}

/// What one round collects.
#[derive(Default)]
pub(super) struct Round {
    pub(super) batch: Batch,
    pub(super) effects: Vec<Effect>,
    /// Heads as they will be after the commit.
    pub(super) heads: HashMap<ChainId, Head>,
    /// Users with a device that will have entered a room: what any device of theirs does next is staged in the next
    /// round. Whether one is his user's first or last in a room is known only when all that came before are in.
    pub(super) entering: HashSet<PrincipalId>,
    /// Records that are to be owed if the commit fails.
    pub(super) owed: Vec<Owed>,
    /// Effects that only refuse what came too late: many at a time, and they must not keep out what can be done.
    pub(super) late: usize,
    /// It holds a change; nothing may be decided behind it by the old state.
    pub(super) sealed: bool,
}

/// Records after which a round takes no more operations: one operation may make many, and a commit must stay short.
pub(super) const MAX_ROUND_RECORDS: usize = 4_096;

impl Round {
    /// Whether it may stage one more operation. What is owed doesn't count: it was first, and must not keep out the rest.
    pub(super) fn takes_more(&self, batch: usize) -> bool {
        let records = self.batch.records.len().saturating_sub(self.owed.len());
        self.effects.len() - self.late < batch && records < MAX_ROUND_RECORDS && !self.sealed
    }
}

impl Sequencer {
    /// Adds a record to the round.
    pub(super) async fn record(
        &mut self,
        round: &mut Round,
        chain: ChainId,
        actor: Actor,
        event: Event,
    ) -> Result<Record, StoreError> {
        let head = self.staged_head(round, chain).await?;
        let at = self.clock.now();
        Ok(Self::seal(round, chain, &head, at, &actor, &event))
    }

    pub(super) fn seal(
        round: &mut Round,
        chain: ChainId,
        head: &Head,
        at: Timestamp,
        actor: &Actor,
        event: &Event,
    ) -> Record {
        let record = chain::seal(chain, head, at, actor, event);
        round.heads.insert(chain, chain::advance(head, &record));
        round.batch.records.push(record.clone());
        record
    }

    pub(super) async fn staged_head(&mut self, round: &Round, chain: ChainId) -> Result<Head, StoreError> {
        if let Some(head) = round.heads.get(&chain) {
            return Ok(*head);
        }
        match chain {
            // The compliance service's chain has no head here: the store refuses its records.
            ChainId::Compliance => Ok(Head::START),
            ChainId::System => Ok(self.system),
            ChainId::Room(room) => {
                self.rooms.load(room, &*self.journal, &*self.history).await?;
                Ok(self.rooms.get(room).map_or(Head::START, |room| *room.head()))
            }
        }
    }

    /// Adds a record of something that can't be undone: if it can't be written now, it is owed.
    pub(super) async fn record_or_owe(
        &mut self,
        round: &mut Round,
        chain: ChainId,
        actor: Actor,
        event: Event,
    ) {
        let owed = Owed {
            chain,
            at: self.clock.now(),
            actor,
            event,
        };
        match self.staged_head(round, chain).await {
            Ok(head) => {
                Self::seal(round, chain, &head, owed.at, &owed.actor, &owed.event);
                round.owed.push(owed);
            }
            Err(_) => self.owed.push(owed),
        }
    }

    /// Commits the round and carries out its effects.
    pub(super) async fn finish(&mut self, mut round: Round) {
        let (result, statements) = if round.batch.records.is_empty() && round.batch.changes.is_empty() {
            (Ok(()), 0)
        } else if let Some(error) = &self.ended {
            (Err(error.clone()), 0)
        } else {
            meter::metered(self.journal.append(&round.batch)).await
        };
        self.take_turns().await;
        match result {
            Ok(()) => {
                if !round.batch.records.is_empty() {
                    self.inner.writable.store(true, Ordering::Relaxed);
                    metrics::histogram!("causerie_commit_records").record(round.batch.records.len() as f64);
                }
                self.advance(&round.batch.records);
                for effect in round.effects {
                    self.apply(effect, statements).await;
                }
            }
            Err(error) => {
                self.inner.writable.store(false, Ordering::Relaxed);
                metrics::counter!("causerie_commit_failures_total").increment(1);
                tracing::error!(fault = ?error.fault, %error, "The store refused a commit.");
                if error.fault == StoreFault::SyncFailed {
                    self.ended = Some(error.clone());
                }
                // What is on the disk is known by reading it, not by guessing from an error.
                self.forget_heads(round.heads.keys()).await;
                self.owed.append(&mut round.owed);
                for effect in round.effects {
                    self.fail(effect, &error, statements).await;
                }
            }
        }
        self.rooms.unload_idle();
    }

    /// Puts what is owed before everything else in a round.
    pub(super) async fn settle(&mut self, round: &mut Round) {
        for debt in std::mem::take(&mut self.owed) {
            match self.staged_head(round, debt.chain).await {
                Ok(head) => {
                    Self::seal(round, debt.chain, &head, debt.at, &debt.actor, &debt.event);
                    round.owed.push(debt);
                }
                Err(_) => self.owed.push(debt),
            }
        }
    }

    /// Moves heads and rooms on to what was committed.
    pub(super) fn advance(&mut self, records: &[Record]) {
        for record in records {
            match record.chain {
                ChainId::System => self.system = chain::advance(&self.system, record),
                ChainId::Compliance => {}
                ChainId::Room(room) => self.rooms.record(room, record),
            }
        }
    }

    pub(super) async fn forget_heads(&mut self, chains: impl Iterator<Item = &ChainId>) {
        for chain in chains {
            match *chain {
                ChainId::System => {
                    if let Ok(head) = self.journal.head(ChainId::System).await {
                        self.system = head;
                    }
                }
                ChainId::Compliance => {}
                ChainId::Room(room) => self.rooms.distrust(room),
            }
        }
    }

    pub(super) async fn apply(&mut self, effect: Effect, statements: u32) {
        self.make_room().await;
        match effect {
            Effect::Answer {
                endpoint,
                token,
                result,
            } => self.answer(endpoint, token, result, 0),
            Effect::Read {
                endpoint,
                token,
                result,
                statements: read,
            } => {
                self.answer(endpoint, token, result, read + statements);
            }
            Effect::Posted {
                endpoint,
                token,
                room,
                guid,
                message,
            } => {
                self.posted(endpoint, token, room, guid, message, statements);
            }
            Effect::Joined {
                endpoint,
                token,
                rooms,
                refused,
            } => {
                self.joined(endpoint, token, &rooms, refused, statements).await;
            }
            Effect::Parted(parted) => self.parted(parted, statements),
            Effect::Acted(acted) => self.acted(acted, statements).await,
            Effect::Invited(issued) => self.invited(issued).await,
        }
    }

    pub(super) async fn fail(&mut self, effect: Effect, error: &StoreError, statements: u32) {
        match effect {
            Effect::Posted { endpoint, token, .. } | Effect::Joined { endpoint, token, .. } => {
                self.make_room().await;
                self.answer(endpoint, token, Err(Refusal::Store(error.clone())), statements);
            }
            Effect::Acted(acted) => {
                self.make_room().await;
                self.refuse_act(acted.asked, ActionError::Store(error.clone()), statements);
            }
            // These are true whatever the store says; their records are owed.
            other
            @ (Effect::Answer { .. } | Effect::Read { .. } | Effect::Parted(_) | Effect::Invited(_)) => {
                self.apply(other, statements).await;
            }
        }
    }
}
