//! `causerie compliance matter`.

use super::{
    At, output,
    show::{Period, list, period, rooms_of, word},
    what::{cell, what},
};
use crate::cli::changes;
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

#[derive(Subcommand)]
pub(super) enum What {
    /// Open a matter: whose doings, which rooms, what time, which words. What isn't given doesn't matter
    #[command(after_help = "Examples:
  causerie compliance matter open \"Smith v. Example\" --custodian smith@example.test
  causerie compliance matter open Deals --room Deals --from 2026-01-01 --word merger")]
    Open(Open),
    /// List all matters
    #[command(after_help = "Examples:
  causerie compliance matter list
  causerie compliance matter list --json")]
    List,
    /// Have a matter be about something else. What isn't given stays; "" given alone is none
    #[command(after_help = "Examples:
  causerie compliance matter change m17 --custodian smith@example.test --room Deals
  causerie compliance matter change m17 --word \"\" --until 2026-07-01 --what-if")]
    Change(Change),
    /// Close a matter: nothing is searched or exported for it any more
    #[command(after_help = "Examples:
  causerie compliance matter close m17")]
    Close {
        /// Its id
        id: String,
    },
    /// Search what a matter is about; the search is recorded
    #[command(after_help = "Examples:
  causerie compliance matter search m17
  causerie compliance matter search m17 --limit 20 --json")]
    Search {
        /// Its id
        id: String,
        /// Only records after this position are shown
        #[arg(long, default_value_t = 0)]
        after: u64,
        /// Most records that are shown
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Export all that a matter is about
    #[command(after_help = "Examples:
  causerie compliance matter export m17 --directory /srv/matters --what-if
  causerie compliance matter export m17 --directory /srv/matters --format rsmf --zip")]
    Export {
        /// Its id
        id: String,
        /// Where it goes: an absolute path on the machine of the compliance service
        #[arg(long, value_name = "DIR")]
        directory: String,
        /// xml, actiance, eml, csv, ndjson or rsmf
        #[arg(long, default_value = "ndjson")]
        format: String,
        /// One zip instead of a folder
        #[arg(long)]
        zip: bool,
    },
}

/// What a matter is about.
#[derive(Args)]
pub(super) struct About {
    /// Somebody whose doings are looked for; can be given several times
    #[arg(long, value_name = "ADDRESS")]
    custodian: Vec<String>,
    /// A room that is looked into; can be given several times
    #[arg(long)]
    room: Vec<String>,
    /// A word that is looked for; can be given several times, then any of them
    #[arg(long)]
    word: Vec<String>,
    #[command(flatten)]
    period: Period,
}

#[derive(Args)]
pub(super) struct Open {
    /// What people call it
    name: String,
    #[command(flatten)]
    about: About,
}

#[derive(Args)]
pub(super) struct Change {
    /// Its id
    id: String,
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    about: About,
}

impl About {
    /// A matter of this name, as the API takes it.
    fn named(&self, name: &str) -> Value {
        let (from, until) = self.period.words();
        json!({
            "name": name, "custodians": self.custodian, "rooms": self.room,
            "words": self.word, "from": from, "until": until,
        })
    }
}

impl Change {
    /// The matter as it was, with what is given.
    fn of(&self, matter: &Value) -> Value {
        let before = word(&matter["name"]);
        let mut now = self.about.named(self.name.as_ref().unwrap_or(&before));
        for field in ["custodians", "rooms", "words", "from", "until"] {
            now[field] = match &now[field] {
                Value::Array(given) if given.is_empty() => {
                    // Rooms are numbers there, and names here.
                    matter[field].as_array().into_iter().flatten().map(word).collect()
                }
                Value::Array(given) => given.iter().filter(|one| *one != "").cloned().collect(),
                Value::Null => matter[field].clone(),
                given => given.clone(),
            };
        }
        now
    }
}

impl What {
    pub(super) async fn run(self, at: &At) -> Result<()> {
        let (api, as_json) = (at.api()?.patient(), at.json);
        match self {
            Self::Open(open) => {
                let body = open.about.named(&open.name);
                let value = api.post(&["compliance", "matters"], &body).await?;
                let id = word(&value["changes"][0]["target"]);
                changes::answer(value, as_json, |_| output::line(&format!("Matter {id} is open.")))
            }
            Self::List => {
                let all = api.get(&["compliance", "matters"]).await?;
                if as_json {
                    return output::json(&all);
                }
                let row = |one: &Value| {
                    vec![
                        word(&one["id"]),
                        word(&one["name"]),
                        if one["closed"] == true { "closed" } else { "open" }.to_owned(),
                        list(&one["custodians"], "everybody"),
                        rooms_of(one),
                        period(one),
                        list(&one["words"], "any"),
                    ]
                };
                let rows: Vec<_> = all
                    .as_object()
                    .into_iter()
                    .flat_map(|all| all.values())
                    .map(row)
                    .collect();
                let headings = [
                    "MATTER",
                    "NAME",
                    "STATE",
                    "CUSTODIANS",
                    "ROOMS",
                    "PERIOD",
                    "WORDS",
                ];
                output::table(&headings, &rows, "There are no matters.")
            }
            Self::Change(change) => {
                let all = api.get(&["compliance", "matters"]).await?;
                let Some(matter) = all.get(&change.id) else {
                    bail!("there is no matter {}", change.id);
                };
                let body = change.of(matter);
                let value = api.put(&["compliance", "matters", &change.id], &body).await?;
                changes::answer(value, as_json, |_| {
                    output::line(&format!("Matter {} is changed.", change.id))
                })
            }
            Self::Close { id } => {
                let value = api
                    .post(&["compliance", "matters", &id, "close"], &json!({}))
                    .await?;
                changes::answer(value, as_json, |_| {
                    output::line(&format!("Matter {id} is closed."))
                })
            }
            Self::Search { id, after, limit } => {
                let body = json!({"after": after, "limit": limit});
                let value = api.work(&["compliance", "matters", &id, "search"], &body).await?;
                if as_json {
                    return output::json(&value);
                }
                records(&value)
            }
            Self::Export {
                id,
                directory,
                format,
                zip,
            } => {
                let body = json!({"directory": directory, "format": format, "zip": zip});
                let value = api.work(&["compliance", "matters", &id, "export"], &body).await?;
                exported(&value, as_json, api.what_if())
            }
        }
    }
}

/// What came of an export, or would.
pub(super) fn exported(value: &Value, as_json: bool, what_if: bool) -> Result<()> {
    if as_json {
        return output::json(value);
    }
    let records = word(&value["records"]);
    match value["batch"].as_str() {
        _ if what_if => output::line(&format!("Would export {records} records. Nothing was written."))?,
        None => output::line("Nothing to export.")?,
        Some(batch) => output::line(&format!(
            "Exported {records} records as {batch}: {}",
            word(&value["place"])
        ))?,
    }
    retired(value)?;
    output::warnings(&value["warnings"])
}

/// Says how many records that might belong here were destroyed.
fn retired(value: &Value) -> Result<()> {
    match value["retired"].as_u64().unwrap_or_default() {
        0 => Ok(()),
        count => output::line(&format!(
            "Retention has destroyed the content of {count} records, which may have belonged here."
        )),
    }
}

/// A record's line. Names and texts are what somebody chose.
fn row(one: &Value) -> Vec<String> {
    let text = |field: &str| word(&one[field]);
    vec![
        text("position"),
        text("at"),
        cell(one["room"].as_str().unwrap_or(&text("chain"))),
        text("kind"),
        cell(&text("actor")),
        what(&text("kind"), &text("body")),
    ]
}

/// Records that were found, a line each.
pub(super) fn records(value: &Value) -> Result<()> {
    let shown = value["records"].as_array().map_or(&[][..], Vec::as_slice);
    let rows: Vec<_> = shown.iter().map(row).collect();
    output::table(
        &["POSITION", "TIME", "ROOM", "KIND", "WHO", "WHAT"],
        &rows,
        "Nothing is found.",
    )?;
    let more = match shown.last() {
        Some(last) if value["more"] == true => format!(" More: --after {}", word(&last["position"])),
        _ => String::new(),
    };
    output::line(&format!(
        "\n{} found, {} shown.{more}",
        word(&value["found"]),
        shown.len()
    ))?;
    retired(value)?;
    output::warnings(&value["warnings"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_somebody_chose_does_not_reorder_a_row() {
        let evil = "a\u{202e}b\nc";
        let one = json!({
            "position": 7, "at": "2026-01-01T00:00:00Z", "room": evil, "kind": "CHAT", "actor": evil,
            "body": json!({"text": evil}).to_string(),
        });
        let plain = "a\u{fffd}b c";
        assert_eq!(
            row(&one),
            ["7", "2026-01-01T00:00:00Z", plain, "CHAT", plain, plain]
        );
        assert_eq!(row(&json!({"chain": "room:1"}))[2], "room:1");
    }
}
