//! What changes would do, what followed from them, and changes that came too late.

use crate::common::{demo, run};
use serde_json::json;

#[test]
fn every_change_can_be_tried_without_doing_it() {
    let server = demo();
    run(&server, &["group", "add", "Desk"]).ok();
    run(&server, &["group", "add", "Floor"]).ok();
    let all = || {
        [
            "user", "group", "category", "room", "barrier", "addin", "policy", "settings", "endpoint",
            "token",
        ]
        .map(|kind| run(&server, &[kind, "list", "--json"]).ok())
    };
    let before = all();
    for command in [
        &["user", "add", "ann@example.test", "--no-password"][..],
        &["user", "change", "bob@example.test", "--disable"],
        &["user", "remove", "bob@example.test"],
        &["group", "add", "Traders"],
        &["group", "change", "Desk", "--name", "Traders"],
        &["group", "add-member", "Desk", "bob@example.test"],
        &["group", "remove", "Desk"],
        &["category", "add", "Trading"],
        &["category", "deny", "General", "Desk"],
        &["room", "add", "Talk", "--category", "General"],
        &["room", "change", "Deals", "--privacy", "secret"],
        &["room", "remove", "Deals"],
        &["member", "add", "Deals", "carol@example.test"],
        &["member", "set", "Deals", "alice@example.test"],
        &["barrier", "add", "Wall", "Desk", "Floor"],
        &["addin", "add", "Wiki", "https://wiki.example.test/"],
        &["policy", "set", "NoChat", "--persistent-chat", "off"],
        &["settings", "set", "--max-file-kb", "1"],
        &["endpoint", "add", "rooms@example.test"],
        &["token", "add", "ci", "--role", "auditor"],
    ] {
        let words = [command, &["--what-if"]].concat();
        let out = run(&server, &words).ok();
        assert!(
            out.starts_with("Would change:\n  ") && out.ends_with("Nothing was changed.\n"),
            "{command:?}: {out}"
        );
        let told = run(&server, &[command, &["--what-if", "--json"]].concat()).json();
        let told = told.get(0).unwrap_or(&told);
        assert_eq!(told["what_if"], true, "{command:?}: {told}");
        assert!(told["changes"][0]["what"].is_string(), "{command:?}: {told}");
        assert_eq!(all(), before, "{command:?}");
    }
    let same = ["room", "change", "Deals", "--privacy", "closed", "--what-if"];
    assert_eq!(run(&server, &same).ok(), "Nothing would change.\n");
    run(&server, &["room", "remove", "None", "--what-if"]).refused();
    let test = run(&server, &["test", "message", "--setup", "--what-if"]).refused();
    assert!(test.contains("--what-if is for changes"), "{test}");
}

#[test]
fn what_followed_is_said() {
    let server = demo();
    run(&server, &["member", "add", "Announcements", "bob@example.test"]).ok();
    run(
        &server,
        &[
            "member",
            "add",
            "Announcements",
            "bob@example.test",
            "--role",
            "presenter",
        ],
    )
    .ok();
    let moved = ["category", "deny", "General", "bob@example.test"];
    let trial = run(&server, &[&moved[..], &["--what-if"]].concat()).ok();
    assert!(
        trial.contains("  lists.trim room Deals\n    - member=\"bob@example.test\" (denied-by-category)\n"),
        "{trial}"
    );
    let out = run(&server, &moved).ok();
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("bob@example.test is now denied."));
    assert!(
        lines.any(|line| line
            == "Also removed from the lists of room Deals: member bob@example.test (denied-by-category)."),
        "{out}"
    );
    assert!(
        out.contains("presenter bob@example.test (denied-by-category)"),
        "{out}"
    );
}

#[test]
fn a_change_of_what_somebody_else_changed_is_refused() {
    let server = demo();
    let version =
        |kind: &str, name: &str| run(&server, &[kind, "show", name, "--json"]).json()["version"].to_string();
    for (kind, name) in [("room", "Deals"), ("category", "General")] {
        let seen = version(kind, name);
        let change = |text: &str| {
            run(
                &server,
                &[kind, "change", name, "--description", text, "--if-version", &seen],
            )
        };
        change("mine").ok();
        let refused = change("theirs").refused();
        assert!(refused.contains("was changed by admin:unix:"), "{refused}");
        assert_ne!(version(kind, name), seen);
        assert_eq!(
            run(&server, &[kind, "show", name, "--json"]).json()["description"],
            "mine"
        );
    }
}

#[test]
fn a_room_moves_and_its_lists_are_set() {
    let server = demo();
    run(&server, &["category", "add", "Trading"]).ok();
    run(&server, &["category", "allow", "Trading", "alice@example.test"]).ok();
    let set = ["member", "set", "Deals", "bob@example.test", "carol@example.test"];
    assert_eq!(
        run(&server, &set).ok(),
        "NAME                ROLE\nbob@example.test    member\ncarol@example.test  member\n"
    );
    let out = run(&server, &["room", "change", "Deals", "--category", "Trading"]).ok();
    assert!(out.contains("Category     Trading\n"), "{out}");
    assert!(
        out.contains(
            "Also removed from the lists of room Deals: member bob@example.test (out-of-scope), member \
             carol@example.test (out-of-scope)."
        ),
        "{out}"
    );
    let room = run(&server, &["room", "show", "Deals", "--json"]).json();
    assert_eq!(room["lists"]["members"], json!([]));
}
