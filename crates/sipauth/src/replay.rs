//! The anti-replay window, after RFC 4303 section 3.4.3.

/// How far behind the highest number seen a number may come and still be taken once.
pub const REPLAY_WINDOW: u64 = 256;

const WORDS: usize = (REPLAY_WINDOW / 64) as usize;

/// A ring of bits for the last [`REPLAY_WINDOW`] numbers. Zero counts as used: counters start at 1.
#[derive(Debug, Clone)]
pub(crate) struct ReplayWindow {
    highest: u64,
    seen: [u64; WORDS],
}

impl ReplayWindow {
    pub(crate) fn new() -> Self {
        let mut window = Self {
            highest: 0,
            seen: [0; WORDS],
        };
        window.set(0, true);
        window
    }

    /// Whether `number` may still be taken.
    pub(crate) fn is_fresh(&self, number: u64) -> bool {
        number > self.highest
            || (self.highest - number < REPLAY_WINDOW
                && self
                    .seen
                    .get(word(number))
                    .is_some_and(|bits| bits & bit(number) == 0))
    }

    /// Marks `number` as taken.
    pub(crate) fn take(&mut self, number: u64) {
        if number > self.highest {
            if number - self.highest >= REPLAY_WINDOW {
                self.seen = [0; WORDS];
            } else {
                for skipped in self.highest + 1..number {
                    self.set(skipped, false);
                }
            }
            self.highest = number;
        }
        self.set(number, true);
    }

    fn set(&mut self, number: u64, taken: bool) {
        if let Some(bits) = self.seen.get_mut(word(number)) {
            if taken {
                *bits |= bit(number);
            } else {
                *bits &= !bit(number);
            }
        }
    }
}

fn word(number: u64) -> usize {
    (number % REPLAY_WINDOW / 64) as usize
}

fn bit(number: u64) -> u64 {
    1 << (number % 64)
}
