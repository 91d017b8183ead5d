//! XSLT in a process of its own.
//!
//! The process has no environment, an empty directory, its stylesheet on standard input, its one input by path, and standard
//! output, which is copied into the export here. Limits of the shell (`ulimit`) keep it from writing bytes to files and from
//! taking too much memory and time. That it reads no other file, two walls see to:
//!
//! - The check of the stylesheet ([`crate::stylesheet`]) refuses what names other files, reads the clock or makes random
//!   numbers. It always stands, and tells whoever sets a stylesheet what is wrong with it. It holds as long as it knows all
//!   that processors understand.
//! - The [`Sandbox`], if there is one, has the kernel refuse what a process does, whatever the stylesheet says and whatever
//!   is wrong with the processor: to read, write, make or remove any file but its input and the programs and libraries of the
//!   machine, and to reach the network. How far it holds depends on the kernel, which the log tells.

use crate::{
    blocking, disk,
    sandbox::{Enforced, Sandbox},
    stylesheet,
};
use causerie_destination::DeliveryError;
use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
};

/// How long a transformation may take, in time and in processor time.
pub const TRANSFORM_DEADLINE: Duration = Duration::from_mins(30);
/// How much memory a transformation may take: XSLT has its input and output in memory as trees, about ten times their length.
pub const TRANSFORM_MEMORY_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// How long what a transformation makes may be.
pub const TRANSFORM_OUTPUT_BYTES: u64 = 16 * 1024 * 1024 * 1024;
/// How much of what the processor says is told.
const SAID_BYTES: usize = 2_000;
/// Where programs are looked for.
const DIRECTORIES: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];
const PROGRAM: &str = "xsltproc";
/// The empty directory that the process is in, in the staged folder.
const CELL: &str = ".cell";
/// Sets limits on the shell, which becomes the processor: no bytes to files, no core, memory in KiB, processor time in seconds.
const LIMITED: &str =
    r#"ulimit -f 0 && ulimit -c 0 && ulimit -v "$1" && ulimit -t "$2" && shift 2 && exec "$@""#;

/// What transforms, and its limits.
#[derive(Clone, Debug)]
pub(crate) struct Processor {
    pub(crate) program: Option<PathBuf>,
    pub(crate) sandbox: Option<Sandbox>,
    pub(crate) deadline: Duration,
    pub(crate) output_bytes: u64,
}

impl Default for Processor {
    fn default() -> Self {
        Self {
            program: None,
            sandbox: None,
            deadline: TRANSFORM_DEADLINE,
            output_bytes: TRANSFORM_OUTPUT_BYTES,
        }
    }
}

impl Processor {
    fn program(&self) -> Result<PathBuf, DeliveryError> {
        let candidates: Vec<PathBuf> = match &self.program {
            Some(program) => vec![program.clone()],
            None => DIRECTORIES
                .iter()
                .map(|directory| Path::new(directory).join(PROGRAM))
                .collect(),
        };
        candidates
            .iter()
            .find(|program| program.is_file())
            .cloned()
            .ok_or_else(|| {
                DeliveryError(
                    "a stylesheet needs the program xsltproc, which isn't there: install the package xsltproc \
                     (Debian, Ubuntu) or libxslt (Fedora, RHEL)"
                        .to_owned(),
                )
            })
    }

    /// Makes the file `to` of the file `from` in this folder.
    pub(crate) async fn run(
        &self,
        folder: &Path,
        stylesheet: &str,
        from: &str,
        to: &str,
    ) -> Result<(), DeliveryError> {
        let stylesheet = stylesheet::checked(stylesheet).map_err(DeliveryError)?;
        let (from, to, cell) = (folder.join(from), folder.join(to), folder.join(CELL));
        let (program, out) = {
            let (processor, from, to, cell) = (self.clone(), from.clone(), to.clone(), cell.clone());
            blocking(move || {
                let program = processor.program()?;
                if !from.is_file() {
                    return Err(DeliveryError(format!("{} isn't there", from.display())));
                }
                let out = disk::create(&to)?;
                disk::remove(&cell)?;
                disk::make(&cell)?;
                Ok((program, out))
            })
            .await?
        };
        let run = self.child(&program, &cell, stylesheet, &from, File::from_std(out));
        let done = match tokio::time::timeout(self.deadline, run).await {
            Ok(done) => done,
            Err(_) => Err(format!("it took longer than {} s", self.deadline.as_secs())),
        };
        blocking(move || {
            disk::remove(&cell)?;
            done.map_err(|why| {
                let removed = disk::remove(&to).err().map(|error| format!("; {error}"));
                DeliveryError(format!(
                    "the stylesheet failed: {why}{}",
                    removed.unwrap_or_default()
                ))
            })
        })
        .await
    }

    /// Runs it to its end. Dropped before, it is killed.
    async fn child(
        &self,
        program: &Path,
        cell: &Path,
        stylesheet: String,
        from: &Path,
        out: File,
    ) -> Result<(), String> {
        let said = |error: io::Error| error.to_string();
        let wall = self.sandbox.as_ref().map(|sandbox| sandbox.words(from));
        let mut child = Command::new("/bin/sh")
            .args(["-c", LIMITED, "sh"])
            .arg((TRANSFORM_MEMORY_BYTES / 1024).to_string())
            .arg(TRANSFORM_DEADLINE.as_secs().to_string())
            .args(wall.unwrap_or_default())
            .arg(program)
            .args(["--nonet", "--nowrite", "--nomkdir", "--novalid", "-"])
            .arg(from)
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            // Else names of external things would be looked up in the catalogs of the machine.
            .env("XML_CATALOG_FILES", "")
            .current_dir(cell)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(said)?;
        let (Some(mut stdin), Some(stdout), Some(mut stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("the process has no pipes".to_owned());
        };
        let feed = async move {
            // A process that ends early says why itself.
            let _ = stdin.write_all(stylesheet.as_bytes()).await;
            let _ = stdin.shutdown().await;
            Ok(())
        };
        let listen = async move {
            let mut heard = Vec::new();
            let mut chunk = [0; 4096];
            loop {
                let got = stderr.read(&mut chunk).await.map_err(said)?;
                let Some(part) = chunk.get(..got).filter(|part| !part.is_empty()) else {
                    return Ok(heard);
                };
                let room = SAID_BYTES.saturating_sub(heard.len());
                heard.extend(part.iter().take(room));
            }
        };
        let ((), (), heard) = tokio::try_join!(feed, self.copy(stdout, out), listen)?;
        let status = child.wait().await.map_err(said)?;
        let heard = self.unwalled(&String::from_utf8_lossy(&heard), status.success())?;
        if status.success() {
            return Ok(());
        }
        Err(format!("{status}: {heard}"))
    }

    /// What the processor said, without what the sandbox said. One that says nothing may be none: no output of it is taken.
    fn unwalled(&self, heard: &str, succeeded: bool) -> Result<String, String> {
        let Some(sandbox) = &self.sandbox else {
            return Ok(heard.trim().to_owned());
        };
        let (enforced, heard) = Enforced::first_of(heard);
        match enforced {
            Some(enforced) => sandbox.tell(enforced),
            None if succeeded => return Err("its sandbox doesn't say how far it holds".to_owned()),
            None => {}
        }
        Ok(heard.trim().to_owned())
    }

    async fn copy(&self, from: tokio::process::ChildStdout, mut to: File) -> Result<(), String> {
        let mut from = from.take(self.output_bytes.saturating_add(1));
        let copied = tokio::io::copy(&mut from, &mut to)
            .await
            .map_err(|error| error.to_string())?;
        if copied > self.output_bytes {
            return Err(format!("it makes more than {} bytes", self.output_bytes));
        }
        to.flush().await.map_err(|error| error.to_string())
    }
}
