//! The port to the database of compliance records (`mgccomp`).
//!
//! Everything is written by [`Records::append`], in one commit with the records that tell of it: whatever else is in this
//! database is a summary of what the records say. Records are never changed nor removed; only their content may go, and
//! only together with a `RETIRED` record that covers it.
//!
//! Every adapter runs the suite in [`conformance`], and decides with the functions of [`Addition`] what is to be written.

pub mod conformance;
mod plan;

use async_trait::async_trait;
use causerie_model::{ChainId, Hash, Sealed, StoreError, Timestamp};
pub use causerie_proof::Stored;
pub use plan::{Fresh, RETIRABLE, Tombstone};
use std::collections::BTreeSet;

/// What one commit adds.
///
/// It may be sent again when nobody knows whether it was committed: if it has records and all of them are there already,
/// it was committed as a whole, and nothing of it is done again. What others have done to its documents since stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addition {
    /// Records, in order; each gets the next position. One that is there already, with the same chain, number and hash, is
    /// passed over. A chain of a room or of the system may have gaps: that they were set aside is for the caller to know
    /// and record. Where there is no gap a record follows the one before by its hash as well.
    pub records: Vec<Sealed>,
    /// Documents that are put, or removed if there is no text. Of two with the same key the last counts. Removing what
    /// isn't there is no error.
    pub documents: Vec<(DocumentKey, Option<String>)>,
    /// Records whose content goes. `records` must hold the `RETIRED` records that say so.
    pub retired: Vec<Retirement>,
    /// A checkpoint. Its number must be one more than that of the last, or 1. The last itself, word for word, is passed
    /// over.
    pub checkpoint: Option<CheckpointLine>,
}

/// Names a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentKey {
    /// What it is: `hold`, `matter`, `room` …
    pub kind: String,
    /// Which.
    pub id: String,
}

/// Records of one chain whose content goes: their actor and body become empty. Their places, times, kinds and hashes stay.
///
/// The range of a `RETIRED` record in the same [`Addition`] must cover each. One whose content is gone already is passed
/// over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retirement {
    /// The chain.
    pub chain: ChainId,
    /// The numbers of the records, in any order.
    pub numbers: Vec<u64>,
}

/// A signed checkpoint as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointLine {
    /// Its number.
    pub number: u64,
    /// The last position that it covers.
    pub up_to: u64,
    /// [`causerie_proof::SignedCheckpoint::to_line`].
    pub line: String,
}

/// The end of a chain in this database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainHead {
    /// Number of the last record; 0 if there is none.
    pub number: u64,
    /// Its time.
    pub at: Timestamp,
    /// Its hash.
    pub hash: Hash,
}

impl ChainHead {
    /// The head of a chain without records.
    pub const START: Self = Self {
        number: 0,
        at: Timestamp(0),
        hash: Hash::ZERO,
    };
}

/// What a range of positions holds of one chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainSpan {
    /// The chain.
    pub chain: ChainId,
    /// The least number.
    pub first: u64,
    /// The greatest number.
    pub last: u64,
    /// How many records.
    pub records: u64,
    /// The earliest time.
    pub begins: Timestamp,
    /// The latest time.
    pub ends: Timestamp,
}

/// Which records are looked for. What is empty or `None` doesn't matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Made by one of these, as [`causerie_model::Actor`] prints them.
    pub actors: Vec<String>,
    /// In one of these chains.
    pub chains: Vec<ChainId>,
    /// Of one of these kinds.
    pub kinds: Vec<String>,
    /// Not before this.
    pub from: Option<Timestamp>,
    /// Before this.
    pub until: Option<Timestamp>,
}

/// Takes and gives records.
#[async_trait]
pub trait Records: Send + Sync {
    /// Commits an addition durably and returns the last position in the database.
    ///
    /// # Errors
    /// On a [`causerie_model::StoreFault::Conflict`] nothing of it is in the database: if a record's number is in its
    /// chain with another hash, or isn't there and isn't greater than that of the chain's last record; if it is the next
    /// of its chain by number and names another hash before it; if a record of [`ChainId::Compliance`] isn't the next of
    /// its chain, which is how two who decide by the same state are kept apart; if what is to be retired isn't there, or no `RETIRED` record covers it; if the checkpoint
    /// isn't the next; if a room's row isn't greater than 0, a number is 0 or greater than 2^63 - 1, or a text has the
    /// character U+0000.
    ///
    /// The other faults say what to do. After [`causerie_model::StoreFault::Unavailable`] it may be there as a whole, if
    /// only the answer was lost: send the same again.
    async fn append(&self, addition: &Addition) -> Result<u64, StoreError>;

    /// The end of a chain.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn head(&self, chain: ChainId) -> Result<ChainHead, StoreError>;

    /// The last position; 0 if there is no record.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn end(&self) -> Result<u64, StoreError>;

    /// The first `count` records after a position, up to another, by position.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn read(&self, after: u64, up_to: u64, count: u32) -> Result<Vec<Stored>, StoreError>;

    /// What the positions after one and up to another hold of each chain; by chain.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn spans(&self, after: u64, up_to: u64) -> Result<Vec<ChainSpan>, StoreError>;

    /// The first `count` records of a chain with a number greater than `after` and at most `up_to`, by number.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn of_chain(
        &self,
        chain: ChainId,
        after: u64,
        up_to: u64,
        count: u32,
    ) -> Result<Vec<Stored>, StoreError>;

    /// The first `count` records of a selection after a position, by position. Retired ones are among them; they have no
    /// actor any more, so that a selection by actors doesn't find them.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn select(&self, selection: &Selection, after: u64, count: u32) -> Result<Vec<Stored>, StoreError>;

    /// Those of these actors, as [`causerie_model::Actor`] prints them, who made a record whose content is still there. One
    /// look into an index for each, however many records he made.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn who_acted(&self, actors: &[String]) -> Result<BTreeSet<String>, StoreError>;
}

/// Gives the documents: what officers have set, and what is known of rooms.
#[async_trait]
pub trait Documents: Send + Sync {
    /// All documents of a kind: id and text, by id.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn documents(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError>;

    /// One document.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn document(&self, key: &DocumentKey) -> Result<Option<String>, StoreError>;
}

/// Gives the checkpoints.
#[async_trait]
pub trait Checkpoints: Send + Sync {
    /// The first `count` checkpoints with a greater number, by number.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn checkpoints(&self, after: u64, count: u32) -> Result<Vec<CheckpointLine>, StoreError>;

    /// The last one.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn last_checkpoint(&self) -> Result<Option<CheckpointLine>, StoreError>;
}

/// Lets one of several do something.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes or prolongs the lease of this name; whether the holder has it until then. Somebody else's ends at the moment
    /// that he gave: at `until` it is free, a microsecond before it isn't. Who gives `now` as `until` gives it back.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be written.
    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// Everything at once, for the program that wires an adapter to the service.
pub trait RecordStore: Records + Documents + Checkpoints + Leases + 'static {}

impl<T: Records + Documents + Checkpoints + Leases + 'static> RecordStore for T {}
