//! The database of records can't be reached for a while: closed categories take no messages, open ones do, and afterwards
//! everything is there in order.

use crate::{
    judge::Verdict,
    officer::{Officer, wait_until},
    people::{join, sign_in},
    service::{Service, chat_alone},
};
use causerie_records::RecordStore;
use causerie_store_postgres::PostgresRecords;
use causerie_store_sqlite::{Options, SqliteRecords};
use causerie_testkit::{DEADLINE, Full, Postgres, Server};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

/// How long to wait before a message is tried again.
const POLL: Duration = Duration::from_millis(50);

/// The chat server is behind when more than this waits.
const DEPTH: &str = "domain = 'example.test'\n[chat]\ncompliance_max_depth = 3\n";

/// Keeps everybody else from writing to a SQLite database until its standard input ends.
const LOCK: &str = "
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
database.execute('BEGIN IMMEDIATE')
print('locked', flush=True)
sys.stdin.readline()
";

/// The program with the lock.
struct Lock(Child);

impl Lock {
    fn on(database: &Path) -> Self {
        let mut command = Command::new("python3");
        command.args(["-c", LOCK]).arg(database);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "locked\n");
        Self(child)
    }

    fn release(mut self) {
        self.0.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

/// What the attack needs of a database.
struct Attack<'a, L> {
    database: Option<(&'a str, &'a str)>,
    cut: &'a dyn Fn(&Service) -> L,
    mend: &'a dyn Fn(L),
    /// The service is killed and started again while it is cut off.
    restart: bool,
}

/// The posts of one room, and what became of them.
#[derive(Default)]
struct Posts {
    taken: Vec<String>,
    tried: usize,
}

impl<L> Attack<'_, L> {
    async fn run(&self) -> (Service, Server, Posts, Posts) {
        let mut server = chat_alone();
        server.stop();
        server.configure(DEPTH);
        server.restart();
        let administrator = Officer::on_machine(server.data_dir());
        for arguments in [
            &["category", "change", "General", "--compliance", "closed"][..],
            &["category", "add", "Loose", "--compliance", "open"],
            &["category", "allow", "Loose", "Everyone"],
            &["room", "add", "Park", "--category", "Loose", "--privacy", "open"],
        ] {
            administrator.run(arguments);
        }
        let mut service = Service::of(&server, self.database);
        let officer = service.officer();
        officer.adapter("all", &[]);
        officer.wait_until_stored();
        let (client, _) = sign_in(&server, "alice").await;
        let (closed, open) = (join(&client, "Lobby").await.uri, join(&client, "Park").await.uri);
        let (mut in_closed, mut in_open) = (Posts::default(), Posts::default());
        let post = async |room, posts: &mut Posts| {
            let text = format!("{room} {:04}", posts.tried);
            posts.tried += 1;
            let answer = client.post(room, &text).await;
            if answer.is_ok() {
                posts.taken.push(text);
            }
            answer
        };
        let mut patience = DEADLINE.as_millis() / POLL.as_millis();
        let mut pause = async |what: &str| {
            patience = patience
                .checked_sub(1)
                .unwrap_or_else(|| panic!("in vain: {what}"));
            tokio::time::sleep(POLL).await;
        };
        // It takes the server a moment to see that nothing waits any more.
        while post(&closed, &mut in_closed).await.is_err() {
            pause("a closed category takes messages").await;
        }

        let cut = (self.cut)(&service);
        let refusal = loop {
            post(&open, &mut in_open)
                .await
                .expect("an open category takes messages");
            match post(&closed, &mut in_closed).await {
                Err(refusal) => break refusal,
                Ok(()) => pause("a closed category refuses messages").await,
            }
        };
        assert_eq!(refusal.status, 503, "{}", refusal.reason);
        assert!(refusal.reason.contains("compliance"), "{}", refusal.reason);
        assert_eq!(
            client.history(&closed, 1).await.unwrap().len(),
            1,
            "reading goes on"
        );
        if self.restart {
            service.kill9();
            service.launch();
        } else {
            // The service has seen for itself that it can't write.
            wait_until("the service has failed", || {
                let ran = officer.try_run(&["compliance", "status", "--json"]);
                let status: Value = serde_json::from_str(&ran.out).unwrap_or_default();
                status["queue"]["error"].is_string()
            });
        }
        for _ in 0..20 {
            post(&open, &mut in_open)
                .await
                .expect("an open category takes messages");
        }
        assert!(
            post(&closed, &mut in_closed).await.is_err(),
            "it is still cut off"
        );

        (self.mend)(cut);
        officer.wait_until_stored();
        while post(&closed, &mut in_closed).await.is_err() {
            pause("a closed category takes messages").await;
        }
        client.sign_out().await;
        officer.export_all("all");
        service.stop();
        server.stop();
        (service, server, in_closed, in_open)
    }
}

async fn judge(
    service: &Service,
    server: &Server,
    records: Arc<dyn RecordStore>,
    posts: [(&str, &Posts); 2],
) {
    let verdict = Verdict::of_two(&server.data_dir(), records, service.officer().key()).await;
    let exported = verdict.exported("all").await;
    let mut taken = BTreeSet::new();
    for (room, posts) in posts {
        let texts: Vec<String> = verdict
            .messages(room)
            .await
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        assert_eq!(
            texts, posts.taken,
            "{room}: what was taken is there in order, and nothing that was refused"
        );
        taken.extend(texts);
    }
    assert_eq!(exported, taken);
}

#[tokio::test(flavor = "multi_thread")]
async fn compliance_5_a_locked_sqlite_database() {
    let attack = Attack {
        database: None,
        cut: &|service| Lock::on(&service.data_dir().join("compliance.db")),
        mend: &Lock::release,
        restart: false,
    };
    let (service, server, closed, open) = attack.run().await;
    let records = SqliteRecords::open(&service.data_dir().join("compliance.db"), Options::default()).await;
    let records = Arc::new(records.unwrap());
    judge(&service, &server, records, [("Lobby", &closed), ("Park", &open)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compliance_5_a_postgresql_server_that_is_stopped() {
    let postgres = Postgres::start();
    let (url, password) = prepared(&postgres).await;
    let attack = Attack {
        database: Some((&url, password)),
        cut: &|_| postgres.stop(),
        mend: &|()| postgres.restart(),
        restart: true,
    };
    let (service, server, closed, open) = attack.run().await;
    let records =
        PostgresRecords::open(&url, Some(password), causerie_store_postgres::Options::default()).await;
    let records = Arc::new(records.unwrap());
    judge(&service, &server, records, [("Lobby", &closed), ("Park", &open)]).await;
}

/// On a disk that is full: of its own accord the service goes on when there is room, and somebody is told meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn compliance_5_a_postgresql_server_whose_disk_is_full() {
    let postgres = Postgres::start_on_a_small_disk();
    let (url, password) = prepared(&postgres).await;
    let attack = Attack {
        database: Some((&url, password)),
        cut: &|_| postgres.fill_disk(Full::Data),
        mend: &|()| postgres.empty_disk(),
        restart: false,
    };
    let (service, server, closed, open) = attack.run().await;
    let log = service.log();
    // Again if something small got in meanwhile.
    let mut alarms = log
        .lines()
        .filter(|line| line.contains("intake-failed"))
        .peekable();
    assert!(alarms.peek().is_some(), "nobody was told");
    for alarm in alarms {
        assert!(alarm.contains("No space left on device"), "{alarm}");
    }
    let records =
        PostgresRecords::open(&url, Some(password), causerie_store_postgres::Options::default()).await;
    let records = Arc::new(records.unwrap());
    judge(&service, &server, records, [("Lobby", &closed), ("Park", &open)]).await;
}

/// A database of a PostgreSQL server that a service's role may use; URL and password.
pub(crate) async fn prepared(postgres: &Postgres) -> (String, &'static str) {
    let database = postgres.database();
    let (role, password) = (format!("service_{database}"), "secret");
    postgres.sql(
        &database,
        &format!("CREATE ROLE {role} LOGIN PASSWORD '{password}'"),
    );
    PostgresRecords::prepare(&postgres.url(&database), None, &role)
        .await
        .unwrap();
    (postgres.url_as(&role, &database), password)
}
