//! The chat service: everything that users do in rooms and administrators do to them, in one order.
//!
//! All that changes a room goes through one sequencer: it takes what has gathered, asks `policy`, gives each
//! message its number, writes everything in one commit, and only then answers and delivers. Gateways attach an
//! [`Endpoint`] for each signed-in device, submit [`Operation`]s, and are handed [`Delivery`]s in the order in which they
//! must leave.
//!
//! It knows the store's ports and the pure decisions, no SQL, no SIP and no XML.

pub mod admin;
mod backlog;
mod behind;
mod delivery;
mod endpoint;
mod erasure;
mod history_search;
mod operation;
mod query;
mod question;
mod refusal;
mod rehearsal;
mod retouch;
mod sequencer;
mod settings;

pub use admin::{
    Action, ActionError, By, CategoryChange, ConfigurationChange, Done, MAX_ACTIONS, MAX_TOKEN_NAME_CHARS,
    NewBarrier, NewCategory, NewRoom, NodeName, PolicyChange, PrincipalName, RoomChange, TokenChange, Told,
    UserChange,
};
pub use delivery::{Answer, Broadcast, Deliveries, Delivery, Notice};
pub use endpoint::Endpoint;
pub use history_search::HistorySearch;
pub use operation::{
    InvitedTo, Matches, Operation, Outcome, ParticipantInfo, PreferenceAnswer, PrincipalInfo, PrincipalKind,
    RoomSnapshot, RoomSummary, SearchIn, ServerInfo,
};
pub use question::{
    Among, Association, MAX_ROOM_SEARCH_WORDS, PrincipalRef, Question, RoomFilter, RoomSearch, UserSearch,
};
pub use refusal::Refusal;
pub use rehearsal::Rehearsal;
pub use retouch::{REPLACED, Retouch};
pub use sequencer::{INVITATION_CHUNK, MAX_INVITATIONS};
pub use settings::Settings;

use backlog::Backlog;
use causerie_model::{Actor, Alarms, Catalogue, Clock, Effective, EndpointId, PrincipalId, Random, RoomId};
use causerie_policy::{Rule, Verdict, may_chat};
use causerie_queue::Queue;
use causerie_store::{CatalogueStore, History, Invitations, Journal, Preferences, RoomSize, StoreError};
use delivery::Sink;
use sequencer::{Command, Sequencer};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tokio::sync::{Semaphore, mpsc, oneshot};
use uuid::Uuid;

/// What the service needs from outside.
#[derive(Clone)]
pub struct Needs {
    /// Takes what happens.
    pub journal: Arc<dyn Journal>,
    /// Gives the working set at start.
    pub catalogue: Arc<dyn CatalogueStore>,
    /// Reads messages.
    pub history: Arc<dyn History>,
    /// Keeps preferences.
    pub preferences: Arc<dyn Preferences>,
    /// Keeps invitations, and who is to be invited.
    pub invitations: Arc<dyn Invitations>,
    /// Tells how much waits for compliance.
    pub queue: Arc<dyn Queue>,
    /// Who is told when something is wrong.
    pub alarms: Arc<dyn Alarms>,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// GUIDs of new rooms and categories.
    pub random: Arc<dyn Random>,
}

/// The running service. Cloning gives another handle on the same one.
#[derive(Clone)]
pub struct Chat {
    inner: Arc<Inner>,
    commands: mpsc::Sender<Command>,
}

/// What all handles and the sequencer share. The queue isn't in it: the sequencer ends when nobody can send any more.
struct Inner {
    settings: Settings,
    database: Uuid,
    catalogue: RwLock<Catalogue>,
    next_endpoint: AtomicU64,
    /// Users present in each room that has any.
    present: Mutex<HashMap<RoomId, usize>>,
    endpoints: AtomicU64,
    backlog: Arc<Backlog>,
    /// The last commit succeeded.
    writable: AtomicBool,
    clock: Arc<dyn Clock>,
    queue: Arc<dyn Queue>,
    alarms: Arc<dyn Alarms>,
    /// Too much waits for compliance.
    behind: AtomicBool,
    history: Arc<dyn History>,
    /// Held by who removes or replaces messages.
    retouching: tokio::sync::Mutex<()>,
    /// Turns of questions that go beside the sequencer.
    turns: Semaphore,
}

/// Questions that are answered at a time, beside the sequencer: those over all rooms would else take every processor from
/// those who write.
const QUESTIONS_AT_A_TIME: usize = 2;

/// How the service is doing.
#[derive(Clone, Debug)]
pub struct Status {
    /// Enabled and disabled users.
    pub users: usize,
    /// Rooms that exist.
    pub rooms: usize,
    /// Rooms with somebody in them.
    pub rooms_in_use: usize,
    /// Attached endpoints.
    pub endpoints: u64,
    /// The last commit succeeded.
    pub writable: bool,
    /// What waits for compliance; `None` if it can't be read.
    pub queue: Option<causerie_queue::Backlog>,
    /// Too much waits for compliance: rooms of closed categories take no messages.
    pub compliance_behind: bool,
}

impl Chat {
    /// Loads the working set, records the leaving of whom a crash left in rooms and what rooms no record has told of, and
    /// starts the sequencer. A database that can't be written for a while is no hindrance: leavings are recorded before
    /// anybody enters, the rest by the next start.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read, or will never take those records.
    pub async fn start(settings: Settings, needs: Needs) -> Result<Self, StoreError> {
        let catalogue = needs.catalogue.load().await?;
        let database = needs.catalogue.database_id().await?;
        let (commands, queue) = mpsc::channel(settings.queue);
        let inner = Arc::new(Inner {
            settings,
            database,
            catalogue: RwLock::new(catalogue),
            next_endpoint: AtomicU64::new(1),
            present: Mutex::default(),
            endpoints: AtomicU64::new(0),
            backlog: Arc::default(),
            writable: AtomicBool::new(true),
            clock: needs.clock.clone(),
            queue: needs.queue.clone(),
            alarms: needs.alarms.clone(),
            behind: AtomicBool::new(true),
            history: needs.history.clone(),
            retouching: tokio::sync::Mutex::new(()),
            turns: Semaphore::new(QUESTIONS_AT_A_TIME),
        });
        let mut sequencer = Sequencer::new(inner.clone(), commands.downgrade(), &needs).await?;
        sequencer.part_lost().await?;
        sequencer.announce(&*needs.catalogue).await?;
        behind::watch(&inner).await;
        tokio::spawn(sequencer.run(queue));
        Ok(Self { inner, commands })
    }

    /// Attaches a device of a user. What it is to send comes out of the [`Deliveries`]; dropping the [`Endpoint`] makes
    /// it leave all rooms.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if there is no such user or he may not sign in, [`Refusal::Denied`] if his policy doesn't let
    /// him use rooms, [`Refusal::Busy`] if the sequencer can't
    /// take more.
    pub fn attach(&self, user: PrincipalId) -> Result<(Endpoint, Deliveries), Refusal> {
        match may_chat(&self.catalogue(), user) {
            verdict if verdict.allowed => {}
            Verdict {
                rule: Rule::ChatNotEnabled,
                ..
            } => return Err(Refusal::Denied(Rule::ChatNotEnabled)),
            _ => return Err(Refusal::Unknown),
        }
        let id = EndpointId(self.inner.next_endpoint.fetch_add(1, Ordering::Relaxed));
        let (sink, deliveries) = Sink::new(self.inner.settings.endpoint_queue, self.inner.backlog.clone());
        let command = Command::Attach {
            endpoint: id,
            user,
            sink,
        };
        self.commands.try_send(command).map_err(|_| Refusal::Busy)?;
        Ok((Endpoint::new(id, self.commands.clone()), deliveries))
    }

    /// Carries out an administrative or managerial action. Takes effect at once, for everybody.
    ///
    /// # Errors
    /// [`ActionError`] says what doesn't fit, or that the store can't take it; then nothing has changed.
    pub async fn act(&self, by: impl Into<By>, action: Action) -> Result<Done, ActionError> {
        let told = self.order(by.into(), vec![action], false).await?;
        Ok(if told.is_empty() {
            Done::Unchanged
        } else {
            Done::Changed
        })
    }

    /// Carries out actions in one commit, each as those before it leave things, and tells all that changed: also what
    /// followed by itself, such as entries that may no longer be in a list. Nothing is told of what was so already.
    ///
    /// # Errors
    /// [`ActionError`]; then none of them was done. More than [`MAX_ACTIONS`] are refused.
    pub async fn act_all(&self, by: impl Into<By>, actions: Vec<Action>) -> Result<Vec<Told>, ActionError> {
        self.order(by.into(), actions, false).await
    }

    /// Tells what [`Chat::act_all`] would do, and does nothing.
    ///
    /// # Errors
    /// As [`Chat::act_all`].
    pub async fn rehearse(&self, by: impl Into<By>, actions: Vec<Action>) -> Result<Vec<Told>, ActionError> {
        self.order(by.into(), actions, true).await
    }

    /// Takes note that a role of administration didn't let somebody do this: recorded once a minute, with how often he
    /// tried. While more waits than the service can take, it is left out: it must not hold up who posts.
    pub fn refused(&self, actor: Actor, act: &'static str, rule: Rule) {
        // Fails only then, or when the service ends.
        let _ = self.commands.try_send(Command::Refused { actor, act, rule });
    }

    async fn order(&self, by: By, actions: Vec<Action>, rehearsal: bool) -> Result<Vec<Told>, ActionError> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Act {
            by,
            actions,
            rehearsal,
            reply,
        };
        self.commands
            .send(command)
            .await
            .map_err(|_| ActionError::Stopped)?;
        answer.await.map_err(|_| ActionError::Stopped)?
    }

    /// How much is in each room that has messages. Reads every message.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    pub async fn room_sizes(&self) -> Result<Vec<RoomSize>, StoreError> {
        self.inner.history.sizes().await
    }

    fn history(&self) -> &dyn History {
        &*self.inner.history
    }

    /// The settings that hold here now.
    #[must_use]
    pub fn effective(&self) -> Effective {
        self.inner.effective()
    }

    /// The working set as it is now. Hold it for a moment only: changes wait.
    pub fn catalogue(&self) -> RwLockReadGuard<'_, Catalogue> {
        self.inner.catalogue()
    }

    /// What the service was started with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Waits until the sequencer has ended. It never does while a handle is left, unless something is badly wrong: then
    /// nothing can be posted any more and the program must end.
    pub async fn ended(&self) {
        self.commands.closed().await;
    }

    /// How it is doing.
    pub async fn status(&self) -> Status {
        let (users, rooms) = {
            let catalogue = self.catalogue();
            (catalogue.users().count(), catalogue.rooms().count())
        };
        let rooms_in_use = self.inner.present().len();
        Status {
            users,
            rooms,
            rooms_in_use,
            endpoints: self.inner.endpoints.load(Ordering::Relaxed),
            writable: self.inner.writable.load(Ordering::Relaxed),
            queue: self.inner.queue.backlog().await.ok(),
            compliance_behind: self.inner.is_behind(),
        }
    }

    /// Users present in a room.
    #[must_use]
    pub fn present(&self, room: RoomId) -> usize {
        self.inner.present().get(&room).copied().unwrap_or(0)
    }
}

impl Inner {
    // Only the sequencer writes, and a panic ends it, and with it the program: nobody goes on with what a panic left
    // behind. So a poisoned lock is taken as it is.
    fn catalogue(&self) -> RwLockReadGuard<'_, Catalogue> {
        self.catalogue.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn effective(&self) -> Effective {
        let (site, service) = (self.settings.site.as_deref(), &self.settings.service);
        self.catalogue()
            .effective(self.settings.base.clone(), site, service)
    }

    fn present(&self) -> std::sync::MutexGuard<'_, HashMap<RoomId, usize>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
