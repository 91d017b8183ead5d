//! `kill -9` at random moments while people post and an officer exports: the chat server, the compliance service, or both.

use crate::{
    crash::{self, Seen, listen, post},
    cut_off::prepared,
    judge::Verdict,
    officer::Officer,
    people::{join, sign_in},
    service::{Service, chat_alone},
};
use causerie_records::RecordStore;
use causerie_store_postgres::PostgresRecords;
use causerie_store_sqlite::{Options, SqliteRecords};
use causerie_testkit::{Postgres, Server};
use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinSet;

/// How often something is killed if the environment doesn't say; on PostgreSQL always.
const KILLS: u32 = 15;
const KILLS_POSTGRES: u32 = 5;
/// The longest time under load between two kills, in milliseconds.
const LIFE_MS: u64 = 1_200;
/// How long the officer waits between two runs.
const PAUSE: Duration = Duration::from_millis(200);

/// An officer who runs an adapter again and again, whatever happens to the service.
pub(crate) struct Eager {
    runs: Arc<AtomicU32>,
    ends: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Eager {
    pub(crate) fn start(officer: Officer) -> Self {
        let (runs, ends) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, stop) = (runs.clone(), ends.clone());
        let thread = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let ran = officer.try_run(&["compliance", "adapter", "run", "all"]);
                count.fetch_add(u32::from(ran.ok), Ordering::Relaxed);
                std::thread::sleep(PAUSE);
            }
        });
        Self {
            runs,
            ends,
            thread: Some(thread),
        }
    }

    /// Ends it; how many runs went well.
    pub(crate) fn end(mut self) -> u32 {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
        self.runs.load(Ordering::Relaxed)
    }
}

/// Opens the database of records apart from the service.
async fn open(service: &Service, database: Option<(&str, &str)>) -> Arc<dyn RecordStore> {
    match database {
        Some((url, password)) => {
            let options = causerie_store_postgres::Options::default();
            Arc::new(PostgresRecords::open(url, Some(password), options).await.unwrap())
        }
        None => {
            let file = service.data_dir().join("compliance.db");
            Arc::new(SqliteRecords::open(&file, Options::default()).await.unwrap())
        }
    }
}

/// People in two rooms, who post until the server is gone.
async fn people(server: &Server, life: u32, seen: &Arc<Mutex<Seen>>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for (name, room) in [("alice", "Deals"), ("bob", "Deals"), ("carol", "Lobby")] {
        let (client, events) = sign_in(server, name).await;
        let room = join(&client, room).await;
        tasks.spawn(listen(events, room.name.clone(), seen.clone()));
        tasks.spawn(post(client, room.uri, format!("{life} {name}"), seen.clone()));
    }
    tasks
}

async fn attack(kills: u32, database: Option<(&str, &str)>) {
    let mut server = chat_alone();
    let mut service = Service::of(&server, database);
    let officer = service.officer();
    officer.adapter("all", &[]);
    let records = open(&service, database).await;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let eager = Eager::start(officer.clone());
    let mut tasks = people(&server, 0, &seen).await;
    crash::under_load(&seen, 0).await;
    for life in 1..=kills {
        let dice = RandomState::new().hash_one(life);
        tokio::time::sleep(Duration::from_millis(dice % LIFE_MS)).await;
        let which = (dice / LIFE_MS) % 3;
        if which != 0 {
            service.kill9();
        }
        if which != 1 {
            server.kill9();
            while let Some(ended) = tasks.join_next().await {
                ended.expect("what a client saw is right");
            }
            server.restart();
        }
        if which != 0 {
            service.restart();
        }
        if which != 1 {
            let before = seen.lock().unwrap().delivered.len();
            tasks = people(&server, life, &seen).await;
            crash::under_load(&seen, before).await;
        }
    }
    let runs = eager.end();
    server.kill9();
    while let Some(ended) = tasks.join_next().await {
        ended.expect("what a client saw is right");
    }
    server.restart();
    officer.export_rest("all");
    officer.run(&["compliance", "verify"]);
    service.stop();
    server.stop();
    let verdict = Verdict::of_two(&server.data_dir(), records, officer.key()).await;
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    let stored = crash::judge(&verdict, &seen).await;
    let exported = verdict.exported("all").await;
    assert_eq!(exported, stored);
    println!(
        "{kills} kills, {runs} runs: {} posts answered, {} delivered, {} stored and exported, {} records: all there.",
        seen.answered.len(),
        seen.delivered.len(),
        stored.len(),
        verdict.records()
    );
    assert!(!seen.answered.is_empty(), "nobody was answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_with_sqlite_lose_and_double_nothing() {
    attack(crash::kills(KILLS), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_with_postgresql_lose_and_double_nothing() {
    let postgres = Postgres::start();
    let (url, password) = prepared(&postgres).await;
    attack(KILLS_POSTGRES, Some((&url, password))).await;
}
