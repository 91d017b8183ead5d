//! The ports' promises, on SQLite.

use async_trait::async_trait;
use causerie_model::Sealed;
use causerie_queue::conformance::{self as queue, everything};
use causerie_store::{Batch, Journal, Parts, Store, StoreError, conformance::Database};
use causerie_store_sqlite::{Options, SqliteStore};
use std::sync::Arc;
use tempfile::TempDir;

struct File(TempDir);

impl File {
    async fn store(&self) -> Arc<SqliteStore> {
        let path = self.0.path().join("mgc.sqlite");
        let store = SqliteStore::open(&path, Options::default()).await;
        Arc::new(store.expect("the database opens"))
    }
}

#[async_trait]
impl Database for File {
    async fn open(&self) -> Parts {
        self.store().await.parts()
    }

    async fn published(&self) -> Vec<Sealed> {
        everything(&*self.store().await).await
    }
}

#[async_trait]
impl queue::Database for File {
    async fn open(&self) -> queue::Opened {
        let store = self.store().await;
        queue::Opened {
            queue: store.clone(),
            publisher: Arc::new(Publisher(store)),
        }
    }
}

struct Publisher(Arc<SqliteStore>);

#[async_trait]
impl queue::Publisher for Publisher {
    async fn publish(&self, records: Vec<Sealed>) -> Result<(), StoreError> {
        let batch = Batch {
            changes: Vec::new(),
            records: records.iter().map(queue::to_record).collect(),
        };
        self.0.append(&batch).await
    }

    async fn kept_aside(&self) -> Vec<(Sealed, String)> {
        let aside = self.0.aside(0, u32::MAX).await.expect("they are read");
        aside
            .into_iter()
            .map(|aside| (aside.queued.record, aside.reason))
            .collect()
    }
}

async fn fresh() -> File {
    File(tempfile::tempdir().expect("a directory"))
}

causerie_store::conformance_tests!(fresh);

mod as_queue {
    use super::fresh;

    causerie_queue::conformance_tests!(fresh);
}
