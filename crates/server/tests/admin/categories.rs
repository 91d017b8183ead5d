//! Categories.

use crate::common::{demo, run};
use serde_json::json;

#[test]
fn categories_are_added_listed_shown_changed_and_removed() {
    let server = demo();
    let new = run(
        &server,
        &[
            "category",
            "add",
            "Trading",
            "--description",
            "Desks",
            "--history",
            "off",
            "--json",
        ],
    );
    let new = new.json();
    assert_eq!(
        (&new["history"], &new["invitations"], &new["file_upload"]),
        (&json!(false), &json!(false), &json!(false))
    );
    let table = run(&server, &["category", "list"]).ok();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(
        lines,
        [
            "NAME     ROOMS  HISTORY  DESCRIPTION",
            "General  4      yes      Rooms for everyone",
            "Trading  0      no       Desks"
        ]
    );
    let change = [
        "category",
        "change",
        "Trading",
        "--name",
        "Desks",
        "--history",
        "on",
        "--invitations",
        "on",
        "--json",
    ];
    let changed = run(&server, &change).json();
    assert_eq!(
        (&changed["name"], &changed["history"], &changed["invitations"]),
        (&json!("Desks"), &json!(true), &json!(true))
    );
    run(&server, &["category", "change", "Desks"]).wrong_usage();
    run(&server, &["category", "change", "Desks", "--history", "maybe"]).wrong_usage();

    for (verb, list) in [("allow", "allowed"), ("deny", "denied"), ("creator", "creators")] {
        // Denied last but one: who is denied can't become a creator.
        let who = if verb == "deny" {
            "dave@example.test"
        } else {
            "carol@example.test"
        };
        run(&server, &["category", verb, "Desks", who]).ok();
        let lists = run(&server, &["category", "show", "Desks", "--json"]).json();
        assert_eq!(lists["lists"][list], json!([who]), "{verb}");
    }
    let out = run(
        &server,
        &["category", "deny", "Desks", "dave@example.test", "--remove"],
    )
    .ok();
    assert_eq!(out, "dave@example.test is no longer denied.\n");
    let again = run(
        &server,
        &["category", "deny", "Desks", "dave@example.test", "--remove"],
    )
    .ok();
    assert_eq!(again, "dave@example.test was not on the list.\n");

    let full = run(&server, &["category", "remove", "General", "--dry-run"]).refused();
    assert!(full.contains("still holds 4 room(s)"), "{full}");
    run(&server, &["category", "remove", "Desks"]).refused();
    run(&server, &["category", "remove", "Desks", "--yes"]).ok();
    assert!(
        run(&server, &["category", "show", "Desks"])
            .refused()
            .contains("there is no category 'Desks'")
    );
}
