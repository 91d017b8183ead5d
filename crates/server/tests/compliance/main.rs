//! Compliance in the real program: from a message to an export that is verified, and who may do what.

mod answers;
#[path = "../admin/common.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod common;
mod history;
#[path = "../attacks/officer.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod officer;
#[path = "../attacks/people.rs"]
mod people;
#[path = "../attacks/service.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod service;
mod starts;
mod stylesheets;

use causerie_testkit::Server;
use common::{Ran, run, wait_until};
use service::{Service, chat_alone};
use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

/// Runs a command as the demo's officer.
fn officer(server: &Server, arguments: &[&str]) -> Ran {
    let token = server.data_dir().join("officer.token");
    let token = token.to_str().expect("a path");
    run(server, &[arguments, &["--token-file", token]].concat())
}

/// Where a batch that was just exported is.
fn exported(server: &Server) -> PathBuf {
    exported_by(server, "demo")
}

/// The same by another adapter.
fn exported_by(server: &Server, adapter: &str) -> PathBuf {
    let outcome = officer(server, &["compliance", "adapter", "run", adapter, "--json"]).json();
    outcome["place"].as_str().expect("something was exported").into()
}

/// How many records are stored; none as long as the service isn't there.
fn stored(server: &Server) -> u64 {
    let told = run(server, &["compliance", "status", "--json"]).out;
    let status: serde_json::Value = serde_json::from_str(&told).unwrap_or_default();
    status["records"].as_u64().unwrap_or_default()
}

/// A server with users, rooms and records, whose compliance service is there.
fn demo() -> Server {
    let server = common::demo();
    wait_until("the demo's records are stored", || stored(&server) > 0);
    server
}

#[test]
fn an_adapter_that_stays_as_it_is_is_no_change() {
    let server = demo();
    let told = |arguments: &[&str]| officer(&server, &[&["compliance", "adapter"], arguments].concat()).ok();
    told(&["set", "demo", "--enabled", "off"]);
    assert_eq!(told(&["set", "demo", "--what-if"]), "Nothing would change.\n");
    let changed = told(&["set", "demo", "--interval", "10m", "--what-if"]);
    assert!(
        changed.starts_with("Would change:\n  adapter.set demo\n") && !changed.contains("goes-on"),
        "{changed}"
    );
    told(&["run", "demo"]);
    let set = told(&["set", "demo"]);
    assert!(
        set.starts_with("Adapter 'demo' is set.\nIt goes on after position "),
        "{set}"
    );
    let json = officer(&server, &["compliance", "adapter", "set", "demo", "--json"]).json();
    assert_eq!(json["changes"], serde_json::json!([]));
    assert!(json["goes_on_after"].as_u64() > Some(0), "{json}");
    let removed = told(&["remove", "demo", "--yes"]);
    assert!(
        removed.contains("Set again it goes on after position "),
        "{removed}"
    );
}

#[test]
fn what_is_done_is_recorded_exported_and_proved() {
    let server = demo();
    let folder = exported(&server);
    let text = folder.to_str().expect("a path");
    let key = server.data_dir().join("compliance-signing.pub");
    let key = key.to_str().expect("a path");
    let told = officer(&server, &["compliance", "verify"]).ok();
    assert!(told.starts_with("Nothing is wrong"), "{told}");
    let alone = ["compliance", "verify", "--folder", text, "--key", key];
    let told = common::run_alone(&alone).ok();
    assert!(told.starts_with("Nothing is wrong"), "{told}");

    let records = folder.join("records.ndjson");
    let mut bytes = fs::read(&records).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&records, bytes).expect("it can be changed");
    let told = common::run_alone(&alone).refused();
    assert!(told.contains("records.ndjson"), "{told}");
}

#[test]
fn officers_and_administrators_keep_apart() {
    let server = demo();
    for arguments in [
        &["compliance", "adapter", "list"][..],
        &["compliance", "verify"],
        &["compliance", "hold", "list"],
        &["compliance", "matter", "list"],
        &["compliance", "key", "rotate"],
        &["retention", "plan"],
        &["retention", "set", "global", "1"],
    ] {
        let told = run(&server, arguments).refused();
        assert!(told.contains("--role compliance-officer"), "{told}");
        if arguments[1] != "key" {
            officer(&server, arguments).ok();
        }
    }
    officer(&server, &["room", "add", "X", "--category", "General"]).refused();
    officer(&server, &["user", "remove", "bob@example.test", "--yes"]).refused();
    run(&server, &["compliance", "status"]).ok();
}

#[test]
fn the_service_runs_in_a_process_of_its_own() {
    let server = chat_alone();
    let told = run(&server, &["compliance", "status"]).refused();
    assert!(told.contains("runs in another process"), "{told}");

    let service = Service::of(&server, None);
    let data = service.data_dir();
    let data = data.to_str().expect("a path");
    wait_until("it has the demo's records", || {
        let status = common::run_alone(&["compliance", "status", "--json", "--data-dir", data]).json();
        status["records"].as_u64() > Some(0) && status["queue"]["depth"] == 0
    });
    // Whoever runs it is its officer, and no administrator.
    common::run_alone(&["compliance", "verify", "--data-dir", data]).ok();
    let told = common::run_alone(&["user", "list", "--data-dir", data]).refused();
    assert!(
        told.contains("everything but compliance is the chat server's"),
        "{told}"
    );
    // Tokens are the chat server's, and good there alone.
    let token = server.data_dir().join("officer.token");
    let token = token.to_str().expect("a path");
    let with_token = ["compliance", "verify", "--data-dir", data, "--token-file", token];
    let told = common::run_alone(&with_token).refused();
    assert!(
        told.contains("takes no tokens, which are the chat server's"),
        "{told}"
    );
    let told = officer(&server, &["compliance", "verify"]).refused();
    assert!(told.contains("or data directory, without a token"), "{told}");
    let strange = service.data_dir().join("strange.token");
    fs::write(&strange, "causerie_of_another_server").expect("a file");
    fs::set_permissions(&strange, fs::Permissions::from_mode(0o600)).expect("its mode");
    let told = run(
        &server,
        &["user", "list", "--token-file", strange.to_str().expect("a path")],
    )
    .refused();
    assert!(
        told.contains("Those of this chat server are good here, and no other's"),
        "{told}"
    );
}
