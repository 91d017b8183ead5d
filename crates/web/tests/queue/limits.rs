//! Limits, and what goes wrong on the way.

use async_trait::async_trait;
use causerie_model::{Cause, ChainId, ChatId, Clock, Hash, RoomId, StoreError, StoreFault, Timestamp};
use causerie_queue::{
    Backlog, Erased, Erasure, Lease, MAX_ERASED, Order, Queue, Queued,
    conformance::{Chain, erasure::order},
};
use causerie_queue_socket::{
    SocketQueue,
    wire::{self, MAX_WAITING_BYTES, MAX_WAITING_RECORDS},
};
use causerie_web::{
    admin::serve_unix,
    queue::{MAX_REQUEST_BYTES, router},
};
use serde_json::json;
use std::{future::pending, path::Path, sync::Arc};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};
use uuid::Uuid;

/// Has these records, or nothing but this fault.
struct Fake(Result<Vec<Queued>, StoreFault>);

impl Fake {
    fn all(&self) -> Result<Vec<Queued>, StoreError> {
        self.0.clone().map_err(|fault| StoreError::new(fault, "why not"))
    }
}

#[async_trait]
impl Queue for Fake {
    async fn lease(
        &self,
        _: Uuid,
        _: Option<&Lease>,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<Lease, StoreError> {
        self.all().map(|_| lease())
    }

    async fn release(&self, _: &Lease) -> Result<(), StoreError> {
        self.all().map(drop)
    }

    async fn waiting(&self, _: &Lease, _: Timestamp, count: u32) -> Result<Vec<Queued>, StoreError> {
        let count = usize::try_from(count).expect("a number of records");
        Ok(self.all()?.into_iter().take(count).collect())
    }

    async fn acknowledge(&self, _: &Lease, _: Timestamp, _: i64) -> Result<(), StoreError> {
        self.all().map(drop)
    }

    async fn set_aside(&self, _: &Lease, _: Timestamp, _: i64, _: &str) -> Result<(), StoreError> {
        self.all().map(drop)
    }

    async fn waits_since(&self, _: ChainId) -> Result<Option<Timestamp>, StoreError> {
        self.all().map(|_| None)
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.all().map(|_| Backlog::default())
    }
}

#[async_trait]
impl Erasure for Fake {
    async fn erase(&self, _: &Lease, _: Timestamp, order: &Order) -> Result<Erased, StoreError> {
        let origin = &order.origin;
        assert!(
            origin.starts_with(&format!("process {} of user ", std::process::id())),
            "{origin}"
        );
        self.all().map(|_| Erased {
            messages: order.messages.len() as u64,
        })
    }
}

impl Clock for Fake {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}

fn lease() -> Lease {
    Lease {
        token: Uuid::from_u128(7),
        until: Timestamp(9),
    }
}

/// A record with a text of so many letters.
fn record(sequence: i64, letters: usize) -> Queued {
    Queued {
        sequence,
        record: Chain::of_room(1).record(0, &"x".repeat(letters)),
    }
}

/// A record that has so many bytes as it is sent.
fn record_of(sequence: i64, bytes: usize) -> Queued {
    let empty = serde_json::to_string(&wire::Queued::from(record(sequence, 0))).expect("JSON");
    record(sequence, bytes - empty.len())
}

fn served(queue: Fake) -> (TempDir, SocketQueue) {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("queue.sock");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let queue = Arc::new(queue);
    tokio::spawn(serve_unix(
        listener,
        router(queue.clone(), queue.clone(), queue),
        pending(),
    ));
    (folder, SocketQueue::new(socket))
}

/// The places of the records that come in one answer.
async fn places(records: Vec<Queued>, count: u32) -> Vec<i64> {
    let (_folder, queue) = served(Fake(Ok(records)));
    let waiting = queue
        .waiting(&lease(), Timestamp(0), count)
        .await
        .expect("they come");
    waiting.iter().map(|queued| queued.sequence).collect()
}

#[tokio::test]
async fn an_answer_has_no_more_bytes_than_it_may() {
    let half = MAX_WAITING_BYTES / 2;
    let fitting = vec![record_of(1, half), record_of(2, half), record_of(3, 1_000)];
    assert_eq!(places(fitting, 9).await, [1, 2]);
    let too_much = vec![record_of(1, half), record_of(2, half + 1), record_of(3, 1_000)];
    assert_eq!(places(too_much, 9).await, [1]);
}

#[tokio::test]
async fn the_first_record_comes_whatever_its_size() {
    let large = vec![record_of(1, MAX_WAITING_BYTES + 1), record_of(2, 1_000)];
    assert_eq!(places(large.clone(), 9).await, [1]);
    assert_eq!(places(large, 0).await, [0; 0]);
    // As they are sent: each line feed is two bytes then.
    let feeds = |sequence| Queued {
        sequence,
        record: Chain::of_room(1).record(0, &"\n".repeat(MAX_WAITING_BYTES / 4)),
    };
    assert_eq!(places(vec![feeds(1), feeds(2)], 9).await, [1]);
}

#[tokio::test]
async fn an_answer_has_no_more_records_than_it_may() {
    let records: Vec<Queued> = (0..=i64::from(MAX_WAITING_RECORDS))
        .map(|place| record(place, 0))
        .collect();
    for (count, last) in [
        (MAX_WAITING_RECORDS - 1, MAX_WAITING_RECORDS - 2),
        (MAX_WAITING_RECORDS, MAX_WAITING_RECORDS - 1),
        (MAX_WAITING_RECORDS + 1, MAX_WAITING_RECORDS - 1),
    ] {
        let places = places(records.clone(), count).await;
        assert_eq!(places.last(), Some(&i64::from(last)), "{count}");
    }
}

#[tokio::test]
async fn a_request_has_no_more_bytes_than_it_may() {
    let (_folder, queue) = served(Fake(Ok(Vec::new())));
    let body = wire::SetAside {
        lease: lease().token,
        sequence: 1,
        reason: String::new(),
    };
    let rest = MAX_REQUEST_BYTES - serde_json::to_string(&body).expect("JSON").len();
    let set_aside = async |letters| {
        let reason = "x".repeat(letters);
        queue.set_aside(&lease(), Timestamp(0), 1, &reason).await
    };
    set_aside(rest).await.expect("it fits");
    let error = set_aside(rest + 1).await.expect_err("it is too large");
    assert_eq!(error.fault, StoreFault::Other);
    assert!(error.message.contains("length limit"), "{error}");
}

#[tokio::test]
async fn as_many_messages_as_may_be_erased_at_once_fit_into_a_request() {
    let (_folder, queue) = served(Fake(Ok(Vec::new())));
    let all = vec![(ChatId(u64::MAX), Timestamp(i64::MIN)); MAX_ERASED];
    let cause = Cause {
        first: u64::MAX,
        last: u64::MAX,
        hash: Hash([0xff; 32]),
    };
    let order = Order {
        cause,
        ..order(RoomId(i64::MIN), &all)
    };
    let erased = queue.erase(&lease(), Timestamp(0), &order).await;
    let erased = erased.expect("they fit");
    assert_eq!(erased.messages, MAX_ERASED as u64);
}

#[tokio::test]
async fn each_fault_comes_through() {
    for fault in [
        StoreFault::Full,
        StoreFault::ReadOnly,
        StoreFault::Unavailable,
        StoreFault::SyncFailed,
        StoreFault::Conflict,
        StoreFault::Corrupt,
        StoreFault::Other,
    ] {
        let (_folder, queue) = served(Fake(Err(fault)));
        let (lease, now) = (lease(), Timestamp(0));
        for error in [
            queue.lease(Uuid::nil(), None, now, now).await.err(),
            queue.release(&lease).await.err(),
            queue.waiting(&lease, now, 1).await.err(),
            queue.acknowledge(&lease, now, 1).await.err(),
            queue.set_aside(&lease, now, 1, "").await.err(),
            queue.backlog().await.err(),
            queue.erase(&lease, now, &order(RoomId(1), &[])).await.err(),
            queue.waits_since(ChainId::System).await.err(),
        ] {
            let error = error.expect("it fails");
            assert_eq!((error.fault, &*error.message), (fault, "why not"));
        }
    }
}

/// Status and body of the answer to a request with this body.
async fn raw(socket: &Path, path: &str, body: &str) -> (String, String) {
    let mut stream = UnixStream::connect(socket).await.expect("it is served");
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let status = answer.split(' ').nth(1).expect("a status").to_owned();
    let body = answer.split_once("\r\n\r\n").expect("a body").1.to_owned();
    (status, body)
}

#[tokio::test]
async fn what_is_no_request_is_refused_in_words() {
    let (folder, _) = served(Fake(Ok(Vec::new())));
    let socket = folder.path().join("queue.sock");
    let lease = Uuid::nil();
    for body in [
        String::new(),
        "{".to_owned(),
        json!({}).to_string(),
        json!({"lease": lease, "count": -1}).to_string(),
        json!({"lease": lease, "count": 1, "more": 1}).to_string(),
    ] {
        let (status, answer) = raw(&socket, wire::WAITING, &body).await;
        assert_eq!(status, "400", "{body}");
        assert!(answer.contains("isn't as it should be"), "{answer}");
    }
    let good = json!({"lease": lease, "count": 1}).to_string();
    let (status, answer) = raw(&socket, wire::WAITING, &good).await;
    assert_eq!((&*status, &*answer), ("200", r#"{"records":[]}"#));
    assert_eq!(raw(&socket, "/elsewhere", &good).await.0, "404");
    let nowhere = json!({"chain": "attic"}).to_string();
    assert_eq!(raw(&socket, wire::WAITS_SINCE, &nowhere).await.0, "500");

    let good = json!({
        "lease": lease, "room": 1, "messages": [{"id": 1, "at": 1}],
        "cause": {"first": 1, "last": 1, "hash": "77".repeat(32)},
    });
    assert_eq!(raw(&socket, wire::ERASE, &good.to_string()).await.0, "200");
    for (member, value) in [
        ("messages", json!([1])),
        ("messages", json!([{"id": 1}])),
        ("messages", json!([{"id": -1, "at": 1}])),
        ("messages", json!(null)),
        ("all", json!(true)),
        ("origin", json!("this process")),
        ("now", json!(0)),
        ("lease", json!(null)),
        ("cause", json!(null)),
        ("cause", json!({"first": 1, "last": 1})),
    ] {
        let mut body = good.clone();
        body[member] = value;
        let (status, answer) = raw(&socket, wire::ERASE, &body.to_string()).await;
        assert_eq!(status, "400", "{body}: {answer}");
    }
}
