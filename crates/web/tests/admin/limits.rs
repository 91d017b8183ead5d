//! Limits of connections and bodies, over both kinds of listener. Deadlines are tested where time can be paused.

use crate::common::{Stream, World, ask, request};
use causerie_policy::AdminRole;
use causerie_web::admin::{DEFAULT_ELIGIBLE, MAX_BODY_BYTES, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS};
use serde_json::{Value, json};
use std::sync::mpsc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Asks on a connection that stays open; whether there was an answer.
async fn is_answered(stream: &mut impl Stream, token: Option<&str>) -> bool {
    let text = request("GET", "/v1/certificates", token, "");
    let mut answer = [0; 4_096];
    // A connection that is closed at once may fail the write or the read.
    if stream.write_all(text.as_bytes()).await.is_err() {
        return false;
    }
    let count = stream.read(&mut answer).await.unwrap_or(0);
    answer[..count].starts_with(b"HTTP/1.1 200")
}

#[tokio::test]
async fn a_body_is_taken_up_to_its_limit() {
    let world = World::new().await;
    let token = world.token("ci", AdminRole::Administrator).await;
    let body = |size: usize, name: &str| {
        let rest = format!(r#"{{"name":"{name}"}}"#);
        format!("{}{rest}", " ".repeat(size - rest.len()))
    };
    for (size, status) in [(MAX_BODY_BYTES, 201), (MAX_BODY_BYTES + 1, 413)] {
        let here = ask(
            world.unix().await,
            "POST",
            "/v1/groups",
            None,
            &body(size, "Here"),
        )
        .await;
        assert_eq!(here.status, status, "{}", here.body);
        let there = ask(
            world.tls().await,
            "POST",
            "/v1/groups",
            Some(&token),
            &body(size, "There"),
        )
        .await;
        assert_eq!(there.status, status, "{}", there.body);
    }
}

#[tokio::test]
async fn the_socket_has_so_many_connections_and_no_more() {
    let world = World::new().await;
    let mut open = Vec::new();
    for n in 0..MAX_CONNECTIONS {
        let mut stream = world.unix().await;
        assert!(is_answered(&mut stream, None).await, "connection {n}");
        open.push(stream);
    }
    assert!(!is_answered(&mut world.unix().await, None).await);
    open.pop();
    // The server notices a moment later.
    while !is_answered(&mut world.unix().await, None).await {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_no_more() {
    let world = World::new().await;
    let token = world.token("ci", AdminRole::Auditor).await;
    let mut open = Vec::new();
    for n in 0..MAX_CONNECTIONS_PER_ADDRESS {
        let mut stream = world.tls().await;
        assert!(is_answered(&mut stream, Some(&token)).await, "connection {n}");
        open.push(stream);
    }
    assert!(world.try_tls().await.is_err(), "closed before any handshake");
    open.pop();
    // The server notices a moment later.
    while world.try_tls().await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_no_tls_gets_no_answer() {
    let world = World::new().await;
    let mut stream = world.tcp().await;
    assert!(!is_answered(&mut stream, None).await);
}

#[tokio::test]
async fn so_many_eligible_are_listed_unless_more_are_asked_for() {
    let world = World::new().await;
    let import = async |document: &Value| {
        let answer = world.local("POST", "/v1/import", document).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    let users = |from: usize, to: usize| -> Vec<Value> {
        let all = (from..to).map(|n| json!({"address": format!("u{n}@x.test")}));
        all.collect()
    };
    // The domain is one of them.
    import(&json!({
        "groups": [{"name": "x.test", "kind": "domain"}],
        "users": users(0, DEFAULT_ELIGIBLE - 1),
        "categories": [{"name": "All", "allowed": ["x.test"]}],
    }))
    .await;
    let listed = async |query: &str| {
        let path = format!("/v1/eligible?category=All{query}");
        let told = world.local("GET", &path, &Value::Null).await.json();
        let principals = told["principals"].as_array().map(Vec::len);
        (told["total"].as_u64(), principals)
    };
    let most = DEFAULT_ELIGIBLE as u64;
    assert_eq!(listed("").await, (Some(most), Some(DEFAULT_ELIGIBLE)));
    import(&json!({"users": users(DEFAULT_ELIGIBLE - 1, DEFAULT_ELIGIBLE)})).await;
    assert_eq!(listed("").await, (Some(most + 1), Some(DEFAULT_ELIGIBLE)));
    let asked = format!("&limit={}", DEFAULT_ELIGIBLE + 1);
    assert_eq!(listed(&asked).await, (Some(most + 1), Some(DEFAULT_ELIGIBLE + 1)));
}

/// What goes over all users or rooms has a thread of its own: with none left it waits, and others are answered.
#[test]
fn what_looks_at_everything_holds_up_nobody() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let world = World::new().await;
        let category = json!({"name": "General"});
        let answer = world.local("POST", "/v1/categories", &category).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        for path in [
            "/v1/rooms",
            "/v1/rooms?sizes=true",
            "/v1/eligible?category=General",
            "/v1/export",
        ] {
            let (release, held) = mpsc::channel::<()>();
            let busy = tokio::task::spawn_blocking(move || held.recv());
            let asked = tokio::spawn(ask(world.unix().await, "GET", path, None, ""));
            for _ in 0..20 {
                assert!(is_answered(&mut world.unix().await, None).await);
            }
            assert!(!asked.is_finished(), "{path}");
            release.send(()).expect("it is held");
            busy.await.expect("it ends").expect("it is released");
            assert_eq!(asked.await.expect("it ends").status, 200, "{path}");
        }
    });
}
