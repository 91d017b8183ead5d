//! The compliance service: takes records from the queue, proves them, and exports, holds and retires them.
//!
//! It knows ports only. What it does itself it records in a chain of its own, [`causerie_model::ChainId::Compliance`]; that
//! chain is also its lock, since a record of it is taken only right after the one by which it was decided.

mod change;
mod commit;
pub mod documents;
mod error;
mod needs;
mod service;
mod settings;
mod status;

pub use change::Change;
pub use error::ComplianceError;
pub use needs::{Alarm, Alarms, Anchor, Needs, Officer};
pub use service::Compliance;
pub use settings::Settings;
pub use status::{AdapterStatus, CheckpointStatus, QueueStatus, Status, VerifiedStatus};
