//! What an endpoint is handed, in the order in which it must leave.

use crate::{InvitedTo, Outcome, Refusal, RoomSummary, backlog::Backlog};
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
    /// What a room shows of itself is other than before; goes to everybody who stays in it.
    RoomChanged(Box<RoomSummary>),
    /// A participant may do more or less than before.
    PermissionsChanged {
        /// The room's GUID.
        room: Uuid,
        /// Who.
        user: SipAddress,
        /// What he may do from now on.
        permissions: Permissions,
    },
    /// The recipient is invited to a room.
    Invited(Box<InvitedTo>),
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

/// Whether an endpoint takes over what it is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// It has asked since it was last given something.
    Even,
    /// It hasn't, has been given so many, and is counted in the [`Backlog`].
    Behind(u32),
    /// It hasn't for so long that nobody waits for it any more.
    Excused,
}

/// What waits for one endpoint.
struct Queue {
    waiting: VecDeque<Delivery>,
    backlog: Arc<Backlog>,
    pace: Pace,
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
    /// A queue for so many deliveries.
    pub(crate) fn new(bound: usize, backlog: Arc<Backlog>) -> (Self, Deliveries) {
        let queue = Arc::new(Mutex::new(Queue {
            waiting: VecDeque::new(),
            backlog,
            pace: Pace::Even,
            cut: None,
            closed: false,
            waker: None,
        }));
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

    /// Gives it one more. Returns how many it has been given since it last asked, unless nobody is to wait for it.
    pub(crate) fn deliver(&self, delivery: Delivery) -> Result<u32, Overrun> {
        if self.is_cut {
            // Something was left out already: what comes after it must be left out too.
            return Ok(0);
        }
        let (unasked, waker) = {
            let mut queue = lock(&self.queue);
            if queue.closed {
                // An endpoint on its way out; its detachment is already queued.
                return Ok(0);
            }
            if queue.waiting.len() >= self.bound {
                return Err(Overrun);
            }
            queue.waiting.push_back(delivery);
            (queue.fall_behind(), queue.waker.take())
        };
        waker.inspect(Waker::wake_by_ref);
        Ok(unasked)
    }

    /// Tells the gateway to close the connection, past all that still waits.
    pub(crate) fn cut(&mut self, reason: PartReason) {
        if !self.is_cut {
            self.is_cut = true;
            self.tell(|queue| queue.cut = Some(reason));
        }
    }

    /// Nobody waits any more for this endpoint to ask, until it does.
    pub(crate) fn excuse(&self) {
        let mut queue = lock(&self.queue);
        if queue.pace != Pace::Even {
            queue.catch_up();
            queue.pace = Pace::Excused;
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
        self.tell(Queue::close);
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
        queue.catch_up();
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
        queue.catch_up();
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
            queue.close();
            std::mem::take(&mut queue.waiting)
        };
        drop(waiting);
    }
}

impl Queue {
    fn fall_behind(&mut self) -> u32 {
        let unasked = match self.pace {
            Pace::Excused => return 0,
            Pace::Behind(unasked) => unasked.saturating_add(1),
            Pace::Even => {
                self.backlog.raise();
                1
            }
        };
        self.pace = Pace::Behind(unasked);
        unasked
    }

    fn catch_up(&mut self) {
        if matches!(self.pace, Pace::Behind(_)) {
            self.backlog.lower();
        }
        self.pace = Pace::Even;
    }

    /// From here on nothing more is given.
    fn close(&mut self) {
        self.closed = true;
        self.catch_up();
    }

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

    fn notice() -> Delivery {
        Delivery::Notice(Broadcast::new(Notice::Parted {
            room: Uuid::nil(),
            user: SipAddress::parse("bob@example.test").unwrap(),
        }))
    }

    #[test]
    fn an_emptied_queue_is_small() {
        let (sink, mut deliveries) = Sink::new(1_000, Arc::default());
        for _ in 0..1_000 {
            assert!(sink.deliver(notice()).is_ok());
        }
        assert!(sink.deliver(notice()).is_err());
        let mut context = Context::from_waker(Waker::noop());
        let mut count = 0;
        while deliveries.poll_next(&mut context).is_ready() {
            count += 1;
        }
        assert_eq!(count, 1_000);
        assert!(lock(&deliveries.queue).waiting.capacity() <= IDLE_CAPACITY);
        assert!(size_of::<Mutex<Queue>>() <= 80);
    }

    #[test]
    fn who_was_given_something_is_behind_until_it_asks_for_anything() {
        let backlog = Arc::<Backlog>::default();
        let (sink, mut deliveries) = Sink::new(10, backlog.clone());
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(backlog.behind(), 0);
        for n in 1..=2 {
            assert!(matches!(sink.deliver(notice()), Ok(unasked) if unasked == n));
            assert_eq!(backlog.behind(), 1, "once, however much it was given");
        }
        assert!(deliveries.poll_next(&mut context).is_ready());
        assert_eq!(backlog.behind(), 0, "though something waits still");
        assert!(matches!(sink.deliver(notice()), Ok(1)));
        assert_eq!(backlog.behind(), 1);
        // Its peer doesn't read.
        assert!(deliveries.poll_cut(&mut context).is_pending());
        assert_eq!(backlog.behind(), 0);
    }

    #[test]
    fn who_is_gone_or_cut_is_not_behind() {
        let backlog = Arc::<Backlog>::default();
        let mut context = Context::from_waker(Waker::noop());
        let (sink, deliveries) = Sink::new(10, backlog.clone());
        assert!(sink.deliver(notice()).is_ok());
        drop(deliveries);
        assert_eq!(backlog.behind(), 0);
        assert!(sink.deliver(notice()).is_ok());
        assert_eq!(backlog.behind(), 0, "nobody will ask for that");

        let (sink, mut deliveries) = Sink::new(10, backlog.clone());
        assert!(sink.deliver(notice()).is_ok());
        drop(sink);
        assert_eq!(backlog.behind(), 0);
        assert!(deliveries.poll_next(&mut context).is_ready());
        drop(deliveries);
        assert_eq!(backlog.behind(), 0);

        let (mut sink, mut deliveries) = Sink::new(1, backlog.clone());
        assert!(sink.deliver(notice()).is_ok());
        assert!(sink.deliver(notice()).is_err());
        sink.cut(PartReason::SlowReader);
        assert_eq!(backlog.behind(), 1, "it has to take notice of that");
        assert!(deliveries.poll_cut(&mut context).is_ready());
        assert!(sink.deliver(notice()).is_ok());
        assert_eq!(backlog.behind(), 0);
    }

    #[test]
    fn who_is_excused_counts_again_once_it_has_asked() {
        let backlog = Arc::<Backlog>::default();
        let mut context = Context::from_waker(Waker::noop());
        let (sink, mut deliveries) = Sink::new(10, backlog.clone());
        sink.excuse();
        assert!(sink.deliver(notice()).is_ok());
        assert_eq!(backlog.behind(), 1, "it was even");
        sink.excuse();
        assert_eq!(backlog.behind(), 0);
        assert!(sink.deliver(notice()).is_ok());
        assert_eq!(backlog.behind(), 0);
        assert!(deliveries.poll_next(&mut context).is_ready());
        assert_eq!(backlog.behind(), 0);
        assert!(sink.deliver(notice()).is_ok());
        assert_eq!(backlog.behind(), 1);
    }
}
