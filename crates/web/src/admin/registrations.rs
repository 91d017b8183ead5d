//! Who is signed in.

use super::{AdminState, wire::Registration};
use axum::{Json, extract::State};

/// Lists all endpoints that are signed in.
#[utoipa::path(get, path = "/v1/registrations",
    responses((status = 200, body = [Registration], description = "By address")))]
pub(super) async fn all(State(state): State<AdminState>) -> Json<Vec<Registration>> {
    let mut registrations = state.signed_in.registrations();
    registrations.sort_by(|a, b| (&a.address, &a.since).cmp(&(&b.address, &b.since)));
    Json(registrations)
}
