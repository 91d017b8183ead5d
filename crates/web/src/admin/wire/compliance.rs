//! Compliance over the wire. What officers set is told as it is stored: in `camelCase`, rooms by their rows.

use super::Change;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const fn yes() -> bool {
    true
}

/// How often an adapter runs if it isn't said, in seconds: 15 minutes.
const fn quarter() -> u32 {
    900
}

/// How many records a search shows if it isn't said.
const fn hundred() -> u32 {
    100
}

fn ndjson() -> String {
    "ndjson".to_owned()
}

/// An adapter: where records go to, how, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdapterSettings {
    /// `xml`, `actiance`, `eml`, `csv`, `ndjson` or `rsmf`.
    pub format: String,
    /// Where exports go: an absolute path on the machine of the compliance service.
    pub directory: String,
    /// Seconds between two runs: 60 to 2,592,000 [default: 900].
    #[serde(default = "quarter")]
    pub interval: u32,
    /// Each export is one zip instead of a folder.
    #[serde(default)]
    pub zip: bool,
    /// It runs by itself [default: true].
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Rooms and categories are named, not only addresses of rooms [default: true].
    #[serde(default = "yes")]
    pub add_chat_room_details: bool,
    /// People are named, not only their addresses [default: true].
    #[serde(default = "yes")]
    pub add_user_details: bool,
    /// One file for each room.
    #[serde(default)]
    pub one_chat_room_per_output_file: bool,
    /// The files that were put into rooms are listed.
    #[serde(default)]
    pub create_file_attachments_manifest: bool,
    /// An XSLT 1.0 stylesheet that the XML is put through.
    #[serde(default)]
    pub xslt: Option<String>,
    /// The extension of what the stylesheet makes.
    #[serde(default)]
    pub extension: Option<String>,
    /// All is exported anew, from the first record on. Without it an adapter goes on where one of its name ended.
    #[serde(default)]
    pub from_start: bool,
}

/// What a request on an adapter did, or with `what_if=true` would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdapterChanges {
    /// All that changed; empty if everything was so already.
    pub changes: Vec<Change>,
    /// After which position the adapter goes on from now on, or would if it were set again after its removal; 0: it begins
    /// with the first record.
    pub goes_on_after: u64,
    /// True if nothing was changed, as that was asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub what_if: bool,
}

/// A legal hold to be placed. What is left out covers everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewHold {
    /// Why.
    pub reason: String,
    /// The matter that it is for.
    #[serde(default)]
    pub matter: Option<String>,
    /// Covers what these people did, wrote, or had done to them: addresses.
    #[serde(default)]
    pub people: Vec<String>,
    /// Covers what happened in these rooms: names, GUIDs or rows.
    #[serde(default)]
    pub rooms: Vec<String>,
    /// Covers what happened at this time or later, RFC 3339.
    #[serde(default)]
    pub from: Option<String>,
    /// Covers what happened before this time, RFC 3339.
    #[serde(default)]
    pub until: Option<String>,
}

/// How long records are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetentionDays {
    /// Days of 24 hours.
    pub keep_days: u32,
}

/// A retention policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetentionPolicy {
    /// `global`, `category:GUID` or `room:ROW`.
    pub scope: String,
    /// The name of the category or room, if it is known.
    pub name: Option<String>,
    /// Days of 24 hours.
    pub keep_days: u32,
}

/// What would be destroyed and what would stay, if retention were applied now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetentionPlan {
    /// As of this moment.
    pub at: String,
    /// Of the records up to this position.
    pub up_to: u64,
    /// How many records would go.
    pub records: u64,
    /// Bytes of their content.
    pub bytes: u64,
    /// How many messages would go from the rooms with them, if all are still there.
    pub messages: u64,
    /// By chain and reason.
    pub lines: Vec<RetentionPlanLine>,
}

/// Records of a chain that go or stay for the same reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetentionPlanLine {
    /// `system`, `compliance` or `room:ROW`.
    pub chain: String,
    /// The room's name, if it is a room's chain and the name is known.
    pub name: Option<String>,
    /// They go; if not, they stay.
    pub goes: bool,
    /// By which policy they go, or why they stay.
    pub reason: String,
    /// How many.
    pub records: u64,
    /// Bytes of their content.
    pub bytes: u64,
    /// How many messages go from the room with them, if all are still there; 0 if they stay.
    pub messages: u64,
}

/// What was destroyed, and why the rest wasn't.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetentionApplied {
    /// How many records lost their content.
    pub records: u64,
    /// Bytes of it.
    pub bytes: u64,
    /// How many messages went from the rooms.
    pub messages: u64,
    /// What of the rooms stays, by why.
    pub stays: Vec<RetentionStays>,
}

/// Records of all rooms that stay for the same reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetentionStays {
    /// Why.
    pub reason: String,
    /// How many.
    pub records: u64,
    /// Bytes of their content.
    pub bytes: u64,
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// Nothing is wrong.
    pub right: bool,
    /// How much is right, or the first thing that is wrong, in a sentence.
    pub result: String,
    /// How many records there are; 0 if something is wrong.
    pub records: u64,
    /// In how many chains.
    pub chains: u64,
    /// How many checkpoints there are.
    pub checkpoints: u64,
    /// How many records came after the last checkpoint.
    pub not_yet_covered: u64,
    /// How many records were set aside.
    pub set_aside: u64,
    /// Of how many records the content was destroyed.
    pub retired: u64,
}

/// A matter to be opened, or how one is to be. What is left out doesn't matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewMatter {
    /// What people call it.
    pub name: String,
    /// The people whose doings are looked for: addresses.
    #[serde(default)]
    pub custodians: Vec<String>,
    /// The rooms that are looked into: names, GUIDs or rows.
    #[serde(default)]
    pub rooms: Vec<String>,
    /// Not before this, RFC 3339.
    #[serde(default)]
    pub from: Option<String>,
    /// Before this, RFC 3339.
    #[serde(default)]
    pub until: Option<String>,
    /// A text that has one of these, in any case, is found.
    #[serde(default)]
    pub words: Vec<String>,
}

/// A page of what is found in a matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatterSearch {
    /// Only records after this position are shown.
    #[serde(default)]
    pub after: u64,
    /// Most records that are shown [default: 100].
    #[serde(default = "hundred")]
    pub limit: u32,
}

/// Where an export goes and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportTo {
    /// An absolute path on the machine of the compliance service.
    pub directory: String,
    /// `xml`, `actiance`, `eml`, `csv`, `ndjson` or `rsmf` [default: `ndjson`].
    #[serde(default = "ndjson")]
    pub format: String,
    /// One zip instead of a folder.
    #[serde(default)]
    pub zip: bool,
}

/// Whose reads are exported, and where to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadsExport {
    /// The user's address.
    pub user: String,
    /// Not before this, RFC 3339.
    pub from: String,
    /// Before this, RFC 3339.
    pub until: String,
    /// An absolute path on the machine of the compliance service.
    pub directory: String,
    /// `xml`, `actiance`, `eml`, `csv`, `ndjson` or `rsmf` [default: `ndjson`].
    #[serde(default = "ndjson")]
    pub format: String,
    /// One zip instead of a folder.
    #[serde(default)]
    pub zip: bool,
}

/// The key with which others check what was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicKey {
    /// Names it: the first 16 hexadecimal digits of its SHA-256.
    pub id: String,
    /// Its 32 bytes in hexadecimal.
    pub key: String,
    /// The same as PEM.
    pub pem: String,
}

/// Records that were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundRecords {
    /// How many there are.
    pub found: u64,
    /// It was looked for up to this position.
    pub up_to: u64,
    /// Of how many it can't be told whether they fit, since their content was destroyed.
    pub retired: u64,
    /// There are more after those that are shown.
    pub more: bool,
    /// Those that are shown, by position.
    pub records: Vec<FoundRecord>,
    /// What looks like a mistake in what was asked, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundRecord {
    /// Its place in the database.
    pub position: u64,
    /// Its chain: `system`, `compliance` or `room:ROW`.
    pub chain: String,
    /// The room's name, if it is a room's chain and the name is known.
    pub room: Option<String>,
    /// Its number in the chain.
    pub number: u64,
    /// When.
    pub at: String,
    /// Who.
    pub actor: String,
    /// Its type: `CHAT`, `JOIN` …
    pub kind: String,
    /// Its own fields as JSON.
    pub body: String,
    /// Its hash.
    pub hash: String,
}

/// What was exported, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exported {
    /// Names the batch; null if there is none.
    pub batch: Option<String>,
    /// Where it is.
    pub place: Option<String>,
    /// How many records it has, or would.
    pub records: u64,
    /// How many records might belong to it, but their content was destroyed.
    pub retired: u64,
    /// What looks like a mistake in what was asked, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}
