//! `kill -9` at random moments under load: every post that was answered 200 or echoed is there, once, in order, with its
//! record, and the chains verify; the compliance service of the same process has taken and exported all of it.

use crate::{
    judge::Verdict,
    killed::Eager,
    officer::Officer,
    people::{BINARY, join, sign_in},
};
use causerie_client::{Event, RoomUri};
use causerie_testkit::{DEADLINE, Server};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex},
    time::Duration,
};

/// How often the server is killed; the environment may ask for another number.
const KILLS: &str = "CAUSERIE_KILLS";
const KILLS_DEFAULT: u32 = 20;
/// The longest time for which a server lives under load, in milliseconds.
const LIFE_MS: u64 = 300;
/// How often it is asked whether anything was delivered.
const POLL: Duration = Duration::from_millis(5);
/// Posts that one client has outstanding.
const WINDOW: usize = 32;

/// What clients saw before the server died.
#[derive(Default)]
pub(crate) struct Seen {
    /// Texts that were answered 200.
    pub(crate) answered: BTreeSet<String>,
    /// Room, number and text of what was delivered.
    pub(crate) delivered: BTreeMap<(String, u64), String>,
}

/// Waits until people were delivered something more: a life without any wouldn't be worth its end.
pub(crate) async fn under_load(seen: &Mutex<Seen>, before: usize) {
    let deadline = tokio::time::Instant::now() + DEADLINE;
    while seen.lock().unwrap().delivered.len() == before {
        assert!(tokio::time::Instant::now() < deadline, "in vain: a delivery");
        tokio::time::sleep(POLL).await;
    }
}

/// How often something is killed: as the environment says.
pub(crate) fn kills(default: u32) -> u32 {
    std::env::var(KILLS).map_or(default, |text| text.parse().expect(KILLS))
}

#[test]
fn nothing_answered_or_delivered_is_lost_doubled_or_reordered_by_kill_9() {
    let kills = kills(KILLS_DEFAULT);
    let mut server = Server::demo(BINARY);
    let officer = Officer::of(&server);
    officer.adapter("all", &[]);
    let eager = Eager::start(officer.clone());
    let seen = Arc::new(Mutex::new(Seen::default()));
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    for life in 0..kills {
        runtime().block_on(async {
            let before = seen.lock().unwrap().delivered.len();
            let clients = [
                ("alice", "Deals"),
                ("bob", "Deals"),
                ("carol", "Lobby"),
                ("dave", "Lobby"),
            ];
            let mut tasks = tokio::task::JoinSet::new();
            for (name, room) in clients {
                let (client, events) = sign_in(&server, name).await;
                let room = join(&client, room).await;
                tasks.spawn(listen(events, room.name.clone(), seen.clone()));
                tasks.spawn(post(client, room.uri, format!("{life} {name}"), seen.clone()));
            }
            under_load(&seen, before).await;
            let moment = RandomState::new().hash_one(life) % LIFE_MS;
            tokio::time::sleep(Duration::from_millis(moment)).await;
            server.kill9();
            while let Some(ended) = tasks.join_next().await {
                ended.expect("what a client saw is right");
            }
        });
        server.restart();
    }
    let runs = eager.end();
    server.kill9();
    server.restart();
    officer.export_rest("all");
    officer.run(&["compliance", "verify"]);
    server.stop();
    runtime().block_on(async {
        let verdict = Verdict::of(&server.data_dir()).await;
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        let stored = judge(&verdict, &seen).await;
        assert_eq!(verdict.exported("all").await, stored);
        println!(
            "{kills} kills, {runs} runs: {} posts answered, {} delivered, {} stored and exported, all there.",
            seen.answered.len(),
            seen.delivered.len(),
            stored.len()
        );
        assert!(!seen.answered.is_empty(), "nobody was answered");
    });
}

/// Posts as fast as answers come, and notes what was answered 200.
pub(crate) async fn post(
    client: causerie_client::Client,
    room: RoomUri,
    name: String,
    seen: Arc<Mutex<Seen>>,
) {
    let mut waiting = std::collections::VecDeque::new();
    for number in 0.. {
        let text = format!("{name} {number:06}");
        match client.submit(&room, &text).await {
            Ok(posting) => waiting.push_back((text, posting)),
            Err(_) => break,
        }
        if waiting.len() >= WINDOW
            && let Some((text, posting)) = waiting.pop_front()
            && posting.await.is_ok()
        {
            seen.lock().unwrap().answered.insert(text);
        }
    }
    for (text, posting) in waiting {
        if posting.await.is_ok() {
            seen.lock().unwrap().answered.insert(text);
        }
    }
}

pub(crate) async fn listen(mut events: causerie_client::Events, room: String, seen: Arc<Mutex<Seen>>) {
    let mut last = 0;
    while let Some(event) = events.next().await {
        if let Event::Message(message) = event {
            let number = message.chat_id.unwrap();
            assert!(
                last == 0 || number == last + 1,
                "{room}: {number} came after {last}"
            );
            last = number;
            let before = seen
                .lock()
                .unwrap()
                .delivered
                .insert((room.clone(), number), message.text.clone());
            assert!(
                before.is_none_or(|text| text == message.text),
                "{room}: two messages have number {number}"
            );
        }
    }
}

/// The texts that are stored, checked against what was seen: nothing is lost, doubled or out of order.
pub(crate) async fn judge(verdict: &Verdict, seen: &Seen) -> BTreeSet<String> {
    verdict.verify_presence();
    let mut stored = BTreeMap::new();
    let mut texts = BTreeSet::new();
    for room in ["Lobby", "Deals"] {
        let mut newest: BTreeMap<String, String> = BTreeMap::new();
        for (number, text) in verdict.messages(room).await {
            assert!(texts.insert(text.clone()), "'{text}' is there twice");
            // One client's posts of one life are in the order in which it posted them.
            let (client, place) = text.rsplit_once(' ').unwrap();
            let before = newest.insert(client.to_owned(), place.to_owned());
            assert!(
                before.is_none_or(|before| *before < *place),
                "'{text}' is out of order"
            );
            stored.insert((room.to_owned(), number), text);
        }
    }
    for text in &seen.answered {
        assert!(texts.contains(text), "'{text}' was answered 200 and is lost");
    }
    for (place, text) in &seen.delivered {
        assert_eq!(
            stored.get(place),
            Some(text),
            "{place:?} was delivered and is not what is stored"
        );
    }
    texts
}
