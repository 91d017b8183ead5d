//! The port's promises, on SQLite.

use async_trait::async_trait;
use causerie_store::{Parts, Store, conformance::Database};
use causerie_store_sqlite::{Options, SqliteStore};
use std::sync::Arc;
use tempfile::TempDir;

struct File(TempDir);

#[async_trait]
impl Database for File {
    async fn open(&self) -> Parts {
        let path = self.0.path().join("mgc.sqlite");
        Arc::new(
            SqliteStore::open(&path, Options::default())
                .await
                .expect("the database opens"),
        )
        .parts()
    }
}

async fn fresh() -> File {
    File(tempfile::tempdir().expect("a directory"))
}

causerie_store::conformance_tests!(fresh);
