use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::{DEADLINE, tail};

/// How often a process is asked whether it has got so far.
const POLL: Duration = Duration::from_millis(20);
/// What the server says when it can't have an address.
const TAKEN: &str = " is taken by another program";

/// What a test may add to the command line and environment of the server.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Arguments after those of the harness.
    pub arguments: Vec<String>,
    /// Environment variables: name and value.
    pub environment: Vec<(String, String)>,
}

/// Where the server listens, as it wrote into `listening.json`.
#[derive(Debug, Clone)]
struct Addresses {
    sip_tcp: SocketAddr,
    sip_tls: SocketAddr,
    metrics: SocketAddr,
    admin: PathBuf,
}

/// A `causerie serve --demo` of one test, in a temporary folder and on free ports.
///
/// Dropping it ends the process and removes the folder; when the test failed, the end of its log is printed first.
#[derive(Debug)]
pub struct Server {
    binary: PathBuf,
    options: Options,
    /// The configuration, if it isn't that of the demo.
    config: Option<PathBuf>,
    folder: TempDir,
    process: Option<Child>,
    addresses: Addresses,
}

impl Server {
    /// Starts the program with the demo's users and rooms and waits until it serves.
    ///
    /// A test of the server crate passes `env!("CARGO_BIN_EXE_causerie")`.
    ///
    /// # Panics
    /// When it does not come to serve; the message has the end of its log.
    #[must_use]
    #[track_caller]
    pub fn demo(binary: impl AsRef<Path>) -> Self {
        Self::start(binary, Options::default())
    }

    /// As [`Server::demo`], with options.
    ///
    /// # Panics
    /// When it does not come to serve; the message has the end of its log.
    #[must_use]
    #[track_caller]
    pub fn start(binary: impl AsRef<Path>, options: Options) -> Self {
        match Self::try_start(binary, options) {
            Ok(server) => server,
            Err(error) => panic!("{error:#}"),
        }
    }

    /// As [`Server::start`], for tests that expect it to fail.
    ///
    /// # Errors
    /// When the process ends or the deadline passes before it serves; the message has the end of its log.
    pub fn try_start(binary: impl AsRef<Path>, options: Options) -> Result<Self> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self {
            binary: binary.as_ref().to_owned(),
            options,
            config: None,
            folder: tempfile::Builder::new()
                .prefix("causerie-test.")
                .tempdir()
                .context("a temporary folder")?,
            process: None,
            addresses: Addresses {
                sip_tcp: any,
                sip_tls: any,
                metrics: any,
                admin: PathBuf::new(),
            },
        };
        server.launch()?;
        Ok(server)
    }

    /// Where SIP over plain TCP is served.
    #[must_use]
    pub fn sip_tcp(&self) -> SocketAddr {
        self.addresses.sip_tcp
    }

    /// Where SIP over TLS is served.
    #[must_use]
    pub fn sip_tls(&self) -> SocketAddr {
        self.addresses.sip_tls
    }

    /// Where the metrics are served over HTTP.
    #[must_use]
    pub fn metrics(&self) -> SocketAddr {
        self.addresses.metrics
    }

    /// The socket of the administration API.
    #[must_use]
    pub fn admin(&self) -> &Path {
        &self.addresses.admin
    }

    /// The folder with everything the server keeps.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// All that the server has printed since the first start.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read(self.log_path()).map_or_else(
            |_| String::new(),
            |log| String::from_utf8_lossy(&log).into_owned(),
        )
    }

    /// The process id, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Ends the process as a power failure would: no signal that it could handle (SIGKILL).
    pub fn kill9(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("a child can be killed");
            process.wait().expect("a killed child ends");
        }
    }

    /// Asks the process to end (SIGTERM) and waits for it.
    ///
    /// # Panics
    /// When it does not run or does not end.
    #[track_caller]
    pub fn stop(&mut self) -> ExitStatus {
        let mut process = self.process.take().expect("the server runs");
        // The standard library sends no signal but SIGKILL; every shell does.
        let asked = Command::new("sh")
            .args(["-c", &format!("kill -TERM {}", process.id())])
            .status();
        assert!(
            asked.is_ok_and(|status| status.success()),
            "SIGTERM cannot be sent"
        );
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = process.try_wait().expect("a child can be waited for") {
                return status;
            }
            if Instant::now() > deadline {
                process
                    .kill()
                    .and_then(|()| process.wait())
                    .expect("a child can be killed");
                panic!("the server does not end on SIGTERM:\n{}", tail(&self.log_path()));
            }
            thread::sleep(POLL);
        }
    }

    /// Starts the process again after [`Server::kill9`] or [`Server::stop`], with the same data and on the same
    /// addresses, and waits until it serves.
    ///
    /// # Panics
    /// When it runs already or does not come to serve.
    #[track_caller]
    pub fn restart(&mut self) {
        assert!(self.process.is_none(), "the server runs already");
        let deadline = Instant::now() + DEADLINE;
        // While it was down somebody else's connection may have been given one of its ports for a moment.
        while let Err(error) = self.launch() {
            let error = format!("{error:#}");
            assert!(error.contains(TAKEN) && Instant::now() < deadline, "{error}");
            thread::sleep(POLL);
        }
    }

    /// From the next start on the server has this configuration (TOML) instead of that of the demo. It keeps its data and its
    /// addresses, which are told by flags.
    ///
    /// # Panics
    /// When it can't be written.
    pub fn configure(&mut self, toml: &str) {
        let file = self.folder.path().join("causerie.toml");
        fs::write(&file, toml).expect("the folder takes files");
        self.config = Some(file);
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// Starts the process on the addresses known so far and learns those it chose.
    fn launch(&mut self) -> Result<()> {
        let listening = self.data_dir().join("listening.json");
        match fs::remove_file(&listening) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing {}", listening.display()));
            }
            _ => {}
        }
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_path())
            .context("opening the log")?;
        let mut command = Command::new(&self.binary);
        match &self.config {
            Some(file) => command.args(["serve", "--config"]).arg(file),
            None => command.args(["serve", "--demo"]),
        };
        let process = command
            .arg("--data-dir")
            .arg(self.data_dir())
            .args(["--sip-tcp", &self.addresses.sip_tcp.to_string()])
            .args(["--sip-tls", &self.addresses.sip_tls.to_string()])
            .args(["--metrics", &self.addresses.metrics.to_string()])
            .args(&self.options.arguments)
            .envs(self.options.environment.iter().cloned())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("sharing the log")?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {}", self.binary.display()))?;
        self.addresses = self.wait_until_it_serves(process, &listening)?;
        Ok(())
    }

    fn wait_until_it_serves(&mut self, process: Child, listening: &Path) -> Result<Addresses> {
        // Kept at once, so that it is ended whatever happens.
        let process = self.process.insert(process);
        let deadline = Instant::now() + DEADLINE;
        let text = loop {
            match fs::read_to_string(listening) {
                Ok(text) => break text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| format!("reading {}", listening.display())),
            }
            if let Some(status) = process.try_wait()? {
                self.process = None;
                bail!(
                    "the server ended ({status}) before it served:\n{}",
                    tail(&self.log_path())
                );
            }
            if Instant::now() > deadline {
                bail!("the server does not come to serve:\n{}", tail(&self.log_path()));
            }
            thread::sleep(POLL);
        };
        let json: Value = serde_json::from_str(&text).with_context(|| format!("listening.json: {text}"))?;
        if json["pid"] != process.id() {
            bail!(
                "listening.json is of another process than {}: {text}",
                process.id()
            );
        }
        let address = |name: &str| -> Result<SocketAddr> {
            let value = json[name]
                .as_str()
                .with_context(|| format!("listening.json has no {name}: {text}"))?;
            value
                .parse()
                .map_err(|error| anyhow!("listening.json, {name}: {error}: {text}"))
        };
        Ok(Addresses {
            sip_tcp: address("sip_tcp")?,
            sip_tls: address("sip_tls")?,
            metrics: address("metrics")?,
            admin: json["admin"]
                .as_str()
                .context("listening.json has no admin")?
                .into(),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill9();
        if thread::panicking() {
            eprintln!("--- end of the server's log ---\n{}\n---", tail(&self.log_path()));
        }
    }
}
