//! Looks through records: counts those that fit, and gives a page of them.

use crate::{Compliance, ComplianceError, Progress, intake::PAGE};
use causerie_model::ChainId;
use causerie_records::{ChainSpan, Selection, Stored};
use std::collections::{BTreeMap, BTreeSet};

/// Most records that are shown at once.
pub const MAX_SHOWN: u32 = 1_000;

/// Which part of what is found is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Records after this position.
    pub after: u64,
    /// So many at most; [`MAX_SHOWN`] is the most. None with 0: what is found is counted only.
    pub count: u32,
}

/// What is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// It was looked for up to this position.
    pub up_to: u64,
    /// So many records.
    pub records: u64,
    /// So many of each kind in each chain.
    pub counts: BTreeMap<ChainId, BTreeMap<String, u64>>,
    /// Where they are in each chain.
    pub spans: BTreeMap<ChainId, ChainSpan>,
    /// So many records can't be told to fit or not, since their content was destroyed.
    pub retired: u64,
    /// The page, by position.
    pub shown: Vec<Stored>,
    /// There are more after the page.
    pub more: bool,
}

/// Whether a record fits; it isn't asked about those that are retired.
pub(crate) type Fits<'a> = &'a (dyn Fn(&Stored) -> bool + Send + Sync);

/// Whether a record is one of a selection.
pub(crate) fn is_selected(selection: &Selection, stored: &Stored) -> bool {
    fn is_one_of<T: PartialEq>(all: &[T], one: &T) -> bool {
        all.is_empty() || all.contains(one)
    }
    let record = &stored.record;
    is_one_of(&selection.chains, &record.chain)
        && is_one_of(&selection.kinds, &record.kind)
        && is_one_of(&selection.actors, &record.actor)
        && selection.from.is_none_or(|from| record.at >= from)
        && selection.until.is_none_or(|until| record.at < until)
}

/// What goes through it is counted; the page is kept.
struct Sieve<'a> {
    fits: Fits<'a>,
    page: Page,
    found: Found,
    /// The page by position, since chains are looked through one after the other.
    shown: BTreeMap<u64, Stored>,
}

impl Sieve<'_> {
    /// The records of a chain come by number.
    fn take(&mut self, stored: Stored) {
        let found = &mut self.found;
        if stored.position > found.up_to {
            return;
        }
        if stored.retired {
            found.retired += 1;
            return;
        }
        if !(self.fits)(&stored) {
            return;
        }
        let record = &stored.record;
        found.records += 1;
        let counts = found.counts.entry(record.chain).or_default();
        *counts.entry(record.kind.clone()).or_default() += 1;
        let span = found.spans.entry(record.chain).or_insert(ChainSpan {
            chain: record.chain,
            first: record.number,
            last: record.number,
            records: 0,
            begins: record.at,
            ends: record.at,
        });
        (span.last, span.ends) = (record.number, record.at);
        span.records += 1;
        if stored.position <= self.page.after {
            return;
        }
        self.shown.insert(stored.position, stored);
        if self.shown.len() > self.page.count.min(MAX_SHOWN) as usize {
            self.shown.pop_last();
            self.found.more = true;
        }
    }

    fn found(mut self) -> Found {
        self.found.shown = self.shown.into_values().collect();
        self.found
    }
}

impl Compliance {
    /// Looks through the records of a selection up to a position, all of them whatever the page: what is found is counted,
    /// and the count recorded. `progress` is told how many of how many were looked at.
    pub(crate) async fn sift(
        &self,
        selection: &Selection,
        up_to: u64,
        fits: Fits<'_>,
        page: Page,
        progress: Progress<'_>,
    ) -> Result<Found, ComplianceError> {
        let records = &self.needs().records;
        let found = Found {
            up_to,
            ..Found::default()
        };
        let mut sieve = Sieve {
            fits,
            page,
            found,
            shown: BTreeMap::new(),
        };
        // A chain is read by its numbers: by position a database would sort all that is left of it for each page.
        let mut chains = Vec::new();
        for chain in selection.chains.iter().copied().collect::<BTreeSet<_>>() {
            chains.push((chain, records.head(chain).await?.number));
        }
        let all = chains.iter().map(|(_, head)| head).sum();
        let mut done = 0;
        for (chain, head) in chains {
            let mut after = 0;
            while after < head {
                self.goes_on()?;
                let read = records.of_chain(chain, after, head, PAGE).await?;
                // Positions rise with numbers: nothing after this one matters.
                let last = read.last().filter(|last| last.position < up_to);
                let next = last.map_or(head, |last| last.record.number);
                let selected = read.into_iter().filter(|stored| is_selected(selection, stored));
                selected.for_each(|stored| sieve.take(stored));
                done += next - after;
                after = next;
                progress(done, all);
            }
        }
        if selection.chains.is_empty() {
            let mut after = 0;
            while after < up_to {
                self.goes_on()?;
                let read = records.select(selection, after, PAGE).await?;
                after = read.last().map_or(up_to, |last| last.position.min(up_to));
                read.into_iter().for_each(|stored| sieve.take(stored));
                progress(after, up_to);
            }
        }
        Ok(sieve.found())
    }
}
