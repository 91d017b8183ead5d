//! Watches how much waits for the compliance service: rooms of closed categories take no messages while it is too much.

use crate::Inner;
use causerie_model::{Alarm, Clock};
use causerie_policy::Tolerance;
use causerie_queue::Backlog;
use causerie_store::{StoreError, StoreFault};
use std::{
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

/// The alarm that rooms of closed categories take no messages.
const BEHIND: &str = "compliance-behind";

/// How often the queue is asked: so much longer than tolerated messages may be taken.
const INTERVAL: Duration = Duration::from_secs(1);

/// A queue that doesn't answer for so long is one that can't be read.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks once, so that nothing is taken before it is known, and then again and again until the service has ended.
pub(crate) async fn watch(inner: &Arc<Inner>) {
    // Nobody needs to hear that all is well from the start.
    ask(inner, false).await;
    let inner = Arc::downgrade(inner);
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let Some(inner) = Weak::upgrade(&inner) else {
                return;
            };
            let before = inner.is_behind();
            ask(&inner, before).await;
        }
    });
}

/// Asks, and says so if it is otherwise than it was `before`.
async fn ask(inner: &Inner, before: bool) {
    let tolerance = Tolerance {
        depth: inner.settings.compliance_max_depth,
        age: inner.settings.compliance_max_age,
    };
    let backlog = tokio::time::timeout(PATIENCE, inner.queue.backlog())
        .await
        .unwrap_or_else(|_| {
            let why = format!("the queue didn't answer within {PATIENCE:?}");
            Err(StoreError::new(StoreFault::Unavailable, why))
        });
    let behind = is_behind(&backlog, &tolerance, &*inner.clock);
    metrics::gauge!("causerie_compliance_behind").set(f64::from(u8::from(behind)));
    inner.behind.store(behind, Ordering::Relaxed);
    if before == behind {
        return;
    }
    let text = match (behind, backlog) {
        (false, _) => "Compliance has caught up: rooms of closed categories take messages.".to_owned(),
        (true, Ok(Backlog { depth, .. })) => format!(
            "Compliance is behind, {depth} records wait: rooms of closed categories take no messages. Look whether the compliance service runs and its database takes writes."
        ),
        (true, Err(error)) => format!(
            "What waits for compliance can't be read: {error}. Rooms of closed categories take no messages."
        ),
    };
    let at = inner.clock.now();
    let alarm = Alarm {
        name: BEHIND,
        text,
        at,
    };
    if behind {
        inner.alarms.raise(&alarm);
    } else {
        inner.alarms.clear(&alarm);
    }
}

/// What can't be known is taken for the worse.
fn is_behind(backlog: &Result<Backlog, StoreError>, tolerance: &Tolerance, clock: &dyn Clock) -> bool {
    let Ok(backlog) = backlog else { return true };
    let age = backlog.oldest.map(|oldest| {
        let microseconds = clock.now().0.saturating_sub(oldest.0);
        Duration::from_micros(u64::try_from(microseconds).unwrap_or(0))
    });
    tolerance.is_exceeded(backlog.depth, age)
}

impl Inner {
    /// Whether compliance is behind, as of the last time the queue was asked.
    pub(crate) fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }
}
