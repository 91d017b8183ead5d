//! The compliance service: takes records from the queue, proves them, and exports, holds and retires them.
//!
//! It knows ports only. What it does itself it records in a chain of its own, [`causerie_model::ChainId::Compliance`]; that
//! chain is also its lock, since a record of it is taken only right after the one by which it was decided.

pub mod adapter;
mod batch;
mod change;
mod checkpoint;
mod commit;
pub mod documents;
mod entry;
mod error;
mod format;
pub mod intake;
mod links;
mod needs;
mod run;
mod run_lease;
mod schedule;
mod service;
mod settings;
mod status;
mod verify;
mod watch;

pub use change::Change;
pub use error::ComplianceError;
pub use needs::{Alarm, Alarms, Anchor, Needs, Officer};
pub use run::{Progress, RunOutcome};
pub use service::Compliance;
pub use settings::Settings;
pub use status::{AdapterStatus, CheckpointStatus, NO_ADAPTER, QueueStatus, Status, VerifiedStatus};
pub use verify::Verification;
