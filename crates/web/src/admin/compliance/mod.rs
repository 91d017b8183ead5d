//! Compliance: what officers do with records.
//!
//! | file | what |
//! |---|---|
//! | `desk.rs` | reaching the service, and recording that an officer came |
//! | `found.rs` | records over the wire |
//! | `names.rs` | times and scopes as people name them |
//! | `progress.rs` | answers of work that takes long |
//! | others | one thing each |

mod adapters;
mod desk;
mod found;
mod holds;
mod keys;
mod matters;
mod names;
mod progress;
mod reads;
mod retention;
mod status;
mod verify;

pub use desk::{Desk, Keys};

use super::guard::allow;
use axum::extract::FromRef;
use causerie_policy::AdminAct as Act;
use utoipa_axum::{router::OpenApiRouter, routes};

/// All routes. They are the same in a server that does everything and in a compliance service that runs alone.
pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Desk: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(allow(Act::ReadStatus, routes!(status::status)))
        .routes(allow(Act::ReadCompliance, routes!(adapters::all)))
        .routes(allow(Act::ChangeCompliance, routes!(adapters::set)))
        .routes(allow(Act::ChangeCompliance, routes!(adapters::remove)))
        .routes(allow(Act::ExportCompliance, routes!(adapters::run)))
        .routes(allow(Act::ReadCompliance, routes!(holds::all)))
        .routes(allow(Act::HoldCompliance, routes!(holds::place)))
        .routes(allow(Act::HoldCompliance, routes!(holds::lift)))
        .routes(allow(Act::ReadCompliance, routes!(retention::all)))
        .routes(allow(Act::RetireCompliance, routes!(retention::set)))
        .routes(allow(Act::RetireCompliance, routes!(retention::remove)))
        .routes(allow(Act::ReadCompliance, routes!(retention::plan)))
        .routes(allow(Act::RetireCompliance, routes!(retention::apply)))
        .routes(allow(Act::ReadCompliance, routes!(matters::all)))
        .routes(allow(Act::ChangeCompliance, routes!(matters::open)))
        .routes(allow(Act::ChangeCompliance, routes!(matters::change)))
        .routes(allow(Act::ChangeCompliance, routes!(matters::close)))
        .routes(allow(Act::ReadCompliance, routes!(matters::search)))
        .routes(allow(Act::ExportCompliance, routes!(matters::export)))
        .routes(allow(Act::ReadCompliance, routes!(reads::reads)))
        .routes(allow(Act::ExportCompliance, routes!(reads::export)))
        .routes(allow(Act::ReadCompliance, routes!(verify::verify)))
        .routes(allow(Act::ReadCompliance, routes!(keys::public)))
        .routes(allow(Act::ChangeCompliance, routes!(keys::rotate)))
}
