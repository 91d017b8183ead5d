//! What changes did, over the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One change that was made, or would be: what its record says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// What kind of change: `room.add`, `member.grant`, `lists.trim` for entries that may no longer be in a list …
    pub what: String,
    /// What it is done to.
    pub target: String,
    /// How it was; empty for something that wasn't there.
    pub before: String,
    /// How it is afterwards; empty for something gone.
    pub after: String,
}

/// What there is after a change, and all that changed, what followed by itself included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outcome<T> {
    /// What was changed, as it is now.
    #[serde(flatten)]
    pub now: T,
    /// All that changed; empty if everything was so already.
    pub changes: Vec<Change>,
}

/// What a request on a list did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Changed {
    /// Whether anything is other than before.
    pub changed: bool,
    /// All that changed, what followed by itself included.
    #[serde(default)]
    pub changes: Vec<Change>,
}

/// What a request did that leaves nothing to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Changes {
    /// All that changed, what followed by itself included.
    pub changes: Vec<Change>,
    /// What looks like a mistake and was done all the same, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What a request with `what_if=true` would do. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rehearsal {
    /// True.
    pub what_if: bool,
    /// All that would change; empty if everything is so already.
    pub changes: Vec<Change>,
    /// What looks like a mistake, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}
