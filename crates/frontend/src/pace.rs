//! How fast new connections are taken. Signing in costs much more than staying in: when all come at once, those who are in
//! must get their messages all the same. Who comes beyond the pace waits in the kernel.
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::settings::Limits;

/// A token bucket that holds what comes in one second. What is kept is when it will be full.
#[derive(Default)]
pub(crate) struct Pace {
    full_at: Mutex<Option<Instant>>,
}

impl Pace {
    /// When the next connection may be taken: in the past if it may be now.
    pub(crate) fn due(&self, now: Instant, limits: &Limits) -> Instant {
        let (interval, burst) = bucket(limits);
        let full_at = *self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        // With so much missing it holds one token just now.
        full_at.map_or(now, |full_at| full_at + interval - burst)
    }

    /// A connection was taken.
    pub(crate) fn take(&self, now: Instant, limits: &Limits) {
        let (interval, _) = bucket(limits);
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        *full_at = Some(full_at.unwrap_or(now).max(now) + interval);
    }

    /// Waits until a connection may be taken.
    pub(crate) async fn wait(&self, limits: &Limits) {
        let now = Instant::now();
        let due = self.due(now, limits);
        if due > now {
            tokio::time::sleep_until(due).await;
        }
    }
}

/// How long a token takes, and how long a full bucket does.
fn bucket(limits: &Limits) -> (Duration, Duration) {
    let rate = limits.connections_per_second.max(1);
    let interval = Duration::from_secs(1) / rate;
    (interval, interval * rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many connections may be taken at this moment.
    fn drain(pace: &Pace, now: Instant, limits: &Limits) -> u32 {
        let mut count = 0;
        while pace.due(now, limits) <= now {
            pace.take(now, limits);
            count += 1;
        }
        count
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_as_of_a_second_at_once_and_then_one_at_a_time() {
        for rate in [1, 3, 1_000, 100_000] {
            let limits = Limits {
                connections_per_second: rate,
                ..Limits::default()
            };
            let pace = Pace::default();
            let start = Instant::now();
            assert_eq!(drain(&pace, start, &limits), rate);
            let interval = Duration::from_secs(1) / rate;
            assert_eq!(pace.due(start, &limits), start + interval);
            assert_eq!(
                drain(&pace, start + interval - Duration::from_nanos(1), &limits),
                0
            );
            assert_eq!(drain(&pace, start + interval, &limits), 1);
            assert_eq!(drain(&pace, start + interval * 2, &limits), 1);
            // However long nobody came.
            assert_eq!(drain(&pace, start + Duration::from_secs(3_600), &limits), rate);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_beyond_it_waits() {
        let limits = Limits {
            connections_per_second: 2,
            ..Limits::default()
        };
        let pace = Pace::default();
        let start = Instant::now();
        let mut taken = Vec::new();
        for _ in 0..4 {
            pace.wait(&limits).await;
            pace.take(Instant::now(), &limits);
            taken.push(start.elapsed().as_millis());
        }
        assert_eq!(taken, [0, 0, 500, 1_000]);
    }
}
