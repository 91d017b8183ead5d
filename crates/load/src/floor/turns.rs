//! Causerie and the floor in turns, within the same minutes: what the machine is worth drifts over an hour by more than
//! what is compared.

use super::{Found, Shape, run};
use crate::report::Outcome;
use anyhow::{Result, ensure};
use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::future::Future;

/// What both sides measure, and by which they are compared.
const COMPARED: [&str; 3] = [
    "server_cpu_us_per_delivery",
    "deliveries_per_second",
    "posts_per_second",
];

/// Whether and how a run is compared with the floor.
#[derive(Clone, Debug, Args, Serialize)]
#[command(next_help_heading = "Comparison with a bare floor")]
pub(crate) struct Options {
    /// Run a bare server with the same commits and bytes in turns with Causerie, and tell the ratio
    #[arg(long)]
    pub(crate) floor: bool,
    /// How often each of the two has its turn
    #[arg(long, value_name = "N", default_value_t = 2, requires = "floor", value_parser = clap::value_parser!(u32).range(1..=100))]
    turns: u32,
    /// Bytes that the floor sends each member for each message
    #[arg(long, value_name = "BYTES", default_value_t = 900, requires = "floor", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub(crate) delivery_bytes: u32,
    /// Bytes of the answers, to a delivery and to a post
    #[arg(long, value_name = "BYTES", default_value_t = 500, requires = "floor", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub(crate) answer_bytes: u32,
}

/// Does a run, alone or in turns with the floor.
///
/// # Errors
/// Those of either.
pub(crate) async fn in_turns<F: Future<Output = Result<Outcome>>>(
    options: &Options,
    shape: Shape,
    mut once: impl FnMut() -> F,
) -> Result<Outcome> {
    if !options.floor {
        return once().await;
    }
    let (mut settings, mut faults) = (Value::Null, Vec::new());
    let (mut causerie, mut floor) = (Vec::new(), Vec::new());
    for turn in 1..=options.turns {
        eprintln!("turn {turn} of {}: Causerie", options.turns);
        let outcome = once().await?;
        settings = outcome.settings;
        faults.extend(outcome.faults);
        causerie.push(outcome.results);
        eprintln!("turn {turn} of {}: the floor", options.turns);
        let found: Found = run(shape).await?;
        faults.extend(found.faults.iter().cloned());
        floor.push(serde_json::to_value(found)?);
    }
    if let Value::Object(settings) = &mut settings {
        settings.insert("floor".to_owned(), serde_json::to_value(shape)?);
    }
    let compared: Map<String, Value> = COMPARED
        .into_iter()
        .map(|name| Ok((name.to_owned(), compare(name, &causerie, &floor)?)))
        .collect::<Result<_>>()?;
    Ok(Outcome {
        settings,
        results: json!({ "compared": compared, "causerie": numbered(causerie), "floor": numbered(floor) }),
        faults,
    })
}

/// The medians of both sides and of the turns' ratios.
fn compare(name: &str, causerie: &[Value], floor: &[Value]) -> Result<Value> {
    let of = |results: &[Value]| -> Vec<f64> {
        results
            .iter()
            .filter_map(|result| result.get(name)?.as_f64())
            .collect()
    };
    let (causerie, floor) = (of(causerie), of(floor));
    ensure!(
        causerie.len() == floor.len() && !floor.is_empty(),
        "a turn has no {name}"
    );
    let ratios = causerie.iter().zip(&floor).map(|(a, b)| a / b).collect();
    Ok(json!({ "causerie": median(causerie), "floor": median(floor), "ratio": median(ratios) }))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    }
}

fn numbered(results: Vec<Value>) -> Value {
    let turns = (1..).zip(results);
    turns
        .map(|(turn, value)| (format!("turn_{turn}"), value))
        .collect::<Map<String, Value>>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_those_within_a_turn() {
        let results = |values: &[f64]| -> Vec<Value> { values.iter().map(|v| json!({ "x": v })).collect() };
        // The machine was half as fast in the second turn, for both.
        let compared = compare("x", &results(&[10.0, 20.0]), &results(&[2.0, 4.0])).unwrap();
        assert_eq!(compared, json!({"causerie": 15.0, "floor": 3.0, "ratio": 5.0}));
        assert!(compare("x", &results(&[1.0]), &[json!({})]).is_err());
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
