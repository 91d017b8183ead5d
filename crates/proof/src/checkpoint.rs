//! Checkpoints: signed statements of what the database of records held.
//!
//! A checkpoint covers the records after the checkpoint before it up to one position, by the root of their Merkle tree,
//! and names the checkpoint before by its hash. As a line it is a JSON object with its keys sorted and no blanks; the
//! signature is over that line without the member `signature`, preceded by `causerie checkpoint 1` and a zero byte. Its
//! hash, which the next one names, is SHA-256 over the same bytes.

use crate::key::{PublicKey, SigningKey};
use causerie_model::{Hash, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{error::Error, fmt};

/// Names the purpose and version of what is signed.
const DOMAIN_TAG: &[u8] = b"causerie checkpoint 1\0";

/// What a checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its number: 1, 2, 3 … without a gap.
    pub number: u64,
    /// Covers the positions after this one …
    pub after: u64,
    /// … up to this one.
    pub up_to: u64,
    /// Root of the Merkle tree over these records.
    pub root: Hash,
    /// Hash of the checkpoint before; all zero for the first.
    pub previous: Hash,
    /// When it was made.
    pub at: Timestamp,
    /// The key that signs the checkpoints after this one, if it isn't the one that signs this one.
    pub next_key: Option<PublicKey>,
}

/// A checkpoint with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The key that signed it.
    pub key: PublicKey,
    /// Ed25519, 64 bytes.
    pub signature: Vec<u8>,
}

/// A line that is no checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotACheckpoint(String);

impl fmt::Display for NotACheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is no checkpoint: {}", self.0)
    }
}

impl Error for NotACheckpoint {}

/// The members of a line, in the order of their names.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    after: u64,
    /// Microseconds since 1970.
    at: i64,
    key: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    next_key: Option<String>,
    number: u64,
    previous: String,
    root: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    signature: Option<String>,
    up_to: u64,
}

impl Line {
    fn of(checkpoint: &Checkpoint, key: &PublicKey, signature: Option<&[u8]>) -> Self {
        Self {
            after: checkpoint.after,
            at: checkpoint.at.0,
            key: key.to_string(),
            next_key: checkpoint.next_key.map(|key| key.to_string()),
            number: checkpoint.number,
            previous: checkpoint.previous.to_string(),
            root: checkpoint.root.to_string(),
            signature: signature.map(hex::encode),
            up_to: checkpoint.up_to,
        }
    }

    fn text(&self) -> String {
        // Texts, numbers and nothing else: that can't fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Checkpoint {
    /// The bytes that are signed and hashed.
    fn signed_bytes(&self, key: &PublicKey) -> Vec<u8> {
        let mut bytes = DOMAIN_TAG.to_vec();
        bytes.extend(Line::of(self, key, None).text().into_bytes());
        bytes
    }

    /// Signs it.
    #[must_use]
    pub fn sign(self, key: &SigningKey) -> SignedCheckpoint {
        let public = key.public();
        SignedCheckpoint {
            signature: key.sign(&self.signed_bytes(&public)),
            checkpoint: self,
            key: public,
        }
    }
}

impl SignedCheckpoint {
    /// What the next checkpoint names as the one before.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash(Sha256::digest(self.checkpoint.signed_bytes(&self.key)).into())
    }

    /// Whether its key signed it.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.key
            .verifies(&self.checkpoint.signed_bytes(&self.key), &self.signature)
    }

    /// The key that must sign the next one.
    #[must_use]
    pub fn next_key(&self) -> PublicKey {
        self.checkpoint.next_key.unwrap_or(self.key)
    }

    /// As a line, without its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        Line::of(&self.checkpoint, &self.key, Some(&self.signature)).text()
    }

    /// Reads a line, which must be just what [`SignedCheckpoint::to_line`] makes. Whether the signature is right isn't
    /// asked.
    ///
    /// # Errors
    /// [`NotACheckpoint`] says why it is none.
    pub fn parse(line: &str) -> Result<Self, NotACheckpoint> {
        let fail = |error: &dyn fmt::Display| NotACheckpoint(error.to_string());
        let read: Line = serde_json::from_str(line).map_err(|error| fail(&error))?;
        let hash = |text: &str| text.parse::<Hash>().map_err(|error| fail(&error));
        let key = |text: &str| text.parse::<PublicKey>().map_err(|error| fail(&error));
        let signature = read.signature.ok_or_else(|| fail(&"it isn't signed"))?;
        let signed = Self {
            checkpoint: Checkpoint {
                number: read.number,
                after: read.after,
                up_to: read.up_to,
                root: hash(&read.root)?,
                previous: hash(&read.previous)?,
                at: Timestamp(read.at),
                next_key: read.next_key.as_deref().map(key).transpose()?,
            },
            key: key(&read.key)?,
            signature: hex::decode(signature).map_err(|error| fail(&error))?,
        };
        if signed.to_line() != line {
            return Err(fail(&"it isn't written as checkpoints are"));
        }
        Ok(signed)
    }
}
