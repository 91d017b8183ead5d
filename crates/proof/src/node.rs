//! What an export has of records that aren't in it: nodes of the checkpoints' trees.

use causerie_model::Hash;
use serde::{Deserialize, Serialize};
use std::{error::Error, fmt};

/// The root of a full subtree: a line of [`crate::manifest::NODES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The position of its first record.
    pub position: u64,
    /// How many records it covers: a power of two.
    pub leaves: u64,
    /// Its hash; that of a single record is its leaf.
    pub hash: Hash,
}

/// A line that is no node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotANode(String);

impl fmt::Display for NotANode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is no node: {}", self.0)
    }
}

impl Error for NotANode {}

/// The members of a line, in the order of their names.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    hash: String,
    leaves: u64,
    position: u64,
}

impl Node {
    /// The position of its last record.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.position.saturating_add(self.leaves.saturating_sub(1))
    }

    /// As a line, without its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        let line = Line {
            hash: self.hash.to_string(),
            leaves: self.leaves,
            position: self.position,
        };
        // A text and numbers: that can't fail.
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Reads a line, which must be just what [`Node::to_line`] makes of a node that can be: positions begin with 1, and its
    /// last one is a number that there is.
    ///
    /// # Errors
    /// [`NotANode`] says why it is none.
    pub fn parse(line: &str) -> Result<Self, NotANode> {
        let fail = |error: &dyn fmt::Display| NotANode(error.to_string());
        let read: Line = serde_json::from_str(line).map_err(|error| fail(&error))?;
        let node = Self {
            position: read.position,
            leaves: read.leaves,
            hash: read
                .hash
                .parse()
                .map_err(|error: causerie_model::NotAHash| fail(&error))?,
        };
        if node.to_line() != line {
            return Err(fail(&"it isn't written as nodes are"));
        }
        if !node.leaves.is_power_of_two() {
            return Err(fail(&format!("{} leaves are no power of two", node.leaves)));
        }
        if node.position == 0 || node.position.checked_add(node.leaves).is_none() {
            return Err(fail(&"there are no such positions"));
        }
        Ok(node)
    }
}
