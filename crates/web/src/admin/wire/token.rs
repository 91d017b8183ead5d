//! Tokens over the wire.

use super::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A token for who administers the server from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// Its name; records name its holder by it.
    pub name: String,
    /// `administrator`, `compliance-officer`, `user-administrator` or `auditor`.
    pub role: String,
    /// Since when it is there, RFC 3339.
    pub created: String,
    /// Until when it is good, RFC 3339; null if until it is removed.
    pub expires: Option<String>,
    /// It is no longer good.
    pub expired: bool,
}

/// A token to add.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// Its name, unique: 1 to 64 letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// `administrator`, `compliance-officer`, `user-administrator` or `auditor`.
    pub role: String,
    /// For how many seconds it is good; for ever if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
}

/// A token that was added.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct IssuedToken {
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: String,
    /// Until when it is good, RFC 3339; null if until it is removed.
    pub expires: Option<String>,
    /// What its holder sends as `Authorization: Bearer`. It is shown here and never again.
    pub token: Secret,
}
