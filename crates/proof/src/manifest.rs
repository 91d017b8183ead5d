//! What an export says of itself.
//!
//! An export is a folder, or a zip of one:
//!
//! | file | what |
//! |---|---|
//! | `manifest.json` | a [`Manifest`] as one line of JSON |
//! | `manifest.sig` | a line of JSON: `key` and `signature` in hexadecimal; the signature is over `causerie manifest 1`, a zero byte and the bytes of `manifest.json` |
//! | `records.ndjson` | its records, a [`crate::Stored`] on each line, by chain and number |
//! | `checkpoints.ndjson` | the checkpoints that cover its records, and all that name another key, a [`crate::SignedCheckpoint`] on each line |
//! | `nodes.ndjson` | of the trees of the former, the largest full subtrees that hold no record of the export, a [`crate::Node`] on each line, by position |
//! | others | the same records in the format that was asked for |
//! | `*.parts` | beside each of those: a [`Part`] on each line, so that a changed byte can be laid to a record |

use crate::key::{PublicKey, SigningKey};
use causerie_model::Hash;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, error::Error, fmt};

/// Names the purpose and version of what is signed.
const DOMAIN_TAG: &[u8] = b"causerie manifest 1\0";

/// The manifest's file.
pub const MANIFEST: &str = "manifest.json";
/// The file of its signature.
pub const SIGNATURE: &str = "manifest.sig";
/// The file of the records.
pub const RECORDS: &str = "records.ndjson";
/// The file of the checkpoints.
pub const CHECKPOINTS: &str = "checkpoints.ndjson";
/// The file of what the checkpoints cover besides.
pub const NODES: &str = "nodes.ndjson";
/// What the name of a file of parts ends with.
pub const PARTS_SUFFIX: &str = ".parts";

/// What an export says of itself. Members are in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// It covers positions after this one …
    pub after: u64,
    /// When it was planned, RFC 3339.
    pub at: String,
    /// Its name.
    pub batch: String,
    /// Each chain in it, by its name.
    pub chains: BTreeMap<String, ChainRange>,
    /// It holds every record of its range of positions. If not, `selection` says which.
    pub complete: bool,
    /// Every other file but the two of the manifest, by its name.
    pub files: BTreeMap<String, File>,
    /// The format: `xml`, `actiance`, `eml`, `csv`, `ndjson`, `rsmf`.
    pub format: String,
    /// The adapter or matter that it is for.
    pub of: String,
    /// How many records it has.
    pub records: u64,
    /// Which records it has, in words, if not all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub selection: Option<String>,
    /// … up to this one.
    pub up_to: u64,
}

/// What an export has of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChainRange {
    /// How many records of each kind.
    pub counts: BTreeMap<String, u64>,
    /// Number of the first record.
    pub first: u64,
    /// Hash of the last record.
    pub head: String,
    /// Number of the last record.
    pub last: u64,
    /// Hash of the record before the first.
    pub previous: String,
    /// How many records it has; less than `last - first + 1` only if the export is a selection.
    pub records: u64,
    /// The room's address, if it is one whose address is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub room: Option<String>,
}

/// A file of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of it in hexadecimal.
    pub sha256: String,
}

/// A piece of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Part {
    /// Its length in bytes.
    pub bytes: u64,
    /// The position of the record that it was made of, if it was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub position: Option<u64>,
    /// SHA-256 of it in hexadecimal.
    pub sha256: String,
}

/// A text that is no manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAManifest(String);

impl fmt::Display for NotAManifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for NotAManifest {}

/// A manifest with its signature, as bytes of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedManifest {
    /// `manifest.json`.
    pub manifest: Vec<u8>,
    /// `manifest.sig`.
    pub signature: Vec<u8>,
}

/// The members of `manifest.sig`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    key: String,
    signature: String,
}

impl Signature {
    /// As it is written: letters of hexadecimal digits are small, so that it is written in one way only.
    fn line(&self) -> Vec<u8> {
        let small = Self {
            key: self.key.to_ascii_lowercase(),
            signature: self.signature.to_ascii_lowercase(),
        };
        // Texts and nothing else: that can't fail.
        let mut line = serde_json::to_vec(&small).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

fn signed_bytes(manifest: &[u8]) -> Vec<u8> {
    [DOMAIN_TAG, manifest].concat()
}

impl Manifest {
    /// Signs it.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> SignedManifest {
        // Texts, numbers and nothing else: that can't fail.
        let mut manifest = serde_json::to_vec(self).unwrap_or_default();
        manifest.push(b'\n');
        let signature = Signature {
            key: key.public().to_string(),
            signature: hex::encode(key.sign(&signed_bytes(&manifest))),
        };
        SignedManifest {
            manifest,
            signature: signature.line(),
        }
    }
}

impl SignedManifest {
    /// SHA-256 of the manifest.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash(Sha256::digest(&self.manifest).into())
    }

    /// The manifest, and the key that signed it.
    ///
    /// # Errors
    /// [`NotAManifest`] if either can't be read, or the signature isn't right.
    pub fn open(&self) -> Result<(Manifest, PublicKey), NotAManifest> {
        let fail = |what: &str, error: &dyn fmt::Display| NotAManifest(format!("{what}: {error}"));
        let signature: Signature =
            serde_json::from_slice(&self.signature).map_err(|error| fail(SIGNATURE, &error))?;
        if signature.line() != self.signature {
            return Err(fail(SIGNATURE, &"it isn't written as signatures are"));
        }
        let key: PublicKey = signature.key.parse().map_err(|error| fail(SIGNATURE, &error))?;
        let signature = hex::decode(signature.signature).map_err(|error| fail(SIGNATURE, &error))?;
        if !key.verifies(&signed_bytes(&self.manifest), &signature) {
            return Err(fail(MANIFEST, &"its signature isn't right"));
        }
        let manifest = serde_json::from_slice(&self.manifest).map_err(|error| fail(MANIFEST, &error))?;
        Ok((manifest, key))
    }
}
