//! What is imported and exported. `docs/import.md` explains it with examples.

use super::{Problem, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Users, groups, categories, rooms and what belongs to them. Of each, what is left out stays as it is, or is as it is
/// where something is added without saying so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<ImportPolicy>,
    /// Groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<ImportGroup>,
    /// Users.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<ImportUser>,
    /// Add-ins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addins: Vec<ImportAddin>,
    /// Categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<ImportCategory>,
    /// Rooms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<ImportRoom>,
    /// Information barriers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub barriers: Vec<ImportBarrier>,
}

/// The kinds, in the order in which they are carried out.
pub const IMPORT_KINDS: [&str; 7] = [
    "policies",
    "groups",
    "users",
    "addins",
    "categories",
    "rooms",
    "barriers",
];

macro_rules! entries {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field:meta])* $key:ident: $type:ty,)+ })+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
            #[serde(deny_unknown_fields)]
            pub struct $name { $($(#[$field])* pub $key: $type,)+ }
        )+
    };
}

entries! {
    /// A policy.
    ImportPolicy {
        /// `global`, `site:NAME` or `tag:NAME`.
        scope: String,
        /// It lets its users use rooms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        enabled: Option<bool>,
        /// What it is for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
    }

    /// A group.
    ImportGroup {
        /// Its name, unique, without `@`.
        name: String,
        /// `group` (unless said otherwise), `unit` or `domain`. It can't be changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        /// Users by address and groups by name that are in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        members: Option<Vec<String>>,
    }

    /// A user.
    ImportUser {
        /// `user@domain`, unique.
        address: String,
        /// What other people see.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// May sign in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        enabled: Option<bool>,
        /// The tag of his policy; empty for none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy: Option<String>,
        /// His site; empty for none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<String>,
        /// The groups that he is in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        groups: Option<Vec<String>>,
        /// His password. An export never has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<Secret>,
    }

    /// An add-in.
    ImportAddin {
        /// Its name, unique.
        name: String,
        /// Its page.
        url: String,
    }

    /// A category.
    ImportCategory {
        /// Its name, unique.
        name: String,
        /// What it is for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// Rooms may send invitations.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invitations: Option<bool>,
        /// Rooms take files.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file_upload: Option<bool>,
        /// Rooms keep their messages.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        history: Option<bool>,
        /// Whether rooms take messages while compliance is behind: `open` or `closed`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        compliance: Option<String>,
        /// May be in its rooms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        allowed: Option<Vec<String>>,
        /// May not, whatever else says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        denied: Option<Vec<String>>,
        /// May create rooms in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        creators: Option<Vec<String>>,
    }

    /// A room.
    ImportRoom {
        /// Its name, unique.
        name: String,
        /// The category that it is in. One that is added needs it; one that is there moves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        category: Option<String>,
        /// What it is for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// `normal` or `auditorium`.
        #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
        room_type: Option<String>,
        /// `open`, `closed` or `secret`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        privacy: Option<String>,
        /// `inherit` or `off`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invitations: Option<String>,
        /// Closed for everybody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disabled: Option<bool>,
        /// The add-in beside it, by name; empty for none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        addin: Option<String>,
        /// Find it, enter, read, and post in a normal room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        members: Option<Vec<String>>,
        /// Change its properties and lists.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        managers: Option<Vec<String>>,
        /// Post in an auditorium.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        presenters: Option<Vec<String>>,
    }

    /// An information barrier.
    ImportBarrier {
        /// Its name, unique.
        name: String,
        /// The groups on its two sides.
        sides: [String; 2],
    }
}

/// What came of an import, or would come of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Imported {
    /// Nothing was done: it was only asked about.
    pub what_if: bool,
    /// What came of each entry, but of those that were so already.
    pub entries: Vec<ImportedEntry>,
    /// All that changed, also what followed by itself.
    pub changes: Vec<ImportedChange>,
}

/// What came of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportedEntry {
    /// Its kind: `users`, `rooms` …
    pub kind: String,
    /// Its place among those of its kind, from 0.
    pub index: usize,
    /// `added`, `changed` or `refused`.
    pub outcome: String,
    /// What is wrong with it, if it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
}

/// A change, as its record tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportedChange {
    /// What kind of change: `room.add`, `lists.trim` …
    pub what: String,
    /// What it was done to.
    pub target: String,
    /// How it was before; empty for something that is added.
    pub before: String,
    /// How it is afterwards; empty for something that is gone.
    pub after: String,
}
