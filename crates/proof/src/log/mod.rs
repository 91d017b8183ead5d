//! The check that nobody touched the database of records.
//!
//! A [`LogVerifier`] is fed all records by position and all checkpoints by number, and keeps a little for each chain and for
//! each stretch of records whose explanation is still to come: a record whose content is gone is explained by a `RETIRED`
//! record, one that is missing by a `SETASIDE` record, and both may come later.

mod chains;
mod wrong;

pub use wrong::{Fault, Place, Wrong};

use crate::{PublicKey, SignedCheckpoint, Stored, Tree, chain, merkle};
use causerie_model::{ChainId, Hash, Timestamp};
use chains::Chain;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, VecDeque};

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
        self.position < *at || self.chains.values().any(|chain| chain.open_before(*at))
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

    /// In place of the next checkpoint: it can't be read, or its line isn't what the database says of it.
    pub fn unreadable_checkpoint(&mut self, number: u64) {
        if self.checkpoints_end {
            return;
        }
        self.checkpoints_end = true;
        let begin = self.last.as_ref().map_or(0, |last| last.checkpoint.up_to);
        self.found(
            begin.saturating_add(1),
            Place::Checkpoint(number),
            Fault::Unreadable,
        );
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
        if let Some((position, place, fault)) = self.chain(stored.record.chain).follow(stored) {
            self.found(position, place, fault);
        }
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
        for chain in std::mem::take(&mut self.chains).into_values() {
            for (position, place, fault) in chain.unexplained() {
                self.found(position, place, fault);
            }
            let any = u64::from(chain.begun());
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

    fn chain(&mut self, id: ChainId) -> &mut Chain {
        self.chains.entry(id).or_insert_with(|| Chain::new(id))
    }

    /// Takes what a record of the compliance service tells of others.
    fn explain(&mut self, stored: &Stored) {
        let record = &stored.record;
        let parsed = match record.kind.as_str() {
            "RETIRED" => self.explain_retired(&record.body),
            "SETASIDE" => self.explain_set_aside(&record.body),
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

    fn explain_retired(&mut self, body: &str) -> Option<()> {
        let told: Retired = serde_json::from_str(body).ok()?;
        let id = crate::wire::chain(&told.chain)?;
        self.chain(id).retired(told.first, told.last, told.records);
        Some(())
    }

    fn explain_set_aside(&mut self, body: &str) -> Option<()> {
        let told: SetAside = serde_json::from_str(body).ok()?;
        let id = crate::wire::chain(&told.chain)?;
        self.chain(id).set_aside(told.number);
        self.verified.set_aside = self.verified.set_aside.saturating_add(1);
        Some(())
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
