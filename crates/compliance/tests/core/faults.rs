//! Databases that fail when they are told to.

use async_trait::async_trait;
use causerie_model::{ChainId, StoreError, StoreFault, Timestamp};
use causerie_queue::{Backlog, Lease, Queue, Queued};
use causerie_records::{
    Addition, ChainHead, ChainSpan, CheckpointLine, Checkpoints, DocumentKey, Documents, Leases, Records,
    Selection, Stored,
};
use causerie_store_sqlite::{SqliteRecords, SqliteStore};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// Which calls fail.
#[derive(Default)]
pub(crate) struct Faults {
    calls: AtomicU64,
    at: Mutex<Option<(u64, bool)>>,
    /// Every call to the database of records fails.
    pub(crate) records_down: AtomicBool,
    /// How often records were selected.
    pub(crate) select_calls: AtomicU64,
    /// How often was asked what waits.
    pub(crate) backlogs: AtomicU64,
    /// Somebody emptied the record at this position.
    pub(crate) emptied: AtomicU64,
    /// Somebody put another database in the place of the one with records.
    pub(crate) replaced: Mutex<Option<Arc<SqliteRecords>>>,
}

impl Faults {
    /// The n-th call from now fails, before or after it took effect; and every one after it, as after `kill -9`.
    pub(crate) fn die_at(&self, call: u64, after_effect: bool) {
        self.calls.store(0, Ordering::SeqCst);
        *self.at.lock().unwrap() = Some((call, after_effect));
    }

    /// Nothing fails any more; whether something did.
    pub(crate) fn heal(&self) -> bool {
        let planned = self.at.lock().unwrap().take();
        planned.is_some_and(|(call, _)| self.calls.load(Ordering::SeqCst) >= call)
    }

    fn enter(&self) -> (bool, bool) {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        match *self.at.lock().unwrap() {
            Some((at, after)) if call == at => (!after, after),
            Some((at, _)) if call > at => (true, false),
            _ => (false, false),
        }
    }
}

fn down<T>() -> Result<T, StoreError> {
    Err(StoreError::new(StoreFault::Unavailable, "the test took it away"))
}

macro_rules! faulty {
    ($self:ident, $call:expr) => {{
        let (before, after) = $self.faults.enter();
        if before {
            return down();
        }
        let result = $call.await;
        if after {
            return down();
        }
        result
    }};
}

pub(crate) struct FaultyQueue {
    pub(crate) inner: Arc<SqliteStore>,
    pub(crate) faults: Arc<Faults>,
}

#[async_trait]
impl Queue for FaultyQueue {
    async fn lease(
        &self,
        holder: uuid::Uuid,
        held: Option<&Lease>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, StoreError> {
        faulty!(self, Queue::lease(&*self.inner, holder, held, now, until))
    }
    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        faulty!(self, self.inner.release(lease))
    }
    async fn waiting(&self, lease: &Lease, now: Timestamp, count: u32) -> Result<Vec<Queued>, StoreError> {
        faulty!(self, self.inner.waiting(lease, now, count))
    }
    async fn acknowledge(&self, lease: &Lease, now: Timestamp, up_to: i64) -> Result<(), StoreError> {
        faulty!(self, self.inner.acknowledge(lease, now, up_to))
    }
    async fn set_aside(
        &self,
        lease: &Lease,
        now: Timestamp,
        sequence: i64,
        reason: &str,
    ) -> Result<(), StoreError> {
        faulty!(self, self.inner.set_aside(lease, now, sequence, reason))
    }
    async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.faults.backlogs.fetch_add(1, Ordering::SeqCst);
        faulty!(self, self.inner.backlog())
    }
}

pub(crate) struct FaultyRecords {
    pub(crate) inner: Arc<SqliteRecords>,
    pub(crate) faults: Arc<Faults>,
}

impl FaultyRecords {
    fn inner(&self) -> Arc<SqliteRecords> {
        let replaced = self.faults.replaced.lock().unwrap();
        Arc::clone(replaced.as_ref().unwrap_or(&self.inner))
    }
}

macro_rules! records {
    ($self:ident, $call:expr) => {{
        if $self.faults.records_down.load(Ordering::SeqCst) {
            return down();
        }
        faulty!($self, $call)
    }};
}

#[async_trait]
impl Records for FaultyRecords {
    async fn append(&self, addition: &Addition) -> Result<u64, StoreError> {
        records!(self, self.inner().append(addition))
    }
    async fn head(&self, chain: ChainId) -> Result<ChainHead, StoreError> {
        records!(self, Records::head(&*self.inner(), chain))
    }
    async fn end(&self) -> Result<u64, StoreError> {
        records!(self, self.inner().end())
    }
    async fn read(&self, after: u64, up_to: u64, count: u32) -> Result<Vec<Stored>, StoreError> {
        records!(self, self.inner().read(after, up_to, count))
    }
    async fn spans(&self, after: u64, up_to: u64) -> Result<Vec<ChainSpan>, StoreError> {
        records!(self, self.inner().spans(after, up_to))
    }
    async fn of_chain(
        &self,
        chain: ChainId,
        after: u64,
        up_to: u64,
        count: u32,
    ) -> Result<Vec<Stored>, StoreError> {
        let emptied = self.faults.emptied.load(Ordering::SeqCst);
        let read: Result<Vec<Stored>, StoreError> =
            records!(self, self.inner().of_chain(chain, after, up_to, count));
        let mut page = read?;
        for stored in page.iter_mut().filter(|stored| stored.position == emptied) {
            stored.record.actor.clear();
            stored.record.body.clear();
            stored.retired = true;
        }
        Ok(page)
    }
    async fn select(&self, selection: &Selection, after: u64, count: u32) -> Result<Vec<Stored>, StoreError> {
        self.faults.select_calls.fetch_add(1, Ordering::SeqCst);
        records!(self, self.inner().select(selection, after, count))
    }
}

#[async_trait]
impl Documents for FaultyRecords {
    async fn documents(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        records!(self, self.inner().documents(kind))
    }
    async fn document(&self, key: &DocumentKey) -> Result<Option<String>, StoreError> {
        records!(self, self.inner().document(key))
    }
}

#[async_trait]
impl Checkpoints for FaultyRecords {
    async fn checkpoints(&self, after: u64, count: u32) -> Result<Vec<CheckpointLine>, StoreError> {
        records!(self, self.inner().checkpoints(after, count))
    }
    async fn last_checkpoint(&self) -> Result<Option<CheckpointLine>, StoreError> {
        records!(self, self.inner().last_checkpoint())
    }
}

#[async_trait]
impl Leases for FaultyRecords {
    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        records!(self, Leases::lease(&*self.inner(), name, holder, now, until))
    }
}
