//! `causerie chat` as people and scripts use it, against the demo server.
//!
//! The demo's users and rooms are the scene: Lobby is open to all; Deals is for alice and bob; in Announcements alice
//! alone may post.

use causerie_testkit::{DEADLINE, Options, Server};
use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
};

const BINARY: &str = env!("CARGO_BIN_EXE_causerie");
const PASSWORD: &str = "causerie";

fn command(server: &Server, user: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command
        .args([
            "chat",
            &format!("{user}@example.test"),
            "--server",
            &server.sip_tls().to_string(),
            "--data-dir",
        ])
        .arg(server.data_dir())
        .args(arguments)
        .env("CAUSERIE_PASSWORD", PASSWORD)
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What a client that got all its lines at once did.
struct Outcome {
    code: i32,
    shown: Vec<String>,
    errors: String,
}

fn feed(mut command: Command, lines: &str) -> Outcome {
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A client that ends at once reads nothing.
    let _ = stdin.write_all(lines.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    Outcome {
        code: output.status.code().expect("no signal"),
        shown: String::from_utf8(output.stdout)
            .expect("UTF-8")
            .lines()
            .map(str::to_owned)
            .collect(),
        errors: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn chat(server: &Server, user: &str, arguments: &[&str], lines: &str) -> Outcome {
    feed(command(server, user, arguments), lines)
}

/// The line without its time.
fn without_time(line: &str) -> &str {
    let (time, rest) = line.split_at(6);
    assert_eq!(time.as_bytes()[2], b':', "{line}");
    rest
}

/// A client that somebody sits at.
struct Person {
    process: Child,
    keyboard: Option<ChildStdin>,
    screen: Receiver<String>,
    seen: Vec<String>,
}

impl Person {
    fn sit_down(server: &Server, user: &str, arguments: &[&str]) -> Self {
        let mut process = command(server, user, arguments)
            .spawn()
            .expect("the program starts");
        let (send, screen) = mpsc::channel();
        let stdout = process.stdout.take().expect("a pipe");
        let stderr = process.stderr.take().expect("a pipe");
        let pipes: [Box<dyn Read + Send>; 2] = [Box::new(stdout), Box::new(stderr)];
        for pipe in pipes {
            let send = send.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    if send.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        let keyboard = process.stdin.take();
        Self {
            process,
            keyboard,
            screen,
            seen: Vec::new(),
        }
    }

    fn types(&mut self, line: &str) {
        let keyboard = self.keyboard.as_mut().expect("still typing");
        writeln!(keyboard, "{line}").expect("the program reads");
    }

    /// Waits until a line with that text is shown.
    #[track_caller]
    fn sees(&mut self, text: &str) {
        while !self.seen.iter().any(|line| line.contains(text)) {
            match self.screen.recv_timeout(DEADLINE) {
                Ok(line) => self.seen.push(line),
                Err(error) => panic!("'{text}' isn't shown ({error}); but {:#?}", self.seen),
            }
        }
    }

    /// How many lines have shown that text so far.
    fn times_seen(&self, text: &str) -> usize {
        self.seen.iter().filter(|line| line.contains(text)).count()
    }

    /// Ends the input and gives the exit code; everything shown is in `seen` then.
    fn leaves(&mut self) -> i32 {
        self.keyboard = None;
        let status = self.process.wait().expect("the program ends");
        self.seen.extend(self.screen.iter());
        status.code().expect("no signal")
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        // It has ended already unless the test failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn two_people_talk() {
    let server = Server::demo(BINARY);
    let mut alice = Person::sit_down(&server, "alice", &["Lobby"]);
    alice.sees("You are in Lobby. Nobody else is here.");
    let mut bob = Person::sit_down(&server, "bob", &["lobby"]);
    bob.sees("You are in Lobby. 2 people are here, you included.");
    alice.sees("bob@example.test entered Lobby.");
    alice.types("Shall we <meet> at 9?");
    alice.sees("Alice: Shall we <meet> at 9?");
    bob.sees("Alice: Shall we <meet> at 9?");
    bob.types("Yes & no");
    alice.sees("Bob: Yes & no");
    bob.types("//slashes are fine");
    alice.sees("Bob: /slashes are fine");
    bob.types("/who");
    bob.sees("Alice <alice@example.test>, Bob <bob@example.test>");

    // In a second room, lines say where they belong, and go where they are sent.
    alice.types("/join Deals");
    alice.sees("You are in Deals");
    alice.types("only for those on the deal");
    alice.sees("[Deals] Alice: only for those on the deal");
    alice.types("/room Lobby");
    alice.types("for everyone");
    bob.sees("Alice: for everyone");
    assert_eq!(bob.times_seen("only for those"), 0);

    bob.types("/part");
    // His messages told his name.
    alice.sees("Bob left Lobby.");
    bob.types("/quit");
    assert_eq!(bob.leaves(), 0);
    assert_eq!(alice.leaves(), 0);
}

#[test]
fn nothing_is_claimed_of_a_post_whose_answer_never_came() {
    let mut server = Server::demo(BINARY);
    let mut alice = Person::sit_down(&server, "alice", &["Lobby"]);
    alice.sees("You are in Lobby.");
    alice.types("first");
    alice.sees("Alice: first");
    // It stands still: whatever it gets, it answers nothing.
    let stop = format!("kill -STOP {}", server.pid().expect("it runs"));
    let stopped = Command::new("sh").args(["-c", &stop]).status();
    assert!(stopped.is_ok_and(|status| status.success()));
    alice.types("perhaps");
    alice.types("/nonsense");
    alice.sees("no command /nonsense");
    server.kill9();
    alice.sees("it isn't known whether this was posted: perhaps");
    assert_eq!(alice.times_seen("not posted"), 0);
    alice.types("/quit");
    assert_eq!(alice.leaves(), 1);
}

#[test]
fn a_closed_room_is_refused_with_its_reason() {
    let server = Server::demo(BINARY);
    let carol = chat(&server, "carol", &["Deals"], "");
    assert_eq!(carol.code, 1);
    assert!(carol.errors.contains("Deals: Only members"), "{}", carol.errors);
    let carol = chat(&server, "carol", &[], "nowhere\n/join Project X\n/nonsense\n");
    assert_eq!(carol.code, 1);
    for reason in [
        "you are in no room",
        "there is no room 'Project X'",
        "no command /nonsense",
        "3 things could not be done; the first: you are in no room",
    ] {
        assert!(carol.errors.contains(reason), "{reason}: {}", carol.errors);
    }
}

#[test]
fn a_pipe_is_posted_to_its_end_and_history_shows_it() {
    let server = Server::demo(BINARY);
    let lines: String = (1..=200).map(|number| format!("line {number}\n")).collect();
    let alice = chat(&server, "alice", &["Announcements", "--quiet"], &lines);
    assert_eq!(alice.code, 0, "{}", alice.errors);
    // With --quiet there is nothing but the echoes, each once and in order.
    let shown: Vec<&str> = alice.shown.iter().map(|line| without_time(line)).collect();
    let expected: Vec<String> = (1..=200).map(|number| format!("Alice: line {number}")).collect();
    assert_eq!(shown, expected);

    let bob = chat(
        &server,
        "bob",
        &["Announcements", "--quiet", "--history", "3"],
        "mine\n",
    );
    assert_eq!(bob.code, 1);
    let shown: Vec<&str> = bob.shown.iter().map(|line| without_time(line)).collect();
    assert_eq!(shown, ["Alice: line 198", "Alice: line 199", "Alice: line 200"]);
    assert!(
        bob.errors.contains("! not posted: Only presenters") && bob.errors.contains(": mine\n"),
        "{}",
        bob.errors
    );

    let rooms = chat(
        &server,
        "bob",
        &["--quiet"],
        "/rooms announce\n/rooms no such thing\n",
    );
    assert_eq!(rooms.code, 0);
    assert_eq!(rooms.shown.len(), 2, "{:?}", rooms.shown);
    assert!(
        rooms.shown[0].contains("Announcements (0), closed, auditorium  Alice speaks"),
        "{:?}",
        rooms.shown
    );
    assert_eq!(rooms.shown[1], "There is no such room.");
}

#[test]
fn a_lost_connection_comes_back_and_shows_what_was_missed_once() {
    let mut server = Server::demo(BINARY);
    let mut alice = Person::sit_down(&server, "alice", &["Lobby"]);
    alice.sees("You are in Lobby");
    alice.types("before");
    alice.sees("Alice: before");
    server.kill9();
    alice.sees("! connection lost; trying to come back");
    // Typed while nobody is there: it is posted when there is.
    alice.types("meanwhile");
    server.restart();
    let bob = chat(&server, "bob", &["Lobby", "--quiet"], "perhaps missed\n");
    assert_eq!(bob.code, 0, "{}", bob.errors);
    alice.sees("You are back.");
    alice.sees("Bob: perhaps missed");
    alice.sees("Alice: meanwhile");
    alice.types("after");
    alice.sees("Alice: after");
    assert_eq!(alice.leaves(), 0);
    for text in ["before", "perhaps missed", "meanwhile", "after"] {
        assert_eq!(
            alice.times_seen(&format!(": {text}")),
            1,
            "{text}: {:#?}",
            alice.seen
        );
    }
}

#[test]
fn a_server_that_stops_is_told_as_a_lost_connection() {
    let mut server = Server::demo(BINARY);
    let mut alice = Person::sit_down(&server, "alice", &["Lobby"]);
    alice.types("before");
    alice.sees("Alice: before");
    server.stop();
    alice.sees("! connection lost; trying to come back");
    alice.types("/quit");
    assert_eq!(alice.leaves(), 1);
    alice.sees("error: connection lost");
}

/// What was meant for a room that one is no longer in doesn't go to another one.
#[test]
fn without_its_room_a_line_is_refused() {
    let server = Server::demo(BINARY);
    let mut alice = Person::sit_down(&server, "alice", &["Lobby"]);
    alice.sees("You are in Lobby");
    let mut bob = Person::sit_down(&server, "bob", &["Lobby"]);
    bob.types("/join Deals");
    bob.sees("You are in Deals");
    let removed = Command::new(BINARY)
        .args(["member", "remove", "Deals", "bob@example.test", "--data-dir"])
        .arg(server.data_dir())
        .output()
        .expect("the program starts");
    assert!(removed.status.success(), "{removed:?}");
    bob.sees("You were removed from Deals. Choose a room with /room NAME.");
    bob.types("secret of the removed");
    bob.sees("! choose a room with /room NAME");
    bob.types("/join Announcements");
    bob.sees("You are in Announcements");
    bob.types("/part");
    bob.sees("You left Announcements. Choose a room with /room NAME.");
    bob.types("secret of the parted");
    bob.types("/room Lobby");
    bob.types("for the lobby");
    alice.sees("Bob: for the lobby");
    // Two lines were refused.
    assert_eq!(bob.leaves(), 1);
    assert_eq!(bob.times_seen("! choose a room with /room NAME"), 2);
    assert_eq!(alice.leaves(), 0);
    assert_eq!(alice.times_seen("secret"), 0, "{:#?}", alice.seen);
}

/// Who says neither where the server is nor which certificates to trust gets the one with the data directory.
#[test]
fn the_data_directory_says_where_the_server_is() {
    let server = Server::demo(BINARY);
    let folder = tempfile::tempdir().expect("a folder");
    let run = |configuration: Option<&std::path::Path>, arguments: &[&str]| {
        let mut command = Command::new(BINARY);
        command
            .args(["chat", "alice@example.test"])
            .args(arguments)
            .current_dir(folder.path())
            .env("CAUSERIE_PASSWORD", PASSWORD)
            .env_remove("CAUSERIE_CONFIG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(configuration) = configuration {
            command.env("CAUSERIE_CONFIG", configuration);
        }
        feed(command, "")
    };
    let data_dir = server.data_dir();
    let said = run(None, &["--data-dir", data_dir.to_str().expect("UTF-8")]);
    assert_eq!(said.code, 0, "{}", said.errors);

    let configuration = folder.path().join("causerie.toml");
    let text = format!("domain = \"example.test\"\ndata_dir = {data_dir:?}\n");
    std::fs::write(&configuration, text).expect("written");
    let configured = run(Some(&configuration), &[]);
    assert_eq!(configured.code, 0, "{}", configured.errors);

    let missing = run(None, &["--data-dir", "nowhere"]);
    assert_eq!(missing.code, 1);
    assert!(
        missing.errors.contains("--ca FILE or --data-dir DIR") && missing.errors.contains("nowhere/ca.pem"),
        "{}",
        missing.errors
    );
}

#[test]
fn the_examples_fit_a_terminal() {
    let output = Command::new(BINARY)
        .args(["chat", "--help"])
        .output()
        .expect("the program starts");
    let help = String::from_utf8(output.stdout).expect("UTF-8");
    let (_, examples) = help.split_once("Examples:").expect("examples");
    for line in examples.lines() {
        assert!(line.len() < 80, "{line}");
    }
}

#[test]
fn passwords_and_certificates_are_checked() {
    let server = Server::demo(BINARY);
    let wrong = chat(&server, "alice", &["--password-stdin"], "wrong\n");
    assert_eq!((wrong.code, wrong.shown.len()), (1, 0));
    assert!(wrong.errors.contains("wrong password"), "{}", wrong.errors);
    let right = chat(
        &server,
        "alice",
        &["--password-stdin", "Lobby", "--quiet"],
        "causerie\nhello\n",
    );
    assert_eq!(right.code, 0, "{}", right.errors);
    assert_eq!(right.shown.len(), 1);

    // The certificates of another server.
    let other = Server::start(BINARY, Options::default());
    let ca = other.data_dir().join("ca.pem");
    let untrusted = chat(&server, "alice", &["--ca", ca.to_str().expect("UTF-8")], "");
    assert_eq!(untrusted.code, 1);
    assert!(
        untrusted.errors.contains("certificate not trusted"),
        "{}",
        untrusted.errors
    );

    let address = server.sip_tcp().to_string();
    let plain = feed(
        {
            let mut command = Command::new(BINARY);
            command
                .args([
                    "chat",
                    "alice@example.test",
                    "Lobby",
                    "--tcp",
                    "--server",
                    &address,
                ])
                .args(["--login", "EXAMPLE\\alice"])
                .env("CAUSERIE_PASSWORD", PASSWORD)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            command
        },
        "over plain TCP\n",
    );
    assert_eq!(plain.code, 0, "{}", plain.errors);
}
