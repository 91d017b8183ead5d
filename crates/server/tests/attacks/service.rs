//! The compliance service as a process of its own.

use crate::{
    officer::{Officer, wait_until},
    people::BINARY,
};
use causerie_testkit::{Options, Server};
use serde_json::Value;
use std::{
    fs::{self, File, Permissions},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// A chat server that leaves compliance to another process.
pub(crate) fn chat_alone() -> Server {
    let arguments = ["--role", "chat"].map(str::to_owned).to_vec();
    Server::start(
        BINARY,
        Options {
            arguments,
            ..Options::default()
        },
    )
}

/// The configuration of a database: URL and password, which is kept beside the chat server's data.
fn settings(chat: &Server, database: Option<(&str, &str)>) -> String {
    database.map_or_else(String::new, |(url, password)| {
        let file = chat.data_dir().join("password");
        fs::write(&file, password).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        let file = file.display();
        format!("[compliance]\ndatabase = \"{url}\"\ndatabase_password_file = '{file}'\n")
    })
}

/// `causerie serve --role compliance`. Dropping it ends the process and removes its folder.
pub(crate) struct Service {
    folder: TempDir,
    process: Option<Child>,
}

impl Service {
    /// Starts the service of a chat server with a database: URL and password; with a file of its own if there is none.
    #[track_caller]
    pub(crate) fn of(chat: &Server, database: Option<(&str, &str)>) -> Self {
        Self::with(chat, &settings(chat, database))
    }

    /// The same with more configuration.
    #[track_caller]
    pub(crate) fn with(chat: &Server, more: &str) -> Self {
        let mut service = Self::resting(chat, more);
        service.restart();
        service
    }

    /// A service that should not start with this database; what it says.
    #[track_caller]
    pub(crate) fn refused(chat: &Server, database: (&str, &str)) -> String {
        Self::resting(chat, &settings(chat, Some(database))).refuses_to_start()
    }

    /// What the service says, which shouldn't start.
    #[track_caller]
    pub(crate) fn refuses_to_start(&self) -> String {
        let output = self.command().output().unwrap();
        assert!(!output.status.success(), "it ended well: {output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// As [`Self::with`], not started.
    fn resting(chat: &Server, more: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("causerie-test.")
            .tempdir()
            .unwrap();
        let path = |name: &str| folder.path().join(name);
        let queue = chat.data_dir().join("queue.sock");
        let config = format!(
            "domain = 'example.test'\ndata_dir = '{}'\n[metrics]\nlisten = '127.0.0.1:0'\n[queue]\nsocket = '{}'\n{more}",
            path("data").display(),
            queue.display()
        );
        fs::write(path("causerie.toml"), config).unwrap();
        Self {
            folder,
            process: None,
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(["serve", "--role", "compliance", "--config", "causerie.toml"])
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Where its metrics are, until it is started again.
    pub(crate) fn metrics(&self) -> SocketAddr {
        let listening = fs::read(self.data_dir().join("listening.json")).unwrap();
        let listening: Value = serde_json::from_slice(&listening).unwrap();
        listening["metrics"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The officer who is let in as the user that runs the service.
    pub(crate) fn officer(&self) -> Officer {
        Officer::on_machine(self.data_dir())
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Ends the process as a power failure would.
    pub(crate) fn kill9(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Asks the process to end, and waits for it.
    pub(crate) fn stop(&mut self) {
        let mut process = self.process.take().expect("the service runs");
        let kill = format!("kill -TERM {}", process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        assert!(process.wait().unwrap().success(), "{}", self.log());
    }

    /// Starts the process and waits until the service answers.
    #[track_caller]
    pub(crate) fn restart(&mut self) {
        self.launch();
        self.officer().wait_until_there();
    }

    /// Starts the process and waits until it serves, with or without the service.
    #[track_caller]
    pub(crate) fn launch(&mut self) {
        let listening = self.data_dir().join("listening.json");
        let _ = fs::remove_file(&listening);
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"));
        let log = log.unwrap();
        let process = self
            .command()
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let pid = process.id();
        self.process = Some(process);
        let serves = || {
            let text = fs::read_to_string(&listening).unwrap_or_default();
            serde_json::from_str::<Value>(&text).is_ok_and(|json| json["pid"] == pid)
        };
        wait_until("the service serves", || {
            let ended = self.process.as_mut().unwrap().try_wait().unwrap();
            assert_eq!(
                ended,
                None,
                "{}",
                fs::read_to_string(self.folder.path().join("log")).unwrap()
            );
            serves()
        });
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill9();
        if std::thread::panicking() {
            let log = self.log();
            let tail = log.len().saturating_sub(4_000);
            eprintln!(
                "--- end of the service's log ---\n{}\n---",
                log.get(tail..).unwrap_or(&log)
            );
        }
    }
}
