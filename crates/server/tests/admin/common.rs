//! Running the program and its commands.

use causerie_testkit::Server;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::{
    fs, io::Read, io::Write, os::unix::net::UnixStream, path::Path, process::Command, process::ExitStatus,
    process::Output, process::Stdio, thread, time::Duration, time::Instant,
};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_causerie");

/// What a command did.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self.out
    }

    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let out = self.ok();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// What it said when it refused.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        assert_eq!(self.code, Some(1), "{}{}", self.out, self.err);
        assert!(self.err.starts_with("error: "), "{}", self.err);
        self.err
    }

    #[track_caller]
    pub(crate) fn wrong_usage(self) -> String {
        assert_eq!(self.code, Some(2), "{}{}", self.out, self.err);
        self.err
    }
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .env_remove("CAUSERIE_SOCKET")
        .env_remove("CAUSERIE_CONFIG")
        .env_remove("CAUSERIE_URL")
        .env_remove("CAUSERIE_TOKEN");
    command
}

pub(crate) fn run_alone(arguments: &[&str]) -> Ran {
    Ran::of(&command(arguments).output().expect("the program starts"))
}

/// Runs a command against a server.
pub(crate) fn run(server: &Server, arguments: &[&str]) -> Ran {
    let output = command(arguments)
        .arg("--data-dir")
        .arg(server.data_dir())
        .output();
    Ran::of(&output.expect("the program starts"))
}

/// The same with a line of standard input.
pub(crate) fn run_with_input(server: &Server, arguments: &[&str], input: &str) -> Ran {
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

pub(crate) fn demo() -> Server {
    Server::demo(BINARY)
}

pub(crate) fn names(value: &Value, field: &str) -> Vec<String> {
    let all = value.as_array().expect("a list");
    all.iter()
        .map(|one| one[field].as_str().expect("a text").to_owned())
        .collect()
}

/// One HTTP request on the administration socket; the status and the whole response.
pub(crate) fn http(server: &Server, request: &str) -> (u16, String) {
    let mut socket = UnixStream::connect(server.admin()).expect("the socket is served");
    socket.write_all(request.as_bytes()).expect("it reads");
    read_http(&mut socket)
}

pub(crate) fn read_http(stream: &mut impl Read) -> (u16, String) {
    let mut response = Vec::new();
    // The server may close before it has read all of a request that is too large.
    let _ = stream.read_to_end(&mut response);
    let response = String::from_utf8_lossy(&response).into_owned();
    let status = response.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no HTTP: {response}")), response)
}

pub(crate) fn request(method: &str, path: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "deadlines for real processes can only be measured by the real clock"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[track_caller]
pub(crate) fn wait_until(what: &str, done: impl Fn() -> bool) {
    let deadline = now() + causerie_testkit::DEADLINE;
    while !done() {
        assert!(now() < deadline, "in vain: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn mode(path: &Path) -> u32 {
    fs::metadata(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .permissions()
        .mode()
        & 0o777
}

/// A process that ends when it is dropped.
pub(crate) struct Process(pub(crate) std::process::Child);

impl Process {
    /// Waits for its end; what it wrote to standard error, if that is a pipe.
    pub(crate) fn output(mut self) -> (ExitStatus, String) {
        let mut text = String::new();
        if let Some(mut pipe) = self.0.stderr.take() {
            pipe.read_to_string(&mut text).expect("UTF-8");
        }
        (self.0.wait().expect("a child can be waited for"), text)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail when it has ended, which is as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
