//! Barriers, add-ins, policies, settings and endpoints over the wire.

use super::stated;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A wall between two groups: who belongs to one can't be in a room that people of the other may enter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Barrier {
    /// Its name.
    pub name: String,
    /// The groups on its two sides.
    pub groups: [String; 2],
}

/// A barrier to add.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBarrier {
    /// Its name, unique.
    pub name: String,
    /// The groups on its two sides.
    pub groups: [String; 2],
}

/// A page that clients show beside the rooms that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Addin {
    /// Its name.
    pub name: String,
    /// Its GUID.
    pub guid: String,
    /// The page.
    pub url: String,
    /// Rooms that have it.
    pub room_count: usize,
    /// Their names; only where one add-in is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rooms: Option<Vec<String>>,
}

/// An add-in to register.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAddin {
    /// Its name, unique: at most 50 characters.
    pub name: String,
    /// The page: an absolute http or https URL.
    pub url: String,
}

/// What to change about an add-in. What is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeAddin {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What users may do at all. For each user the nearest policy holds: the one granted to him, else his site's, else the
/// global one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Policy {
    /// Whom it is for: `global`, `site:NAME`, or `tag:NAME` for those to whom it is granted.
    pub scope: String,
    /// May use rooms.
    pub enable_persistent_chat: bool,
    /// What it is for.
    pub description: String,
    /// The users to whom it is granted; only where one policy is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<Vec<String>>,
}

/// What to change about a policy. What is left out stays, or is on and empty if there is no such policy yet.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePolicy {
    /// May use rooms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_persistent_chat: Option<bool>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Settings of servers. Null: the next wider scope decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Settings {
    /// What they are for: `global`, `site:NAME`, or `service:NAME` for one server.
    pub scope: String,
    /// Newest messages of a room that are kept in memory and handed over when none in particular are asked for.
    pub default_chat_history: Option<u16>,
    /// Largest file, in KB.
    pub max_file_kb: Option<u32>,
    /// Users in a room above which joins and parts are no longer announced.
    pub participant_update_limit: Option<u32>,
    /// A page of one's own for managing rooms; empty for the built-in one.
    pub room_management_url: Option<String>,
}

/// The settings that hold for this server, out of all scopes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EffectiveSettings {
    /// The site that the server belongs to, by its configuration.
    pub site: Option<String>,
    /// The server's name, by its configuration.
    pub service: String,
    /// Newest messages of a room that are kept in memory and handed over when none in particular are asked for.
    pub default_chat_history: u16,
    /// Largest file, in KB.
    pub max_file_kb: u32,
    /// Users in a room above which joins and parts are no longer announced.
    pub participant_update_limit: u32,
    /// A page of one's own for managing rooms; empty for the built-in one.
    pub room_management_url: String,
}

/// What to change about settings. What is left out stays; null has the next wider scope decide.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSettings {
    /// Newest messages of a room that are kept in memory and handed over when none in particular are asked for: 1 to 500.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u16>)]
    pub default_chat_history: Option<Option<u16>>,
    /// Largest file, in KB: at most 4 GB.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>)]
    pub max_file_kb: Option<Option<u32>>,
    /// Users in a room above which joins and parts are no longer announced: at most 100,000.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>)]
    pub participant_update_limit: Option<Option<u32>>,
    /// A page of one's own for managing rooms, an absolute http or https URL; empty for the built-in one.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub room_management_url: Option<Option<String>>,
}

/// An address of its own under which clients find the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Endpoint {
    /// `user@domain`.
    pub address: String,
    /// What people see.
    pub display_name: String,
}

/// An endpoint to add.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEndpoint {
    /// `user@domain`, nobody's so far.
    pub address: String,
    /// What people see; the part before the `@` if empty.
    #[serde(default)]
    pub display_name: String,
}
