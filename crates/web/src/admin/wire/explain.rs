//! Decisions and their reasons over the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a user may do something, or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// Who: `user@domain`.
    pub user: String,
    /// `see`, `join`, `post`, `read-history` or `manage` a room; `create-room` in a category.
    pub action: String,
    /// The room or category, by name.
    pub target: String,
    /// Whether he may.
    pub allowed: bool,
    /// The rule that decided; stable, for programs.
    pub rule: String,
    /// The rule in a sentence.
    pub sentence: String,
    /// Every check up to the one that decided.
    pub checks: Vec<Checked>,
}

/// One check on the way to a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Checked {
    /// `account`, `scope`, `barrier`, `visibility`, `enabled` or `lists`.
    pub check: String,
    /// Whether it was passed.
    pub passed: bool,
    /// The rule that said so; stable, for programs.
    pub rule: String,
    /// Why, in a sentence: with the rule's own words if no entry made the difference.
    pub because: String,
    /// The entry that made the difference, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<ListEntry>,
    /// How the user comes to that entry: himself, the group that he is in, the group that this one is in, up to the one
    /// that is listed. Empty if there is no entry, or it is another's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    /// The information barrier in the way, by name, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barrier: Option<String>,
}

/// An entry in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ListEntry {
    /// Whose list: `category NAME` or `room NAME`.
    pub of: String,
    /// `allowed`, `denied`, `creator`, `member`, `manager` or `presenter`.
    pub list: String,
    /// Who is listed: a user's address or a group's name.
    pub principal: String,
}

/// Who may be given a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Eligible {
    /// How many there are, those that were left off included.
    pub total: usize,
    /// They, by name.
    pub principals: Vec<EligiblePrincipal>,
}

/// A user or group that may be given a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EligiblePrincipal {
    /// A user's address or a group's name.
    pub principal: String,
    /// `user`, `group`, `unit` or `domain`.
    pub kind: String,
    /// What other people see; empty for a group.
    pub display_name: String,
}
