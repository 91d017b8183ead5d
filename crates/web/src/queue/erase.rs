//! Taking messages out of rooms.

use super::{Body, Refused};
use axum::{Json, extract::State};
use causerie_model::{ChatId, RoomId, Timestamp};
use causerie_queue::Erasure;
use causerie_queue_socket::wire;
use std::sync::Arc;

pub(super) async fn erase(
    State(erasure): State<Arc<dyn Erasure>>,
    Body(erase): Body<wire::Erase>,
) -> Result<Json<wire::Erased>, Refused> {
    let named = |named: wire::Named| (ChatId(named.id), Timestamp(named.at));
    let messages: Vec<_> = erase.messages.into_iter().map(named).collect();
    let (lease, now) = (erase.lease.into(), Timestamp(erase.now));
    let erased = erasure.erase(&lease, now, RoomId(erase.room), &messages).await?;
    Ok(Json(wire::Erased {
        messages: erased.messages,
    }))
}
