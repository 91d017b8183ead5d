//! The server under load: a process of its own, with a data directory that holds the world of the run.

use crate::{process::open_files, world::World};
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    net::SocketAddr,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// The SIP domain of a run.
pub(crate) const DOMAIN: &str = "load.test";

/// How long a server may take to start with a great world, and to stop.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often it is looked whether it has got so far.
const POLL: Duration = Duration::from_millis(20);
/// Files that are open besides the endpoints' connections, in either process.
const FILES_BESIDES: usize = 64;
/// Bytes from the end of the server's log that are told when it fails.
const LOG_TAIL: usize = 4_096;

/// How endpoints connect and sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Args, Serialize)]
pub(crate) struct Access {
    /// What endpoints connect by
    #[arg(long, global = true, value_enum, default_value = "tls")]
    pub(crate) transport: Transport,
    /// How endpoints prove who they are
    #[arg(long, global = true, value_enum, default_value = "ntlm")]
    pub(crate) authentication: Authentication,
}

/// What endpoints connect by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Transport {
    /// Plain TCP
    Tcp,
    /// TLS
    Tls,
}

/// How endpoints prove who they are, in the words of the server's `sip.authentication`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Authentication {
    /// NTLM, every message signed
    Ntlm,
    /// Not at all: a mode of the server for tests, on loopback only
    None,
}

/// A server that takes load.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) tcp: SocketAddr,
    pub(crate) tls: SocketAddr,
    /// The certificate that the server's own certificate comes from, PEM.
    pub(crate) authority: PathBuf,
    /// The name that the server's certificate is for.
    pub(crate) host: String,
    pub(crate) access: Access,
    /// Of the server process, for /proc.
    pub(crate) pid: u32,
}

/// A server of a run. It ends when this is dropped.
pub(crate) struct Server {
    process: Option<Child>,
    target: Target,
    data_dir: PathBuf,
    /// Its configuration and log, and its data unless they are kept.
    folder: TempDir,
}

impl Server {
    /// Makes the world, unless it is kept in `kept` already, and serves it by this very program to so many endpoints.
    ///
    /// # Errors
    /// If that fails, with the end of the server's log, or so many endpoints can't be.
    pub(crate) async fn start(
        world: &World,
        endpoints: usize,
        kept: Option<&Path>,
        access: Access,
    ) -> Result<Self> {
        // At once: a great world takes minutes to make.
        check_open_files(endpoints)?;
        let folder = tempfile::Builder::new().prefix("causerie-load.").tempdir()?;
        let data_dir = kept.map_or_else(|| folder.path().join("data"), Path::to_owned);
        world.ensure(&data_dir).await?;
        let data_dir = data_dir.canonicalize()?;
        let configuration = folder.path().join("causerie.toml");
        fs::write(
            &configuration,
            settings(&data_dir, folder.path(), access.authentication)?,
        )?;
        let mut server = Self {
            process: None,
            target: Target {
                tcp: SocketAddr::from(([127, 0, 0, 1], 0)),
                tls: SocketAddr::from(([127, 0, 0, 1], 0)),
                authority: data_dir.join("ca.pem"),
                host: format!("pool.{DOMAIN}"),
                access,
                pid: 0,
            },
            data_dir,
            folder,
        };
        server.launch(&configuration).await?;
        Ok(server)
    }

    /// Where it is, for endpoints.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// What it has logged: nothing but warnings and errors.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Ends it as an administrator would.
    ///
    /// # Errors
    /// If it ended before, or not by itself, or failed; with the end of its log.
    pub(crate) fn stop(mut self) -> Result<()> {
        self.end()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    async fn launch(&mut self, configuration: &Path) -> Result<()> {
        let listening = self.data_dir.join("listening.json");
        // What a crash has left would be taken for this one's.
        let _ = fs::remove_file(&listening);
        let log = File::create(self.log_file())?;
        let program = std::env::current_exe().context("this program's own file")?;
        let process = Command::new(&program)
            .arg("serve")
            .arg("--config")
            .arg(configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            // Ctrl-C on the terminal is for this program, which then ends the server.
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let pid = process.id();
        // Kept at once, so that it is ended whatever happens.
        self.process = Some(process);
        let deadline = Instant::now() + PATIENCE;
        let text = loop {
            match fs::read_to_string(&listening) {
                Ok(text) => break text,
                Err(_) if self.has_ended() => bail!("the server ended at once:\n{}", tail(&self.log())),
                Err(_) if Instant::now() > deadline => {
                    bail!("the server doesn't come to serve:\n{}", tail(&self.log()))
                }
                Err(_) => sleep(POLL).await,
            }
        };
        let listening: Value = serde_json::from_str(&text)?;
        let address = |name: &str| -> Result<SocketAddr> {
            let address = listening.get(name).and_then(Value::as_str);
            address
                .and_then(|address| address.parse().ok())
                .with_context(|| format!("the server tells no {name}: {text}"))
        };
        self.target.tcp = address("sip_tcp")?;
        self.target.tls = address("sip_tls")?;
        self.target.pid = pid;
        Ok(())
    }

    fn has_ended(&mut self) -> bool {
        self.process
            .as_mut()
            .is_none_or(|process| !matches!(process.try_wait(), Ok(None)))
    }

    fn end(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else {
            return Ok(());
        };
        let ended = self.end_gently(&mut process);
        if ended.is_err() {
            // Whatever went wrong, it doesn't outlive this run. One that has ended already takes no harm.
            let _ = process.kill();
            let _ = process.wait();
        }
        ended
    }

    fn end_gently(&self, process: &mut Child) -> Result<()> {
        if let Some(status) = process.try_wait()? {
            bail!("the server ended by itself ({status}):\n{}", tail(&self.log()));
        }
        terminate(process)?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            match process.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("the server failed to stop ({status}):\n{}", tail(&self.log())),
                None => thread::sleep(POLL),
            }
        }
        bail!("the server didn't stop:\n{}", tail(&self.log()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A run that has succeeded has stopped it before; this one has something else to tell.
        let _ = self.end();
    }
}

/// Sends SIGTERM. The standard library sends no signal but SIGKILL; every shell does.
pub(crate) fn terminate(process: &Child) -> Result<()> {
    let command = format!("kill -TERM {}", process.id());
    let status = Command::new("sh").args(["-c", &command]).status()?;
    if !status.success() {
        bail!("the server can't be told to stop");
    }
    Ok(())
}

/// The server's configuration. Everything that isn't here has the default of every server.
fn settings(data_dir: &Path, folder: &Path, authentication: Authentication) -> Result<String> {
    let settings = json!({
        "domain": DOMAIN,
        "data_dir": data_dir,
        "sip": {
            "tcp": "127.0.0.1:0",
            "tls": "127.0.0.1:0",
            "authentication": authentication,
            // All endpoints come from few addresses.
            "limits": { "connections": 1_000_000, "connections_per_address": 1_000_000 },
        },
        "metrics": { "listen": "off" },
        // In the temporary folder, since the path of a socket is limited to about a hundred bytes.
        "admin": { "socket": folder.join("admin.sock") },
        "log": { "level": "warn" },
    });
    Ok(toml::to_string(&settings)?)
}

/// The end of a text, from the beginning of a line.
fn tail(text: &str) -> &str {
    let from = text.floor_char_boundary(text.len().saturating_sub(LOG_TAIL));
    let end = &text[from..];
    match end.split_once('\n') {
        Some((_, lines)) if from > 0 => lines,
        _ => end,
    }
}

/// Fails before anything is begun if there can't be so many endpoints.
///
/// # Errors
/// If the system lets a process open too few files, with what to do.
pub(crate) fn check_open_files(endpoints: usize) -> Result<()> {
    let limit = open_files()?;
    let needed = endpoints + FILES_BESIDES;
    if limit.soft >= needed {
        return Ok(());
    }
    if limit.hard >= needed {
        bail!(
            "{endpoints} endpoints need {needed} open files in each of the two processes, and the limit is {}: run \
             `ulimit -n {needed}` first",
            limit.soft
        );
    }
    bail!(
        "{endpoints} endpoints need {needed} open files in each of the two processes, and the system allows {} at \
         most: have an administrator raise the hard limit, or take fewer endpoints",
        limit.hard
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_toml_and_open_only_where_asked() {
        for (authentication, told) in [(Authentication::None, "none"), (Authentication::Ntlm, "ntlm")] {
            let text = settings(Path::new("/data"), Path::new("/run"), authentication).unwrap();
            let table: toml::Table = text.parse().unwrap();
            assert_eq!(table["sip"]["authentication"].as_str(), Some(told));
            assert_eq!(table["data_dir"].as_str(), Some("/data"));
        }
    }

    #[test]
    fn too_few_files_are_told_at_once() {
        assert!(check_open_files(1).is_ok());
        let told = check_open_files(usize::MAX - FILES_BESIDES - 1);
        // Where there is no limit this is fine, too.
        if let Err(error) = told {
            assert!(error.to_string().contains("hard limit"), "{error}");
        }
    }

    #[test]
    fn the_tail_of_a_log_begins_with_a_line() {
        assert_eq!(tail("a\nb"), "a\nb");
        let long = format!("{}\nlast\n", "x".repeat(2 * LOG_TAIL));
        assert_eq!(tail(&long), "last\n");
    }
}
