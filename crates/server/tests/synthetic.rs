//! `causerie test message` against a server: what it tells when all is well, and of each thing that can be wrong.
//!
//! The demo's users and rooms are the scene: Deals is closed and for alice and bob; Project X is secret and theirs too;
//! in Announcements alice alone may post.

use causerie_testkit::Server;
use serde_json::{Value, json};
use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output, Stdio},
};

const BINARY: &str = env!("CARGO_BIN_EXE_causerie");
const PASSWORD: &str = "causerie";

/// What signing in is made of.
const SIGN_IN: [&str; 6] = [
    "resolve",
    "connect",
    "tls",
    "sign-in",
    "provisioning",
    "chat-service",
];

/// Runs a command that has neither terminal nor environment to get a password from.
fn causerie(server: &Server, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command
        .args(arguments)
        .arg("--data-dir")
        .arg(server.data_dir())
        .current_dir(server.data_dir())
        .stdin(Stdio::null())
        .env_remove("CAUSERIE_SOCKET")
        .env_remove("CAUSERIE_CONFIG")
        .env_remove("CAUSERIE_SENDER_PASSWORD")
        .env_remove("CAUSERIE_RECEIVER_PASSWORD");
    command
}

fn output(mut command: Command) -> Output {
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// The transaction between two of the demo's users.
fn between(server: &Server, sender: &str, receiver: &str, room: &str) -> Command {
    let address = |user: &str| format!("{user}@example.test");
    let mut command = causerie(server, &["test", "message", "--room", room]);
    command
        .args(["--sender", &address(sender), "--receiver", &address(receiver)])
        .env("CAUSERIE_SENDER_PASSWORD", PASSWORD)
        .env("CAUSERIE_RECEIVER_PASSWORD", PASSWORD);
    command
}

/// What it tells as JSON, with that exit code.
#[track_caller]
fn told(mut command: Command, code: i32) -> Value {
    command.arg("--json");
    let output = output(command);
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// It fails at that step of that user, and tells that error and that hint.
#[track_caller]
fn fails(command: Command, step: &str, user: &str, error: &str, hint: &str) {
    let told = told(command, 1);
    assert_eq!(told["result"], "failure", "{told:#}");
    let last = told["steps"]
        .as_array()
        .and_then(|steps| steps.last())
        .expect("a step");
    assert_eq!(last["step"], step, "{told:#}");
    assert_eq!(last["user"], format!("{user}@example.test"), "{told:#}");
    assert_eq!(last["ok"], false, "{told:#}");
    let contains = |key: &str, part: &str| told[key].as_str().is_some_and(|text| text.contains(part));
    assert!(contains("error", error), "{told:#}");
    assert!(contains("diagnosis", hint), "{told:#}");
}

#[track_caller]
fn is_wrong_usage(command: Command, hint: &str) {
    let output = output(command);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(text(&output.stderr).contains(hint), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
}

#[test]
fn a_server_that_is_well_is_told_so_with_the_time_of_each_step() {
    let server = Server::demo(BINARY);
    let all = told(between(&server, "alice", "bob", "Deals"), 0);
    let mut keys: Vec<&str> = all
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "diagnosis",
            "error",
            "latency_milliseconds",
            "receiver",
            "result",
            "room",
            "sender",
            "steps",
            "target"
        ]
    );
    assert_eq!(all["target"], server.sip_tls().to_string());
    assert_eq!(all["result"], "success");
    assert_eq!((&all["error"], &all["diagnosis"]), (&Value::Null, &Value::Null));
    assert_eq!(all["sender"], "alice@example.test");
    assert_eq!(all["receiver"], "bob@example.test");
    assert_eq!(all["room"], "Deals");
    let steps = all["steps"].as_array().expect("a list");
    let latency = all["latency_milliseconds"].as_f64().expect("a number");
    for step in steps {
        assert_eq!(step.as_object().map(serde_json::Map::len), Some(4), "{step}");
        assert_eq!(step["ok"], true, "{step}");
        let time = step["milliseconds"].as_f64().expect("a number");
        assert!((0.0..=latency).contains(&time), "{step}, {latency}");
    }
    let seen: Vec<(&str, &str)> = steps
        .iter()
        .map(|step| {
            let user = step["user"].as_str().expect("text");
            let user = user.strip_suffix("@example.test").expect("of the domain");
            (step["step"].as_str().expect("text"), user)
        })
        .collect();
    let sign_in = |user: &'static str| SIGN_IN.map(|step| (step, user));
    let expected: Vec<(&str, &str)> = sign_in("alice")
        .into_iter()
        .chain(sign_in("bob"))
        .chain([
            ("find-room", "alice"),
            ("join", "alice"),
            ("find-room", "bob"),
            ("join", "bob"),
            ("post", "alice"),
            ("delivery", "bob"),
            ("post", "bob"),
            ("delivery", "alice"),
            ("history", "alice"),
            ("part", "alice"),
            ("part", "bob"),
            ("sign-out", "alice"),
            ("sign-out", "bob"),
        ])
        .collect();
    assert_eq!(seen, expected);

    // It really happened: both messages are in the room, and nobody stayed.
    let mut reader = causerie(&server, &["chat", "alice@example.test", "Deals", "--quiet"]);
    reader.env("CAUSERIE_PASSWORD", PASSWORD);
    let read = output(reader);
    let read: Vec<&str> = text(&read.stdout).lines().collect();
    assert_eq!(read.len(), 2, "{read:?}");
    assert!(
        read[0].contains(" Alice: Synthetic transaction ") && read[0].ends_with(": can you read this?"),
        "{read:?}"
    );
    assert!(
        read[1].contains(" Bob: Synthetic transaction ") && read[1].ends_with(": yes"),
        "{read:?}"
    );
    let registrations = told(causerie(&server, &["registrations"]), 0);
    assert_eq!(registrations, json!([]));
}

#[test]
fn for_people_there_is_a_table() {
    let server = Server::demo(BINARY);
    let shown = output(between(&server, "alice", "bob", "Deals"));
    assert_eq!(shown.status.code(), Some(0), "{shown:?}");
    let lines: Vec<&str> = text(&shown.stdout).lines().collect();
    assert!(lines[0].starts_with("STEP"), "{lines:#?}");
    assert!(
        lines.iter().any(|line| line.starts_with("delivery")
            && line.contains("bob@example.test")
            && line.ends_with(" ms")),
        "{lines:#?}"
    );
    let fact = |name: &str| {
        let line = lines.iter().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name}: {lines:#?}")).trim()
    };
    assert_eq!(fact("Target"), server.sip_tls().to_string());
    assert_eq!(fact("Result"), "success");
    assert!(fact("Latency").ends_with(" ms"));
    assert_eq!((fact("Error"), fact("Diagnosis")), ("none", "none"));

    let failed = output(between(&server, "alice", "carol", "Deals"));
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    let shown = text(&failed.stdout);
    let is_failed =
        |line: &str| line.starts_with("join") && line.contains("carol") && line.ends_with("failed");
    assert!(shown.lines().any(is_failed), "{shown}");
    assert!(shown.contains("Result     failure"), "{shown}");
    assert_eq!(
        text(&failed.stderr),
        "error: the transaction failed: join of carol@example.test\n"
    );
}

#[test]
fn it_can_be_repeated() {
    let server = Server::demo(BINARY);
    let again = |room: &str| {
        let mut command = between(&server, "alice", "bob", room);
        command.args(["--repeat", "3", "--interval", "0"]);
        command
    };
    let all = told(again("Deals"), 0);
    assert_eq!((&all["succeeded"], &all["failed"]), (&json!(3), &json!(0)));
    let runs = all["runs"].as_array().expect("a list");
    assert_eq!(runs.len(), 3, "{all:#}");
    let longest = runs
        .iter()
        .filter_map(|run| run["latency_milliseconds"].as_f64())
        .fold(0.0, f64::max);
    assert_eq!(all["latency_milliseconds"]["max"], longest, "{all:#}");
    let time = |name: &str| all["delivery_milliseconds"][name].as_f64().expect("a number");
    assert!(
        time("p50") <= time("p95") && time("p99") <= time("max"),
        "{all:#}"
    );

    // It goes on after a failure.
    let none = told(again("Announcements"), 1);
    assert_eq!((&none["succeeded"], &none["failed"]), (&json!(0), &json!(3)));
    assert_eq!(none["latency_milliseconds"]["p50"], Value::Null);
    let shown = output(again("Deals"));
    let lines: Vec<&str> = text(&shown.stdout).lines().collect();
    assert_eq!(lines.len(), 7, "{lines:#?}");
    assert!(
        lines[..3].iter().all(|line| line.ends_with(" ms  success")),
        "{lines:#?}"
    );
    assert!(
        lines[5].starts_with("transaction") && lines[6].starts_with("delivery"),
        "{lines:#?}"
    );
}

#[test]
fn what_is_wrong_with_a_user_or_a_room_is_told() {
    let server = Server::demo(BINARY);
    let mut wrong = between(&server, "alice", "bob", "Deals");
    wrong.env("CAUSERIE_RECEIVER_PASSWORD", "wrong");
    fails(
        wrong,
        "sign-in",
        "bob",
        "wrong password",
        "causerie user password bob@example.test",
    );
    fails(
        between(&server, "alice", "nobody", "Deals"),
        "sign-in",
        "nobody",
        "no such user",
        "there is no such user",
    );
    // A closed room is found and not entered, a secret one not even found.
    fails(
        between(&server, "carol", "alice", "Deals"),
        "join",
        "carol",
        "Only members",
        "Is he a member of the room",
    );
    fails(
        between(&server, "alice", "carol", "Project X"),
        "find-room",
        "carol",
        "finds no such room",
        "a secret room is seen by its members only",
    );
    // In the auditorium alice may post and bob may not.
    fails(
        between(&server, "bob", "alice", "Announcements"),
        "post",
        "bob",
        "Only presenters",
        "--role presenter",
    );
    fails(
        between(&server, "alice", "bob", "Announcements"),
        "post",
        "bob",
        "Only presenters",
        "--role presenter",
    );
}

#[test]
fn a_room_that_keeps_nothing_is_told() {
    let server = Server::demo(BINARY);
    let off = output(causerie(
        &server,
        &["category", "change", "General", "--history", "off"],
    ));
    assert!(off.status.success(), "{off:?}");
    fails(
        between(&server, "alice", "bob", "Lobby"),
        "history",
        "alice",
        "doesn't hold both messages",
        "keep history",
    );
}

#[test]
fn what_is_wrong_with_the_server_is_told() {
    let server = Server::demo(BINARY);
    let other = Server::demo(BINARY);
    let mut untrusted = between(&server, "alice", "bob", "Deals");
    untrusted.arg("--ca").arg(other.data_dir().join("ca.pem"));
    fails(
        untrusted,
        "tls",
        "alice",
        "certificate not trusted",
        "TLS isn't trusted",
    );

    // A listener that says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address").to_string();
    let mut hangs = between(&server, "alice", "bob", "Deals");
    hangs.args(["--server", &address, "--timeout", "1"]);
    fails(hangs, "tls", "alice", "not done within 1 s", "Plain TCP is --tcp");
    drop(silent);
    let mut down = between(&server, "alice", "bob", "Deals");
    down.args(["--server", &address]);
    fails(
        down,
        "connect",
        "alice",
        "server unreachable",
        "Does the server run",
    );

    // No name has an empty label, so that no resolver is asked.
    let mut nowhere = between(&server, "alice", "bob", "Deals");
    nowhere.args(["--server", "a..b:5061"]);
    fails(nowhere, "resolve", "alice", "not resolved", "isn't resolved");

    // Plain TCP has no handshake.
    let mut plain = between(&server, "alice", "bob", "Deals");
    plain.args(["--tcp", "--server", &server.sip_tcp().to_string()]);
    let told = told(plain, 0);
    let steps = told["steps"].as_array().expect("a list");
    assert!(steps.iter().all(|step| step["step"] != "tls"), "{told:#}");
}

#[test]
fn wrong_usage_is_no_failure_of_the_server() {
    let server = Server::demo(BINARY);
    is_wrong_usage(causerie(&server, &["test", "message"]), "--setup once");
    is_wrong_usage(between(&server, "alice", "alice", "Deals"), "are the same");
    let mut unsaid = between(&server, "alice", "bob", "Deals");
    unsaid.env_remove("CAUSERIE_RECEIVER_PASSWORD");
    is_wrong_usage(unsaid, "nobody to ask for the password of bob@example.test");
    let mut missing = between(&server, "alice", "bob", "Deals");
    missing.args(["--sender-password-file", "no-such-file"]);
    is_wrong_usage(missing, "no-such-file");
    is_wrong_usage(
        causerie(&server, &["test", "message", "--setup", "--room", "Deals"]),
        "cannot be used with",
    );
    // A password of a file goes before one of the environment.
    let file = server.data_dir().join("password");
    fs::write(&file, "wrong\n").expect("written");
    let mut wrong = between(&server, "alice", "bob", "Deals");
    wrong.arg("--sender-password-file").arg(&file);
    fails(wrong, "sign-in", "alice", "wrong password", "alice@example.test");
}

/// Which steps of a setup changed something, and the file it keeps.
fn set_up(server: &Server) -> (Vec<bool>, String) {
    let told = told(causerie(server, &["test", "message", "--setup"]), 0);
    let file = told["accounts"].as_str().expect("a path").to_owned();
    let mode = fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let steps = told["steps"].as_array().expect("a list");
    assert_eq!(steps.len(), 9, "{told:#}");
    let changed = |step: &Value| {
        assert!(step["text"].is_string(), "{told:#}");
        step["changed"].as_bool().expect("yes or no")
    };
    (steps.iter().map(changed).collect(), file)
}

#[test]
fn setup_makes_what_is_needed_and_puts_right_what_is_wrong() {
    let server = Server::demo(BINARY);
    let (changed, file) = set_up(&server);
    assert_eq!(changed, [true; 9]);
    assert_eq!(
        Path::new(&file),
        server
            .data_dir()
            .canonicalize()
            .expect("it is there")
            .join("synthetic.json")
    );
    let kept = fs::read_to_string(&file).expect("readable");
    let room = told(causerie(&server, &["room", "show", "Synthetic transaction"]), 0);
    assert_eq!(
        (&room["privacy"], &room["type"]),
        (&json!("secret"), &json!("normal"))
    );
    let well = || told(causerie(&server, &["test", "message"]), 0);
    assert_eq!(well()["result"], "success");

    // Again, nothing changes.
    assert_eq!(set_up(&server).0, [false; 9]);
    assert_eq!(fs::read_to_string(&file).expect("readable"), kept);
    assert_eq!(well()["result"], "success");

    for arguments in [
        &["user", "change", "synthetic-sender@example.test", "--disable"][..],
        &["room", "change", "Synthetic transaction", "--disable"],
        &["category", "change", "Synthetic transaction", "--history", "off"],
        &[
            "member",
            "remove",
            "Synthetic transaction",
            "synthetic-receiver@example.test",
        ],
        &[
            "category",
            "allow",
            "Synthetic transaction",
            "synthetic-sender@example.test",
            "--remove",
        ],
    ] {
        let done = output(causerie(&server, arguments));
        assert!(done.status.success(), "{done:?}");
    }
    fails(
        causerie(&server, &["test", "message"]),
        "sign-in",
        "synthetic-sender",
        "sign-in",
        "synthetic-sender@example.test",
    );
    set_up(&server);
    assert_eq!(well()["result"], "success");

    // Without the file there are other passwords, which the users get.
    fs::remove_file(&file).expect("removed");
    set_up(&server);
    assert_ne!(fs::read_to_string(&file).expect("readable"), kept);
    assert_eq!(well()["result"], "success");

    // Elsewhere, for a machine that watches; the path may be relative.
    let elsewhere = ["--accounts", "elsewhere.json"];
    for setup in [&["--setup"][..], &[]] {
        let mut command = causerie(&server, &["test", "message"]);
        command.args(elsewhere).args(setup);
        told(command, 0);
    }
    // Its passwords are others, so that those of the usual file are wrong until they are set again.
    fails(
        causerie(&server, &["test", "message"]),
        "sign-in",
        "synthetic-sender",
        "wrong password",
        "--setup",
    );
    set_up(&server);
    assert_eq!(well()["result"], "success");

    // For people each step is a line.
    let shown = output(causerie(&server, &["test", "message", "--setup"]));
    let shown = text(&shown.stdout);
    assert_eq!(shown.lines().count(), 10, "{shown}");
    assert!(
        shown.contains("Room 'Synthetic transaction' is there already.\n"),
        "{shown}"
    );
    for password in kept
        .lines()
        .filter_map(|line| line.split("\"password\": \"").nth(1))
    {
        assert!(!shown.contains(password.trim_matches(['"', ','])));
    }
}

/// A file that names somebody's account isn't a licence to set his password.
#[test]
fn setup_sets_nobody_elses_password() {
    let server = Server::demo(BINARY);
    let (_, file) = set_up(&server);
    let theirs = fs::read_to_string(&file)
        .expect("readable")
        .replace("synthetic-sender", "alice");
    fs::write(&file, theirs).expect("written");
    let refused = output(causerie(&server, &["test", "message", "--setup"]));
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(text(&refused.stderr).contains("is of other users"), "{refused:?}");
    assert_eq!(
        told(between(&server, "alice", "bob", "Deals"), 0)["result"],
        "success"
    );
}
