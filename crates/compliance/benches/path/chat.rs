//! The chat server as far as compliance knows it: it commits records, and gives them out by its queue. In this process or in
//! one of its own.

use crate::bed::{Counting, Talk};
use causerie_queue::conformance::erasure::InMemory;
use causerie_store::{Batch, Journal};
use causerie_store_sqlite::{Options, SqliteStore};
use causerie_web::{admin::serve_unix, queue::router};
use std::{
    future::pending,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
};
use tokio::{
    net::UnixListener,
    time::{Duration, Instant},
};

/// The first word that this program is told where it is the chat server.
pub(crate) const ROLE: &str = "chat";
/// The queue's socket, in the directory of the bed.
pub(crate) const SOCKET: &str = "queue.sock";
/// The room database, in the directory of the bed.
pub(crate) const DATABASE: &str = "mgc";

pub(crate) async fn open_store(directory: &Path) -> Arc<SqliteStore> {
    let store = SqliteStore::open(&directory.join(DATABASE), Options::default()).await;
    Arc::new(store.expect("a room database"))
}

/// Commits records; how long it took.
async fn publish(store: &SqliteStore, records: usize, commit: usize) -> Duration {
    let began = Instant::now();
    let (mut talk, mut left) = (Talk::new(), records);
    while left > 0 {
        let now = left.min(commit);
        let batch = Batch {
            records: talk.records(now),
            ..Batch::default()
        };
        Journal::append(store, &batch).await.expect("a commit");
        left -= now;
    }
    began.elapsed()
}

/// The chat server.
pub(crate) enum Chat {
    /// In this process.
    Here(Arc<SqliteStore>),
    /// In one of its own.
    Beside(Arc<Mutex<Process>>),
}

/// The other process, and what it says.
pub(crate) struct Process {
    child: Child,
    told: BufReader<ChildStdout>,
}

impl Process {
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.told.read_line(&mut line).expect("the chat server lives");
        line.trim_end().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends as nobody tells it anything any more.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

impl Chat {
    /// Starts it in a process of its own.
    pub(crate) fn start(directory: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .arg(ROLE)
            .arg(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let told = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut process = Process { child, told };
        assert_eq!(process.line(), "serves");
        Self::Beside(Arc::new(Mutex::new(process)))
    }

    /// The room database, if it is in this process.
    pub(crate) fn store(&self) -> &SqliteStore {
        match self {
            Self::Here(store) => store,
            Self::Beside(_) => panic!("the chat server is another process"),
        }
    }

    /// Has it commit so many records, so many at a time. Ends when they are committed, with the time that it took.
    pub(crate) fn publish(&self, records: usize, commit: usize) -> impl Future<Output = Duration> + use<> {
        let chat = match self {
            Self::Here(store) => Ok(Arc::clone(store)),
            Self::Beside(process) => Err(Arc::clone(process)),
        };
        async move {
            let process = match chat {
                Ok(store) => return publish(&store, records, commit).await,
                Err(process) => process,
            };
            let waiting = tokio::task::spawn_blocking(move || {
                let mut process = process.lock().expect("it is asked once");
                let orders = process.child.stdin.as_mut().expect("a pipe");
                writeln!(orders, "{records} {commit}").expect("the chat server lives");
                process.line().parse().expect("microseconds")
            });
            Duration::from_micros(waiting.await.expect("an answer"))
        }
    }
}

/// Is the chat server until its standard input ends: each line of it is how many records to commit, and how many at a time.
pub(crate) async fn serve(directory: &Path) {
    let store = open_store(directory).await;
    let listener = UnixListener::bind(directory.join(SOCKET)).expect("a socket");
    let routes = router(
        Arc::clone(&store) as _,
        Arc::new(InMemory::default()),
        Arc::<Counting>::default(),
    );
    tokio::spawn(serve_unix(listener, routes, pending()));
    println!("serves");
    loop {
        let order = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).expect("an order");
            line
        });
        let order = order.await.expect("an order");
        let numbers: Vec<usize> = order.split_whitespace().flat_map(str::parse).collect();
        let [records, commit] = numbers[..] else {
            return;
        };
        let took = publish(&store, records, commit).await;
        println!("{}", took.as_micros());
    }
}
