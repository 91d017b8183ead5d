//! Officers and administrators at the command line, and an auditor with the tools of the trade: Python and its SQLite.

use crate::people::BINARY;
use causerie_testkit::{DEADLINE, Server};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

/// How often it is asked whether something has come about.
const POLL: Duration = Duration::from_millis(50);

/// Runs statements in a SQLite database and prints the rows of the last as JSON, bytes as hexadecimal digits.
const SQL: &str = "
import json, sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
rows = []
for statement in sys.argv[2:]:
    rows = database.execute(statement).fetchall()
print(json.dumps(rows, default=bytes.hex))
";

/// The script with which anybody verifies an export.
const VERIFY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/verify.py");

/// Waits until something has come about.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..DEADLINE.as_millis() / POLL.as_millis() {
        if done() {
            return;
        }
        thread::sleep(POLL);
    }
    panic!("in vain: {what}");
}

/// Runs statements in a SQLite file; the rows of the last.
#[track_caller]
pub(crate) fn sql(file: &Path, statements: &[&str]) -> Vec<Vec<Value>> {
    let mut command = Command::new("python3");
    let output = command
        .args(["-c", SQL])
        .arg(file)
        .args(statements)
        .output()
        .unwrap();
    assert!(output.status.success(), "{statements:?}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) ok: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

fn run(command: &mut Command) -> Ran {
    let output = command
        .env_remove("CAUSERIE_SOCKET")
        .env_remove("CAUSERIE_CONFIG")
        .env_remove("CAUSERIE_URL")
        .env_remove("CAUSERIE_TOKEN")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran {
        ok: output.status.success(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

/// Somebody who gives commands.
#[derive(Clone)]
pub(crate) struct Officer {
    data_dir: PathBuf,
    token_file: Option<PathBuf>,
}

impl Officer {
    /// The officer of a demo server.
    pub(crate) fn of(server: &Server) -> Self {
        let data_dir = server.data_dir();
        let token_file = Some(data_dir.join("officer.token"));
        let officer = Self { data_dir, token_file };
        officer.wait_until_there();
        officer
    }

    /// Whoever is let in by who he is on the machine: the administrator of a chat server, the officer of a compliance
    /// service.
    pub(crate) fn on_machine(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            token_file: None,
        }
    }

    pub(crate) fn try_run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(BINARY);
        command.args(arguments).arg("--data-dir").arg(&self.data_dir);
        if let Some(file) = &self.token_file {
            command.arg("--token-file").arg(file);
        }
        run(&mut command)
    }

    /// What a command answers, as JSON.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Value {
        let ran = self.try_run(&[arguments, &["--json"]].concat());
        assert!(ran.ok, "{arguments:?}: {}{}", ran.out, ran.err);
        serde_json::from_str(&ran.out).unwrap_or_default()
    }

    /// What a command says when it refuses.
    #[track_caller]
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let ran = self.try_run(arguments);
        assert!(!ran.ok, "{arguments:?} was done: {}", ran.out);
        ran.err
    }

    /// Sets an adapter that runs only when it is told to, into a folder of its own; the folder.
    pub(crate) fn adapter(&self, name: &str, more: &[&str]) -> PathBuf {
        let folder = self.data_dir.join(format!("exports of {name}"));
        fs::create_dir_all(&folder).unwrap();
        let more = if more.is_empty() {
            &["--format", "xml"]
        } else {
            more
        };
        let set = [
            "compliance",
            "adapter",
            "set",
            name,
            "--enabled",
            "off",
            "--directory",
        ];
        self.run(&[&set[..], &[folder.to_str().unwrap()], more].concat());
        folder
    }

    /// Runs an adapter; the batch, if there was something to export.
    #[track_caller]
    pub(crate) fn export(&self, adapter: &str) -> Option<String> {
        let outcome = self.run(&["compliance", "adapter", "run", adapter]);
        outcome["batch"].as_str().map(str::to_owned)
    }

    /// Waits until the service answers: a server doesn't wait for it for ever before it serves.
    #[track_caller]
    pub(crate) fn wait_until_there(&self) {
        wait_until("the service answers", || {
            // Its exit code tells of alarms.
            let told = self.try_run(&["compliance", "status", "--json"]).out;
            serde_json::from_str::<Value>(&told).is_ok()
        });
    }

    /// Waits until everything that has happened is in the database of records.
    #[track_caller]
    pub(crate) fn wait_until_stored(&self) {
        wait_until("all records are stored", || {
            let ran = self.try_run(&["compliance", "status", "--json"]);
            let status: Value = serde_json::from_str(&ran.out).unwrap_or_default();
            status["queue"]["depth"] == 0
        });
    }

    /// Waits until everything is stored, and exports it; the batch.
    #[track_caller]
    pub(crate) fn export_all(&self, adapter: &str) -> String {
        self.wait_until_stored();
        self.export(adapter).expect("there is something to export")
    }

    /// Waits until everything is stored, and exports what isn't yet: first the run that a kill cut short, if there is one.
    #[track_caller]
    pub(crate) fn export_rest(&self, adapter: &str) {
        self.wait_until_stored();
        while self.export(adapter).is_some() {}
    }

    /// The key that exports are verified with.
    pub(crate) fn key(&self) -> PathBuf {
        self.data_dir.join("compliance-signing.pub")
    }
}

/// Verifies an export by the script; what it says.
pub(crate) fn verify_by_script(folder: &Path, key: &Path) -> Result<String, String> {
    let ran = run(Command::new("python3").arg(VERIFY).arg(folder).arg(key));
    if ran.ok {
        Ok(ran.out)
    } else {
        Err(ran.out + &ran.err)
    }
}

/// Verifies an export by the program, without any server; what it says.
pub(crate) fn verify_by_program(folder: &Path, key: &Path) -> Result<String, String> {
    let mut command = Command::new(BINARY);
    command
        .args(["compliance", "verify", "--folder"])
        .arg(folder)
        .arg("--key")
        .arg(key);
    let ran = run(&mut command);
    if ran.ok { Ok(ran.out) } else { Err(ran.err) }
}

/// The lines of an export's records, as JSON.
pub(crate) fn records_in(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("records.ndjson")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The body of such a record.
pub(crate) fn body(record: &Value) -> Value {
    serde_json::from_str(record["body"].as_str().unwrap()).unwrap()
}
