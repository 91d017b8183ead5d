//! The real clock and the real randomness. Everything else takes them as parameters.

use causerie_model::{Clock, Random, Timestamp};
use rand::Rng as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where the present comes from"
    )]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A generator of each thread, seeded and reseeded by the kernel's: every message that is signed takes a number, and a
/// system call for each would show.
pub(crate) struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // It panics if the kernel gives no seed, which Linux does since 3.17 once the system is up. Going on without
        // would mean keys that can be guessed.
        rand::rng().fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_past_the_first_version() {
        assert!(SystemClock.now() > Timestamp::from_unix_seconds(1_700_000_000));
    }

    #[test]
    fn randomness_differs() {
        assert_ne!(SystemRandom.token(), SystemRandom.token());
    }
}
