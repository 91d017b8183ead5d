//! What goes over the wire, both ways. The command line reads the same types.
//!
//! They are the API's own, so that the model can change without it.

mod change;
mod compliance;
mod explain;
mod import;
mod message;
mod resource;
mod token;

pub use change::{Change, Changed, Changes, Outcome, Rehearsal};
pub use compliance::{
    AdapterChanges, AdapterSettings, ExportTo, Exported, FoundRecord, FoundRecords, MatterSearch, NewHold,
    NewMatter, PublicKey, ReadsExport, RetentionApplied, RetentionDays, RetentionPlan, RetentionPlanLine,
    RetentionPolicy, RetentionStays, Verified,
};
pub use explain::{Checked, Eligible, EligiblePrincipal, Explanation, ListEntry};
pub use import::{
    IMPORT_KINDS, Import, ImportAddin, ImportBarrier, ImportCategory, ImportGroup, ImportPolicy, ImportRoom,
    ImportUser, Imported, ImportedChange, ImportedEntry,
};
pub use message::{ClearRoom, FoundRoom, MessagesChanged, ReplaceMessages, WhichMessages};
pub use resource::{
    Addin, Barrier, ChangeAddin, ChangePolicy, ChangeSettings, EffectiveSettings, Endpoint, NewAddin,
    NewBarrier, NewEndpoint, Policy, Settings,
};
pub use token::{IssuedToken, NewToken, Token};

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// The body of every refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// What is wrong.
    pub error: Problem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Stable, for programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// Reads what may be null and may be left out: what is left out is `None`, null is `Some(None)`.
fn stated<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// `user@domain`.
    pub address: String,
    /// What other people see.
    pub display_name: String,
    /// May sign in.
    pub enabled: bool,
    /// Endpoints that are signed in now.
    pub endpoints: usize,
    /// The tag of the policy granted to him.
    #[serde(default)]
    pub policy: Option<String>,
    /// The site that he belongs to.
    #[serde(default)]
    pub site: Option<String>,
    /// The policy that holds for him; only where one user is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_policy: Option<Policy>,
    /// Has a password; only where one user is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_password: Option<bool>,
    /// The groups that hold him directly; only where one user is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
}

/// A password or a token. It shows itself to nobody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(format = Password)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A user to add.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// `user@domain`, unique.
    pub address: String,
    /// What other people see; the part before the `@` if empty.
    #[serde(default)]
    pub display_name: String,
    /// The password. Without one he can't sign in until he gets one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// The tag of the policy granted to him.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The site that he belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
}

/// What to change about a user. What is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeUser {
    /// What other people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// May sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The tag of the policy granted to him; null takes it back.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub policy: Option<Option<String>>,
    /// The site that he belongs to; null for none.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub site: Option<Option<String>>,
}

/// A password to set.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The password.
    pub password: Secret,
}

/// What a sign-out did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignedOut {
    /// Endpoints whose connections were ended.
    pub endpoints: usize,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// `group`, `unit` or `domain`.
    pub kind: String,
    /// Users and groups in it, directly.
    pub member_count: usize,
    /// Their names; only where one group is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<String>>,
}

/// A group to add.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGroup {
    /// Its name, unique, without `@`.
    pub name: String,
    /// `group` (unless said otherwise): a user may be in many; `unit`: everything is in at most one; `domain`: holds
    /// every user whose address ends with its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// What to change about a group. What is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeGroup {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A user or group to put on a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEntry {
    /// A user's address or a group's name.
    pub principal: String,
}

/// A category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// Its GUID.
    pub guid: String,
    /// What it is for.
    pub description: String,
    /// Rooms may send invitations.
    pub invitations: bool,
    /// Rooms take files.
    pub file_upload: bool,
    /// Rooms keep their messages.
    pub history: bool,
    /// Whether rooms take messages while compliance is behind: `open` if they do, `closed` if they refuse them.
    pub compliance: String,
    /// Rooms in it.
    pub room_count: usize,
    /// Who made it, who changed it last, and its version.
    #[serde(flatten)]
    pub audit: Audit,
    /// Its lists; only where one category is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lists: Option<CategoryLists>,
}

/// Who made a category or room, who changed it last, and how often it was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Audit {
    /// Counts the changes of its properties and lists, from 1.
    pub version: u64,
    /// Who made it.
    pub created_by: String,
    /// When, RFC 3339.
    pub created_on: String,
    /// Who changed it last.
    pub updated_by: String,
    /// When, RFC 3339.
    pub updated_on: String,
}

/// A category's lists: addresses of users and names of groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CategoryLists {
    /// May be in its rooms.
    pub allowed: Vec<String>,
    /// May not, whatever else says so.
    pub denied: Vec<String>,
    /// May create rooms in it.
    pub creators: Vec<String>,
}

/// A category to add. Its lists start empty.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCategory {
    /// Its name, unique.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Rooms may send invitations. Off unless said.
    #[serde(default)]
    pub invitations: bool,
    /// Rooms take files. Off unless said.
    #[serde(default)]
    pub file_upload: bool,
    /// Rooms keep their messages. On unless said.
    #[serde(default = "yes")]
    pub history: bool,
    /// Whether rooms take messages while compliance is behind: `open` (unless said otherwise) or `closed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compliance: Option<String>,
}

fn yes() -> bool {
    true
}

/// What to change about a category. What is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeCategory {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Rooms may send invitations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitations: Option<bool>,
    /// Rooms take files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_upload: Option<bool>,
    /// Rooms keep their messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<bool>,
    /// Whether rooms take messages while compliance is behind: `open` or `closed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compliance: Option<String>,
    /// The version that was seen: the change is refused if somebody else changed the category since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// A room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Room {
    /// Its name.
    pub name: String,
    /// Its GUID, the last part of its URI.
    pub guid: String,
    /// Its URI: `ma-chan://domain/guid`.
    pub uri: String,
    /// The category that it is in.
    pub category: String,
    /// What it is for.
    pub description: String,
    /// `normal` or `auditorium`.
    #[serde(rename = "type")]
    pub room_type: String,
    /// `open`, `closed` or `secret`.
    pub privacy: String,
    /// `inherit` or `off`.
    pub invitations: String,
    /// Closed for everybody.
    pub disabled: bool,
    /// The add-in beside it.
    pub addin: Option<String>,
    /// Who made it, who changed it last, and its version.
    #[serde(flatten)]
    pub audit: Audit,
    /// Users in it now.
    pub present: usize,
    /// Its lists; only where one room is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lists: Option<RoomLists>,
}

/// A room's lists: addresses of users and names of groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomLists {
    /// Find it, enter, read, and post in a normal room.
    pub members: Vec<String>,
    /// Change its properties and lists.
    pub managers: Vec<String>,
    /// Post in an auditorium.
    pub presenters: Vec<String>,
}

/// A room to add. Its lists start empty.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoom {
    /// Its name, unique.
    pub name: String,
    /// The category that it goes into.
    pub category: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// `normal` (unless said otherwise) or `auditorium`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub room_type: Option<String>,
    /// `open`, `closed` (unless said otherwise) or `secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<String>,
    /// `inherit` (unless said otherwise) or `off`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitations: Option<String>,
    /// The add-in beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addin: Option<String>,
    /// Closed for everybody at first.
    #[serde(default)]
    pub disabled: bool,
}

/// What to change about a room. What is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRoom {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `normal` or `auditorium`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub room_type: Option<String>,
    /// `open`, `closed` or `secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<String>,
    /// `inherit` or `off`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitations: Option<String>,
    /// Closed for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// The category that it moves to. Who isn't in the scope there goes off its lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The add-in beside it; null for none.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub addin: Option<Option<String>>,
    /// All members from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<String>>,
    /// All managers from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managers: Option<Vec<String>>,
    /// All presenters from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presenters: Option<Vec<String>>,
    /// The version that was seen: the change is refused if somebody else changed the room since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// What reading the certificates' files again did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Certificates {
    /// Those now in use.
    pub certificates: Vec<Certificate>,
}

/// An endpoint that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Registration {
    /// Whose: `user@domain`.
    pub address: String,
    /// What tells the device from the user's others.
    pub endpoint: String,
    /// Where it is connected from.
    pub from: String,
    /// `tls` or `tcp`.
    pub transport: String,
    /// Since when, RFC 3339.
    pub since: String,
    /// Until when, unless it renews its registration; RFC 3339.
    pub expires: String,
    /// What program it says it is.
    pub user_agent: String,
}

/// What the program is and where it listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Program {
    /// Its version.
    pub version: String,
    /// Its process id.
    pub pid: u32,
    /// The SIP domain that it serves.
    pub domain: String,
    /// Since when it runs, RFC 3339.
    pub started: String,
    /// Where it keeps everything.
    pub data_dir: String,
    /// Where it takes SIP over TCP.
    pub sip_tcp: Option<String>,
    /// Where it takes SIP over TLS.
    pub sip_tls: Option<String>,
    /// Where it shows metrics.
    pub metrics: Option<String>,
    /// Where it takes this API over HTTPS.
    pub admin_https: Option<String>,
}

/// How the server is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// What the program is and where it listens.
    #[serde(flatten)]
    pub program: Program,
    /// Users that exist.
    pub users: usize,
    /// Rooms that exist.
    pub rooms: usize,
    /// Rooms with somebody in them.
    pub rooms_in_use: usize,
    /// Endpoints that are signed in.
    pub signed_in: usize,
    /// Endpoints in contact with the chat service.
    pub endpoints: u64,
    /// The last commit succeeded.
    pub writable: bool,
    /// Records that wait for compliance; null if the database can't be read.
    pub queue: Option<u64>,
    /// So much waits for compliance, or for so long, that rooms of closed categories take no messages
    pub compliance_behind: bool,
    /// The certificates in use.
    pub certificates: Vec<Certificate>,
}

/// A certificate in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Certificate {
    /// `ecdsa` or `rsa`.
    pub kind: String,
    /// Its file.
    pub file: String,
    /// Whom it is for.
    pub subject: String,
    /// The names that it is good for.
    pub names: Vec<String>,
    /// Who issued it.
    pub issuer: String,
    /// Its serial number in hexadecimal, by which its issuer tells it from others.
    pub serial: String,
    /// Until when it is valid, RFC 3339.
    pub not_after: String,
    /// Whole days until then; negative if it is past.
    pub days_left: i64,
}
