//! Verification of the whole database of records.

use crate::{Compliance, ComplianceError, Officer, VerifiedStatus, checkpoint, intake::PAGE, run::Progress};
use causerie_model::Event;
use causerie_proof::{
    LogVerifier,
    log::{Verified, Wrong},
};
use thiserror::Error;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Finding {
    /// A record or a checkpoint.
    #[error("{0}")]
    Log(#[from] Wrong),
    /// A hold, a policy, an adapter, a matter, or how far an adapter exported: it isn't as records tell.
    #[error("{0}")]
    Document(String),
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// How much was verified, or the first thing that is wrong.
    pub result: Result<Verified, Finding>,
}

impl Compliance {
    /// Verifies all checkpoints that are there when it begins, all records, and that holds, policies, adapters, matters and
    /// runs are as records tell. That it was asked for is recorded.
    ///
    /// # Errors
    /// [`ComplianceError::Store`]; [`ComplianceError::Busy`] if what is known outside of the database can't be read. That
    /// something is wrong is no error but the result, and an alarm.
    pub async fn verify(
        &self,
        officer: &Officer,
        progress: Progress<'_>,
    ) -> Result<Verification, ComplianceError> {
        let result = self.verify_state(progress).await?;
        let (right, text) = match &result {
            Ok(verified) => (
                true,
                format!(
                    "{} records in {} chains and {} checkpoints are right",
                    verified.records, verified.chains, verified.checkpoints
                ),
            ),
            Err(wrong) => (false, wrong.to_string()),
        };
        let now = self.needs().clock.now();
        *crate::service::lock(&self.inner.verified) = Some(VerifiedStatus {
            at: now.to_string(),
            right,
            result: text.clone(),
        });
        if let Ok(verified) = &result {
            metrics::gauge!("causerie_compliance_last_verified_checkpoint").set(verified.checkpoints as f64);
            metrics::gauge!("causerie_compliance_last_verified_timestamp").set(now.unix_seconds() as f64);
            self.over("verify-failed", "");
        } else {
            self.alarm_each_time(
                "verify-failed",
                "",
                format!("the records aren't as they were: {text}"),
            );
        }
        let found = result.as_ref().map_or(0, |verified| verified.records);
        let event = Event::Queried {
            what: "verify".to_owned(),
            query: "{}".to_owned(),
            found,
            shown: 0,
            origin: officer.origin.clone(),
        };
        self.record(&officer.actor(), &[event]).await?;
        Ok(Verification { result })
    }

    /// Records and checkpoints, and then the documents.
    async fn verify_state(
        &self,
        progress: Progress<'_>,
    ) -> Result<Result<Verified, Finding>, ComplianceError> {
        let verified = match self.verify_all(progress).await? {
            Ok(verified) => verified,
            Err(wrong) => return Ok(Err(wrong.into())),
        };
        match self.ledger().await {
            Ok(_) => Ok(Ok(verified)),
            Err(ComplianceError::Damaged(text)) => Ok(Err(Finding::Document(text))),
            Err(error) => Err(error),
        }
    }

    async fn verify_all(&self, progress: Progress<'_>) -> Result<Result<Verified, Wrong>, ComplianceError> {
        let records = &self.needs().records;
        // First what must be there, then the checkpoints, then the records: what is made meanwhile isn't asked for.
        let mut anchors = self.anchors().await?;
        let trust = self.inner.trust.lock().await;
        anchors.extend(trust.as_ref().and_then(|trust| trust.last().cloned()));
        drop(trust);
        let last = records.last_checkpoint().await?.map_or(0, |last| last.number);
        let end = records.end().await?;
        let mut verifier = LogVerifier::new(Some(self.needs().root), anchors);
        let mut position = 0;
        let mut number = 0;
        'checkpoints: while number < last {
            let lines = records.checkpoints(number, PAGE).await?;
            let Some(found) = lines.last() else {
                break;
            };
            number = found.number;
            for line in lines.into_iter().filter(|line| line.number <= last) {
                let signed = match checkpoint::parse(&line) {
                    Ok(signed) => signed,
                    Err(error) => {
                        tracing::error!("{error}");
                        verifier.unreadable_checkpoint(line.number);
                        break 'checkpoints;
                    }
                };
                let up_to = signed.checkpoint.up_to.min(end);
                verifier.checkpoint(&signed);
                position = self.feed(&mut verifier, position, up_to, end, progress).await?;
            }
        }
        // What is retired meanwhile is told of after what was the end: on until it stands still.
        let mut end = end;
        loop {
            position = self.feed(&mut verifier, position, end, end, progress).await?;
            let now = records.end().await?;
            if now <= end || !verifier.wants_more() {
                return Ok(verifier.finish());
            }
            end = now;
        }
    }

    /// Feeds the records after a position; up to which they are fed.
    async fn feed(
        &self,
        verifier: &mut LogVerifier,
        mut position: u64,
        up_to: u64,
        end: u64,
        progress: Progress<'_>,
    ) -> Result<u64, ComplianceError> {
        while position < up_to && verifier.wants_more() {
            self.goes_on()?;
            let page = self.needs().records.read(position, up_to, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(up_to);
            };
            position = last.position;
            page.iter().for_each(|stored| verifier.record(stored));
            progress(position, end);
        }
        Ok(position)
    }
}
