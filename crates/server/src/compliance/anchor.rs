//! Checkpoints outside of the database: in a file, and in syslog.

use anyhow::{Context, Result};
use causerie_compliance::Anchor;
use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::{fs::OpenOptionsExt, net::UnixDatagram},
    path::{Path, PathBuf},
};

/// Where syslog listens.
pub(super) const SYSLOG: &str = "/dev/log";

/// Facility "log audit" (13), severity "notice" (5): RFC 5424 §6.2.1.
const PRIORITY: u32 = 13 * 8 + 5;

/// Writes each checkpoint's line to both, or to what is set of them.
pub(super) struct Anchors {
    file: Option<PathBuf>,
    syslog: Option<PathBuf>,
}

impl Anchors {
    /// Checks that the file can be written, so that a wrong path is known at the start.
    pub(super) fn new(file: Option<&Path>, syslog: Option<&Path>) -> Result<Self> {
        if let Some(file) = file {
            open(file).with_context(|| format!("the anchor file {}", file.display()))?;
        }
        Ok(Self {
            file: file.map(Path::to_owned),
            syslog: syslog.map(Path::to_owned),
        })
    }
}

impl Anchor for Anchors {
    fn put(&self, line: &str) -> Result<(), String> {
        if let Some(file) = &self.file {
            append(file, line).map_err(|error| format!("the anchor file {}: {error}", file.display()))?;
        }
        if let Some(socket) = &self.syslog {
            send(socket, line).map_err(|error| format!("syslog at {}: {error}", socket.display()))?;
        }
        Ok(())
    }
}

fn open(file: &Path) -> io::Result<File> {
    // Whoever keeps watch may read it: there is nothing secret in it.
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o644)
        .open(file)
}

fn append(file: &Path, line: &str) -> io::Result<()> {
    // Opened each time: what was mounted or rotated meanwhile is the one that counts.
    let mut file = open(file)?;
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_all()
}

/// One datagram (RFC 5424 §6). The line has its own time; whose host it is the log daemon knows.
fn send(socket: &Path, line: &str) -> io::Result<()> {
    let message = format!(
        "<{PRIORITY}>1 - - causerie {} checkpoint - {line}",
        std::process::id()
    );
    UnixDatagram::unbound()?
        .send_to(message.as_bytes(), socket)
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_in_the_file_and_in_syslog() {
        let folder = tempfile::tempdir().unwrap();
        let (file, socket) = (folder.path().join("anchor"), folder.path().join("log"));
        let log = UnixDatagram::bind(&socket).unwrap();
        let anchors = Anchors::new(Some(&file), Some(&socket)).unwrap();
        for line in [r#"{"number":1}"#, r#"{"number":2}"#] {
            anchors.put(line).unwrap();
            let mut buffer = [0; 1_024];
            let length = log.recv(&mut buffer).unwrap();
            let text = std::str::from_utf8(&buffer[..length]).unwrap();
            let pid = std::process::id();
            assert_eq!(text, format!("<109>1 - - causerie {pid} checkpoint - {line}"));
        }
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text, "{\"number\":1}\n{\"number\":2}\n");
    }

    #[test]
    fn what_cannot_be_written_is_told() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Anchors::new(Some(&folder.path().join("none/anchor")), None).is_err());
        let anchors = Anchors::new(None, Some(&folder.path().join("none"))).unwrap();
        assert!(anchors.put("x").unwrap_err().starts_with("syslog at "));
        assert!(Anchors::new(None, None).unwrap().put("x").is_ok());
    }
}
