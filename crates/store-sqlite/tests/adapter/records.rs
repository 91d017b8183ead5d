//! The database of compliance records mends itself after a failed write, as that of rooms does.

use crate::options;
use causerie_records::{Addition, Records as _, conformance::Chain};
use causerie_store::{StoreError, StoreFault};
use causerie_store_sqlite::{Options, SqliteRecords};
use sqlx::{Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use std::path::Path;

/// A database of compliance records and the chain of a room that goes into it.
pub(crate) struct Records {
    store: SqliteRecords,
    chain: Chain,
}

impl Records {
    pub(crate) async fn open(path: &Path) -> Self {
        Self::open_with(path, options()).await
    }

    async fn open_with(path: &Path, options: Options) -> Self {
        let store = SqliteRecords::open(path, options).await;
        Self {
            store: store.expect("the database opens"),
            chain: Chain::of_room(1),
        }
    }

    /// Appends a message, if it is taken.
    async fn append(&mut self, text: &str) -> Result<(), StoreError> {
        let mut next = self.chain.clone();
        let addition = Addition {
            records: vec![next.post("ann@x.test", text)],
            ..Addition::default()
        };
        self.store.append(&addition).await?;
        self.chain = next;
        Ok(())
    }

    pub(crate) async fn commit(&mut self) {
        self.append("taken").await.expect("it is appended");
    }

    pub(crate) async fn refusal(&mut self) -> StoreFault {
        self.append("refused").await.expect_err("it is refused").fault
    }

    pub(crate) async fn end(&self) -> u64 {
        self.store.end().await.expect("an end")
    }
}

#[tokio::test]
async fn while_another_writes_it_waits_and_then_goes_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgccomp.sqlite");
    let mut records = Records::open(&path).await;
    records.commit().await;
    let options = SqliteConnectOptions::new().filename(&path);
    let mut other = SqliteConnection::connect_with(&options)
        .await
        .expect("a connection");
    other.execute("BEGIN IMMEDIATE").await.expect("the other writes");
    for _ in 0..2 {
        assert_eq!(records.refusal().await, StoreFault::Unavailable);
        assert_eq!(records.end().await, 1);
    }
    other.execute("ROLLBACK").await.expect("the other is done");
    records.commit().await;
    assert_eq!(records.end().await, 2);
}

#[tokio::test]
async fn a_full_one_refuses_for_as_long_as_it_is_full() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgccomp.sqlite");
    let limited = Options {
        page_limit: Some(60),
        ..options()
    };
    let mut records = Records::open_with(&path, limited).await;
    let large = "x".repeat(8_000);
    let mut taken = 0;
    while records.append(&large).await.is_ok() {
        taken += 1;
        assert!(taken < 1_000, "it never fills up");
    }
    assert!(taken > 0);
    for _ in 0..3 {
        let error = records.append(&large).await.expect_err("it is full");
        assert_eq!(error.fault, StoreFault::Full, "{error}");
    }
    assert_eq!(records.end().await, taken);
}
