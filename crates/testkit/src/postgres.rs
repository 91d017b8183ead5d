//! A PostgreSQL server of the test's own.

use crate::{Identity, tail};
use std::{
    fs,
    io::Write,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Where Debian keeps the programs of a PostgreSQL server, by version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// The user that the server runs as if the test is root, which it refuses.
const USER: &str = "postgres";
/// The role that owns the databases, a superuser.
const OWNER: &str = "owner";
/// Its password. What needs escaping in a URL is in it on purpose.
const PASSWORD: &str = "owner's p@ss/word";
/// The same as it stands in a URL.
const PASSWORD_IN_URL: &str = "owner's%20p%40ss%2Fword";

/// The port on its own address of a server that is reached over TCP.
const PORT: u16 = 5432;
/// Most servers of one program that are reached over TCP.
const MOST_ADDRESSES: u32 = 3;
/// Stands between a server and its disk.
const FULL_DISK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/full_disk.c");

/// Ends the server when the line from the test breaks, however the test ended, and then takes its directory away, unless it
/// is told to keep it. Its arguments are the server's program, its directory, and the signal that ends it.
const KEEPER: &str = r#"
    "$1" -D "$2/data" -k "$2" -c max_connections=200 >"$2/log" 2>&1 </dev/null &
    server=$!
    read -r word || word=gone
    kill "-$3" "$server"
    wait "$server"
    [ "$word" = keep ] || rm -rf "$2"
"#;

/// What a disk has no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// Tables and indices: the server refuses what needs more of them.
    Data,
    /// The write-ahead log: the server ends, and can't start.
    Log,
    /// Tables and indices, by a quota.
    Quota,
}

/// A running server with an empty cluster, reached by a Unix socket. Ends with the value, or with the program.
pub struct Postgres {
    programs: PathBuf,
    directory: PathBuf,
    /// User and group to run as; `None` for one's own.
    user: Option<(u32, u32)>,
    /// What stands between it and its disk, if something does.
    library: Option<PathBuf>,
    address: Option<SocketAddr>,
    keeper: Mutex<Option<(Child, ChildStdin)>>,
    databases: AtomicU32,
}

impl Postgres {
    /// The one server of this program, for all its tests.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Makes a cluster and starts its server, which answers from now on. Passwords are asked (SCRAM); `fsync` is on.
    #[must_use]
    pub fn start() -> Self {
        let server = Self::make(&[]);
        server.restart();
        server
    }

    /// As [`Self::start`], on a disk that can be [filled](Self::fill_disk). It takes a C compiler and no rights. When it is
    /// stopped it ends at once, as if it was killed.
    #[must_use]
    pub fn start_on_a_small_disk() -> Self {
        // Short pieces of the log, so that one is soon full.
        let mut server = Self::make(&["--wal-segsize=1"]);
        let library = server.directory.join("full_disk.so");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .arg(FULL_DISK)
            .status()
            .expect("a C compiler");
        assert!(built.success(), "{FULL_DISK} isn't compiled");
        server.library = Some(library);
        server.empty_disk();
        server.restart();
        server
    }

    /// As [`Self::start`], reached over TCP too, at an [address](Self::address) of the machine's own. It takes TLS there, and
    /// connections without.
    #[must_use]
    pub fn start_with_tls(identity: &Identity) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let mut server = Self::make(&[]);
        let (started, process) = (STARTED.fetch_add(1, Ordering::Relaxed), std::process::id());
        assert!(started < MOST_ADDRESSES, "each has an address of its own");
        // Of 127.64.0.0 to 127.255.255.255, by the process, which has a number below 2^22: nobody else listens there, so that
        // no port has to be looked for.
        let [_, block, third, fourth] = process.to_be_bytes();
        let second = u8::try_from(64 * (started + 1)).expect("small") + block % 64;
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, second, third, fourth)), PORT);
        server.address = Some(address);
        server.set(&format!("listen_addresses = '{}'\nssl = on", address.ip()));
        server.identify(identity);
        server.restart();
        server
    }

    /// A cluster whose server doesn't run, made with these arguments more.
    fn make(more: &[&str]) -> Self {
        let programs = programs();
        let root = fs::metadata("/proc/self").expect("this process").uid() == 0;
        let user = root.then(|| account(USER));
        // Short, since the path of a socket may have 107 bytes.
        let directory = tempfile::Builder::new()
            .prefix("pg-")
            .tempdir()
            .expect("a directory")
            .keep();
        let passwords = directory.join("password");
        fs::write(&passwords, PASSWORD).expect("a file");
        let data = directory.join("data");
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&data)
            .expect("a directory");
        let server = Self {
            programs,
            directory,
            user,
            library: None,
            address: None,
            keeper: Mutex::new(None),
            databases: AtomicU32::new(0),
        };
        for path in [&server.directory, &passwords, &data] {
            server.give(path);
        }
        let made = server
            .program("initdb")
            .args(["-U", OWNER, "--auth=scram-sha-256", "-E", "UTF8"])
            .args(more)
            .args(["--locale=C.UTF-8", "--pwfile"])
            .arg(&passwords)
            .arg("-D")
            .arg(&data)
            .output()
            .expect("initdb starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        server.set("listen_addresses = ''");
        server
    }

    /// Gives a file to the user that the server runs as.
    fn give(&self, path: &Path) {
        if let Some((uid, gid)) = self.user {
            chown(path, Some(uid), Some(gid)).expect("the right to give files away");
        }
    }

    /// Adds settings, lines of postgresql.conf, which count from the next start on.
    ///
    /// # Panics
    /// When they can't be written.
    pub fn set(&self, lines: &str) {
        let mut file = fs::File::options()
            .append(true)
            .open(self.directory.join("data/postgresql.conf"))
            .expect("the configuration");
        writeln!(file, "{lines}").expect("it is written");
    }

    /// Has a server with TLS show this certificate from the next start on.
    ///
    /// # Panics
    /// When it can't be written.
    pub fn identify(&self, identity: &Identity) {
        for (name, text) in [
            ("server.crt", &identity.certificate),
            ("server.key", &identity.key),
        ] {
            let path = self.directory.join("data").join(name);
            fs::write(&path, text).expect("a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode");
            self.give(&path);
        }
    }

    /// Where a server with TLS is reached over TCP.
    ///
    /// # Panics
    /// When it isn't.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address.expect("it was started with TLS")
    }

    /// From now on there is no room for what would make a file longer. What is there can be written anew.
    ///
    /// # Panics
    /// When the server wasn't started on a small disk.
    pub fn fill_disk(&self, full: Full) {
        self.switch(match full {
            Full::Data => "data",
            Full::Log => "log",
            Full::Quota => "quota",
        });
    }

    /// There is room again.
    ///
    /// # Panics
    /// When the server wasn't started on a small disk.
    pub fn empty_disk(&self) {
        self.switch("");
    }

    fn switch(&self, word: &str) {
        assert!(self.library.is_some(), "it was started on a small disk");
        // Moved to its place: nobody reads half of it.
        let next = self.directory.join("disk.next");
        fs::write(&next, word).expect("a file");
        fs::set_permissions(&next, fs::Permissions::from_mode(0o644)).expect("its mode");
        fs::rename(next, self.switch_path()).expect("it is moved");
    }

    fn switch_path(&self) -> PathBuf {
        self.directory.join("disk")
    }

    /// Ends the server; its databases stay. Whoever is connected is cut off.
    pub fn stop(&self) {
        if let Some((mut child, mut line)) = self.take_keeper() {
            line.write_all(b"keep\n").expect("the keeper listens");
            child.wait().expect("the keeper ends");
        }
    }

    /// Starts the server again.
    pub fn restart(&self) {
        self.stop();
        let mut keeper = self.command("sh");
        // One that just starts again after its log was full may never end in good order.
        let end = if self.library.is_some() { "QUIT" } else { "INT" };
        if let Some(library) = &self.library {
            keeper
                .env("LD_PRELOAD", library)
                .env("FULL_DISK", self.switch_path());
        }
        let mut child = keeper
            .args(["-c", KEEPER, "sh"])
            .arg(self.programs.join("postgres"))
            .arg(&self.directory)
            .arg(end)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let line = child.stdin.take().expect("a pipe");
        *self.keeper.lock().unwrap_or_else(PoisonError::into_inner) = Some((child, line));
        let deadline = Instant::now() + crate::DEADLINE;
        while let Err(error) = self.try_sql("postgres", "SELECT 1") {
            assert!(
                Instant::now() < deadline,
                "{error}\n{}",
                tail(&self.directory.join("log"))
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// An empty database that nobody else has: its name.
    pub fn database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        name
    }

    /// The URL of a database for the role that owns everything, a superuser.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.url_as(&format!("{OWNER}:{PASSWORD_IN_URL}"), database)
    }

    /// The URL of a database for a role: its name, or `name:password` as URLs have them.
    #[must_use]
    pub fn url_as(&self, role: &str, database: &str) -> String {
        let directory = self.directory.display();
        format!("postgres://{role}@localhost/{database}?host={directory}")
    }

    /// Runs statements as the owner and returns what they print: rows alone, `|` between columns.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        self.try_sql(database, statements)
            .unwrap_or_else(|error| panic!("{statements}: {error}"))
    }

    fn try_sql(&self, database: &str, statements: &str) -> Result<String, String> {
        let output = self
            .program("psql")
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-U",
                OWNER,
                "-d",
                database,
                "-c",
            ])
            .arg(statements)
            .arg("-h")
            .arg(&self.directory)
            .env("PGPASSWORD", PASSWORD)
            .output()
            .expect("psql starts");
        let text = |bytes| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stderr))
        }
    }

    fn program(&self, name: &str) -> Command {
        self.command(self.programs.join(name))
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.directory);
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn take_keeper(&self) -> Option<(Child, ChildStdin)> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some((mut child, line)) = self.take_keeper() {
            drop(line);
            // A failure shows in what stays behind.
            let _ = child.wait();
        }
        // Stopped before, it has nobody to take it away.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Where the programs are: the newest version of Debian's, or what the PATH has.
fn programs() -> PathBuf {
    let newest = fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|path| is_program(&path.join("postgres")))
        .max();
    newest
        .or_else(|| {
            let path = std::env::var_os("PATH")?;
            std::env::split_paths(&path).find(|path| is_program(&path.join("postgres")))
        })
        .expect("PostgreSQL is installed")
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// User and group of an account of this machine.
fn account(name: &str) -> (u32, u32) {
    let accounts = fs::read_to_string("/etc/passwd").expect("the accounts");
    let fields = accounts
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&name));
    let fields =
        fields.unwrap_or_else(|| panic!("there is no account {name}, and a server refuses to run as root"));
    let number = |index: usize| fields[index].parse().expect("a number");
    (number(2), number(3))
}
