//! What is opened and what is refused, with words that help.

use crate::{batch, commit, count, open, open_error, refusal};
use causerie_store::Journal;
use causerie_store::{CatalogueStore, StoreFault, conformance::Chain};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

/// Does something to a database behind its owner's back.
async fn tamper(path: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options)
        .await
        .expect("a connection");
    sqlx::query(sql)
        .execute(&mut connection)
        .await
        .expect("it is done");
    connection.close().await.expect("it is closed");
}

#[tokio::test]
async fn only_the_owner_may_read_a_new_database() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let store = open(&path).await;
    commit(&store, vec![Chain::of_room(1).post("secret")]).await;
    for entry in fs::read_dir(directory.path()).expect("the directory") {
        let entry = entry.expect("an entry");
        let mode = entry.metadata().expect("its mode").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
    }
}

#[tokio::test]
async fn each_database_has_its_own_identity() {
    let directory = tempfile::tempdir().expect("a directory");
    let one = open(&directory.path().join("1"))
        .await
        .database_id()
        .await
        .expect("an identity");
    let two = open(&directory.path().join("2"))
        .await
        .database_id()
        .await
        .expect("an identity");
    assert_ne!(one, two);
}

#[tokio::test]
async fn closing_leaves_one_file_with_everything() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let store = open(&path).await;
    let mut chain = Chain::of_room(1);
    commit(&store, vec![chain.post("one")]).await;
    assert_eq!(count(&store).await, 1);
    store.close().await;
    assert_eq!(fs::read_dir(directory.path()).expect("the directory").count(), 1);
    assert_eq!(
        refusal(&store, &chain.post("late")).await,
        StoreFault::Unavailable
    );
    let copy = directory.path().join("copy.sqlite");
    fs::copy(&path, &copy).expect("a copy");
    assert_eq!(count(&open(&copy).await).await, 1);
}

#[tokio::test]
async fn what_is_no_database_is_refused_with_words() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    let says = async |name: &str, fault: StoreFault, words: &str| {
        let error = open_error(&at(name)).await;
        assert_eq!(error.fault, fault, "{error}");
        assert!(
            error.to_string().contains(words) && error.to_string().contains(name),
            "{error}"
        );
    };
    fs::create_dir(at("folder")).expect("a directory");
    says("folder", StoreFault::Other, "is a directory").await;
    says("missing/mgc.sqlite", StoreFault::Other, "directory doesn't exist").await;
    fs::write(
        at("garbage"),
        "This is a text, and a rather long one, of no use as a database. ".repeat(99),
    )
    .expect("text");
    says("garbage", StoreFault::Corrupt, "not a database").await;
    assert!(
        fs::read_to_string(at("garbage"))
            .expect("text")
            .starts_with("This is a text")
    );
    tamper(&at("foreign"), "CREATE TABLE recipes (cake TEXT)").await;
    says("foreign", StoreFault::Other, "not a room database").await;
    tamper(&at("stranger"), "PRAGMA application_id = 7").await;
    says("stranger", StoreFault::Other, "not a room database").await;
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    open(&path).await.close().await;
    tamper(
        &path,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'future', 1, x'00', 0)",
    )
    .await;
    let error = open_error(&path).await;
    assert!(
        error
            .to_string()
            .contains("newer than this program: it has migration 9999"),
        "{error}"
    );
}

#[tokio::test]
async fn a_migration_that_is_not_the_one_applied_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    open(&path).await.close().await;
    tamper(
        &path,
        "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 1",
    )
    .await;
    let error = open_error(&path).await;
    assert!(
        error
            .to_string()
            .contains("migration 1 was applied in another form"),
        "{error}"
    );
}

#[tokio::test]
async fn a_migration_that_nobody_knows_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    open(&path).await.close().await;
    tamper(&path, "UPDATE _sqlx_migrations SET version = 0 WHERE version = 1").await;
    let error = open_error(&path).await;
    assert!(
        error
            .to_string()
            .contains("migration 0 that this program doesn't know"),
        "{error}"
    );
}

#[tokio::test]
async fn damaged_content_is_called_corrupt() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let store = open(&path).await;
    let mut chain = Chain::of_room(1);
    commit(&store, vec![chain.post("one")]).await;
    tamper(&path, "UPDATE heads SET record = -1").await;
    let error = store
        .head(causerie_model::ChainId::Room(causerie_model::RoomId(1)))
        .await
        .expect_err("no head");
    assert_eq!(error.fault, StoreFault::Corrupt, "{error}");
    let error = store
        .append(&batch(vec![chain.post("two")]))
        .await
        .expect_err("not appended");
    assert_eq!(error.fault, StoreFault::Corrupt, "{error}");
}
