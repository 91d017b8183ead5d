//! The Merkle tree over the records of one checkpoint, in the form of RFC 9162 §2.1.
//!
//! A leaf is SHA-256 of a zero byte, the record's position in the database (8 bytes, big-endian) and the record's hash; an
//! inner node is SHA-256 of a byte 1 and its two children. A tree whose number of leaves isn't a power of two has the
//! largest full tree on its left.

use causerie_model::Hash;
use sha2::{Digest, Sha256};

/// The leaf of a record.
#[must_use]
pub fn leaf(position: u64, record: Hash) -> Hash {
    let mut sha = Sha256::new();
    sha.update([0]);
    sha.update(position.to_be_bytes());
    sha.update(record.0);
    Hash(sha.finalize().into())
}

fn node(left: Hash, right: Hash) -> Hash {
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
        let mut hash = leaf;
        let mut size = self.size;
        while size & 1 == 1 {
            // As many peaks as one bits: there is one.
            if let Some(left) = self.peaks.pop() {
                hash = node(left, hash);
            }
            size >>= 1;
        }
        self.peaks.push(hash);
        self.size = self.size.saturating_add(1);
    }

    /// The root; that of an empty tree is SHA-256 of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev().copied();
        let Some(last) = peaks.next() else {
            return Hash(Sha256::digest([]).into());
        };
        peaks.fold(last, |right, left| node(left, right))
    }
}
