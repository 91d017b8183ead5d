//! The certificates of SIP over TLS.

use super::{
    AdminState,
    error::{Answer, ApiError},
    peer::Administrator,
    wire::Certificate,
};
use axum::{Json, extract::State, http::StatusCode};

pub(super) async fn all(State(state): State<AdminState>) -> Json<Vec<Certificate>> {
    Json(state.program.certificates())
}

pub(super) async fn reload(
    State(state): State<AdminState>,
    Administrator(actor): Administrator,
) -> Answer<Json<Vec<Certificate>>> {
    tracing::info!(by = %actor, "certificates are to be read again");
    state
        .program
        .reload_certificates()
        .map(Json)
        .map_err(|message| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "certificates", message))
}
