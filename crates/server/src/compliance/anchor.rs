//! Checkpoints outside of the database: in a file, and in syslog.

use super::hand::Hand;
use causerie_compliance::Anchor;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::{fs::OpenOptionsExt, net::UnixDatagram},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Where syslog listens.
pub(super) const SYSLOG: &str = "/dev/log";

/// How long a checkpoint waits for each of the two. What isn't made known then is later, in order.
const DEADLINE: Duration = Duration::from_secs(5);

/// Facility "log audit" (13), severity "notice" (5): RFC 5424 §6.2.1.
const PRIORITY: u32 = 13 * 8 + 5;

/// Writes each checkpoint's line to both, or to what is set of them. One that fails doesn't hold up the other.
pub(super) struct Anchors {
    file: Option<PathBuf>,
    file_progress: Arc<Mutex<Progress>>,
    /// Reads and writes the file, which may be on another machine.
    hand: Hand,
    syslog: Option<PathBuf>,
    syslog_progress: Mutex<Progress>,
}

impl Anchors {
    pub(super) fn new(file: Option<&Path>, syslog: Option<&Path>) -> Self {
        Self {
            file: file.map(Path::to_owned),
            file_progress: Arc::default(),
            hand: Hand::new(DEADLINE),
            syslog: syslog.map(Path::to_owned),
            syslog_progress: Mutex::default(),
        }
    }

    /// Looks whether the file can be written, so that a wrong path is known before there is a checkpoint.
    pub(super) fn check(&self) -> Result<(), String> {
        self.with_file(|file| open(file).map(drop))
    }

    /// Does something with the file, if there is one, and waits for that no longer than [`DEADLINE`].
    fn with_file<T: Default + Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, String> {
        let Some(file) = self.file.clone() else {
            return Ok(T::default());
        };
        let name = file.display().to_string();
        let done = self
            .hand
            .within(move || work(&file).map_err(|error| error.to_string()));
        done.map_err(|error| format!("the anchor file {name}: {error}"))
    }

    /// Writes a line into the file unless it is there. One that hangs is written when the file is back, and not again then.
    fn put_into_file(&self, line: &str) -> Result<(), String> {
        let number = number(line);
        if let Some(known) = progress(&self.file_progress).of(number) {
            return known;
        }
        let (text, shared) = (line.to_owned(), Arc::clone(&self.file_progress));
        let written = self.with_file(move |file| {
            // The write of it that hung may have ended just now.
            if progress(&shared).of(number).is_some_and(|known| known.is_ok()) {
                return Ok(());
            }
            let written = append(file, &text);
            let told = written.as_ref().copied().map_err(ToString::to_string);
            progress(&shared).note(number, &told);
            written
        });
        // It may have been written since.
        if written.is_err() {
            progress(&self.file_progress).note(number, &written);
        }
        written
    }
}

impl Anchor for Anchors {
    fn put(&self, line: &str) -> Result<(), String> {
        let into_file = self.put_into_file(line);
        let into_syslog = self.syslog.as_deref().map_or(Ok(()), |socket| {
            let failed = |error| format!("syslog at {}: {error}", socket.display());
            progress(&self.syslog_progress).put(line, |line| send(socket, line).map_err(failed))
        });
        match (into_file, into_syslog) {
            (Err(one), Err(other)) => Err(format!("{one}; {other}")),
            (one, other) => one.and(other),
        }
    }

    /// The file's. What is in syslog can't be read back.
    fn all(&self) -> Result<Vec<String>, String> {
        self.with_file(|file| match fs::read(file) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes)
                .lines()
                .map(str::to_owned)
                .collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        })
    }
}

/// How far one of the two is. Both get every line in order and, while the process lives, once.
#[derive(Default)]
struct Progress {
    /// The number of the last checkpoint that it has; 0 before the first.
    done: u64,
    /// The number of the one that failed, and why.
    failed: Option<(u64, String)>,
}

fn progress(of: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Progress {
    fn put(&mut self, line: &str, write: impl Fn(&str) -> Result<(), String>) -> Result<(), String> {
        let number = number(line);
        if let Some(known) = self.of(number) {
            return known;
        }
        let written = write(line);
        self.note(number, &written);
        written
    }

    /// What is known of a line without writing it: it is there, or it waits for one before it that failed.
    fn of(&self, number: u64) -> Option<Result<(), String>> {
        if number <= self.done {
            return Some(Ok(()));
        }
        let failed = self.failed.as_ref().filter(|(failed, _)| *failed < number);
        failed.map(|(_, why)| Err(why.clone()))
    }

    /// Takes in what came of writing a line.
    fn note(&mut self, number: u64, written: &Result<(), String>) {
        match written {
            Ok(()) => {
                self.done = number;
                self.failed = None;
            }
            Err(why) if number > self.done => self.failed = Some((number, why.clone())),
            Err(_) => {}
        }
    }
}

/// The number that a checkpoint's line names.
fn number(line: &str) -> u64 {
    let line: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
    // One without a number is written in any case.
    line["number"].as_u64().unwrap_or(u64::MAX)
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
    let mut to = open(file)?;
    // What a full disk or the end of the program cut short mustn't spoil this line.
    let begin = if ends_within_a_line(file)? { "\n" } else { "" };
    to.write_all(format!("{begin}{line}\n").as_bytes())?;
    to.sync_all()
}

fn ends_within_a_line(file: &Path) -> io::Result<bool> {
    let mut file = File::open(file)?;
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// One datagram (RFC 5424 §6). The line has its own time; whose host it is the log daemon knows.
fn send(socket: &Path, line: &str) -> io::Result<()> {
    let message = format!(
        "<{PRIORITY}>1 - - causerie {} checkpoint - {line}",
        std::process::id()
    );
    let sender = UnixDatagram::unbound()?;
    // A log daemon that stands still takes none once its queue is full.
    sender.set_write_timeout(Some(DEADLINE))?;
    sender.send_to(message.as_bytes(), socket).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files here answer, however late.
    const PATIENCE: Duration = Duration::from_secs(600);

    fn patient(file: Option<&Path>, socket: Option<&Path>) -> Anchors {
        let mut anchors = Anchors::new(file, socket);
        anchors.hand = Hand::new(PATIENCE);
        anchors
    }

    #[test]
    fn each_line_is_in_the_file_and_in_syslog() {
        let folder = tempfile::tempdir().unwrap();
        let (file, socket) = (folder.path().join("anchor"), folder.path().join("log"));
        let log = UnixDatagram::bind(&socket).unwrap();
        let anchors = patient(Some(&file), Some(&socket));
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
        assert_eq!(anchors.all().unwrap(), [r#"{"number":1}"#, r#"{"number":2}"#]);
        fs::remove_file(&file).unwrap();
        assert!(anchors.all().unwrap().is_empty());
        fs::create_dir(&file).unwrap();
        assert!(anchors.all().unwrap_err().starts_with("the anchor file "));
    }

    #[test]
    fn what_cannot_be_written_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = patient(Some(&folder.path().join("none/anchor")), None);
        assert!(nowhere.check().unwrap_err().starts_with("the anchor file "));
        let anchors = patient(None, Some(&folder.path().join("none")));
        assert!(anchors.check().is_ok());
        assert!(anchors.put("x").unwrap_err().starts_with("syslog at "));
        assert!(patient(None, None).put("x").is_ok());
    }

    #[test]
    fn a_file_that_hangs_holds_up_nothing_and_gets_all_in_order_when_it_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let (file, socket) = (folder.path().join("anchor"), folder.path().join("log"));
        let line = |number: u64| format!("{{\"number\":{number}}}");
        // To open it for writing takes until somebody opens it for reading.
        let made = std::process::Command::new("mkfifo").arg(&file).status();
        assert!(made.unwrap().success());
        let log = UnixDatagram::bind(&socket).unwrap();
        let mut anchors = patient(Some(&file), Some(&socket));
        anchors.hand = Hand::new(Duration::from_millis(10));
        let told = anchors.put(&line(1)).unwrap_err();
        assert!(told.contains("anchor: it hasn't answered"), "{told}");
        for number in [2, 1, 2, 3] {
            assert!(anchors.put(&line(number)).is_err());
        }
        assert!(anchors.check().is_err());
        assert!(anchors.all().unwrap_err().contains("it doesn't answer"));
        for number in 1..=3 {
            let mut buffer = [0; 1_024];
            let length = log.recv(&mut buffer).unwrap();
            assert!(
                buffer[..length].ends_with(line(number).as_bytes()),
                "syslog has all"
            );
        }
        // It is back. What hung ends, and fails, since such a file can't be synced.
        let old = folder.path().join("old");
        fs::rename(&file, &old).unwrap();
        let _reader = File::open(&old).unwrap();
        while anchors.put(&line(1)).is_err() {}
        anchors.hand = Hand::new(PATIENCE);
        for number in 1..=4 {
            anchors.put(&line(number)).unwrap();
        }
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text, [1, 2, 3, 4].map(|number| line(number) + "\n").concat());
    }

    #[test]
    fn one_that_fails_holds_up_no_other_and_gets_all_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let (file, socket) = (folder.path().join("anchor"), folder.path().join("log"));
        let anchors = patient(Some(&file), Some(&socket));
        let line = |number: u64| format!("{{\"number\":{number}}}");
        let sweep = |from, to| -> Vec<bool> { (from..=to).map(|n| anchors.put(&line(n)).is_ok()).collect() };
        assert_eq!(sweep(1, 2), [false, false]);
        assert_eq!(sweep(1, 3), [false, false, false]);
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text, format!("{}\n{}\n{}\n", line(1), line(2), line(3)));
        let log = UnixDatagram::bind(&socket).unwrap();
        // It comes back in the middle: what failed first is first.
        assert!(anchors.put(&line(3)).is_err());
        assert_eq!(sweep(1, 3), [true, true, true]);
        for number in 1..=3 {
            let mut buffer = [0; 1_024];
            let length = log.recv(&mut buffer).unwrap();
            assert!(buffer[..length].ends_with(line(number).as_bytes()));
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }

    #[test]
    fn a_line_that_was_cut_short_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("anchor");
        let line = |number: u64| format!("{{\"number\":{number}}}");
        let mut anchors = Anchors::new(Some(&file), None);
        anchors.hand = Hand::new(Duration::from_secs(600));
        for cut in ["{\"num", "{\"number\":1}", "\n", ""] {
            fs::write(&file, cut).unwrap();
            *progress(&anchors.file_progress) = Progress::default();
            anchors.put(&line(2)).unwrap();
            anchors.put(&line(3)).unwrap();
            let all = anchors.all().unwrap();
            let [.., second, third] = &all[..] else {
                panic!("{all:?}")
            };
            assert_eq!([second, third], [&line(2), &line(3)], "after {cut:?}");
            assert_eq!(all.first() == Some(&line(2)), cut.is_empty(), "{all:?}");
        }
    }
}
