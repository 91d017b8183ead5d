//! The compliance service: takes records from the queue, proves them, and exports, holds and retires them.
//!
//! It knows ports only. What it does itself it records in a chain of its own, [`causerie_model::ChainId::Compliance`]; that
//! chain is also its lock, since a record of it is taken only right after the one by which it was decided.

pub mod adapter;
mod alarms;
mod batch;
mod change;
mod checkpoint;
mod commit;
pub mod documents;
mod entry;
mod erase;
mod error;
mod export;
mod fate;
mod format;
mod hold;
pub mod intake;
mod known;
mod ledger;
mod links;
mod matter;
mod needs;
mod reads;
mod retention;
mod run;
mod run_lease;
mod schedule;
mod scope;
mod scribe;
mod service;
mod settings;
mod sift;
mod signed_in;
mod spans;
mod status;
mod told;
mod trust;
mod verify;
mod watch;

pub use alarms::StandingAlarm;
pub use causerie_model::{Alarm, Alarms};
pub use change::Change;
pub use commit::MAX_DECISIONS;
pub use error::ComplianceError;
pub use export::{ExportOutcome, ExportRequest};
pub use fate::Fate;
pub use hold::HoldRequest;
pub use matter::MatterRequest;
pub use needs::{Anchor, Needs, Officer};
pub use reads::{Reading, Reads, RoomReads};
pub use retention::{Applied, CHUNK, Plan, Tally};
pub use run::{Progress, RunOutcome};
pub use scope::{MAX_NAMED, MAX_TEXT};
pub use service::Compliance;
pub use settings::Settings;
pub use sift::{Found, MAX_SHOWN, Page};
pub use signed_in::SIGN_IN_SECONDS;
pub use status::{AdapterStatus, CheckpointStatus, NO_ADAPTER, QueueStatus, Status, VerifiedStatus};
pub use verify::{Finding, Verification};
