//! What a record's hash covers.
//!
//! SHA-256 over these bytes, integers big-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 18 | `causerie record 1` and a zero byte, so that no hash made for another purpose can pass for one of these |
//! | 32 | hash of the record before, all zero for the first |
//! | 1 | kind of chain: 0 system, 1 room, 2 compliance service |
//! | 8 | the room's row, 0 for the others |
//! | 8 | the record's number |
//! | 8 | its time in microseconds since 1970 |
//! | 4 + n | length and UTF-8 of the actor, as [`causerie_model::Actor`] prints it |
//! | 4 + n | length and UTF-8 of the kind |
//! | 4 + n | length and UTF-8 of the body |

use causerie_model::{ChainId, Hash, Sealed, Timestamp};
use sha2::{Digest, Sha256};

/// Names the purpose and version of the hash.
const DOMAIN_TAG: &[u8] = b"causerie record 1\0";

/// Kinds of a room's records whose content may go. What was changed in a room stays: it says who could have been there.
/// Databases refuse to empty any other.
pub const RETIRABLE: [&str; 7] = ["CHAT", "JOIN", "PART", "BACKCHAT", "DELETED", "DENIED", "PURGED"];

/// Whether the content of this record may go. Of the system and of the compliance service none ever does.
#[must_use]
pub fn is_retirable(record: &Sealed) -> bool {
    matches!(record.chain, ChainId::Room(_)) && RETIRABLE.contains(&record.kind.as_str())
}

/// What a record's hash covers.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// Hash of the record before.
    pub previous: Hash,
    /// The chain.
    pub chain: ChainId,
    /// Its number in the chain.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who, as [`causerie_model::Actor`] prints it.
    pub actor: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// The event's own fields as canonical JSON.
    pub body: &'a str,
}

impl<'a> Content<'a> {
    /// That of a record.
    #[must_use]
    pub fn of(record: &'a Sealed) -> Self {
        Self {
            previous: record.previous,
            chain: record.chain,
            number: record.number,
            at: record.at,
            actor: &record.actor,
            kind: &record.kind,
            body: &record.body,
        }
    }

    /// Its hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let (chain_kind, id) = match self.chain {
            ChainId::System => (0, 0),
            ChainId::Room(room) => (1, room.0),
            ChainId::Compliance => (2, 0),
        };
        let mut sha = Sha256::new();
        sha.update(DOMAIN_TAG);
        sha.update(self.previous.0);
        sha.update([chain_kind]);
        sha.update(id.to_be_bytes());
        sha.update(self.number.to_be_bytes());
        sha.update(self.at.0.to_be_bytes());
        for text in [self.actor, self.kind, self.body] {
            // A text of 4 GiB can't occur: what goes into events is limited to kilobytes.
            sha.update(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
            sha.update(text);
        }
        Hash(sha.finalize().into())
    }
}
