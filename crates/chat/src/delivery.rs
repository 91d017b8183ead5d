//! What an endpoint is handed, in the order in which it must leave.

use crate::{Outcome, Refusal};
use bytes::Bytes;
use causerie_model::{Message, PartReason, Permissions, SipAddress};
use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Context, Poll, Waker},
};
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

/// An emptied queue keeps room for so many, since there may be thousands of idle endpoints.
const IDLE_CAPACITY: usize = 4;

/// What waits for one endpoint.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<Delivery>,
    /// Past all that waits.
    cut: Option<PartReason>,
    /// One of the two ends is gone.
    closed: bool,
    waker: Option<Waker>,
}

/// A poisoned lock is taken as it is: every critical section is a few operations that don't panic.
fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sequencer's end of an endpoint's queue.
pub(crate) struct Sink {
    queue: Arc<Mutex<Queue>>,
    bound: usize,
    is_cut: bool,
}

/// The queue is full.
pub(crate) struct Overrun;

impl Sink {
    pub(crate) fn new(bound: usize) -> (Self, Deliveries) {
        let queue = Arc::default();
        let deliveries = Deliveries {
            queue: Arc::clone(&queue),
        };
        let sink = Self {
            queue,
            bound,
            is_cut: false,
        };
        (sink, deliveries)
    }

    pub(crate) fn deliver(&self, delivery: Delivery) -> Result<(), Overrun> {
        if self.is_cut {
            // Something was left out already: what comes after it must be left out too.
            return Ok(());
        }
        let waker = {
            let mut queue = lock(&self.queue);
            if queue.closed {
                // An endpoint on its way out; its detachment is already queued.
                return Ok(());
            }
            if queue.waiting.len() >= self.bound {
                return Err(Overrun);
            }
            queue.waiting.push_back(delivery);
            queue.waker.take()
        };
        waker.inspect(Waker::wake_by_ref);
        Ok(())
    }

    /// Tells the gateway to close the connection, past all that still waits.
    pub(crate) fn cut(&mut self, reason: PartReason) {
        if !self.is_cut {
            self.is_cut = true;
            self.tell(|queue| queue.cut = Some(reason));
        }
    }

    fn tell(&self, change: impl FnOnce(&mut Queue)) {
        let waker = {
            let mut queue = lock(&self.queue);
            change(&mut queue);
            queue.waker.take()
        };
        waker.inspect(Waker::wake_by_ref);
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.tell(|queue| queue.closed = true);
    }
}

/// The gateway's end of an endpoint's queue. One task polls it: who polled last is woken.
pub struct Deliveries {
    queue: Arc<Mutex<Queue>>,
}

impl Deliveries {
    /// The next delivery; `None` when the service is gone.
    pub async fn next(&mut self) -> Option<Delivery> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// The next delivery, for a gateway that polls many things.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let mut queue = lock(&self.queue);
        let next = queue.waiting.pop_front();
        if queue.waiting.is_empty() {
            queue.waiting.shrink_to(IDLE_CAPACITY);
        }
        match next {
            Some(delivery) => Poll::Ready(Some(delivery)),
            None if queue.closed => Poll::Ready(None),
            None => {
                queue.wake_later(context);
                Poll::Pending
            }
        }
    }

    /// Ready when the connection must be closed whatever still waits, with the reason. Must be polled even while the
    /// connection can't be written to: that is when it matters.
    pub fn poll_cut(&mut self, context: &mut Context<'_>) -> Poll<PartReason> {
        let mut queue = lock(&self.queue);
        match queue.cut {
            Some(reason) => Poll::Ready(reason),
            None if queue.closed => Poll::Ready(PartReason::Disconnected),
            None => {
                queue.wake_later(context);
                Poll::Pending
            }
        }
    }
}

impl Drop for Deliveries {
    fn drop(&mut self) {
        let waiting = {
            let mut queue = lock(&self.queue);
            queue.closed = true;
            std::mem::take(&mut queue.waiting)
        };
        drop(waiting);
    }
}

impl Queue {
    fn wake_later(&mut self, context: &Context<'_>) {
        match &mut self.waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emptied_queue_is_small() {
        let (sink, mut deliveries) = Sink::new(1_000);
        let notice = Broadcast::new(Notice::Parted {
            room: Uuid::nil(),
            user: SipAddress::parse("bob@example.test").unwrap(),
        });
        for _ in 0..1_000 {
            assert!(sink.deliver(Delivery::Notice(notice.clone())).is_ok());
        }
        assert!(sink.deliver(Delivery::Notice(notice)).is_err());
        let mut context = Context::from_waker(Waker::noop());
        let mut count = 0;
        while deliveries.poll_next(&mut context).is_ready() {
            count += 1;
        }
        assert_eq!(count, 1_000);
        assert!(lock(&deliveries.queue).waiting.capacity() <= IDLE_CAPACITY);
        assert!(size_of::<Mutex<Queue>>() <= 80);
    }
}
