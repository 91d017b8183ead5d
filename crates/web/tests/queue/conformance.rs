//! The port's promises, through the socket, on SQLite.

use async_trait::async_trait;
use causerie_model::{ChainId, ChatId, Clock, RoomId, Sealed, Timestamp};
use causerie_queue::{
    Backlog, Erased, Erasure, Lease, Order, Queue, Queued,
    conformance::{
        Database, Opened, Publisher,
        erasure::{InMemory, Rooms},
        to_record,
    },
};
use causerie_queue_socket::SocketQueue;
use causerie_store::{Batch, Journal, StoreError, StoreFault};
use causerie_store_sqlite::{Options, SqliteStore};
use causerie_web::{admin::serve_unix, queue::router};
use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
};
use tempfile::TempDir;
use tokio::net::UnixListener;
use uuid::Uuid;

/// The clock of the queue's server.
#[derive(Default)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// A queue at whose server it is always as late as its caller says: the cases say what time it is by asking.
struct AsLate {
    socket: SocketQueue,
    clock: Arc<Hand>,
}

impl AsLate {
    fn at(&self, now: Timestamp) -> &SocketQueue {
        self.clock.0.store(now.0, Ordering::SeqCst);
        &self.socket
    }
}

#[async_trait]
impl Queue for AsLate {
    async fn lease(
        &self,
        holder: Uuid,
        held: Option<&Lease>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, StoreError> {
        self.at(now).lease(holder, held, now, until).await
    }
    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.socket.release(lease).await
    }
    async fn waiting(&self, lease: &Lease, now: Timestamp, count: u32) -> Result<Vec<Queued>, StoreError> {
        self.at(now).waiting(lease, now, count).await
    }
    async fn acknowledge(&self, lease: &Lease, now: Timestamp, up_to: i64) -> Result<(), StoreError> {
        self.at(now).acknowledge(lease, now, up_to).await
    }
    async fn set_aside(
        &self,
        lease: &Lease,
        now: Timestamp,
        sequence: i64,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.at(now).set_aside(lease, now, sequence, reason).await
    }
    async fn waits_since(&self, chain: ChainId) -> Result<Option<Timestamp>, StoreError> {
        self.socket.waits_since(chain).await
    }
    async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.socket.backlog().await
    }
}

#[async_trait]
impl Erasure for AsLate {
    async fn erase(&self, lease: &Lease, now: Timestamp, order: &Order) -> Result<Erased, StoreError> {
        self.at(now).erase(lease, now, order).await
    }
}

struct Served {
    folder: TempDir,
    /// How often it was opened: each time has a socket of its own.
    times: AtomicU32,
}

async fn fresh() -> Served {
    Served {
        folder: tempfile::tempdir().expect("a folder"),
        times: AtomicU32::new(0),
    }
}

#[async_trait]
impl Database for Served {
    async fn open(&self) -> Opened {
        let store = SqliteStore::open(&self.folder.path().join("mgc.sqlite"), Options::default()).await;
        let store = Arc::new(store.expect("it opens"));
        let time = self.times.fetch_add(1, Ordering::Relaxed);
        let socket = self.folder.path().join(format!("queue{time}.sock"));
        let listener = UnixListener::bind(&socket).expect("a socket");
        let clock = Arc::new(Hand::default());
        tokio::spawn(serve_unix(
            listener,
            router(store.clone(), Arc::new(InMemory::default()), clock.clone()),
            pending(),
        ));
        let socket = SocketQueue::new(socket);
        Opened {
            queue: Arc::new(AsLate { socket, clock }),
            publisher: Arc::new(Committing(store)),
        }
    }
}

struct Committing(Arc<SqliteStore>);

#[async_trait]
impl Publisher for Committing {
    async fn publish(&self, records: Vec<Sealed>) -> Result<(), StoreError> {
        let batch = Batch {
            changes: Vec::new(),
            records: records.iter().map(to_record).collect(),
        };
        self.0.append(&batch).await
    }

    async fn kept_aside(&self) -> Vec<(Sealed, String)> {
        let aside = self.0.aside(0, u32::MAX).await.expect("they are read");
        aside
            .into_iter()
            .map(|aside| (aside.queued.record, aside.reason))
            .collect()
    }
}

causerie_queue::conformance_tests!(fresh);

/// Rooms behind a socket.
struct Behind {
    rooms: Arc<InMemory>,
    erasure: Arc<AsLate>,
    folder: TempDir,
}

async fn rooms() -> Behind {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("mgc.sqlite"), Options::default()).await;
    let rooms = Arc::new(InMemory::default());
    let socket = folder.path().join("queue.sock");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let clock = Arc::new(Hand::default());
    let router = router(Arc::new(store.expect("it opens")), rooms.clone(), clock.clone());
    tokio::spawn(serve_unix(listener, router, pending()));
    Behind {
        rooms,
        erasure: Arc::new(AsLate {
            socket: SocketQueue::new(socket),
            clock,
        }),
        folder,
    }
}

#[async_trait]
impl Rooms for Behind {
    fn erasure(&self) -> Arc<dyn Erasure> {
        assert!(self.folder.path().exists());
        self.erasure.clone()
    }

    async fn lease(&self) -> Lease {
        let lease = Lease {
            token: Uuid::from_u128(7),
            until: Timestamp(60_000_000),
        };
        self.rooms.lend(lease.clone());
        lease
    }

    fn rooms(&self) -> [RoomId; 2] {
        [RoomId(1), RoomId(2)]
    }

    async fn post(&self, room: RoomId) -> (ChatId, Timestamp) {
        let at = Timestamp(self.rooms.all(room).len() as i64 * 1_000_000);
        (self.rooms.put(room, at), at)
    }

    async fn history(&self, room: RoomId) -> Vec<ChatId> {
        self.rooms.all(room)
    }
}

causerie_queue::erasure_conformance_tests!(rooms);

/// Whoever says that it is later has nothing by it, nor who says that it is earlier.
#[tokio::test]
async fn the_time_is_the_servers() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("mgc.sqlite"), Options::default()).await;
    let socket = folder.path().join("queue.sock");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let clock = Arc::new(Hand::default());
    let store = Arc::new(store.expect("it opens"));
    let router = router(store, Arc::new(InMemory::default()), clock.clone());
    tokio::spawn(serve_unix(listener, router, pending()));
    let queue = SocketQueue::new(socket);
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let at = |second: i64| Timestamp(second * 1_000_000);
    // By its own clock it ends where it wants; by the server's it lasts as long.
    let lease = queue
        .lease(one, None, at(5_000), at(5_060))
        .await
        .expect("it is free");
    assert_eq!(lease.until, at(5_060));
    for late in [60, 100_000] {
        let stolen = queue.lease(other, None, at(late), at(late + 60)).await;
        assert_eq!(stolen.expect_err("it is held").fault, StoreFault::Conflict);
    }
    // It says that it is still early.
    clock.0.store(at(60).0, Ordering::SeqCst);
    let late = queue.waiting(&lease, at(0), 1).await;
    assert_eq!(late.expect_err("it is over").fault, StoreFault::Conflict);
    let late = queue.acknowledge(&lease, at(0), 1).await;
    assert_eq!(late.expect_err("it is over").fault, StoreFault::Conflict);
    queue.lease(other, None, at(0), at(60)).await.expect("it is free");
}
