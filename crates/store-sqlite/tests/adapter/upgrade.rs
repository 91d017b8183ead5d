//! A database with data, of before there was a compliance service, is brought up to date.

use crate::{commit, open};
use causerie_model::{
    CategoryId, ChainId, Change, ComplianceMode, Hash, Head, Node, RoomId, Sealed, SipAddress, Timestamp,
};
use causerie_queue::{Queue, conformance::everything};
use causerie_store::{Batch, CatalogueStore, Journal, StoreFault, conformance::Chain};
use sqlx::{
    AssertSqlSafe, Connection, Executor, SqlSafeStr, SqliteConnection,
    migrate::{Migration, MigrationType, Migrator},
    sqlite::SqliteConnectOptions,
};
use std::path::Path;

/// The migrations up to the one before the queue's.
const BEFORE: [(i64, &str, &str); 5] = [
    (1, "start", include_str!("../../migrations/0001_start.sql")),
    (2, "search", include_str!("../../migrations/0002_search.sql")),
    (3, "tokens", include_str!("../../migrations/0003_tokens.sql")),
    (4, "rooms", include_str!("../../migrations/0004_rooms.sql")),
    (
        5,
        "invitations",
        include_str!("../../migrations/0005_invitations.sql"),
    ),
];

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

/// A database of before, and the records in it. In room 1 Ann was lost by a crash and came again, Bob left, Carol came twice
/// and left, and Dave left and came; in room 3 Ann was lost.
async fn former(path: &Path) -> Vec<Sealed> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options)
        .await
        .expect("a connection");
    let migration = |(version, name, sql): (i64, &'static str, &'static str)| {
        Migration::new(
            version,
            name.into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    };
    Migrator::with_migrations(BEFORE.map(migration).to_vec())
        .run_direct(None, &mut connection, false)
        .await
        .expect("the former migrations");
    let run = async |connection: &mut SqliteConnection, sql: &str| {
        let done = connection
            .execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))
            .await;
        done.expect(sql);
    };
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
