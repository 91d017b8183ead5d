//! The port's promises, through the socket, on SQLite.

use async_trait::async_trait;
use causerie_model::{ChatId, RoomId, Sealed, Timestamp};
use causerie_queue::{
    Erasure, Lease,
    conformance::{
        Database, Opened, Publisher,
        erasure::{InMemory, Rooms},
        to_record,
    },
};
use causerie_queue_socket::SocketQueue;
use causerie_store::{Batch, Journal, StoreError};
use causerie_store_sqlite::{Options, SqliteStore};
use causerie_web::{admin::serve_unix, queue::router};
use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};
use tempfile::TempDir;
use tokio::net::UnixListener;
use uuid::Uuid;

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
        tokio::spawn(serve_unix(
            listener,
            router(store.clone(), Arc::new(InMemory::default())),
            pending(),
        ));
        Opened {
            queue: Arc::new(SocketQueue::new(socket)),
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
    erasure: Arc<SocketQueue>,
    folder: TempDir,
}

async fn rooms() -> Behind {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("mgc.sqlite"), Options::default()).await;
    let rooms = Arc::new(InMemory::default());
    let socket = folder.path().join("queue.sock");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let router = router(Arc::new(store.expect("it opens")), rooms.clone());
    tokio::spawn(serve_unix(listener, router, pending()));
    Behind {
        rooms,
        erasure: Arc::new(SocketQueue::new(socket)),
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
