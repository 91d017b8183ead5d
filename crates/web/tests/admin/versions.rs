//! Versions of rooms and categories: nobody overwrites what he hasn't seen.

use crate::common::{World, ask};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const NONE: &Value = &Value::Null;

async fn add(world: &World, path: &str, body: &Value) {
    let answer = world.local("POST", path, body).await;
    assert_eq!(answer.status, 201, "{path}: {}", answer.body);
}

/// A change with this `If-Match`; its status and answer.
async fn change_if(world: &World, path: &str, tag: &str, body: &str) -> (u16, String) {
    let mut stream = world.unix().await;
    let text = format!(
        "PATCH {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIf-Match: {tag}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("UTF-8");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), answer)
}

#[tokio::test]
async fn a_change_of_what_somebody_else_changed_is_refused() {
    let world = World::new().await;
    add(&world, "/v1/categories", &json!({"name": "General"})).await;
    add(
        &world,
        "/v1/rooms",
        &json!({"name": "Desk", "category": "General"}),
    )
    .await;
    for path in ["/v1/rooms/Desk", "/v1/categories/General"] {
        let seen = ask(world.unix().await, "GET", path, None, "").await;
        assert!(seen.head.contains("etag: \"1\""), "{}", seen.head);
        let seen = seen.json();
        assert_eq!(seen["version"], 1);
        assert_eq!(
            (&seen["created_on"], &seen["updated_on"]),
            (&json!("2023-11-14T22:13:20Z"), &json!("2023-11-14T22:13:20Z"))
        );
        let body = r#"{"description": "mine"}"#;
        assert_eq!(change_if(&world, path, "\"1\"", body).await.0, 200, "{path}");
        let (status, answer) = change_if(&world, path, "\"1\"", r#"{"description": "theirs"}"#).await;
        assert_eq!(status, 412, "{answer}");
        assert!(answer.contains(r#""code":"stale""#), "{answer}");
        assert!(
            answer.contains("was changed by admin:unix:")
                && answer.contains("at 2023-11-14T22:13:20")
                && answer.contains("it is at version 2 now"),
            "{answer}"
        );
        // The same by a field, and when it is only asked about.
        for path in [path.to_owned(), format!("{path}?what_if=true")] {
            let stale = json!({"description": "theirs", "version": 1});
            let refused = world.local("PATCH", &path, &stale).await;
            assert_eq!(refused.outcome(), (412, "stale".to_owned()), "{path}");
        }
        assert_eq!(world.local("GET", path, NONE).await.json()["description"], "mine");
        let fresh = json!({"description": "theirs", "version": 2});
        let done = world.local("PATCH", path, &fresh).await.json();
        assert_eq!(
            (&done["version"], &done["description"]),
            (&json!(3), &json!("theirs"))
        );
        assert_eq!(change_if(&world, path, "*", body).await.0, 200, "{path}");
        let (status, answer) = change_if(&world, path, "4", body).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer.contains(r#""code":"if-match""#), "{answer}");
    }
}
