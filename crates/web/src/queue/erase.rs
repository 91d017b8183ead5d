//! Taking messages out of rooms.

use super::{Body, Refused, Served};
use crate::admin::Process;
use axum::{Extension, Json, extract::State};
use causerie_model::{ChatId, RoomId, Timestamp};
use causerie_queue::Order;
use causerie_queue_socket::wire;

pub(super) async fn erase(
    State(served): State<Served>,
    Extension(process): Extension<Process>,
    Body(erase): Body<wire::Erase>,
) -> Result<Json<wire::Erased>, Refused> {
    let named = |named: wire::Named| (ChatId(named.id), Timestamp(named.at));
    let order = Order {
        room: RoomId(erase.room),
        messages: erase.messages.into_iter().map(named).collect(),
        cause: erase.cause.try_into()?,
        origin: process.to_string(),
    };
    let lease = wire::lease_of(erase.lease);
    let erased = served.erasure.erase(&lease, served.clock.now(), &order).await?;
    Ok(Json(wire::Erased {
        messages: erased.messages,
    }))
}
