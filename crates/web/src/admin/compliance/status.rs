//! How the compliance service is doing.

use super::Desk;
use crate::admin::{error::Answer, wire::ErrorBody};
use axum::{Json, extract::State};
use causerie_compliance::Status;

/// Tells how the compliance service is doing: what waits, what is stored, signed and exported, and what to look at.
///
/// Nothing of what people said is in it. It is for all who may see how the server is doing.
#[utoipa::path(get, path = "/v1/compliance/status", responses(
    (status = 200, body = Object, description = "How it is doing: `queue`, whose numbers are null while it can't be reached, `records`, `checkpoint`, `verified`, `adapters`, `alarms`, `warnings`"),
    (status = 503, body = ErrorBody, description = "There is no compliance service, and why"),
))]
pub(in crate::admin) async fn status(State(desk): State<Desk>) -> Answer<Json<Status>> {
    Ok(Json(desk.open()?.status().await?))
}
