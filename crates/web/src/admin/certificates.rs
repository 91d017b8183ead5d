//! The certificates of SIP over TLS.

use super::{
    AdminState,
    error::{Answer, ApiError},
    origin::Origin,
    wire::{Certificate, ErrorBody},
};
use axum::{Json, extract::State, http::StatusCode};

/// Lists the certificates in use.
#[utoipa::path(get, path = "/v1/certificates",
    responses((status = 200, body = [Certificate], description = "Those of SIP over TLS and of HTTPS")))]
pub(super) async fn all(State(state): State<AdminState>) -> Json<Vec<Certificate>> {
    Json(state.program.certificates())
}

/// Reads the certificates' files again. If they are no good, those in use stay.
#[utoipa::path(post, path = "/v1/certificates/reload",
    responses((status = 200, body = [Certificate], description = "Those now in use"), (status = 422, body = ErrorBody, description = "The files are no good")))]
pub(super) async fn reload(
    State(state): State<AdminState>,
    origin: Origin,
) -> Answer<Json<Vec<Certificate>>> {
    tracing::info!(by = %origin, "certificates are to be read again");
    state
        .program
        .reload_certificates()
        .map(Json)
        .map_err(|message| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "certificates", message))
}
