//! The key that signs.

use super::desk::At;
use crate::admin::{
    change::Made,
    error::{Answer, ApiError},
    wire::{Changes, PublicKey},
};
use axum::{Json, http::StatusCode, response::Response};
use causerie_compliance::Change;

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
    let what_if = at.what_if;
    // On a task of its own: who asks may go away, and between the record and the file nothing may come.
    let work = tokio::spawn(async move { go_over(&at).await });
    let broke = |error| {
        let text = format!("the rotation broke off: {error}");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "signing-key", text)
    };
    let change = work.await.map_err(broke)??;
    Ok(Made::by_officer(what_if, change).done())
}

async fn go_over(at: &At) -> Answer<Change> {
    let failed = |why: String| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "signing-key", why);
    let (_one, keys) = at.desk.keys().await;
    let next = keys.next(!at.what_if).map_err(failed)?;
    let to = next.public();
    if at.service.public_key() == to {
        // A rotation to this key is recorded, and then its file couldn't be put into its place.
        let from = if at.what_if {
            String::new()
        } else {
            keys.exchange().map_err(failed)?.to_string()
        };
        return Ok(Change::new("key.rotate", "checkpoints", from, to.to_string()));
    }
    let change = at.service.rotate_key(&at.officer, next, at.what_if).await?;
    if !at.what_if {
        keys.exchange().map_err(failed)?;
    }
    Ok(change)
}
