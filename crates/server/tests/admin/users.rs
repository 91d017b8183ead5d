//! Users.

use crate::common::{demo, names, run, run_with_input};
use causerie_testkit::{Account, Sipeh, real_client_is_left_out};
use serde_json::json;

#[test]
fn users_are_added_listed_shown_changed_and_removed() {
    let server = demo();
    let added = run_with_input(
        &server,
        &[
            "user",
            "add",
            "Ann@Example.test",
            "--name",
            "Ann Ü",
            "--password-stdin",
            "--json",
        ],
        "correct horse\n",
    );
    let added = added.json();
    assert_eq!(added["address"], "ann@example.test");
    assert_eq!(
        (&added["display_name"], &added["has_password"], &added["enabled"]),
        (&json!("Ann Ü"), &json!(true), &json!(true))
    );
    run(&server, &["user", "add", "eve@example.test", "--no-password"]).ok();
    let eve = run(&server, &["user", "show", "eve@example.test", "--json"]).json();
    assert_eq!(
        (&eve["display_name"], &eve["has_password"]),
        (&json!("eve"), &json!(false))
    );

    let table = run(&server, &["user", "list"]).ok();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "ADDRESS             NAME   ENABLED  SIGNED IN");
    assert_eq!(lines[2], "ann@example.test    Ann Ü  yes      0");

    let shown = run(
        &server,
        &["user", "change", "ann@example.test", "--name", "Ann", "--disable"],
    )
    .ok();
    assert!(
        shown.contains("Name       Ann\n") && shown.contains("Enabled    no\n"),
        "{shown}"
    );
    run(&server, &["user", "change", "ann@example.test", "--enable"]).ok();
    assert_eq!(
        run(&server, &["user", "show", "ann@example.test", "--json"]).json()["enabled"],
        true
    );

    run_with_input(
        &server,
        &["user", "password", "eve@example.test", "--password-stdin"],
        "another one\n",
    )
    .ok();
    assert_eq!(
        run(&server, &["user", "show", "eve@example.test", "--json"]).json()["has_password"],
        true
    );
    let out = run(&server, &["user", "sign-out", "eve@example.test"]).ok();
    assert_eq!(out, "Signed eve@example.test out of 0 device(s).\n");

    // A dry run and a refusal change nothing.
    let dry = run(&server, &["user", "remove", "eve@example.test", "--dry-run"]).ok();
    assert_eq!(
        dry,
        "Would remove user eve@example.test with all rights (messages stay). Nothing was changed.\n"
    );
    let dry = run(
        &server,
        &["user", "remove", "eve@example.test", "--dry-run", "--json"],
    )
    .json();
    assert_eq!(
        (&dry["dry_run"], &dry["would_remove"]["address"]),
        (&json!(true), &json!("eve@example.test"))
    );
    let refused = run(&server, &["user", "remove", "eve@example.test"]).refused();
    assert!(refused.contains("say --yes"), "{refused}");
    run(&server, &["user", "show", "eve@example.test"]).ok();

    assert_eq!(
        run(&server, &["user", "remove", "eve@example.test", "--yes"]).ok(),
        "Removed user eve@example.test.\n"
    );
    let gone = run(&server, &["user", "show", "eve@example.test"]).refused();
    assert_eq!(gone, "error: there is no user 'eve@example.test'\n");
    assert!(
        run(&server, &["user", "remove", "eve@example.test", "--dry-run"])
            .refused()
            .contains("there is no user")
    );
}

#[test]
fn what_cannot_be_done_to_users_is_refused_with_a_reason() {
    let server = demo();
    let add = |address: &str| run(&server, &["user", "add", address, "--no-password"]).refused();
    assert_eq!(
        add("alice@example.test"),
        "error: there is a user 'alice@example.test' already\n"
    );
    assert!(add("alice").contains("'alice' is not an address of the form user@domain"));
    let change = run(&server, &["user", "change", "alice@example.test"]).wrong_usage();
    assert!(change.contains("--name"), "{change}");
    run(
        &server,
        &["user", "change", "alice@example.test", "--enable", "--disable"],
    )
    .wrong_usage();
    let nobody = run(&server, &["user", "password", "alice@example.test"]).refused();
    assert!(nobody.contains("--password-stdin"), "{nobody}");
    // A password is never an argument.
    run(
        &server,
        &["user", "add", "x@example.test", "--password", "secret"],
    )
    .wrong_usage();

    // A password that is no good leaves no user behind.
    let short = run_with_input(
        &server,
        &["user", "add", "x@example.test", "--password-stdin"],
        "short\n",
    )
    .refused();
    assert_eq!(short, "error: the password is too short: at least 8 characters\n");
    assert!(
        run(&server, &["user", "show", "x@example.test"])
            .refused()
            .contains("no user")
    );
    assert!(!server.log().contains("short"), "passwords aren't logged");
}

#[test]
fn who_is_signed_in_is_shown_and_can_be_signed_out() {
    if real_client_is_left_out() {
        return;
    }
    let server = demo();
    let mut bob = Sipeh::start(&server, "bob@example.test", "causerie");
    let all = run(&server, &["registrations", "--json"]).json();
    assert_eq!(names(&all, "address"), ["bob@example.test"]);
    assert_eq!(all[0]["transport"], "tls");
    assert_eq!(
        run(&server, &["user", "show", "bob@example.test", "--json"]).json()["endpoints"],
        1
    );
    let out = run(&server, &["user", "sign-out", "bob@example.test", "--json"]).json();
    assert_eq!(
        (&out["endpoints"], &out["changes"][0]["what"]),
        (&json!(1), &json!("user.sign-out"))
    );
    bob.wait_for("signed-off", "");

    // Who is disabled is signed out, and kept out.
    bob.command("connect");
    bob.wait_for("signed-on", "");
    run(&server, &["user", "change", "bob@example.test", "--disable"]).ok();
    bob.wait_for("signed-off", "");
    let mut again = Sipeh::launch(&server, &Account::new("bob@example.test", "causerie"));
    again.wait_for("connection-error", "");
    assert_eq!(run(&server, &["registrations"]).ok(), "Nobody is signed in.\n");
}
