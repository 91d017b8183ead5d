//! A record as a line of a file: a JSON object with its keys sorted and no blanks, so that the line is made of the record in
//! one way only.

use causerie_model::{ChainId, Hash, RoomId, Sealed, Timestamp};
use serde::{Deserialize, Serialize};
use std::{error::Error, fmt};

/// A record with its place in the database of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its place: 1, 2, 3 … without a gap, in the order in which records came in.
    pub position: u64,
    /// The record. Of a retired one actor and body are empty.
    pub record: Sealed,
    /// Its content was destroyed, as a `RETIRED` record says.
    pub retired: bool,
}

/// A line that is no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotARecord(String);

impl fmt::Display for NotARecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is no record: {}", self.0)
    }
}

impl Error for NotARecord {}

/// The members of a line, in the order of their names.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    actor: String,
    /// Microseconds since 1970.
    at: i64,
    body: String,
    chain: String,
    hash: String,
    kind: String,
    number: u64,
    position: u64,
    previous: String,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    retired: bool,
}

impl Stored {
    /// As a line, without its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        let record = &self.record;
        let line = Line {
            actor: record.actor.clone(),
            at: record.at.0,
            body: record.body.clone(),
            chain: record.chain.to_string(),
            hash: record.hash.to_string(),
            kind: record.kind.clone(),
            number: record.number,
            position: self.position,
            previous: record.previous.to_string(),
            retired: self.retired,
        };
        // Texts, numbers and nothing else: that can't fail.
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Reads a line, which must be just what [`Stored::to_line`] makes. Whether the record is right isn't asked.
    ///
    /// # Errors
    /// [`NotARecord`] says why it is none.
    pub fn parse(line: &str) -> Result<Self, NotARecord> {
        let fail = |error: &dyn fmt::Display| NotARecord(error.to_string());
        let read: Line = serde_json::from_str(line).map_err(|error| fail(&error))?;
        let hash = |text: &str| text.parse::<Hash>().map_err(|error| fail(&error));
        let stored = Self {
            position: read.position,
            record: Sealed {
                chain: chain(&read.chain).ok_or_else(|| fail(&"it is of no chain"))?,
                number: read.number,
                at: Timestamp(read.at),
                previous: hash(&read.previous)?,
                hash: hash(&read.hash)?,
                actor: read.actor,
                kind: read.kind,
                body: read.body,
            },
            retired: read.retired,
        };
        if stored.to_line() != line {
            return Err(fail(&"it isn't written as records are"));
        }
        Ok(stored)
    }
}

/// Reads a chain as [`ChainId`] prints it.
#[must_use]
pub fn chain(text: &str) -> Option<ChainId> {
    match text {
        "system" => Some(ChainId::System),
        "compliance" => Some(ChainId::Compliance),
        _ => {
            let row = text.strip_prefix("room:")?.parse().ok()?;
            (row > 0).then_some(ChainId::Room(RoomId(row)))
        }
    }
}
