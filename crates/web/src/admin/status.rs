//! How the server is doing.

use super::{AdminState, wire::Status};
use axum::{Json, extract::State};

/// Tells how the server is doing.
#[utoipa::path(get, path = "/v1/status",
    responses((status = 200, body = Status, description = "How it is doing")))]
pub(super) async fn status(State(state): State<AdminState>) -> Json<Status> {
    let chat = state.chat.status().await;
    Json(Status {
        program: state.program.facts(),
        users: chat.users,
        rooms: chat.rooms,
        rooms_in_use: chat.rooms_in_use,
        signed_in: state.signed_in.registrations().len(),
        endpoints: chat.endpoints,
        writable: chat.writable,
        compliance_behind: chat.compliance_behind,
        queue: chat.queue.map(|queue| queue.depth),
        certificates: state.program.certificates(),
    })
}
