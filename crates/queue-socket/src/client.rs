//! The consumer's end.

use crate::wire;
use async_trait::async_trait;
use causerie_model::{ChainId, StoreError, StoreFault, Timestamp};
use causerie_queue::{Backlog, Erased, Erasure, Lease, Order, Queue, Queued, check_erasure};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    Method, Request, StatusCode,
    body::Bytes,
    client::conn::http1::handshake,
    header::{CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt::Display, path::PathBuf, time::Duration};
use tokio::{net::UnixStream, time::timeout};
use uuid::Uuid;

/// From the beginning of a call to the end of its answer.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Largest answer that is read, in bytes: [`wire::MAX_WAITING_BYTES`], or one record that has more.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// The queue that another process serves at a Unix socket, and its rooms as far as messages are taken out of them.
///
/// Whatever keeps it from being reached is [`StoreFault::Unavailable`], and what was asked may have been done or not: all
/// calls can be made again. (A lease of which the answer was lost is taken over by the next call.)
#[derive(Clone, Debug)]
pub struct SocketQueue {
    path: PathBuf,
    max_answer_bytes: usize,
}

impl SocketQueue {
    /// The queue at this socket. It needn't be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            max_answer_bytes: MAX_ANSWER_BYTES,
        }
    }

    /// With this instead of [`MAX_ANSWER_BYTES`].
    #[must_use]
    pub fn with_max_answer_bytes(mut self, bytes: usize) -> Self {
        self.max_answer_bytes = bytes;
        self
    }

    async fn post<T: DeserializeOwned>(&self, uri: &str, body: &impl Serialize) -> Result<T, StoreError> {
        let body = serde_json::to_vec(body).map_err(|error| self.error(StoreFault::Other, error))?;
        self.ask(Method::POST, uri, body).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        uri: &str,
        body: Vec<u8>,
    ) -> Result<T, StoreError> {
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header(HOST, "localhost")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| self.error(StoreFault::Other, error))?;
        let late = |_| {
            let why = format!("there was no answer for {} s", DEADLINE.as_secs());
            self.error(StoreFault::Unavailable, why)
        };
        let (status, bytes) = timeout(DEADLINE, self.exchange(request)).await.map_err(late)??;
        if status.is_success() {
            return serde_json::from_slice(&bytes).map_err(|error| {
                self.error(StoreFault::Other, format!("the answer isn't understood: {error}"))
            });
        }
        Err(match serde_json::from_slice::<wire::Failure>(&bytes) {
            Ok(failure) => failure.into(),
            Err(_) => self.error(StoreFault::Other, format!("the answer is {status}")),
        })
    }

    /// One request and its answer.
    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), StoreError> {
        let gone = |error: hyper::Error| self.error(StoreFault::Unavailable, error);
        let stream = UnixStream::connect(&self.path).await;
        let stream = stream.map_err(|error| self.error(StoreFault::Unavailable, error))?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(gone)?;
        tokio::spawn(connection);
        let response = sender.send_request(request).await.map_err(gone)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), self.max_answer_bytes)
            .collect()
            .await;
        let body = body.map_err(|error| {
            if error.is::<LengthLimitError>() {
                let why = format!("the answer has more than {} bytes", self.max_answer_bytes);
                self.error(StoreFault::Other, why)
            } else {
                self.error(StoreFault::Unavailable, error)
            }
        })?;
        Ok((status, body.to_bytes()))
    }

    fn error(&self, fault: StoreFault, why: impl Display) -> StoreError {
        StoreError::new(fault, format!("the queue at {}: {why}", self.path.display()))
    }
}

#[async_trait]
impl Queue for SocketQueue {
    async fn lease(
        &self,
        holder: Uuid,
        held: Option<&Lease>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, StoreError> {
        let take = wire::Take {
            holder,
            held: held.map(|lease| lease.token),
            lasts: until.0.saturating_sub(now.0),
        };
        let wire::Lease { token, lasts } = self.post(wire::LEASE, &take).await?;
        // From before the call on, so that it doesn't end later here than there.
        let until = Timestamp(now.0.saturating_add(lasts));
        Ok(Lease { token, until })
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.token;
        self.post(wire::RELEASE, &wire::Release { lease }).await
    }

    async fn waiting(&self, lease: &Lease, _: Timestamp, count: u32) -> Result<Vec<Queued>, StoreError> {
        let read = wire::Read {
            lease: lease.token,
            count,
        };
        let waiting: wire::Waiting = self.post(wire::WAITING, &read).await?;
        waiting.records.into_iter().map(Queued::try_from).collect()
    }

    async fn acknowledge(&self, lease: &Lease, _: Timestamp, up_to: i64) -> Result<(), StoreError> {
        let acknowledge = wire::Acknowledge {
            lease: lease.token,
            up_to,
        };
        self.post(wire::ACKNOWLEDGE, &acknowledge).await
    }

    async fn set_aside(
        &self,
        lease: &Lease,
        _: Timestamp,
        sequence: i64,
        reason: &str,
    ) -> Result<(), StoreError> {
        let set_aside = wire::SetAside {
            lease: lease.token,
            sequence,
            reason: reason.to_owned(),
        };
        self.post(wire::SET_ASIDE, &set_aside).await
    }

    async fn waits_since(&self, chain: ChainId) -> Result<Option<Timestamp>, StoreError> {
        let chain = chain.to_string();
        let since: Option<i64> = self.post(wire::WAITS_SINCE, &wire::Chain { chain }).await?;
        Ok(since.map(Timestamp))
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let backlog: wire::Backlog = self.ask(Method::GET, wire::BACKLOG, Vec::new()).await?;
        Ok(backlog.into())
    }
}

#[async_trait]
impl Erasure for SocketQueue {
    async fn erase(&self, lease: &Lease, _: Timestamp, order: &Order) -> Result<Erased, StoreError> {
        check_erasure(order)?;
        let named = order.messages.iter();
        let erase = wire::Erase {
            lease: lease.token,
            room: order.room.0,
            messages: named.map(|(id, at)| wire::Named { id: id.0, at: at.0 }).collect(),
            cause: order.cause.into(),
        };
        let wire::Erased { messages } = self.post(wire::ERASE, &erase).await?;
        Ok(Erased { messages })
    }
}
