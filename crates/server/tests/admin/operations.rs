//! Why somebody may do something, who may be given a role, rooms that fit, and messages that go.

use crate::common::{command, demo, names, run};
use causerie_testkit::Server;
use std::{io::Write, process::Stdio};

#[test]
fn a_decision_is_explained_with_every_check() {
    let server = demo();
    let told = run(&server, &["explain", "carol@example.test", "join", "Deals"]).ok();
    assert!(
        told.starts_with(
            "carol@example.test may not join room Deals: Only members of the room may do this. (not-a-member)\n"
        ),
        "{told}"
    );
    assert!(
        told.contains(
            "carol@example.test is in Everyone, Everyone is on the list allowed of category General"
        ),
        "{told}"
    );
    let value = run(
        &server,
        &["explain", "carol@example.test", "see", "Project X", "--json"],
    )
    .json();
    assert_eq!(value["rule"], "secret-room-hidden");
    let creates = run(
        &server,
        &[
            "explain",
            "carol@example.test",
            "create-room",
            "General",
            "--json",
        ],
    )
    .json();
    assert_eq!(creates["rule"], "not-a-creator");
    run(&server, &["explain", "carol@example.test", "fly", "Deals"]).wrong_usage();
    assert!(
        run(&server, &["explain", "none@example.test", "see", "Deals"])
            .refused()
            .contains("there is no user 'none@example.test'")
    );
}

#[test]
fn who_may_be_given_a_role_is_listed() {
    let server = demo();
    run(&server, &["user", "add", "out@example.test", "--no-password"]).ok();
    let told = run(&server, &["eligible", "--room", "Deals", "--json"]).json();
    assert_eq!(told["total"], 5);
    let found = run(
        &server,
        &["eligible", "--category", "General", "--filter", "ob", "--json"],
    )
    .json();
    assert_eq!(names(&found["principals"], "principal"), ["bob@example.test"]);
    let table = run(&server, &["eligible", "--room", "Deals", "--limit", "1"]).ok();
    assert_eq!(
        table,
        "NAME                KIND  DISPLAY NAME\nalice@example.test  user  Alice\n… and 4 more\n"
    );
    run(&server, &["eligible"]).wrong_usage();
    run(&server, &["eligible", "--room", "Deals", "--category", "General"]).wrong_usage();
}

#[test]
fn rooms_are_found() {
    let server = demo();
    let found = |options: &[&str]| {
        let words = ["room", "find"].iter().chain(options).chain(&["--json"]);
        let words: Vec<&str> = words.copied().collect();
        names(&run(&server, &words).json(), "name")
    };
    assert_eq!(found(&["--privacy", "secret"]), ["Project X"]);
    assert_eq!(
        found(&["--member", "bob@example.test", "--type", "normal"]),
        ["Deals", "Project X"]
    );
    assert_eq!(found(&["--filter", "nobody", "--descriptions"]), ["Project X"]);
    assert_eq!(found(&["--larger-than", "1KB"]), [""; 0]);
    assert_eq!(found(&["--idle-since", "1d"]), [""; 0]);
    assert_eq!(found(&["--disabled", "off", "--limit", "1"]), ["Announcements"]);
    let table = run(&server, &["room", "find", "--sizes", "--filter", "lob"]).ok();
    assert!(
        table.starts_with("NAME   CATEGORY  TYPE    PRIVACY  MESSAGES  SIZE  LAST MESSAGE  DESCRIPTION\n"),
        "{table}"
    );
    assert!(table.contains("0 B   never"), "{table}");
    run(&server, &["room", "find", "--larger-than", "10"]).wrong_usage();
}

#[test]
fn messages_are_counted_before_they_are_removed_and_somebody_is_asked() {
    let server = demo();
    let empty = run(&server, &["message", "remove", "Lobby", "--from", "2020-01-01"]).ok();
    assert_eq!(empty, "No message of room Lobby fits. Nothing was changed.\n");
    post(&server, "first word\nsecond word\n");
    let which = ["message", "remove", "Lobby", "--text", "first"];
    let with = |more: &[&'static str]| {
        let words: Vec<&str> = which.iter().chain(more).copied().collect();
        run(&server, &words)
    };
    for asked in ["--what-if", "--dry-run"] {
        assert_eq!(
            with(&[asked]).ok(),
            "Would remove 1 message(s) of room Lobby. Nothing was changed.\n"
        );
    }
    let nobody = with(&[]).refused();
    assert!(
        nobody.contains("this removes 1 message(s) of room Lobby, and there is nobody to ask: say --yes"),
        "{nobody}"
    );
    assert_eq!(with(&["--yes"]).ok(), "Removed 1 message(s) of room Lobby.\n");
    let replaced = run(
        &server,
        &[
            "message",
            "replace",
            "Lobby",
            "--author",
            "alice@example.test",
            "--with",
            "x",
            "--yes",
            "--json",
        ],
    )
    .json();
    assert_eq!(replaced["messages"], 1);
    run(&server, &["message", "remove", "Lobby"]).wrong_usage();
    run(&server, &["message", "remove", "Lobby", "--match", "any"]).wrong_usage();
    run(&server, &["room", "clear", "Lobby"]).wrong_usage();
    let would = run(
        &server,
        &["room", "clear", "Lobby", "--until", "2100-01-01", "--what-if"],
    )
    .ok();
    assert_eq!(
        would,
        "Would remove 1 message(s) of room Lobby. Nothing was changed.\n"
    );
    let cleared = run(
        &server,
        &["room", "clear", "Lobby", "--until", "2100-01-01", "--yes"],
    )
    .ok();
    assert_eq!(cleared, "Removed 1 message(s) of room Lobby.\n");
}

/// Posts in Lobby as alice.
fn post(server: &Server, lines: &str) {
    let mut process = command(&["chat", "alice@example.test", "Lobby", "--server"])
        .arg(server.sip_tls().to_string())
        .arg("--data-dir")
        .arg(server.data_dir())
        .env("CAUSERIE_PASSWORD", "causerie")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut keyboard = process.stdin.take().expect("a pipe");
    keyboard.write_all(lines.as_bytes()).expect("it reads");
    drop(keyboard);
    assert!(process.wait().expect("it ends").success());
}
