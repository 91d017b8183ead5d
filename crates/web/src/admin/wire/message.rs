//! Which messages to change, and how many were, over the wire. What they say never is.

use super::Room;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which messages of a room. What is left out doesn't matter; something must be said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichMessages {
    /// By one of these: `user@domain`. They needn't exist any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// From this moment on, RFC 3339; without a zone it is UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Before this moment, RFC 3339; without a zone it is UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Words and `"phrases"` that they hold; `word*` for words that begin so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// How much of the text they hold: `all` (unless said otherwise), `any`, or `phrase`.
    #[serde(rename = "match", default, skip_serializing_if = "Option::is_none")]
    pub matching: Option<String>,
    /// Letters must be those of the text, accents and case included.
    #[serde(default)]
    pub case_sensitive: bool,
}

/// Which messages of a room, and what they say instead. What is left out doesn't matter; something must be said of which.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceMessages {
    /// Which.
    #[serde(default)]
    pub which: WhichMessages,
    /// The text instead; that they were replaced by an administrator, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
}

/// Up to when a room is to be cleared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearRoom {
    /// The moment, inclusive, RFC 3339; without a zone it is UTC.
    pub until: String,
}

/// How many messages were changed, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessagesChanged {
    /// How many.
    pub messages: u64,
    /// There may be more of them: no further were counted.
    pub at_least: bool,
    /// Nothing was done: it was only asked about.
    pub what_if: bool,
}

/// A room that was found, and how much is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FoundRoom {
    /// The room.
    #[serde(flatten)]
    pub room: Room,
    /// Its messages; only where sizes are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<u64>,
    /// Bytes of their texts and of what came along with them; only where sizes are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// When the last of them was posted, RFC 3339; only where sizes are asked for, and if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message: Option<String>,
}
