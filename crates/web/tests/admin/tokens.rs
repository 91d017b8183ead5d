//! Tokens: who gives them, what they open, and when they no longer do.

use crate::common::{World, ask};
use causerie_accounts::Caps;
use causerie_chat::MAX_TOKEN_NAME_CHARS;
use causerie_model::Timestamp;
use causerie_policy::AdminRole;
use causerie_store::Token;
use causerie_web::admin::{MAX_TOKEN_SECONDS, MAX_TOKENS, TOKEN_PREFIX};
use serde_json::{Value, json};
use std::fs;

const NONE: &Value = &Value::Null;

#[tokio::test]
async fn a_token_is_shown_once_and_kept_as_a_hash() {
    let world = World::new().await;
    let token = world.token("ci", AdminRole::Auditor).await;
    assert!(token.starts_with(TOKEN_PREFIX) && token.len() == TOKEN_PREFIX.len() + 43);
    let list = world.local("GET", "/v1/tokens", NONE).await;
    assert_eq!(
        list.json(),
        json!([{
            "name": "ci", "role": "auditor", "created": "2023-11-14T22:13:20Z", "expires": null, "expired": false
        }])
    );
    for file in fs::read_dir(world.folder.path()).expect("the folder") {
        let path = file.expect("an entry").path();
        // The socket can't be read.
        let content = fs::read(&path).unwrap_or_default();
        let secret = token.trim_start_matches(TOKEN_PREFIX).as_bytes();
        assert!(
            !content.windows(secret.len()).any(|part| part == secret),
            "{path:?}"
        );
    }
    let other = world.token("cd", AdminRole::Auditor).await;
    assert_ne!(token, other);
}

#[tokio::test]
async fn what_is_done_by_token_is_recorded_under_its_name() {
    let world = World::new().await;
    let token = world.token("ci", AdminRole::Administrator).await;
    let added = world
        .remote(&token, "POST", "/v1/groups", &json!({"name": "Desk"}))
        .await;
    assert_eq!(added.status, 201, "{}", added.body);
    let new = json!({"name": "helper", "role": "auditor", "expires_in": 60});
    let issued = world.remote(&token, "POST", "/v1/tokens", &new).await;
    assert_eq!(issued.status, 201, "{}", issued.body);
    let gone = world.remote(&token, "DELETE", "/v1/tokens/HELPER", NONE).await;
    assert_eq!(gone.status, 200);

    let records = world.records().await;
    let told: Vec<(&str, Value)> = records
        .iter()
        .map(|record| {
            (
                record.actor.as_str(),
                serde_json::from_str(&record.body).expect("JSON"),
            )
        })
        .collect();
    assert_eq!(told.len(), 4);
    assert!(told[0].0.starts_with("admin:unix:"), "{}", told[0].0);
    assert!(told[1..].iter().all(|(actor, _)| *actor == "admin:token:ci"));
    let what: Vec<&Value> = told.iter().map(|(_, event)| &event["what"]).collect();
    assert_eq!(what, ["token.add", "group.add", "token.add", "token.remove"]);
    assert_eq!(told[0].1["origin"], "unix");
    let from = told[1].1["origin"].as_str().expect("a text");
    assert!(from.starts_with("127.0.0.1:"), "{from}");
    assert_eq!(told[0].1["target"], "ci");
    assert_eq!(told[0].1["after"], "administrator");
    assert_eq!(told[2].1["after"], "auditor until 2023-11-14T22:14:20Z");
    assert_eq!(told[3].1["before"], "auditor");
}

#[tokio::test]
async fn a_removed_token_lets_nobody_in() {
    let world = World::new().await;
    let token = world.token("ci", AdminRole::Auditor).await;
    assert_eq!(world.remote(&token, "GET", "/v1/status", NONE).await.status, 200);
    assert_eq!(world.local("DELETE", "/v1/tokens/ci", NONE).await.status, 200);
    assert_eq!(world.remote(&token, "GET", "/v1/status", NONE).await.status, 401);
    assert_eq!(world.local("DELETE", "/v1/tokens/ci", NONE).await.status, 404);
}

#[tokio::test]
async fn a_token_is_good_until_it_expires() {
    let world = World::new().await;
    let new = json!({"name": "ci", "role": "auditor", "expires_in": 60});
    let issued = world.local("POST", "/v1/tokens", &new).await.json();
    assert_eq!(issued["expires"], "2023-11-14T22:14:20Z");
    let token = issued["token"].as_str().expect("a text");
    world.clock.advance(59);
    assert_eq!(world.remote(token, "GET", "/v1/status", NONE).await.status, 200);
    world.clock.advance(1);
    assert_eq!(world.remote(token, "GET", "/v1/status", NONE).await.status, 401);
    let list = world.local("GET", "/v1/tokens", NONE).await.json();
    assert_eq!(list[0]["expired"], true);
}

#[tokio::test]
async fn over_the_socket_a_token_is_who_it_says() {
    let world = World::new().await;
    let token = world.token("ci", AdminRole::Auditor).await;
    let new = r#"{"name": "Desk"}"#;
    let refused = ask(world.unix().await, "POST", "/v1/groups", Some(&token), new).await;
    assert_eq!(refused.outcome(), (403, "auditors-only-read".to_owned()));
    let unknown = ask(world.unix().await, "GET", "/v1/status", Some("causerie_x"), "").await;
    assert_eq!(unknown.status, 401);
    let none = ask(world.unix().await, "POST", "/v1/groups", None, new).await;
    assert_eq!(none.status, 201);
}

#[tokio::test]
async fn nobody_makes_himself_an_officer_from_elsewhere() {
    let world = World::new().await;
    let administrator = world.token("boss", AdminRole::Administrator).await;
    let officer = world.token("officer", AdminRole::ComplianceOfficer).await;
    let new = json!({"name": "mine", "role": "compliance-officer"});
    let refused = (403, "officers-on-machine".to_owned());
    let added = world.remote(&administrator, "POST", "/v1/tokens", &new).await;
    assert_eq!(added.outcome(), refused);
    let body = new.to_string();
    let here = ask(
        world.unix().await,
        "POST",
        "/v1/tokens",
        Some(&administrator),
        &body,
    )
    .await;
    assert_eq!(here.outcome(), refused, "by token on the machine either");
    let removed = world
        .remote(&administrator, "DELETE", "/v1/tokens/officer", NONE)
        .await;
    assert_eq!(removed.outcome(), refused);
    let raised = world.remote(&officer, "POST", "/v1/tokens", &new).await;
    assert_eq!(raised.outcome(), (403, "administrators-only".to_owned()));
    assert_eq!(
        world
            .local("GET", "/v1/tokens", NONE)
            .await
            .json()
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    assert_eq!(
        world.local("DELETE", "/v1/tokens/officer", NONE).await.status,
        200
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let world = World::new().await;
    let add = async |name: &str, role: &str, seconds: Option<u64>| {
        let new = json!({"name": name, "role": role, "expires_in": seconds});
        world.local("POST", "/v1/tokens", &new).await.outcome()
    };
    let done = (201, String::new());
    let invalid = (422, "invalid".to_owned());
    let longest = "x".repeat(MAX_TOKEN_NAME_CHARS);
    assert_eq!(add(&longest, "auditor", None).await, done);
    assert_eq!(add(&format!("{longest}x"), "auditor", None).await, invalid);
    for bad in ["", "a b", "a/b", "ä", "a\nb"] {
        assert_eq!(add(bad, "auditor", None).await, invalid, "{bad}");
    }
    assert_eq!(add("a", "king", None).await, invalid);
    assert_eq!(add("a", "auditor", Some(0)).await, invalid);
    assert_eq!(add("a", "auditor", Some(1)).await, done);
    assert_eq!(add("b", "auditor", Some(MAX_TOKEN_SECONDS)).await, done);
    assert_eq!(add("c", "auditor", Some(MAX_TOKEN_SECONDS + 1)).await, invalid);
    assert_eq!(add("B", "auditor", None).await, (409, "exists".to_owned()));
}

#[tokio::test]
async fn tokens_are_limited_in_number() {
    let world = World::new().await;
    for n in 0..MAX_TOKENS - 1 {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&n.to_be_bytes());
        let token = Token {
            name: format!("t{n}"),
            role: AdminRole::Auditor,
            hash,
            created: Timestamp(0),
            expires: None,
        };
        world.parts.tokens.add_token(&token).await.expect("it is stored");
    }
    let add = async |name: &str| {
        let new = json!({"name": name, "role": "auditor"});
        world.local("POST", "/v1/tokens", &new).await.status
    };
    assert_eq!(add("last").await, 201);
    assert_eq!(add("more").await, 422);
}

#[tokio::test]
async fn who_guesses_is_held_up_and_others_are_not() {
    let world = World::new().await;
    let token = world.token("ci", AdminRole::Auditor).await;
    let caps = Caps::default();
    for n in 0..caps.per_user {
        // One that looks like a token counts like one that doesn't.
        let guess = if n % 2 == 0 {
            "guess".to_owned()
        } else {
            format!("{token}x")
        };
        let status = world.remote(&guess, "GET", "/v1/status", NONE).await.status;
        assert_eq!(status, 401, "guess {n}");
    }
    let held = world.remote(&token, "GET", "/v1/status", NONE).await;
    assert_eq!(held.outcome(), (429, "throttled".to_owned()));
    assert!(held.head.contains("\r\nretry-after: 301"), "{}", held.head);
    let local = ask(world.unix().await, "GET", "/v1/status", Some(&token), "").await;
    assert_eq!(local.status, 200, "the socket has no address to hold up");
    world.clock.advance(caps.window_seconds);
    assert_eq!(world.remote(&token, "GET", "/v1/status", NONE).await.status, 200);
}
