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
mod announce;
mod ask;
mod backchat;
mod command;
mod denied;
mod give;
mod invite;
mod join;
mod lost;
mod manage;
mod notify;
mod part;
mod post;
mod preference;
mod rooms;
mod round;

use crate::{Inner, Needs, Operation, Refusal, delivery::Sink};
use causerie_model::{ChainId, Clock, EndpointId, Head, PartReason, PrincipalId, Random, RoomId, SipAddress};
use causerie_policy::may_chat;
use causerie_store::{History, Invitations, Journal, Preferences, StoreError};
pub(crate) use command::{Command, Shown};
use denied::Denials;
use give::Given;
use rooms::Rooms;
use round::{Effect, Owed, Round};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

pub use invite::{INVITATION_CHUNK, MAX_INVITATIONS};

/// How long the store is left alone after it refused, before records that are owed are tried again by themselves.
const OWED_RETRY: Duration = Duration::from_secs(1);

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
            | Command::Refused { .. }
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
            Command::Refused { actor, act, rule } => self.note_refused(round, actor, act, rule).await,
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
}
