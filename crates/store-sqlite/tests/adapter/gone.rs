//! What was destroyed is gone from the disk: no file of the database has a byte of it.

use crate::{batch, commit, options};
use causerie_model::{ChainId, Change, ChatId, Extras, Match, MessageQuery, RoomId, TextQuery, Timestamp};
use causerie_queue::Queue;
use causerie_records::{Addition, Records, Retirement, conformance};
use causerie_store::{Batch, History, Journal, conformance::Chain};
use causerie_store_sqlite::{Options, SqliteRecords, SqliteStore};
use sqlx::{Connection, Executor, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    collections::{BTreeSet, HashSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// Rooms whose messages lie beside each other in the file.
const ROOMS: usize = 4;
/// Messages of all of them.
const MESSAGES: usize = 1_200;
/// How often it is looked whether the log is empty, and how long in between.
const LOOKS: u32 = 2_400;
const BETWEEN: Duration = Duration::from_millis(50);

pub(crate) fn short_linger() -> Options {
    Options {
        linger: Duration::from_millis(1),
        ..options()
    }
}

/// Nothing is cleaned while a test lasts.
fn long_linger() -> Options {
    Options {
        linger: Duration::from_secs(3_600),
        ..options()
    }
}

/// The `place`-th word of a message that nobody else uses: 16 hexadecimal digits without likeness to any other.
pub(crate) fn word(message: usize, place: usize) -> String {
    // SplitMix64.
    let mut z = ((message as u64) << 20 | place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("{:016x}", z ^ (z >> 31))
}

/// Characters that nobody else uses, of a script without blanks.
pub(crate) fn run(message: usize) -> String {
    let first = 0x2_0000 + u32::try_from(message).expect("few") * 12;
    (first..first + 12).filter_map(char::from_u32).collect()
}

/// Words of its own that the message has: one, or as many as fill several pages.
fn words(message: usize) -> Vec<String> {
    let count = if message % 40 == 7 { 900 } else { 2 };
    (0..count).map(|place| word(message, place)).collect()
}

pub(crate) fn text(message: usize) -> String {
    let words = words(message);
    let upper = words[0].to_uppercase();
    let common = "The quick brown fox jumps over the lazy dog, and again ".repeat(message % 5);
    format!("{upper} {common}{} {} end", words[1..].join(" "), run(message))
}

/// What of the message may be in no file. The index keeps words in small letters, and leaves out what a word has in common
/// with the one before.
fn traces_of(message: usize) -> Vec<Vec<u8>> {
    let words = words(message);
    let upper = words[0].to_uppercase().into_bytes();
    let ends = words.iter().map(|word| word.as_bytes()[5..].to_vec());
    let extra = word(message, 1 << 19).into_bytes();
    ends.chain([upper, extra, run(message).into_bytes()]).collect()
}

/// Which files of a directory hold a trace of which of these messages.
pub(crate) fn found(directory: &Path, messages: &[usize]) -> BTreeSet<(PathBuf, usize)> {
    /// Every trace is at least as long.
    const KEY: usize = 11;
    let traces: Vec<(usize, Vec<u8>)> = messages
        .iter()
        .flat_map(|&message| traces_of(message).into_iter().map(move |trace| (message, trace)))
        .collect();
    let mut by_key: std::collections::HashMap<&[u8], Vec<&(usize, Vec<u8>)>> = Default::default();
    for one in &traces {
        by_key.entry(&one.1[..KEY]).or_default().push(one);
    }
    // Most bytes begin none: a look-up for each would take long.
    let mut begins = vec![false; 1 << 16];
    for key in by_key.keys() {
        begins[usize::from(key[0]) << 8 | usize::from(key[1])] = true;
    }
    let mut all = BTreeSet::new();
    for entry in fs::read_dir(directory).expect("the directory") {
        let path = entry.expect("an entry").path();
        // A log's index comes and goes.
        let Ok(bytes) = fs::read(&path) else { continue };
        for (at, window) in bytes.windows(KEY).enumerate() {
            if !begins[usize::from(window[0]) << 8 | usize::from(window[1])] {
                continue;
            }
            for (message, trace) in by_key.get(window).into_iter().flatten() {
                if bytes[at..].starts_with(trace) {
                    all.insert((path.clone(), *message));
                }
            }
        }
    }
    all
}

/// Whether no log of the directory has anything in it.
fn logs_are_empty(directory: &Path) -> bool {
    let entries = fs::read_dir(directory).expect("the directory").flatten();
    let mut logs = entries.filter(|entry| entry.file_name().to_string_lossy().ends_with("-wal"));
    logs.all(|log| log.metadata().is_ok_and(|log| log.len() == 0))
}

/// Waits until the logs are empty, which is the last that is done. Then no file holds anything of these messages.
pub(crate) async fn until_gone(directory: &Path, messages: &[usize]) {
    for _ in 0..LOOKS {
        if logs_are_empty(directory) {
            let left = found(directory, messages);
            assert!(
                left.is_empty(),
                "{} traces are left, as of {:?}",
                left.len(),
                left.first()
            );
            return;
        }
        tokio::time::sleep(BETWEEN).await;
    }
    panic!("the log is never emptied");
}

pub(crate) fn room(message: usize) -> RoomId {
    RoomId((message % ROOMS) as i64 + 1)
}

/// The place of a message in its room.
pub(crate) fn chat_id(message: usize) -> ChatId {
    ChatId((message / ROOMS) as u64 + 1)
}

/// Posts all messages in commits of several sizes; those before the last few commits leave the queue meanwhile.
async fn fill(store: &SqliteStore) {
    let mut chains: Vec<Chain> = (1..=ROOMS as i64).map(Chain::of_room).collect();
    let mut next = 0;
    while next < MESSAGES {
        let size = [1, 7, 60][next % 3].min(MESSAGES - next);
        let records = (next..next + size).map(|message| {
            let extras = Extras {
                attributes: format!(" x=\"{}\"", word(message, 1 << 19)),
                children: String::new(),
            };
            chains[message % ROOMS].post_with(&text(message), extras)
        });
        let records = records.collect();
        commit(store, records).await;
        next += size;
        if next < MESSAGES * 3 / 4 {
            acknowledge(store, 40).await;
        }
    }
}

/// Acknowledges all that waits but the last so many.
async fn acknowledge(store: &SqliteStore, but: usize) {
    let (now, until) = (Timestamp(0), Timestamp(1));
    let lease = store
        .lease(uuid::Uuid::nil(), None, now, until)
        .await
        .expect("a lease");
    let waiting = store.waiting(&lease, now, u32::MAX).await.expect("what waits");
    if let Some(last) = waiting.len().checked_sub(but + 1) {
        let last = waiting[last].sequence;
        store.acknowledge(&lease, now, last).await.expect("they leave");
    }
}

async fn change(store: &SqliteStore, changes: Vec<Change>) {
    let records = Vec::new();
    store
        .append(&Batch { changes, records })
        .await
        .expect("it is changed");
}

pub(crate) async fn remove(store: &SqliteStore, messages: &[usize]) {
    let changes = (0..ROOMS).map(|n| Change::RemoveMessages {
        room: room(n),
        chat_ids: messages
            .iter()
            .filter(|&&m| m % ROOMS == n)
            .map(|&m| chat_id(m))
            .collect(),
    });
    change(store, changes.collect()).await;
}

/// All messages in an order without order.
fn shuffled() -> Vec<usize> {
    let mut all: Vec<usize> = (0..MESSAGES).collect();
    all.sort_by_cached_key(|&message| word(message, 1 << 18));
    all
}

fn query(text: &str, rooms: Vec<RoomId>) -> MessageQuery {
    MessageQuery {
        text: TextQuery::parse(text, Match::All, false).expect("a query"),
        ..MessageQuery::newest(rooms, 10)
    }
}

/// How many messages a search in the message's room and one in all rooms find.
pub(crate) async fn hits(store: &SqliteStore, message: usize, text: &str) -> [u32; 2] {
    let one = store
        .search(&query(text, vec![room(message)]))
        .await
        .expect("a search");
    let all = (0..ROOMS).map(room).collect();
    let all = store.search(&query(text, all)).await.expect("a search");
    [one.total, all.total]
}

async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path))
        .await
        .expect("a connection")
}

/// The index of words is whole, and has these words of these messages and no other that they alone have.
pub(crate) async fn check_index(path: &Path, kept: &HashSet<usize>) {
    let mut connection = connect(path).await;
    connection
        .execute("INSERT INTO message_words (message_words) VALUES ('integrity-check')")
        .await
        .expect("the index is whole");
    connection
        .execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab ('main', 'message_words', 'row')")
        .await
        .expect("a list of its words");
    let rows = connection
        .fetch_all("SELECT term FROM temp.terms")
        .await
        .expect("words");
    let there: HashSet<String> = rows.iter().map(|row| row.get(0)).collect();
    for message in 0..MESSAGES {
        let signs = run(message).chars().map(String::from).collect();
        for word in [words(message), signs].concat() {
            assert_eq!(
                there.contains(&word),
                kept.contains(&message),
                "{word} of {message}"
            );
        }
    }
}

#[tokio::test]
async fn removed_replaced_and_acknowledged_messages_leave_no_trace() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let store = SqliteStore::open(&path, short_linger()).await.expect("it opens");
    fill(&store).await;
    let order = shuffled();
    assert_eq!(
        found(directory.path(), &order[..20]).len().min(20),
        20,
        "all is in the files"
    );
    for &message in &order[..20] {
        assert_eq!(hits(&store, message, &word(message, 0)).await, [1, 1]);
    }

    // Some after others, so that SQLite has moved what is left when its turn comes.
    let (removed, rest) = order.split_at(MESSAGES * 6 / 10);
    for some in removed.chunks(90) {
        remove(&store, some).await;
        for &message in &some[..3] {
            assert_eq!(hits(&store, message, &word(message, 0)).await, [0, 0]);
            assert_eq!(hits(&store, message, &run(message)).await, [0, 0]);
        }
    }
    let (replaced, rest) = rest.split_at(60);
    for (n, &message) in replaced.iter().enumerate() {
        let text = format!("Replaced {}", "by words ".repeat(n % 7));
        let (room, chat_id) = (room(message), chat_id(message));
        change(&store, vec![Change::ReplaceMessage { room, chat_id, text }]).await;
    }
    // The third room is cleared to the half.
    let until = store
        .latest(RoomId(3), Some(ChatId(150)), 1)
        .await
        .expect("messages")[0]
        .at;
    change(
        &store,
        vec![Change::ClearRoom {
            room: RoomId(3),
            until,
        }],
    )
    .await;
    let is_cleared = |&&message: &&usize| room(message) == RoomId(3) && chat_id(message) < ChatId(150);
    let cleared: Vec<usize> = rest.iter().filter(is_cleared).copied().collect();
    let kept: HashSet<usize> = rest.iter().filter(|m| !is_cleared(m)).copied().collect();
    // What waits in the queue has texts as well.
    acknowledge(&store, 0).await;

    let gone = [removed, replaced, &cleared].concat();
    until_gone(directory.path(), &gone).await;
    check_index(&path, &kept).await;
    for &message in kept.iter().take(50) {
        assert_eq!(hits(&store, message, &word(message, 1)).await, [1, 1]);
        let got = store
            .latest(room(message), Some(ChatId(chat_id(message).0 + 1)), 1)
            .await;
        assert_eq!(got.expect("messages")[0].text, text(message));
    }
    let sizes = store.sizes().await.expect("sizes");
    let left: u64 = sizes.iter().map(|size| size.messages).sum();
    let cleared_texts = replaced.iter().filter(|m| is_cleared(m)).count();
    assert_eq!(left as usize, kept.len() + replaced.len() - cleared_texts);
    assert_eq!(sizes.len(), ROOMS);
}

#[tokio::test]
async fn what_leaves_the_queue_last_leaves_no_trace() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let store = SqliteStore::open(&path, short_linger()).await.expect("it opens");
    let mut chain = Chain::of_room(1);
    for message in 0..8 {
        commit(&store, vec![chain.post(&text(message))]).await;
    }
    let all: Vec<usize> = (0..8).collect();
    let until = chain.head.at;
    let room = RoomId(1);
    change(&store, vec![Change::ClearRoom { room, until }]).await;
    for _ in 0..LOOKS {
        if logs_are_empty(directory.path()) {
            break;
        }
        tokio::time::sleep(BETWEEN).await;
    }
    assert_eq!(found(directory.path(), &all).len(), 8, "the queue has them");
    acknowledge(&store, 0).await;
    until_gone(directory.path(), &all).await;
}

/// Rows of many lengths, removed at random: were they deleted, SQLite would move those beside them, and leave some of it.
#[tokio::test]
async fn what_lay_beside_removed_messages_leaves_no_trace_when_it_goes_itself() {
    const SHORT: usize = 6_000;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let store = SqliteStore::open(&path, short_linger()).await.expect("it opens");
    let mut chains: Vec<Chain> = (1..=ROOMS as i64).map(Chain::of_room).collect();
    let mark = |message: usize| word(message, 1 << 17);
    for begin in (0..SHORT).step_by(200) {
        let records = (begin..begin + 200).map(|message| {
            let length = usize::from_str_radix(&mark(message)[..4], 16).expect("digits") % 300;
            chains[message % ROOMS].post(&format!("{} {}", mark(message), "x".repeat(length)))
        });
        let records = records.collect();
        commit(&store, records).await;
    }
    acknowledge(&store, 0).await;
    let mut order: Vec<usize> = (0..SHORT).collect();
    order.sort_by_cached_key(|&message| word(message, 1 << 18));
    let gone = &order[..SHORT * 9 / 10];
    for some in gone.chunks(SHORT / 10) {
        remove(&store, some).await;
    }
    for _ in 0..LOOKS {
        if logs_are_empty(directory.path()) {
            break;
        }
        tokio::time::sleep(BETWEEN).await;
    }
    let file = fs::read(&path).expect("the file");
    let text = String::from_utf8_lossy(&file);
    let there: HashSet<&str> = text.split(|c: char| !c.is_ascii_hexdigit()).collect();
    let left = |messages: &[usize]| {
        messages
            .iter()
            .filter(|&&m| there.contains(mark(m).as_str()))
            .count()
    };
    assert_eq!(
        left(&order[gone.len()..]),
        SHORT - gone.len(),
        "the others are there"
    );
    assert_eq!(left(gone), 0);
}

/// How many rows each page of `messages` has.
async fn places(path: &Path) -> Vec<(i64, i64)> {
    let mut connection = connect(path).await;
    let pages = "SELECT pageno, ncell FROM dbstat WHERE name = 'messages' ORDER BY pageno";
    let rows = connection.fetch_all(pages).await.expect("pages");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// In room 1, whose number takes no room in a row, while that of its opposite does.
#[tokio::test]
async fn no_row_is_moved_when_messages_go() {
    const COUNT: usize = 500;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let store = SqliteStore::open(&path, long_linger()).await.expect("it opens");
    let mut chain = Chain::of_room(1);
    let records = (0..COUNT).map(|_| chain.post("short")).collect();
    commit(&store, records).await;
    let before = places(&path).await;
    assert!(before.len() > 5, "{before:?}");
    let chat_ids = (1..=100).map(ChatId).collect();
    let (room, until) = (RoomId(1), chain.head.at);
    change(&store, vec![Change::RemoveMessages { room, chat_ids }]).await;
    assert_eq!(places(&path).await, before, "removed");
    change(&store, vec![Change::ClearRoom { room, until }]).await;
    assert_eq!(places(&path).await, before, "cleared");
    store.close().await;
    assert_eq!(places(&path).await, before, "emptied");
    let mut connection = connect(&path).await;
    let left = "SELECT count(*) FROM messages WHERE text <> ''";
    let left = connection.fetch_one(left).await.expect("a count");
    assert_eq!(left.get::<i64, _>(0), 0);
}

#[tokio::test]
async fn retired_records_leave_no_trace() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgccomp.sqlite");
    let store = SqliteRecords::open(&path, short_linger())
        .await
        .expect("it opens");
    let mut chain = conformance::Chain::of_room(1);
    for begin in (0..MESSAGES).step_by(60) {
        let records = (begin..begin + 60)
            .map(|message| {
                let text = format!("{} {}", text(message), word(message, 1 << 19));
                chain.post(&format!("{}@x.test", word(message, 3_000)), &text)
            })
            .collect();
        let addition = Addition {
            records,
            ..Addition::default()
        };
        store.append(&addition).await.expect("they are appended");
    }
    let mut own = conformance::Chain::of(ChainId::Compliance);
    let order = shuffled();
    let gone = &order[..MESSAGES * 8 / 10];
    let room = ChainId::Room(RoomId(1));
    for some in gone.chunks(100) {
        let numbers: Vec<u64> = some.iter().map(|&message| message as u64 + 1).collect();
        let addition = Addition {
            records: vec![own.retire(room, 1, MESSAGES as u64)],
            retired: vec![Retirement { chain: room, numbers }],
            ..Addition::default()
        };
        store.append(&addition).await.expect("they are retired");
    }
    until_gone(directory.path(), gone).await;
    let left = found(directory.path(), &order[gone.len()..]);
    assert_eq!(left.len(), MESSAGES - gone.len(), "the others are there");
}

#[tokio::test]
async fn who_reads_holds_it_up_and_keeps_nobody_from_posting() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let store = SqliteStore::open(&path, short_linger()).await.expect("it opens");
    fill(&store).await;
    acknowledge(&store, 0).await;
    let mut reader = connect(&path).await;
    reader.execute("BEGIN").await.expect("it begins");
    reader
        .fetch_one("SELECT count(*) FROM messages")
        .await
        .expect("it reads");
    remove(&store, &[3, 5, 7]).await;
    let mut chain = Chain::of_room(9);
    for _ in 0..20 {
        commit(&store, vec![chain.post("meanwhile")]).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(
        !found(directory.path(), &[3, 5, 7]).is_empty(),
        "he reads it still"
    );
    reader.execute("COMMIT").await.expect("it ends");
    until_gone(directory.path(), &[3, 5, 7]).await;
    commit(&store, vec![chain.post("after")]).await;
}

#[tokio::test]
async fn what_is_closed_right_after_has_no_trace() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let store = SqliteStore::open(&path, long_linger()).await.expect("it opens");
    fill(&store).await;
    remove(&store, &[1, 2, 3]).await;
    acknowledge(&store, 0).await;
    store.close().await;
    assert_eq!(found(directory.path(), &[1, 2, 3]), BTreeSet::new());
}

/// The cleaner waits for the reader when the database is closed: what it has begun isn't cut off.
#[tokio::test]
async fn what_is_closed_while_it_is_cleaned_has_no_trace() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgccomp.sqlite");
    let store = SqliteRecords::open(&path, short_linger())
        .await
        .expect("it opens");
    let mut chain = conformance::Chain::of_room(1);
    let addition = Addition {
        records: vec![chain.post("ann@x.test", &text(1))],
        ..Addition::default()
    };
    store.append(&addition).await.expect("it is appended");
    // Who is connected keeps the last of the store's connections from emptying the log by its end.
    let mut reader = connect(&path).await;
    reader.execute("BEGIN").await.expect("it begins");
    let read = "SELECT count(*) FROM sqlite_schema";
    reader.fetch_one(read).await.expect("it reads");
    let mut own = conformance::Chain::of(ChainId::Compliance);
    let room = ChainId::Room(RoomId(1));
    let addition = Addition {
        records: vec![own.retire(room, 1, 1)],
        retired: vec![Retirement {
            chain: room,
            numbers: vec![1],
        }],
        ..Addition::default()
    };
    store.append(&addition).await.expect("it is retired");
    tokio::time::sleep(Duration::from_millis(20)).await;
    reader.execute("COMMIT").await.expect("it ends");
    store.close().await;
    assert!(logs_are_empty(directory.path()));
    assert_eq!(found(directory.path(), &[1]), BTreeSet::new());
}

#[tokio::test]
async fn who_is_killed_right_after_removing_forgets_it_at_the_next_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args([
            "--exact",
            "gone::child_killed",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("GONE", directory.path())
        .output()
        .expect("the test is run");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && text.contains("REMOVED"), "{text}");

    let gone = &shuffled()[..200];
    assert_eq!(
        found(directory.path(), gone).len().min(200),
        200,
        "it is in the files"
    );
    let store = SqliteStore::open(&directory.path().join("mgc.sqlite"), short_linger())
        .await
        .expect("it opens");
    let records = SqliteRecords::open(&directory.path().join("mgccomp.sqlite"), short_linger())
        .await
        .expect("it opens");
    until_gone(directory.path(), gone).await;
    let sizes = store.sizes().await.expect("sizes");
    let left: u64 = sizes.iter().map(|size| size.messages).sum();
    assert_eq!(left as usize, MESSAGES - 200);
    assert_eq!(records.end().await.expect("an end"), MESSAGES as u64 + 1);
}

#[tokio::test]
#[ignore = "run by its parent"]
async fn child_killed() {
    let directory = PathBuf::from(std::env::var_os("GONE").expect("run by its parent"));
    let store = SqliteStore::open(&directory.join("mgc.sqlite"), long_linger())
        .await
        .expect("it opens");
    let records = SqliteRecords::open(&directory.join("mgccomp.sqlite"), long_linger())
        .await
        .expect("it opens");
    fill(&store).await;
    acknowledge(&store, 0).await;
    let mut chain = conformance::Chain::of_room(1);
    let posts = (0..MESSAGES)
        .map(|message| chain.post("ann@x.test", &text(message)))
        .collect();
    let addition = Addition {
        records: posts,
        ..Addition::default()
    };
    records.append(&addition).await.expect("they are appended");
    let gone = &shuffled()[..200];
    let room = ChainId::Room(RoomId(1));
    let mut own = conformance::Chain::of(ChainId::Compliance);
    let addition = Addition {
        records: vec![own.retire(room, 1, MESSAGES as u64)],
        retired: vec![Retirement {
            chain: room,
            numbers: gone.iter().map(|&message| message as u64 + 1).collect(),
        }],
        ..Addition::default()
    };
    remove(&store, gone).await;
    records.append(&addition).await.expect("they are retired");
    println!("REMOVED");
    std::process::abort();
}

#[tokio::test]
async fn what_was_never_committed_leaves_no_trace_either() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let store = SqliteStore::open(&path, short_linger()).await.expect("it opens");
    let mut chain = Chain::of_room(1);
    commit(&store, vec![chain.post("first")]).await;
    let mut other = Chain::of_room(2);
    other.post(&text(1));
    let refused = store.append(&batch(vec![other.post(&text(2))])).await;
    refused.expect_err("it doesn't follow");
    remove(&store, &[0]).await;
    until_gone(directory.path(), &[1, 2]).await;
}
