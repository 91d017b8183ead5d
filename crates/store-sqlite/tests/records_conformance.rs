//! The promises of the port to compliance records, on SQLite.

use async_trait::async_trait;
use causerie_records::{RecordStore, conformance::Database};
use causerie_store_sqlite::{Options, SqliteRecords};
use std::sync::Arc;
use tempfile::TempDir;

struct File(TempDir);

#[async_trait]
impl Database for File {
    async fn open(&self) -> Arc<dyn RecordStore> {
        let path = self.0.path().join("mgccomp.sqlite");
        let records = SqliteRecords::open(&path, Options::default()).await;
        Arc::new(records.expect("the database opens"))
    }
}

async fn fresh() -> File {
    File(tempfile::tempdir().expect("a directory"))
}

causerie_records::conformance_tests!(fresh);
