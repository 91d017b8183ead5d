//! Policies, and to whom they are granted.

use crate::common::{demo, run};
use serde_json::json;

#[test]
fn policies_are_set_granted_shown_and_removed() {
    let server = demo();
    assert_eq!(
        run(&server, &["policy", "list"]).ok(),
        "FOR     PERSISTENT CHAT  DESCRIPTION\nglobal  yes\n"
    );
    let set = [
        "policy",
        "set",
        "NoChat",
        "--persistent-chat",
        "off",
        "--description",
        "Guests",
    ];
    assert_eq!(
        run(&server, &set).ok(),
        "For              tag:NoChat\nPersistent chat  no\nDescription      Guests\nGranted to       nobody\n"
    );
    let out = run(
        &server,
        &[
            "policy",
            "grant",
            "NoChat",
            "bob@example.test",
            "carol@example.test",
        ],
    )
    .ok();
    assert_eq!(
        out,
        "bob@example.test: the policy that holds is now tag:NoChat.\n\
         carol@example.test: the policy that holds is now tag:NoChat.\n"
    );
    let again = run(&server, &["policy", "grant", "tag:NoChat", "bob@example.test"]).ok();
    assert_eq!(
        again,
        "bob@example.test: the policy that holds is already tag:NoChat.\n"
    );
    let shown = run(&server, &["policy", "show", "NoChat", "--json"]).json();
    assert_eq!(
        shown["granted"],
        json!(["bob@example.test", "carol@example.test"])
    );
    let his = run(&server, &["policy", "show", "bob@example.test"]).ok();
    assert!(his.starts_with("For              tag:NoChat\n"), "{his}");
    let card = run(&server, &["user", "show", "bob@example.test"]).ok();
    assert!(
        card.contains("Policy     tag:NoChat: may not use rooms\n"),
        "{card}"
    );
    assert!(
        run(&server, &["policy", "remove", "NoChat", "--yes"])
            .refused()
            .contains("take it from them first")
    );
    let back = run(
        &server,
        &[
            "policy",
            "revoke",
            "bob@example.test",
            "carol@example.test",
            "--json",
        ],
    )
    .json();
    assert_eq!(back[0]["changes"][0]["what"], "user.change");
    run(&server, &["policy", "remove", "NoChat", "--yes"]).ok();
    assert!(
        run(&server, &["policy", "grant", "NoChat", "bob@example.test"])
            .refused()
            .contains("there is no policy 'NoChat'")
    );
    run(&server, &["policy", "set", "NoChat"]).wrong_usage();
}

#[test]
fn a_users_site_decides_if_nothing_is_granted() {
    let server = demo();
    run(
        &server,
        &["policy", "set", "site:London", "--persistent-chat", "off"],
    )
    .ok();
    run(&server, &["policy", "set", "Traders", "--persistent-chat", "on"]).ok();
    let new = [
        "user",
        "add",
        "ann@example.test",
        "--no-password",
        "--site",
        "London",
        "--policy",
        "Traders",
        "--json",
    ];
    let new = run(&server, &new).json();
    assert_eq!(new["effective_policy"]["scope"], "tag:Traders");
    let without = run(
        &server,
        &["user", "change", "ann@example.test", "--no-policy", "--json"],
    )
    .json();
    assert_eq!(
        (&without["policy"], &without["effective_policy"]["scope"]),
        (&json!(null), &json!("site:London"))
    );
    let moved = run(
        &server,
        &["user", "change", "ann@example.test", "--no-site", "--json"],
    )
    .json();
    assert_eq!(moved["effective_policy"]["scope"], "global");
    run(
        &server,
        &["user", "change", "ann@example.test", "--site", "X", "--no-site"],
    )
    .wrong_usage();
    // A user who can't be as asked for isn't added.
    let unknown = [
        "user",
        "add",
        "eve@example.test",
        "--no-password",
        "--policy",
        "None",
    ];
    assert_eq!(
        run(&server, &unknown).refused(),
        "error: there is no policy 'None'\n"
    );
    run(&server, &["user", "show", "eve@example.test"]).refused();
}
