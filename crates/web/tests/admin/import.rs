//! Import and export of everything but messages and passwords.

use crate::common::World;
use causerie_policy::AdminRole;
use causerie_web::admin::{MAX_BODY_BYTES, MAX_IMPORT_BYTES};
use serde_json::{Value, json};

const NONE: &Value = &Value::Null;

fn everything() -> Value {
    json!({
        "policies": [
            {"scope": "global", "enabled": true, "description": ""},
            {"scope": "tag:None", "enabled": false, "description": "No rooms"},
        ],
        "groups": [
            {"name": "Bank", "kind": "group", "members": ["bob@x.test"]},
            {"name": "Desk", "kind": "unit", "members": ["ann@x.test"]},
            {"name": "Floor", "kind": "group", "members": ["Desk"]},
            {"name": "x.test", "kind": "domain", "members": []},
        ],
        "users": [
            {"address": "ann@x.test", "name": "Ann Smith", "enabled": true, "policy": "", "site": "Paris",
                "groups": ["Desk"]},
            {"address": "bob@x.test", "name": "bob", "enabled": false, "policy": "None", "site": "",
                "groups": ["Bank"]},
        ],
        "addins": [{"name": "Chart", "url": "https://x.test/"}],
        "categories": [{"name": "Trading", "description": "D", "invitations": true, "file_upload": true,
            "history": false, "compliance": "closed", "allowed": ["Bank", "Floor"], "denied": ["bob@x.test"], "creators": ["Desk"]}],
        "rooms": [
            {"name": "Deals", "category": "Trading", "description": "d", "type": "normal", "privacy": "secret",
                "invitations": "off", "disabled": true, "addin": "Chart", "members": ["ann@x.test", "Desk"],
                "managers": ["Floor"], "presenters": []},
            {"name": "Hall", "category": "Trading", "description": "", "type": "auditorium", "privacy": "closed",
                "invitations": "inherit", "disabled": false, "addin": "", "members": ["ann@x.test"], "managers": [],
                "presenters": ["ann@x.test"]},
            {"name": "Lobby", "category": "Trading", "description": "", "type": "normal", "privacy": "open",
                "invitations": "inherit", "disabled": false, "addin": "", "members": [], "managers": [],
                "presenters": []},
        ],
        "barriers": [{"name": "Wall", "sides": ["Bank", "Floor"]}],
    })
}

async fn import(world: &World, query: &str, document: &Value) -> Value {
    let answer = world.local("POST", &format!("/v1/import{query}"), document).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

async fn export(world: &World) -> Value {
    world.local("GET", "/v1/export", NONE).await.json()
}

fn outcomes(imported: &Value) -> Vec<String> {
    let all = imported["entries"].as_array().expect("a list").iter();
    all.map(|one| {
        let text = |field: &str| one[field].as_str().expect("a text").to_owned();
        format!("{}[{}] {}", text("kind"), one["index"], text("outcome"))
    })
    .collect()
}

#[tokio::test]
async fn what_is_exported_is_what_was_imported_and_importing_it_again_changes_nothing() {
    let world = World::new().await;
    let before = export(&world).await;
    let would = import(&world, "?what_if=true", &everything()).await;
    assert_eq!(would["what_if"], true);
    assert_eq!(export(&world).await, before, "a question changes nothing");

    let done = import(&world, "", &everything()).await;
    assert_eq!(outcomes(&done), outcomes(&would));
    assert_eq!(done["changes"], would["changes"], "it is done as it was told");
    assert!(outcomes(&done).iter().all(|outcome| outcome.ends_with("added")));
    assert_eq!(export(&world).await, everything());

    let records = world.records().await.len();
    for query in ["", "?replace_lists=true"] {
        let again = import(&world, query, &everything()).await;
        assert_eq!(
            (again["entries"].clone(), again["changes"].clone()),
            (json!([]), json!([]))
        );
    }
    assert_eq!(world.records().await.len(), records);

    // The same elsewhere, from what was exported.
    let other = World::new().await;
    import(&other, "", &export(&world).await).await;
    assert_eq!(export(&other).await, everything());
}

#[tokio::test]
async fn lists_are_added_to_and_with_replace_lists_they_are_as_they_are_said_to_be() {
    let world = World::new().await;
    import(&world, "", &everything()).await;
    let part = json!({
        "users": [{"address": "eve@x.test"}],
        "groups": [{"name": "Bank", "members": ["eve@x.test"]}],
        "categories": [{"name": "Trading", "denied": []}],
        "rooms": [{"name": "Deals", "members": ["Floor"], "description": "other"}],
    });
    let done = import(&world, "", &part).await;
    assert_eq!(
        outcomes(&done),
        ["users[0] added", "groups[0] changed", "rooms[0] changed"]
    );
    let now = export(&world).await;
    assert_eq!(now["groups"][0]["members"], json!(["bob@x.test", "eve@x.test"]));
    assert_eq!(now["categories"][0]["denied"], json!(["bob@x.test"]));
    assert_eq!(now["rooms"][0]["members"], json!(["ann@x.test", "Desk", "Floor"]));
    assert_eq!(now["rooms"][0]["description"], "other");
    assert_eq!(now["rooms"][0]["privacy"], "secret", "what isn't said stays");

    import(&world, "?replace_lists=true", &part).await;
    let now = export(&world).await;
    assert_eq!(now["groups"][0]["members"], json!(["eve@x.test"]));
    assert_eq!(now["categories"][0]["denied"], json!([]));
    assert_eq!(now["categories"][0]["allowed"], json!(["Bank", "Floor"]));
    assert_eq!(now["rooms"][0]["members"], json!(["Floor"]));
    assert_eq!(now["rooms"][0]["managers"], json!(["Floor"]));

    let other_sides = json!({"barriers": [{"name": "Wall", "sides": ["Bank", "Desk"]}]});
    assert_eq!(
        outcomes(&import(&world, "", &other_sides).await),
        ["barriers[0] changed"]
    );
    let turned = json!({"barriers": [{"name": "wall", "sides": ["Desk", "Bank"]}]});
    assert_eq!(import(&world, "", &turned).await["entries"], json!([]));

    // A scope that becomes narrower takes entries with it, and says so.
    let narrow = json!({"categories": [{"name": "Trading", "allowed": ["Bank"]}]});
    let done = import(&world, "?replace_lists=true", &narrow).await;
    let trims: Vec<&Value> = done["changes"].as_array().expect("a list").iter().collect();
    assert!(
        trims
            .iter()
            .any(|told| told["what"] == "lists.trim" && told["target"] == "room Deals"),
        "{trims:?}"
    );
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once_and_then_nothing_is_done() {
    let world = World::new().await;
    let wrong = json!({
        "users": [{"address": "ann@x.test"}, {"address": "ann"}, {"address": "bob@x.test", "password": "short"},
            {"address": "eve@x.test", "groups": ["None"]}],
        "rooms": [{"name": "A"}, {"name": "B", "category": "None"}],
    });
    let told = import(&world, "?what_if=true", &wrong).await;
    let errors: Vec<(String, u64, String)> = told["entries"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|entry| entry["outcome"] == "refused")
        .map(|entry| {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            (
                text(&entry["kind"]),
                entry["index"].as_u64().expect("a number"),
                text(&entry["error"]["code"]),
            )
        })
        .collect();
    let expected = [
        ("users", 2, "password"),
        ("users", 1, "invalid"),
        ("users", 3, "not-found"),
        ("rooms", 0, "invalid"),
        ("rooms", 1, "not-found"),
    ];
    let expected = expected.map(|(kind, index, code)| (kind.to_owned(), index, code.to_owned()));
    assert_eq!(errors, expected);
    let answer = world.local("POST", "/v1/import", &wrong).await;
    assert_eq!(answer.outcome(), (422, "invalid".to_owned()));
    assert!(answer.body.contains("4 more are wrong"), "{}", answer.body);
    assert_eq!(export(&world).await["users"], Value::Null);

    let misspelt = json!({"users": [{"adress": "ann@x.test"}]});
    let answer = world.local("POST", "/v1/import", &misspelt).await;
    assert_eq!(answer.status, 422);
    let kind = json!({"groups": [{"name": "Bank", "kind": "unit"}]});
    import(&world, "", &everything()).await;
    let answer = world.local("POST", "/v1/import", &kind).await;
    assert!(
        answer.body.contains("can't be changed to unit"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_password_is_set_and_recorded_whatever_it_was_and_never_exported() {
    let world = World::new().await;
    let user = |password: &str| json!({"users": [{"address": "ann@x.test", "password": password}]});
    let records = async || world.records().await.len();
    import(&world, "", &user("correct horse")).await;
    let shown = world.local("GET", "/v1/users/ann@x.test", NONE).await.json();
    assert_eq!(shown["has_password"], true);
    let before = records().await;
    let right = import(&world, "?what_if=true", &user("correct horse")).await;
    let wrong = import(&world, "?what_if=true", &user("battery staple")).await;
    assert_eq!(right, wrong, "nobody learns by asking which one it is");
    assert_eq!(right["changes"][0]["what"], "user.password");
    assert_eq!(records().await, before);
    for (times, password) in [(1, "correct horse"), (2, "battery staple")] {
        let done = import(&world, "", &user(password)).await;
        assert_eq!(outcomes(&done), ["users[0] changed"], "{password}");
        assert_eq!(done["changes"], right["changes"], "{password}");
        assert_eq!(records().await, before + times, "{password}");
        let told = format!("{done}{}", export(&world).await);
        assert!(
            !told.contains(password) && !told.contains("password\":"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn who_changes_users_only_imports_and_exports_users_only() {
    let world = World::new().await;
    let token = world.token("u", AdminRole::UserAdministrator).await;
    let ask = async |method: &str, path: &str, body: &Value| {
        world.remote(&token, method, path, body).await.outcome()
    };
    let users = json!({"users": [{"address": "ann@x.test"}], "groups": [{"name": "A"}]});
    assert_eq!(ask("POST", "/v1/import", &users).await.0, 200);
    assert_eq!(ask("GET", "/v1/export?kind=users,groups", NONE).await.0, 200);
    let refused = (403, "users-only".to_owned());
    for kind in ["policies", "addins", "categories", "rooms", "barriers"] {
        let one = match kind {
            "policies" => json!({"scope": "tag:A"}),
            "addins" => json!({"name": "A", "url": "https://x.test/"}),
            "barriers" => json!({"name": "A", "sides": ["A", "B"]}),
            _ => json!({"name": "A"}),
        };
        let document = json!({ (kind): [one] });
        assert_eq!(
            ask("POST", "/v1/import?what_if=true", &document).await,
            refused,
            "{kind}"
        );
        let path = format!("/v1/export?kind={kind}");
        assert_eq!(ask("GET", &path, NONE).await, refused, "{kind}");
    }
    let all = world.remote(&token, "GET", "/v1/export", NONE).await.json();
    assert_eq!(all["users"][0]["address"], "ann@x.test");
    assert_eq!(all.as_object().expect("kinds").len(), 2, "{all}");
}

#[tokio::test]
async fn more_entries_than_fit_into_one_commit_are_imported() {
    let world = World::new().await;
    // More than a commit takes, and more than any other request may have.
    let users: Vec<Value> = (0..1_100)
        .map(|n| json!({"address": format!("u{n}@x.test"), "name": "😀".repeat(240)}))
        .collect();
    let names: Vec<&Value> = users.iter().map(|user| &user["address"]).collect();
    let document = json!({"users": users, "groups": [{"name": "All", "members": names}]});
    assert!(document.to_string().len() > MAX_BODY_BYTES);
    import(&world, "", &document).await;
    let catalogue = world.chat.catalogue();
    let all = catalogue.group_by_name("All").expect("a group").id;
    assert_eq!(catalogue.group_members(all).count(), 1_100);
}

#[tokio::test]
async fn a_group_that_can_not_have_its_members_is_refused() {
    let world = World::new().await;
    let document = json!({"groups": [{"name": "All", "members": ["nobody@x.test"]}]});
    let answer = world.local("POST", "/v1/import", &document).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert!(answer.body.contains("groups[0]"), "{}", answer.body);
    assert!(world.chat.catalogue().group_by_name("All").is_none());
    let would = import(&world, "?what_if=true", &document).await;
    assert_eq!(outcomes(&would), ["groups[0] refused"]);
}

/// What was changed, in the order in which it was.
fn whats(imported: &Value) -> Vec<&str> {
    let all = imported["changes"].as_array().expect("a list").iter();
    all.map(|told| told["what"].as_str().expect("a text")).collect()
}

fn place(whats: &[&str], what: &str) -> usize {
    let found = whats.iter().position(|one| *one == what);
    found.unwrap_or_else(|| panic!("no {what} in {whats:?}"))
}

#[tokio::test]
async fn barriers_stand_and_the_denied_are_denied_before_anybody_is_let_in() {
    let world = World::new().await;
    let done = import(&world, "", &everything()).await;
    let whats = whats(&done);
    let order = [
        "group.member.add",
        "barrier.add",
        "category.add",
        "denied.grant",
        "allowed.grant",
        "room.add",
    ];
    let places = order.map(|what| place(&whats, what));
    assert!(places.is_sorted(), "{whats:?}");
}

#[tokio::test]
async fn a_room_whose_list_a_barrier_of_the_document_keeps_apart_is_refused() {
    let world = World::new().await;
    let mut document = everything();
    document["categories"][0]["denied"] = json!([]);
    document["rooms"][0]["members"] = json!(["ann@x.test", "Bank"]);
    let would = import(&world, "?what_if=true", &document).await;
    let wrong = would["entries"].as_array().expect("a list").iter();
    let wrong: Vec<_> = wrong.filter(|entry| entry["outcome"] == "refused").collect();
    assert_eq!(wrong.len(), 1, "{would}");
    assert_eq!(
        (&wrong[0]["kind"], &wrong[0]["index"]),
        (&json!("rooms"), &json!(0))
    );
    assert_eq!(wrong[0]["error"]["code"], "behind-barrier");
    let answer = world.local("POST", "/v1/import", &document).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
}

/// Ann is in Old, Bob in Bank; both may be in Trading, where Deals has Ann. `new` is of the same kind as Old.
async fn before_a_move(kind: &str) -> World {
    let world = World::new().await;
    let document = json!({
        "groups": [{"name": "Old", "kind": kind, "members": ["ann@x.test"]}, {"name": "New", "kind": kind},
            {"name": "Bank", "members": ["bob@x.test"]}],
        "users": [{"address": "ann@x.test"}, {"address": "bob@x.test"}],
        "categories": [{"name": "Trading", "allowed": ["Old", "New", "Bank"]}],
        "rooms": [{"name": "Deals", "category": "Trading", "members": ["ann@x.test"]}],
    });
    import(&world, "", &document).await;
    world
}

#[tokio::test]
async fn who_goes_from_one_list_to_another_is_on_the_other_first() {
    let world = before_a_move("group").await;
    let moved = json!({"users": [{"address": "ann@x.test", "groups": ["New"]}]});
    let done = import(&world, "?replace_lists=true", &moved).await;
    assert_eq!(whats(&done), ["group.member.add", "group.member.remove"]);
    assert_eq!(export(&world).await["rooms"][0]["members"], json!(["ann@x.test"]));

    let members = json!({"groups": [{"name": "Bank", "members": ["ann@x.test"]}]});
    let done = import(&world, "?replace_lists=true", &members).await;
    assert_eq!(whats(&done), ["group.member.add", "group.member.remove"]);

    // She is in New and Bank; the scope is Old, New and Bank.
    let narrowed =
        json!({"categories": [{"name": "Trading", "allowed": ["ann@x.test"], "creators": ["ann@x.test"]}]});
    let done = import(&world, "?replace_lists=true", &narrowed).await;
    assert_eq!(
        whats(&done),
        [
            "allowed.grant",
            "allowed.revoke",
            "allowed.revoke",
            "allowed.revoke",
            "creator.grant"
        ]
    );
    assert_eq!(export(&world).await["rooms"][0]["members"], json!(["ann@x.test"]));

    // Who is let in no longer is kept out before somebody else is not; then he may make rooms.
    let denied = json!({"categories": [{"name": "Trading", "allowed": ["ann@x.test", "Bank"], "denied": ["bob@x.test"],
        "creators": []}]});
    let done = import(&world, "?replace_lists=true", &denied).await;
    assert_eq!(whats(&done), ["denied.grant", "allowed.grant", "creator.revoke"]);
    let turned = json!({"categories": [{"name": "Trading", "allowed": ["bob@x.test"], "denied": ["ann@x.test"],
        "creators": ["bob@x.test"]}]});
    let done = import(&world, "?replace_lists=true", &turned).await;
    assert_eq!(
        whats(&done),
        [
            "denied.grant",
            "allowed.grant",
            "allowed.revoke",
            "allowed.revoke",
            "denied.revoke",
            "creator.grant",
            "lists.trim"
        ]
    );
}

#[tokio::test]
async fn who_goes_from_one_unit_to_another_is_in_one_only() {
    let world = before_a_move("unit").await;
    let moved = json!({"users": [{"address": "ann@x.test", "groups": ["Bank", "New"]}]});
    let done = import(&world, "?replace_lists=true", &moved).await;
    assert_eq!(
        whats(&done),
        ["group.member.add", "group.member.remove", "group.member.add"],
        "the group, then the units"
    );
    assert_eq!(export(&world).await["rooms"][0]["members"], json!(["ann@x.test"]));
}

#[tokio::test]
async fn imports_are_carried_out_one_after_the_other() {
    let world = World::new().await;
    let users: Vec<Value> = (0..500)
        .map(|n| json!({"address": format!("u{n}@x.test")}))
        .collect();
    let document = json!({ "users": users });
    let ask = || world.local("POST", "/v1/import", &document);
    let (one, two, three) = tokio::join!(ask(), ask(), ask());
    let mut added = Vec::new();
    for answer in [one, two, three] {
        assert_eq!(answer.status, 200, "{}", answer.body);
        added.push(outcomes(&answer.json()).len());
    }
    added.sort_unstable();
    assert_eq!(added, [0, 0, 500]);
}

#[tokio::test]
async fn a_document_is_taken_up_to_its_limit() {
    let world = World::new().await;
    for (size, status) in [(MAX_IMPORT_BYTES, 200), (MAX_IMPORT_BYTES + 1, 413)] {
        let body = format!("{}{{}}", " ".repeat(size - 2));
        let answer = crate::common::ask(world.unix().await, "POST", "/v1/import", None, &body).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
}
