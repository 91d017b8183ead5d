//! Starting and stopping: ports, files, one server a data directory, the configuration.

use crate::common::{Process, Ran, command, demo, mode, names, run, run_alone, run_with_input, wait_until};
use serde_json::{Value, json};
use std::{fs, net::TcpListener, path::Path, process::Command, process::Stdio};

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
        "--log-level info shows every SIP transaction".to_owned(),
    ] {
        assert!(log.contains(&told), "'{told}' is not in:\n{log}");
    }
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
fn the_log_of_the_demo_is_what_people_do_and_not_each_transaction() {
    let server = demo();
    run_with_input(
        &server,
        &["chat", "--password-stdin", "alice@example.test", "Lobby"],
        "causerie\nhello\n",
    )
    .ok();
    run(&server, &["room", "add", "Desk", "--category", "General"]).ok();
    run(&server, &["room", "add", "Desk", "--category", "General"]).refused();
    wait_until("the end of the sign-in is told", || {
        server.log().contains("Signed out.")
    });
    let log = server.log();
    assert!(log.contains("Signed in. user=\"alice@example.test\""), "{log}");
    assert!(!log.contains("SIP transaction. "), "{log}");
    let changes: Vec<&str> = log.lines().filter(|line| line.contains("admin:unix")).collect();
    assert_eq!(changes.len(), 1, "{log}");
    assert_eq!(
        log.matches("Changed").count(),
        1,
        "not what the demo is made of: {log}"
    );
    for told in [
        "INFO causerie::admin: Changed. actor=\"admin:unix:",
        "what=\"room.add\"",
        "Desk",
    ] {
        assert!(changes[0].contains(told), "{}", changes[0]);
    }
}

#[test]
fn a_stop_is_clean_and_a_restart_keeps_everything() {
    let mut server = demo();
    run(&server, &["room", "add", "Kept", "--category", "General"]).ok();
    run(&server, &["member", "add", "Kept", "bob@example.test"]).ok();
    run(&server, &["user", "remove", "dave@example.test", "--yes"]).ok();
    let before = run(&server, &["room", "show", "Kept", "--json"]).json();
    assert_eq!(server.stop().code(), Some(0));
    assert!(server.log().ends_with("\nstopped\n"), "{}", server.log());
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
    let hint =
        "; make one with: causerie config example > /nowhere/causerie.toml, or try causerie serve --demo";
    assert!(none.contains(hint), "{none}");
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
    let process = command(&["serve", "--config", file.to_str().expect("UTF-8")])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let process = Process(process.expect("it starts"));
    let listening = folder.path().join("data/listening.json");
    wait_until("it serves", || listening.exists());
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
        .args(["-c", &format!("kill -INT {}", process.0.id())])
        .status();
    assert!(told.is_ok_and(|status| status.success()));
    let (status, log) = process.output();
    assert_eq!(status.code(), Some(0));
    assert!(
        log.lines()
            .all(|line| serde_json::from_str::<Value>(line).is_ok()),
        "{log}"
    );
    assert!(log.contains("secret.key") && log.contains("back it up"), "{log}");
}
