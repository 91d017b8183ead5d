//! Who waits for the processor.
//!
//! The sequencer can decide and commit faster than connections can be served. Without a brake the queues of endpoints
//! that read as fast as they can would fill, only because their tasks don't get to run, and they would be taken for slow
//! readers. So it is counted how many endpoints were given something and haven't asked since, and the sequencer lets all
//! of them ask before it delivers another round, and before it gives anybody more than half a queue. An endpoint whose peer doesn't read asks all the same,
//! whether it is to be cut, and holds nobody up.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use tokio::sync::Notify;

/// When for so long nobody who is behind has asked, those who are left don't wait for the processor but don't ask at
/// all. No gateway should do that; if one does, nobody else waits for it.
pub(crate) const STALL: Duration = Duration::from_millis(250);

/// How many endpoints were given something and haven't asked since. Only the sequencer gives, so that while it waits
/// the number only falls.
#[derive(Default)]
pub(crate) struct Backlog {
    behind: AtomicUsize,
    caught_up: Notify,
}

impl Backlog {
    /// One more is behind.
    pub(crate) fn raise(&self) {
        self.behind.fetch_add(1, Ordering::AcqRel);
    }

    /// One has asked, or is gone.
    pub(crate) fn lower(&self) {
        if self.behind.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.caught_up.notify_one();
        }
    }

    pub(crate) fn behind(&self) -> usize {
        self.behind.load(Ordering::Acquire)
    }

    /// Waits until nobody is behind. False if those who are left don't ask at all.
    pub(crate) async fn cleared(&self) -> bool {
        loop {
            let before = self.behind();
            if before == 0 {
                return true;
            }
            // Who lowers it to nothing between the look and the wait leaves a permit behind.
            let stalled = tokio::time::timeout(STALL, self.caught_up.notified())
                .await
                .is_err();
            if stalled && self.behind() == before {
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn it_waits_as_long_as_somebody_catches_up() {
        let backlog = Arc::new(Backlog::default());
        let began = Instant::now();
        assert!(backlog.cleared().await);
        assert_eq!(began.elapsed(), Duration::ZERO);
        (0..10).for_each(|_| backlog.raise());
        let asking = backlog.clone();
        tokio::spawn(async move {
            for _ in 0..10 {
                sleep(STALL - Duration::from_millis(1)).await;
                asking.lower();
            }
        });
        assert!(backlog.cleared().await);
        assert_eq!(began.elapsed(), (STALL - Duration::from_millis(1)) * 10);
    }

    #[tokio::test(start_paused = true)]
    async fn it_gives_up_on_who_does_not_ask_at_all() {
        let backlog = Backlog::default();
        backlog.raise();
        let began = Instant::now();
        assert!(!backlog.cleared().await);
        assert!(began.elapsed() >= STALL && began.elapsed() < STALL * 2);
        backlog.lower();
        // A permit from before is no reason to believe that nobody is behind now.
        backlog.raise();
        assert!(!backlog.cleared().await);
    }
}
