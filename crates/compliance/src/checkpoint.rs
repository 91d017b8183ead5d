//! Checkpoints: the service signs what the database holds, and makes it known elsewhere.

use crate::{Change, Compliance, ComplianceError, MAX_DECISIONS, Officer, intake::PAGE, service::Stop};
use causerie_model::{ChainId, Hash, StoreFault, Timestamp};
use causerie_proof::{Checkpoint, PublicKey, SignedCheckpoint, SigningKey, Tree, merkle};
use causerie_records::{Addition, CheckpointLine, DocumentKey, RecordStore, Selection};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// What the record of a change of keys says was done.
const ROTATE: &str = "key.rotate";
/// So many checkpoints are made known at once.
const ANCHOR_PAGE: u32 = 100;

/// The document that says up to which checkpoint they are known elsewhere.
fn anchored_key() -> DocumentKey {
    DocumentKey {
        kind: "anchored".to_owned(),
        id: "last".to_owned(),
    }
}

/// Reads a checkpoint. Beside its line, which is signed, the database has its number and end, which aren't: an error if they
/// say something else.
pub(crate) fn parse(line: &CheckpointLine) -> Result<SignedCheckpoint, ComplianceError> {
    let damaged = |what: &str| ComplianceError::Damaged(format!("checkpoint {}: {what}", line.number));
    let signed = SignedCheckpoint::parse(&line.line).map_err(|error| damaged(&error.to_string()))?;
    if signed.checkpoint.number != line.number || signed.checkpoint.up_to != line.up_to {
        return Err(damaged(&format!(
            "the database says that it ends at position {}, and its line that it is checkpoint {} and ends at {}",
            line.up_to, signed.checkpoint.number, signed.checkpoint.up_to
        )));
    }
    Ok(signed)
}

/// The last checkpoint.
pub(crate) async fn last(records: &dyn RecordStore) -> Result<Option<SignedCheckpoint>, ComplianceError> {
    records.last_checkpoint().await?.as_ref().map(parse).transpose()
}

/// The last position that a checkpoint covers.
pub(crate) fn covered(last: Option<&SignedCheckpoint>) -> u64 {
    last.map_or(0, |last| last.checkpoint.up_to)
}

/// As it is stored.
pub(crate) fn line(signed: &SignedCheckpoint) -> CheckpointLine {
    CheckpointLine {
        number: signed.checkpoint.number,
        up_to: signed.checkpoint.up_to,
        line: signed.to_line(),
    }
}

/// The first checkpoint that covers a position after this one: its number, one too many if there is none. Numbers have no
/// gap, so it is found by halving.
pub(crate) async fn first_after(records: &dyn RecordStore, position: u64) -> Result<u64, ComplianceError> {
    let mut low = 1;
    let mut high = records
        .last_checkpoint()
        .await?
        .map_or(1, |last| last.number.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        let found = records.checkpoints(middle - 1, 1).await?;
        let found = found.first().map(parse).transpose()?;
        if found.is_some_and(|found| found.checkpoint.up_to <= position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// The checkpoints that name another key, as stored, by number. A record of the service's own chain tells of each.
pub(crate) async fn rotations(records: &dyn RecordStore) -> Result<BTreeMap<u64, String>, ComplianceError> {
    let selection = Selection {
        chains: vec![ChainId::Compliance],
        kinds: vec!["CHANGED".to_owned()],
        ..Selection::default()
    };
    let mut found = BTreeMap::new();
    let mut after = 0;
    loop {
        let page = records.select(&selection, after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after = last.position;
        for stored in page.iter().filter(|stored| is_rotation(&stored.record.body)) {
            let number = first_after(records, stored.position.saturating_sub(1)).await?;
            let lines = records.checkpoints(number.saturating_sub(1), 1).await?;
            for line in lines {
                if parse(&line)?.checkpoint.next_key.is_some() {
                    found.insert(line.number, line.line);
                }
            }
        }
    }
}

fn is_rotation(body: &str) -> bool {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    body.get("what").and_then(Value::as_str) == Some(ROTATE)
}

/// An error if the key that the last checkpoint names isn't this one.
pub(crate) fn check_key(last: Option<&SignedCheckpoint>, ours: PublicKey) -> Result<(), ComplianceError> {
    match last.map(SignedCheckpoint::next_key) {
        Some(expected) if expected != ours => Err(ComplianceError::Key { expected, ours }),
        _ => Ok(()),
    }
}

impl Compliance {
    /// The checkpoint after `last`, up to a position.
    pub(crate) async fn next_checkpoint(
        &self,
        last: Option<&SignedCheckpoint>,
        up_to: u64,
        next_key: Option<PublicKey>,
    ) -> Result<SignedCheckpoint, ComplianceError> {
        let key = self.key();
        check_key(last, key.public())?;
        let start = covered(last);
        let mut after = start;
        let mut tree = Tree::default();
        while after < up_to {
            let page = self.needs().records.read(after, up_to, PAGE).await?;
            if page.is_empty() {
                return Err(ComplianceError::Damaged(format!(
                    "there is no record after position {after}"
                )));
            }
            for stored in page {
                if stored.position != after + 1 {
                    let text = format!("after position {after} comes {}", stored.position);
                    return Err(ComplianceError::Damaged(text));
                }
                after = stored.position;
                tree.push(merkle::leaf(stored.position, stored.record.hash));
            }
        }
        // A clock that was put back must not break the order of checkpoints.
        let earliest = last.map_or(Timestamp(i64::MIN), |last| last.checkpoint.at);
        let checkpoint = Checkpoint {
            number: last.map_or(1, |last| last.checkpoint.number.saturating_add(1)),
            after: start,
            up_to,
            root: tree.root(),
            previous: last.map_or(Hash::ZERO, SignedCheckpoint::hash),
            at: self.needs().clock.now().max(earliest),
            next_key,
        };
        Ok(checkpoint.sign(&key))
    }

    /// Makes a checkpoint over everything that came since the last; `None` if nothing did.
    ///
    /// # Errors
    /// [`ComplianceError::Key`] if another key must sign; [`ComplianceError::Damaged`] if a position has no record, or the
    /// checkpoints don't follow those that are known to be right;
    /// [`ComplianceError::Store`].
    pub async fn checkpoint(&self) -> Result<Option<SignedCheckpoint>, ComplianceError> {
        let _one = self.inner.checkpointing.lock().await;
        for _ in 0..MAX_DECISIONS {
            let last = self.trusted_last().await?;
            let end = self.needs().records.end().await?;
            if end <= covered(last.as_ref()) {
                return Ok(None);
            }
            let next = self.next_checkpoint(last.as_ref(), end, None).await?;
            if self.put_checkpoint(&next, Addition::default()).await? {
                return Ok(Some(next));
            }
        }
        Err(Self::contended())
    }

    /// Commits a checkpoint, with an addition; false if it isn't the next any more.
    pub(crate) async fn put_checkpoint(
        &self,
        signed: &SignedCheckpoint,
        mut addition: Addition,
    ) -> Result<bool, ComplianceError> {
        addition.checkpoint = Some(line(signed));
        let anchored = self.anchored().await?;
        addition
            .documents
            .push((anchored_key(), Some(anchored.to_string())));
        match self.needs().records.append(&addition).await {
            Ok(_) => {}
            Err(error) if error.fault == StoreFault::Conflict => {
                let last = self.needs().records.last_checkpoint().await?;
                let number = last.map_or(0, |last| last.number);
                return if number.saturating_add(1) == signed.checkpoint.number {
                    Err(error.into())
                } else {
                    Ok(false)
                };
            }
            Err(error) => return Err(error.into()),
        }
        if let Some(trust) = self.inner.trust.lock().await.as_mut() {
            trust.made(signed);
        }
        self.anchor().await?;
        Ok(true)
    }

    /// Up to which checkpoint they are known elsewhere.
    pub(crate) async fn anchored(&self) -> Result<u64, ComplianceError> {
        let known = *crate::service::lock(&self.inner.anchored);
        if let Some(known) = known {
            return Ok(known);
        }
        let text = self.needs().records.document(&anchored_key()).await?;
        Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Tells people that checkpoints can't be made known elsewhere, as found without one: it is over when one is.
    pub fn anchor_fails(&self, why: &str) {
        let text = format!("Checkpoints can't be made known outside of the database: {why}");
        self.alarm_once("anchor-failed", "", text);
    }

    /// Makes known elsewhere what isn't yet. That it can't be is an alarm and no error: checkpoints stand.
    pub(crate) async fn anchor(&self) -> Result<(), ComplianceError> {
        let (mut after, mut failed) = (self.anchored().await?, false);
        let mut is_put = false;
        loop {
            let lines = self.needs().records.checkpoints(after, ANCHOR_PAGE).await?;
            if lines.is_empty() {
                // Where nothing was to be made known nothing shows that it can be.
                if is_put && !failed {
                    self.over("anchor-failed", "");
                }
                return Ok(());
            }
            for line in lines {
                let number = line.number;
                after = number;
                let anchor = Arc::clone(&self.needs().anchor);
                let put = tokio::task::spawn_blocking(move || anchor.put(&line.line)).await;
                if let Err(error) = put.unwrap_or_else(|error| Err(error.to_string())) {
                    let text = format!(
                        "checkpoint {number} couldn't be made known outside of the database: {error}. It is tried again."
                    );
                    self.alarm_once("anchor-failed", "", text);
                    // The rest is put all the same: one place that fails holds up no other.
                    failed = true;
                } else if !failed {
                    is_put = true;
                    *crate::service::lock(&self.inner.anchored) = Some(number);
                }
            }
        }
    }

    /// Has another key sign from the next checkpoint on. The last checkpoint of the old key names it. Configure it before the
    /// next start.
    ///
    /// # Errors
    /// [`ComplianceError::Invalid`] if it is the key already; else as [`Compliance::checkpoint`].
    pub async fn rotate_key(
        &self,
        officer: &Officer,
        new: Arc<SigningKey>,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        let _one = self.inner.checkpointing.lock().await;
        let old = self.key().public();
        if old == new.public() {
            let text = format!("the key {} signs checkpoints already", old.id());
            return Err(ComplianceError::Invalid(text));
        }
        let change = Change::new(ROTATE, "checkpoints", old.to_string(), new.public().to_string());
        if what_if {
            return Ok(change);
        }
        // It was done already, and its end wasn't heard of.
        let last_named = self.trusted_last().await?.map(|last| last.next_key());
        if last_named == Some(new.public()) {
            *crate::service::lock(&self.inner.key) = new;
            return Ok(change);
        }
        let (actor, events) = (officer.actor(), [change.event(&officer.origin)]);
        // First the record: the checkpoint that names the key then covers it.
        let mut end = self.record(&actor, &events).await?;
        for _ in 0..MAX_DECISIONS {
            let last = self.trusted_last().await?;
            if end <= covered(last.as_ref()) {
                // Another service's checkpoint covers it already, and doesn't name the key.
                end = self.record(&actor, &events).await?;
                continue;
            }
            let next = self
                .next_checkpoint(last.as_ref(), end, Some(new.public()))
                .await?;
            if self.put_checkpoint(&next, Addition::default()).await? {
                *crate::service::lock(&self.inner.key) = new;
                return Ok(change);
            }
        }
        Err(Self::contended())
    }

    /// Makes checkpoints until it is to stop.
    pub(crate) async fn keep_checkpoints(&self, mut stop: Stop) {
        while stop.sleep(self.settings().checkpoint_interval).await {
            let result = match self.checkpoint().await {
                // Nothing came; something may be left to be made known.
                Ok(None) => self.anchor().await,
                other => other.map(|_| ()),
            };
            match result {
                Ok(()) => self.over("checkpoint-failed", ""),
                Err(error) if error.is_temporary() => tracing::warn!("no checkpoint was made: {error}"),
                Err(error) => self.alarm_once(
                    "checkpoint-failed",
                    "",
                    format!("no checkpoint was made: {error}"),
                ),
            }
        }
    }
}
