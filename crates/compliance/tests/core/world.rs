//! A chat server's outbox, a database of records, a folder for exports, and what the service tells people.

use crate::faults::{Faults, FaultyQueue, FaultyRecords};
use causerie_compliance::{
    Alarm, Alarms, Anchor, Compliance, Needs, Officer, Settings,
    documents::{Adapter, AdapterFormat},
};
use causerie_destination_folder::Folders;
use causerie_model::{
    Actor, ChainId, ChatId, Clock, Event, Head, Message, PartReason, Record, RoomId, SipAddress, Subject,
    Timestamp,
};
use causerie_proof::{SigningKey, Stored};
use causerie_queue::conformance::erasure::InMemory;
use causerie_records::Records;
use causerie_room::{advance, seal};
use causerie_store::{Batch, Journal};
use causerie_store_sqlite::{Options, SqliteRecords, SqliteStore};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) struct Hand(pub(crate) AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) alarms: Mutex<Vec<Alarm>>,
    pub(crate) cleared: Mutex<Vec<Alarm>>,
    pub(crate) anchored: Mutex<Vec<String>>,
    pub(crate) anchor_fails: std::sync::atomic::AtomicBool,
    /// Happens right before the anchors are read back, once.
    pub(crate) before_reading_back: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Alarms for Heard {
    fn raise(&self, alarm: &Alarm) {
        self.alarms.lock().unwrap().push(alarm.clone());
    }

    fn clear(&self, over: &Alarm) {
        self.cleared.lock().unwrap().push(over.clone());
    }
}

impl Anchor for Heard {
    fn put(&self, line: &str) -> Result<(), String> {
        if self.anchor_fails.load(Ordering::SeqCst) {
            return Err("the log host is away".to_owned());
        }
        self.anchored.lock().unwrap().push(line.to_owned());
        Ok(())
    }

    fn all(&self) -> Result<Vec<String>, String> {
        let hook = self.before_reading_back.lock().unwrap().take();
        if let Some(hook) = hook {
            hook();
        }
        Ok(self.anchored.lock().unwrap().clone())
    }
}

pub(crate) struct World {
    dir: PathBuf,
    /// Goes with the world.
    own: Option<TempDir>,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) records: Arc<SqliteRecords>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) clock: Arc<Hand>,
    pub(crate) heard: Arc<Heard>,
    pub(crate) key: Arc<SigningKey>,
    holders: AtomicU64,
    heads: Mutex<BTreeMap<ChainId, Head>>,
}

/// A key made of one byte.
pub(crate) fn key(seed: u8) -> Arc<SigningKey> {
    let mut der = vec![
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ];
    der.extend([seed; 32]);
    Arc::new(SigningKey::from_pkcs8(&der).expect("a key"))
}

pub(crate) fn officer() -> Officer {
    Officer {
        name: "olga".to_owned(),
        origin: "unix".to_owned(),
    }
}

pub(crate) fn address(name: &str) -> SipAddress {
    SipAddress::parse(&format!("sip:{name}@x.test")).expect("an address")
}

pub(crate) const ROOM: ChainId = ChainId::Room(RoomId(7));

impl World {
    pub(crate) async fn new() -> Self {
        let own = tempfile::tempdir().expect("a folder");
        let mut world = Self::within(own.path()).await;
        world.own = Some(own);
        world
    }

    /// A world in a folder; one that was there before goes. In the same folder everything has the same bytes.
    pub(crate) async fn within(folder: &Path) -> Self {
        let dir = folder.join("world");
        if dir.exists() {
            std::fs::remove_dir_all(&dir).expect("it goes");
        }
        std::fs::create_dir_all(dir.join("out")).expect("a folder");
        let path = |name| dir.join(name);
        let store = SqliteStore::open(&path("mgc"), Options::default()).await;
        let records = SqliteRecords::open(&path("mgccomp"), Options::default()).await;
        Self {
            store: Arc::new(store.expect("the room database")),
            records: Arc::new(records.expect("the database of records")),
            faults: Arc::default(),
            clock: Arc::new(Hand(AtomicI64::new(1_700_000_000_000_000))),
            heard: Arc::default(),
            key: key(1),
            holders: AtomicU64::new(1),
            heads: Mutex::default(),
            dir,
            own: None,
        }
    }

    pub(crate) fn needs(&self) -> Needs {
        Needs {
            queue: Arc::new(FaultyQueue {
                inner: Arc::clone(&self.store),
                faults: Arc::clone(&self.faults),
            }),
            erasure: Arc::new(InMemory::default()),
            records: Arc::new(FaultyRecords {
                inner: Arc::clone(&self.records),
                faults: Arc::clone(&self.faults),
            }),
            destinations: Arc::new(Folders::new()),
            anchor: Arc::clone(&self.heard) as _,
            alarms: Arc::clone(&self.heard) as _,
            clock: Arc::clone(&self.clock) as _,
            holder: Uuid::from_u128(self.holders.fetch_add(1, Ordering::SeqCst).into()),
            key: Arc::clone(&self.key),
            root: key(1).public(),
        }
    }

    /// What one service of several needs whose name this is; the others have names of their own.
    pub(crate) fn needs_of(&self, holder: u128) -> Needs {
        Needs {
            holder: Uuid::from_u128(holder << 64),
            ..self.needs()
        }
    }

    /// Ends reading and writing, so that the folder can be used again.
    pub(crate) async fn close(&self) {
        self.store.close().await;
        self.records.close().await;
    }

    /// The service, as after its process began.
    pub(crate) async fn open(&self) -> Compliance {
        Compliance::open(Settings::new("x.test"), self.needs())
            .await
            .expect("the service")
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    pub(crate) fn alarms(&self) -> Vec<&'static str> {
        let alarms = self.heard.alarms.lock().unwrap();
        alarms.iter().map(|alarm| alarm.name).collect()
    }

    /// Takes the names of alarms so far.
    pub(crate) fn take_alarms(&self) -> Vec<&'static str> {
        let names = self.alarms();
        self.heard.alarms.lock().unwrap().clear();
        names
    }

    /// The next record of a chain, which isn't published.
    pub(crate) fn make(&self, chain: ChainId, actor: &Actor, event: &Event) -> Record {
        let mut heads = self.heads.lock().unwrap();
        let head = heads.entry(chain).or_insert(Head::START);
        let record = seal(chain, head, self.clock.now(), actor, event);
        *head = advance(head, &record);
        record
    }

    /// Publishes records as a commit of the chat server does.
    pub(crate) async fn publish(&self, records: Vec<Record>) {
        let batch = Batch {
            records,
            ..Batch::default()
        };
        Journal::append(&*self.store, &batch).await.expect("a commit");
    }

    pub(crate) fn changed(&self, actor: &Actor, what: &str, after: &str) -> Record {
        let event = Event::Changed {
            what: what.to_owned(),
            target: "Desk".to_owned(),
            before: String::new(),
            after: after.to_owned(),
            origin: "unix".to_owned(),
            subject: Some(Subject::Room {
                guid: Uuid::from_u128(7),
                name: "Desk".to_owned(),
                category: Uuid::from_u128(1),
                category_name: "Floor".to_owned(),
            }),
        };
        self.make(ROOM, actor, &event)
    }

    pub(crate) fn chat(&self, text: &str) -> Record {
        let chat_id = self
            .heads
            .lock()
            .unwrap()
            .get(&ROOM)
            .map_or(1, |head| head.chat_id.0 + 1);
        let message = Message {
            room: RoomId(7),
            chat_id: ChatId(chat_id),
            at: self.clock.now(),
            author: address("ann"),
            author_name: "Ann".to_owned(),
            text: text.to_owned(),
            extras: Default::default(),
        };
        let event = Event::Chat {
            message: Arc::new(message),
            kept: false,
        };
        self.make(ROOM, &Actor::User(address("ann")), &event)
    }

    pub(crate) fn join(&self, name: &str) -> Record {
        let event = Event::Join {
            user: address(name),
            name: name.to_uppercase(),
        };
        self.make(ROOM, &Actor::User(address(name)), &event)
    }

    pub(crate) fn part(&self, name: &str) -> Record {
        let event = Event::Part {
            user: address(name),
            reason: PartReason::Left,
            not_before: None,
        };
        self.make(ROOM, &Actor::User(address(name)), &event)
    }

    /// A room is made, Ann enters and says so many things.
    pub(crate) async fn talk(&self, messages: usize) {
        let made = self.changed(&Actor::System, "room.add", "name=\"Desk\" privacy=secret");
        let mut records = vec![made, self.join("ann")];
        records.extend((0..messages).map(|n| self.chat(&format!("message {n}"))));
        self.publish(records).await;
    }

    pub(crate) async fn stored(&self) -> Vec<Stored> {
        self.records.read(0, u64::MAX, 10_000).await.expect("records")
    }

    /// All texts of the records of the room, in order.
    pub(crate) async fn numbers(&self) -> Vec<u64> {
        let stored = self.stored().await;
        let own = stored.iter().filter(|stored| stored.record.chain == ROOM);
        own.map(|stored| stored.record.number).collect()
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.dir.join("out")
    }

    pub(crate) fn adapter(&self) -> Adapter {
        Adapter {
            add_chat_room_details: true,
            add_user_details: true,
            create_file_attachments_manifest: false,
            directory: self.out().display().to_string(),
            enabled: true,
            extension: None,
            format: AdapterFormat::Ndjson,
            interval: 900,
            one_chat_room_per_output_file: false,
            xslt: None,
            zip: false,
        }
    }
}

/// Every file below a folder with its bytes, but what is being staged.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name");
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type().expect("a type").is_dir() {
            let below = tree(&entry.path());
            files.extend(
                below
                    .into_iter()
                    .map(|(file, bytes)| (format!("{name}/{file}"), bytes)),
            );
        } else {
            files.insert(name, std::fs::read(entry.path()).expect("bytes"));
        }
    }
    files
}
