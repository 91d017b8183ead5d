//! A database with data, of a former version, is brought up to date.

use crate::{commit, gone, open};
use causerie_model::{
    CategoryId, ChainId, Change, ComplianceMode, Hash, Head, Node, RoomId, Sealed, SipAddress, Timestamp,
    set_apart,
};
use causerie_queue::{Queue, conformance::everything};
use causerie_store::{Batch, CatalogueStore, Journal, StoreFault, conformance::Chain};
use causerie_store_sqlite::SqliteStore;
use sqlx::{
    AssertSqlSafe, Connection, Executor, SqlSafeStr, SqliteConnection,
    migrate::{Migration, MigrationType, Migrator},
    sqlite::SqliteConnectOptions,
};
use std::{collections::HashSet, path::Path};

/// The migrations up to the one before what is removed went from the file.
const BEFORE: [(i64, &str, &str); 9] = [
    (1, "start", include_str!("../../migrations/0001_start.sql")),
    (2, "search", include_str!("../../migrations/0002_search.sql")),
    (3, "tokens", include_str!("../../migrations/0003_tokens.sql")),
    (4, "rooms", include_str!("../../migrations/0004_rooms.sql")),
    (
        5,
        "invitations",
        include_str!("../../migrations/0005_invitations.sql"),
    ),
    (6, "queue", include_str!("../../migrations/0006_queue.sql")),
    (7, "presence", include_str!("../../migrations/0007_presence.sql")),
    (
        8,
        "compliance",
        include_str!("../../migrations/0008_compliance.sql"),
    ),
    (9, "holder", include_str!("../../migrations/0009_holder.sql")),
];
/// Those before the queue's.
const WITHOUT_QUEUE: usize = 5;

/// Two categories; rooms 1 and 2, and what is left of 3, which was removed.
const NODES: &str = "
    INSERT INTO categories (id, guid, name, name_key, description, invitations, file_upload, history) VALUES
        (1, randomblob(16), 'General', 'general', '', 1, 1, 1), (2, randomblob(16), 'Law', 'law', '', 1, 1, 1);
    INSERT INTO rooms (id, guid, category, name, name_key, description, room_type, privacy, invitations, disabled) VALUES
        (1, randomblob(16), 1, 'Lobby', 'lobby', '', 'normal', 'open', 'inherit', 0),
        (2, randomblob(16), 2, 'Deals', 'deals', '', 'normal', 'secret', 'inherit', 0);";

fn address(name: &str) -> SipAddress {
    SipAddress::parse(name).expect("a good address")
}

fn hex(hash: Hash) -> String {
    hash.0.map(|byte| format!("{byte:02x}")).concat()
}

/// A database with the first so many migrations.
async fn migrated(path: &Path, count: usize) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options)
        .await
        .expect("a connection");
    let migrations = BEFORE[..count].iter().map(|&(version, name, sql)| {
        Migration::new(
            version,
            name.into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
        .run_direct(None, &mut connection, false)
        .await
        .expect("the former migrations");
    connection
}

async fn run(connection: &mut SqliteConnection, sql: &str) {
    let done = connection
        .execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))
        .await;
    done.expect(sql);
}

/// A database of before there was a compliance service, and the records in it. In room 1 Ann was lost by a crash and came
/// again, Bob left, Carol came twice and left, and Dave left and came; in room 3 Ann was lost.
async fn former(path: &Path) -> Vec<Sealed> {
    let mut connection = migrated(path, WITHOUT_QUEUE).await;
    run(&mut connection, NODES).await;

    let mut chain = Chain::of_room(1);
    let mut records = vec![
        chain.join_by("ann@x.test"),
        chain.join_by("bob@x.test"),
        chain.join_by("carol@x.test"),
        chain.join_by("dave@x.test"),
        chain.part_by("dave@x.test"),
        chain.join_by("dave@x.test"),
        chain.part_by("bob@x.test"),
        chain.join_by("carol@x.test"),
        chain.part_by("carol@x.test"),
        chain.join_by("ann@x.test"),
        chain.post("hello"),
    ];
    let ended = chain.head;
    let mut removed = Chain::of_room(3);
    records.push(removed.join_by("ann@x.test"));
    let records: Vec<Sealed> = records.iter().map(Sealed::from).collect();
    for record in &records {
        let ChainId::Room(room) = record.chain else {
            panic!("all are in rooms")
        };
        let sql = format!(
            "INSERT INTO outbox (chain, number, at, actor, kind, body, previous, hash)
             VALUES ({room}, {}, {}, '{}', '{}', '{}', x'{}', x'{}')",
            record.number,
            record.at.0,
            record.actor,
            record.kind,
            record.body,
            hex(record.previous),
            hex(record.hash)
        );
        run(&mut connection, &sql).await;
    }
    for (
        room,
        Head {
            record,
            chat_id,
            at,
            hash,
        },
    ) in [(1, ended), (3, removed.head)]
    {
        let (chat_id, at, hash) = (chat_id.0, at.0, hex(hash));
        let sql = format!("INSERT INTO heads VALUES ({room}, {record}, {chat_id}, {at}, x'{hash}')");
        run(&mut connection, &sql).await;
    }
    connection.close().await.expect("it is closed");
    records
}

#[tokio::test]
async fn nothing_is_lost_and_what_is_needed_since_is_made_of_what_is_there() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let records = former(&path).await;
    let store = open(&path).await;

    // The queue: what waited waits.
    assert_eq!(everything(&store).await, records);
    let backlog = store.backlog().await.expect("a backlog");
    let first = records.first().map(|record| record.at);
    assert_eq!((backlog.depth, backlog.oldest, backlog.set_aside), (12, first, 0));
    let (now, until) = (Timestamp(0), Timestamp(1));
    store
        .lease(uuid::Uuid::nil(), None, now, until)
        .await
        .expect("nobody had it");

    // Whoever was lost is still to be taken out, of removed rooms too.
    let present = [(1, "ann@x.test"), (1, "dave@x.test"), (3, "ann@x.test")]
        .map(|(room, who)| (RoomId(room), address(who)));
    assert_eq!(store.present().await.expect("presence is read"), present);

    let catalogue = store.load().await.expect("the catalogue");
    let modes = catalogue.categories().map(|category| category.compliance);
    assert_eq!(modes.collect::<Vec<_>>(), [ComplianceMode::Open; 2]);

    // What is announced is announced once, in the commit of its record or not at all.
    let nodes = [
        Node::Category(CategoryId(1)),
        Node::Category(CategoryId(2)),
        Node::Room(RoomId(1)),
        Node::Room(RoomId(2)),
    ];
    assert_eq!(store.unannounced().await.expect("it is read"), nodes);
    let announcing = |node, records| Batch {
        changes: vec![Change::Announce(node)],
        records,
    };
    let conflicting = Chain::of_room(1).post("not the next");
    let refused = store.append(&announcing(nodes[2], vec![conflicting])).await;
    assert_eq!(refused.expect_err("it conflicts").fault, StoreFault::Conflict);
    assert_eq!(store.unannounced().await.expect("it is read"), nodes);
    let mut deals = Chain::of_room(2);
    let taken = store
        .append(&announcing(nodes[3], vec![deals.post("the next")]))
        .await;
    taken.expect("it is appended");
    store
        .append(&announcing(nodes[0], vec![]))
        .await
        .expect("it is appended");
    store.close().await;

    let store = open(&path).await;
    assert_eq!(store.unannounced().await.expect("it is read"), nodes[1..3]);
    assert_eq!(store.present().await.expect("presence is read"), present);
    assert_eq!(store.backlog().await.expect("a backlog").depth, 13);
    commit(&store, vec![deals.post("on")]).await;
}

/// Messages of a database of before removing took words out of the index.
const MESSAGES: usize = 160;
/// Of these the first so many were indexed when the program was stopped.
const INDEXED: usize = 120;

#[tokio::test]
async fn words_of_what_a_former_version_removed_are_gone_and_all_others_are_found() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let (removed, kept): (Vec<usize>, Vec<usize>) =
        (0..MESSAGES).partition(|message| message % 10 == 7 || message % 10 == 2);
    let mut connection = migrated(&path, BEFORE.len()).await;
    run(&mut connection, "PRAGMA journal_mode = WAL").await;
    for message in 0..MESSAGES {
        let (id, text) = (message as i64 + 1, gone::text(message));
        let room = gone::room(message).0;
        let insert = "INSERT INTO messages VALUES (?1, ?2, ?3, ?3, ?4, 'ann@x.test', 'Ann', ?5, '', '')";
        let query = sqlx::query(insert).bind(id).bind(room);
        let query = query.bind(gone::chat_id(message).0 as i64).bind(id << 40);
        let done = query.bind(text.clone()).execute(&mut connection).await;
        done.expect("a message");
        if message < INDEXED {
            let insert = "INSERT INTO message_words (rowid, room, text) VALUES (?1, ?2, ?3)";
            let query = sqlx::query(insert).bind(id).bind(room);
            let done = query.bind(set_apart(&text).into_owned()).execute(&mut connection);
            done.await.expect("its words");
        }
    }
    let unindexed = format!("INSERT INTO unindexed VALUES (1, {INDEXED}, {MESSAGES})");
    run(&mut connection, &unindexed).await;
    for message in &removed {
        for (table, row) in [("message_words", "rowid"), ("messages", "id")] {
            let sql = format!("DELETE FROM {table} WHERE {row} = {}", message + 1);
            run(&mut connection, &sql).await;
        }
    }
    // Takes out what is left of rows, and nothing of the index.
    run(&mut connection, "PRAGMA secure_delete = ON; VACUUM").await;
    connection.close().await.expect("it is closed");
    let indexed: Vec<usize> = removed.iter().copied().filter(|m| *m < INDEXED).collect();
    let left: HashSet<usize> = gone::found(directory.path(), &indexed)
        .into_iter()
        .map(|it| it.1)
        .collect();
    assert_eq!(left.len(), indexed.len(), "the index has their words");

    let store = SqliteStore::open(&path, gone::short_linger())
        .await
        .expect("it is upgraded");
    gone::until_gone(directory.path(), &removed).await;
    for (messages, hits) in [(&kept, [1, 1]), (&removed, [0, 0])] {
        for &message in messages {
            let (word, run) = (gone::word(message, 0), gone::run(message));
            assert_eq!(gone::hits(&store, message, &word).await, hits, "{message}");
            assert_eq!(gone::hits(&store, message, &run).await, hits, "{message}");
        }
    }
    let (some, others) = kept.split_at(kept.len() / 2);
    gone::remove(&store, some).await;
    gone::until_gone(directory.path(), &[&removed, some].concat()).await;
    gone::check_index(&path, &others.iter().copied().collect()).await;
}
