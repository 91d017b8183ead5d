//! What the client makes of servers that don't behave.

use causerie_model::{ChatId, RoomId, StoreFault, Timestamp};
use causerie_queue::{Erasure, Lease, MAX_ERASED, Queue, conformance::erasure::order};
use causerie_queue_socket::{DEADLINE, SocketQueue};
use std::time::Duration;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    time::Instant,
};
use uuid::Uuid;

/// A queue whose server answers every request with these bytes and breaks off, or never if there are none.
fn answering(answer: Option<Vec<u8>>) -> (TempDir, SocketQueue) {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("queue.sock");
    let listener = UnixListener::bind(&socket).expect("a socket");
    tokio::spawn(async move {
        let mut silent = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            read_request(&mut stream).await;
            match &answer {
                // The client may have had enough before the end.
                Some(answer) => drop(stream.write_all(answer).await),
                None => silent.push(stream),
            }
        }
    });
    (folder, SocketQueue::new(socket))
}

/// Reads a request to its end. A connection that is closed before may break before the answer is read.
async fn read_request(stream: &mut UnixStream) {
    let (mut request, mut chunk) = (Vec::new(), [0; 1_024]);
    loop {
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                let is_it = name.eq_ignore_ascii_case("content-length");
                is_it.then(|| value.parse().expect("a number"))
            });
            if body.len() >= length.unwrap_or(0) {
                return;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(got) => request.extend(&chunk[..got]),
        }
    }
}

fn answer(status: &str, length: usize, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

async fn fault(answer: Option<Vec<u8>>) -> (StoreFault, String) {
    let (_folder, queue) = answering(answer);
    let error = queue.backlog().await.expect_err("it fails");
    (error.fault, error.message)
}

#[tokio::test]
async fn no_server_is_a_queue_that_can_not_be_reached() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("queue.sock");
    let queue = SocketQueue::new(&socket);
    let error = queue.backlog().await.expect_err("nobody is there");
    assert_eq!(error.fault, StoreFault::Unavailable);
    assert!(error.message.contains("queue.sock"), "{error}");
    // A socket that is left over.
    drop(UnixListener::bind(&socket).expect("a socket"));
    let error = queue.backlog().await.expect_err("nobody is there");
    assert_eq!(error.fault, StoreFault::Unavailable);
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_queue_that_can_not_be_reached() {
    for broken in [
        Vec::new(),
        b"HTTP/1.1 200".to_vec(),
        answer("200 OK", 30, "{\"depth\":"),
    ] {
        assert_eq!(fault(Some(broken)).await.0, StoreFault::Unavailable);
    }
}

#[tokio::test]
async fn what_is_not_understood_is_no_promise_of_a_better_time() {
    for (status, body) in [("200 OK", "[]"), ("200 OK", ""), ("404 Not Found", "")] {
        let (fault, why) = fault(Some(answer(status, body.len(), body))).await;
        assert_eq!(fault, StoreFault::Other, "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_waited_for_until_the_deadline() {
    let (_folder, queue) = answering(None);
    let begin = Instant::now();
    let error = queue.backlog().await.expect_err("there is no answer");
    assert_eq!(error.fault, StoreFault::Unavailable);
    assert!(begin.elapsed() >= DEADLINE && begin.elapsed() < DEADLINE + Duration::from_secs(1));
}

#[tokio::test]
async fn an_answer_is_read_up_to_its_greatest_size() {
    const MAX: usize = 64 * 1_024;
    let ask = async |bytes: usize| {
        let json = r#"{"depth":1,"oldest":null,"set_aside":0}"#;
        let body = format!("{json}{}", " ".repeat(bytes - json.len()));
        let (_folder, queue) = answering(Some(answer("200 OK", bytes, &body)));
        queue.with_max_answer_bytes(MAX).backlog().await
    };
    assert_eq!(ask(MAX).await.expect("it fits").depth, 1);
    let error = ask(MAX + 1).await.expect_err("it is too large");
    assert_eq!(error.fault, StoreFault::Other);
    assert!(error.message.contains("more than 65536 bytes"), "{error}");
}

#[tokio::test]
async fn more_messages_than_may_be_erased_at_once_are_not_sent() {
    let (_folder, queue) = answering(Some(answer("200 OK", 14, r#"{"messages":1}"#)));
    let now = Timestamp(0);
    let lease = Lease {
        token: Uuid::nil(),
        until: Timestamp(1),
    };
    let all = vec![(ChatId(1), Timestamp(1)); MAX_ERASED + 1];
    let error = queue
        .erase(&lease, now, &order(RoomId(1), &all))
        .await
        .expect_err("they are too many");
    assert!(
        error.message.contains("1001 messages can't be erased at once"),
        "{error}"
    );
    let erased = queue
        .erase(&lease, now, &order(RoomId(1), &all[1..]))
        .await
        .expect("it is done");
    assert_eq!(erased.messages, 1);
}
