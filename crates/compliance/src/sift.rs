//! Looks through records: counts those that fit, and gives a page of them.

use crate::{Compliance, ComplianceError, intake::PAGE};
use causerie_model::{ChainId, Timestamp};
use causerie_records::{Selection, Stored};
use std::collections::BTreeMap;

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
    /// Times of the first and the last in each chain.
    pub times: BTreeMap<ChainId, (Timestamp, Timestamp)>,
    /// So many records can't be told to fit or not, since their content was destroyed.
    pub retired: u64,
    /// The page, by position.
    pub shown: Vec<Stored>,
    /// There are more after the page.
    pub more: bool,
}

/// Whether a record fits; it isn't asked about those that are retired.
pub(crate) type Fits<'a> = &'a (dyn Fn(&Stored) -> bool + Send + Sync);

impl Compliance {
    /// Looks through the records of a selection up to a position.
    pub(crate) async fn sift(
        &self,
        selection: &Selection,
        up_to: u64,
        fits: Fits<'_>,
        page: Page,
    ) -> Result<Found, ComplianceError> {
        let most = page.count.min(MAX_SHOWN) as usize;
        let mut found = Found {
            up_to,
            ..Found::default()
        };
        let mut after = 0;
        while after < up_to {
            let read = self.needs().records.select(selection, after, PAGE).await?;
            let Some(last) = read.last() else { break };
            after = last.position;
            for stored in read.into_iter().filter(|stored| stored.position <= up_to) {
                if stored.retired {
                    found.retired += 1;
                    continue;
                }
                if !fits(&stored) {
                    continue;
                }
                found.records += 1;
                let counts = found.counts.entry(stored.record.chain).or_default();
                *counts.entry(stored.record.kind.clone()).or_default() += 1;
                let at = stored.record.at;
                let times = found.times.entry(stored.record.chain).or_insert((at, at));
                times.1 = at;
                if stored.position <= page.after {
                    continue;
                }
                if found.shown.len() < most {
                    found.shown.push(stored);
                } else {
                    found.more = true;
                }
            }
        }
        Ok(found)
    }
}
