//! The queue to the compliance service, for one in another process: HTTP on a Unix socket.
//!
//! What is sent is described in [`causerie_queue_socket::wire`]; [`crate::admin::serve_unix`] serves it, with the deadlines
//! and limits of every connection. It doesn't ask who is there: whoever may open the socket may consume the queue, and with
//! its lease take messages out of rooms, which the room's records tell, with the process that asked. The time is this server's.

mod erase;
mod input;
mod waiting;

pub use input::MAX_REQUEST_BYTES;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use causerie_model::{Clock, StoreError, StoreFault, Timestamp};
use causerie_queue::{Erasure, Queue};
use causerie_queue_socket::wire;
use input::Body;
use std::sync::Arc;

/// What is served.
#[derive(Clone)]
struct Served {
    queue: Arc<dyn Queue>,
    erasure: Arc<dyn Erasure>,
    clock: Arc<dyn Clock>,
}

/// All routes, on this queue and these rooms. Requests must come with a [`crate::admin::Process`] as an extension: see
/// [`crate::admin::serve_unix`].
pub fn router(queue: Arc<dyn Queue>, erasure: Arc<dyn Erasure>, clock: Arc<dyn Clock>) -> Router {
    Router::new()
        .route(wire::LEASE, post(lease))
        .route(wire::RELEASE, post(release))
        .route(wire::WAITING, post(waiting::waiting))
        .route(wire::ACKNOWLEDGE, post(acknowledge))
        .route(wire::SET_ASIDE, post(set_aside))
        .route(wire::WAITS_SINCE, post(waits_since))
        .route(wire::BACKLOG, get(backlog))
        .route(wire::ERASE, post(erase::erase))
        .with_state(Served {
            queue,
            erasure,
            clock,
        })
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
}

/// Why a request wasn't done.
struct Refused {
    status: StatusCode,
    failure: wire::Failure,
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        let status = if error.is_temporary() {
            StatusCode::SERVICE_UNAVAILABLE
        } else if wire::Fault::from(error.fault) == wire::Fault::Conflict {
            StatusCode::CONFLICT
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        };
        Self {
            status,
            failure: error.into(),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(self.failure)).into_response()
    }
}

async fn lease(
    State(served): State<Served>,
    Body(take): Body<wire::Take>,
) -> Result<Json<wire::Lease>, Refused> {
    let held = take.held.map(wire::lease_of);
    let now = served.clock.now();
    let until = Timestamp(now.0.saturating_add(take.lasts));
    let lease = served.queue.lease(take.holder, held.as_ref(), now, until).await?;
    Ok(Json(wire::Lease {
        token: lease.token,
        lasts: lease.until.0.saturating_sub(now.0),
    }))
}

async fn release(
    State(served): State<Served>,
    Body(release): Body<wire::Release>,
) -> Result<Json<()>, Refused> {
    served.queue.release(&wire::lease_of(release.lease)).await?;
    Ok(Json(()))
}

async fn acknowledge(
    State(served): State<Served>,
    Body(done): Body<wire::Acknowledge>,
) -> Result<Json<()>, Refused> {
    let (lease, now) = (wire::lease_of(done.lease), served.clock.now());
    served.queue.acknowledge(&lease, now, done.up_to).await?;
    Ok(Json(()))
}

async fn set_aside(
    State(served): State<Served>,
    Body(poison): Body<wire::SetAside>,
) -> Result<Json<()>, Refused> {
    let (lease, now) = (wire::lease_of(poison.lease), served.clock.now());
    served
        .queue
        .set_aside(&lease, now, poison.sequence, &poison.reason)
        .await?;
    Ok(Json(()))
}

async fn waits_since(
    State(served): State<Served>,
    Body(wire::Chain { chain }): Body<wire::Chain>,
) -> Result<Json<Option<i64>>, Refused> {
    let id = causerie_proof::wire::chain(&chain).ok_or_else(|| {
        let text = format!("there is no chain {chain:?}");
        StoreError::new(StoreFault::Other, text)
    })?;
    let since = served.queue.waits_since(id).await?;
    Ok(Json(since.map(|at| at.0)))
}

async fn backlog(State(served): State<Served>) -> Result<Json<wire::Backlog>, Refused> {
    Ok(Json(served.queue.backlog().await?.into()))
}
