//! What can be wrong with an export.

use crate::PublicKey;
use std::{error::Error, fmt};

/// What is wrong with an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A file, or the whole, can't be read.
    Unreadable {
        /// Its name; empty for the whole.
        file: String,
        /// Why.
        why: String,
    },
    /// The manifest or its signature isn't right.
    Manifest(String),
    /// The manifest is signed by a key that isn't trusted.
    Key {
        /// Who signed it.
        signer: PublicKey,
        /// Who is trusted.
        trusted: PublicKey,
    },
    /// A file isn't there.
    Missing(String),
    /// A file is there that the manifest doesn't name, or is there twice.
    Added(String),
    /// A file isn't as it was made.
    File {
        /// Its name.
        file: String,
        /// How it differs.
        damage: Damage,
        /// Where, if that can be told.
        place: Option<String>,
    },
    /// A file is as it was made, and yet a line of it is wrong.
    Line {
        /// Its name.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// The files are as they were made, and yet don't fit together.
    Content(String),
}

/// How a file differs from what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It has the same length, but other bytes.
    Changed,
    /// Bytes are missing.
    Short {
        /// How many it has …
        bytes: u64,
        /// … of how many.
        of: u64,
    },
    /// It has bytes too many.
    Long {
        /// How many.
        more: u64,
    },
}

impl Wrong {
    pub(super) fn unreadable(file: &str, why: String) -> Self {
        Self::Unreadable {
            file: file.to_owned(),
            why,
        }
    }

    /// The file that is wrong, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::Unreadable { file, .. } | Self::File { file, .. } | Self::Line { file, .. } => Some(file),
            Self::Missing(file) | Self::Added(file) => Some(file),
            Self::Manifest(_) | Self::Key { .. } => Some(crate::manifest::MANIFEST),
            Self::Content(_) => None,
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { file, why } if file.is_empty() => write!(f, "the export can't be read: {why}"),
            Self::Unreadable { file, why } => write!(f, "{file} can't be read: {why}"),
            Self::Manifest(why) => f.write_str(why),
            Self::Key { signer, trusted } => write!(
                f,
                "manifest.json is signed by the key {}, to which nothing leads from the trusted key {}",
                signer.id(),
                trusted.id()
            ),
            Self::Missing(file) => write!(f, "{file} is missing"),
            Self::Added(file) => write!(f, "{file} was added: the manifest doesn't name it"),
            Self::File { file, damage, place } => {
                match damage {
                    Damage::Changed => write!(f, "{file} was changed")?,
                    Damage::Short { bytes, of } => {
                        write!(f, "{file} was changed: it has {bytes} of {of} bytes")?;
                    }
                    Damage::Long { more } => {
                        write!(f, "{file} was changed: it has {more} bytes more than it had")?;
                    }
                }
                match place {
                    Some(place) => write!(f, "; {place}"),
                    None => Ok(()),
                }
            }
            Self::Line { file, line, why } => write!(f, "{file}, line {line}: {why}"),
            Self::Content(why) => f.write_str(why),
        }
    }
}

impl Error for Wrong {}
