//! Reading requests.

use super::Refused;
use crate::admin::BODY_DEADLINE;
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::StatusCode,
};
use causerie_queue_socket::wire::{Failure, Fault};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

/// Largest request body, in bytes. The largest requests have the reason why a record is set aside, or as many messages as
/// may be erased at once.
pub const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// A body of JSON. The content type isn't looked at: nothing else is taken.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let refused = |status, message| Refused {
            status,
            failure: Failure {
                fault: Fault::Other,
                message,
            },
        };
        let late = |_| {
            let message = format!("the body hasn't come for {} s", BODY_DEADLINE.as_secs());
            refused(StatusCode::REQUEST_TIMEOUT, message)
        };
        let bytes = timeout(BODY_DEADLINE, Bytes::from_request(request, state)).await;
        let bytes = bytes.map_err(late)?;
        let bytes = bytes.map_err(|rejection| refused(rejection.status(), rejection.body_text()))?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let message = format!("the body isn't as it should be: {error}");
            refused(StatusCode::BAD_REQUEST, message)
        })
    }
}
