//! What a change would do, told without doing it.

use crate::{common::World, routes::described};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Every changing route with a request that changes something, in an order in which each can be done: method, path, path
/// of the route, body.
fn changes() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    const USER: &str = "/v1/users/{address}";
    const LIST: &str = "/v1/{kind}/{name}/{list}";
    const ENTRY: &str = "/v1/{kind}/{name}/{list}/{principal}";
    let entry = |who: &str| json!({ "principal": who });
    vec![
        (
            "PATCH",
            "/v1/policies/Traders",
            "/v1/policies/{scope}",
            json!({"enable_persistent_chat": true}),
        ),
        (
            "POST",
            "/v1/users",
            "/v1/users",
            json!({"address": "ann@x.test", "password": "causerie", "policy": "Traders", "site": "London"}),
        ),
        ("PATCH", "/v1/users/ann@x.test", USER, json!({"policy": null})),
        (
            "PUT",
            "/v1/users/ann@x.test/password",
            "/v1/users/{address}/password",
            json!({"password": "causerie2"}),
        ),
        (
            "POST",
            "/v1/users/ann@x.test/sign-out",
            "/v1/users/{address}/sign-out",
            Value::Null,
        ),
        (
            "POST",
            "/v1/groups",
            "/v1/groups",
            json!({"name": "Desk", "kind": "unit"}),
        ),
        ("POST", "/v1/groups", "/v1/groups", json!({"name": "Others"})),
        (
            "PATCH",
            "/v1/groups/Others",
            "/v1/groups/{name}",
            json!({"name": "Rest"}),
        ),
        (
            "POST",
            "/v1/groups/Desk/members",
            "/v1/groups/{name}/members",
            entry("ann@x.test"),
        ),
        (
            "POST",
            "/v1/barriers",
            "/v1/barriers",
            json!({"name": "Wall", "groups": ["Desk", "Rest"]}),
        ),
        (
            "POST",
            "/v1/categories",
            "/v1/categories",
            json!({"name": "General"}),
        ),
        (
            "PATCH",
            "/v1/categories/General",
            "/v1/categories/{name}",
            json!({"invitations": true}),
        ),
        (
            "POST",
            "/v1/addins",
            "/v1/addins",
            json!({"name": "Wiki", "url": "https://wiki.x.test/"}),
        ),
        (
            "PATCH",
            "/v1/addins/Wiki",
            "/v1/addins/{name}",
            json!({"name": "Pages"}),
        ),
        (
            "POST",
            "/v1/rooms",
            "/v1/rooms",
            json!({"name": "Hall", "category": "General", "type": "auditorium"}),
        ),
        ("POST", "/v1/categories/General/allowed", LIST, entry("Desk")),
        ("POST", "/v1/rooms/Hall/members", LIST, entry("ann@x.test")),
        ("POST", "/v1/rooms/Hall/presenters", LIST, entry("ann@x.test")),
        (
            "PATCH",
            "/v1/rooms/Hall",
            "/v1/rooms/{name}",
            json!({"managers": ["Desk"], "addin": "Pages"}),
        ),
        ("DELETE", "/v1/rooms/Hall/members/ann@x.test", ENTRY, Value::Null),
        (
            "DELETE",
            "/v1/groups/Desk/members/ann@x.test",
            "/v1/groups/{name}/members/{principal}",
            Value::Null,
        ),
        (
            "PATCH",
            "/v1/settings/global",
            "/v1/settings/{scope}",
            json!({"max_file_kb": 10}),
        ),
        (
            "POST",
            "/v1/endpoints",
            "/v1/endpoints",
            json!({"address": "chat@x.test"}),
        ),
        (
            "POST",
            "/v1/tokens",
            "/v1/tokens",
            json!({"name": "ci", "role": "auditor"}),
        ),
        (
            "POST",
            "/v1/certificates/reload",
            "/v1/certificates/reload",
            Value::Null,
        ),
        ("DELETE", "/v1/rooms/Hall", "/v1/rooms/{name}", Value::Null),
        (
            "DELETE",
            "/v1/categories/General",
            "/v1/categories/{name}",
            Value::Null,
        ),
        ("DELETE", "/v1/addins/Pages", "/v1/addins/{name}", Value::Null),
        ("DELETE", "/v1/barriers/Wall", "/v1/barriers/{name}", Value::Null),
        ("DELETE", "/v1/groups/Desk", "/v1/groups/{name}", Value::Null),
        (
            "DELETE",
            "/v1/policies/Traders",
            "/v1/policies/{scope}",
            Value::Null,
        ),
        (
            "DELETE",
            "/v1/settings/global",
            "/v1/settings/{scope}",
            Value::Null,
        ),
        (
            "DELETE",
            "/v1/endpoints/chat@x.test",
            "/v1/endpoints/{address}",
            Value::Null,
        ),
        ("DELETE", "/v1/tokens/ci", "/v1/tokens/{name}", Value::Null),
        ("DELETE", "/v1/users/ann@x.test", USER, Value::Null),
    ]
}

/// All that can be seen of a server, and how much is recorded.
async fn everything(world: &World) -> (Vec<String>, usize) {
    let mut all = Vec::new();
    for path in [
        "users",
        "users/ann@x.test",
        "groups",
        "groups/Desk",
        "barriers",
        "categories",
        "categories/General",
        "addins",
        "rooms",
        "rooms/Hall",
        "policies",
        "settings",
        "settings/effective",
        "endpoints",
        "tokens",
    ] {
        let answer = world.local("GET", &format!("/v1/{path}"), &Value::Null).await;
        all.push(answer.body);
    }
    let records = world.records().await;
    (all, records.len())
}

#[tokio::test]
async fn what_a_change_would_do_is_what_it_does() {
    let world = World::new().await;
    for (method, path, route, body) in changes() {
        let before = everything(&world).await;
        let asked = world.local(method, &format!("{path}?what_if=true"), &body).await;
        assert_eq!(asked.status, 200, "{method} {path}: {}", asked.body);
        let asked = asked.json();
        assert_eq!(asked["what_if"], true, "{method} {path}");
        assert_eq!(asked.as_object().map(serde_json::Map::len), Some(2), "{asked}");
        assert_eq!(
            everything(&world).await,
            before,
            "{method} {path} changed something"
        );

        let done = world.local(method, path, &body).await;
        assert!(
            [200, 201].contains(&done.status),
            "{method} {path}: {}",
            done.body
        );
        let done = done.json();
        assert_eq!(done["changes"], asked["changes"], "{method} {path}");
        // Nobody is signed in here, and there are no certificates.
        if !route.contains("sign-out") && !route.contains("certificates") {
            assert_ne!(done["changes"], json!([]), "{method} {path}");
            assert_ne!(
                everything(&world).await,
                before,
                "{method} {path} changed nothing"
            );
        }
    }
}

/// Their answers have a form of their own; the tests of messages and imports ask them what they would do.
const ELSEWHERE: [&str; 4] = [
    "post /v1/import",
    "post /v1/rooms/{name}/clear",
    "post /v1/rooms/{name}/messages/remove",
    "post /v1/rooms/{name}/messages/replace",
];

#[test]
fn every_change_can_be_asked_about() {
    let tried: BTreeSet<String> = changes()
        .into_iter()
        .map(|(method, _, route, _)| format!("{} {route}", method.to_lowercase()))
        .chain(ELSEWHERE.map(str::to_owned))
        .collect();
    let described: BTreeSet<String> = described()
        .into_iter()
        // What officers do is asked of the compliance service, whose tests ask what it would do.
        .filter(|(method, path, _)| method != "get" && !path.starts_with("/v1/compliance/"))
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    assert_eq!(tried, described);
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_to_who_asks_about_it() {
    let world = World::new().await;
    let new = json!({"name": "Desk"});
    let unclear = world.local("POST", "/v1/groups?what_if=perhaps", &new).await;
    assert_eq!(unclear.outcome(), (400, "query".to_owned()));
    assert_eq!(world.local("POST", "/v1/groups", &new).await.status, 201);
    let taken = world.local("POST", "/v1/groups?what_if=true", &new).await;
    assert_eq!(taken.outcome(), (409, "exists".to_owned()));
    let short = json!({"address": "ann@x.test", "password": "short"});
    let short = world.local("POST", "/v1/users?what_if=true", &short).await;
    assert_eq!(short.outcome(), (422, "password".to_owned()));
    let gone = world
        .local("DELETE", "/v1/rooms/None?what_if=true", &Value::Null)
        .await;
    assert_eq!(gone.outcome(), (404, "not-found".to_owned()));
}

#[tokio::test]
async fn what_follows_a_change_is_told() {
    let world = World::new().await;
    for (method, path, _, body) in changes()
        .into_iter()
        .take_while(|(method, ..)| *method != "DELETE")
    {
        let done = world.local(method, path, &body).await;
        assert!(
            [200, 201].contains(&done.status),
            "{method} {path}: {}",
            done.body
        );
    }
    let removed = world
        .local("DELETE", "/v1/rooms/Hall/members/ann@x.test", &Value::Null)
        .await;
    let changes = removed.json()["changes"].clone();
    let what: Vec<&Value> = changes
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["what"])
        .collect();
    assert_eq!(what, ["member.revoke", "lists.trim"]);
    assert_eq!(
        changes[1],
        json!({
            "what": "lists.trim",
            "target": "room Hall",
            "before": "presenter=\"ann@x.test\" (not-a-member)",
            "after": "",
        })
    );
}
