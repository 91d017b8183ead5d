//! What holds for this adapter beyond the port's promises.

mod disk;
mod gone;
mod indexing;
mod opening;
mod records;
mod upgrade;
mod writing;

use causerie_model::{Record, RoomId};
use causerie_store::{Batch, History, Journal, StoreError, StoreFault};
use causerie_store_sqlite::{Options, SqliteStore};
use std::{path::Path, time::Duration};

/// Opens a database; a write waits only shortly for others.
async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, options())
        .await
        .expect("the database opens")
}

/// Options of tests.
fn options() -> Options {
    Options {
        busy_timeout: Duration::from_millis(50),
        ..Options::default()
    }
}

/// What is wrong with a database that doesn't open.
async fn open_error(path: &Path) -> StoreError {
    SqliteStore::open(path, options())
        .await
        .err()
        .expect("the database doesn't open")
}

/// A batch of these records.
fn batch(records: Vec<Record>) -> Batch {
    Batch {
        changes: Vec::new(),
        records,
    }
}

/// Appends what must be taken.
async fn commit(store: &SqliteStore, records: Vec<Record>) {
    store
        .append(&batch(records))
        .await
        .expect("the batch is appended");
}

/// Appends what must be refused, and says why it was.
async fn refusal(store: &SqliteStore, record: &Record) -> StoreFault {
    store
        .append(&batch(vec![record.clone()]))
        .await
        .expect_err("the batch is refused")
        .fault
}

/// How many messages room 1 has.
async fn count(store: &SqliteStore) -> usize {
    store
        .latest(RoomId(1), None, u32::MAX)
        .await
        .expect("history is read")
        .len()
}
