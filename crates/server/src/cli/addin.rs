//! `causerie addin`.

use super::{
    At,
    api::form,
    changes,
    confirm::{Removal, removed},
    output,
};
use anyhow::Result;
use causerie_web::admin::wire::{Addin, ChangeAddin, NewAddin};
use clap::{Args, Subcommand};
use serde_json::Value;

/// Add, list, show, change and remove add-ins: web pages that clients show beside rooms.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie addin add Wiki https://wiki.example.test/
  causerie room change Desk --addin Wiki
  causerie addin show Wiki")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Register an add-in for rooms to have
    #[command(after_help = "Examples:
  causerie addin add Wiki https://wiki.example.test/")]
    Add {
        /// Its name, of at most 50 characters
        name: String,
        /// The page: an http or https URL
        page: String,
    },
    /// List all add-ins
    #[command(after_help = "Examples:
  causerie addin list")]
    List,
    /// Show one add-in with the rooms that have it
    #[command(after_help = "Examples:
  causerie addin show Wiki")]
    Show {
        /// Its name
        addin: String,
    },
    /// Change an add-in's name or page
    #[command(after_help = "Examples:
  causerie addin change Wiki --name Handbook
  causerie addin change Wiki --page https://handbook.example.test/")]
    Change {
        /// Its name so far
        addin: String,
        #[command(flatten)]
        to: Changes,
    },
    /// Remove an add-in that no room has
    #[command(after_help = "Examples:
  causerie addin remove Wiki --what-if
  causerie addin remove Wiki --yes")]
    Remove {
        /// Its name
        addin: String,
        #[command(flatten)]
        how: Removal,
    },
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// Its name from now on
    #[arg(long)]
    name: Option<String>,
    /// The page: an http or https URL
    #[arg(long, value_name = "URL")]
    page: Option<String>,
}

fn show(value: Value) -> Result<()> {
    let addin: Addin = form(value)?;
    let rooms = addin.rooms.filter(|rooms| !rooms.is_empty());
    output::facts(&[
        ("Name", addin.name),
        ("Page", addin.url),
        (
            "Rooms",
            rooms.map_or_else(|| "none".to_owned(), |rooms| rooms.join(", ")),
        ),
        ("GUID", addin.guid),
    ])
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let (api, as_json) = (self.at.api()?, self.at.json);
        match self.what {
            What::Add { name, page } => {
                let value = api.post(&["addins"], &NewAddin { name, url: page }).await?;
                changes::answer(value, as_json, show)
            }
            What::List => {
                let value = api.get(&["addins"]).await?;
                if as_json {
                    return output::json(&value);
                }
                let row = |addin: Addin| vec![addin.name, addin.room_count.to_string(), addin.url];
                let rows: Vec<_> = form::<Vec<Addin>>(value)?.into_iter().map(row).collect();
                output::table(&["NAME", "ROOMS", "PAGE"], &rows, "There are no add-ins.")
            }
            What::Show { addin } => {
                let value = api.get(&["addins", &addin]).await?;
                if as_json {
                    output::json(&value)
                } else {
                    show(value)
                }
            }
            What::Change { addin, to } => {
                let change = ChangeAddin {
                    name: to.name,
                    url: to.page,
                };
                let value = api.patch(&["addins", &addin], &change).await?;
                changes::answer(value, as_json, show)
            }
            What::Remove { addin, how } => {
                let found = api.get(&["addins", &addin]).await?;
                let loss = format!("add-in '{}'", form::<Addin>(found.clone())?.name);
                if api.what_if() || how.goes_on(&loss, &found, as_json)? {
                    let value = api.delete(&["addins", &addin]).await?;
                    removed(value, &loss, as_json)?;
                }
                Ok(())
            }
        }
    }
}
