//! The check that nobody touched the database of records.
//!
//! A [`LogVerifier`] is fed all records by position and all checkpoints by number, and keeps a little for each chain and for
//! each stretch of records whose explanation is still to come: a record whose content is gone is explained by a `RETIRED`
//! record, one that is missing by a `SETASIDE` record, and both may come later.

use crate::{
    PublicKey, SignedCheckpoint, Stored, Tree,
    chain::{self, Follower},
    merkle,
    ranges::Ranges,
};
use causerie_model::{ChainId, Hash, Head, Timestamp};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    error::Error,
    fmt,
};

/// What was verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many records there are.
    pub records: u64,
    /// In how many chains.
    pub chains: u64,
    /// How many checkpoints there are.
    pub checkpoints: u64,
    /// The last position that a checkpoint covers.
    pub covered_up_to: u64,
    /// How many records were set aside.
    pub set_aside: u64,
    /// Of how many records the content was destroyed.
    pub retired: u64,
}

impl Verified {
    /// How many records came after the last checkpoint. They are chained, but nothing that was signed speaks of them.
    #[must_use]
    pub fn not_yet_covered(&self) -> u64 {
        self.records.saturating_sub(self.covered_up_to)
    }
}

/// The first thing that is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong.
    pub place: Place,
    /// How.
    pub fault: Fault,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A place in the order in which records came in.
    Position(u64),
    /// A record.
    Record {
        /// Its place.
        position: u64,
        /// The chain that it says it is in.
        chain: ChainId,
        /// The number that it says it has.
        number: u64,
    },
    /// A checkpoint, by the number that it says it has.
    Checkpoint(u64),
    /// A checkpoint that was written down elsewhere, by its number.
    Anchor(u64),
}

/// How something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is at these positions.
    PositionsMissing {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// Two records are at this position, or it comes after a later one.
    PositionDoubled,
    /// These records of its chain are missing before it, and no `SETASIDE` record tells of them.
    Removed {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// An earlier record of its chain comes after it.
    Reordered {
        /// That record's number.
        earlier: u64,
        /// That record's position.
        position: u64,
    },
    /// It doesn't follow the record before it in its chain.
    Chain(chain::Fault),
    /// Its content is gone, and no `RETIRED` record tells of it.
    Destroyed,
    /// More contents of its chain are gone by this record than the `RETIRED` records tell of.
    DestroyedMore {
        /// How many are gone.
        gone: u64,
        /// How many the `RETIRED` records tell of.
        told: u64,
    },
    /// The records that it covers aren't those that it was made over.
    Root {
        /// The first position.
        first: u64,
        /// The last position.
        last: u64,
    },
    /// Checkpoints are missing before it.
    CheckpointsMissing {
        /// The number that should be here.
        expected: u64,
    },
    /// A checkpoint of this number was there already, or it comes after a later one.
    CheckpointDoubled,
    /// The checkpoint before it isn't the one that it was made after.
    CheckpointPrevious,
    /// It doesn't begin where the one before it ends, or is earlier than that one.
    CheckpointOrder,
    /// Its signature isn't right.
    Unsigned,
    /// It is signed by another key than the one that was to sign it: the root of trust or the one that the checkpoint
    /// before it names.
    Key {
        /// Who signed it.
        key: PublicKey,
    },
    /// The database has another checkpoint of this number, or none, though it has later ones.
    AnchorDiffers,
    /// The database ends before it.
    AnchorMissing,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let range = |f: &mut fmt::Formatter<'_>, first: &u64, last: &u64| {
            if first == last {
                write!(f, "{first}")
            } else {
                write!(f, "{first} to {last}")
            }
        };
        match self {
            Self::PositionsMissing { first, last } => {
                f.write_str("nothing is at position ")?;
                range(f, first, last)
            }
            Self::PositionDoubled => {
                f.write_str("this position was there already: a record was added or moved")
            }
            Self::Removed { first, last } => {
                f.write_str("before it were removed: ")?;
                range(f, first, last)
            }
            Self::Reordered { earlier, position } => {
                write!(
                    f,
                    "record {earlier} of the same chain comes only after it, at position {position}: they were reordered"
                )
            }
            Self::Chain(fault) => fault.fmt(f),
            Self::Destroyed => f.write_str("its content is gone, and no RETIRED record tells of it"),
            Self::DestroyedMore { gone, told } => {
                write!(
                    f,
                    "up to it the contents of {gone} records of its chain are gone, and RETIRED records tell of {told}"
                )
            }
            Self::Root { first, last } => {
                f.write_str("the records that it covers, at positions ")?;
                range(f, first, last)?;
                f.write_str(
                    ", aren't those that it was made over: some were changed, removed, added or moved",
                )
            }
            Self::CheckpointsMissing { expected } => {
                write!(f, "the checkpoints from {expected} on are missing before it")
            }
            Self::CheckpointDoubled => {
                f.write_str("a checkpoint of this number was there already, or it is out of order")
            }
            Self::CheckpointPrevious => {
                f.write_str("the checkpoint before it isn't the one that it was made after")
            }
            Self::CheckpointOrder => {
                f.write_str("it doesn't begin where the one before it ends, or is earlier than that")
            }
            Self::Unsigned => f.write_str("its signature isn't right"),
            Self::Key { key } => write!(
                f,
                "it is signed by the key {}, not by the one whose turn it was",
                key.id()
            ),
            Self::AnchorDiffers => f.write_str("the database has another one in its place: it was rewritten"),
            Self::AnchorMissing => f.write_str("the database ends before it: it was rolled back or cut"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Position(position) => write!(f, "position {position}"),
            Self::Record {
                position,
                chain,
                number,
            } => {
                chain::name(f, chain, number)?;
                write!(f, " (position {position})")
            }
            Self::Checkpoint(number) => write!(f, "checkpoint {number}"),
            Self::Anchor(number) => write!(f, "checkpoint {number}, as it was written down elsewhere"),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.fault)
    }
}

impl Error for Wrong {}

/// What is kept of a chain.
#[derive(Debug)]
struct Chain {
    follower: Follower,
    /// Numbers that are missing; with each the position and number of the record before which they are.
    missing: Ranges<(u64, u64)>,
    /// Numbers that were set aside before anything later came.
    set_aside: Ranges<()>,
    /// Numbers whose content is gone and not yet told of; with each its position.
    gone: BTreeMap<u64, u64>,
    /// How many contents are gone …
    gone_total: u64,
    /// … the last of them here …
    gone_last: (u64, u64),
    /// … and how many `RETIRED` records tell of.
    told: u64,
}

impl Chain {
    fn new(chain: ChainId) -> Self {
        Self {
            follower: Follower::after(chain, Head::START),
            missing: Ranges::default(),
            set_aside: Ranges::default(),
            gone: BTreeMap::new(),
            gone_total: 0,
            gone_last: (0, 0),
            told: 0,
        }
    }
}

/// The fields of a `RETIRED` record that matter here.
#[derive(Deserialize)]
struct Retired {
    chain: String,
    first: u64,
    last: u64,
    records: u64,
}

/// The fields of a `SETASIDE` record that matter here.
#[derive(Deserialize)]
struct SetAside {
    chain: String,
    number: u64,
}

/// Finds the first thing that is wrong in the database of records.
///
/// Feed each checkpoint before the records that come after it, all records from position 1 on by position, and then
/// [`LogVerifier::finish`].
#[derive(Debug)]
pub struct LogVerifier {
    root: Option<PublicKey>,
    anchors: BTreeMap<u64, Vec<(u64, Hash)>>,
    chains: HashMap<ChainId, Chain>,
    position: u64,
    tree: Tree,
    /// Checkpoints whose records are still to come: number, last position, root.
    due: VecDeque<(u64, u64, Hash)>,
    last: Option<SignedCheckpoint>,
    /// A checkpoint was wrong: those after it can't be judged.
    checkpoints_end: bool,
    /// What is wrong first, and at which position. Something that is only found later may come before it.
    wrong: Option<(u64, Wrong)>,
    verified: Verified,
}

impl LogVerifier {
    /// `root` is the key that signs the first checkpoint. Trust goes forward from it alone: each later checkpoint must be
    /// signed by the key that the one before it names or goes on with. Without a root whoever signed the first one is
    /// believed. `anchors` are checkpoints that were written down outside of the database: each must be in it.
    #[must_use]
    pub fn new(root: Option<PublicKey>, anchors: impl IntoIterator<Item = SignedCheckpoint>) -> Self {
        let mut verifier = Self {
            root,
            anchors: BTreeMap::new(),
            chains: HashMap::new(),
            position: 0,
            tree: Tree::default(),
            due: VecDeque::new(),
            last: None,
            checkpoints_end: false,
            wrong: None,
            verified: Verified::default(),
        };
        for anchor in anchors {
            let (number, up_to) = (anchor.checkpoint.number, anchor.checkpoint.up_to);
            if anchor.is_signed() {
                let known = verifier.anchors.entry(number).or_default();
                let new = (up_to, anchor.hash());
                if !known.contains(&new) {
                    known.push(new);
                }
            } else {
                verifier.found(up_to, Place::Anchor(number), Fault::Unsigned);
            }
        }
        verifier
    }

    /// Whether more records or checkpoints can change the outcome. If not, go straight to [`LogVerifier::finish`].
    #[must_use]
    pub fn wants_more(&self) -> bool {
        let Some((at, _)) = &self.wrong else {
            return true;
        };
        self.position < *at
            || self.chains.values().any(|chain| {
                let gone = chain.gone.values().any(|position| position < at);
                let more = chain.gone_total > chain.told && chain.gone_last.0 < *at;
                gone || more || chain.missing.tags().any(|(position, _)| position < at)
            })
    }

    /// The next checkpoint.
    pub fn checkpoint(&mut self, signed: &SignedCheckpoint) {
        if self.checkpoints_end {
            return;
        }
        let checkpoint = &signed.checkpoint;
        let (number, up_to) = (checkpoint.number, checkpoint.up_to);
        self.verified.checkpoints = self.verified.checkpoints.saturating_add(1);
        let before = self.last.as_ref().map(|last| &last.checkpoint);
        let expected = before.map_or(0, |before| before.number).saturating_add(1);
        let begin = before.map_or(0, |before| before.up_to);
        let earliest = before.map_or(Timestamp(i64::MIN), |before| before.at);
        let previous = self.last.as_ref().map_or(Hash::ZERO, SignedCheckpoint::hash);
        let signer = self.last.as_ref().map(SignedCheckpoint::next_key).or(self.root);
        let fault = if number > expected {
            Some(Fault::CheckpointsMissing { expected })
        } else if number < expected {
            Some(Fault::CheckpointDoubled)
        } else if !signed.is_signed() {
            Some(Fault::Unsigned)
        } else if checkpoint.previous != previous {
            Some(Fault::CheckpointPrevious)
        } else if signer.is_some_and(|signer| signer != signed.key) {
            Some(Fault::Key { key: signed.key })
        } else if checkpoint.after != begin || up_to < begin || checkpoint.at < earliest {
            Some(Fault::CheckpointOrder)
        } else {
            None
        };
        if let Some(fault) = fault {
            self.checkpoints_end = true;
            self.found(up_to.max(begin), Place::Checkpoint(number), fault);
            return;
        }
        if let Some(anchors) = self.anchors.remove(&number)
            && anchors.iter().any(|(_, hash)| *hash != signed.hash())
        {
            self.found(up_to, Place::Anchor(number), Fault::AnchorDiffers);
        }
        self.last = Some(signed.clone());
        self.due.push_back((number, up_to, checkpoint.root));
        self.settle();
    }

    /// The next record.
    pub fn record(&mut self, stored: &Stored) {
        let position = stored.position;
        let expected = self.position.saturating_add(1);
        if position < expected {
            self.found(position, Place::Position(position), Fault::PositionDoubled);
            return;
        }
        if position > expected {
            let fault = Fault::PositionsMissing {
                first: expected,
                last: position.saturating_sub(1),
            };
            self.found(expected, Place::Position(expected), fault);
        }
        self.position = position;
        self.verified.records = self.verified.records.saturating_add(1);
        self.verified.retired = self.verified.retired.saturating_add(u64::from(stored.retired));
        self.tree.push(merkle::leaf(position, stored.record.hash));
        self.follow(stored);
        if stored.record.chain == ChainId::Compliance && !stored.retired {
            self.explain(stored);
        }
        self.settle();
    }

    /// What was verified.
    ///
    /// # Errors
    /// [`Wrong`] names what is wrong first, by position.
    pub fn finish(mut self) -> Result<Verified, Wrong> {
        let end = self.position.saturating_add(1);
        if let Some((_, up_to, _)) = self.due.front() {
            let fault = Fault::PositionsMissing {
                first: end,
                last: *up_to,
            };
            self.found(end, Place::Position(end), fault);
        }
        let last = self.last.as_ref().map_or(0, |last| last.checkpoint.number);
        if !self.checkpoints_end
            && let Some((number, anchors)) = self.anchors.pop_first()
        {
            let up_to = anchors.first().map_or(end, |(up_to, _)| *up_to);
            let fault = if number > last {
                Fault::AnchorMissing
            } else {
                Fault::AnchorDiffers
            };
            self.found(up_to, Place::Anchor(number), fault);
        }
        for (id, chain) in std::mem::take(&mut self.chains) {
            let place = |position, number| Place::Record {
                position,
                chain: id,
                number,
            };
            for (first, last, (position, number)) in chain.missing.iter() {
                self.found(
                    *position,
                    place(*position, *number),
                    Fault::Removed { first, last },
                );
            }
            for (number, position) in &chain.gone {
                self.found(*position, place(*position, *number), Fault::Destroyed);
            }
            if chain.gone_total > chain.told {
                let (position, number) = chain.gone_last;
                let fault = Fault::DestroyedMore {
                    gone: chain.gone_total,
                    told: chain.told,
                };
                self.found(position, place(position, number), fault);
            }
            let any = u64::from(chain.follower.number > 0);
            self.verified.chains = self.verified.chains.saturating_add(any);
        }
        match self.wrong {
            Some((_, wrong)) => Err(wrong),
            None => Ok(self.verified),
        }
    }

    /// Keeps what is wrong at the least position.
    fn found(&mut self, position: u64, place: Place, fault: Fault) {
        if self.wrong.as_ref().is_none_or(|(at, _)| position < *at) {
            self.wrong = Some((position, Wrong { place, fault }));
        }
    }

    /// Puts a record into its chain.
    fn follow(&mut self, stored: &Stored) {
        let (record, position) = (&stored.record, stored.position);
        let (id, number) = (record.chain, record.number);
        let chain = self.chains.entry(id).or_insert_with(|| Chain::new(id));
        let here = Place::Record {
            position,
            chain: id,
            number,
        };
        let mut found = None;
        let expected = chain.follower.number.saturating_add(1);
        if number > expected {
            let last = number.saturating_sub(1);
            chain.follower.skip_to(last);
            chain.missing.add(expected, last, (position, number));
            for (first, last) in chain.set_aside.take(0, last) {
                chain.missing.take(first, last);
            }
        }
        match chain.follower.follow(record, stored.retired) {
            Ok(()) => {}
            Err(chain::Fault::Doubled) => match chain.missing.tag(number) {
                Some(&(later, later_number)) => {
                    let place = Place::Record {
                        position: later,
                        chain: id,
                        number: later_number,
                    };
                    let fault = Fault::Reordered {
                        earlier: number,
                        position,
                    };
                    found = Some((later, place, fault));
                }
                None => found = Some((position, here, Fault::Chain(chain::Fault::Doubled))),
            },
            Err(fault) => found = Some((position, here, Fault::Chain(fault))),
        }
        if stored.retired {
            chain.gone_total = chain.gone_total.saturating_add(1);
            chain.gone_last = (position, number);
            chain.gone.insert(number, position);
            if !matches!(id, ChainId::Room(_)) {
                found = found.or(Some((position, here, Fault::Destroyed)));
            }
        }
        if let Some((position, place, fault)) = found {
            self.found(position, place, fault);
        }
    }

    /// Takes what a record of the compliance service tells of others.
    fn explain(&mut self, stored: &Stored) {
        let record = &stored.record;
        let parsed = match record.kind.as_str() {
            "RETIRED" => serde_json::from_str::<Retired>(&record.body)
                .ok()
                .and_then(|told| {
                    let id = crate::wire::chain(&told.chain)?;
                    let chain = self.chains.entry(id).or_insert_with(|| Chain::new(id));
                    while let Some((&number, _)) = chain.gone.range(told.first..).next()
                        && number <= told.last
                    {
                        chain.gone.remove(&number);
                    }
                    chain.told = chain.told.saturating_add(told.records);
                    Some(())
                }),
            "SETASIDE" => serde_json::from_str::<SetAside>(&record.body)
                .ok()
                .and_then(|told| {
                    let id = crate::wire::chain(&told.chain)?;
                    let chain = self.chains.entry(id).or_insert_with(|| Chain::new(id));
                    if told.number > chain.follower.number {
                        chain.set_aside.add(told.number, told.number, ());
                    } else {
                        chain.missing.take(told.number, told.number);
                    }
                    self.verified.set_aside = self.verified.set_aside.saturating_add(1);
                    Some(())
                }),
            _ => Some(()),
        };
        if parsed.is_none() {
            let place = Place::Record {
                position: stored.position,
                chain: record.chain,
                number: record.number,
            };
            self.found(stored.position, place, Fault::Chain(chain::Fault::Content));
        }
    }

    /// Compares the checkpoints whose last record was read.
    fn settle(&mut self) {
        while let Some((number, up_to, root)) = self.due.front().copied() {
            if up_to > self.position {
                return;
            }
            let first = self.verified.covered_up_to.saturating_add(1);
            if up_to < self.position || self.tree.root() != root {
                // After a record that explains it.
                self.found(
                    up_to.saturating_add(1),
                    Place::Checkpoint(number),
                    Fault::Root { first, last: up_to },
                );
            }
            self.tree = Tree::default();
            self.verified.covered_up_to = up_to;
            self.due.pop_front();
        }
    }
}
