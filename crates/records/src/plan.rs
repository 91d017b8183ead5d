//! What of an addition is to be written, as of what a database has. Pure, so that all adapters decide alike.

use crate::{Addition, ChainHead, CheckpointLine};
use causerie_model::{ChainId, Hash, Sealed, StoreError, StoreFault};
pub use causerie_proof::record::RETIRABLE;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Leave to empty records of one chain: the range of a `RETIRED` record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// The number of the `RETIRED` record in the chain [`ChainId::Compliance`].
    pub record: u64,
    /// The chain whose records go.
    pub chain: ChainId,
    /// Number of the first.
    pub first: u64,
    /// Number of the last.
    pub last: u64,
}

impl Tombstone {
    fn covers(&self, chain: ChainId, number: u64) -> bool {
        self.chain == chain && (self.first..=self.last).contains(&number)
    }
}

/// What is still to be done of an addition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fresh<'a> {
    /// These records, and everything else of the addition.
    Records(Vec<&'a Sealed>),
    /// Nothing: it was committed before.
    Nothing,
}

/// The members of a `RETIRED` record's body that matter here.
#[derive(Deserialize)]
struct Retired {
    chain: String,
    first: u64,
    last: u64,
}

fn conflict(why: impl Into<String>) -> StoreError {
    StoreError::new(StoreFault::Conflict, why)
}

/// Numbers of databases end at 2^63 - 1.
fn is_number(number: u64) -> bool {
    number > 0 && i64::try_from(number).is_ok()
}

fn check_chain(chain: ChainId) -> Result<(), StoreError> {
    match chain {
        // The rows of the other two chains.
        ChainId::Room(room) if room.0 <= 0 => Err(conflict(format!("no room can be {room}"))),
        _ => Ok(()),
    }
}

impl Addition {
    /// Looks at what can be judged without a database, and gives the tombstones that the retirements need.
    ///
    /// # Errors
    /// [`StoreFault::Conflict`] as [`crate::Records::append`] says.
    pub fn check(&self) -> Result<Vec<Tombstone>, StoreError> {
        for record in &self.records {
            check_chain(record.chain)?;
            if !is_number(record.number) {
                return Err(conflict(format!(
                    "no record can have the number {}",
                    record.number
                )));
            }
        }
        if let Some(checkpoint) = &self.checkpoint
            && !(is_number(checkpoint.number) && i64::try_from(checkpoint.up_to).is_ok())
        {
            return Err(conflict("the checkpoint has an impossible number"));
        }
        if self.texts().any(|text| text.contains('\0')) {
            return Err(conflict("a text has the character U+0000"));
        }
        self.tombstones()
    }

    fn texts(&self) -> impl Iterator<Item = &String> {
        let records = self
            .records
            .iter()
            .flat_map(|record| [&record.actor, &record.kind, &record.body]);
        let documents = self
            .documents
            .iter()
            .flat_map(|(key, text)| [&key.kind, &key.id].into_iter().chain(text));
        let checkpoint = self.checkpoint.iter().map(|checkpoint| &checkpoint.line);
        records.chain(documents).chain(checkpoint)
    }

    /// The tombstones that cover a retired record, at least one for each.
    fn tombstones(&self) -> Result<Vec<Tombstone>, StoreError> {
        if self.retired.is_empty() {
            return Ok(Vec::new());
        }
        let all: Vec<Tombstone> = self.records.iter().filter_map(tombstone).collect();
        let mut used = BTreeSet::new();
        for retirement in &self.retired {
            check_chain(retirement.chain)?;
            if !matches!(retirement.chain, ChainId::Room(_)) {
                return Err(conflict("only records of rooms can be retired"));
            }
            for &number in &retirement.numbers {
                let cover = all.iter().position(|it| it.covers(retirement.chain, number));
                let cover = cover.ok_or_else(|| {
                    let chain = retirement.chain;
                    conflict(format!(
                        "no RETIRED record of the addition covers {chain} {number}"
                    ))
                })?;
                used.insert(cover);
            }
        }
        Ok(used
            .into_iter()
            .filter_map(|index| all.get(index).copied())
            .collect())
    }

    /// The chains of its records, each once.
    #[must_use]
    pub fn chains(&self) -> Vec<ChainId> {
        let chains: BTreeSet<ChainId> = self.records.iter().map(|record| record.chain).collect();
        chains.into_iter().collect()
    }

    /// Chain and number of those records that may be there already, as the chains' heads tell. A chain that isn't in
    /// `heads` has no records.
    #[must_use]
    pub fn doubtful(&self, heads: &BTreeMap<ChainId, ChainHead>) -> Vec<(ChainId, u64)> {
        let is_old = |record: &&Sealed| {
            heads
                .get(&record.chain)
                .is_some_and(|head| record.number <= head.number)
        };
        let old = self.records.iter().filter(is_old);
        old.map(|record| (record.chain, record.number)).collect()
    }

    /// What is still to be done. `stored` has the hashes of [`Addition::doubtful`] records as far as they are there.
    ///
    /// # Errors
    /// [`StoreFault::Conflict`] as [`crate::Records::append`] says.
    pub fn fresh(
        &self,
        mut heads: BTreeMap<ChainId, ChainHead>,
        mut stored: HashMap<(ChainId, u64), Hash>,
    ) -> Result<Fresh<'_>, StoreError> {
        let mut fresh = Vec::new();
        for record in &self.records {
            let (chain, number) = (record.chain, record.number);
            let head = heads.entry(chain).or_insert(ChainHead::START);
            if number <= head.number {
                match stored.get(&(chain, number)) {
                    Some(hash) if *hash == record.hash => continue,
                    Some(_) => return Err(conflict(format!("{chain} has another record {number}"))),
                    None => {
                        return Err(conflict(format!(
                            "{chain} is at {}, so that {number} can't come any more",
                            head.number
                        )));
                    }
                }
            }
            let is_next = number == head.number + 1;
            let has_gap = !is_next && chain != ChainId::Compliance;
            if !(has_gap || is_next && record.previous == head.hash) {
                return Err(conflict(format!(
                    "record {number} of {chain} doesn't follow {}, which is its last",
                    head.number
                )));
            }
            *head = ChainHead {
                number,
                at: record.at,
                hash: record.hash,
            };
            stored.insert((chain, number), record.hash);
            fresh.push(record);
        }
        Ok(if fresh.is_empty() && !self.records.is_empty() {
            Fresh::Nothing
        } else {
            Fresh::Records(fresh)
        })
    }

    /// The checkpoint that is to be written, if there is one, as of the last in the database.
    ///
    /// # Errors
    /// [`StoreFault::Conflict`] if it isn't the next.
    pub fn next_checkpoint(
        &self,
        last: Option<&CheckpointLine>,
    ) -> Result<Option<&CheckpointLine>, StoreError> {
        let Some(next) = self.checkpoint.as_ref().filter(|next| Some(*next) != last) else {
            return Ok(None);
        };
        let last = last.map_or(0, |last| last.number);
        if next.number == last + 1 {
            return Ok(Some(next));
        }
        Err(conflict(format!(
            "checkpoint {} doesn't follow {last}",
            next.number
        )))
    }
}

fn tombstone(record: &Sealed) -> Option<Tombstone> {
    if record.chain != ChainId::Compliance || record.kind != "RETIRED" {
        return None;
    }
    let body: Retired = serde_json::from_str(&record.body).ok()?;
    Some(Tombstone {
        record: record.number,
        chain: causerie_proof::wire::chain(&body.chain)?,
        first: body.first,
        last: body.last,
    })
}

// What a database refuses as well, so that the suite can't tell who did.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Retirement, conformance::Chain};
    use causerie_model::RoomId;

    const ROOM: ChainId = ChainId::Room(RoomId(1));

    fn retiring(records: Vec<Sealed>, numbers: &[u64]) -> Addition {
        Addition {
            records,
            retired: vec![Retirement {
                chain: ROOM,
                numbers: numbers.to_vec(),
            }],
            ..Addition::default()
        }
    }

    #[test]
    fn tombstones_are_the_retired_records_that_cover_something() {
        let mut chain = Chain::of(ChainId::Compliance);
        let other = ChainId::Room(RoomId(2));
        let records = vec![
            chain.retire(ROOM, 1, 2),
            chain.retire(other, 1, 9),
            chain.retire(ROOM, 5, 6),
            chain.retire(ROOM, 8, 9),
        ];
        let tombstone = |record, first, last| Tombstone {
            record,
            chain: ROOM,
            first,
            last,
        };
        let found = retiring(records.clone(), &[6, 1, 2])
            .check()
            .expect("all are covered");
        assert_eq!(found, [tombstone(1, 1, 2), tombstone(3, 5, 6)]);
        for number in [0, 3, 4, 7, 10] {
            assert!(
                retiring(records.clone(), &[1, number]).check().is_err(),
                "{number}"
            );
        }
        let elsewhere = Chain::of(ChainId::System).retire(ROOM, 1, 2);
        assert!(retiring(vec![elsewhere], &[1]).check().is_err());
    }

    #[test]
    fn no_record_has_an_impossible_number() {
        for (number, fits) in [
            (0, false),
            (1, true),
            (i64::MAX.cast_unsigned(), true),
            (i64::MAX.cast_unsigned() + 1, false),
        ] {
            let mut record = Chain::of_room(1).join("ann@x.test");
            record.number = number;
            assert_eq!(retiring(vec![record], &[]).check().is_ok(), fits, "{number}");
        }
    }

    #[test]
    fn a_checkpoint_is_the_next_or_the_last() {
        let line = |number| CheckpointLine {
            number,
            up_to: 1,
            line: "line".to_owned(),
        };
        let next = |number, last: u64| {
            let addition = Addition {
                checkpoint: Some(line(number)),
                ..Addition::default()
            };
            let last = (last > 0).then(|| line(last));
            addition
                .next_checkpoint(last.as_ref())
                .ok()
                .map(|next| next.is_some())
        };
        assert_eq!(next(1, 0), Some(true));
        assert_eq!(next(2, 0), None);
        assert_eq!(next(2, 1), Some(true));
        assert_eq!(next(2, 2), Some(false));
        assert_eq!(next(1, 2), None);
        assert_eq!(next(4, 2), None);
    }
}
