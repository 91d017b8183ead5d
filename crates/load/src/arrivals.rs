//! When posts are due in open loop: the schedule is made without regard to how the server does.

/// How the posts of a schedule are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Spacing {
    /// As many independent people make them: exponential gaps.
    Poisson,
    /// Equal gaps.
    Even,
}

/// Small, fast random numbers that a seed repeats (SplitMix64). For schedules, and for
/// nonces and session keys of a load run, which protect nothing; not for secrets.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice that nobody can foresee.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub(crate) fn from_system() -> anyhow::Result<Self> {
        let mut seed = [0; 8];
        getrandom::fill(&mut seed)?;
        Ok(Self(u64::from_le_bytes(seed)))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 if there is none.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }

    /// A number above 0, up to 1.
    pub(crate) fn unit(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let number = self.next().to_le_bytes();
            chunk.copy_from_slice(number.get(..chunk.len()).unwrap_or_default());
        }
    }

    /// 16 hexadecimal digits.
    pub(crate) fn token(&mut self) -> String {
        format!("{:016x}", self.next())
    }
}

/// A schedule without end: the due times of posts, in nanoseconds.
pub(crate) struct Arrivals {
    at: f64,
    gap: f64,
    spacing: Spacing,
    dice: Dice,
}

impl Arrivals {
    /// A schedule of `rate` posts a second that begins at `start` nanoseconds.
    pub(crate) fn new(start: u64, rate: f64, spacing: Spacing, seed: u64) -> Self {
        Self {
            at: start as f64,
            gap: 1e9 / rate.max(f64::MIN_POSITIVE),
            spacing,
            dice: Dice::new(seed),
        }
    }

    /// Begins anew at `start` nanoseconds with so many posts a second.
    pub(crate) fn restart(&mut self, start: u64, rate: f64) {
        self.at = start as f64;
        self.gap = 1e9 / rate.max(f64::MIN_POSITIVE);
    }
}

impl Iterator for Arrivals {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.at += match self.spacing {
            Spacing::Even => self.gap,
            Spacing::Poisson => -self.dice.unit().ln() * self.gap,
        };
        Some(self.at as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_arrivals_are_evenly_spaced() {
        let times: Vec<u64> = Arrivals::new(1_000, 1_000.0, Spacing::Even, 1).take(3).collect();
        assert_eq!(times, [1_001_000, 2_001_000, 3_001_000]);
    }

    #[test]
    fn poisson_arrivals_keep_the_rate_and_vary_as_they_should() {
        let count = 100_000;
        let times: Vec<u64> = Arrivals::new(0, 500.0, Spacing::Poisson, 7).take(count).collect();
        let gaps: Vec<f64> = times.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((mean / 2e6 - 1.0).abs() < 0.02, "a mean gap of {mean} ns");
        // The deviation of an exponential distribution is its mean.
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.03, "{variance}");
    }

    #[test]
    fn the_same_seed_gives_the_same_schedule() {
        let times = |seed| -> Vec<u64> { Arrivals::new(0, 9.0, Spacing::Poisson, seed).take(50).collect() };
        assert_eq!(times(3), times(3));
        assert_ne!(times(3), times(4));
    }

    #[test]
    fn dice_stay_below_and_reach_everything() {
        let mut dice = Dice::new(1);
        let mut seen = [false; 5];
        for _ in 0..200 {
            seen[dice.below(5)] = true;
        }
        assert_eq!((seen, dice.below(0)), ([true; 5], 0));
    }

    #[test]
    fn the_rate_can_change() {
        let mut arrivals = Arrivals::new(0, 1.0, Spacing::Even, 1);
        assert_eq!(arrivals.next(), Some(1_000_000_000));
        arrivals.restart(1_000_000_000, 10.0);
        assert_eq!(arrivals.next(), Some(1_100_000_000));
    }
}
