//! `causerie barrier`.

use super::{
    At,
    api::form,
    changes,
    confirm::{Removal, removed},
    output,
};
use anyhow::Result;
use causerie_web::admin::wire::{Barrier, NewBarrier};
use clap::{Args, Subcommand};

/// Add, list and remove information barriers: two groups whose people must not meet.
///
/// Who belongs to one side can't find, enter, read or manage a room that people of the other side may enter.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie barrier add Wall Research Trading
  causerie barrier add Wall Research Trading --what-if
  causerie barrier list
  causerie barrier remove Wall --yes")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Add a barrier; who may no longer be in a room is out of it at once
    #[command(after_help = "Examples:
  causerie barrier add Wall Research Trading
  causerie barrier add \"Chinese wall\" \"Equity research\" Trading --what-if")]
    Add {
        /// Its name
        name: String,
        /// The group on one side
        group: String,
        /// The group on the other side
        other: String,
    },
    /// List all barriers
    #[command(after_help = "Examples:
  causerie barrier list
  causerie barrier list --json")]
    List,
    /// Remove a barrier
    #[command(after_help = "Examples:
  causerie barrier remove Wall --what-if
  causerie barrier remove Wall --yes")]
    Remove {
        /// Its name
        barrier: String,
        #[command(flatten)]
        how: Removal,
    },
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let (api, as_json) = (self.at.api()?, self.at.json);
        match self.what {
            What::Add { name, group, other } => {
                let new = NewBarrier {
                    name,
                    groups: [group, other],
                };
                let value = api.post(&["barriers"], &new).await?;
                changes::answer(value, as_json, |value| {
                    let Barrier { name, groups } = form(value)?;
                    let [one, other] = groups;
                    output::line(&format!("Barrier '{name}' stands between '{one}' and '{other}'."))
                })
            }
            What::List => {
                let value = api.get(&["barriers"]).await?;
                if as_json {
                    return output::json(&value);
                }
                let row = |Barrier {
                               name,
                               groups: [one, other],
                           }| vec![name, one, other];
                let rows: Vec<_> = form::<Vec<Barrier>>(value)?.into_iter().map(row).collect();
                output::table(&["NAME", "BETWEEN", "AND"], &rows, "There are no barriers.")
            }
            What::Remove { barrier, how } => {
                let found = api.get(&["barriers", &barrier]).await?;
                let Barrier { name, groups } = form(found.clone())?;
                let [one, other] = groups;
                let loss = format!("barrier '{name}' between '{one}' and '{other}'");
                if api.what_if() || how.goes_on(&loss, &found, as_json)? {
                    let value = api.delete(&["barriers", &barrier]).await?;
                    removed(value, &format!("barrier '{name}'"), as_json)?;
                }
                Ok(())
            }
        }
    }
}
