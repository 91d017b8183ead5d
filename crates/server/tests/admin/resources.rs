//! Barriers, add-ins, settings and endpoints.

use crate::common::{demo, names, run};
use serde_json::json;

#[test]
fn barriers_are_added_listed_and_removed() {
    let server = demo();
    for (group, user) in [
        ("Research", "bob@example.test"),
        ("Trading", "carol@example.test"),
    ] {
        run(&server, &["group", "add", group]).ok();
        run(&server, &["group", "add-member", group, user]).ok();
    }
    assert_eq!(
        run(&server, &["barrier", "list"]).ok(),
        "There are no barriers.\n"
    );
    let out = run(&server, &["barrier", "add", "Wall", "Research", "trading"]).ok();
    assert_eq!(out, "Barrier 'Wall' stands between 'Research' and 'Trading'.\n");
    assert_eq!(
        run(&server, &["barrier", "list"]).ok(),
        "NAME  BETWEEN   AND\nWall  Research  Trading\n"
    );
    assert!(
        run(&server, &["barrier", "add", "Wall", "Research", "Trading"])
            .refused()
            .contains("there is a barrier 'Wall' already")
    );
    assert!(
        run(&server, &["group", "remove", "Trading", "--yes"])
            .refused()
            .contains("remove the barrier first")
    );
    run(&server, &["barrier", "remove", "Wall"]).refused();
    assert_eq!(
        run(&server, &["barrier", "remove", "Wall", "--yes"]).ok(),
        "Removed barrier 'Wall'.\n"
    );
    assert!(
        run(&server, &["barrier", "remove", "Wall", "--yes"])
            .refused()
            .contains("there is no barrier 'Wall'")
    );
}

#[test]
fn addins_are_registered_and_given_to_rooms() {
    let server = demo();
    let added = run(&server, &["addin", "add", "Wiki", "https://wiki.example.test/"]).ok();
    assert!(
        added.starts_with("Name   Wiki\nPage   https://wiki.example.test/\nRooms  none\nGUID   "),
        "{added}"
    );
    assert!(
        run(&server, &["addin", "add", "X", "wiki.example.test"])
            .refused()
            .contains("is no http or https URL")
    );
    let room = [
        "room",
        "add",
        "Desk",
        "--category",
        "General",
        "--addin",
        "Wiki",
        "--disabled",
        "--json",
    ];
    let room = run(&server, &room).json();
    assert_eq!(
        (&room["addin"], &room["disabled"]),
        (&json!("Wiki"), &json!(true))
    );
    run(&server, &["addin", "change", "Wiki", "--name", "Handbook"]).ok();
    assert_eq!(
        run(&server, &["addin", "list"]).ok(),
        "NAME      ROOMS  PAGE\nHandbook  1      https://wiki.example.test/\n"
    );
    let shown = run(&server, &["addin", "show", "Handbook", "--json"]).json();
    assert_eq!(shown["rooms"], json!(["Desk"]));
    assert!(
        run(&server, &["addin", "remove", "Handbook", "--yes"])
            .refused()
            .contains("1 room")
    );
    let without = run(&server, &["room", "change", "Desk", "--no-addin", "--enable"]).ok();
    assert!(without.contains("Add-in       none\n"), "{without}");
    run(&server, &["addin", "remove", "Handbook", "--yes"]).ok();
    assert_eq!(run(&server, &["addin", "list"]).ok(), "There are no add-ins.\n");
}

#[test]
fn settings_hold_at_once_and_can_be_reset() {
    let server = demo();
    let set = [
        "settings",
        "set",
        "--default-chat-history",
        "50",
        "--max-file-kb",
        "100",
        "--room-management-url",
        "https://rooms.example.test/",
    ];
    let set = run(&server, &set).ok();
    assert_eq!(
        set,
        "For                       global\n\
         Default chat history      50\n\
         Max file KB               100\n\
         Participant update limit  inherit\n\
         Room management URL       https://rooms.example.test/\n"
    );
    let own = [
        "settings",
        "set",
        "--scope",
        "site:London",
        "--max-file-kb",
        "7",
        "--json",
    ];
    assert_eq!(run(&server, &own).json()["max_file_kb"], 7);
    let effective = run(&server, &["settings", "show", "--json"]).json();
    assert_eq!(
        (&effective["default_chat_history"], &effective["max_file_kb"]),
        (&json!(50), &json!(100)),
        "the server is of no site"
    );
    let shown = run(&server, &["settings", "show"]).ok();
    assert!(
        shown.contains("Default chat history      50\n")
            && shown.contains("Site                      none\n"),
        "{shown}"
    );
    assert_eq!(
        names(&run(&server, &["settings", "list", "--json"]).json(), "scope"),
        ["global", "site:London"]
    );
    run(&server, &["settings", "set", "--max-file-kb", "inherit"]).ok();
    assert_eq!(
        run(&server, &["settings", "show", "--scope", "global", "--json"]).json()["max_file_kb"],
        json!(null)
    );
    let out = run(&server, &["settings", "reset", "--yes"]).ok();
    assert_eq!(out, "Removed the settings for global.\n");
    let effective = run(&server, &["settings", "show", "--json"]).json();
    assert_eq!(effective["default_chat_history"], 30);
    let bad = run(&server, &["settings", "set", "--default-chat-history", "501"]).refused();
    assert!(bad.contains("must be from 1 to 500"), "{bad}");
    run(&server, &["settings", "set", "--max-file-kb", "much"]).wrong_usage();
    run(&server, &["settings", "set"]).wrong_usage();
    let site = run(
        &server,
        &["settings", "set", "--scope", "Traders", "--max-file-kb", "1"],
    )
    .refused();
    assert!(
        site.contains("settings are global, of a site, or of a service"),
        "{site}"
    );
}

#[test]
fn endpoints_are_added_listed_and_removed() {
    let server = demo();
    let out = run(
        &server,
        &["endpoint", "add", "rooms@example.test", "--name", "Rooms"],
    )
    .ok();
    assert_eq!(out, "Address  rooms@example.test\nName     Rooms\n");
    assert_eq!(
        run(&server, &["endpoint", "list"]).ok(),
        "ADDRESS             NAME\nrooms@example.test  Rooms\n"
    );
    assert!(
        run(&server, &["endpoint", "add", "alice@example.test"])
            .refused()
            .contains("there is a user 'alice@example.test' already")
    );
    run(&server, &["endpoint", "remove", "rooms@example.test", "--yes"]).ok();
    assert!(
        run(&server, &["endpoint", "remove", "rooms@example.test", "--yes"])
            .refused()
            .contains("there is no endpoint 'rooms@example.test'")
    );
}

#[test]
fn groups_have_kinds() {
    let server = demo();
    run(&server, &["group", "add", "Desk", "--kind", "unit"]).ok();
    let domain = run(
        &server,
        &["group", "add", "example.test", "--kind", "domain", "--json"],
    )
    .json();
    assert_eq!(domain["kind"], "domain");
    run(&server, &["group", "add", "X", "--kind", "tribe"]).wrong_usage();
    let table = run(&server, &["group", "list"]).ok();
    assert!(table.contains("Desk          unit    0\n"), "{table}");
    run(&server, &["group", "add", "Floor", "--kind", "unit"]).ok();
    run(&server, &["group", "add-member", "Desk", "bob@example.test"]).ok();
    let second = run(&server, &["group", "add-member", "Floor", "bob@example.test"]).refused();
    assert!(second.contains("in unit Desk already"), "{second}");
}
