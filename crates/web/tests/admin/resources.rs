//! Barriers, add-ins, policies, settings, endpoints, and the properties of users, groups and rooms that go with them.

use crate::common::World;
use serde_json::{Value, json};

const NONE: &Value = &Value::Null;

async fn get(world: &World, path: &str) -> Value {
    let answer = world.local("GET", path, NONE).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.json()
}

/// Does something and gives what it answered.
async fn done(world: &World, method: &str, path: &str, body: &Value) -> Value {
    let answer = world.local(method, path, body).await;
    assert!(
        [200, 201].contains(&answer.status),
        "{method} {path}: {}",
        answer.body
    );
    answer.json()
}

async fn outcome(world: &World, method: &str, path: &str, body: &Value) -> (u16, String) {
    world.local(method, path, body).await.outcome()
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn barriers_are_added_listed_and_removed() {
    let world = World::new().await;
    for group in ["Desk", "Research"] {
        done(&world, "POST", "/v1/groups", &json!({ "name": group })).await;
    }
    let wall = json!({"name": "Wall", "groups": ["desk", "Research"]});
    let added = done(&world, "POST", "/v1/barriers", &wall).await;
    assert_eq!(
        (&added["name"], &added["groups"]),
        (&json!("Wall"), &json!(["Desk", "Research"]))
    );
    assert_eq!(
        get(&world, "/v1/barriers").await,
        json!([{"name": "Wall", "groups": ["Desk", "Research"]}])
    );
    assert_eq!(get(&world, "/v1/barriers/wall").await["name"], "Wall");
    let again = outcome(&world, "POST", "/v1/barriers", &wall).await;
    assert_eq!(again, is(409, "exists"));
    let unknown = json!({"name": "X", "groups": ["Desk", "None"]});
    assert_eq!(
        outcome(&world, "POST", "/v1/barriers", &unknown).await,
        is(404, "not-found")
    );
    let one = json!({"name": "X", "groups": ["Desk"]});
    assert_eq!(
        outcome(&world, "POST", "/v1/barriers", &one).await,
        is(422, "invalid")
    );
    // A side can't go while the barrier stands.
    assert_eq!(
        outcome(&world, "DELETE", "/v1/groups/Desk", NONE).await,
        is(422, "invalid")
    );
    let removed = done(&world, "DELETE", "/v1/barriers/WALL", NONE).await;
    assert_eq!(removed["changes"][0]["what"], "barrier.remove");
    assert_eq!(get(&world, "/v1/barriers").await, json!([]));
}

#[tokio::test]
async fn addins_are_registered_and_rooms_choose_one() {
    let world = World::new().await;
    let wiki = json!({"name": "Wiki", "url": "https://wiki.x.test/"});
    done(&world, "POST", "/v1/addins", &wiki).await;
    done(&world, "POST", "/v1/categories", &json!({"name": "General"})).await;
    let desk = json!({"name": "Desk", "category": "General", "addin": "wiki", "disabled": true});
    let desk = done(&world, "POST", "/v1/rooms", &desk).await;
    assert_eq!(
        (&desk["addin"], &desk["disabled"]),
        (&json!("Wiki"), &json!(true))
    );
    let shown = get(&world, "/v1/addins/Wiki").await;
    assert_eq!(
        (&shown["rooms"], &shown["room_count"]),
        (&json!(["Desk"]), &json!(1))
    );
    assert_eq!(get(&world, "/v1/addins").await[0]["url"], "https://wiki.x.test/");
    assert_eq!(
        outcome(&world, "DELETE", "/v1/addins/Wiki", NONE).await,
        is(422, "invalid")
    );
    let bad = json!({"url": "ftp://wiki.x.test/"});
    assert_eq!(
        outcome(&world, "PATCH", "/v1/addins/Wiki", &bad).await,
        is(422, "invalid")
    );
    let changed = done(
        &world,
        "PATCH",
        "/v1/addins/Wiki",
        &json!({"url": "http://w.x.test"}),
    )
    .await;
    assert_eq!(changed["url"], "http://w.x.test");
    // Left out, it stays; null takes it away.
    let kept = done(&world, "PATCH", "/v1/rooms/Desk", &json!({"disabled": false})).await;
    assert_eq!(kept["addin"], "Wiki");
    let without = done(&world, "PATCH", "/v1/rooms/Desk", &json!({"addin": null})).await;
    assert_eq!(without["addin"], Value::Null);
    done(&world, "DELETE", "/v1/addins/Wiki", NONE).await;
    assert_eq!(get(&world, "/v1/addins").await, json!([]));
}

#[tokio::test]
async fn the_nearest_policy_holds_for_a_user() {
    let world = World::new().await;
    assert_eq!(
        get(&world, "/v1/policies").await,
        json!([{"scope": "global", "enable_persistent_chat": true, "description": ""}])
    );
    let ann = json!({"address": "ann@x.test", "site": "London"});
    done(&world, "POST", "/v1/users", &ann).await;
    let effective = async || get(&world, "/v1/users/ann@x.test").await["effective_policy"].clone();
    assert_eq!(effective().await["scope"], "global");
    let off = json!({"enable_persistent_chat": false, "description": "None there"});
    done(&world, "PATCH", "/v1/policies/site:London", &off).await;
    assert_eq!(
        effective().await,
        json!({"scope": "site:London", "enable_persistent_chat": false, "description": "None there"})
    );
    let unknown = json!({"policy": "Traders"});
    assert_eq!(
        outcome(&world, "PATCH", "/v1/users/ann@x.test", &unknown).await,
        is(404, "not-found")
    );
    done(&world, "PATCH", "/v1/policies/Traders", &json!({})).await;
    let granted = done(&world, "PATCH", "/v1/users/ann@x.test", &unknown).await;
    assert_eq!(
        (&granted["policy"], &granted["effective_policy"]["scope"]),
        (&json!("Traders"), &json!("tag:Traders"))
    );
    assert_eq!(
        get(&world, "/v1/policies/tag:Traders").await["granted"],
        json!(["ann@x.test"])
    );
    assert_eq!(
        outcome(&world, "DELETE", "/v1/policies/Traders", NONE).await,
        is(422, "invalid")
    );
    let taken = json!({"policy": null, "site": null});
    let taken = done(&world, "PATCH", "/v1/users/ann@x.test", &taken).await;
    assert_eq!(taken["effective_policy"]["scope"], "global");
    done(&world, "DELETE", "/v1/policies/Traders", NONE).await;
    assert_eq!(
        outcome(&world, "GET", "/v1/policies/Traders", NONE).await,
        is(404, "not-found")
    );
    for bad in ["service:chat", "pool:x"] {
        let path = format!("/v1/policies/{bad}");
        assert_eq!(
            outcome(&world, "PATCH", &path, &json!({})).await,
            is(422, "invalid"),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn each_setting_is_as_the_nearest_scope_says() {
    let world = World::new().await;
    let effective = async || get(&world, "/v1/settings/effective").await;
    let base = effective().await;
    assert_eq!(
        (&base["default_chat_history"], &base["participant_update_limit"]),
        (&json!(30), &json!(75))
    );
    assert_eq!(get(&world, "/v1/settings").await, json!([]));
    assert_eq!(
        get(&world, "/v1/settings/global").await["max_file_kb"],
        Value::Null
    );
    let global = json!({"default_chat_history": 50, "max_file_kb": 100});
    done(&world, "PATCH", "/v1/settings/global", &global).await;
    let own = json!({"default_chat_history": 10, "room_management_url": "https://rooms.x.test/"});
    let own = done(&world, "PATCH", "/v1/settings/service:chat", &own).await;
    assert_eq!(own["max_file_kb"], Value::Null);
    let now = effective().await;
    assert_eq!(
        (&now["default_chat_history"], &now["max_file_kb"]),
        (&json!(10), &json!(100))
    );
    assert_eq!(
        (&now["service"], &now["room_management_url"]),
        (&json!("chat"), &json!("https://rooms.x.test/"))
    );
    done(
        &world,
        "PATCH",
        "/v1/settings/service:chat",
        &json!({"default_chat_history": null}),
    )
    .await;
    assert_eq!(effective().await["default_chat_history"], 50);
    done(&world, "DELETE", "/v1/settings/global", NONE).await;
    assert_eq!(effective().await["default_chat_history"], 30);
    assert_eq!(
        outcome(&world, "GET", "/v1/settings/site:None", NONE).await,
        is(404, "not-found")
    );
    for (path, body) in [
        ("/v1/settings/global", json!({"default_chat_history": 0})),
        ("/v1/settings/global", json!({"default_chat_history": 501})),
        ("/v1/settings/global", json!({"room_management_url": "rooms"})),
        ("/v1/settings/tag:Traders", json!({"max_file_kb": 1})),
        ("/v1/settings/global", json!({"history": 1})),
    ] {
        let refused = outcome(&world, "PATCH", path, &body).await;
        assert_eq!(refused, is(422, "invalid"), "{path} {body}");
    }
}

#[tokio::test]
async fn endpoints_are_nobody_elses_addresses() {
    let world = World::new().await;
    done(&world, "POST", "/v1/users", &json!({"address": "ann@x.test"})).await;
    let chat = json!({"address": "chat@x.test", "display_name": "Rooms"});
    done(&world, "POST", "/v1/endpoints", &chat).await;
    assert_eq!(get(&world, "/v1/endpoints").await, json!([chat]));
    for address in ["chat@x.test", "ann@x.test"] {
        let taken = json!({ "address": address });
        assert_eq!(
            outcome(&world, "POST", "/v1/endpoints", &taken).await,
            is(409, "exists")
        );
    }
    assert_eq!(
        outcome(&world, "POST", "/v1/users", &json!({"address": "chat@x.test"})).await,
        is(409, "exists")
    );
    done(&world, "DELETE", "/v1/endpoints/chat@x.test", NONE).await;
    assert_eq!(
        outcome(&world, "DELETE", "/v1/endpoints/chat@x.test", NONE).await,
        is(404, "not-found")
    );
}

#[tokio::test]
async fn groups_have_kinds() {
    let world = World::new().await;
    for (name, kind) in [("Desk", "unit"), ("x.test", "domain"), ("All", "group")] {
        let added = done(&world, "POST", "/v1/groups", &json!({"name": name, "kind": kind})).await;
        assert_eq!(added["kind"], kind);
    }
    let odd = json!({"name": "Odd", "kind": "tribe"});
    assert_eq!(
        outcome(&world, "POST", "/v1/groups", &odd).await,
        is(422, "invalid")
    );
    let list = get(&world, "/v1/groups").await;
    assert_eq!(
        (&list[0]["kind"], &list[2]["kind"]),
        (&json!("group"), &json!("domain"))
    );
}

#[tokio::test]
async fn a_room_moves_and_its_lists_are_replaced_in_one_go() {
    let world = World::new().await;
    for name in ["ann", "bob"] {
        let user = json!({"address": format!("{name}@x.test")});
        done(&world, "POST", "/v1/users", &user).await;
    }
    for category in ["General", "Trading"] {
        done(&world, "POST", "/v1/categories", &json!({ "name": category })).await;
        let path = format!("/v1/categories/{category}/allowed");
        done(&world, "POST", &path, &json!({"principal": "ann@x.test"})).await;
    }
    let bob = json!({"principal": "bob@x.test"});
    done(&world, "POST", "/v1/categories/General/allowed", &bob).await;
    let desk = json!({"name": "Desk", "category": "General"});
    done(&world, "POST", "/v1/rooms", &desk).await;
    let lists = json!({"members": ["ann@x.test", "bob@x.test"], "managers": ["bob@x.test"]});
    let changed = done(&world, "PATCH", "/v1/rooms/Desk", &lists).await;
    assert_eq!(changed["version"], 2, "one change");
    assert_eq!(
        changed["lists"],
        json!({"members": ["ann@x.test", "bob@x.test"], "managers": ["bob@x.test"], "presenters": []})
    );
    // Bob isn't in the scope of the other category.
    let moved = done(&world, "PATCH", "/v1/rooms/Desk", &json!({"category": "trading"})).await;
    assert_eq!(moved["category"], "Trading");
    assert_eq!(moved["lists"]["members"], json!(["ann@x.test"]));
    assert_eq!(moved["lists"]["managers"], json!([]));
    assert_eq!(moved["changes"][1]["what"], "lists.trim");
    let outside = json!({"members": ["bob@x.test"]});
    assert_eq!(
        outcome(&world, "PATCH", "/v1/rooms/Desk", &outside).await,
        is(422, "out-of-scope")
    );
}
