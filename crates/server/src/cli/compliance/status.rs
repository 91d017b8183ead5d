//! `causerie compliance status`.

use super::{At, output, show::word};
use anyhow::Result;
use serde_json::Value;

/// What is said of a queue that can't be reached.
const UNKNOWN: &str = "unknown";

pub(super) async fn run(at: &At) -> Result<()> {
    let status = at.api()?.get(&["compliance", "status"]).await?;
    if at.json {
        return output::json(&status);
    }
    let queue = &status["queue"];
    let checkpoint = match &status["checkpoint"] {
        Value::Null => "none yet".to_owned(),
        one => format!(
            "{} up to record {}, {} s ago, key {}",
            word(&one["number"]),
            word(&one["position"]),
            word(&one["ageSeconds"]),
            word(&one["key"])
        ),
    };
    let verified = match &status["verified"] {
        Value::Null => "not since the service started: causerie compliance verify".to_owned(),
        one => format!("{}: {}", word(&one["at"]), word(&one["result"])),
    };
    output::facts(&[
        (
            "Waiting",
            match &queue["depth"] {
                Value::Null => UNKNOWN.to_owned(),
                depth => format!("{}, for {} s", word(depth), word(&queue["lagSeconds"])),
            },
        ),
        (
            "Set aside",
            match &queue["setAside"] {
                Value::Null => UNKNOWN.to_owned(),
                count => word(count),
            },
        ),
        ("Stored", word(&status["records"])),
        ("Checkpoint", checkpoint),
        ("Verified", verified),
    ])?;
    if let Some(error) = queue["error"].as_str() {
        output::line(&format!("\nRecords aren't taken now: {error}"))?;
    }
    output::line("")?;
    let row = |adapter: &Value| {
        let text = |field: &str| word(&adapter[field]);
        let next = if adapter["enabled"] == true {
            text("nextRun")
        } else {
            "off".to_owned()
        };
        vec![
            text("name"),
            text("position"),
            text("lagSeconds") + " s",
            text("lastRun"),
            next,
            text("error"),
        ]
    };
    let rows: Vec<_> = status["adapters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(row)
        .collect();
    let headings = ["ADAPTER", "EXPORTED", "BEHIND", "LAST RUN", "NEXT RUN", "ERROR"];
    output::table(&headings, &rows, "There are no adapters: nothing is exported.")?;
    for warning in status["warnings"].as_array().into_iter().flatten() {
        output::line(&format!("\nWarning: {}", word(warning)))?;
    }
    Ok(())
}
