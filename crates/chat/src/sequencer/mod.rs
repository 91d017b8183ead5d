//! The sequencer: one task through which everything goes that changes a room.
//!
//! It works in rounds. A round *stages* what has gathered while the previous commit ran: decides it, numbers it, and
//! collects records. Then one commit takes all records of the round. Then every staged *effect* is carried out, in order:
//! answers and deliveries. If the commit fails nothing was answered and nothing delivered, every sender is told, and the
//! numbers are given again. That gives P1 (stored before answered), P2 (recorded before delivered) and P3 (one order).
//!
//! What has happened whether or not it can be written, somebody leaving or having read, is *owed*: it stays in memory
//! and goes first into the next round, so that it is recorded as soon as the store takes anything again.

mod act;
mod ask;
mod backchat;
mod denied;
mod invite;
mod join;
mod manage;
mod notify;
mod part;
mod post;
mod preference;
mod rooms;

use crate::{
    Action, ActionError, By, Inner, Needs, Operation, Outcome, Refusal, Told,
    delivery::{Answer, Broadcast, Delivery, Notice, Overrun, Sink},
};
use causerie_model::{
    Actor, ChainId, Clock, EndpointId, Event, Head, Message, PartReason, PrincipalId, Random, Record, RoomId,
    SipAddress, Timestamp,
};
use causerie_policy::may_chat;
use causerie_room::chain;
use causerie_store::{
    Batch, History, Invitation, Invitations, Journal, Preferences, StoreError, StoreFault, meter,
};
use denied::Denials;
use rooms::Rooms;
use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};
use uuid::Uuid;

pub use invite::{INVITATION_CHUNK, MAX_INVITATIONS};

/// How long the store is left alone after it refused, before records that are owed are tried again by themselves.
const OWED_RETRY: Duration = Duration::from_secs(1);

/// What the sequencer can be told.
pub(crate) enum Command {
    /// A device came.
    Attach {
        endpoint: EndpointId,
        user: PrincipalId,
        sink: Sink,
    },
    /// A device asks for something.
    Operate {
        endpoint: EndpointId,
        token: u64,
        operation: Operation,
        /// When it was handed in.
        queued: Instant,
    },
    /// A device is gone.
    Detach {
        endpoint: EndpointId,
        reason: PartReason,
    },
    /// Somebody's rights in a room ended.
    Evict { room: RoomId, endpoint: EndpointId },
    /// History was read and can be handed over once that is recorded.
    Shown {
        endpoint: EndpointId,
        token: u64,
        shown: Shown,
    },
    /// Invitations were issued: those who are here are told.
    Invited(Vec<Invitation>),
    /// A user's invitations were read.
    InvitationsRead {
        endpoint: EndpointId,
        token: u64,
        read: Result<Vec<Invitation>, StoreError>,
        statements: u32,
    },
    /// Says when all that was committed before is in memory too.
    Sync(oneshot::Sender<()>),
    /// A question was answered.
    Answered {
        endpoint: EndpointId,
        token: u64,
        result: Result<Outcome, Refusal>,
    },
    /// An administrator acts.
    Act {
        by: By,
        actions: Vec<Action>,
        /// Nothing is done; only what would be is told.
        rehearsal: bool,
        reply: oneshot::Sender<Result<Vec<Told>, ActionError>>,
    },
}

/// What was read from history.
pub(crate) struct Shown {
    /// The room whose chain records the reading; the system's chain if it went over several rooms.
    pub(crate) chain: ChainId,
    /// What was asked, in words.
    pub(crate) query: String,
    pub(crate) result: Result<Outcome, Refusal>,
    pub(crate) statements: u32,
}

/// An attached device.
struct Device {
    user: PrincipalId,
    address: SipAddress,
    name: String,
    sink: Sink,
    /// Rooms that it is in, with their GUIDs, which outlive the room.
    rooms: BTreeMap<RoomId, Uuid>,
    /// What it has asked from history and the store hasn't answered yet: each answer may be large, and the queue of
    /// commands doesn't bound them.
    readings: usize,
}

impl Device {
    /// Ends its connection and has it leave its rooms.
    fn cut(&mut self, carry: &mut VecDeque<Command>, endpoint: EndpointId, reason: PartReason) {
        self.sink.cut(reason);
        carry.push_back(Command::Detach { endpoint, reason });
    }
}

/// Something that happened and isn't written yet.
struct Owed {
    chain: ChainId,
    at: Timestamp,
    actor: Actor,
    event: Event,
}

/// What a round will do once its commit has succeeded, or failed.
enum Effect {
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
struct Round {
    batch: Batch,
    effects: Vec<Effect>,
    /// Heads as they will be after the commit.
    heads: HashMap<ChainId, Head>,
    /// Users with a device that will have entered a room: what any device of theirs does next is staged in the next
    /// round. Whether one is his user's first or last in a room is known only when all that came before are in.
    entering: HashSet<PrincipalId>,
    /// Records that are to be owed if the commit fails.
    owed: Vec<Owed>,
    /// Effects that only refuse what came too late: many at a time, and they must not keep out what can be done.
    late: usize,
    /// It holds a change; nothing may be decided behind it by the old state.
    sealed: bool,
}

/// Records after which a round takes no more operations: one operation may make many, and a commit must stay short.
const MAX_ROUND_RECORDS: usize = 4_096;

impl Round {
    /// Whether it may stage one more operation. What is owed doesn't count: it was first, and must not keep out the rest.
    fn takes_more(&self, batch: usize) -> bool {
        let records = self.batch.records.len().saturating_sub(self.owed.len());
        self.effects.len() - self.late < batch && records < MAX_ROUND_RECORDS && !self.sealed
    }
}

/// What endpoints were given since nobody was behind.
#[derive(Default)]
struct Given {
    /// In all.
    all: usize,
    /// The most that one was given without asking.
    most: u32,
}

impl Given {
    /// Puts a delivery into a device's queue; if that is full, the device is cut off.
    fn give(
        &mut self,
        devices: &mut HashMap<EndpointId, Device>,
        carry: &mut VecDeque<Command>,
        endpoint: EndpointId,
        delivery: Delivery,
    ) {
        let Some(device) = devices.get_mut(&endpoint) else {
            return;
        };
        match device.sink.deliver(delivery) {
            Ok(unasked) => {
                self.all += 1;
                self.most = self.most.max(unasked);
            }
            Err(Overrun) => {
                tracing::warn!(user = %device.address, %endpoint, "A slow reader is cut off.");
                metrics::counter!("causerie_slow_readers_total").increment(1);
                device.cut(carry, endpoint, PartReason::SlowReader);
            }
        }
    }
}

/// What wakes the sequencer.
enum Next {
    Command(Box<Command>),
    /// It is time to try again to write what is owed, or to tell what was counted.
    Owed,
    /// Every handle is gone.
    End,
}

impl From<Command> for Next {
    fn from(command: Command) -> Self {
        Self::Command(Box::new(command))
    }
}

/// The task's state.
pub(crate) struct Sequencer {
    inner: Arc<Inner>,
    /// Its own queue, for what tasks of its own have read.
    commands: mpsc::WeakSender<Command>,
    journal: Arc<dyn Journal>,
    history: Arc<dyn History>,
    preferences: Arc<dyn Preferences>,
    invitations: Arc<dyn Invitations>,
    /// Tells the inviter that somebody waits.
    inviter: watch::Sender<()>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    devices: HashMap<EndpointId, Device>,
    rooms: Rooms,
    system: Head,
    highest_room: RoomId,
    /// Commands that come before those in the queue.
    carry: VecDeque<Command>,
    owed: Vec<Owed>,
    denials: Denials,
    given: Given,
    /// A sync failed: nothing is written until the program starts anew.
    ended: Option<StoreError>,
}

impl Sequencer {
    pub(crate) async fn new(
        inner: Arc<Inner>,
        commands: mpsc::WeakSender<Command>,
        needs: &Needs,
    ) -> Result<Self, StoreError> {
        let rooms = Rooms::new(&inner.effective());
        let inviter = invite::start(inner.clone(), commands.clone(), needs);
        Ok(Self {
            inner,
            commands,
            system: needs.journal.head(ChainId::System).await?,
            highest_room: needs.journal.highest_room().await?,
            journal: needs.journal.clone(),
            history: needs.history.clone(),
            preferences: needs.preferences.clone(),
            invitations: needs.invitations.clone(),
            inviter,
            clock: needs.clock.clone(),
            random: needs.random.clone(),
            devices: HashMap::new(),
            rooms,
            carry: VecDeque::new(),
            owed: Vec::new(),
            denials: Denials::default(),
            given: Given::default(),
            ended: None,
        })
    }

    /// Works until every handle is gone.
    pub(crate) async fn run(mut self, mut queue: mpsc::Receiver<Command>) {
        loop {
            let next = self.first(&mut queue).await;
            let mut round = Round::default();
            if self.ended.is_none() {
                self.settle(&mut round).await;
            }
            self.tell_denials(&mut round, matches!(next, Next::End)).await;
            match next {
                Next::Command(command) => self.stage(&mut round, *command).await,
                Next::Owed => {}
                // What is owed or counted gets one more chance: after this nobody remembers it.
                Next::End => return self.finish(round).await,
            }
            while round.takes_more(self.inner.settings.batch) {
                let Some(command) = self.carry.pop_front().or_else(|| queue.try_recv().ok()) else {
                    break;
                };
                if self.must_wait(&round, &command) {
                    self.carry.push_front(command);
                    break;
                }
                self.stage(&mut round, command).await;
            }
            self.finish(round).await;
        }
    }

    async fn first(&mut self, queue: &mut mpsc::Receiver<Command>) -> Next {
        if let Some(command) = self.carry.pop_front() {
            return command.into();
        }
        let wait = if !self.owed.is_empty() && self.ended.is_none() {
            OWED_RETRY
        } else if self.denials.is_waiting() {
            denied::PERIOD
        } else {
            return queue.recv().await.map_or(Next::End, Next::from);
        };
        match tokio::time::timeout(wait, queue.recv()).await {
            Ok(command) => command.map_or(Next::End, Next::from),
            Err(_) => Next::Owed,
        }
    }

    /// Whether a command depends on what this round hasn't done yet.
    fn must_wait(&self, round: &Round, command: &Command) -> bool {
        let enters = |endpoint: &EndpointId| {
            let device = self.devices.get(endpoint);
            device.is_some_and(|device| round.entering.contains(&device.user))
        };
        match command {
            // A change is decided and committed alone but for what is owed, so that a change that doesn't fit refuses
            // nobody's message.
            Command::Act { .. }
            | Command::Operate {
                operation: Operation::Manage { .. },
                ..
            } => !round.effects.is_empty(),
            Command::Operate {
                endpoint, operation, ..
            } => {
                enters(endpoint)
                    // Who reads or leaves gets what was posted before, since its number says that it came before.
                    || matches!(
                        operation,
                        Operation::Backchat { .. }
                            | Operation::Search { .. }
                            | Operation::SearchRoom(_)
                            | Operation::Part { .. }
                    ) && round.batch.records.iter().any(|record| record.message.is_some())
            }
            Command::Detach { endpoint, .. } | Command::Evict { endpoint, .. } => enters(endpoint),
            Command::Attach { .. }
            | Command::Shown { .. }
            | Command::Invited(_)
            | Command::InvitationsRead { .. }
            | Command::Answered { .. }
            | Command::Sync(_) => false,
        }
    }

    async fn stage(&mut self, round: &mut Round, command: Command) {
        match command {
            Command::Attach { endpoint, user, sink } => self.attach(endpoint, user, sink),
            Command::Operate {
                endpoint,
                token,
                operation,
                queued,
            } => {
                if operation.can_be_late() && queued.elapsed() > self.inner.settings.patience {
                    round.late += 1;
                    round.effects.push(Effect::Answer {
                        endpoint,
                        token,
                        result: Err(Refusal::Busy),
                    });
                    return;
                }
                self.operate(round, endpoint, token, operation).await;
            }
            Command::Detach { endpoint, reason } => self.detach(round, endpoint, reason).await,
            Command::Evict { room, endpoint } => {
                self.leave(round, endpoint, room, None, PartReason::Removed).await;
            }
            Command::Shown {
                endpoint,
                token,
                shown,
            } => self.shown(round, endpoint, token, shown).await,
            Command::Invited(issued) => round.effects.push(Effect::Invited(issued)),
            Command::InvitationsRead {
                endpoint,
                token,
                read,
                statements,
            } => self.invitations_read(round, endpoint, token, read, statements),
            Command::Sync(reply) => {
                // Whoever asked may be gone.
                let _ = reply.send(());
            }
            Command::Answered {
                endpoint,
                token,
                result,
            } => self.answered(round, endpoint, token, result),
            Command::Act {
                by,
                actions,
                rehearsal,
                reply,
            } => {
                let asked = act::Asked::Handle { rehearsal, reply };
                self.act(round, by, &actions, asked).await;
            }
        }
    }

    fn attach(&mut self, endpoint: EndpointId, user: PrincipalId, mut sink: Sink) {
        let found = {
            let catalogue = self.inner.catalogue();
            let may = may_chat(&catalogue, user).allowed;
            catalogue.user(user).filter(|_| may).cloned()
        };
        let Some(found) = found else {
            // Disabled since he asked.
            sink.cut(PartReason::Removed);
            return;
        };
        self.inner.endpoints.fetch_add(1, Ordering::Relaxed);
        self.devices.insert(
            endpoint,
            Device {
                user,
                address: found.address,
                name: found.display_name,
                sink,
                rooms: BTreeMap::new(),
                readings: 0,
            },
        );
    }

    async fn operate(&mut self, round: &mut Round, endpoint: EndpointId, token: u64, operation: Operation) {
        let Some(user) = self.devices.get(&endpoint).map(|device| device.user) else {
            return;
        };
        let result = match operation {
            Operation::Join { rooms } => return self.join(round, endpoint, token, rooms).await,
            Operation::Part { room } => return self.part(round, endpoint, token, room).await,
            Operation::Post { room, text, extras } => {
                return self.post(round, endpoint, token, room, text, extras).await;
            }
            Operation::Backchat { room, count, before } => {
                return self.backchat(round, endpoint, token, room, count, before).await;
            }
            Operation::Search { rooms, words, count } => {
                return self.search(round, endpoint, token, rooms, words, count).await;
            }
            Operation::Manage { actions, origin } => {
                return self.manage(round, endpoint, token, &actions, origin).await;
            }
            Operation::Invitations { after } => {
                return self.read_invitations(round, endpoint, token, after);
            }
            Operation::GetPreference { label, known } => self.get_preference(user, label, known).await,
            Operation::SetPreference {
                label,
                known,
                content,
            } => self.set_preference(user, label, known, &content).await,
            Operation::SearchRoom(search) => return self.search_room(round, endpoint, token, *search).await,
            Operation::Ask(question) => return self.ask(round, endpoint, token, *question).await,
            Operation::Participants { room } => self.participants(endpoint, room),
            Operation::ServerInfo => Ok(self.inner.server_info()),
        };
        round.effects.push(Effect::Answer {
            endpoint,
            token,
            result,
        });
    }

    /// Adds a record to the round.
    async fn record(
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

    fn seal(
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

    async fn staged_head(&mut self, round: &Round, chain: ChainId) -> Result<Head, StoreError> {
        if let Some(head) = round.heads.get(&chain) {
            return Ok(*head);
        }
        match chain {
            ChainId::System => Ok(self.system),
            ChainId::Room(room) => {
                self.rooms.load(room, &*self.journal, &*self.history).await?;
                Ok(self.rooms.get(room).map_or(Head::START, |room| *room.head()))
            }
        }
    }

    /// Adds a record of something that can't be undone: if it can't be written now, it is owed.
    async fn record_or_owe(&mut self, round: &mut Round, chain: ChainId, actor: Actor, event: Event) {
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
    async fn finish(&mut self, mut round: Round) {
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
    async fn settle(&mut self, round: &mut Round) {
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
    fn advance(&mut self, records: &[Record]) {
        for record in records {
            match record.chain {
                ChainId::System => self.system = chain::advance(&self.system, record),
                ChainId::Room(room) => self.rooms.record(room, record),
            }
        }
    }

    async fn forget_heads(&mut self, chains: impl Iterator<Item = &ChainId>) {
        for chain in chains {
            match *chain {
                ChainId::System => {
                    if let Ok(head) = self.journal.head(ChainId::System).await {
                        self.system = head;
                    }
                }
                ChainId::Room(room) => self.rooms.distrust(room),
            }
        }
    }

    /// Before a round is delivered: waits until those before have been taken over, if they were many. So at most two
    /// rounds wait for the processor, and their messages no longer than that takes.
    async fn take_turns(&mut self) {
        if self.given.all >= self.inner.settings.endpoint_queue {
            self.catch_up().await;
        }
    }

    /// Before anything is given: waits if an endpoint has been given half of what fits into its queue and hasn't asked
    /// since. The other half is for what it has asked for and is at work on.
    async fn make_room(&mut self) {
        if self.given.most as usize >= self.inner.settings.endpoint_queue / 2 {
            self.catch_up().await;
        }
    }

    /// Waits until all endpoints have asked since they were last given something.
    async fn catch_up(&mut self) {
        let backlog = &self.inner.backlog;
        if !backlog.cleared().await {
            let behind = backlog.behind();
            tracing::error!(
                behind,
                "Endpoints don't ask for what they were given. Nobody waits for them."
            );
            self.devices.values().for_each(|device| device.sink.excuse());
        }
        self.given = Given::default();
    }

    async fn apply(&mut self, effect: Effect, statements: u32) {
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

    async fn fail(&mut self, effect: Effect, error: &StoreError, statements: u32) {
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

    fn answer(
        &mut self,
        endpoint: EndpointId,
        token: u64,
        result: Result<Outcome, Refusal>,
        statements: u32,
    ) {
        if let Err(refusal) = &result {
            metrics::counter!("causerie_refusals_total", "reason" => refusal.name()).increment(1);
        }
        let answer = Box::new(Answer {
            token,
            result,
            statements,
        });
        self.deliver(endpoint, Delivery::Answer(answer));
    }

    fn deliver(&mut self, endpoint: EndpointId, delivery: Delivery) {
        self.given
            .give(&mut self.devices, &mut self.carry, endpoint, delivery);
    }

    /// Ends a device's connection and takes it out of its rooms.
    fn cut(&mut self, endpoint: EndpointId, reason: PartReason) {
        if let Some(device) = self.devices.get_mut(&endpoint) {
            device.cut(&mut self.carry, endpoint, reason);
        }
    }

    /// Hands a notice to one device.
    fn notify(&mut self, endpoint: EndpointId, notice: Notice) {
        self.deliver(endpoint, Delivery::Notice(Broadcast::new(notice)));
    }

    /// Hands one notice to everybody in a room but this device.
    fn broadcast(&mut self, room: RoomId, notice: Notice, except: Option<EndpointId>) {
        let Some(room) = self.rooms.get(room) else { return };
        let broadcast = Broadcast::new(notice);
        let mut count = 0;
        for endpoint in room.endpoints().filter(|endpoint| Some(*endpoint) != except) {
            let delivery = Delivery::Notice(broadcast.clone());
            self.given
                .give(&mut self.devices, &mut self.carry, endpoint, delivery);
            count += 1;
        }
        metrics::counter!("causerie_deliveries_total").increment(count);
    }
}
