//! The queue to the compliance service, for one in another process: HTTP on a Unix socket.
//!
//! What is sent is described in [`causerie_queue_socket::wire`]; [`crate::admin::serve_unix`] serves it, with the deadlines
//! and limits of every connection. It doesn't ask who is there: whoever may open the socket may consume the queue, and with
//! its lease take messages out of rooms, which the room's records tell.

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
use causerie_model::{StoreError, Timestamp};
use causerie_queue::{Erasure, Queue};
use causerie_queue_socket::wire;
use input::Body;
use std::sync::Arc;

type Shared = State<Arc<dyn Queue>>;

/// All routes, on this queue and these rooms.
pub fn router(queue: Arc<dyn Queue>, erasure: Arc<dyn Erasure>) -> Router {
    let erasing = Router::new()
        .route(wire::ERASE, post(erase::erase))
        .with_state(erasure);
    Router::new()
        .route(wire::LEASE, post(lease))
        .route(wire::RELEASE, post(release))
        .route(wire::WAITING, post(waiting::waiting))
        .route(wire::ACKNOWLEDGE, post(acknowledge))
        .route(wire::SET_ASIDE, post(set_aside))
        .route(wire::BACKLOG, get(backlog))
        .with_state(queue)
        .merge(erasing)
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

async fn lease(State(queue): Shared, Body(take): Body<wire::Take>) -> Result<Json<wire::Lease>, Refused> {
    let held = take.held.map(causerie_queue::Lease::from);
    let (now, until) = (Timestamp(take.now), Timestamp(take.until));
    let lease = queue.lease(take.holder, held.as_ref(), now, until).await?;
    Ok(Json(wire::Lease::from(&lease)))
}

async fn release(State(queue): Shared, Body(lease): Body<wire::Lease>) -> Result<Json<()>, Refused> {
    queue.release(&lease.into()).await?;
    Ok(Json(()))
}

async fn acknowledge(State(queue): Shared, Body(done): Body<wire::Acknowledge>) -> Result<Json<()>, Refused> {
    queue
        .acknowledge(&done.lease.into(), Timestamp(done.now), done.up_to)
        .await?;
    Ok(Json(()))
}

async fn set_aside(State(queue): Shared, Body(poison): Body<wire::SetAside>) -> Result<Json<()>, Refused> {
    let now = Timestamp(poison.now);
    queue
        .set_aside(&poison.lease.into(), now, poison.sequence, &poison.reason)
        .await?;
    Ok(Json(()))
}

async fn backlog(State(queue): Shared) -> Result<Json<wire::Backlog>, Refused> {
    Ok(Json(queue.backlog().await?.into()))
}
