//! Rooms, and who is in them.

use crate::common::{demo, names, run};
use serde_json::json;
use std::fs;

#[test]
fn rooms_are_added_listed_shown_changed_and_removed() {
    let server = demo();
    let new = run(
        &server,
        &[
            "room",
            "add",
            "Desk",
            "--category",
            "general",
            "--description",
            "Talk",
            "--json",
        ],
    )
    .json();
    assert_eq!(
        (&new["type"], &new["privacy"], &new["category"]),
        (&json!("normal"), &json!("closed"), &json!("General"))
    );
    let guid = new["guid"].as_str().expect("a GUID");
    assert_eq!(new["uri"], format!("ma-chan://example.test/{guid}"));
    let list = run(&server, &["room", "list", "--category", "GENERAL", "--json"]).json();
    assert_eq!(
        names(&list, "name"),
        ["Announcements", "Deals", "Desk", "Lobby", "Project X"]
    );
    assert!(
        run(&server, &["room", "list", "--category", "Genral"])
            .refused()
            .contains("no category 'Genral'")
    );
    let table = run(&server, &["room", "list"]).ok();
    assert!(
        table.starts_with("NAME           CATEGORY  TYPE        PRIVACY  PRESENT  DESCRIPTION"),
        "{table}"
    );

    let change = [
        "room",
        "change",
        "Desk",
        "--name",
        "Floor",
        "--type",
        "auditorium",
        "--privacy",
        "open",
        "--disable",
    ];
    let shown = run(&server, &change).ok();
    assert!(
        shown.contains("Name         Floor\n") && shown.contains("Disabled     yes\n"),
        "{shown}"
    );
    let changed = run(&server, &["room", "show", "Floor", "--json"]).json();
    assert_eq!(changed["guid"], *guid, "a room keeps its GUID");
    run(&server, &["room", "change", "Floor", "--enable"]).ok();
    assert_eq!(
        run(&server, &["room", "show", "Floor", "--json"]).json()["disabled"],
        false
    );

    assert!(
        run(&server, &["room", "add", "lobby", "--category", "General"])
            .refused()
            .contains("already")
    );
    assert!(
        run(&server, &["room", "add", "X", "--category", "None"])
            .refused()
            .contains("no category 'None'")
    );
    run(&server, &["room", "add", "X"]).wrong_usage();
    run(
        &server,
        &["room", "add", "X", "--category", "General", "--privacy", "hidden"],
    )
    .wrong_usage();
    let presented = run(&server, &["room", "change", "Announcements", "--type", "normal"]).ok();
    assert!(
        presented.ends_with(
            "Also removed from the lists of room Announcements: presenter alice@example.test (not-an-auditorium).\n"
        ),
        "{presented}"
    );

    let dry = run(&server, &["room", "remove", "Floor", "--dry-run"]).ok();
    assert_eq!(
        dry,
        "Would remove room 'Floor' with its lists and messages (0 in it now). Nothing was changed.\n"
    );
    assert!(
        run(&server, &["room", "remove", "Floor"])
            .refused()
            .contains("--yes")
    );
    assert_eq!(
        run(&server, &["room", "remove", "Floor", "--yes"]).ok(),
        "Removed room 'Floor'.\n"
    );
    assert!(
        run(&server, &["room", "show", "Floor"])
            .refused()
            .contains("there is no room 'Floor'")
    );
}

#[test]
fn members_are_added_listed_and_removed() {
    let server = demo();
    let out = run(&server, &["member", "add", "Deals", "carol@example.test"]).ok();
    assert_eq!(out, "carol@example.test is now a member.\n");
    let out = run(
        &server,
        &[
            "member",
            "add",
            "Deals",
            "carol@example.test",
            "--role",
            "manager",
        ],
    )
    .ok();
    assert_eq!(out, "carol@example.test is now a manager.\n");
    let table = run(&server, &["member", "list", "Deals"]).ok();
    assert_eq!(
        table,
        "NAME                ROLE\n\
         alice@example.test  member\n\
         bob@example.test    member\n\
         carol@example.test  member\n\
         alice@example.test  manager\n\
         carol@example.test  manager\n"
    );
    let managers = run(
        &server,
        &["member", "list", "Deals", "--role", "manager", "--json"],
    )
    .json();
    assert_eq!(managers, json!(["alice@example.test", "carol@example.test"]));
    run(
        &server,
        &[
            "member",
            "remove",
            "Deals",
            "carol@example.test",
            "bob@example.test",
        ],
    )
    .ok();
    let again = run(&server, &["member", "remove", "Deals", "bob@example.test"]).ok();
    assert_eq!(again, "bob@example.test was not listed as a member.\n");
    assert_eq!(
        run(
            &server,
            &["member", "list", "Deals", "--role", "member", "--json"]
        )
        .json(),
        json!(["alice@example.test"])
    );

    let normal = run(
        &server,
        &[
            "member",
            "add",
            "Deals",
            "alice@example.test",
            "--role",
            "presenter",
        ],
    )
    .refused();
    assert!(normal.contains("only auditoriums have presenters"), "{normal}");
    run(&server, &["user", "add", "out@example.test", "--no-password"]).ok();
    let outside = run(&server, &["member", "add", "Deals", "out@example.test"]).refused();
    assert_eq!(
        outside,
        "error: out@example.test is not in the scope of category General; allow him with: \
         causerie category allow General out@example.test\n"
    );
    run(
        &server,
        &["member", "add", "Deals", "bob@example.test", "--role", "king"],
    )
    .wrong_usage();
    assert!(
        run(&server, &["member", "list", "Nowhere"])
            .refused()
            .contains("there is no room 'Nowhere'")
    );
}

#[test]
fn who_did_it_is_in_the_record() {
    let mut server = demo();
    run(&server, &["room", "add", "Traced", "--category", "General"]).ok();
    assert_eq!(server.stop().code(), Some(0));
    // The record's actor is stored as text; the test looks for it without knowing tables.
    let read = |name: &str| fs::read(server.data_dir().join(name)).expect("a database");
    // Waiting for the compliance service, or taken by it.
    let database = [read("causerie.db"), read("compliance.db")].concat();
    let holds = |text: &str| {
        database
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(
        holds("admin:unix:"),
        "the administrator is named by his account on the machine"
    );
    assert!(holds("room.add"));
}
