//! Why somebody may do something, who may be given a role, which rooms there are, and messages that are changed.

use crate::common::World;
use causerie_chat::{Deliveries, Delivery, Operation, Outcome};
use causerie_model::Extras;
use causerie_policy::AdminRole;
use serde_json::{Value, json};

const NONE: &Value = &Value::Null;

/// `ann` is in Desk, Desk in Floor, Floor allowed in Trading; `eve` is in no group. `Deals` has Desk as its member, `Plot`
/// is secret, `Hall` an open auditorium.
async fn world() -> World {
    let world = World::new().await;
    let document = json!({
        "groups": [{"name": "Floor", "members": ["Desk"]}, {"name": "Desk", "members": ["ann@x.test"]},
            {"name": "Bank", "members": ["bob@x.test"]}],
        "users": [{"address": "ann@x.test", "name": "Ann Smith"}, {"address": "bob@x.test"}, {"address": "eve@x.test"}],
        "addins": [{"name": "Chart", "url": "https://x.test/"}],
        "categories": [{"name": "Trading", "allowed": ["Floor", "Bank"], "creators": ["Desk"]}],
        "rooms": [
            {"name": "Deals", "category": "Trading", "members": ["Desk"], "description": "The desk's talk"},
            {"name": "Plot", "category": "Trading", "privacy": "secret", "managers": ["bob@x.test"], "addin": "Chart"},
            {"name": "Hall", "category": "Trading", "type": "auditorium", "privacy": "open", "disabled": true,
                "invitations": "off"},
        ],
    });
    let answer = world.local("POST", "/v1/import", &document).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    world
}

async fn get(world: &World, path: &str) -> Value {
    let answer = world.local("GET", path, NONE).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.json()
}

#[tokio::test]
async fn an_explanation_has_every_check_and_the_way_to_each_entry() {
    let world = world().await;
    let told = get(&world, "/v1/explain?user=ann@x.test&action=post&room=deals").await;
    assert_eq!(
        [&told["allowed"], &told["rule"], &told["target"]],
        [&json!(true), &json!("member"), &json!("room Deals")]
    );
    let checks = told["checks"].as_array().expect("checks");
    let names: Vec<&Value> = checks.iter().map(|check| &check["check"]).collect();
    assert_eq!(
        names,
        ["account", "scope", "barrier", "visibility", "enabled", "lists"]
    );
    assert!(checks.iter().all(|check| check["passed"] == true));
    assert_eq!(
        checks[1]["because"],
        "ann@x.test is in Desk, Desk is in Floor, Floor is on the list allowed of category Trading"
    );
    assert_eq!(checks[1]["path"], json!(["ann@x.test", "Desk", "Floor"]));
    assert_eq!(
        checks[5]["entry"],
        json!({"of": "room Deals", "list": "member", "principal": "Desk"})
    );
    // What the user himself isn't to know is told too.
    let told = get(&world, "/v1/explain?user=ann@x.test&action=join&room=Plot").await;
    assert_eq!(
        [&told["allowed"], &told["rule"]],
        [&json!(false), &json!("secret-room-hidden")]
    );
    let told = get(&world, "/v1/explain?user=eve@x.test&action=see&room=Deals").await;
    assert_eq!(
        [&told["rule"], &told["checks"][1]["passed"]],
        [&json!("out-of-scope"), &json!(false)]
    );
    for (who, rule) in [
        ("ann", "creator"),
        ("bob", "not-a-creator"),
        ("eve", "out-of-scope"),
    ] {
        let path = format!("/v1/explain?user={who}@x.test&action=create-room&category=Trading");
        assert_eq!(get(&world, &path).await["rule"], rule, "{who}");
    }
}

#[tokio::test]
async fn a_barrier_in_the_way_is_named_with_who_is_behind_it() {
    let world = world().await;
    let wall = json!({"barriers": [{"name": "Wall", "sides": ["Desk", "Bank"]}]});
    assert_eq!(world.local("POST", "/v1/import", &wall).await.status, 200);
    let told = get(&world, "/v1/explain?user=bob@x.test&action=see&room=Deals").await;
    assert_eq!(told["rule"], "behind-barrier");
    let check = &told["checks"][2];
    assert_eq!(check["barrier"], "Wall");
    assert_eq!(
        check["because"],
        "barrier Wall is in the way: Desk is on the list member of room Deals"
    );
}

#[tokio::test]
async fn what_makes_no_question_is_refused() {
    let world = world().await;
    for (path, status) in [
        ("/v1/explain?user=ann@x.test&action=post", 422),
        (
            "/v1/explain?user=ann@x.test&action=post&room=Deals&category=Trading",
            422,
        ),
        ("/v1/explain?user=ann@x.test&action=post&category=Trading", 422),
        ("/v1/explain?user=ann@x.test&action=create-room&room=Deals", 422),
        ("/v1/explain?user=ann@x.test&action=fly&room=Deals", 422),
        ("/v1/explain?user=ann@x.test&room=Deals", 400),
        ("/v1/explain?user=none@x.test&action=post&room=Deals", 404),
        ("/v1/explain?user=ann@x.test&action=post&room=None", 404),
        ("/v1/eligible?room=Deals&role=allowed", 422),
        ("/v1/eligible?category=Trading&role=denied", 422),
        ("/v1/eligible", 422),
        ("/v1/rooms?colour=red", 400),
        ("/v1/rooms?privacy=hidden", 422),
        ("/v1/rooms?category=None", 404),
        ("/v1/rooms?addin=None", 404),
        ("/v1/rooms?member=none@x.test", 404),
        ("/v1/rooms?idle_since=yesterday", 422),
        ("/v1/export?kind=houses", 422),
    ] {
        let answer = world.local("GET", path, NONE).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
    }
}

fn names(value: &Value, field: &str) -> Vec<String> {
    let all = value.as_array().expect("a list").iter();
    all.map(|one| one[field].as_str().expect("a text").to_owned())
        .collect()
}

#[tokio::test]
async fn who_may_be_given_a_role_is_who_the_rules_let_hold_it() {
    let world = world().await;
    let told = get(&world, "/v1/eligible?room=Deals").await;
    assert_eq!(
        names(&told["principals"], "principal"),
        ["ann@x.test", "Bank", "bob@x.test", "Desk", "Floor"]
    );
    assert_eq!(told["principals"][0]["display_name"], "Ann Smith");
    assert_eq!(told["principals"][1]["kind"], "group");
    let limited = get(&world, "/v1/eligible?category=Trading&limit=2").await;
    assert_eq!(
        (
            &limited["total"],
            names(&limited["principals"], "principal").len()
        ),
        (&json!(5), 2)
    );
    let found = get(&world, "/v1/eligible?room=Hall&role=presenter&filter=SMITH").await;
    assert_eq!(names(&found["principals"], "principal"), ["ann@x.test"]);
    let none = get(&world, "/v1/eligible?room=Deals&role=presenter").await;
    assert_eq!(none["total"], 0);
}

#[tokio::test]
async fn rooms_are_found_by_what_they_are_and_who_is_in_them() {
    let world = world().await;
    for (asked, found) in [
        ("", &["Deals", "Hall", "Plot"][..]),
        ("?filter=AL", &["Deals", "Hall"]),
        ("?filter=talk", &[]),
        ("?filter=talk&descriptions=true", &["Deals"]),
        ("?category=trading&limit=2", &["Deals", "Hall"]),
        ("?addin=chart", &["Plot"]),
        ("?disabled=true", &["Hall"]),
        ("?disabled=false&type=normal", &["Deals", "Plot"]),
        ("?invitations=off", &["Hall"]),
        ("?manager=bob@x.test", &["Plot"]),
        ("?member=ann@x.test", &["Deals"]),
        ("?member=Desk", &["Deals"]),
        ("?member=Floor", &[]),
        ("?privacy=open", &["Hall"]),
        ("?type=auditorium", &["Hall"]),
    ] {
        let rooms = get(&world, &format!("/v1/rooms{asked}")).await;
        assert_eq!(names(&rooms, "name"), found, "{asked}");
        assert!(
            rooms
                .as_array()
                .expect("a list")
                .iter()
                .all(|room| room["bytes"].is_null())
        );
    }
}

/// Posts in Deals as ann.
async fn post(world: &World, texts: &[&str]) {
    let (guid, ann) = {
        let catalogue = world.chat.catalogue();
        let room = catalogue.room_by_name("Deals").expect("a room").guid;
        let ann = "ann@x.test".parse().expect("an address");
        (room, catalogue.user_by_address(&ann).expect("a user").id)
    };
    let (endpoint, mut deliveries) = world.chat.attach(ann).expect("she may");
    let join = Operation::Join { rooms: vec![guid] };
    endpoint.submit(0, join).expect("there is room");
    answered(&mut deliveries).await;
    for text in texts {
        world.clock.advance(60);
        let operation = Operation::Post {
            room: guid,
            text: (*text).to_owned(),
            extras: Extras::default(),
        };
        endpoint.submit(1, operation).expect("there is room");
        assert!(matches!(answered(&mut deliveries).await, Outcome::Posted { .. }));
    }
}

async fn answered(deliveries: &mut Deliveries) -> Outcome {
    loop {
        if let Delivery::Answer(answer) = deliveries.next().await.expect("it runs") {
            return answer.result.expect("it is done");
        }
    }
}

#[tokio::test]
async fn rooms_are_found_by_how_much_they_hold() {
    let world = world().await;
    post(&world, &["0123456789", "more"]).await;
    let rooms = get(&world, "/v1/rooms?sizes=true").await;
    assert_eq!(
        [&rooms[0]["messages"], &rooms[0]["bytes"]],
        [&json!(2), &json!(14)]
    );
    assert_eq!(rooms[0]["last_message"], "2023-11-14T22:15:20.0000000Z");
    assert_eq!(
        (&rooms[1]["messages"], rooms[1].get("last_message")),
        (&json!(0), None)
    );
    for (asked, found) in [
        ("larger_than=13", &["Deals"][..]),
        ("larger_than=14", &[]),
        ("idle_since=2023-11-14T22:15:20Z", &["Hall", "Plot"]),
        ("idle_since=2023-11-14T22:15:21Z", &["Deals", "Hall", "Plot"]),
        // Before then there was no room.
        ("idle_since=2023-11-14T22:13:20Z", &[]),
    ] {
        let rooms = get(&world, &format!("/v1/rooms?{asked}")).await;
        assert_eq!(names(&rooms, "name"), found, "{asked}");
    }
}

#[tokio::test]
async fn messages_are_counted_then_replaced_removed_and_cleared_and_never_shown() {
    let world = world().await;
    post(&world, &["alpha one", "Alpha two", "beta secretword"]).await;
    let at = |path: &str| format!("/v1/rooms/Deals/{path}");
    let ask = async |path: &str, body: Value| world.local("POST", &at(path), &body).await;

    let would = ask("messages/remove?what_if=true", json!({"text": "alpha"})).await;
    assert_eq!(
        would.json(),
        json!({"messages": 2, "at_least": false, "what_if": true})
    );
    let cased = json!({"text": "alpha", "case_sensitive": true});
    let cased = ask("messages/remove?what_if=true", cased).await.json();
    assert_eq!(cased["messages"], 1);
    let any = json!({"text": "one beta", "match": "any", "authors": ["ann@x.test"]});
    let any = ask("messages/remove?what_if=true", any).await.json();
    assert_eq!(any["messages"], 2);
    let others = json!({"authors": ["bob@x.test"]});
    let others = ask("messages/remove?what_if=true", others).await.json();
    assert_eq!(others["messages"], 0);
    let span = json!({"from": "2023-11-14T22:15:20Z", "to": "2023-11-14T22:16:20Z"});
    let span = ask("messages/remove?what_if=true", span).await.json();
    assert_eq!(span["messages"], 1);
    assert_eq!(get(&world, "/v1/rooms?sizes=true").await[0]["messages"], 3);

    let replaced = json!({"which": {"text": "secretword"}, "with": "gone"});
    let replaced = ask("messages/replace", replaced).await;
    assert!(!replaced.body.contains("secretword"));
    assert_eq!(
        replaced.json(),
        json!({"messages": 1, "at_least": false, "what_if": false})
    );
    let removed = ask("messages/remove", json!({"text": "alpha one", "match": "phrase"})).await;
    assert_eq!(removed.json()["messages"], 1);
    // The second message, of that very moment, goes; the replaced third one stays.
    let until = json!({"until": "2023-11-14T22:15:20Z"});
    let would = ask("clear?what_if=true", until.clone()).await.json();
    assert_eq!([&would["messages"], &would["what_if"]], [&json!(1), &json!(true)]);
    assert_eq!(ask("clear", until).await.json()["messages"], 1);
    let rooms = get(&world, "/v1/rooms?sizes=true").await;
    assert_eq!(
        [&rooms[0]["messages"], &rooms[0]["bytes"]],
        [&json!(1), &json!(4)]
    );

    let records = world.records().await;
    let kinds: Vec<&str> = records
        .iter()
        .map(|record| record.kind.as_str())
        .filter(|kind| ["DELETED", "PURGED"].contains(kind))
        .collect();
    assert_eq!(kinds, ["DELETED", "DELETED", "PURGED"]);
    let searches = records
        .iter()
        .filter(|record| record.body.contains("message.search"));
    assert_eq!(searches.count(), 7, "each answer, what-if or not");
    let cleared = records.iter().find(|record| record.body.contains("room.clear"));
    let body: Value = serde_json::from_str(&cleared.expect("a record").body).expect("JSON");
    assert_eq!(body["origin"], "unix");
}

#[tokio::test]
async fn a_change_of_messages_says_which() {
    let world = world().await;
    for (path, body, status) in [
        ("messages/remove", json!({}), 422),
        ("messages/remove", json!({"text": " "}), 422),
        ("messages/remove", json!({"text": "a", "match": "none"}), 422),
        ("messages/remove", json!({"from": "yesterday"}), 422),
        ("messages/remove", json!({"authors": ["ann"]}), 422),
        ("messages/remove", json!({"author": "ann@x.test"}), 422),
        ("messages/replace", json!({"with": "x"}), 422),
        ("clear", json!({}), 422),
        ("clear", json!({"until": "now"}), 422),
    ] {
        let path = format!("/v1/rooms/Deals/{path}");
        let answer = world.local("POST", &path, &body).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.body);
    }
    let nowhere = world
        .local("POST", "/v1/rooms/None/messages/remove", &json!({"text": "a"}))
        .await;
    assert_eq!(nowhere.status, 404);
    let auditor = world.token("a", AdminRole::Auditor).await;
    let asked = world
        .remote(
            &auditor,
            "POST",
            "/v1/rooms/Deals/messages/remove?what_if=true",
            &json!({"text": "a"}),
        )
        .await;
    assert_eq!(
        asked.status, 403,
        "counting what matches a word would be reading by guessing"
    );
}
