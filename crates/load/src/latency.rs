//! Latencies: recorded in microseconds, told in milliseconds.

use hdrhistogram::Histogram;
use serde::Serialize;

/// What is longer counts as this: ten minutes.
const MAX_US: u64 = 600_000_000;

/// A histogram of durations with three significant digits, from 1 µs to ten minutes.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(crate) fn new() -> Self {
        // The only error is one of constants that don't go together.
        Self(
            Histogram::new_with_bounds(1, MAX_US, 3)
                .unwrap_or_else(|_| unreachable!("these bounds are valid")),
        )
    }

    pub(crate) fn record_ns(&mut self, nanoseconds: u64) {
        self.0.saturating_record((nanoseconds / 1_000).max(1));
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        // Both have the same bounds.
        let _ = self.0.add(&other.0);
    }

    pub(crate) fn summary(&self) -> Summary {
        let at = |quantile| self.0.value_at_quantile(quantile) as f64 / 1e3;
        Summary {
            count: self.0.len(),
            mean_ms: self.0.mean() / 1e3,
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: self.0.max() as f64 / 1e3,
        }
    }
}

/// What a result tells of a histogram, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Summary {
    pub(crate) count: u64,
    pub(crate) mean_ms: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p90_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
    pub(crate) max_ms: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_told_in_milliseconds() {
        let mut one = Latencies::new();
        let mut two = Latencies::new();
        for ms in 1..=500 {
            one.record_ns(ms * 1_000_000);
            two.record_ns((ms + 500) * 1_000_000);
        }
        one.merge(&two);
        let summary = one.summary();
        assert_eq!(summary.count, 1_000);
        assert!((summary.p50_ms - 500.0).abs() < 1.0);
        assert!((summary.p99_ms - 990.0).abs() < 1.0);
        assert!((summary.max_ms - 1_000.0).abs() < 1.0);
    }

    #[test]
    fn what_is_too_long_counts_as_the_longest() {
        let mut latencies = Latencies::new();
        latencies.record_ns(u64::MAX);
        assert!((latencies.summary().max_ms - 600_000.0).abs() < 1_000.0);
    }
}
