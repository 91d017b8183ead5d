//! Which checkpoints the service builds on: those that follow, signature by signature, what it knows from outside of the
//! database. Whoever can write to the database, but hasn't the key, can't have it sign what he made up.

use crate::{Compliance, ComplianceError, checkpoint, intake::PAGE};
use causerie_proof::{PublicKey, SignedCheckpoint};
use causerie_records::RecordStore;
use std::{sync::Arc, time::Duration};

/// How long to wait for what is known outside of the database: it may be on another machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// The checkpoints that are known to be right.
#[derive(Debug)]
pub(crate) struct Trust {
    /// Signs the first one.
    root: PublicKey,
    /// The last one that is known to be right: as it was written down elsewhere, or as this service found or made it.
    last: Option<SignedCheckpoint>,
}

impl Trust {
    /// `anchors` are checkpoints that were written down outside of the database.
    pub(crate) fn new(root: PublicKey, anchors: impl IntoIterator<Item = SignedCheckpoint>) -> Self {
        let anchors = anchors.into_iter().filter(SignedCheckpoint::is_signed);
        Self {
            root,
            last: anchors.max_by_key(|anchor| anchor.checkpoint.number),
        }
    }

    /// The last one that is known to be right.
    pub(crate) fn last(&self) -> Option<&SignedCheckpoint> {
        self.last.as_ref()
    }

    /// Takes in one that this service made.
    pub(crate) fn made(&mut self, signed: &SignedCheckpoint) {
        self.last = Some(signed.clone());
    }

    /// Follows the checkpoints of the database from the last one that is known to be right, which must be there.
    pub(crate) async fn follow(&mut self, records: &dyn RecordStore) -> Result<(), ComplianceError> {
        let known = self.last.as_ref().map_or(0, |last| last.checkpoint.number);
        let mut number = known.saturating_sub(1);
        loop {
            let lines = records.checkpoints(number, PAGE).await?;
            for line in &lines {
                let signed = checkpoint::parse(line)?;
                number = line.number;
                if number == known
                    && self
                        .last
                        .as_ref()
                        .is_some_and(|last| last.hash() == signed.hash())
                {
                    continue;
                }
                if let Some(wrong) = self.wrong(&signed) {
                    return Err(damaged(number, wrong));
                }
                self.last = Some(signed);
            }
            if lines.len() < PAGE as usize {
                break;
            }
        }
        if number < known {
            return Err(damaged(
                known,
                "is gone: the database was rolled back or cut, or is another one",
            ));
        }
        Ok(())
    }

    /// Why a checkpoint isn't the next.
    fn wrong(&self, next: &SignedCheckpoint) -> Option<&'static str> {
        let checkpoint = &next.checkpoint;
        let Some(last) = &self.last else {
            return if checkpoint.number != 1 || checkpoint.after != 0 {
                Some("isn't the first, and there is none before it")
            } else if next.key != self.root || !next.is_signed() {
                Some("isn't signed by the key that signed the first one")
            } else {
                None
            };
        };
        let before = &last.checkpoint;
        if checkpoint.number <= before.number {
            Some("isn't the one that is known: the database was written anew")
        } else if checkpoint.number != before.number.saturating_add(1) || checkpoint.previous != last.hash() {
            Some("doesn't follow the one before it")
        } else if next.key != last.next_key() || !next.is_signed() {
            Some("isn't signed by the key whose turn it was")
        } else if checkpoint.after != before.up_to
            || checkpoint.up_to < before.up_to
            || checkpoint.at < before.at
        {
            Some("doesn't begin where the one before it ends, or is earlier")
        } else {
            None
        }
    }
}

fn damaged(number: u64, wrong: &str) -> ComplianceError {
    ComplianceError::Damaged(format!(
        "checkpoint {number} {wrong}. Nothing more is signed. If the database was restored from an older backup, what came after it is lost: have the anchors of the lost checkpoints moved away, and the service starts again"
    ))
}

impl Compliance {
    /// The checkpoints that are known outside of the database. Lines that are none are left out: a line that was cut when a
    /// disk was full must not end everything.
    pub(crate) async fn anchors(&self) -> Result<Vec<SignedCheckpoint>, ComplianceError> {
        let anchor = Arc::clone(&self.needs().anchor);
        let read = tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(move || anchor.all()));
        let lines = match read.await {
            Ok(read) => read.unwrap_or_else(|error| Err(error.to_string())),
            Err(_) => Err(format!("there was no answer for {} s", PATIENCE.as_secs())),
        };
        let lines = lines.map_err(|error| {
            ComplianceError::Busy(format!(
                "what is known outside of the database can't be read: {error}"
            ))
        })?;
        let read = lines.iter().filter_map(|line| {
            let signed = SignedCheckpoint::parse(line);
            if let Err(error) = &signed {
                tracing::warn!(
                    "a line that was written down outside of the database is no checkpoint: {error}"
                );
            }
            signed.ok()
        });
        Ok(read.collect())
    }

    /// The last checkpoint of the database, which follows those that are known to be right. That it doesn't is an alarm.
    pub(crate) async fn trusted_last(&self) -> Result<Option<SignedCheckpoint>, ComplianceError> {
        let result = self.follow_checkpoints().await;
        match &result {
            Ok(_) => self.over("checkpoints-changed", ""),
            Err(ComplianceError::Damaged(text)) => {
                self.alarm_once("checkpoints-changed", "", text.clone());
            }
            Err(_) => {}
        }
        result
    }

    /// The same without an alarm, for whoever is told of the error at once.
    pub(crate) async fn follow_checkpoints(&self) -> Result<Option<SignedCheckpoint>, ComplianceError> {
        let mut trust = self.inner.trust.lock().await;
        if trust.is_none() {
            let begun = Trust::new(self.needs().root, self.anchors().await?);
            if let Some(last) = begun.last() {
                // What the database says of itself may be too much.
                let known = self.anchored().await?.min(last.checkpoint.number);
                *crate::service::lock(&self.inner.anchored) = Some(known);
            }
            *trust = Some(begun);
        }
        let Some(trust) = trust.as_mut() else {
            return Ok(None);
        };
        trust.follow(&*self.needs().records).await?;
        Ok(trust.last().cloned())
    }
}
