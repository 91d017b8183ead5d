//! `causerie retention`.

use super::{
    At, changes,
    confirm::{Removal, removed},
    output,
};
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Set how long compliance records are kept, and destroy those that may go. For compliance officers.
///
/// Only what was exported by every adapter, is signed, and isn't held is destroyed; its place in the chain stays and proves
/// that nothing else is gone. Messages go from the rooms' history, too. What the server did and what officers do is kept
/// for ever.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie retention set global 2555
  causerie retention set room:Lobby 90
  causerie retention plan
  causerie retention apply --yes")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Set how many days records are kept. A room's own policy comes before that of its category, that before global
    #[command(after_help = "Examples:
  causerie retention set global 2555
  causerie retention set category:General 365
  causerie retention set room:Lobby 90 --what-if")]
    Set {
        /// global, category:NAME or room:NAME
        scope: String,
        /// Days of 24 hours
        days: u32,
    },
    /// List all policies
    #[command(after_help = "Examples:
  causerie retention list
  causerie retention list --json")]
    List,
    /// Remove a policy
    #[command(after_help = "Examples:
  causerie retention remove room:Lobby --yes")]
    Remove {
        /// global, category:NAME or room:NAME
        scope: String,
        #[command(flatten)]
        how: Removal,
    },
    /// Show what would be destroyed now, by which rule, and what is kept by a hold
    #[command(after_help = "Examples:
  causerie retention plan
  causerie retention plan --json")]
    Plan,
    /// Destroy the content of all that may go, in the records and in the rooms
    #[command(after_help = "Examples:
  causerie retention apply --dry-run
  causerie retention apply --yes")]
    Apply {
        #[command(flatten)]
        how: Removal,
    },
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn plan(value: &Value) -> Result<()> {
    let row = |one: &Value| {
        let field = |name: &str| text(&one[name]);
        let name = one["name"].as_str().map_or_else(|| field("chain"), str::to_owned);
        let fate = if one["goes"] == true { "GOES" } else { "stays" };
        let messages = if one["goes"] == true {
            field("messages")
        } else {
            String::new()
        };
        vec![name, field("records"), messages, fate.to_owned(), field("reason")]
    };
    let rows: Vec<_> = value["lines"].as_array().into_iter().flatten().map(row).collect();
    let titles = ["ROOM", "RECORDS", "MESSAGES", "", "WHY"];
    output::table(&titles, &rows, "There are no records.")?;
    output::line(&format!(
        "\n{} records would go, and their {} messages from the rooms' history.",
        text(&value["records"]),
        text(&value["messages"])
    ))
}

/// What was destroyed, and why the rest of what rooms have stays.
fn applied(value: &Value) -> Result<()> {
    output::line(&format!(
        "Destroyed the content of {} records, and took {} messages out of the rooms' history.",
        text(&value["records"]),
        text(&value["messages"])
    ))?;
    let row = |one: &Value| vec![text(&one["records"]), text(&one["reason"])];
    let rows: Vec<_> = value["stays"].as_array().into_iter().flatten().map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    output::line("\nOf the rooms' records these stay:")?;
    output::table(&["RECORDS", "WHY"], &rows, "")
}

/// A policy's scope as it is said to `set`, by name if that is known.
fn scope(policy: &Value) -> String {
    let scope = text(&policy["scope"]);
    match (scope.split_once(':'), policy["name"].as_str()) {
        (Some((kind, _)), Some(name)) => format!("{kind}:{name}"),
        _ => scope,
    }
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let (api, as_json) = (self.at.api()?.patient(), self.at.json);
        let policies = ["compliance", "retention", "policies"];
        match self.what {
            What::Set { scope, days } => {
                let [a, b, c] = policies;
                let value = api.put(&[a, b, c, &scope], &json!({"keepDays": days})).await?;
                changes::answer(value, as_json, |_| {
                    output::line(&format!("Records of {scope} are kept for {days} days."))
                })
            }
            What::List => {
                let value = api.get(&policies).await?;
                if as_json {
                    return output::json(&value);
                }
                let row = |one: &Value| vec![scope(one), text(&one["keepDays"]), text(&one["scope"])];
                let rows: Vec<_> = value.as_array().into_iter().flatten().map(row).collect();
                output::table(
                    &["SCOPE", "DAYS", "ID"],
                    &rows,
                    "There are no policies: everything is kept for ever.",
                )
            }
            What::Remove { scope, how } => {
                let loss = format!("the retention policy of {scope}");
                if api.what_if() || how.goes_on(&loss, &json!({"scope": scope}), as_json)? {
                    let [a, b, c] = policies;
                    let value = api.delete(&[a, b, c, &scope]).await?;
                    removed(value, &loss, as_json)?;
                }
                Ok(())
            }
            What::Plan => {
                let value = api.seek(&["compliance", "retention", "plan"], &[]).await?;
                if as_json {
                    output::json(&value)
                } else {
                    plan(&value)
                }
            }
            What::Apply { how } => {
                let value = api.seek(&["compliance", "retention", "plan"], &[]).await?;
                if api.what_if() || how.only_says() {
                    return if as_json {
                        output::json(&value)
                    } else {
                        plan(&value)
                    };
                }
                let (records, messages) = (text(&value["records"]), text(&value["messages"]));
                // Of nothing nobody need be asked.
                let goes = value["records"].as_u64() != Some(0);
                let loss = format!(
                    "the content of {records} records, and their {messages} messages from the rooms' history"
                );
                if goes && !how.agreed("remove", &loss)? {
                    bail!("nothing was removed");
                }
                let value = api
                    .work(&["compliance", "retention", "apply"], &json!({}))
                    .await?;
                if as_json {
                    return output::json(&value);
                }
                applied(&value)
            }
        }
    }
}
