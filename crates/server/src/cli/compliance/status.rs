//! `causerie compliance status`.

use super::{At, output, show::word};
use anyhow::{Result, bail};
use serde_json::Value;

/// What is said of a queue that can't be reached.
const UNKNOWN: &str = "unknown";

pub(super) async fn run(at: &At) -> Result<()> {
    let status = at.api()?.get(&["compliance", "status"]).await?;
    if at.json {
        output::json(&status)?;
        return judge(&status);
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
        one => {
            let wrong = if one["right"] == true { "" } else { "WRONG, " };
            format!("{wrong}{}: {}", word(&one["at"]), word(&one["result"]))
        }
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
    for alarm in alarms(&status) {
        let word = |field: &str| word(&alarm[field]);
        output::line(&format!(
            "\nAlarm {} since {}, found {} time(s): {}",
            word("name"),
            word("since"),
            word("times"),
            word("text")
        ))?;
    }
    judge(&status)
}

fn alarms(status: &Value) -> impl Iterator<Item = &Value> {
    status["alarms"].as_array().into_iter().flatten()
}

/// An error if the last verification found something wrong, an alarm stands or records are set aside. That no adapter is set is a warning: it is
/// how a service begins.
fn judge(status: &Value) -> Result<()> {
    if status["verified"]["right"] == false {
        bail!("the last verification found something wrong");
    }
    let names: Vec<String> = alarms(status)
        .map(|alarm| word(&alarm["name"]))
        .filter(|name| name != "no-adapter")
        .collect();
    if !names.is_empty() {
        bail!("an alarm stands: {}", names.join(", "));
    }
    match status["queue"]["setAside"].as_u64() {
        None | Some(0) => Ok(()),
        Some(count) => bail!("{count} record(s) that don't fit into their chain are set aside"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_fails_while_something_is_wrong() {
        let alarm = |name: &str| json!({"name": name, "since": "", "text": "", "times": 1});
        let no_adapter = json!({"verified": null, "alarms": [alarm("no-adapter")]});
        assert!(judge(&no_adapter).is_ok());
        assert!(judge(&json!({"verified": {"right": true}, "alarms": []})).is_ok());
        assert!(judge(&json!({"verified": {"right": false}, "alarms": []})).is_err());
        let two = json!({"verified": null, "alarms": [alarm("no-adapter"), alarm("run-failed")]});
        assert_eq!(
            judge(&two).unwrap_err().to_string(),
            "an alarm stands: run-failed"
        );
        let aside = |count: Value| json!({"verified": null, "alarms": [], "queue": {"setAside": count}});
        assert!(judge(&aside(json!(null))).is_ok());
        assert!(judge(&aside(json!(0))).is_ok());
        assert_eq!(
            judge(&aside(json!(1))).unwrap_err().to_string(),
            "1 record(s) that don't fit into their chain are set aside"
        );
    }
}
