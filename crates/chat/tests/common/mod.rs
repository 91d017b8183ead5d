//! A chat service on a real database in a folder of its own, with a store that can be told to fail.
#![allow(dead_code, reason = "each test file uses a part of it")]

use async_trait::async_trait;
use causerie_chat::{
    Action, Answer, CategoryChange, Chat, Deliveries, Delivery, Endpoint, Needs, NewCategory, NewRoom,
    NodeName, Notice, Operation, Outcome, PrincipalName, Refusal, RoomSummary, Settings,
};
use causerie_model::{
    Actor, Alarm, Alarms, Catalogue, ChainId, Change, Clock, Extras, Head, Invitations, Node, Privacy,
    Random, Role, RoomId, RoomType, Sealed, SipAddress, Timestamp,
};
use causerie_proof::chain::verify;
use causerie_queue::{Backlog, Lease, Queue, Queued, conformance::everything};
use causerie_store::{Batch, CatalogueStore, Journal, Parts, Store, StoreError, StoreFault};
use causerie_store_sqlite::{Options, SqliteStore};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::watch;
use uuid::Uuid;

/// A clock that moves by a millisecond with each look, unless it is stopped.
#[derive(Default)]
pub(crate) struct Ticking {
    looks: AtomicI64,
    stopped: AtomicBool,
}

impl Ticking {
    pub(crate) fn advance(&self, seconds: i64) {
        self.looks.fetch_add(seconds * 1_000, Ordering::Relaxed);
    }

    /// From here on it is always now.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let step = i64::from(!self.stopped.load(Ordering::Relaxed));
        Timestamp(1_700_000_000_000_000 + 1_000 * self.looks.fetch_add(step, Ordering::Relaxed))
    }
}

struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
        }
    }
}

/// Hands everything on to the real journal, unless told to fail.
pub(crate) struct Failing {
    real: Arc<dyn Journal>,
    fault: Mutex<Option<StoreFault>>,
    held: watch::Sender<bool>,
    waiting: AtomicU64,
    /// Commits that were begun.
    pub(crate) commits: AtomicU64,
    unannounced: Unannounced,
}

impl Failing {
    /// From here on whatever is written is on the disk, but its commit takes until [`Failing::release`].
    pub(crate) fn hold(&self) {
        self.held.send_replace(true);
    }

    pub(crate) fn release(&self) {
        self.held.send_replace(false);
    }

    /// Waits until a commit is held.
    pub(crate) async fn is_holding(&self) {
        while self.waiting.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub(crate) fn fail(&self, fault: StoreFault) {
        *self.fault.lock().unwrap() = Some(fault);
    }

    pub(crate) fn recover(&self) {
        *self.fault.lock().unwrap() = None;
    }
}

#[async_trait]
impl Journal for Failing {
    async fn append(&self, batch: &Batch) -> Result<(), StoreError> {
        self.commits.fetch_add(1, Ordering::Relaxed);
        let fault = *self.fault.lock().unwrap();
        match fault {
            Some(fault) => Err(StoreError::new(fault, "told to fail")),
            None => {
                let result = self.real.append(batch).await;
                if result.is_ok() {
                    let is_announced = |node: &Node| batch.changes.contains(&Change::Announce(*node));
                    self.unannounced
                        .lock()
                        .unwrap()
                        .retain(|node| !is_announced(node));
                }
                self.waiting.fetch_add(1, Ordering::Relaxed);
                let _ = self.held.subscribe().wait_for(|held| !held).await;
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                result
            }
        }
    }

    async fn head(&self, chain: ChainId) -> Result<Head, StoreError> {
        self.real.head(chain).await
    }

    async fn present(&self) -> Result<Vec<(RoomId, SipAddress)>, StoreError> {
        self.real.present().await
    }

    async fn highest_room(&self) -> Result<RoomId, StoreError> {
        self.real.highest_room().await
    }
}

/// What no record has told of.
type Unannounced = Arc<Mutex<Vec<Node>>>;

/// The real catalogue, as if some of it were of before records told of it.
struct Former {
    real: Arc<dyn CatalogueStore>,
    unannounced: Unannounced,
}

#[async_trait]
impl CatalogueStore for Former {
    async fn load(&self) -> Result<Catalogue, StoreError> {
        self.real.load().await
    }

    async fn unannounced(&self) -> Result<Vec<Node>, StoreError> {
        assert_eq!(self.real.unannounced().await?, []);
        Ok(self.unannounced.lock().unwrap().clone())
    }

    async fn database_id(&self) -> Result<Uuid, StoreError> {
        self.real.database_id().await
    }
}

/// What is said about a queue.
type Said = Arc<Mutex<Option<Result<Backlog, StoreError>>>>;

/// The real queue, which may be told how much waits.
pub(crate) struct Told {
    real: Arc<dyn Queue>,
    said: Said,
    /// It doesn't answer.
    hangs: AtomicBool,
    /// It says what really waits. If not, it says of every chain that nothing does, as if all were acknowledged at once.
    pub(crate) waits: AtomicBool,
    asked: watch::Sender<u64>,
    heard: Mutex<Vec<(&'static str, Alarm)>>,
}

impl Alarms for Told {
    fn raise(&self, alarm: &Alarm) {
        self.heard.lock().unwrap().push(("raised", alarm.clone()));
    }

    fn clear(&self, over: &Alarm) {
        self.heard.lock().unwrap().push(("cleared", over.clone()));
    }
}

impl Told {
    /// The alarms since it was asked last, each `raised` or `cleared`.
    pub(crate) fn heard(&self) -> Vec<(&'static str, Alarm)> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    /// From here on it says this. Waits until it was asked.
    pub(crate) async fn tell(&self, backlog: Result<Backlog, StoreError>) {
        let mut asked = self.asked.subscribe();
        let before = self.said.lock().unwrap().replace(backlog);
        if before.is_none() {
            // The real queue may be answering just now, on a thread of which the paused clock doesn't know.
            let seen = *asked.borrow_and_update();
            asked.wait_for(|count| *count > seen).await.unwrap();
        }
        let seen = *asked.borrow_and_update();
        tokio::time::pause();
        // The one after the next is asked for when what came of the next is known.
        asked.wait_for(|count| *count > seen + 1).await.unwrap();
        tokio::time::resume();
    }

    /// From here on it doesn't answer any more. Waits until somebody has given up waiting.
    pub(crate) async fn hang(&self) {
        self.hangs.store(true, Ordering::Relaxed);
        self.tell(Ok(Backlog::default())).await;
    }
}

#[async_trait]
impl Queue for Told {
    async fn lease(
        &self,
        holder: uuid::Uuid,
        held: Option<&Lease>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, StoreError> {
        self.real.lease(holder, held, now, until).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.real.release(lease).await
    }

    async fn waiting(&self, lease: &Lease, now: Timestamp, count: u32) -> Result<Vec<Queued>, StoreError> {
        self.real.waiting(lease, now, count).await
    }

    async fn acknowledge(&self, lease: &Lease, now: Timestamp, up_to: i64) -> Result<(), StoreError> {
        self.real.acknowledge(lease, now, up_to).await
    }

    async fn set_aside(
        &self,
        lease: &Lease,
        now: Timestamp,
        sequence: i64,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.real.set_aside(lease, now, sequence, reason).await
    }

    async fn waits_since(&self, chain: ChainId) -> Result<Option<Timestamp>, StoreError> {
        if self.waits.load(Ordering::Relaxed) {
            return self.real.waits_since(chain).await;
        }
        Ok(None)
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.asked.send_modify(|count| *count += 1);
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        let said = self.said.lock().unwrap().clone();
        match said {
            Some(said) => said,
            None => self.real.backlog().await,
        }
    }
}

pub(crate) struct World {
    pub(crate) queue: Arc<Told>,
    pub(crate) chat: Chat,
    pub(crate) parts: Parts,
    pub(crate) journal: Arc<Failing>,
    pub(crate) clock: Arc<Ticking>,
    pub(crate) dir: TempDir,
    unannounced: Unannounced,
    settings: Settings,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(Ticking::default());
        let unannounced = Unannounced::default();
        let former = (Said::default(), unannounced.clone());
        let started = start(&dir, settings.clone(), clock.clone(), former, |_| ()).await;
        let (chat, parts, journal, queue) = started.map_err(|(error, _)| error).unwrap();
        let world = Self {
            queue,
            chat,
            parts,
            journal,
            clock,
            dir,
            unannounced,
            settings,
        };
        for name in ["alice", "bob", "carol", "dave"] {
            world
                .act(Action::AddUser {
                    address: address(name),
                    display_name: name.to_owned(),
                })
                .await;
        }
        world
            .act(Action::AddCategory(NewCategory {
                name: "General".to_owned(),
                description: String::new(),
                // Those who are in rooms from the beginning aren't invited, so that nothing goes on beside a test.
                invitations: false,
                file_upload: false,
                history: true,
                compliance: causerie_model::ComplianceMode::Open,
            }))
            .await;
        for name in ["alice", "bob", "carol", "dave"] {
            world
                .grant(NodeName::Category("General".to_owned()), Role::Allowed, name)
                .await;
        }
        world.room("Lobby", Privacy::Open, RoomType::Normal, &[]).await;
        world
            .room("Deals", Privacy::Closed, RoomType::Normal, &["alice", "bob"])
            .await;
        world
            .room(
                "News",
                Privacy::Closed,
                RoomType::Auditorium,
                &["alice", "bob", "carol"],
            )
            .await;
        world
            .grant(NodeName::Room("News".to_owned()), Role::Presenter, "alice")
            .await;
        world
            .room("X", Privacy::Secret, RoomType::Normal, &["alice", "bob"])
            .await;
        let change = CategoryChange {
            invitations: Some(true),
            ..CategoryChange::default()
        };
        let name = "General".to_owned();
        world.act(Action::ChangeCategory { name, change }).await;
        world
    }

    /// Ends the service and starts it again on the same database.
    pub(crate) async fn restart(self) -> Self {
        match self.restart_with(|_| ()).await {
            Ok(world) => world,
            Err((error, _)) => panic!("{error}"),
        }
    }

    /// The same, with a journal that `prepare` has seen before; if it doesn't start, why, and the database.
    pub(crate) async fn restart_with(
        self,
        prepare: impl FnOnce(&Failing) + Send,
    ) -> Result<Self, (StoreError, Parts)> {
        let Self {
            queue,
            dir,
            clock,
            unannounced,
            settings,
            chat,
            parts,
            journal,
        } = self;
        let former = (queue.said.clone(), unannounced.clone());
        drop((chat, parts, queue));
        // The sequencer ends when its last handle is gone, and lets go of the journal.
        while Arc::strong_count(&journal) > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop(journal);
        let (chat, parts, journal, queue) =
            start(&dir, settings.clone(), clock.clone(), former, prepare).await?;
        Ok(Self {
            queue,
            chat,
            parts,
            journal,
            clock,
            dir,
            unannounced,
            settings,
        })
    }

    /// Has the next start take these for something of which no record has told.
    pub(crate) fn forget(&self, nodes: &[Node]) {
        self.unannounced.lock().unwrap().extend(nodes);
    }

    /// What of that is still to be told.
    pub(crate) fn forgotten(&self) -> Vec<Node> {
        self.unannounced.lock().unwrap().clone()
    }

    pub(crate) async fn act(&self, action: Action) {
        self.chat
            .act(Actor::Administrator("test".to_owned()), action)
            .await
            .unwrap();
    }

    pub(crate) async fn grant(&self, node: NodeName, role: Role, name: &str) {
        self.act(Action::Grant {
            node,
            role,
            principal: PrincipalName::User(address(name)),
        })
        .await;
    }

    pub(crate) async fn revoke(&self, node: NodeName, role: Role, name: &str) {
        self.act(Action::Revoke {
            node,
            role,
            principal: PrincipalName::User(address(name)),
        })
        .await;
    }

    /// Waits until nobody waits for an invitation any more.
    pub(crate) async fn all_invited(&self) {
        while self.parts.invitations.pending().await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub(crate) async fn room(&self, name: &str, privacy: Privacy, room_type: RoomType, members: &[&str]) {
        self.act(Action::AddRoom(NewRoom {
            name: name.to_owned(),
            category: "General".to_owned(),
            description: format!("About {name}"),
            room_type,
            privacy,
            invitations: Invitations::Inherit,
            addin: None,
            disabled: false,
        }))
        .await;
        for member in members {
            self.grant(NodeName::Room(name.to_owned()), Role::Member, member)
                .await;
        }
    }

    pub(crate) fn guid(&self, room: &str) -> Uuid {
        self.chat.catalogue().room_by_name(room).unwrap().guid
    }

    pub(crate) fn id(&self, room: &str) -> RoomId {
        self.chat.catalogue().room_by_name(room).unwrap().id
    }

    pub(crate) fn attach(&self, name: &str) -> Device {
        let user = self.chat.catalogue().user_by_address(&address(name)).unwrap().id;
        let (endpoint, deliveries) = self.chat.attach(user).unwrap();
        Device {
            endpoint: Some(endpoint),
            deliveries,
            token: 0,
            seen: Vec::new(),
            invited: Vec::new(),
        }
    }

    pub(crate) async fn attach_in(&self, name: &str, room: &str) -> Device {
        let mut device = self.attach(name);
        device.join(self.guid(room)).await.unwrap();
        device
    }

    /// All records that wait for compliance.
    pub(crate) async fn records(&self) -> Vec<Sealed> {
        everything(&*self.queue).await
    }

    /// The records of a room, as `KIND` and body.
    pub(crate) async fn room_records(&self, room: &str) -> Vec<(String, String)> {
        let chain = ChainId::Room(self.id(room));
        let records = self
            .records()
            .await
            .into_iter()
            .filter(|record| record.chain == chain);
        records.map(|record| (record.kind, record.body)).collect()
    }

    /// Every chain is whole, and ends where its head says.
    pub(crate) async fn verify(&self) {
        let mut chains: BTreeMap<ChainId, Vec<Sealed>> = BTreeMap::new();
        for record in self.records().await {
            chains.entry(record.chain).or_default().push(record);
        }
        for (chain, records) in chains {
            let head = verify(chain, &records, Head::START).unwrap();
            assert_eq!(head, self.parts.journal.head(chain).await.unwrap());
        }
    }
}

async fn start(
    dir: &TempDir,
    settings: Settings,
    clock: Arc<Ticking>,
    (said, unannounced): (Said, Unannounced),
    prepare: impl FnOnce(&Failing) + Send,
) -> Result<(Chat, Parts, Arc<Failing>, Arc<Told>), (StoreError, Parts)> {
    let store = SqliteStore::open(&dir.path().join("mgc.db"), Options::default())
        .await
        .unwrap();
    let store = Arc::new(store);
    let parts = store.clone().parts();
    let journal = Arc::new(Failing {
        real: parts.journal.clone(),
        fault: Mutex::new(None),
        held: watch::Sender::new(false),
        waiting: AtomicU64::new(0),
        commits: AtomicU64::new(0),
        unannounced: unannounced.clone(),
    });
    prepare(&journal);
    let queue = Arc::new(Told {
        real: store,
        said,
        hangs: AtomicBool::new(false),
        waits: AtomicBool::new(false),
        asked: watch::Sender::new(0),
        heard: Mutex::default(),
    });
    let needs = Needs {
        journal: journal.clone(),
        catalogue: Arc::new(Former {
            real: parts.catalogue.clone(),
            unannounced,
        }),
        history: parts.history.clone(),
        preferences: parts.preferences.clone(),
        invitations: parts.invitations.clone(),
        queue: queue.clone(),
        alarms: queue.clone(),
        clock,
        random: Arc::new(Counting(AtomicU64::new(1))),
    };
    match Chat::start(settings, needs).await {
        Ok(chat) => Ok((chat, parts, journal, queue)),
        Err(error) => Err((error, parts)),
    }
}

pub(crate) fn address(name: &str) -> SipAddress {
    format!("{name}@example.test").parse().unwrap()
}

/// A signed-in device that collects what it is handed.
pub(crate) struct Device {
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) deliveries: Deliveries,
    token: u64,
    /// Notices that came while an answer was awaited.
    pub(crate) seen: Vec<Notice>,
    /// Invitations that he was told of: they are issued beside everything else, and come at any time.
    invited: Vec<String>,
}

impl Device {
    pub(crate) fn submit(&mut self, operation: Operation) -> Result<u64, Refusal> {
        self.token += 1;
        self.endpoint.as_ref().unwrap().submit(self.token, operation)?;
        Ok(self.token)
    }

    /// Waits for the answer with this token; notices before it are kept in `seen`.
    pub(crate) async fn answer(&mut self, wanted: u64) -> Result<Outcome, Refusal> {
        loop {
            match self.deliveries.next().await.expect("the service is gone") {
                Delivery::Answer(answer) => {
                    let Answer { token, result, .. } = *answer;
                    assert_eq!(token, wanted, "answers come in order");
                    return result;
                }
                Delivery::Notice(broadcast) => self.see(broadcast.notice()),
            }
        }
    }

    fn see(&mut self, notice: &Notice) {
        match notice {
            Notice::Invited(invited) => {
                let name = &invited.summary.room.name;
                self.invited.push(format!("{}:{name}", invited.id));
            }
            other => self.seen.push(other.clone()),
        }
    }

    async fn see_next(&mut self) {
        match self.deliveries.next().await.expect("the service is gone") {
            Delivery::Notice(broadcast) => self.see(broadcast.notice()),
            Delivery::Answer(answer) => panic!("{answer:?}"),
        }
    }

    /// Waits until he is told of this invitation, `id:room`.
    pub(crate) async fn is_invited(&mut self, wanted: &str) {
        while !self.invited.iter().any(|one| one == wanted) {
            self.see_next().await;
        }
    }

    pub(crate) async fn ask(&mut self, operation: Operation) -> Result<Outcome, Refusal> {
        let token = self.submit(operation)?;
        self.answer(token).await
    }

    pub(crate) async fn join(&mut self, room: Uuid) -> Result<Outcome, Refusal> {
        match self.ask(Operation::Join { rooms: vec![room] }).await? {
            Outcome::Joined { refused, .. } if !refused.is_empty() => Err(refused[0].1.clone()),
            outcome => Ok(outcome),
        }
    }

    pub(crate) async fn post(&mut self, room: Uuid, text: &str) -> Result<u64, Refusal> {
        let operation = Operation::Post {
            room,
            text: text.to_owned(),
            extras: Extras::default(),
        };
        match self.ask(operation).await? {
            Outcome::Posted { chat_id, .. } => Ok(chat_id.0),
            other => panic!("{other:?}"),
        }
    }

    /// Queues a post.
    pub(crate) fn send(&mut self, room: Uuid, text: &str) -> u64 {
        let operation = Operation::Post {
            room,
            text: text.to_owned(),
            extras: Extras::default(),
        };
        self.submit(operation).unwrap()
    }

    /// Manages rooms.
    pub(crate) async fn manage(&mut self, actions: Vec<Action>) -> Result<(RoomSummary, bool), Refusal> {
        let origin = "192.0.2.7:4000".to_owned();
        match self.ask(Operation::Manage { actions, origin }).await? {
            Outcome::Managed { room, changed } => Ok((*room, changed)),
            other => panic!("{other:?}"),
        }
    }

    /// His invitations after one, as `id:room`, and the number of the last.
    pub(crate) async fn invitations(&mut self, after: u32) -> (Vec<String>, Option<u32>) {
        match self.ask(Operation::Invitations { after }).await.unwrap() {
            Outcome::Invitations { last, rooms } => {
                let rooms = rooms.iter();
                let rooms = rooms.map(|one| format!("{}:{}", one.id, one.summary.room.name));
                (rooms.collect(), last)
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn history(&mut self, room: Uuid, count: u32) -> Result<Vec<String>, Refusal> {
        match self
            .ask(Operation::Backchat {
                room,
                count,
                before: None,
            })
            .await?
        {
            Outcome::Messages { messages, .. } => {
                Ok(messages.iter().map(|message| message.text.clone()).collect())
            }
            other => panic!("{other:?}"),
        }
    }

    /// The next notice, in short: `chat:1:text`, `joined:user`, `parted:user`, `changed:room`, `may:user:mask`.
    pub(crate) async fn notice(&mut self) -> String {
        while self.seen.is_empty() {
            self.see_next().await;
        }
        let notice = self.seen.remove(0);
        match notice {
            Notice::Chat { message, .. } => format!("chat:{}:{}", message.chat_id, message.text),
            Notice::Joined { user, .. } => format!("joined:{}", user.user()),
            Notice::Parted { user, .. } => format!("parted:{}", user.user()),
            Notice::RoomChanged(summary) => format!("changed:{}", summary.room.name),
            Notice::PermissionsChanged {
                user, permissions, ..
            } => format!("may:{}:{}", user.user(), permissions.0),
            Notice::Invited(_) => unreachable!("kept apart"),
        }
    }
}
