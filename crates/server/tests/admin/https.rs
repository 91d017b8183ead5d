//! Administration from elsewhere: over HTTPS, by token.

use crate::common::{Ran, command, demo, names, run, run_alone};
use causerie_testkit::{Options, Server};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

/// A server with HTTPS, and its address.
fn with_https() -> (Server, String) {
    let options = Options {
        arguments: ["--admin-https", "127.0.0.1:0"].map(str::to_owned).to_vec(),
        ..Options::default()
    };
    let server = Server::start(crate::common::BINARY, options);
    let listening = fs::read_to_string(server.data_dir().join("listening.json")).expect("it is there");
    let listening: Value = serde_json::from_str(&listening).expect("JSON");
    let address = listening["admin_https"].as_str().expect("an address");
    let port = address.rsplit(':').next().expect("a port");
    (server, format!("https://localhost:{port}"))
}

/// Adds a token and keeps it in a file beside the data.
fn token(server: &Server, name: &str, role: &str) -> PathBuf {
    let text = run(server, &["token", "add", name, "--role", role]).ok();
    assert!(
        text.starts_with("causerie_") && text.lines().count() == 1,
        "{text}"
    );
    let file = server.data_dir().join(format!("{name}.token"));
    fs::write(&file, text).expect("it can be written");
    file
}

/// Runs a command from elsewhere.
fn from_elsewhere(server: &Server, url: &str, token: &PathBuf, arguments: &[&str]) -> Ran {
    let mut command = command(arguments);
    command
        .args(["--url", url, "--ca"])
        .arg(server.data_dir().join("ca.pem"));
    let output = command.arg("--token-file").arg(token).output();
    Ran::of(&output.expect("the program starts"))
}

#[test]
fn the_server_is_administered_from_elsewhere_as_far_as_the_role_goes() {
    let (server, url) = with_https();
    let boss = token(&server, "boss", "administrator");
    let auditor = token(&server, "eve.auditor", "auditor");
    let users = from_elsewhere(&server, &url, &auditor, &["user", "list", "--json"]).json();
    assert_eq!(users, run(&server, &["user", "list", "--json"]).json());
    let add = ["room", "add", "Desk", "--category", "General"];
    let refused = from_elsewhere(&server, &url, &auditor, &add).refused();
    assert!(
        refused.contains("Auditors may read and change nothing."),
        "{refused}"
    );
    from_elsewhere(&server, &url, &boss, &add).ok();
    run(&server, &["room", "show", "Desk"]).ok();
    let officer = ["token", "add", "me", "--role", "compliance-officer"];
    let refused = from_elsewhere(&server, &url, &boss, &officer).refused();
    assert!(refused.contains("on the server's machine only"), "{refused}");
    let log = server.log();
    for told in [
        "actor=\"admin:token:boss\" what=\"room.add\"",
        "what=\"token.add\" target=\"boss\"",
        "Refused. origin=token:eve.auditor from 127.0.0.1:",
        &format!("HTTPS           {}", url.replace("localhost", "127.0.0.1")),
    ] {
        assert!(log.contains(told), "'{told}' is not in:\n{log}");
    }
}

#[test]
fn the_environment_may_name_server_and_token() {
    let (server, url) = with_https();
    let file = token(&server, "ci", "auditor");
    let text = fs::read_to_string(&file).expect("it is there");
    let ask = |url: &str, token: &str, ca: bool| {
        let mut command = command(&["status", "--json"]);
        if ca {
            command.arg("--ca").arg(server.data_dir().join("ca.pem"));
        }
        let output = command
            .env("CAUSERIE_URL", url)
            .env("CAUSERIE_TOKEN", token)
            .output();
        Ran::of(&output.expect("the program starts"))
    };
    let status = ask(&url, text.trim(), true).json();
    assert_eq!(
        status["admin_https"],
        url.replace("https://localhost", "127.0.0.1")
    );
    let unknown = ask(&url, "causerie_nobodys", true).refused();
    assert!(unknown.contains("it isn't known who asks"), "{unknown}");
    let unsendable = ask(&url, "a\nb", true).refused();
    assert!(unsendable.contains("the token can't be sent"), "{unsendable}");
    let untrusted = ask(&url, text.trim(), false).refused();
    assert!(untrusted.contains("--ca FILE"), "{untrusted}");
    let plain = ask(&url.replace("https", "http"), text.trim(), true).refused();
    assert!(plain.contains("must be https://host"), "{plain}");
    let nowhere = ask("https://localhost:1", text.trim(), true).refused();
    assert!(
        nowhere.contains("no server is reached at localhost:1"),
        "{nowhere}"
    );
}

#[test]
fn tokens_are_added_listed_and_removed() {
    let server = demo();
    // The demo's officer has one.
    run(&server, &["token", "remove", "demo", "--yes"]).ok();
    assert_eq!(run(&server, &["token", "list"]).ok(), "There are no tokens.\n");
    let issued = run(
        &server,
        &[
            "token",
            "add",
            "ci",
            "--role",
            "compliance-officer",
            "--expires",
            "90d",
            "--json",
        ],
    )
    .json();
    assert_eq!(
        (&issued["name"], &issued["role"]),
        (&json!("ci"), &json!("compliance-officer"))
    );
    token(&server, "other", "user-administrator");
    let list = run(&server, &["token", "list", "--json"]).json();
    assert_eq!(names(&list, "name"), ["ci", "other"]);
    assert_eq!(list[0]["expires"], issued["expires"]);
    assert!(!list.to_string().contains("causerie_"), "{list}");
    let table = run(&server, &["token", "list"]).ok();
    assert!(table.starts_with("NAME   ROLE"), "{table}");
    let taken = run(&server, &["token", "add", "CI", "--role", "auditor"]).refused();
    assert!(taken.contains("there is a token 'CI' already"), "{taken}");
    run(&server, &["token", "add", "x", "--role", "king"]).wrong_usage();
    run(
        &server,
        &["token", "add", "x", "--role", "auditor", "--expires", "soon"],
    )
    .wrong_usage();
    let dry = run(&server, &["token", "remove", "ci", "--dry-run"]).ok();
    assert_eq!(
        dry,
        "Would remove token 'ci' of role compliance-officer. Nothing was changed.\n"
    );
    assert!(
        run(&server, &["token", "remove", "ci"])
            .refused()
            .contains("--yes")
    );
    assert_eq!(
        run(&server, &["token", "remove", "ci", "--yes"]).ok(),
        "Removed token 'ci'.\n"
    );
    let gone = run(&server, &["token", "remove", "ci", "--yes"]).refused();
    assert!(gone.contains("there is no token 'ci'"), "{gone}");
}

#[test]
fn certificates_that_are_read_again_are_those_of_https_too() {
    let (server, url) = with_https();
    let file = token(&server, "ci", "auditor");
    let old = server.data_dir().join("old.pem");
    fs::copy(server.data_dir().join("ca.pem"), &old).expect("it can be copied");
    for name in ["ca.pem", "ca.key", "ecdsa.pem", "rsa.pem"] {
        fs::remove_file(server.data_dir().join(name)).expect("it is there");
    }
    run(&server, &["certificates", "reload"]).ok();
    from_elsewhere(&server, &url, &file, &["status"]).ok();
    let mut command = command(&["status", "--url", &url, "--ca"]);
    let output = command.arg(&old).arg("--token-file").arg(&file).output();
    let refused = Ran::of(&output.expect("the program starts")).refused();
    assert!(refused.contains("can't be trusted"), "{refused}");
}

#[test]
fn the_description_is_printed_without_a_server() {
    let text = run_alone(&["api"]).ok();
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert!(document["paths"]["/v1/users"]["get"].is_object(), "{text}");
}
