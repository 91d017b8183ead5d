//! Whoever has a SQL prompt can't change what was recorded.

use causerie_model::{ChainId, RoomId};
use causerie_records::{Addition, CheckpointLine, Records, Retirement, conformance::Chain};
use causerie_store_sqlite::{Options, SqliteRecords, SqliteStore};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::path::Path;

const ROOM: ChainId = ChainId::Room(RoomId(1));

/// Five messages, of which the RETIRED record covers 2 to 4 and has taken the content of 2; a checkpoint.
async fn written(path: &Path) -> SqliteRecords {
    let store = SqliteRecords::open(path, Options::default())
        .await
        .expect("the database opens");
    let (mut room, mut compliance) = (Chain::of_room(1), Chain::of(ChainId::Compliance));
    let mut records: Vec<_> = (0..5).map(|_| room.post("ann@x.test", "text")).collect();
    records.push(compliance.retire(ROOM, 2, 4));
    records.push(compliance.retire(ROOM, 1, 1));
    // What never goes, and RETIRED records that say it does.
    let mut changed = room.post("ann@x.test", "text");
    changed.kind = "CHANGED".to_owned();
    records.extend([
        changed,
        Chain::of(ChainId::System).join("ann@x.test"),
        compliance.retire(ROOM, 6, 6),
        compliance.retire(ChainId::System, 1, 1),
        compliance.retire(ChainId::Compliance, 1, 1),
    ]);
    let addition = Addition {
        records,
        retired: vec![Retirement {
            chain: ROOM,
            numbers: vec![2],
        }],
        checkpoint: Some(CheckpointLine {
            number: 1,
            up_to: 6,
            line: "line".to_owned(),
        }),
        ..Addition::default()
    };
    store.append(&addition).await.expect("it is appended");
    store
}

async fn raw(path: &Path, sql: &str) -> Result<u64, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(path);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let done = sqlx::query(AssertSqlSafe(sql.to_owned()))
        .execute(&mut connection)
        .await;
    connection.close().await?;
    done.map(|done| done.rows_affected())
}

#[tokio::test]
async fn what_was_recorded_can_not_be_changed() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgccomp.sqlite");
    let store = written(&path).await;
    let before = store.read(0, u64::MAX, 100).await.expect("records");
    for (sql, why) in [
        // Each column alone, and each with what a retirement does.
        (
            "UPDATE records SET body = '{}' WHERE position = 1",
            "never changed",
        ),
        (
            "UPDATE records SET actor = 'sip:eve@x.test' WHERE position = 1",
            "never changed",
        ),
        (
            "UPDATE records SET kind = 'JOIN' WHERE position = 3",
            "never changed",
        ),
        (
            "UPDATE records SET at = at + 1 WHERE position = 3",
            "never changed",
        ),
        (
            "UPDATE records SET retired = 1 WHERE position = 3",
            "never changed",
        ),
        (
            "UPDATE records SET actor = '', body = '' WHERE position = 3",
            "never changed",
        ),
        (
            "UPDATE records SET retired = 0 WHERE position = 2",
            "never changed",
        ),
        (
            "UPDATE records SET actor = '', retired = 1 WHERE position = 3",
            "never changed",
        ),
        (
            "UPDATE records SET actor = '', body = '', retired = 1, at = 0 WHERE position = 3",
            "never changed",
        ),
        (
            "UPDATE records SET actor = '', body = '', retired = 1, kind = 'JOIN' WHERE position = 3",
            "never changed",
        ),
        (
            "UPDATE records SET actor = '', body = '', retired = 1, hash = zeroblob(32) WHERE position = 3",
            "never changed",
        ),
        (
            "UPDATE records SET actor = '', body = '', retired = 1, previous = zeroblob(32) WHERE position = 3",
            "never changed",
        ),
        (
            "UPDATE records SET actor = '', body = '', retired = 1, number = 99 WHERE position = 3",
            "never changed",
        ),
        (
            "UPDATE records SET actor = '', body = '', retired = 1, chain = 2 WHERE position = 3",
            "never changed",
        ),
        (
            "UPDATE records SET actor = '', body = '', retired = 1, position = 99 WHERE position = 3",
            "never changed",
        ),
        (
            "UPDATE OR REPLACE records SET position = 1 WHERE position = 3",
            "never changed",
        ),
        // No tombstone covers them.
        (
            "UPDATE records SET actor = '', body = '', retired = 1 WHERE position = 1",
            "never changed",
        ),
        (
            "UPDATE records SET actor = '', body = '', retired = 1 WHERE position = 5",
            "never changed",
        ),
        (
            "UPDATE records SET actor = '', body = '', retired = 1",
            "never changed",
        ),
        ("DELETE FROM records WHERE position = 1", "never removed"),
        ("DELETE FROM records WHERE position = 2", "never removed"),
        ("DELETE FROM records", "never removed"),
        // In the place of another, before its end, with a gap, or without content from the start.
        (
            "INSERT OR REPLACE INTO records SELECT position, chain, number, at, actor, kind, 'x', previous, hash, 0 FROM records WHERE position = 1",
            "after all others",
        ),
        (
            "INSERT OR REPLACE INTO records SELECT 8, chain, number, at, actor, kind, 'x', previous, hash, 0 FROM records WHERE position = 1",
            "after all others",
        ),
        (
            "REPLACE INTO records SELECT 9, chain, 9, at, actor, kind, body, previous, hash, 0 FROM records WHERE position = 1",
            "after all others",
        ),
        (
            "INSERT INTO records SELECT NULL, chain, 9, at, actor, kind, body, previous, hash, 0 FROM records WHERE position = 1",
            "after all others",
        ),
        (
            "INSERT INTO records SELECT 8, chain, 9, at, '', kind, '', previous, hash, 1 FROM records WHERE position = 1",
            "after all others",
        ),
        (
            "INSERT OR IGNORE INTO records SELECT 1, chain, 9, at, actor, kind, body, previous, hash, 0 FROM records WHERE position = 1",
            "after all others",
        ),
        ("UPDATE checkpoints SET line = 'x'", "never changed"),
        ("DELETE FROM checkpoints", "never removed"),
        (
            "INSERT OR REPLACE INTO checkpoints VALUES (1, 6, 'x')",
            "after all others",
        ),
        ("INSERT INTO checkpoints VALUES (3, 6, 'x')", "after all others"),
        ("UPDATE tombstones SET last = 5", "never changed"),
        ("DELETE FROM tombstones", "never removed"),
        // Not what the RETIRED record says, no RETIRED record, twice.
        (
            "INSERT INTO tombstones VALUES (2, 1, 1, 2)",
            "RETIRED record says",
        ),
        (
            "INSERT INTO tombstones VALUES (2, 1, 0, 1)",
            "RETIRED record says",
        ),
        (
            "INSERT INTO tombstones VALUES (2, 2, 1, 1)",
            "RETIRED record says",
        ),
        (
            "INSERT INTO tombstones VALUES (2, 0, 1, 1)",
            "RETIRED record says",
        ),
        (
            "INSERT INTO tombstones VALUES (9, 1, 5, 5)",
            "RETIRED record says",
        ),
        // As the RETIRED record says, but not of a room.
        (
            "INSERT INTO tombstones VALUES (4, 0, 1, 1)",
            "RETIRED record says",
        ),
        (
            "INSERT INTO tombstones VALUES (5, -1, 1, 1)",
            "RETIRED record says",
        ),
        (
            "INSERT OR REPLACE INTO tombstones VALUES (1, 1, 2, 4)",
            "RETIRED record says",
        ),
    ] {
        let error = raw(&path, sql).await.expect_err(sql).to_string();
        assert!(error.contains(why), "{sql}: {error}");
        assert_eq!(
            store.read(0, u64::MAX, 100).await.expect("records"),
            before,
            "{sql}"
        );
    }
}

#[tokio::test]
async fn what_a_tombstone_covers_may_be_emptied() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgccomp.sqlite");
    let store = written(&path).await;
    let empty = "UPDATE records SET actor = '', body = '', retired = 1 WHERE position IN (2, 3, 4)";
    assert_eq!(raw(&path, empty).await.expect("it is done"), 3);
    let retired = store.read(0, 5, 9).await.expect("records");
    let retired: Vec<bool> = retired.iter().map(|it| it.retired).collect();
    assert_eq!(retired, [false, true, true, true, false]);
    // A record of a change stays even so.
    assert_eq!(
        raw(&path, "INSERT INTO tombstones VALUES (3, 1, 6, 6)")
            .await
            .expect("it is done"),
        1
    );
    let empty = "UPDATE records SET actor = '', body = '', retired = 1 WHERE kind = 'CHANGED'";
    let error = raw(&path, empty).await.expect_err("it is refused").to_string();
    assert!(error.contains("never changed"), "{error}");
    // The second RETIRED record of the chain hasn't been used yet.
    assert_eq!(
        raw(&path, "INSERT INTO tombstones VALUES (2, 1, 1, 1)")
            .await
            .expect("it is done"),
        1
    );
}

#[tokio::test]
async fn neither_database_is_taken_for_the_other() {
    let directory = tempfile::tempdir().expect("a directory");
    let (records, rooms) = (directory.path().join("mgccomp"), directory.path().join("mgc"));
    let opened = SqliteRecords::open(&records, Options::default()).await;
    opened.expect("the database opens").close().await;
    let opened = SqliteStore::open(&rooms, Options::default()).await;
    opened.expect("the database opens").close().await;
    let error = SqliteStore::open(&records, Options::default())
        .await
        .err()
        .expect("it is refused");
    assert!(
        error
            .message
            .ends_with("is a database, but not a room database of Causerie"),
        "{error}"
    );
    let error = SqliteRecords::open(&rooms, Options::default())
        .await
        .err()
        .expect("it is refused");
    assert!(
        error
            .message
            .ends_with("is a database, but not a database of compliance records of Causerie"),
        "{error}"
    );
}
