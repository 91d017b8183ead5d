//! What can be wrong with the database of records.

use crate::{PublicKey, chain};
use causerie_model::ChainId;
use std::{error::Error, fmt};

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
    /// A record of which the position isn't known any more.
    Number {
        /// Its chain.
        chain: ChainId,
        /// Its number.
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
    /// It can't be read, or its line isn't what the database says of it.
    Unreadable,
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
                f.write_str("nothing is there")?;
                if first == last {
                    return Ok(());
                }
                write!(f, ", nor at the positions up to {last}")
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
            Self::Unreadable => {
                f.write_str("it can't be read, or its line isn't what the database says of it")
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
            Self::Number { chain, number } => chain::name(f, chain, number),
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
