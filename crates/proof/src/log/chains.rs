//! What is kept of a chain while the database of records is read.

use super::{Fault, Place};
use crate::{
    Stored,
    chain::{self, Follower},
    ranges::Ranges,
};
use causerie_model::{ChainId, Head};

/// What is wrong, and the position from which on it is.
pub(super) type Found = (u64, Place, Fault);

/// A record, as it is kept for a range that begins with it.
#[derive(Clone, Copy, Debug)]
struct Begin {
    position: u64,
    number: u64,
}

/// What is kept of a chain. It grows with what isn't explained yet, by ranges.
#[derive(Debug)]
pub(super) struct Chain {
    id: ChainId,
    follower: Follower,
    /// Numbers that are missing; with each the record before which they are.
    missing: Ranges<Begin>,
    /// Numbers that were set aside before anything later came.
    set_aside: Ranges<()>,
    /// Numbers whose content is gone and not yet told of; with each the first record of its range, of which a part may be
    /// told of meanwhile.
    gone: Ranges<Begin>,
    /// How many contents are gone …
    gone_total: u64,
    /// … the last of them here …
    gone_last: Begin,
    /// … and how many `RETIRED` records tell of.
    told: u64,
}

impl Chain {
    pub(super) fn new(id: ChainId) -> Self {
        Self {
            id,
            follower: Follower::after(id, Head::START),
            missing: Ranges::default(),
            set_aside: Ranges::default(),
            gone: Ranges::default(),
            gone_total: 0,
            gone_last: Begin {
                position: 0,
                number: 0,
            },
            told: 0,
        }
    }

    /// Whether it has any record.
    pub(super) fn begun(&self) -> bool {
        self.follower.number > 0
    }

    fn place(&self, Begin { position, number }: Begin) -> Place {
        Place::Record {
            position,
            chain: self.id,
            number,
        }
    }

    /// Puts a record into it. Returns what is wrong with it.
    pub(super) fn follow(&mut self, stored: &Stored) -> Option<Found> {
        let (record, position) = (&stored.record, stored.position);
        let number = record.number;
        let this = Begin { position, number };
        let expected = self.follower.number.saturating_add(1);
        if number > expected {
            let last = number.saturating_sub(1);
            self.follower.skip_to(last);
            self.missing.add(expected, last, this);
            for (first, last) in self.set_aside.take(0, last) {
                self.missing.take(first, last);
            }
        }
        let found = match self.follower.follow(record, stored.retired) {
            Ok(()) => None,
            Err(chain::Fault::Doubled) => match self.missing.tag(number) {
                Some(&later) => {
                    let fault = Fault::Reordered {
                        earlier: number,
                        position,
                    };
                    Some((later.position, self.place(later), fault))
                }
                None => Some((position, self.place(this), Fault::Chain(chain::Fault::Doubled))),
            },
            Err(fault) => Some((position, self.place(this), Fault::Chain(fault))),
        };
        if !stored.retired {
            return found;
        }
        self.gone_total = self.gone_total.saturating_add(1);
        self.gone_last = this;
        self.gone.add(number, number, this);
        found
    }

    /// A `RETIRED` record tells of these.
    pub(super) fn retired(&mut self, first: u64, last: u64, records: u64) {
        if first <= last {
            self.gone.take(first, last);
        }
        self.told = self.told.saturating_add(records);
    }

    /// A `SETASIDE` record tells of this one.
    pub(super) fn set_aside(&mut self, number: u64) {
        if number > self.follower.number {
            self.set_aside.add(number, number, ());
        } else {
            self.missing.take(number, number);
        }
    }

    /// Whether what isn't explained yet is before this position, or may be.
    pub(super) fn open_before(&self, position: u64) -> bool {
        let more = self.gone_total > self.told && self.gone_last.position < position;
        let mut begins = self.gone.tags().chain(self.missing.tags());
        more || begins.any(|begin| begin.position < position)
    }

    /// What was never explained.
    pub(super) fn unexplained(&self) -> Vec<Found> {
        let mut found = Vec::new();
        for (first, last, before) in self.missing.iter() {
            found.push((
                before.position,
                self.place(*before),
                Fault::Removed { first, last },
            ));
        }
        for (number, _, begin) in self.gone.iter() {
            let place = if number == begin.number {
                self.place(*begin)
            } else {
                Place::Number {
                    chain: self.id,
                    number,
                }
            };
            found.push((begin.position, place, Fault::Destroyed));
        }
        if self.gone_total > self.told {
            let fault = Fault::DestroyedMore {
                gone: self.gone_total,
                told: self.told,
            };
            found.push((self.gone_last.position, self.place(self.gone_last), fault));
        }
        found
    }
}
