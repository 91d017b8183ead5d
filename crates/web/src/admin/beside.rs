//! Work that goes over all users or rooms, beside the threads that serve requests.

use super::error::{Answer, ApiError};
use axum::http::StatusCode;

/// Does this on a thread where it holds up no other request.
pub(super) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Answer<T> + Send + 'static,
) -> Answer<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", error.to_string()))?
}
