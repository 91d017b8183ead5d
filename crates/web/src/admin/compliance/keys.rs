//! The key that signs.

use super::desk::At;
use crate::admin::{
    change::Made,
    error::{Answer, ApiError},
    wire::{Changes, PublicKey},
};
use axum::{Json, http::StatusCode, response::Response};

/// Shows the public key with which others check checkpoints and exports.
#[utoipa::path(get, path = "/v1/compliance/key",
    responses((status = 200, body = PublicKey, description = "The key that signs now")))]
pub(in crate::admin) async fn public(at: At) -> Answer<Json<PublicKey>> {
    let key = at.service.public_key();
    Ok(Json(PublicKey {
        id: key.id(),
        key: key.to_string(),
        pem: key.to_pem(),
    }))
}

/// Makes another key, which signs from now on.
///
/// The last checkpoint of the old key names it, so that whoever checks can follow.
#[utoipa::path(post, path = "/v1/compliance/key/rotate",
    responses((status = 200, body = Changes, description = "The keys before and after")))]
pub(in crate::admin) async fn rotate(at: At) -> Answer<Response> {
    let failed = |why: String| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "signing-key", why);
    let next = at.desk.keys().next().map_err(failed)?;
    let change = at.service.rotate_key(&at.officer, next, at.what_if).await?;
    if !at.what_if {
        at.desk.keys().exchange().map_err(failed)?;
    }
    Ok(Made::by_officer(at.what_if, change).done())
}
