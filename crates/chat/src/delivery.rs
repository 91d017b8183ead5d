//! What an endpoint is handed, in the order in which it must leave.

use crate::{Outcome, Refusal};
use bytes::Bytes;
use causerie_model::{Message, PartReason, Permissions, SipAddress};
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// Something that happened in a room.
#[derive(Clone, Debug)]
pub enum Notice {
    /// Somebody posted; goes to everybody in the room, the author included.
    Chat {
        /// The room's GUID.
        room: Uuid,
        /// The message.
        message: Arc<Message>,
    },
    /// A user entered.
    Joined {
        /// The room's GUID.
        room: Uuid,
        /// Who.
        user: SipAddress,
        /// What he may do.
        permissions: Permissions,
    },
    /// A user left.
    Parted {
        /// The room's GUID.
        room: Uuid,
        /// Who.
        user: SipAddress,
    },
}

/// One notice on its way to many endpoints. The gateway renders it once; all endpoints share the bytes.
#[derive(Debug)]
pub struct Broadcast {
    notice: Notice,
    wire: OnceLock<Bytes>,
}

impl Broadcast {
    pub(crate) fn new(notice: Notice) -> Arc<Self> {
        Arc::new(Self {
            notice,
            wire: OnceLock::new(),
        })
    }

    /// What happened.
    #[must_use]
    pub fn notice(&self) -> &Notice {
        &self.notice
    }

    /// The notice as bytes: rendered by the first who asks, shared by all others.
    pub fn wire(&self, render: impl FnOnce(&Notice) -> Bytes) -> Bytes {
        self.wire.get_or_init(|| render(&self.notice)).clone()
    }
}

/// The answer to an operation.
#[derive(Debug)]
pub struct Answer {
    /// The token under which it was submitted.
    pub token: u64,
    /// What came of it.
    pub result: Result<Outcome, Refusal>,
    /// Statements that the database was sent for it; operations of one commit share them, and each counts them all.
    pub statements: u32,
}

/// One thing to hand on. Small, since many wait in queues.
#[derive(Debug)]
pub enum Delivery {
    /// The answer to an operation.
    Answer(Box<Answer>),
    /// Something happened.
    Notice(Arc<Broadcast>),
}

/// The sequencer's end of an endpoint's queue.
pub(crate) struct Sink {
    queue: mpsc::Sender<Delivery>,
    cut: Option<oneshot::Sender<PartReason>>,
}

/// The queue is full.
pub(crate) struct Overrun;

impl Sink {
    pub(crate) fn new(bound: usize) -> (Self, Deliveries) {
        let (queue, receiver) = mpsc::channel(bound);
        let (cut, cut_receiver) = oneshot::channel();
        (
            Self {
                queue,
                cut: Some(cut),
            },
            Deliveries {
                queue: receiver,
                cut: cut_receiver,
            },
        )
    }

    pub(crate) fn deliver(&self, delivery: Delivery) -> Result<(), Overrun> {
        if self.cut.is_none() {
            // Something was left out already: what comes after it must be left out too.
            return Ok(());
        }
        match self.queue.try_send(delivery) {
            // A closed queue is an endpoint on its way out; its detachment is already queued.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Overrun),
        }
    }

    /// Tells the gateway to close the connection, past all that still waits.
    pub(crate) fn cut(&mut self, reason: PartReason) {
        if let Some(cut) = self.cut.take() {
            // The gateway may be gone already.
            let _ = cut.send(reason);
        }
    }
}

/// The gateway's end of an endpoint's queue.
pub struct Deliveries {
    queue: mpsc::Receiver<Delivery>,
    cut: oneshot::Receiver<PartReason>,
}

impl Deliveries {
    /// The next delivery; `None` when the service is gone.
    pub async fn next(&mut self) -> Option<Delivery> {
        self.queue.recv().await
    }

    /// The next delivery, for a gateway that polls many things.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Delivery>> {
        self.queue.poll_recv(context)
    }

    /// Ready when the connection must be closed whatever still waits, with the reason. Must be polled even while the
    /// connection can't be written to: that is when it matters. Don't poll again once it was ready.
    pub fn poll_cut(&mut self, context: &mut Context<'_>) -> Poll<PartReason> {
        match Pin::new(&mut self.cut).poll(context) {
            Poll::Ready(result) => Poll::Ready(result.unwrap_or(PartReason::Disconnected)),
            Poll::Pending => Poll::Pending,
        }
    }
}
