//! `causerie compliance hold`.

use super::{
    At, output,
    show::{Period, list, period, rooms_of, word},
};
use crate::cli::{
    changes,
    confirm::{Removal, removed},
};
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

#[derive(Subcommand)]
pub(super) enum What {
    /// Place a legal hold: what it covers isn't destroyed. What isn't given covers everything
    #[command(after_help = "Examples:
  causerie compliance hold place --reason \"letter of 12 May\" --person smith@example.test
  causerie compliance hold place --reason audit --room Deals --from 2026-01-01 --until 2026-07-01")]
    Place(Place),
    /// List all holds
    #[command(after_help = "Examples:
  causerie compliance hold list
  causerie compliance hold list --json")]
    List,
    /// Lift a hold; from then on retention may destroy what it covered
    #[command(after_help = "Examples:
  causerie compliance hold lift h17 --dry-run
  causerie compliance hold lift h17 --yes")]
    Lift {
        /// Its id
        id: String,
        #[command(flatten)]
        how: Removal,
    },
}

#[derive(Args)]
pub(super) struct Place {
    /// Why
    #[arg(long)]
    reason: String,
    /// The matter that it is for
    #[arg(long)]
    matter: Option<String>,
    /// Covers what this person did, wrote or had done to him; can be given several times
    #[arg(long, value_name = "ADDRESS")]
    person: Vec<String>,
    /// Covers what happened in this room; can be given several times
    #[arg(long)]
    room: Vec<String>,
    #[command(flatten)]
    period: Period,
}

/// The matter that a hold is for: its id, and its name if it is known.
fn matter(hold: &Value) -> String {
    match hold["matterName"].as_str() {
        Some(name) => format!("{} ({name})", word(&hold["matter"])),
        None => word(&hold["matter"]),
    }
}

impl What {
    pub(super) async fn run(self, at: &At) -> Result<()> {
        let (api, as_json) = (at.api()?, at.json);
        match self {
            Self::Place(place) => {
                let (from, until) = place.period.words();
                let body = json!({
                    "reason": place.reason, "matter": place.matter,
                    "people": place.person, "rooms": place.room, "from": from, "until": until,
                });
                let value = api.post(&["compliance", "holds"], &body).await?;
                let id = word(&value["changes"][0]["target"]);
                changes::answer(value, as_json, |_| output::line(&format!("Hold {id} is placed.")))
            }
            Self::List => {
                let all = api.get(&["compliance", "holds"]).await?;
                if as_json {
                    return output::json(&all);
                }
                let row = |one: &Value| {
                    vec![
                        word(&one["id"]),
                        list(&one["people"], "everybody"),
                        rooms_of(one),
                        period(one),
                        matter(one),
                        format!("{} by {}", word(&one["placedAt"]), word(&one["placedBy"])),
                        word(&one["reason"]),
                    ]
                };
                let rows: Vec<_> = all
                    .as_object()
                    .into_iter()
                    .flat_map(|all| all.values())
                    .map(row)
                    .collect();
                let headings = ["HOLD", "PEOPLE", "ROOMS", "PERIOD", "MATTER", "PLACED", "REASON"];
                output::table(&headings, &rows, "There are no holds.")
            }
            Self::Lift { id, how } => {
                let all = api.get(&["compliance", "holds"]).await?;
                let Some(hold) = all.get(&id) else {
                    bail!("there is no hold {id}");
                };
                let loss = format!("hold {id}");
                if api.what_if() || how.goes_on(&loss, hold, as_json)? {
                    let value = api.delete(&["compliance", "holds", &id]).await?;
                    removed(value, &loss, as_json)?;
                }
                Ok(())
            }
        }
    }
}
