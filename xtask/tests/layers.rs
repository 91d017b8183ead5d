//! Dependencies between the crates run strictly downward.

use std::process::Command;

use serde_json::{Value, json};

/// The crates by level, lowest first. The floor comes before level 0: the words that all others share.
const FLOOR: &str = "causerie-model";
const LEVELS: [&[&str]; 8] = [
    // words: bytes and types, no I/O
    &[
        FLOOR,
        "causerie-sip",
        "causerie-sipauth",
        "causerie-xccos",
        "causerie-proof",
        "causerie-formats",
    ],
    // decisions: pure
    &["causerie-policy", "causerie-room"],
    // ports: traits
    &[
        "causerie-store",
        "causerie-queue",
        "causerie-records",
        "causerie-destination",
    ],
    // adapters
    &[
        "causerie-store-sqlite",
        "causerie-store-postgres",
        "causerie-queue-socket",
        "causerie-destination-folder",
    ],
    // services
    &["causerie-chat", "causerie-accounts", "causerie-compliance"],
    // gateways
    &[
        "causerie-frontend",
        "causerie-sipchat",
        "causerie-web",
        "causerie-client",
    ],
    // load: a subcommand of the program
    &["causerie-load"],
    // programs and harnesses
    &["causerie-server", "causerie-testkit", "xtask"],
];
/// Any crate's tests may use it: it starts the program as a process.
const HARNESS: &str = "causerie-testkit";
/// The bench of the service has the chat server beside it, whose queue the gateway serves.
const BESIDE: (&str, &str) = ("causerie-compliance", "causerie-web");

fn level(name: &str) -> Option<usize> {
    LEVELS.iter().position(|names| names.contains(&name))
}

/// What is wrong with the dependencies in this output of `cargo metadata --no-deps`, a sentence each.
fn wrong_arrows(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().expect("packages");
    let name_of = |value: &Value| value["name"].as_str().expect("a name").to_owned();
    let members: Vec<String> = packages.iter().map(name_of).collect();
    let mut wrong = Vec::new();
    for package in packages {
        let from = name_of(package);
        let Some(from_level) = level(&from) else {
            wrong.push(format!(
                "{from} has no level; give it one in xtask/tests/layers.rs"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let to = name_of(dependency);
            // A member without a level has a sentence of its own.
            let Some(to_level) = level(&to).filter(|_| members.contains(&to)) else {
                continue;
            };
            let only_for_tests = dependency["kind"] == "dev";
            let down = to_level < from_level
                || (to == FLOOR && from != FLOOR)
                || (only_for_tests && to == HARNESS && from != HARNESS)
                || (only_for_tests && (from.as_str(), to.as_str()) == BESIDE);
            if !down {
                wrong.push(format!(
                    "{from} (level {from_level}) must not depend on {to} (level {to_level}): dependencies run strictly downward"
                ));
            }
        }
    }
    wrong
}

fn cargo_metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn the_workspace_has_no_wrong_arrow() {
    let wrong = wrong_arrows(&cargo_metadata());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One crate with one dependency, and that dependency as a member.
fn made_up(from: &str, kind: &Value, to: &str) -> Value {
    json!({"packages": [
        {"name": from, "dependencies": [{"name": to, "kind": kind}]},
        {"name": to, "dependencies": []},
    ]})
}

#[test]
fn downward_arrows_pass() {
    for (from, kind, to) in [
        ("causerie-chat", json!(null), "causerie-store"),
        ("causerie-server", json!(null), "causerie-model"),
        ("causerie-chat", json!("dev"), "causerie-store-sqlite"),
        // the exceptions
        ("causerie-sip", json!(null), "causerie-model"),
        ("causerie-server", json!("dev"), "causerie-testkit"),
        ("causerie-compliance", json!("dev"), "causerie-web"),
    ] {
        assert_eq!(wrong_arrows(&made_up(from, &kind, to)), [""; 0], "{from} -> {to}");
    }
}

#[test]
fn upward_and_level_arrows_are_found() {
    for (from, kind, to) in [
        ("causerie-store", json!(null), "causerie-store-sqlite"),
        ("causerie-chat", json!(null), "causerie-frontend"),
        ("causerie-chat", json!(null), "causerie-accounts"),
        ("causerie-model", json!(null), "causerie-sip"),
        ("causerie-sip", json!(null), "causerie-xccos"),
        ("causerie-chat", json!("build"), "causerie-web"),
        ("causerie-store", json!("dev"), "causerie-chat"),
        ("causerie-compliance", json!(null), "causerie-web"),
        // outside of tests the harness is a crate like any other
        ("causerie-server", json!(null), "causerie-testkit"),
    ] {
        let wrong = wrong_arrows(&made_up(from, &kind, to));
        assert_eq!(wrong.len(), 1, "{from} -> {to}: {wrong:?}");
        assert!(
            wrong[0].starts_with(&format!("{from} (level ")) && wrong[0].contains(to),
            "{wrong:?}"
        );
    }
}

#[test]
fn a_crate_without_a_level_is_found() {
    let wrong = wrong_arrows(&made_up("causerie-novel", &json!(null), "causerie-model"));
    assert_eq!(
        wrong,
        ["causerie-novel has no level; give it one in xtask/tests/layers.rs"]
    );
}
