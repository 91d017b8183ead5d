//! How the service is.

use serde::Serialize;

/// How the service is. Times are ISO 8601, ages are whole seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// What waits to be stored.
    pub queue: QueueStatus,
    /// How many records are stored.
    pub records: u64,
    /// The last checkpoint, if there is one.
    pub checkpoint: Option<CheckpointStatus>,
    /// The last verification of the whole database in this process's life.
    pub verified: Option<VerifiedStatus>,
    /// The adapters, by name.
    pub adapters: Vec<AdapterStatus>,
    /// What a person should look at, a sentence each.
    pub warnings: Vec<String>,
}

/// What waits to be stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueStatus {
    /// How many records.
    pub depth: u64,
    /// For how long the first has waited: the time from commit to record.
    pub lag_seconds: u64,
    /// How many records were set aside.
    pub set_aside: u64,
    /// Why records aren't taken from it just now, if so.
    pub error: Option<String>,
}

/// The last checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckpointStatus {
    /// Its number.
    pub number: u64,
    /// The last position that it covers.
    pub position: u64,
    /// When it was made.
    pub at: String,
    /// How long ago.
    pub age_seconds: u64,
    /// Names the key that signed it.
    pub key: String,
}

/// A verification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedStatus {
    /// When it ended.
    pub at: String,
    /// Nothing was wrong.
    pub right: bool,
    /// What was found, in a sentence.
    pub result: String,
}

/// An adapter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdapterStatus {
    /// Its name.
    pub name: String,
    /// It runs by itself.
    pub enabled: bool,
    /// The last position that it has exported.
    pub position: u64,
    /// For how long the first record that it hasn't exported has been there: the time from record to file.
    pub lag_seconds: u64,
    /// When the last run was planned that had something to export.
    pub last_run: Option<String>,
    /// The last batch.
    pub batch: Option<String>,
    /// When it runs next; `None` if it is disabled.
    pub next_run: Option<String>,
    /// Why the last run failed, if it did.
    pub error: Option<String>,
}
