//! The Merkle tree over the records of one checkpoint, in the form of RFC 9162 §2.1.
//!
//! A leaf is SHA-256 of a zero byte, the record's position in the database (8 bytes, big-endian) and the record's hash; an
//! inner node is SHA-256 of a byte 1 and its two children. A tree whose number of leaves isn't a power of two has the
//! largest full tree on its left.

use crate::Node;
use causerie_model::Hash;
use sha2::{Digest, Sha256};
use std::{error::Error, fmt, mem};

/// The leaf of a record.
#[must_use]
pub fn leaf(position: u64, record: Hash) -> Hash {
    let mut sha = Sha256::new();
    sha.update([0]);
    sha.update(position.to_be_bytes());
    sha.update(record.0);
    Hash(sha.finalize().into())
}

fn parent(left: Hash, right: Hash) -> Hash {
    let mut sha = Sha256::new();
    sha.update([1]);
    sha.update(left.0);
    sha.update(right.0);
    Hash(sha.finalize().into())
}

/// A tree that grows at its right end. It keeps one hash for each full tree in it: as many as its size has one bits.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    size: u64,
    /// Full trees from left to right, each smaller than the one before.
    peaks: Vec<Hash>,
}

impl Tree {
    /// How many leaves it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.grow(leaf, 1);
    }

    /// Adds the leaves of a full subtree, by its root.
    ///
    /// # Errors
    /// [`Misaligned`] if the tree that grows has no such subtree there. It stays as it was.
    pub fn push_subtree(&mut self, root: Hash, leaves: u64) -> Result<(), Misaligned> {
        let fits = leaves.is_power_of_two() && self.size.is_multiple_of(leaves);
        if !fits || self.size.checked_add(leaves).is_none() {
            let size = self.size;
            return Err(Misaligned { size, leaves });
        }
        self.grow(root, leaves);
        Ok(())
    }

    /// Adds a full subtree where it fits.
    fn grow(&mut self, root: Hash, leaves: u64) {
        let mut hash = root;
        let mut size = self.size.checked_div(leaves).unwrap_or_default();
        while size & 1 == 1 {
            // As many peaks as one bits: there is one.
            if let Some(left) = self.peaks.pop() {
                hash = parent(left, hash);
            }
            size >>= 1;
        }
        self.peaks.push(hash);
        self.size = self.size.saturating_add(leaves);
    }

    /// The root; that of an empty tree is SHA-256 of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev().copied();
        let Some(last) = peaks.next() else {
            return Hash(Sha256::digest([]).into());
        };
        peaks.fold(last, |right, left| parent(left, right))
    }
}

/// A subtree that a tree doesn't have at its right end: its number of leaves is no power of two, or the tree's size isn't a
/// multiple of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misaligned {
    /// How many leaves the tree has.
    pub size: u64,
    /// How many the subtree has.
    pub leaves: u64,
}

impl fmt::Display for Misaligned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, leaves } = self;
        write!(f, "after {size} leaves no subtree of {leaves} begins")
    }
}

impl Error for Misaligned {}

/// What proves some leaves of a tree besides themselves: the largest full subtrees that hold none of them. The leaves go by
/// from left to right; what is kept is at most two nodes for each level of the tree.
#[derive(Clone, Debug)]
pub struct Rest {
    /// The position before the tree's first leaf.
    after: u64,
    size: u64,
    /// Subtrees since the last leaf that is to be proved, from left to right.
    pending: Vec<Node>,
}

impl Rest {
    /// Begins with a tree that covers the positions after this one.
    #[must_use]
    pub fn new(after: u64) -> Self {
        Self {
            after,
            size: 0,
            pending: Vec::new(),
        }
    }

    /// The position of the next leaf.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.after.saturating_add(self.size).saturating_add(1)
    }

    /// The next leaf is none of those that are to be proved.
    pub fn hide(&mut self, leaf: Hash) {
        let after = self.after;
        let mut node = Node {
            position: self.position(),
            leaves: 1,
            hash: leaf,
        };
        let left_of = |left: &Node, right: &Node| {
            let index = left.position.saturating_sub(after).saturating_sub(1);
            left.leaves == right.leaves && index.is_multiple_of(right.leaves.saturating_mul(2))
        };
        while let Some(left) = self.pending.pop_if(|left| left_of(left, &node)) {
            node = Node {
                position: left.position,
                leaves: left.leaves.saturating_mul(2),
                hash: parent(left.hash, node.hash),
            };
        }
        self.pending.push(node);
        self.size = self.size.saturating_add(1);
    }

    /// The next leaf is to be proved: the subtrees between the one before and this one.
    pub fn show(&mut self) -> Vec<Node> {
        self.size = self.size.saturating_add(1);
        mem::take(&mut self.pending)
    }

    /// The subtrees after the last leaf that is to be proved.
    #[must_use]
    pub fn finish(self) -> Vec<Node> {
        self.pending
    }
}
