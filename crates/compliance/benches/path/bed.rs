//! Databases on a real file, the service between them, and rooms in which people talk.

use crate::{
    chat::{Chat, SOCKET, open_store},
    meter::size,
};
use causerie_compliance::{
    Alarm, Alarms, Anchor, Compliance, Needs, Officer, Settings,
    documents::{Adapter, AdapterFormat},
};
use causerie_destination_folder::Folders;
use causerie_model::{Actor, ChainId, Clock, Event, Extras, Head, Record, RoomId, SipAddress, Timestamp};
use causerie_proof::SigningKey;
use causerie_queue::{Queue, conformance::erasure::InMemory};
use causerie_queue_socket::SocketQueue;
use causerie_records::RecordStore;
use causerie_room::{advance, next_message, seal};
use causerie_store_postgres::PostgresRecords;
use causerie_store_sqlite::{Options, SqliteRecords};
use causerie_testkit::Postgres;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};
use tempfile::TempDir;

/// Rooms that take turns.
const ROOMS: i64 = 100;
/// People who take turns in each room.
const PEOPLE: usize = 30;
/// Between two records, in microseconds: 100,000 are about a day.
const STEP: i64 = 864_000;
/// When the first record is made: 2023-11-14T22:13:20Z, in microseconds.
pub(crate) const START: i64 = 1_700_000_000_000_000;

/// A clock that each look moves on a little.
pub(crate) struct Counting(AtomicI64);

impl Default for Counting {
    fn default() -> Self {
        Self(AtomicI64::new(START))
    }
}

impl Clock for Counting {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Tells of alarms; keeps checkpoints nowhere.
struct Told;

impl Alarms for Told {
    fn raise(&self, alarm: &Alarm) {
        println!("alarm {}: {}", alarm.name, alarm.text);
    }
}

impl Anchor for Told {
    fn put(&self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn all(&self) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }
}

/// The talk in all rooms, record by record.
pub(crate) struct Talk {
    heads: Vec<Head>,
    people: Vec<(SipAddress, String)>,
    next: usize,
}

impl Talk {
    pub(crate) fn new() -> Self {
        let person = |n: usize| {
            let address = SipAddress::parse(&format!("sip:user{n}@example.test")).expect("an address");
            (address, format!("User {n}"))
        };
        Self {
            heads: vec![Head::START; ROOMS as usize],
            people: (0..PEOPLE).map(person).collect(),
            next: 0,
        }
    }

    /// A message of 100 bytes; one of ten thousand has the word `needle`. Before it, once for each person and room, that he
    /// enters.
    fn record(&mut self) -> Record {
        let (n, rooms) = (self.next, self.heads.len());
        self.next += 1;
        let room = n % rooms;
        let turn = n / rooms;
        let (address, name) = self.people[turn % PEOPLE].clone();
        let chain = RoomId(room as i64 + 1);
        let head = &mut self.heads[room];
        let at = Timestamp(START + n as i64 * STEP);
        let event = if turn < PEOPLE {
            Event::Join {
                user: address.clone(),
                name,
            }
        } else {
            let word = if n.is_multiple_of(10_000) {
                "needle"
            } else {
                "straw"
            };
            let mut text = format!("{n} {word} ");
            text.extend(
                "the quick brown fox jumps "
                    .chars()
                    .cycle()
                    .take(100 - text.len()),
            );
            let message = next_message(head, chain, at, address.clone(), name, text, Extras::default());
            Event::Chat {
                message: Arc::new(message),
                kept: true,
            }
        };
        let record = seal(ChainId::Room(chain), head, at, &Actor::User(address), &event);
        *head = advance(head, &record);
        record
    }

    /// The next `count` records.
    pub(crate) fn records(&mut self, count: usize) -> Vec<Record> {
        (0..count).map(|_| self.record()).collect()
    }
}

pub(crate) fn officer() -> Officer {
    Officer {
        name: "olga".to_owned(),
        origin: "unix".to_owned(),
    }
}

pub(crate) fn quiet(_: u64, _: u64) {}

/// What the service works on.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ground {
    /// Records are in PostgreSQL, not in SQLite.
    pub(crate) postgres: bool,
    /// The chat server is another process, and its queue is at a socket.
    pub(crate) socket: bool,
}

/// Where records are.
enum Database {
    Sqlite,
    Postgres { server: Postgres, name: String },
}

/// Both databases and the service.
pub(crate) struct Bed {
    directory: TempDir,
    pub(crate) chat: Chat,
    pub(crate) records: Arc<dyn RecordStore>,
    database: Database,
    pub(crate) service: Compliance,
    pub(crate) key: Arc<SigningKey>,
}

/// A database on a server of its own.
async fn postgres() -> (Arc<dyn RecordStore>, Database) {
    let server = Postgres::start();
    let name = server.database();
    server.sql(&name, "CREATE ROLE service LOGIN PASSWORD 'secret'");
    let prepared = PostgresRecords::prepare(&server.url(&name), None, "service").await;
    prepared.expect("a prepared database");
    let (url, options) = (
        server.url_as("service", &name),
        causerie_store_postgres::Options::default(),
    );
    let records = PostgresRecords::open(&url, Some("secret"), options).await;
    let records = Arc::new(records.expect("a database of records"));
    (records, Database::Postgres { server, name })
}

impl Bed {
    pub(crate) async fn new(ground: Ground) -> Self {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        let path = |name: &str| directory.path().join(name);
        std::fs::create_dir(path("out")).expect("a directory");
        let chat = if ground.socket {
            Chat::start(directory.path())
        } else {
            Chat::Here(open_store(directory.path()).await)
        };
        let queue: Arc<dyn Queue> = match &chat {
            Chat::Here(store) => Arc::clone(store) as _,
            Chat::Beside(_) => Arc::new(SocketQueue::new(path(SOCKET))),
        };
        let (records, database) = if ground.postgres {
            postgres().await
        } else {
            let records = SqliteRecords::open(&path("mgccomp"), Options::default()).await;
            let records = Arc::new(records.expect("a database of records"));
            (records as _, Database::Sqlite)
        };
        // The head of an Ed25519 key in PKCS #8, and a seed.
        let mut der = vec![
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
        ];
        der.extend([1; 32]);
        let key = Arc::new(SigningKey::from_pkcs8(&der).expect("a key"));
        let counting = Arc::<Counting>::default();
        let needs = Needs {
            queue,
            erasure: Arc::new(InMemory::default()),
            records: Arc::clone(&records),
            destinations: Arc::new(Folders::new()),
            anchor: Arc::new(Told),
            alarms: Arc::new(Told),
            clock: counting,
            holder: uuid::Uuid::nil(),
            root: key.public(),
            key: Arc::clone(&key),
        };
        let service = Compliance::open(Settings::new("example.test"), needs)
            .await
            .expect("the service");
        Self {
            directory,
            chat,
            records,
            database,
            service,
            key,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Bytes of the database of records.
    pub(crate) fn records_size(&self) -> u64 {
        match &self.database {
            Database::Sqlite => size(&self.path("mgccomp")),
            Database::Postgres { server, name } => {
                let told = server.sql(name, &format!("VALUES (pg_database_size('{name}'))"));
                told.parse().expect("a number")
            }
        }
    }

    /// Sets an adapter of this name and format.
    pub(crate) async fn adapter(&self, name: &str, format: AdapterFormat) {
        let adapter = Adapter {
            add_chat_room_details: true,
            add_user_details: true,
            create_file_attachments_manifest: false,
            directory: self.path("out").display().to_string(),
            enabled: false,
            extension: None,
            format,
            interval: 3_600,
            one_chat_room_per_output_file: false,
            xslt: None,
            zip: false,
        };
        self.service
            .set_adapter(&officer(), name, &adapter, false)
            .await
            .expect("an adapter");
    }
}
