//! Who may write when, and what it costs.

use crate::{batch, commit, count, open, options, refusal};
use causerie_model::{ChatId, Match, MessageQuery, RoomId, Start, TextQuery, Timestamp};
use causerie_queue::Queue;
use causerie_records::{Addition, DocumentKey, Records};
use causerie_store::{History, Journal, StoreFault, conformance::Chain, meter::metered};
use causerie_store_sqlite::{Aside, SqliteRecords};
use sqlx::{Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{future::Future, pin::pin, task::Poll};

/// Begin, heads, messages, words, outbox, heads, commit.
const STATEMENTS_OF_A_BATCH: u32 = 7;

#[tokio::test]
async fn a_batch_costs_the_same_statements_whatever_its_size() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(&directory.path().join("mgc.sqlite")).await;
    let mut chains: Vec<Chain> = (1..=10).map(Chain::of_room).collect();
    for size in [1, 2, 256] {
        let records = (0..size)
            .map(|n| chains[n % 10].post(&format!("message {n}")))
            .collect();
        let (result, statements) = metered(store.append(&batch(records))).await;
        result.expect("the batch is appended");
        assert_eq!(statements, STATEMENTS_OF_A_BATCH, "a batch of {size}");
    }
    // Without messages there is nothing for two of the tables; those who come are noted by one statement.
    let (result, statements) = metered(store.append(&batch(vec![chains[0].join(), chains[1].join()]))).await;
    result.expect("the batch is appended");
    assert_eq!(statements, STATEMENTS_OF_A_BATCH - 2 + 1);
}

#[tokio::test]
async fn a_reading_costs_one_statement() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(&directory.path().join("mgc.sqlite")).await;
    commit(&store, vec![Chain::of_room(1).post("hello world")]).await;
    assert_eq!(metered(store.latest(RoomId(1), None, 50)).await.1, 1);
    for text in ["hello", "hel*", "東京"] {
        let query = MessageQuery {
            text: TextQuery::parse(text, Match::Any, false).expect("a query"),
            start: Some(Start::Before(ChatId(9))),
            ..MessageQuery::newest(vec![RoomId(1)], 50)
        };
        assert_eq!(metered(store.search(&query)).await.1, 1, "{text}");
    }
    assert_eq!(metered(store.sizes()).await.1, 1);
}

#[tokio::test]
async fn a_backlog_costs_one_statement_however_much_waits() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(&directory.path().join("mgc.sqlite")).await;
    let mut chain = Chain::of_room(1);
    for depth in [0, 1, 1_001] {
        let (backlog, statements) = metered(store.backlog()).await;
        assert_eq!((backlog.expect("a backlog").depth, statements), (depth, 1));
        let records = (0..1_000.min(999 * depth + 1)).map(|_| chain.join()).collect();
        commit(&store, records).await;
    }
}

#[tokio::test]
async fn records_are_acknowledged_by_the_same_statements_however_many() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(&directory.path().join("mgc.sqlite")).await;
    let mut chain = Chain::of_room(1);
    let (now, until) = (Timestamp(0), Timestamp(1));
    let lease = store
        .lease(uuid::Uuid::nil(), None, now, until)
        .await
        .expect("a lease");
    for count in [1, 1_000] {
        commit(&store, (0..count).map(|_| chain.join()).collect()).await;
        let (done, statements) = metered(store.acknowledge(&lease, now, i64::MAX)).await;
        done.expect("they are acknowledged");
        // Begin, the lease, the records, commit.
        assert_eq!(statements, 4, "{count}");
    }
}

#[tokio::test]
async fn what_was_set_aside_is_read_piece_by_piece() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(&directory.path().join("mgc.sqlite")).await;
    let mut chain = Chain::of_room(1);
    commit(&store, (0..5).map(|_| chain.join()).collect()).await;
    let (now, until) = (Timestamp(7), Timestamp(8));
    let lease = store
        .lease(uuid::Uuid::nil(), None, now, until)
        .await
        .expect("a lease");
    let waiting = store.waiting(&lease, now, 9).await.expect("they are read");
    for place in [4, 0, 2] {
        let sequence = waiting[place].sequence;
        store
            .set_aside(&lease, now, sequence, "poison")
            .await
            .expect("it is set aside");
    }
    let mut read = Vec::new();
    loop {
        let after = read.last().map_or(0, |aside: &Aside| aside.queued.sequence);
        let piece = store.aside(after, 2).await.expect("they are read");
        if piece.is_empty() {
            break;
        }
        read.extend(piece);
    }
    let expected = [0, 2, 4].map(|place: usize| Aside {
        queued: waiting[place].clone(),
        reason: "poison".to_owned(),
        at: now,
    });
    assert_eq!(read, expected);
}

#[tokio::test]
async fn who_writes_keeps_others_waiting_and_harms_nobody() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let store = open(&path).await;
    let mut chain = Chain::of_room(1);
    commit(&store, vec![chain.post("one")]).await;

    let options = SqliteConnectOptions::new().filename(&path);
    let mut other = SqliteConnection::connect_with(&options)
        .await
        .expect("a connection");
    other.execute("BEGIN IMMEDIATE").await.expect("the other writes");
    for _ in 0..2 {
        assert_eq!(
            refusal(&store, &chain.clone().post("two")).await,
            StoreFault::Unavailable
        );
        assert_eq!(count(&store).await, 1);
    }
    other.execute("ROLLBACK").await.expect("the other is done");
    commit(&store, vec![chain.post("two")]).await;
    assert_eq!(count(&store).await, 2);
}

#[tokio::test]
async fn who_writes_keeps_the_database_of_records_waiting_and_harms_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("records.db");
    let store = SqliteRecords::open(&path, options()).await.unwrap();
    let mut other = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(&path))
        .await
        .unwrap();
    let addition = Addition {
        documents: vec![(
            DocumentKey {
                kind: "room".to_owned(),
                id: "1".to_owned(),
            },
            Some("{}".to_owned()),
        )],
        ..Addition::default()
    };
    // Twice: what failed opens the database anew.
    for _ in 0..2 {
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        for _ in 0..2 {
            let error = store.append(&addition).await.unwrap_err();
            assert_eq!(error.fault, StoreFault::Unavailable, "{error}");
        }
        other.execute("COMMIT").await.unwrap();
        store.append(&addition).await.unwrap();
    }
}

#[tokio::test]
async fn two_stores_on_one_file_take_turns() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let (one, other) = (open(&path).await, open(&path).await);
    let mut chain = Chain::of_room(1);
    for n in 0..20 {
        let store = if n % 2 == 0 { &one } else { &other };
        commit(store, vec![chain.post("turn")]).await;
    }
    assert_eq!(count(&one).await, 20);
    assert_eq!(count(&other).await, 20);
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_transaction_open() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let store = open(&path).await;
    let mut chain = Chain::of_room(1);
    let mut expected = 0;
    for round in 0..20 {
        let mut after = chain.clone();
        let left = batch(vec![after.post("left alone")]);
        {
            let mut append = pin!(store.append(&left));
            // Go away at various points: polled once, twice, …
            for _ in 0..=round {
                let polled =
                    std::future::poll_fn(|context| Poll::Ready(append.as_mut().poll(context).is_ready()))
                        .await;
                if polled {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        // It was written or it wasn't, and the line moves on.
        if store.append(&batch(vec![after.post("stayed")])).await.is_ok() {
            chain = after;
            expected += 2;
        } else {
            commit(&store, vec![chain.post("stayed")]).await;
            expected += 1;
        }
        assert_eq!(count(&store).await, expected);
    }
    assert!(expected > 20, "some were written without anybody waiting");
    // Nothing is locked.
    let options = SqliteConnectOptions::new().filename(&path);
    let mut other = SqliteConnection::connect_with(&options)
        .await
        .expect("a connection");
    other
        .execute("BEGIN IMMEDIATE")
        .await
        .expect("no transaction is open");
}
