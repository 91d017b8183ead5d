//! Groups.

use crate::common::{demo, names, run};
use serde_json::json;

#[test]
fn groups_are_added_listed_shown_changed_and_removed() {
    let server = demo();
    run(&server, &["group", "add", "Traders"]).ok();
    let out = run(
        &server,
        &[
            "group",
            "add-member",
            "Traders",
            "bob@example.test",
            "carol@example.test",
        ],
    )
    .ok();
    assert_eq!(
        out,
        "bob@example.test is now in the group.\ncarol@example.test is now in the group.\n"
    );
    let again = run(
        &server,
        &["group", "add-member", "Traders", "bob@example.test", "--json"],
    )
    .json();
    assert_eq!(
        again,
        json!([{"principal": "bob@example.test", "changed": false, "changes": []}])
    );
    let table = run(&server, &["group", "list"]).ok();
    assert_eq!(
        table,
        "NAME      KIND   MEMBERS\nEveryone  group  4\nTraders   group  2\n"
    );
    run(
        &server,
        &["group", "change", "Traders", "--name", "London/traders"],
    )
    .ok();
    let shown = run(&server, &["group", "show", "london/traders"]).ok();
    assert_eq!(
        shown,
        "Name     London/traders\nKind     group\nMembers  bob@example.test, carol@example.test\n"
    );
    let user = run(&server, &["user", "show", "bob@example.test", "--json"]).json();
    assert_eq!(user["groups"], json!(["Everyone", "London/traders"]));
    run(
        &server,
        &["group", "remove-member", "London/traders", "bob@example.test"],
    )
    .ok();
    let again = run(
        &server,
        &["group", "remove-member", "London/traders", "bob@example.test"],
    )
    .ok();
    assert_eq!(again, "bob@example.test was not in the group.\n");

    let circle = run(&server, &["group", "add-member", "Everyone", "Everyone"]).refused();
    assert!(circle.contains("can't be part of it"), "{circle}");
    let unknown = run(&server, &["group", "add-member", "Everyone", "Nobody"]).refused();
    assert_eq!(unknown, "error: there is no group 'Nobody'\n");
    assert!(
        run(&server, &["group", "add", "a@b"])
            .refused()
            .contains("can't contain '@'")
    );
    assert!(
        run(&server, &["group", "add", "everyone"])
            .refused()
            .contains("already")
    );

    let dry = run(&server, &["group", "remove", "London/traders", "--dry-run"]).ok();
    assert!(
        dry.starts_with("Would remove group 'London/traders' with 1 member(s)"),
        "{dry}"
    );
    let removed = run(&server, &["group", "remove", "London/traders", "--yes", "--json"]).json();
    assert_eq!(
        (&removed["removed"], &removed["changes"][0]["what"]),
        (&json!(true), &json!("group.remove"))
    );
    assert_eq!(
        names(&run(&server, &["group", "list", "--json"]).json(), "name"),
        ["Everyone"]
    );
}
