use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::{DEADLINE, Server, tail};

/// Pause before the room list is asked for again, when the client has not found the chat server yet.
const RETRY: Duration = Duration::from_millis(200);
/// How many of the last events are printed when a test fails.
const SHOWN_EVENTS: usize = 30;

/// Whether the person who runs the tests said that there is no real client (`CAUSERIE_NO_REAL_CLIENT=1`).
///
/// Tests that need it return at once then. Without that word they fail where the client is missing.
#[must_use]
pub fn real_client_is_left_out() -> bool {
    std::env::var("CAUSERIE_NO_REAL_CLIENT").as_deref() == Ok("1")
}

/// How the client connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// TLS; the client accepts the server's certificate.
    Tls,
    /// Plain TCP.
    Tcp,
}

/// The settings of the client's account.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// SIP address without scheme: `alice@example.test`.
    pub user: &'a str,
    /// The password.
    pub password: &'a str,
    /// Login name, when it is not the SIP address: `EXAMPLE\alice`.
    pub login: Option<&'a str>,
    /// TLS or TCP.
    pub transport: Transport,
}

impl<'a> Account<'a> {
    /// An account that signs in over TLS with the SIP address as login name.
    #[must_use]
    pub fn new(user: &'a str, password: &'a str) -> Self {
        Self {
            user,
            password,
            login: None,
            transport: Transport::Tls,
        }
    }
}

/// The real desktop client (SIPE in libpurple), run without a window by `tests/sipeh`. It signs in by NTLM.
///
/// Events are JSON objects; `ev` names the kind. An event that a `wait` function has returned is used up; the others
/// stay, so the order in which a test waits for independent events does not matter.
///
/// Dropping it ends the process; when the test failed, its last events and the end of its log are printed first.
#[derive(Debug)]
pub struct Sipeh {
    user: String,
    process: Child,
    commands: Option<ChildStdin>,
    incoming: Receiver<Value>,
    unused: Vec<Value>,
    all: Vec<Value>,
    folder: TempDir,
}

impl Sipeh {
    /// Starts the client over TLS and waits until it is signed in.
    ///
    /// # Panics
    /// When it is not installed or cannot sign in.
    #[must_use]
    #[track_caller]
    pub fn start(server: &Server, user: &str, password: &str) -> Self {
        let mut client = Self::launch(server, &Account::new(user, password));
        client.wait_for("signed-on", "");
        client
    }

    /// Starts the client, which begins to connect, and does not wait.
    ///
    /// # Panics
    /// When it is not installed.
    #[must_use]
    #[track_caller]
    pub fn launch(server: &Server, account: &Account<'_>) -> Self {
        let program = std::env::var_os("CAUSERIE_SIPEH").map(PathBuf::from).unwrap_or_else(|| {
            panic!(
                "CAUSERIE_SIPEH names no real client: run `cargo xtask test`, or set CAUSERIE_NO_REAL_CLIENT=1 to leave these tests out"
            )
        });
        let folder = tempfile::Builder::new()
            .prefix("causerie-sipeh.")
            .tempdir()
            .expect("a temporary folder");
        let (address, transport) = match account.transport {
            Transport::Tls => (server.sip_tls(), "tls"),
            Transport::Tcp => (server.sip_tcp(), "tcp"),
        };
        let mut command = Command::new(&program);
        command
            .args([
                "-u",
                account.user,
                "-p",
                account.password,
                "-a",
                "ntlm",
                "-t",
                transport,
            ])
            .args(["-s", &address.to_string()])
            .arg("-c")
            .arg(folder.path())
            .env("HOME", folder.path())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(login) = account.login {
            command.args(["-l", login]);
        }
        let mut process = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
        let commands = process.stdin.take();
        let events = process.stdout.take().expect("a pipe");
        let (sender, incoming) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(events).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                let event = serde_json::from_str(&line).unwrap_or_else(|_| Value::from(line.as_ref()));
                if sender.send(event).is_err() {
                    break;
                }
            }
        });
        Self {
            user: account.user.to_owned(),
            process,
            commands,
            incoming,
            unused: Vec::new(),
            all: Vec::new(),
            folder,
        }
    }

    /// Waits for an event of this kind whose JSON text contains the substring.
    ///
    /// # Panics
    /// When none comes before the deadline or the client ends.
    #[track_caller]
    pub fn wait_for(&mut self, kind: &str, substring: &str) -> Value {
        self.wait(&format!("{kind} with '{substring}'"), |event| {
            event["ev"] == kind && event.to_string().contains(substring)
        })
    }

    /// Waits for an event for which `wanted` holds; `what` says in words what that is.
    ///
    /// # Panics
    /// When none comes before the deadline or the client ends.
    #[track_caller]
    pub fn wait(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(at) = self.unused.iter().position(&wanted) {
                return self.unused.remove(at);
            }
            match self
                .incoming
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(event) => self.take_in(event),
                Err(RecvTimeoutError::Timeout) => panic!("{} waits in vain for {what}", self.user),
                Err(RecvTimeoutError::Disconnected) => panic!("{} ended, no more {what}", self.user),
            }
        }
    }

    /// Whether an event of this kind whose JSON text contains the substring has come so far, used up or not.
    ///
    /// To show that something does not come, first wait for an event that would come after it.
    pub fn has_seen(&mut self, kind: &str, substring: &str) -> bool {
        while let Ok(event) = self.incoming.try_recv() {
            self.take_in(event);
        }
        self.all
            .iter()
            .any(|event| event["ev"] == kind && event.to_string().contains(substring))
    }

    /// Regards all events that have come so far as used up.
    pub fn forget(&mut self) {
        self.take_in_all();
        self.unused.clear();
    }

    fn take_in_all(&mut self) {
        while let Ok(event) = self.incoming.try_recv() {
            self.take_in(event);
        }
    }

    fn take_in(&mut self, event: Value) {
        self.all.push(event.clone());
        self.unused.push(event);
    }

    /// Sends a command line as `tests/sipeh/README.md` describes them.
    ///
    /// # Panics
    /// When the client has ended.
    #[track_caller]
    pub fn command(&mut self, line: &str) {
        let commands = self
            .commands
            .as_mut()
            .expect("the client has not been told to quit");
        if let Err(error) = writeln!(commands, "{line}").and_then(|()| commands.flush()) {
            panic!("{} takes no commands any more: {error}", self.user);
        }
    }

    /// Asks for the room list: the plug-in's fields (`uri`, `description`, …) by room name.
    ///
    /// Right after sign-in the client still looks for the chat server; then this asks again until it has found it.
    ///
    /// # Panics
    /// When it gets no list.
    #[track_caller]
    pub fn rooms(&mut self) -> BTreeMap<String, Value> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            self.unused.retain(|event| event["ev"] != "room");
            self.command("rooms");
            let end = self.wait("a room list", |event| {
                event["ev"] == "rooms-end" || event["ev"] == "rooms-error"
            });
            if end["ev"] == "rooms-end" {
                break;
            }
            assert!(
                Instant::now() < deadline,
                "{} does not find the chat server",
                self.user
            );
            thread::sleep(RETRY);
        }
        let rooms = self.unused.extract_if(.., |event| event["ev"] == "room");
        rooms
            .map(|room| (text(&room["name"]), room["fields"].clone()))
            .collect()
    }

    /// Joins a room of the last list and waits until its window is open.
    ///
    /// # Panics
    /// When it does not open.
    #[track_caller]
    pub fn join(&mut self, room: &str) -> Value {
        self.command(&format!("join {room}"));
        self.wait(&format!("the window of {room}"), |event| {
            event["ev"] == "chat-joined" && event["conv"] == room
        })
    }

    /// Posts a text, which may have several lines, in a joined room.
    ///
    /// # Panics
    /// When the client has ended.
    #[track_caller]
    pub fn say(&mut self, room: &str, text: &str) {
        let text = text.replace('\\', "\\\\").replace('\n', "\\n");
        self.command(&format!("say \"{room}\" {text}"));
    }

    /// Waits for a message with exactly this text in the room's window.
    ///
    /// # Panics
    /// When none comes.
    #[track_caller]
    pub fn message(&mut self, room: &str, text: &str) -> Value {
        self.wait(&format!("the message '{text}' in {room}"), |event| {
            event["ev"] == "message" && event["conv"] == room && event["text"] == text
        })
    }

    /// Closes a room's window, which leaves the room, and waits until the server has said so.
    ///
    /// # Panics
    /// When it does not close.
    #[track_caller]
    pub fn leave(&mut self, room: &str) {
        self.command(&format!("leave {room}"));
        self.wait(&format!("the end of {room}"), |event| {
            event["ev"] == "chat-left" && event["conv"] == room
        });
        // The client tells nobody of the server's answer, and until then does not join the room again. The
        // answer to a later question comes after it.
        self.rooms();
    }

    /// The names in the member list of a room's window, sorted.
    ///
    /// # Panics
    /// When there is no such window.
    #[track_caller]
    pub fn members(&mut self, room: &str) -> Vec<String> {
        self.command(&format!("members {room}"));
        let event = self.wait(&format!("the members of {room}"), |event| {
            event["ev"] == "members" && event["conv"] == room
        });
        let users = event["users"].as_array().expect("a list of users");
        let mut names: Vec<_> = users.iter().map(|user| text(&user["name"])).collect();
        names.sort();
        names
    }

    /// Signs out, ends the client and gives its exit code; `None` when a signal ended it, as in a crash.
    ///
    /// # Panics
    /// When it does not end.
    #[track_caller]
    pub fn quit(mut self) -> Option<i32> {
        self.command("quit");
        self.commands = None;
        self.wait_for("quit", "");
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.process.try_wait().expect("a child can be waited for") {
                return status.code();
            }
            assert!(Instant::now() < deadline, "{} does not end", self.user);
            thread::sleep(RETRY);
        }
    }
}

impl Drop for Sipeh {
    fn drop(&mut self) {
        // Both fail when it has ended, which is as well.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            self.take_in_all();
            eprintln!("--- last events of the client of {} ---", self.user);
            for event in &self.all[self.all.len().saturating_sub(SHOWN_EVENTS)..] {
                eprintln!("{event}");
            }
            eprintln!(
                "--- end of its log ---\n{}\n---",
                tail(&self.folder.path().join("debug.log"))
            );
        }
    }
}

/// A JSON string as it is, anything else as JSON.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}
