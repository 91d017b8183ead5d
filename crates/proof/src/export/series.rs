//! Whether exports that were each verified fit together, and whether one of them is missing: [`Series`].
//!
//! The export is the unit that is signed; that one of several was taken away shows only beside the others. By positions: of
//! each adapter the exports must follow each other without a hole. By hashes: wherever two exports speak of the same record
//! of a chain, as the last, as the first or as the one before, they must speak of the same hash. By records: an `EXPORTED`
//! record gives the hash of the manifest that went out.

use super::VerifiedExport;
use causerie_model::{ChainId, Hash};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt,
};

/// What the `CHANGED` record of an adapter says that exports all from the first record anew.
pub const RESTART: &str = "adapter.restart";

/// What an `EXPORTED` record tells.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exported {
    /// The adapter or matter that it was for.
    pub of: String,
    /// The export's name.
    pub batch: String,
    /// It covers positions after this one …
    pub after: u64,
    /// … up to this one.
    pub up_to: u64,
    /// SHA-256 of its manifest in hexadecimal.
    pub manifest: String,
}

impl Exported {
    /// Whether it has the name of an export of a selection, `OF-POSITION`: those of adapters are called `OF-FIRST-LAST`.
    fn is_selection(&self) -> bool {
        let range = self.batch.strip_prefix(&self.of);
        let position = range.and_then(|range| range.strip_prefix('-'));
        position.is_some_and(|text| text.len() >= 12 && text.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

/// Exports of one adapter that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The adapter.
    pub of: String,
    /// How many exports.
    pub exports: u64,
    /// They cover the positions after this one …
    pub after: u64,
    /// … up to this one.
    pub up_to: u64,
}

/// How exports don't fit together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeriesWrong {
    /// No export of this adapter has these positions.
    Missing {
        /// The adapter.
        of: String,
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// It was made, as an `EXPORTED` record tells, and isn't here.
    NotHere(Exported),
    /// Its manifest isn't the one that an `EXPORTED` record tells of.
    Manifest {
        /// The export.
        batch: String,
    },
    /// It has another record than an export beside it.
    Differs {
        /// The export.
        batch: String,
        /// The chain.
        chain: String,
        /// The record's number.
        number: u64,
    },
    /// Between it and the export before it records of a chain are missing, and no `SETASIDE` record tells of them.
    Gap {
        /// The export.
        batch: String,
        /// The chain.
        chain: String,
        /// Number of the first that is missing.
        first: u64,
        /// Number of the last.
        last: u64,
    },
}

impl fmt::Display for SeriesWrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { of, first, last } => write!(
                f,
                "{of}: no export here has the positions {first} to {last}: one is missing"
            ),
            Self::NotHere(told) => write!(
                f,
                "{}: it is missing: an EXPORTED record tells of it, with the positions {} to {}",
                told.batch,
                told.after.saturating_add(1),
                told.up_to
            ),
            Self::Manifest { batch } => write!(
                f,
                "{batch}: its manifest isn't the one that an EXPORTED record tells of"
            ),
            Self::Differs { batch, chain, number } => write!(
                f,
                "{batch}: record {number} of {chain} isn't the one that another export has"
            ),
            Self::Gap {
                batch,
                chain,
                first,
                last,
            } => write!(
                f,
                "{batch}: before it the records {first} to {last} of {chain} are missing, and no SETASIDE record here tells of them"
            ),
        }
    }
}

impl Error for SeriesWrong {}

/// What is kept of an export.
struct Member {
    of: String,
    batch: String,
    complete: bool,
    after: u64,
    up_to: u64,
    hash: Hash,
    /// Of each chain the first and the last number, the hash before and the last one.
    chains: BTreeMap<String, (u64, u64, String, String)>,
}

/// Exports that belong together. Add each once it was verified, in any order, then [`Series::finish`].
#[derive(Default)]
pub struct Series {
    members: Vec<Member>,
    /// What `EXPORTED` records tell, by their numbers.
    told: Vec<(u64, Exported)>,
    /// The number of the last record by which an adapter begins anew.
    restarted: BTreeMap<String, u64>,
    set_aside: BTreeSet<(String, u64)>,
}

impl Series {
    /// One more. The same one again changes nothing.
    pub fn add(&mut self, export: &VerifiedExport) {
        if self.members.iter().any(|member| member.hash == export.hash) {
            return;
        }
        let manifest = &export.manifest;
        let chains = manifest.chains.iter().map(|(name, range)| {
            let hashes = (range.previous.clone(), range.head.clone());
            (name.clone(), (range.first, range.last, hashes.0, hashes.1))
        });
        self.members.push(Member {
            of: manifest.of.clone(),
            batch: manifest.batch.clone(),
            complete: manifest.complete,
            after: manifest.after,
            up_to: manifest.up_to,
            hash: export.hash,
            chains: chains.collect(),
        });
        self.told.extend(export.exported.iter().cloned());
        for (number, of) in &export.restarted {
            let last = self.restarted.entry(of.clone()).or_default();
            *last = (*last).max(*number);
        }
        let name = |(chain, number): &(ChainId, u64)| (chain.to_string(), *number);
        self.set_aside.extend(export.set_aside.iter().map(name));
    }

    /// What each adapter's exports cover together. What came before the first of them isn't asked for; what comes after the
    /// last only as far as an `EXPORTED` record in any of them tells of it. What an adapter exported before it began anew
    /// isn't asked for either: all of it is in what it exported since.
    ///
    /// # Errors
    /// [`SeriesWrong`] is the first thing that doesn't fit.
    pub fn finish(mut self) -> Result<Vec<Stretch>, SeriesWrong> {
        self.members
            .sort_by(|one, two| (&one.of, one.after, one.up_to).cmp(&(&two.of, two.after, two.up_to)));
        self.same_records()?;
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut lasts = BTreeMap::new();
        for member in self.members.iter().filter(|member| member.complete) {
            let follows = stretches.last_mut().filter(|stretch| stretch.of == member.of);
            if let Some(stretch) = follows {
                if member.after > stretch.up_to {
                    return Err(SeriesWrong::Missing {
                        of: member.of.clone(),
                        first: stretch.up_to.saturating_add(1),
                        last: member.after,
                    });
                }
                stretch.exports = stretch.exports.saturating_add(1);
                stretch.up_to = stretch.up_to.max(member.up_to);
            } else {
                lasts.clear();
                stretches.push(Stretch {
                    of: member.of.clone(),
                    exports: 1,
                    after: member.after,
                    up_to: member.up_to,
                });
            }
            let from_start = stretches.last().is_some_and(|stretch| stretch.after == 0);
            self.no_gap(member, from_start, &mut lasts)?;
        }
        self.as_told(&stretches)?;
        Ok(stretches)
    }

    /// Whatever two exports say of the hash of one record is the same.
    fn same_records(&self) -> Result<(), SeriesWrong> {
        let mut known = BTreeMap::new();
        for member in &self.members {
            for (chain, (first, last, previous, head)) in &member.chains {
                for (number, hash) in [(first.saturating_sub(1), previous), (*last, head)] {
                    if known
                        .insert((chain, number), hash)
                        .is_some_and(|other| other != hash)
                    {
                        return Err(SeriesWrong::Differs {
                            batch: member.batch.clone(),
                            chain: chain.clone(),
                            number,
                        });
                    }
                }
            }
        }
        Ok(())
    }

    /// Each chain goes on where the exports before ended it, but for what was set aside. `lasts` has these ends; a chain that
    /// none has begins with 1 if the exports go back to the first position.
    fn no_gap<'a>(
        &'a self,
        member: &'a Member,
        from_start: bool,
        lasts: &mut BTreeMap<&'a str, u64>,
    ) -> Result<(), SeriesWrong> {
        for (chain, (first, last, ..)) in &member.chains {
            let before = if from_start { 0 } else { first.saturating_sub(1) };
            let end = lasts.entry(chain).or_insert(before);
            let mut missing = end.saturating_add(1)..*first;
            if let Some(number) = missing.find(|number| !self.set_aside.contains(&(chain.clone(), *number))) {
                return Err(SeriesWrong::Gap {
                    batch: member.batch.clone(),
                    chain: chain.clone(),
                    first: number,
                    last: first.saturating_sub(1),
                });
            }
            *end = (*end).max(*last);
        }
        Ok(())
    }

    /// The exports are those that `EXPORTED` records tell of.
    fn as_told(&self, stretches: &[Stretch]) -> Result<(), SeriesWrong> {
        let same = |member: &Member, told: &Exported| member.of == told.of && member.batch == told.batch;
        for member in &self.members {
            let hash = member.hash.to_string();
            let told = self.told.iter().map(|(_, told)| told);
            let mut of_it = told.filter(|told| same(member, told)).peekable();
            // An export may be made again under the same name, of a matter or by an adapter that begins anew: one of its
            // records must fit.
            if of_it.peek().is_some() && !of_it.any(|told| told.manifest == hash) {
                return Err(SeriesWrong::Manifest {
                    batch: member.batch.clone(),
                });
            }
        }
        let is_asked = |told: &&Exported| {
            if told.is_selection() {
                return false;
            }
            let mut of_it = stretches.iter();
            of_it.any(|stretch| stretch.of == told.of && told.after >= stretch.after)
        };
        let restart = |of: &str| self.restarted.get(of).copied().unwrap_or(0);
        let since = self
            .told
            .iter()
            .filter(|(number, told)| *number > restart(&told.of));
        let since: Vec<&Exported> = since.map(|(_, told)| told).collect();
        // One of this name from before the adapter began anew doesn't stand for it.
        let is_here = |told: &Exported| {
            let mut of_it = self.members.iter().filter(|member| same(member, told));
            of_it.any(|member| {
                let hash = member.hash.to_string();
                since
                    .iter()
                    .any(|told| same(member, told) && told.manifest == hash)
            })
        };
        let mut asked = since.iter().copied().filter(is_asked);
        match asked.find(|told| !is_here(told)) {
            Some(told) => Err(SeriesWrong::NotHere(told.clone())),
            None => Ok(()),
        }
    }
}
