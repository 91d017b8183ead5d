//! Handing out what waits, in answers of a bounded size.

use super::{Body, Refused, Served};
use axum::{
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use causerie_model::{StoreError, StoreFault};
use causerie_queue_socket::wire::{self, MAX_WAITING_BYTES, MAX_WAITING_RECORDS};

pub(super) async fn waiting(
    State(served): State<Served>,
    Body(read): Body<wire::Read>,
) -> Result<Response, Refused> {
    let count = read.count.min(MAX_WAITING_RECORDS);
    let (lease, now) = (wire::lease_of(read.lease), served.clock.now());
    let waiting = served.queue.waiting(&lease, now, count).await?;
    let records = waiting
        .into_iter()
        .map(|queued| serde_json::to_string(&wire::Queued::from(queued)));
    let body = of(records).map_err(|error| StoreError::new(StoreFault::Other, error.to_string()))?;
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

/// [`wire::Waiting`] of as many of these records as fit. What doesn't fit stays first in the queue.
fn of<E>(records: impl Iterator<Item = Result<String, E>>) -> Result<String, E> {
    let mut body = String::from("{\"records\":[");
    let mut bytes = 0;
    for record in records {
        let record = record?;
        if bytes > 0 {
            if bytes + record.len() > MAX_WAITING_BYTES {
                break;
            }
            body.push(',');
        }
        bytes += record.len();
        body += &record;
    }
    body.push_str("]}");
    Ok(body)
}
