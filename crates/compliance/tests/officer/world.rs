//! A service over a database in a file, and records to put into it.

use async_trait::async_trait;
use causerie_compliance::{
    Alarm, Alarms, Anchor, Compliance, ExportRequest, Needs, Officer, Settings,
    documents::{Adapter, AdapterFormat},
};
use causerie_destination_folder::Folders;
use causerie_model::{
    Actor, ChainId, ChatId, Clock, Event, Extras, Head, Message, PartReason, RoomId, Sealed, Seen,
    SipAddress, StoreError, StoreFault, Timestamp,
};
use causerie_proof::SigningKey;
use causerie_queue::{Backlog, Erased, Erasure, Lease, Order, Queue, Queued, conformance::erasure::InMemory};
use causerie_records::{
    Addition, ChainHead, ChainSpan, CheckpointLine, Checkpoints, DocumentKey, Documents, Leases, Records,
    Selection, Stored,
};
use causerie_store_sqlite::{Options, SqliteRecords};
use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};
use tempfile::TempDir;

const KEY: &[u8] = b"-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIDUA1nvbKxzPWWnqYd8jHb6hKUl4ddWPHsJZi8L+0182
-----END PRIVATE KEY-----
";
/// A day in microseconds.
pub(crate) const DAY: i64 = 86_400_000_000;
/// The present: day 1,000.
pub(crate) const NOW: i64 = 1_000 * DAY;

pub(crate) struct Now(pub(crate) AtomicI64);

impl Clock for Now {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// The queue's lease, which is always free.
const LEASE: uuid::Uuid = uuid::Uuid::from_u128(7);

/// Nothing comes, nobody hears.
struct Nothing;

impl Anchor for Nothing {
    fn put(&self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn all(&self) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }
}

impl Alarms for Nothing {
    fn raise(&self, _: &Alarm) {}
}

fn none<T>() -> Result<T, StoreError> {
    Err(StoreError::new(StoreFault::Unavailable, "there is no queue"))
}

/// The chat server's queue, in which nothing waits: it can be reached as long as the rooms can.
struct Empty(Arc<Rooms>);

#[async_trait]
impl Queue for Empty {
    async fn lease(
        &self,
        _: uuid::Uuid,
        _: Option<&Lease>,
        _: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, StoreError> {
        Ok(Lease { token: LEASE, until })
    }
    async fn release(&self, _: &Lease) -> Result<(), StoreError> {
        none()
    }
    async fn waiting(&self, lease: &Lease, now: Timestamp, _: u32) -> Result<Vec<Queued>, StoreError> {
        if self.0.calls.load(Ordering::SeqCst) <= 0 {
            return Err(StoreError::new(StoreFault::Unavailable, "nobody listens"));
        }
        if !self.0.inner.is_held(lease, now) {
            return Err(StoreError::new(StoreFault::Conflict, "somebody else has it"));
        }
        Ok(Vec::new())
    }
    async fn acknowledge(&self, _: &Lease, _: Timestamp, _: i64) -> Result<(), StoreError> {
        none()
    }
    async fn set_aside(&self, _: &Lease, _: Timestamp, _: i64, _: &str) -> Result<(), StoreError> {
        none()
    }
    async fn waits_since(&self, _: ChainId) -> Result<Option<Timestamp>, StoreError> {
        none()
    }
    async fn backlog(&self) -> Result<Backlog, StoreError> {
        none()
    }
}

pub(crate) type Hook = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// The database, which has something happen right before a retirement is committed or records are read, or fails the n-th
/// retirement.
pub(crate) struct Racing {
    pub(crate) inner: SqliteRecords,
    pub(crate) before_retiring: Mutex<Option<Hook>>,
    pub(crate) before_reading: Mutex<Option<Hook>>,
    /// Happens when records of a room were read, once.
    pub(crate) after_reading_room: Mutex<Option<Hook>>,
    /// So many retirements are still committed; then they fail.
    pub(crate) retirements: AtomicI64,
    /// The record at this position isn't found when positions are read.
    pub(crate) lost: AtomicU64,
}

#[async_trait]
impl Records for Racing {
    async fn append(&self, addition: &Addition) -> Result<u64, StoreError> {
        if !addition.retired.is_empty() {
            let hook = self.before_retiring.lock().unwrap().take();
            if let Some(hook) = hook {
                hook().await;
            }
            if self.retirements.fetch_sub(1, Ordering::SeqCst) <= 0 {
                return Err(StoreError::new(StoreFault::Unavailable, "killed"));
            }
        }
        self.inner.append(addition).await
    }
    async fn head(&self, chain: ChainId) -> Result<ChainHead, StoreError> {
        self.inner.head(chain).await
    }
    async fn end(&self) -> Result<u64, StoreError> {
        self.inner.end().await
    }
    async fn read(&self, after: u64, up_to: u64, count: u32) -> Result<Vec<Stored>, StoreError> {
        let hook = self.before_reading.lock().unwrap().take();
        if let Some(hook) = hook {
            hook().await;
        }
        let lost = self.lost.load(Ordering::SeqCst);
        let mut page = self.inner.read(after, up_to, count).await?;
        page.retain(|stored| stored.position != lost);
        Ok(page)
    }
    async fn spans(&self, after: u64, up_to: u64) -> Result<Vec<ChainSpan>, StoreError> {
        self.inner.spans(after, up_to).await
    }
    async fn of_chain(
        &self,
        chain: ChainId,
        after: u64,
        up_to: u64,
        count: u32,
    ) -> Result<Vec<Stored>, StoreError> {
        let page = self.inner.of_chain(chain, after, up_to, count).await?;
        if matches!(chain, ChainId::Room(_)) {
            let hook = self.after_reading_room.lock().unwrap().take();
            if let Some(hook) = hook {
                hook().await;
            }
        }
        Ok(page)
    }
    async fn select(&self, selection: &Selection, after: u64, count: u32) -> Result<Vec<Stored>, StoreError> {
        self.inner.select(selection, after, count).await
    }
    async fn who_acted(&self, actors: &[String]) -> Result<BTreeSet<String>, StoreError> {
        self.inner.who_acted(actors).await
    }
}

#[async_trait]
impl Documents for Racing {
    async fn documents(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        self.inner.documents(kind).await
    }
    async fn document(&self, key: &DocumentKey) -> Result<Option<String>, StoreError> {
        self.inner.document(key).await
    }
}

#[async_trait]
impl Checkpoints for Racing {
    async fn checkpoints(&self, after: u64, count: u32) -> Result<Vec<CheckpointLine>, StoreError> {
        self.inner.checkpoints(after, count).await
    }
    async fn last_checkpoint(&self) -> Result<Option<CheckpointLine>, StoreError> {
        self.inner.last_checkpoint().await
    }
}

#[async_trait]
impl Leases for Racing {
    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.inner.lease(name, holder, now, until).await
    }
}

/// The chat server's rooms, which can be reached for so many calls.
pub(crate) struct Rooms {
    pub(crate) inner: InMemory,
    pub(crate) calls: AtomicI64,
    /// Happens when the next call has come, once.
    pub(crate) before_erasing: Mutex<Option<Hook>>,
    /// What was asked for.
    pub(crate) orders: Mutex<Vec<Order>>,
}

#[async_trait]
impl Erasure for Rooms {
    async fn erase(&self, lease: &Lease, now: Timestamp, order: &Order) -> Result<Erased, StoreError> {
        if self.calls.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Err(StoreError::new(StoreFault::Unavailable, "nobody listens"));
        }
        let hook = self.before_erasing.lock().unwrap().take();
        if let Some(hook) = hook {
            hook().await;
        }
        self.orders.lock().unwrap().push(order.clone());
        self.inner.erase(lease, now, order).await
    }
}

pub(crate) struct World {
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) service: Compliance,
    pub(crate) needs: Needs,
    pub(crate) records: Arc<Racing>,
    pub(crate) clock: Arc<Now>,
    pub(crate) directory: TempDir,
    heads: BTreeMap<ChainId, Head>,
}

pub(crate) fn settings(minimum_retention_days: u32) -> Settings {
    Settings {
        minimum_retention_days,
        ..Settings::new("x.test")
    }
}

pub(crate) fn olga() -> Officer {
    Officer {
        name: "olga".to_owned(),
        origin: "unix".to_owned(),
    }
}

pub(crate) fn address(name: &str) -> SipAddress {
    SipAddress::parse(&format!("{name}@x.test")).unwrap()
}

pub(crate) fn quiet(_: u64, _: u64) {}

impl World {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("mgccomp.sqlite");
        let records = Arc::new(Racing {
            inner: SqliteRecords::open(&path, Options::default()).await.unwrap(),
            before_retiring: Mutex::default(),
            before_reading: Mutex::default(),
            after_reading_room: Mutex::default(),
            retirements: AtomicI64::new(i64::MAX),
            lost: AtomicU64::new(0),
        });
        let rooms = Arc::new(Rooms {
            inner: InMemory::default(),
            calls: AtomicI64::new(i64::MAX),
            before_erasing: Mutex::default(),
            orders: Mutex::default(),
        });
        rooms.inner.lend(Lease {
            token: LEASE,
            until: Timestamp(i64::MAX),
        });
        let clock = Arc::new(Now(AtomicI64::new(NOW)));
        let needs = Needs {
            queue: Arc::new(Empty(rooms.clone())),
            erasure: rooms.clone(),
            records: records.clone(),
            destinations: Arc::new(Folders::new()),
            anchor: Arc::new(Nothing),
            alarms: Arc::new(Nothing),
            clock: clock.clone(),
            holder: uuid::Uuid::nil(),
            root: SigningKey::from_pkcs8(KEY).unwrap().public(),
            key: Arc::new(SigningKey::from_pkcs8(KEY).unwrap()),
        };
        Self {
            rooms,
            service: Compliance::open(settings(365), needs.clone()).await.unwrap(),
            needs,
            records,
            clock,
            directory,
            heads: BTreeMap::new(),
        }
    }

    /// Makes a record of a room that happens at this time.
    pub(crate) fn make(&mut self, room: i64, at: i64, actor: &Actor, event: &Event) -> Sealed {
        let chain = ChainId::Room(RoomId(room));
        let head = self.heads.entry(chain).or_insert(Head::START);
        let record = causerie_room::seal(chain, head, Timestamp(at), actor, event);
        *head = causerie_room::advance(head, &record);
        Sealed::from(&record)
    }

    /// A message that its room keeps.
    pub(crate) fn chat(&mut self, room: i64, at: i64, author: &str, text: &str) -> Sealed {
        self.rooms.inner.put(RoomId(room), Timestamp(at));
        self.say(room, at, author, text, true)
    }

    /// A message, which its room keeps or not.
    pub(crate) fn say(&mut self, room: i64, at: i64, author: &str, text: &str, kept: bool) -> Sealed {
        let chain = ChainId::Room(RoomId(room));
        let last = self.heads.get(&chain).map_or(0, |head| head.chat_id.0);
        let message = Message {
            room: RoomId(room),
            chat_id: ChatId(last + 1),
            at: Timestamp(at),
            author: address(author),
            author_name: author.to_owned(),
            text: text.to_owned(),
            extras: Extras::default(),
        };
        let event = Event::Chat {
            message: Arc::new(message),
            kept,
        };
        self.make(room, at, &Actor::User(address(author)), &event)
    }

    /// A message is removed, or says this from now on.
    pub(crate) fn delete(&mut self, room: i64, at: i64, number: u64, replacement: Option<&str>) -> Sealed {
        let message = Message {
            room: RoomId(room),
            chat_id: ChatId(number),
            at: Timestamp(1),
            author: address("carl"),
            author_name: "carl".to_owned(),
            text: "text".to_owned(),
            extras: Extras::default(),
        };
        let event = Event::Deleted {
            message: Arc::new(message),
            replacement: replacement.map(str::to_owned),
        };
        self.make(room, at, &Actor::Administrator("unix:root".to_owned()), &event)
    }

    pub(crate) fn join(&mut self, room: i64, at: i64, user: &str) -> Sealed {
        let event = Event::Join {
            user: address(user),
            name: user.to_owned(),
        };
        self.make(room, at, &Actor::User(address(user)), &event)
    }

    pub(crate) fn part(&mut self, room: i64, at: i64, user: &str, not_before: Option<i64>) -> Sealed {
        let event = Event::Part {
            user: address(user),
            reason: PartReason::Lost,
            not_before: not_before.map(Timestamp),
        };
        self.make(room, at, &Actor::System, &event)
    }

    pub(crate) fn backchat(&mut self, room: i64, at: i64, user: &str, messages: &str) -> Sealed {
        let event = Event::Backchat {
            user: address(user),
            query: "newest".to_owned(),
            shown: 1,
            seen: vec![Seen {
                room: RoomId(room),
                messages: messages.to_owned(),
            }],
        };
        self.make(room, at, &Actor::User(address(user)), &event)
    }

    pub(crate) async fn store(&self, records: Vec<Sealed>) -> u64 {
        let addition = Addition {
            records,
            ..Addition::default()
        };
        self.records.append(&addition).await.unwrap()
    }

    pub(crate) async fn add_adapter(&self, name: &str) {
        let adapter = Adapter {
            add_chat_room_details: false,
            add_user_details: false,
            create_file_attachments_manifest: false,
            directory: self.out(name),
            enabled: true,
            extension: None,
            format: AdapterFormat::Ndjson,
            interval: 900,
            one_chat_room_per_output_file: false,
            xslt: None,
            zip: false,
        };
        self.service
            .set_adapter(&olga(), name, &adapter, false)
            .await
            .unwrap();
    }

    /// Exports all, which a checkpoint covers then.
    pub(crate) async fn export(&self, adapter: &str) {
        self.service.run_adapter(&olga(), adapter, &quiet).await.unwrap();
    }

    pub(crate) fn out(&self, name: &str) -> String {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn request(&self) -> ExportRequest {
        ExportRequest {
            directory: self.out("exports"),
            zip: false,
            format: AdapterFormat::Ndjson,
        }
    }

    /// What a room still shows: the numbers of its messages.
    pub(crate) fn shown(&self, room: i64) -> Vec<u64> {
        let all = self.rooms.inner.all(RoomId(room));
        all.into_iter().map(|id| id.0).collect()
    }

    /// Records that were retired: chain and number.
    pub(crate) async fn retired(&self) -> Vec<(String, u64)> {
        let all = self.records.read(0, u64::MAX >> 1, 100_000).await.unwrap();
        let retired = all.into_iter().filter(|stored| stored.retired);
        retired
            .map(|stored| (stored.record.chain.to_string(), stored.record.number))
            .collect()
    }

    /// Bodies of the service's own records of a kind.
    pub(crate) async fn own(&self, kind: &str) -> Vec<serde_json::Value> {
        let selection = Selection {
            chains: vec![ChainId::Compliance],
            kinds: vec![kind.to_owned()],
            ..Selection::default()
        };
        let found = self.records.select(&selection, 0, 100_000).await.unwrap();
        found
            .iter()
            .map(|stored| serde_json::from_str(&stored.record.body).unwrap())
            .collect()
    }

    /// All records verify, tombstones included.
    pub(crate) async fn verify(&self) -> u64 {
        self.service.checkpoint().await.unwrap();
        let verification = self.service.verify(&olga(), &quiet).await.unwrap();
        verification.result.unwrap().retired
    }
}
