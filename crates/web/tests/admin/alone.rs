//! A compliance service that runs alone, over its own socket.

use crate::common::{Answer, ask};
use axum::{Extension, Router};
use causerie_compliance::{Alarm, Alarms, Anchor, Compliance, MatterRequest, Needs, Officer, Settings};
use causerie_destination::{DeliveryError, Destination, Destinations, Place};
use causerie_model::{Clock, Timestamp};
use causerie_proof::{PublicKey, SigningKey};
use causerie_queue::conformance::erasure::InMemory;
use causerie_store_sqlite::{Options, SqliteRecords, SqliteStore};
use causerie_web::admin::{
    Desk, Keys, MAX_CONNECTIONS, Peer, compliance_router, serve_unix, serve_unix_apart,
};
use serde_json::Value;
use std::{
    future::pending,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::AsyncReadExt,
    net::{UnixListener, UnixStream},
    time::timeout,
};

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
        Self::with(|desk| compliance_router(desk, &[])).await
    }

    async fn with(router: impl FnOnce(Desk) -> Router) -> Self {
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
        tokio::spawn(serve_unix(socket, router(desk), pending()));
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
        self.ask_for(method, path, "").await
    }

    async fn ask_for(&self, method: &str, path: &str, body: &str) -> Answer {
        let stream = UnixStream::connect(self.socket()).await.expect("it is served");
        ask(stream, method, path, None, body).await
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
async fn officers_are_named_and_nobody_else_gets_in() {
    for (name, status) in [("olga", 200), ("4711", 200), ("oscar", 401), ("olg", 401)] {
        // As the kernel would tell of another user's process.
        let peer = Extension(Peer::User(name.to_owned()));
        let officers = ["olga", "4711"].map(str::to_owned);
        let alone = Alone::with(|desk| compliance_router(desk, &officers).layer(peer)).await;
        for (method, path) in [("GET", "holds"), ("GET", "status"), ("GET", "retention/plan")] {
            let answer = alone.ask(method, &format!("/v1/compliance/{path}")).await;
            assert_eq!(answer.status, status, "{name} {path}: {}", answer.body);
            let is_told = answer.body.contains(&format!("you are '{name}'"));
            assert_eq!(is_told, status == 401, "{}", answer.body);
        }
        let hold = r#"{"reason":"a claim","from":"2026-01-01T00:00:00Z"}"#;
        let answer = alone.ask_for("POST", "/v1/compliance/holds", hold).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.body);
        if status == 200 {
            let holds = alone.ask("GET", "/v1/compliance/holds").await;
            let who = format!(r#""unix:{name}""#);
            assert!(holds.body.contains(&who), "the record names him: {}", holds.body);
        }
    }
}

#[tokio::test]
async fn who_is_no_officer_takes_up_no_connection_of_theirs() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("socket");
    let socket = UnixListener::bind(&path).expect("a socket");
    let belongs = Arc::new(AtomicBool::new(false));
    let asked = belongs.clone();
    let serving = serve_unix_apart(
        socket,
        Router::new(),
        move |_: &Peer| asked.load(Ordering::SeqCst),
        pending(),
    );
    tokio::spawn(serving);
    let connect = async || UnixStream::connect(&path).await.expect("it is served");
    let mut open = Vec::new();
    for _ in 0..MAX_CONNECTIONS {
        open.push(connect().await);
    }
    let mut one_more = connect().await;
    let ended = timeout(Duration::from_secs(60), one_more.read(&mut [0])).await;
    assert_eq!(ended.expect("it is closed").expect("an end"), 0);
    // All of them were taken in by then.
    belongs.store(true, Ordering::SeqCst);
    let answer = ask(connect().await, "GET", "/", None, "").await;
    assert_eq!(answer.status, 404, "{}", answer.body);
}

#[tokio::test]
async fn what_takes_long_tells_how_far_it_is_and_at_last_what_came_of_it() {
    let alone = Alone::new().await;
    let olga = Officer {
        name: "olga".to_owned(),
        origin: "unix".to_owned(),
    };
    let matter = MatterRequest {
        name: "X".to_owned(),
        ..MatterRequest::default()
    };
    let opened = alone.service.open_matter(&olga, &matter, false).await;
    let search = format!("matters/{}/search", opened.expect("it opens").target);
    let reads = "reads?user=ann@x.test&from=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z";
    for (method, path, body, has) in [
        ("POST", "verify", "", "right"),
        ("GET", "retention/plan", "", "lines"),
        ("POST", &search, r#"{"after":0,"limit":9}"#, "records"),
        ("GET", reads, "", "records"),
    ] {
        let answer = alone
            .ask_for(method, &format!("/v1/compliance/{path}"), body)
            .await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(
            answer.head.contains("content-type: application/x-ndjson"),
            "{path}"
        );
        // Between the lines are the lengths of chunks.
        let lines = answer.body.lines().filter(|line| line.starts_with('{'));
        let mut lines: Vec<Value> = lines
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        let last = lines.pop().expect("an end");
        assert!(last["result"].get(has).is_some(), "{path}: {last}");
        let told: Vec<_> = lines
            .iter()
            .map(|line| (line["done"].as_u64().expect("a number"), line["of"].as_u64()))
            .collect();
        assert!(told.is_sorted_by_key(|(done, _)| *done), "{path}: {told:?}");
        let (done, of) = told.last().expect("it tells how far it is");
        assert_eq!(Some(*done), *of, "{path}");
    }
    // What fails before it begins is answered with its status.
    let none = alone
        .ask_for("POST", "/v1/compliance/matters/m999/search", "{}")
        .await;
    assert_eq!(none.status, 404, "{}", none.body);
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

#[tokio::test]
async fn tokens_are_the_chat_servers() {
    let alone = Alone::new().await;
    let stream = UnixStream::connect(alone.socket()).await.expect("it is served");
    let answer = ask(stream, "GET", "/v1/compliance/holds", Some("causerie_x"), "").await;
    assert_eq!(answer.outcome(), (401, "unauthenticated".to_owned()));
    assert!(
        answer
            .body
            .contains("takes no tokens, which are the chat server's"),
        "{}",
        answer.body
    );
    let answer = alone.ask("GET", "/v1/rooms").await;
    assert_eq!(answer.outcome(), (404, "no-such-resource".to_owned()));
    assert!(
        answer.body.contains("this compliance service runs alone"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn somebody_of_whom_no_record_tells_is_a_warning_of_the_answer() {
    let alone = Alone::new().await;
    let hold = r#"{"reason":"a claim","people":["ann@x.test"]}"#;
    let matter = r#"{"name":"X","custodians":["ann@x.test"]}"#;
    for (path, body) in [("holds", hold), ("matters", matter)] {
        for query in ["?what_if=true", ""] {
            let path = format!("/v1/compliance/{path}{query}");
            let answer = alone.ask_for("POST", &path, body).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            let warning = "no record tells of anything that ann@x.test did: is the name right?";
            assert_eq!(answer.json()["warnings"], serde_json::json!([warning]), "{path}");
        }
    }
    // Where nothing is wrong there is no such field.
    let period = r#"{"reason":"a claim","from":"2026-01-01T00:00:00Z"}"#;
    let answer = alone.ask_for("POST", "/v1/compliance/holds", period).await;
    assert_eq!(answer.json().get("warnings"), None);
    let query = "user=ann@x.test&from=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z";
    let answer = alone.ask("GET", &format!("/v1/compliance/reads?{query}")).await;
    assert!(
        answer.body.contains(r#""warnings":["no record tells of"#),
        "{}",
        answer.body
    );
}
