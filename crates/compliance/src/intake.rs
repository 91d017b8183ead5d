//! Records come in: from the queue into the database of records.
//!
//! A record is acknowledged only when it is stored, and storing it again changes nothing, so that an end at any moment loses
//! and doubles nothing. What can't be stored, since it isn't what its hash says or doesn't fit what is stored, is set aside in
//! the queue; a `SETASIDE` record says so, and the others go on. All of that is stored in the order in which it came: a range of
//! positions that has the records before and after a gap has the record that explains it as well.

use crate::{
    Compliance, ComplianceError,
    documents::{self, Category, Room},
    service::{Stop, age},
    watch::{self, WALL_PASSED},
};
use causerie_model::{Actor, ChainId, Event, Hash, Sealed, StoreError, StoreFault, Timestamp};
use causerie_proof::Content;
use causerie_queue::{Lease, Queued};
use causerie_records::{Addition, DocumentKey, Selection};
use serde::de::IgnoredAny;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The alarm when the chat server's queue isn't there.
const QUEUE_UNREACHABLE: &str = "queue-unreachable";
/// So many records are taken from the queue at once.
pub const MAX_BATCH: u32 = 1_000;
/// So long nobody else may take from the queue after this service last said that it is there. It says so again after a third.
/// The same service, started again, takes it over at once.
pub const LEASE_SECONDS: i64 = 30;
/// An empty queue is looked at again after this.
pub const POLL: Duration = Duration::from_millis(100);
/// After a failure it is tried again after this, then after twice as long each time …
pub const FIRST_RETRY: Duration = Duration::from_millis(100);
/// … and never later than this.
pub const LAST_RETRY: Duration = Duration::from_secs(5);
/// So many records are read at once.
pub(crate) const PAGE: u32 = 1_000;

/// Documents by their keys: of two that a batch puts under one key the later counts.
type Put = BTreeMap<DocumentKey, Option<String>>;
/// Chain, number and hash of records that were set aside.
type SetAside = BTreeSet<(ChainId, u64, [u8; 32])>;

/// What is set aside in a take.
#[derive(Default)]
struct Aside {
    /// All that were set aside, once somebody asked.
    known: Option<SetAside>,
    /// How many in this take …
    count: u64,
    /// … and the first of them, with why.
    first: Option<(String, String)>,
}

impl Aside {
    /// One alarm for all of a take: after a restore there may be thousands, and others must be heard beside them.
    fn words(&self) -> Option<String> {
        let (first, reason) = self.first.as_ref()?;
        let told = if self.count == 1 {
            format!("{first} was set aside: {reason}. It is")
        } else {
            format!(
                "{} records were set aside, the first of them {first}: {reason}. They are",
                self.count
            )
        };
        Some(format!(
            "{told} kept in the queue's database; find out how it came about."
        ))
    }
}

/// Why this record can't be stored, if so.
pub(crate) fn fault(record: &Sealed) -> Option<&'static str> {
    if record.chain == ChainId::Compliance {
        return Some("it says that it is of the compliance service's own chain, which nobody else continues");
    }
    if Content::of(record).hash() != record.hash {
        return Some("its content isn't what its hash says");
    }
    let is_object = record.body.starts_with('{') && serde_json::from_str::<IgnoredAny>(&record.body).is_ok();
    (!is_object).then_some("its body is no JSON object")
}

/// What a record tells of rooms and categories. What can't be read is left out: it names rooms, and proves nothing.
fn project(record: &Sealed, put: &mut Put) {
    if record.kind != "CHANGED" {
        return;
    }
    let Ok(mut body) = serde_json::from_str::<Value>(&record.body) else {
        return;
    };
    if let (ChainId::Room(row), Some(room)) = (record.chain, body.get_mut("room").map(Value::take))
        && let Ok(room) = serde_json::from_value::<Room>(room)
    {
        put.extend([documents::put(row, &room)]);
    }
    if let Some(category) = body.get_mut("category").map(Value::take)
        && let Ok(category) = serde_json::from_value::<Category>(category)
    {
        put.extend([documents::put(category.guid, &category)]);
    }
    watch::project(record, &body, put);
}

fn addition(records: &[&Queued]) -> Addition {
    let mut put = Put::new();
    for queued in records {
        project(&queued.record, &mut put);
    }
    Addition {
        records: records.iter().map(|queued| queued.record.clone()).collect(),
        documents: put.into_iter().collect(),
        ..Addition::default()
    }
}

impl Compliance {
    /// Takes what waits in the queue, up to [`MAX_BATCH`] records; how many it was.
    ///
    /// # Errors
    /// [`ComplianceError::Busy`] if another service takes from the queue; [`ComplianceError::Store`] if queue or database
    /// fail. Whatever it is, nothing is lost: the same records wait.
    pub async fn take_in(&self) -> Result<u64, ComplianceError> {
        let mut held = self.inner.queue_lease.lock().await;
        let lease = self.lease(&mut held).await?;
        let mut aside = Aside::default();
        let result = self.take(&lease, &mut aside).await;
        if matches!(result, Err(ComplianceError::Busy(_))) {
            // What was held is somebody else's or nobody's. The next time it is asked for anew.
            *held = None;
        }
        if let Some(text) = aside.words() {
            self.alarm("set-aside", text);
        }
        result
    }

    async fn take(&self, lease: &Lease, aside: &mut Aside) -> Result<u64, ComplianceError> {
        let (queue, now) = (&self.needs().queue, self.needs().clock.now());
        let waiting = queue.waiting(lease, now, MAX_BATCH).await.map_err(lost)?;
        let Some(last) = waiting.last().map(|queued| queued.sequence) else {
            return Ok(0);
        };
        // Before anything is stored or goes: an end in between has it told twice rather than never.
        let told = self.watch(&waiting).await?;
        let mut sound = Vec::with_capacity(waiting.len());
        for queued in &waiting {
            let Some(reason) = fault(&queued.record) else {
                sound.push(queued);
                continue;
            };
            self.store(lease, &sound, aside).await?;
            sound.clear();
            self.set_aside(lease, queued, reason, aside).await?;
        }
        self.store(lease, &sound, aside).await?;
        queue
            .acknowledge(lease, self.needs().clock.now(), last)
            .await
            .map_err(lost)?;
        for of in &told {
            self.forget(WALL_PASSED, of);
        }
        let taken = waiting.len() as u64;
        metrics::counter!("causerie_compliance_records_total").increment(taken);
        Ok(taken)
    }

    /// The queue's lease, which is the right to take messages out of rooms as well.
    pub(crate) async fn queue_lease(&self) -> Result<Lease, ComplianceError> {
        let mut held = self.inner.queue_lease.lock().await;
        self.lease(&mut held).await
    }

    /// The queue's lease; what is left of it lasts for two thirds of its length.
    async fn lease(&self, held: &mut Option<Lease>) -> Result<Lease, ComplianceError> {
        let now = self.needs().clock.now();
        // More than its whole length can only be left if the clock went back.
        if let Some(lease) = held.as_ref()
            && lease.until.plus_seconds(-LEASE_SECONDS * 2 / 3) > now
            && lease.until <= now.plus_seconds(LEASE_SECONDS)
        {
            return Ok(lease.clone());
        }
        let until = now.plus_seconds(LEASE_SECONDS);
        let queue = &self.needs().queue;
        let lease = match queue.lease(self.needs().holder, held.as_ref(), now, until).await {
            // What was held is somebody else's or nobody's. The next time it is asked for anew.
            Err(error) if error.fault == StoreFault::Conflict => {
                *held = None;
                return Err(lost(error));
            }
            other => other?,
        };
        *held = Some(lease.clone());
        Ok(lease)
    }

    /// Gives the queue's lease back.
    pub(crate) async fn leave_queue(&self) {
        if let Some(lease) = self.inner.queue_lease.lock().await.take()
            && let Err(error) = self.needs().queue.release(&lease).await
        {
            tracing::info!("the queue's lease ends by itself: {error}");
        }
    }

    async fn store(
        &self,
        lease: &Lease,
        records: &[&Queued],
        aside: &mut Aside,
    ) -> Result<(), ComplianceError> {
        if records.is_empty() {
            return Ok(());
        }
        match self.needs().records.append(&addition(records)).await {
            Err(error) if error.fault == StoreFault::Conflict => {}
            other => return other.map(|_| ()).map_err(Into::into),
        }
        for queued in records {
            match self.needs().records.append(&addition(&[queued])).await {
                Err(error) if error.fault == StoreFault::Conflict => {
                    self.set_aside(lease, queued, &error.message, aside).await?;
                }
                other => {
                    other?;
                }
            }
        }
        Ok(())
    }

    /// Recorded first: a record out of the queue of which nobody knows would be lost.
    async fn set_aside(
        &self,
        lease: &Lease,
        queued: &Queued,
        reason: &str,
        aside: &mut Aside,
    ) -> Result<(), ComplianceError> {
        let record = &queued.record;
        let known = match &mut aside.known {
            Some(known) => known,
            None => aside.known.insert(self.set_aside_records().await?),
        };
        if known.insert((record.chain, record.number, record.hash.0)) {
            let event = Event::SetAside {
                chain: record.chain,
                number: record.number,
                hash: record.hash,
                reason: reason.to_owned(),
            };
            self.record(&Actor::System, &[event]).await?;
        }
        let (queue, now) = (&self.needs().queue, self.needs().clock.now());
        queue
            .set_aside(lease, now, queued.sequence, reason)
            .await
            .map_err(lost)?;
        metrics::counter!("causerie_compliance_set_aside_total").increment(1);
        aside.count += 1;
        let first = || {
            (
                format!("record {} of chain {}", record.number, record.chain),
                reason.to_owned(),
            )
        };
        aside.first.get_or_insert_with(first);
        Ok(())
    }

    /// Chain, number and hash of all records that were set aside. There are few or something is very wrong.
    pub(crate) async fn set_aside_records(&self) -> Result<SetAside, ComplianceError> {
        let selection = Selection {
            chains: vec![ChainId::Compliance],
            kinds: vec!["SETASIDE".to_owned()],
            ..Selection::default()
        };
        let mut known = SetAside::new();
        let mut after = 0;
        loop {
            let page = self.needs().records.select(&selection, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(known);
            };
            after = last.position;
            known.extend(page.iter().filter_map(|stored| set_aside_in(&stored.record.body)));
        }
    }

    /// Takes records in until it is to stop.
    pub(crate) async fn keep_taking_in(&self, mut stop: Stop) {
        let mut retry = FIRST_RETRY;
        let mut looked = Timestamp(i64::MIN);
        while !stop.is_set() {
            let result = self.take_in().await;
            let now = self.needs().clock.now();
            if result.is_err() || looked.plus_seconds(LAST_RETRY.as_secs().cast_signed()) <= now {
                looked = now;
                self.watch_backlog(now).await;
            }
            let pause = match &result {
                Ok(taken) => {
                    retry = FIRST_RETRY;
                    if *taken > 0 { Duration::ZERO } else { POLL }
                }
                Err(error) => {
                    tracing::warn!("no records are taken in: {error}");
                    let pause = retry;
                    retry = (retry * 2).min(LAST_RETRY);
                    pause
                }
            };
            match &result {
                Err(error) if !error.is_temporary() || no_disk(error) => {
                    let text = format!(
                        "no records are taken in: {error}. They wait in the queue; it is tried again all the time."
                    );
                    self.alarm_once("intake-failed", "", text);
                }
                Ok(_) => self.over("intake-failed", ""),
                Err(_) => {}
            }
            let error = result.err().map(|error| error.to_string());
            let is_well = error.is_none();
            if std::mem::replace(&mut *crate::service::lock(&self.inner.intake_error), error).is_some()
                && is_well
            {
                tracing::info!("records are taken in again");
            }
            stop.sleep(pause).await;
        }
        self.leave_queue().await;
    }

    /// Tells when the queue can't be reached for too long. What waits there isn't known then.
    fn watch_queue(&self, now: Timestamp, error: &StoreError) {
        let since = *crate::service::lock(&self.inner.queue_lost).get_or_insert(now);
        let gone = age(since, now);
        if gone > self.settings().alarm_age.as_secs() {
            let text = format!(
                "the queue can't be reached for {gone} s: {error}. Look whether the chat server runs; no record is lost"
            );
            self.alarm_once(QUEUE_UNREACHABLE, "", text);
        }
    }

    /// Tells when too much waits for too long.
    pub(crate) async fn watch_backlog(&self, now: Timestamp) {
        let backlog = match self.needs().queue.backlog().await {
            Ok(backlog) => backlog,
            Err(error) => return self.watch_queue(now, &error),
        };
        *crate::service::lock(&self.inner.queue_lost) = None;
        self.over(QUEUE_UNREACHABLE, "");
        let waited = backlog.oldest.map_or(0, |oldest| age(oldest, now));
        let settings = self.settings();
        if backlog.depth > settings.alarm_depth || waited > settings.alarm_age.as_secs() {
            let text = format!(
                "{} records wait to be stored, the first for {waited} s: look whether the database of records takes writes",
                backlog.depth
            );
            self.alarm_once("queue-behind", "", text);
        } else {
            self.over("queue-behind", "");
        }
    }
}

/// Whether a disk takes nothing: that passes, but seldom before somebody does something.
fn no_disk(error: &ComplianceError) -> bool {
    let ComplianceError::Store(error) = error else {
        return false;
    };
    matches!(error.fault, StoreFault::Full | StoreFault::ReadOnly)
}

/// The queue says Conflict for one reason only.
pub(crate) fn lost(error: StoreError) -> ComplianceError {
    if error.fault == StoreFault::Conflict {
        ComplianceError::Busy("another compliance service takes records from the queue".to_owned())
    } else {
        error.into()
    }
}

/// What a `SETASIDE` record tells.
fn set_aside_in(body: &str) -> Option<(ChainId, u64, [u8; 32])> {
    let body: Value = serde_json::from_str(body).ok()?;
    let hash: Hash = body.get("hash")?.as_str()?.parse().ok()?;
    let chain = causerie_proof::wire::chain(body.get("chain")?.as_str()?)?;
    Some((chain, body.get("number")?.as_u64()?, hash.0))
}
