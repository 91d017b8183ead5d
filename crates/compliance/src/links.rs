//! Whether the records of a chain, as a run reads them, follow each other.

use crate::{Compliance, ComplianceError};
use causerie_model::{ChainId, Hash};
use causerie_proof::{Content, record::is_retirable};
use causerie_records::{ChainSpan, Stored};
use std::collections::BTreeSet;

/// Follows a chain from the record before a span on.
pub(crate) struct Links {
    chain: ChainId,
    /// Number of the last record.
    number: u64,
    /// Its hash; `None` if it was set aside.
    hash: Option<Hash>,
    /// Numbers of the chain that were set aside, once somebody asked.
    set_aside: Option<BTreeSet<u64>>,
}

impl Links {
    pub(crate) async fn begin(service: &Compliance, span: &ChainSpan) -> Result<Self, ComplianceError> {
        let mut links = Self {
            chain: span.chain,
            number: 0,
            hash: Some(Hash::ZERO),
            set_aside: None,
        };
        // The record before may have been set aside: then the one before that is found, and the gap explained.
        let before = span.first.saturating_sub(1);
        let known = service
            .needs()
            .records
            .of_chain(span.chain, before.saturating_sub(1), before, 1)
            .await?;
        if let Some(stored) = known.first() {
            links.number = stored.record.number;
            links.hash = Some(stored.record.hash);
        } else if before > 0 {
            links.skip_to(service, span.first).await?;
        }
        Ok(links)
    }

    /// Goes past a record.
    pub(crate) async fn follow(
        &mut self,
        service: &Compliance,
        stored: &Stored,
    ) -> Result<(), ComplianceError> {
        let record = &stored.record;
        if record.number > self.number.saturating_add(1) {
            self.skip_to(service, record.number).await?;
        }
        let wrong = if record.chain != self.chain || record.number != self.number.saturating_add(1) {
            Some("isn't the next of its chain")
        } else if self.hash.is_some_and(|hash| hash != record.previous) {
            Some("doesn't follow the record before it")
        } else if stored.retired && !is_retirable(record) {
            Some("has lost its content, which such a record never does")
        } else if !stored.retired && Content::of(record).hash() != record.hash {
            Some("isn't what its hash says")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            let text = format!(
                "record {} of {} (position {}) {wrong}",
                record.number, self.chain, stored.position
            );
            return Err(ComplianceError::Damaged(text));
        }
        self.number = record.number;
        self.hash = Some(record.hash);
        Ok(())
    }

    /// Goes past records that are missing before this one; an error unless all of them were set aside.
    async fn skip_to(&mut self, service: &Compliance, number: u64) -> Result<(), ComplianceError> {
        if self.set_aside.is_none() {
            let all = service.set_aside_records().await?;
            let own = all.into_iter().filter(|(chain, _, _)| *chain == self.chain);
            self.set_aside = Some(own.map(|(_, number, _)| number).collect());
        }
        let last = number.saturating_sub(1);
        // A span that begins after a gap: how far back the gap goes isn't its matter.
        let first = if self.number == 0 && self.hash == Some(Hash::ZERO) && last > 0 {
            self.first_missing(service, last).await?
        } else {
            self.number.saturating_add(1)
        };
        let known = self.set_aside.as_ref();
        if let Some(missing) =
            (first..=last).find(|number| !known.is_some_and(|known| known.contains(number)))
        {
            return Err(ComplianceError::Damaged(format!(
                "record {missing} of {} is missing, and nothing tells that it was set aside",
                self.chain
            )));
        }
        self.number = last;
        self.hash = None;
        Ok(())
    }

    /// The first number of the gap that ends at `last`.
    async fn first_missing(&self, service: &Compliance, last: u64) -> Result<u64, ComplianceError> {
        let known = self.set_aside.as_ref();
        let mut first = last;
        while first > 1 && known.is_some_and(|known| known.contains(&first)) {
            let before = first - 1;
            let found = service
                .needs()
                .records
                .of_chain(self.chain, before - 1, before, 1)
                .await?;
            if !found.is_empty() {
                break;
            }
            first = before;
        }
        Ok(first)
    }
}
