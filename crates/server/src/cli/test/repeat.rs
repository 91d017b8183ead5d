//! Several transactions, one after the other, and how their times are spread.

use super::{
    super::{chat::clean, output},
    message::{as_json, failure, mark, milliseconds},
    transaction::{self, Plan, Step},
};
use anyhow::{Result, bail};
use serde_json::{Value, json};
use std::time::Duration;

/// What is told of the times, by hundredths.
const PERCENTILES: [(&str, usize); 4] = [("p50", 50), ("p95", 95), ("p99", 99), ("max", 100)];

/// Carries it out so many times with that pause between, and goes on after failures. In the end there is an error if
/// any failed.
pub(super) async fn run(mut plan: Plan, times: u32, pause: Duration, json: bool) -> Result<()> {
    let (mut runs, mut latencies, mut deliveries) = (Vec::new(), Vec::new(), Vec::new());
    let mut failed = 0;
    for number in 1..=times {
        if number > 1 {
            tokio::time::sleep(pause).await;
            plan.mark = mark();
        }
        let outcome = transaction::run(&plan).await;
        let error = failure(&plan, &outcome).map(|(error, _)| error);
        if error.is_some() {
            failed += 1;
        } else {
            latencies.push(outcome.latency);
            let delivered = outcome.steps.iter().filter(|taken| taken.step == Step::Delivery);
            deliveries.extend(delivered.map(|taken| taken.time));
        }
        if json {
            runs.push(as_json(&plan, &outcome));
        } else {
            let latency = milliseconds(outcome.latency);
            let result = error.map_or_else(|| "success".to_owned(), |error| clean(&error));
            output::line(&format!("{number:>6}  {latency:>9.1} ms  {result}"))?;
        }
    }
    let (latency, delivery) = (spread(&mut latencies), spread(&mut deliveries));
    if json {
        output::json(&json!({
            "target": plan.sender.server,
            "succeeded": times - failed,
            "failed": failed,
            "latency_milliseconds": object(&latency),
            "delivery_milliseconds": object(&delivery),
            "runs": runs,
        }))?;
    } else {
        output::line("")?;
        let row = |name: &str, spread: &[Option<f64>]| {
            let cell = |time: &Option<f64>| time.map_or_else(String::new, |time| format!("{time:>9.1} ms"));
            [name.to_owned()]
                .into_iter()
                .chain(spread.iter().map(cell))
                .collect()
        };
        let rows = [row("transaction", &latency), row("delivery", &delivery)];
        output::table(&["TIME", "p50", "p95", "p99", "max"], &rows, "")?;
    }
    match failed {
        0 => Ok(()),
        _ => bail!("{failed} of {times} transactions failed"),
    }
}

/// The percentiles in milliseconds, by nearest rank; nothing of nothing.
fn spread(times: &mut [Duration]) -> Vec<Option<f64>> {
    times.sort_unstable();
    let rank = |hundredths: usize| (times.len() * hundredths).div_ceil(100).saturating_sub(1);
    let at = |(_, hundredths)| times.get(rank(hundredths)).copied().map(milliseconds);
    PERCENTILES.into_iter().map(at).collect()
}

fn object(spread: &[Option<f64>]) -> Value {
    let names = PERCENTILES.iter().map(|(name, _)| (*name).to_owned());
    Value::Object(names.zip(spread.iter().map(|time| json!(time))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let of = |count: u64| {
            let mut times: Vec<_> = (1..=count).rev().map(Duration::from_millis).collect();
            spread(&mut times)
        };
        let all = |times: [f64; 4]| times.map(Some).to_vec();
        assert_eq!(of(0), [None; 4]);
        assert_eq!(of(1), all([1.0; 4]));
        assert_eq!(of(2), all([1.0, 2.0, 2.0, 2.0]));
        assert_eq!(of(100), all([50.0, 95.0, 99.0, 100.0]));
        assert_eq!(of(101), all([51.0, 96.0, 100.0, 101.0]));
    }
}
