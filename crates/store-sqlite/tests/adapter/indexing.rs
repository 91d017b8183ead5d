//! Messages of a database of a former version are indexed again.

use crate::{commit, count, open};
use causerie_model::{Match, MessageQuery, RoomId, TextQuery};
use causerie_store::{History, conformance::Chain};
use causerie_store_sqlite::SqliteStore;
use sqlx::{
    AssertSqlSafe, Connection, Executor, Row, SqlSafeStr, SqliteConnection,
    migrate::{Migration, MigrationType, Migrator},
    sqlite::SqliteConnectOptions,
};
use std::path::Path;

/// More than are indexed at once, twice.
const MESSAGES: i64 = 4_001;

async fn connect(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqliteConnection::connect_with(&options)
        .await
        .expect("a connection")
}

async fn execute(path: &Path, sql: &str) {
    let mut connection = connect(path).await;
    connection
        .execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))
        .await
        .expect("it is done");
    connection.close().await.expect("it is closed");
}

/// A database as the first migration alone makes it, with messages.
async fn former(path: &Path) {
    let mut connection = connect(path).await;
    let first = include_str!("../../migrations/0001_start.sql").into_sql_str();
    let first = Migration::new(1, "start".into(), MigrationType::Simple, first, false);
    Migrator::with_migrations(vec![first])
        .run_direct(None, &mut connection, false)
        .await
        .expect("the first migration");
    connection.close().await.expect("it is closed");
    execute(
        path,
        &format!(
            "WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < {MESSAGES})
             INSERT INTO messages SELECT n, 1 + n % 2, n, n, n, 'ann@x.test', 'Ann', 'old ' || n || ' 東京タワー', '', '' FROM n;
             INSERT INTO message_words (rowid, text) SELECT id, text FROM messages;
             INSERT INTO heads VALUES (1, {MESSAGES}, {MESSAGES}, {MESSAGES}, zeroblob(32));"
        ),
    )
    .await;
}

async fn total(store: &SqliteStore, text: &str) -> u32 {
    let query = MessageQuery {
        text: TextQuery::parse(text, Match::All, false).expect("a query"),
        ..MessageQuery::newest(vec![RoomId(1), RoomId(2)], 10_000)
    };
    let found = store.search(&query).await.expect("a search");
    assert_eq!(found.messages.len() as u32, found.total);
    found.total
}

async fn waiting(path: &Path) -> i64 {
    let mut connection = connect(path).await;
    let row = connection
        .fetch_one("SELECT count(*) FROM unindexed")
        .await
        .expect("a count");
    row.get(0)
}

#[tokio::test]
async fn a_former_database_is_searched_like_any_other() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    former(&path).await;
    let store = open(&path).await;
    for text in ["old", "京タ", "タワー", "ol*"] {
        assert_eq!(i64::from(total(&store, text).await), MESSAGES, "{text}");
    }
    for n in [1, 1_999, 2_000, 2_001, 4_000, 4_001] {
        assert_eq!(total(&store, &n.to_string()).await, 1, "{n}");
    }
    let in_one = MessageQuery {
        text: TextQuery::parse("京タ", Match::All, false).expect("a query"),
        ..MessageQuery::newest(vec![RoomId(1)], 10_000)
    };
    let found = store.search(&in_one).await.expect("a search");
    assert_eq!(found.total, 2_000);
    assert_eq!(count(&store).await, 2_000);
    assert_eq!(waiting(&path).await, 0);
    // Once is enough.
    store.close().await;
    assert_eq!(i64::from(total(&open(&path).await, "old").await), MESSAGES);
}

#[tokio::test]
async fn indexing_that_was_cut_short_goes_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    former(&path).await;
    open(&path).await.close().await;
    execute(
        &path,
        &format!(
            "INSERT INTO message_words (message_words, rowid, room, text)
             SELECT 'delete', id, room, 'old ' || id || ' 東 京 タ ワ ー' FROM messages WHERE id > 1500;
             INSERT INTO unindexed VALUES (1, 1500, {MESSAGES});"
        ),
    )
    .await;
    let store = open(&path).await;
    assert_eq!(i64::from(total(&store, "old").await), MESSAGES);
    assert_eq!(waiting(&path).await, 0);
}

#[tokio::test]
async fn a_fresh_database_has_nothing_to_index() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let store = open(&path).await;
    assert_eq!(waiting(&path).await, 0);
    commit(&store, vec![Chain::of_room(1).post("hello")]).await;
    drop(store);
    assert_eq!(total(&open(&path).await, "hello").await, 1);
}
