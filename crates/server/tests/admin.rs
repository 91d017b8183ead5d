//! The program as administrators meet it: its command line, its administration API, and what it does to files.

use causerie_testkit::Server;
use serde_json::{Value, json};
use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

const BINARY: &str = env!("CARGO_BIN_EXE_causerie");

/// What a command did.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    #[track_caller]
    fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self.out
    }

    #[track_caller]
    fn json(self) -> Value {
        let out = self.ok();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// What it said when it refused.
    #[track_caller]
    fn refused(self) -> String {
        assert_eq!(self.code, Some(1), "{}{}", self.out, self.err);
        assert!(self.err.starts_with("error: "), "{}", self.err);
        self.err
    }

    #[track_caller]
    fn wrong_usage(self) -> String {
        assert_eq!(self.code, Some(2), "{}{}", self.out, self.err);
        self.err
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .env_remove("CAUSERIE_SOCKET")
        .env_remove("CAUSERIE_CONFIG");
    command
}

fn run_alone(arguments: &[&str]) -> Ran {
    Ran::of(&command(arguments).output().expect("the program starts"))
}

/// Runs a command against a server.
fn run(server: &Server, arguments: &[&str]) -> Ran {
    let output = command(arguments)
        .arg("--data-dir")
        .arg(server.data_dir())
        .output();
    Ran::of(&output.expect("the program starts"))
}

/// The same with a line of standard input.
fn run_with_input(server: &Server, arguments: &[&str], input: &str) -> Ran {
    let mut command = command(arguments);
    command.arg("--data-dir").arg(server.data_dir());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input.as_bytes())
        .expect("it reads");
    Ran::of(&child.wait_with_output().expect("it ends"))
}

fn demo() -> Server {
    Server::demo(BINARY)
}

fn names(value: &Value, field: &str) -> Vec<String> {
    let all = value.as_array().expect("a list");
    all.iter()
        .map(|one| one[field].as_str().expect("a text").to_owned())
        .collect()
}

/// One HTTP request on the administration socket; the status and the whole response.
fn http(server: &Server, request: &str) -> (u16, String) {
    let mut socket = UnixStream::connect(server.admin()).expect("the socket is served");
    socket.write_all(request.as_bytes()).expect("it reads");
    read_http(&mut socket)
}

fn read_http(stream: &mut impl Read) -> (u16, String) {
    let mut response = Vec::new();
    // The server may close before it has read all of a request that is too large.
    let _ = stream.read_to_end(&mut response);
    let response = String::from_utf8_lossy(&response).into_owned();
    let status = response.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no HTTP: {response}")), response)
}

fn request(method: &str, path: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "deadlines for real processes can only be measured by the real clock"
)]
fn now() -> Instant {
    Instant::now()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .permissions()
        .mode()
        & 0o777
}

#[test]
fn the_demo_is_there_and_told() {
    let server = demo();
    let users = run(&server, &["user", "list", "--json"]).json();
    assert_eq!(
        names(&users, "address"),
        [
            "alice@example.test",
            "bob@example.test",
            "carol@example.test",
            "dave@example.test"
        ]
    );
    assert_eq!(users[0]["display_name"], "Alice");
    let rooms = run(&server, &["room", "list", "--json"]).json();
    assert_eq!(
        names(&rooms, "name"),
        ["Announcements", "Deals", "Lobby", "Project X"]
    );
    let room = |name: &str| run(&server, &["room", "show", name, "--json"]).json();
    let deals = room("Deals");
    assert_eq!(deals["privacy"], "closed");
    assert_eq!(
        deals["lists"]["members"],
        json!(["alice@example.test", "bob@example.test"])
    );
    assert_eq!(deals["lists"]["managers"], json!(["alice@example.test"]));
    let announcements = room("Announcements");
    assert_eq!(announcements["type"], "auditorium");
    assert_eq!(announcements["lists"]["members"], json!(["Everyone"]));
    assert_eq!(
        announcements["lists"]["presenters"],
        json!(["alice@example.test"])
    );
    assert_eq!(
        (&room("Lobby")["privacy"], &room("Project X")["privacy"]),
        (&json!("open"), &json!("secret"))
    );
    let general = run(&server, &["category", "show", "General", "--json"]).json();
    assert_eq!(general["lists"]["allowed"], json!(["Everyone"]));
    assert_eq!(
        run(&server, &["user", "show", "dave@example.test", "--json"]).json()["has_password"],
        true
    );

    let log = server.log();
    for told in [
        format!("SIP over TLS    {}", server.sip_tls()),
        format!("SIP over TCP    {}", server.sip_tcp()),
        format!("http://{}/metrics", server.metrics()),
        format!("process {}", server.pid().expect("it runs")),
        "password: causerie".to_owned(),
        "alice@example.test Lobby".to_owned(),
        "Authentication scheme NTLM".to_owned(),
    ] {
        assert!(log.contains(&told), "'{told}' is not in:\n{log}");
    }
}

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
    assert_eq!(short, "error: a password has at least 8 characters\n");
    assert!(
        run(&server, &["user", "show", "x@example.test"])
            .refused()
            .contains("no user")
    );
    assert!(!server.log().contains("short"), "passwords aren't logged");
}

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
        json!([{"principal": "bob@example.test", "changed": false}])
    );
    let table = run(&server, &["group", "list"]).ok();
    assert_eq!(table, "NAME      MEMBERS\nEveryone  4\nTraders   2\n");
    run(
        &server,
        &["group", "change", "Traders", "--name", "London/traders"],
    )
    .ok();
    let shown = run(&server, &["group", "show", "london/traders"]).ok();
    assert_eq!(
        shown,
        "Name     London/traders\nMembers  bob@example.test, carol@example.test\n"
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
    assert_eq!(removed, json!({"removed": true}));
    assert_eq!(
        names(&run(&server, &["group", "list", "--json"]).json(), "name"),
        ["Everyone"]
    );
}

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

#[test]
fn rooms_are_added_listed_shown_changed_and_removed() {
    let server = demo();
    let new = run(
        &server,
        &[
            "room",
            "add",
            "Desk",
            "--category",
            "general",
            "--description",
            "Talk",
            "--json",
        ],
    )
    .json();
    assert_eq!(
        (&new["type"], &new["privacy"], &new["category"]),
        (&json!("normal"), &json!("closed"), &json!("General"))
    );
    let guid = new["guid"].as_str().expect("a GUID");
    assert_eq!(new["uri"], format!("ma-chan://example.test/{guid}"));
    let list = run(&server, &["room", "list", "--category", "GENERAL", "--json"]).json();
    assert_eq!(
        names(&list, "name"),
        ["Announcements", "Deals", "Desk", "Lobby", "Project X"]
    );
    assert!(
        run(&server, &["room", "list", "--category", "Genral"])
            .refused()
            .contains("no category 'Genral'")
    );
    let table = run(&server, &["room", "list"]).ok();
    assert!(
        table.starts_with("NAME           CATEGORY  TYPE        PRIVACY  PRESENT  DESCRIPTION"),
        "{table}"
    );

    let change = [
        "room",
        "change",
        "Desk",
        "--name",
        "Floor",
        "--type",
        "auditorium",
        "--privacy",
        "open",
        "--disable",
    ];
    let shown = run(&server, &change).ok();
    assert!(
        shown.contains("Name         Floor\n") && shown.contains("Disabled     yes\n"),
        "{shown}"
    );
    let changed = run(&server, &["room", "show", "Floor", "--json"]).json();
    assert_eq!(changed["guid"], *guid, "a room keeps its GUID");
    run(&server, &["room", "change", "Floor", "--enable"]).ok();
    assert_eq!(
        run(&server, &["room", "show", "Floor", "--json"]).json()["disabled"],
        false
    );

    assert!(
        run(&server, &["room", "add", "lobby", "--category", "General"])
            .refused()
            .contains("already")
    );
    assert!(
        run(&server, &["room", "add", "X", "--category", "None"])
            .refused()
            .contains("no category 'None'")
    );
    run(&server, &["room", "add", "X"]).wrong_usage();
    run(
        &server,
        &["room", "add", "X", "--category", "General", "--privacy", "hidden"],
    )
    .wrong_usage();
    let presented = run(&server, &["room", "change", "Announcements", "--type", "normal"]).refused();
    assert!(presented.contains("has presenters"), "{presented}");

    let dry = run(&server, &["room", "remove", "Floor", "--dry-run"]).ok();
    assert_eq!(
        dry,
        "Would remove room 'Floor' with its lists and messages (0 in it now). Nothing was changed.\n"
    );
    assert!(
        run(&server, &["room", "remove", "Floor"])
            .refused()
            .contains("--yes")
    );
    assert_eq!(
        run(&server, &["room", "remove", "Floor", "--yes"]).ok(),
        "Removed room 'Floor'.\n"
    );
    assert!(
        run(&server, &["room", "show", "Floor"])
            .refused()
            .contains("there is no room 'Floor'")
    );
}

#[test]
fn members_are_added_listed_and_removed() {
    let server = demo();
    let out = run(&server, &["member", "add", "Deals", "carol@example.test"]).ok();
    assert_eq!(out, "carol@example.test is now a member.\n");
    let out = run(
        &server,
        &[
            "member",
            "add",
            "Deals",
            "carol@example.test",
            "--role",
            "manager",
        ],
    )
    .ok();
    assert_eq!(out, "carol@example.test is now a manager.\n");
    let table = run(&server, &["member", "list", "Deals"]).ok();
    assert_eq!(
        table,
        "NAME                ROLE\n\
         alice@example.test  member\n\
         bob@example.test    member\n\
         carol@example.test  member\n\
         alice@example.test  manager\n\
         carol@example.test  manager\n"
    );
    let managers = run(
        &server,
        &["member", "list", "Deals", "--role", "manager", "--json"],
    )
    .json();
    assert_eq!(managers, json!(["alice@example.test", "carol@example.test"]));
    run(
        &server,
        &[
            "member",
            "remove",
            "Deals",
            "carol@example.test",
            "bob@example.test",
        ],
    )
    .ok();
    let again = run(&server, &["member", "remove", "Deals", "bob@example.test"]).ok();
    assert_eq!(again, "bob@example.test was not listed as a member.\n");
    assert_eq!(
        run(
            &server,
            &["member", "list", "Deals", "--role", "member", "--json"]
        )
        .json(),
        json!(["alice@example.test"])
    );

    let normal = run(
        &server,
        &[
            "member",
            "add",
            "Deals",
            "alice@example.test",
            "--role",
            "presenter",
        ],
    )
    .refused();
    assert!(normal.contains("Only auditoriums have presenters."), "{normal}");
    run(&server, &["user", "add", "out@example.test", "--no-password"]).ok();
    let outside = run(&server, &["member", "add", "Deals", "out@example.test"]).refused();
    assert!(outside.contains("not in the category's scope"), "{outside}");
    run(
        &server,
        &["member", "add", "Deals", "bob@example.test", "--role", "king"],
    )
    .wrong_usage();
    assert!(
        run(&server, &["member", "list", "Nowhere"])
            .refused()
            .contains("there is no room 'Nowhere'")
    );
}

#[test]
fn status_certificates_and_registrations_are_shown() {
    let server = demo();
    let status = run(&server, &["status", "--json"]).json();
    assert_eq!(
        (&status["users"], &status["rooms"], &status["writable"]),
        (&json!(4), &json!(4), &json!(true))
    );
    assert_eq!(status["pid"], server.pid().expect("it runs"));
    assert_eq!(status["sip_tls"], server.sip_tls().to_string());
    let text = run(&server, &["status"]).ok();
    assert!(text.contains("Rooms                   4, 0 in use\n"), "{text}");
    assert_eq!(run(&server, &["registrations"]).ok(), "Nobody is signed in.\n");

    let before = run(&server, &["certificates", "show", "--json"]).json();
    assert_eq!(names(&before, "kind"), ["ecdsa", "rsa"]);
    assert!(before[0]["days_left"].as_i64().is_some_and(|days| days > 300));
    let names_of = before[0]["names"].as_array().expect("a list");
    for name in ["localhost", "127.0.0.1", "::1", "sip.example.test"] {
        assert!(names_of.contains(&json!(name)), "{name} is not in {names_of:?}");
    }
    assert_eq!(run(&server, &["certificates", "reload", "--json"]).json(), before);
    // What is no certificate is refused, and those in use stay.
    let file = server.data_dir().join("rsa.key");
    let key = fs::read(&file).expect("it is there");
    fs::write(&file, "nonsense").expect("it can be written");
    let refused = run(&server, &["certificates", "reload"]).refused();
    assert!(refused.contains("rsa.key"), "{refused}");
    assert_eq!(run(&server, &["certificates", "show", "--json"]).json(), before);
    fs::write(&file, key).expect("it can be written");
    run(&server, &["certificates", "reload"]).ok();
}

#[test]
fn everything_is_private_to_its_owner() {
    let server = demo();
    let folder = server.data_dir();
    assert_eq!(mode(&folder), 0o700);
    let mut seen = Vec::new();
    for entry in fs::read_dir(&folder).expect("the data directory") {
        let path = entry.expect("an entry").path();
        assert_eq!(
            mode(&path) & 0o077,
            0,
            "{} has mode {:o}",
            path.display(),
            mode(&path)
        );
        seen.push(path.file_name().expect("a name").to_string_lossy().into_owned());
    }
    for name in [
        "admin.sock",
        "ca.key",
        "ca.pem",
        "causerie.db",
        "ecdsa.key",
        "listening.json",
        "rsa.key",
        "secret.key",
    ] {
        assert!(
            seen.iter().any(|seen| seen == name),
            "{name} is not among {seen:?}"
        );
    }
}

#[test]
fn a_taken_port_is_named_with_the_flag_that_moves_it() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address");
    for flag in ["--sip-tcp", "--sip-tls", "--metrics"] {
        let folder = tempfile::tempdir().expect("a folder");
        let data_dir = folder.path().join("data");
        let data_dir = data_dir.to_str().expect("UTF-8");
        let mut arguments = vec!["serve", "--demo", "--data-dir", data_dir];
        let address = address.to_string();
        for other in ["--sip-tcp", "--sip-tls", "--metrics"] {
            arguments.extend([
                other,
                if other == flag {
                    address.as_str()
                } else {
                    "127.0.0.1:0"
                },
            ]);
        }
        let refused = run_alone(&arguments).refused();
        let port = taken.local_addr().expect("an address").port();
        assert!(
            refused.contains(&format!("port {port} is taken")) && refused.contains(flag),
            "{refused}"
        );
        assert!(!Path::new(data_dir).join("listening.json").exists());
    }
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let server = demo();
    let data_dir = server.data_dir();
    let arguments = ["serve", "--demo", "--data-dir", data_dir.to_str().expect("UTF-8")];
    let refused = run_alone(&arguments).refused();
    let pid = server.pid().expect("it runs");
    assert!(
        refused.contains(&format!("another server (process {pid}) uses the data directory")),
        "{refused}"
    );
    // And the first goes on as if nothing had been.
    run(&server, &["status"]).ok();
}

#[test]
fn without_a_server_there_is_a_hint() {
    let folder = tempfile::tempdir().expect("a folder");
    let nowhere = folder.path().join("data");
    let refused = run_alone(&["status", "--data-dir", nowhere.to_str().expect("UTF-8")]).refused();
    assert!(
        refused.contains("no server is running at") && refused.contains("causerie serve"),
        "{refused}"
    );
    let output = command(&["status"])
        .current_dir(folder.path())
        .output()
        .expect("it starts");
    let refused = Ran::of(&output).refused();
    assert!(
        refused.contains("--data-dir") && refused.contains("--socket"),
        "{refused}"
    );
}

#[test]
fn a_stop_is_clean_and_a_restart_keeps_everything() {
    let mut server = demo();
    run(&server, &["room", "add", "Kept", "--category", "General"]).ok();
    run(&server, &["member", "add", "Kept", "bob@example.test"]).ok();
    run(&server, &["user", "remove", "dave@example.test", "--yes"]).ok();
    let before = run(&server, &["room", "show", "Kept", "--json"]).json();
    assert_eq!(server.stop().code(), Some(0));
    for gone in ["listening.json", "admin.sock"] {
        assert!(!server.data_dir().join(gone).exists(), "{gone} is still there");
    }
    server.restart();
    assert_eq!(run(&server, &["room", "show", "Kept", "--json"]).json(), before);
    // The demo isn't seeded twice: who was removed stays removed.
    assert!(
        run(&server, &["user", "show", "dave@example.test"])
            .refused()
            .contains("no user")
    );

    run(&server, &["room", "change", "Kept", "--description", "after"]).ok();
    server.kill9();
    server.restart();
    assert_eq!(
        run(&server, &["room", "show", "Kept", "--json"]).json()["description"],
        "after"
    );
}

#[test]
fn who_did_it_is_in_the_record() {
    let mut server = demo();
    run(&server, &["room", "add", "Traced", "--category", "General"]).ok();
    assert_eq!(server.stop().code(), Some(0));
    // The record's actor is stored as text; the test looks for it without knowing tables.
    let database = fs::read(server.data_dir().join("causerie.db")).expect("the database");
    let holds = |text: &str| {
        database
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(
        holds("admin:unix:"),
        "the administrator is named by his account on the machine"
    );
    assert!(holds("room.add"));
}

#[test]
fn the_api_answers_in_http() {
    let server = demo();
    for (method, path, body, status, code) in [
        ("GET", "/v1/rooms/Lobby", "", 200, ""),
        ("GET", "/v1/rooms/Project%20X", "", 200, ""),
        ("GET", "/v1/rooms/nowhere", "", 404, "not-found"),
        ("GET", "/v1/rooms/Lobby/kings", "", 404, "not-found"),
        ("GET", "/v2/rooms", "", 404, "no-such-resource"),
        ("PUT", "/v1/rooms", "", 405, "no-such-method"),
        ("POST", "/v1/groups", r#"{"name": "New"}"#, 201, ""),
        ("POST", "/v1/groups", r#"{"name": "New"}"#, 409, "exists"),
        (
            "POST",
            "/v1/groups",
            r#"{"name": "x", "size": 1}"#,
            422,
            "invalid",
        ),
        ("POST", "/v1/groups", r#"{"name": "#, 400, "json"),
        (
            "POST",
            "/v1/rooms",
            r#"{"name": "x", "category": "General", "privacy": "hidden"}"#,
            422,
            "invalid",
        ),
        (
            "POST",
            "/v1/rooms/Deals/presenters",
            r#"{"principal": "bob@example.test"}"#,
            422,
            "not-an-auditorium",
        ),
        (
            "PUT",
            "/v1/users/bob@example.test/password",
            r#"{"password": "x"}"#,
            422,
            "password",
        ),
        ("DELETE", "/v1/groups/New", "", 204, ""),
    ] {
        let (got, response) = http(&server, &request(method, path, body));
        assert_eq!(got, status, "{method} {path}: {response}");
        if !code.is_empty() {
            assert!(
                response.contains(&format!(r#"{{"error":{{"code":"{code}","message":""#)),
                "{response}"
            );
        }
    }
}

#[test]
fn a_body_is_taken_up_to_its_limit() {
    const MAX_BODY_BYTES: usize = 64 * 1024;
    let server = demo();
    let body = |size: usize| {
        let rest = r#"{"name":"Sized"}"#;
        format!("{}{rest}", " ".repeat(size - rest.len()))
    };
    let (status, response) = http(&server, &request("POST", "/v1/groups", &body(MAX_BODY_BYTES)));
    assert_eq!(status, 201, "{response}");
    let (status, response) = http(&server, &request("POST", "/v1/groups", &body(MAX_BODY_BYTES + 1)));
    assert_eq!(status, 413, "{response}");
}

#[test]
fn metrics_and_health_are_served() {
    let server = demo();
    let get = |path: &str| {
        let mut stream = std::net::TcpStream::connect(server.metrics()).expect("it is served");
        stream
            .write_all(request("GET", path, "").as_bytes())
            .expect("it reads");
        read_http(&mut stream)
    };
    let (status, page) = get("/metrics");
    assert_eq!(status, 200);
    for line in [
        "causerie_users 4",
        "causerie_rooms 4",
        "causerie_writable 1",
        "causerie_certificate_days_left{kind=\"rsa\"}",
    ] {
        assert!(page.contains(line), "{line} is not in:\n{page}");
    }
    assert!(get("/health").1.ends_with("ok\n"));
}

#[test]
fn hang_up_reads_the_certificates_again() {
    let server = demo();
    let before = run(&server, &["certificates", "show", "--json"]).json();
    // Without its certificate the key gets a new one, which has another end.
    fs::remove_file(server.data_dir().join("rsa.pem")).expect("it is there");
    let pid = server.pid().expect("it runs");
    let told = Command::new("sh")
        .args(["-c", &format!("kill -HUP {pid}")])
        .status();
    assert!(told.is_ok_and(|status| status.success()));
    let deadline = now() + causerie_testkit::DEADLINE;
    while !server.data_dir().join("rsa.pem").exists() {
        assert!(now() < deadline, "{}", server.log());
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(
        names(&run(&server, &["certificates", "show", "--json"]).json(), "kind"),
        names(&before, "kind")
    );
}

#[test]
fn a_configuration_is_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("causerie.toml");
    let check = |text: &str| {
        fs::write(&file, text).expect("it can be written");
        run_alone(&["config", "check", "--config", file.to_str().expect("UTF-8")])
    };
    let example = run_alone(&["config", "example"]).ok();
    assert!(
        check(&example)
            .ok()
            .ends_with("causerie.toml: ok, for the domain example.test\n")
    );
    let misspelt = check("domain = \"x.test\"\n[sip]\ntsl = \"off\"\n").refused();
    assert!(
        misspelt.contains("causerie.toml: unknown key 'sip.tsl' — did you mean 'sip.tls'?"),
        "{misspelt}"
    );
    let many = check("[chat]\nhistory_in_memory = 501\n[sip]\ntcp = \"0.0.0.0:5060\"\n").refused();
    for told in [
        "domain: must be set",
        "between 1 and 500",
        "sip.allow_remote_tcp = true",
    ] {
        assert!(many.contains(told), "{many}");
    }
    let absent =
        check("domain = \"x.test\"\n[sip]\nrsa_certificate = \"a.pem\"\nrsa_key = \"a.key\"\n").refused();
    assert!(absent.contains("a.pem"), "{absent}");
    let none = run_alone(&["serve", "--config", "/nowhere/causerie.toml"]).refused();
    assert!(none.contains("/nowhere/causerie.toml"), "{none}");
}

#[test]
fn a_server_runs_by_its_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("causerie.toml");
    let socket = folder.path().join("elsewhere.sock");
    let text = format!(
        "domain = \"corp.test\"\ndata_dir = \"{0}/data\"\n[sip]\ntcp = \"off\"\ntls = \"127.0.0.1:0\"\n\
         [metrics]\nlisten = \"off\"\n[admin]\nsocket = \"{1}\"\n[log]\nformat = \"json\"\n",
        folder.path().display(),
        socket.display()
    );
    fs::write(&file, text).expect("it can be written");
    let mut process = command(&["serve", "--config", file.to_str().expect("UTF-8")])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let listening = folder.path().join("data/listening.json");
    let deadline = now() + causerie_testkit::DEADLINE;
    while !listening.exists() {
        assert!(process.try_wait().expect("a child").is_none(), "it ended");
        assert!(now() < deadline);
        thread::sleep(Duration::from_millis(20));
    }
    let status = run_alone(&["status", "--json", "--config", file.to_str().expect("UTF-8")]).json();
    assert_eq!(
        (&status["domain"], &status["users"]),
        (&json!("corp.test"), &json!(0))
    );
    assert_eq!(
        (&status["sip_tcp"], &status["metrics"]),
        (&Value::Null, &Value::Null)
    );
    let told = Command::new("sh")
        .args(["-c", &format!("kill -INT {}", process.id())])
        .status();
    assert!(told.is_ok_and(|status| status.success()));
    let output = process.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(
        log.lines()
            .all(|line| serde_json::from_str::<Value>(line).is_ok()),
        "{log}"
    );
    assert!(log.contains("secret.key") && log.contains("back it up"), "{log}");
}
