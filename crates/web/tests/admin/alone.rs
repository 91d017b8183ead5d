//! A compliance service that runs alone, over its own socket.

use crate::common::{Answer, ask};
use causerie_compliance::{Alarm, Alarms, Anchor, Compliance, Needs, Settings};
use causerie_destination::{DeliveryError, Destination, Destinations, Place};
use causerie_model::{Clock, Timestamp};
use causerie_proof::{PublicKey, SigningKey};
use causerie_queue::conformance::erasure::InMemory;
use causerie_store_sqlite::{Options, SqliteRecords, SqliteStore};
use causerie_web::admin::{Desk, Keys, compliance_router, serve_unix};
use std::{
    future::pending,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};

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

impl Clock for Nothing {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000_000)
    }
}

impl Destinations for Nothing {
    fn at(&self, place: &Place) -> Result<Arc<dyn Destination>, DeliveryError> {
        panic!("nothing is exported to {}", place.directory)
    }
}

/// Two keys, of which one is in its place.
#[derive(Default)]
struct Pair {
    exchanged: Mutex<bool>,
    /// Putting the second into its place fails.
    is_stuck: Mutex<bool>,
}

fn key(seed: u8) -> Arc<SigningKey> {
    let mut pkcs8 = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
    pkcs8.extend([seed; 32]);
    Arc::new(SigningKey::from_pkcs8(&pkcs8).expect("a key"))
}

impl Keys for Pair {
    fn next(&self, _: bool) -> Result<Arc<SigningKey>, String> {
        Ok(key(2))
    }

    fn exchange(&self) -> Result<PublicKey, String> {
        if *self.is_stuck.lock().expect("no panic") {
            return Err("the disk is full".to_owned());
        }
        *self.exchanged.lock().expect("no panic") = true;
        Ok(key(1).public())
    }
}

struct Alone {
    folder: TempDir,
    keys: Arc<Pair>,
    service: Compliance,
}

impl Alone {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| folder.path().join(name);
        let store = SqliteStore::open(&file("causerie.db"), Options::default()).await;
        let records = SqliteRecords::open(&file("compliance.db"), Options::default()).await;
        let needs = Needs {
            queue: Arc::new(store.expect("it opens")),
            erasure: Arc::new(InMemory::default()),
            records: Arc::new(records.expect("it opens")),
            destinations: Arc::new(Nothing),
            anchor: Arc::new(Nothing),
            alarms: Arc::new(Nothing),
            clock: Arc::new(Nothing),
            holder: uuid::Uuid::nil(),
            key: key(1),
            root: key(1).public(),
        };
        let service = Compliance::open(Settings::new("example.test"), needs).await;
        let (service, keys) = (service.expect("it opens"), Arc::new(Pair::default()));
        let desk = Desk::closed("it is starting", keys.clone());
        desk.set(Ok(service.clone()));
        let socket = UnixListener::bind(file("compliance.sock")).expect("a socket");
        tokio::spawn(serve_unix(socket, compliance_router(desk), pending()));
        Self {
            folder,
            keys,
            service,
        }
    }

    fn socket(&self) -> PathBuf {
        Path::join(self.folder.path(), "compliance.sock")
    }

    async fn ask(&self, method: &str, path: &str) -> Answer {
        let stream = UnixStream::connect(self.socket()).await.expect("it is served");
        ask(stream, method, path, None, "").await
    }
}

#[tokio::test]
async fn whoever_runs_it_is_its_officer() {
    let alone = Alone::new().await;
    for path in ["status", "adapters", "holds", "matters", "retention/plan", "key"] {
        let answer = alone.ask("GET", &format!("/v1/compliance/{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
    assert_eq!(alone.ask("GET", "/v1/users").await.status, 404);
}

#[tokio::test]
async fn a_rotation_whose_file_was_not_exchanged_is_ended_by_the_next() {
    let alone = Alone::new().await;
    *alone.keys.is_stuck.lock().expect("no panic") = true;
    let stuck = alone.ask("POST", "/v1/compliance/key/rotate").await;
    assert_eq!(stuck.outcome(), (503, "signing-key".to_owned()));
    assert_eq!(alone.service.public_key(), key(2).public(), "it is recorded");
    *alone.keys.is_stuck.lock().expect("no panic") = false;
    let ended = alone.ask("POST", "/v1/compliance/key/rotate").await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    assert_eq!(ended.json()["changes"][0]["after"], key(2).public().to_string());
    assert!(*alone.keys.exchanged.lock().expect("no panic"));
}
