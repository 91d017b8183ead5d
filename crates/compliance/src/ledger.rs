//! What the service's own chain tells of documents.
//!
//! Documents are a convenience: each hold, policy, adapter and matter stands in full in the record of its change, and how far
//! an adapter exported in the records of its batches. Before anything is destroyed, and whenever the database is verified,
//! documents are compared with that.

use crate::{
    Compliance, ComplianceError, MAX_DECISIONS,
    documents::{self, Adapter, Document, Hold, Matter, Retention, Run},
    intake::PAGE,
    run::batch_name,
};
use causerie_model::{ChainId, Sealed};
use causerie_proof::{Content, export::RESTART};
use causerie_records::{ChainHead, RecordStore};
use serde::Deserialize;
use std::collections::BTreeMap;
use tokio::sync::MutexGuard;

/// The kinds of documents that records tell of in full.
const KINDS: [&str; 4] = [Adapter::KIND, Hold::KIND, Matter::KIND, Retention::KIND];

/// The members of a `CHANGED` record's body that matter here.
#[derive(Deserialize)]
struct Changed {
    what: String,
    target: String,
    after: String,
}

/// The members of an `EXPORTED` record's body that matter here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exported {
    of: String,
    batch: String,
    after: u64,
    up_to: u64,
}

/// The service's own chain as far as it was read, and what it tells.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// The last record that was read.
    head: ChainHead,
    /// Texts of documents, by kind and id.
    documents: BTreeMap<&'static str, BTreeMap<String, String>>,
    /// The last position that each adapter exported, those that were removed included: set again they go on there.
    exported: BTreeMap<String, u64>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            head: ChainHead::START,
            documents: BTreeMap::new(),
            exported: BTreeMap::new(),
        }
    }
}

impl Ledger {
    /// All documents of a kind, by id.
    pub(crate) fn documents<T: Document>(&self) -> Result<BTreeMap<String, T>, ComplianceError> {
        let found = self.documents.get(T::KIND).into_iter().flatten();
        found
            .map(|(id, text)| Ok((id.clone(), documents::parse(id, text)?)))
            .collect()
    }

    /// The last position that each adapter exported that there is; 0 if it exported nothing.
    pub(crate) fn exported(&self) -> BTreeMap<String, u64> {
        let adapters = self.documents.get(Adapter::KIND).into_iter().flatten();
        adapters
            .map(|(name, _)| (name.clone(), self.exported.get(name).copied().unwrap_or(0)))
            .collect()
    }

    /// Reads on up to the chain's end. What was read before must still be there.
    async fn read_on(&mut self, records: &dyn RecordStore, head: &ChainHead) -> Result<(), ComplianceError> {
        while self.head.number < head.number {
            let page = records
                .of_chain(ChainId::Compliance, self.head.number, head.number, PAGE)
                .await?;
            if page.is_empty() {
                break;
            }
            for stored in page {
                self.follow(&stored.record)?;
            }
        }
        if self.head == *head {
            return Ok(());
        }
        Err(ComplianceError::Damaged(format!(
            "the service's own chain ends with record {}, and it knows record {} already: it was cut or written anew",
            head.number, self.head.number
        )))
    }

    fn follow(&mut self, record: &Sealed) -> Result<(), ComplianceError> {
        let next = self.head.number.saturating_add(1);
        let fits = record.number == next
            && record.previous == self.head.hash
            && Content::of(record).hash() == record.hash;
        if !fits {
            return Err(ComplianceError::Damaged(format!(
                "record {} of the service's own chain isn't what follows record {}",
                record.number, self.head.number
            )));
        }
        let learnt = match record.kind.as_str() {
            "CHANGED" => serde_json::from_str(&record.body).map(|changed| self.changed(changed)),
            "EXPORTED" => serde_json::from_str(&record.body).map(|exported| self.delivered(&exported)),
            _ => Ok(()),
        };
        learnt.map_err(|error| {
            let text = format!("record {next} of the service's own chain can't be read: {error}");
            ComplianceError::Damaged(text)
        })?;
        self.head = ChainHead {
            number: record.number,
            at: record.at,
            hash: record.hash,
        };
        Ok(())
    }

    /// `hold.place`, `adapter.remove` …: the kind, and what was done. What is gone has no text.
    fn changed(&mut self, changed: Changed) {
        let kind = changed.what.split_once('.').map(|(kind, _)| kind);
        let Some(kind) = KINDS.into_iter().find(|known| kind == Some(*known)) else {
            return;
        };
        let all = self.documents.entry(kind).or_default();
        if changed.after.is_empty() {
            all.remove(&changed.target);
        } else {
            if kind == Adapter::KIND {
                let exported = self.exported.entry(changed.target.clone()).or_default();
                if changed.what == RESTART {
                    *exported = 0;
                }
            }
            all.insert(changed.target, changed.after);
        }
    }

    /// A batch of an adapter counts if it goes on where the last one ended. Exports of selections have other names.
    fn delivered(&mut self, exported: &Exported) {
        if exported.batch == batch_name(&exported.of, exported.after, exported.up_to)
            && let Some(up_to) = self.exported.get_mut(&exported.of)
            && *up_to == exported.after
        {
            *up_to = exported.up_to;
        }
    }

    /// An error that names the first document that isn't as the records tell.
    async fn compare(&self, records: &dyn RecordStore) -> Result<(), ComplianceError> {
        let wrong = |kind: &str, id: &str, what: &str| {
            Err(ComplianceError::Damaged(format!(
                "the {kind} '{id}' {what}: somebody changed the database"
            )))
        };
        for kind in KINDS {
            let mut told = self.documents.get(kind).cloned().unwrap_or_default();
            for (id, text) in records.documents(kind).await? {
                match told.remove(&id) {
                    Some(told) if told == text => {}
                    Some(_) => return wrong(kind, &id, "isn't as it was set by the records"),
                    None => return wrong(kind, &id, "is there, and no record tells of it"),
                }
            }
            if let Some((id, _)) = told.first_key_value() {
                return wrong(kind, id, "is gone, and no record tells of that");
            }
        }
        let runs = documents::load_all::<Run>(records).await?;
        for (adapter, told) in &self.exported {
            let run = runs.get(adapter);
            let there = run.map_or(0, |run| if run.finished { run.up_to } else { run.after });
            if there != *told {
                let text =
                    format!("is said to have exported up to position {there}, and by the records {told}");
                return wrong(Adapter::KIND, adapter, &text);
            }
        }
        Ok(())
    }
}

impl Compliance {
    /// What the service's own chain tells, up to its end, with which documents agree. Read that chain's end before: whatever
    /// changes documents afterwards moves it.
    ///
    /// # Errors
    /// [`ComplianceError::Damaged`] if a document isn't as the records tell, which is an alarm;
    /// [`ComplianceError::Store`]; [`ComplianceError::Busy`] if documents are changed all the time.
    pub(crate) async fn ledger(&self) -> Result<MutexGuard<'_, Ledger>, ComplianceError> {
        let result = self.compared().await;
        match &result {
            Ok(_) => self.over("documents-changed", ""),
            Err(ComplianceError::Damaged(text)) => self.alarm_once(
                "documents-changed",
                "",
                format!("{text}. Nothing is destroyed until it is found out."),
            ),
            Err(_) => {}
        }
        result
    }

    async fn compared(&self) -> Result<MutexGuard<'_, Ledger>, ComplianceError> {
        let records = &*self.needs().records;
        let mut ledger = self.inner.ledger.lock().await;
        for _ in 0..MAX_DECISIONS {
            let head = self.own_head().await?;
            ledger.read_on(records, &head).await?;
            let result = ledger.compare(records).await;
            // A difference counts only if nobody changed anything while it was looked for.
            if self.own_head().await? == head {
                return result.map(|()| ledger);
            }
        }
        Err(Self::contended())
    }
}
