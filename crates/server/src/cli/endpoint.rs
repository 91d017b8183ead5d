//! `causerie endpoint`.

use super::{
    At,
    api::form,
    changes,
    confirm::{Removal, removed},
    output,
};
use anyhow::{Result, bail};
use causerie_web::admin::wire::{Endpoint, NewEndpoint};
use clap::{Args, Subcommand};

/// Add, list and remove endpoints: addresses of its own under which clients find the service.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie endpoint add chat@example.test --name Rooms
  causerie endpoint list
  causerie endpoint remove chat@example.test --yes")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Add an endpoint
    #[command(after_help = "Examples:
  causerie endpoint add chat@example.test --name Rooms")]
    Add {
        /// user@domain, nobody's so far
        address: String,
        /// What people see; left out, it is the part before the @
        #[arg(long, default_value = "", hide_default_value = true)]
        name: String,
    },
    /// List all endpoints that were added
    #[command(after_help = "Examples:
  causerie endpoint list")]
    List,
    /// Remove an endpoint
    #[command(after_help = "Examples:
  causerie endpoint remove chat@example.test --what-if
  causerie endpoint remove chat@example.test --yes")]
    Remove {
        /// user@domain
        address: String,
        #[command(flatten)]
        how: Removal,
    },
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let (api, as_json) = (self.at.api()?, self.at.json);
        match self.what {
            What::Add { address, name } => {
                let new = NewEndpoint {
                    address,
                    display_name: name,
                };
                let value = api.post(&["endpoints"], &new).await?;
                changes::answer(value, as_json, |value| {
                    let endpoint: Endpoint = form(value)?;
                    output::facts(&[("Address", endpoint.address), ("Name", endpoint.display_name)])
                })
            }
            What::List => {
                let value = api.get(&["endpoints"]).await?;
                if as_json {
                    return output::json(&value);
                }
                let row = |endpoint: Endpoint| vec![endpoint.address, endpoint.display_name];
                let rows: Vec<_> = form::<Vec<Endpoint>>(value)?.into_iter().map(row).collect();
                output::table(&["ADDRESS", "NAME"], &rows, "There are no endpoints.")
            }
            What::Remove { address, how } => {
                let all: Vec<Endpoint> = api.read(&["endpoints"]).await?;
                let Some(found) = all
                    .iter()
                    .find(|endpoint| endpoint.address.eq_ignore_ascii_case(&address))
                else {
                    bail!("there is no endpoint '{address}'");
                };
                let loss = format!("endpoint {}", found.address);
                if api.what_if() || how.goes_on(&loss, &serde_json::to_value(found)?, as_json)? {
                    let value = api.delete(&["endpoints", &found.address]).await?;
                    removed(value, &loss, as_json)?;
                }
                Ok(())
            }
        }
    }
}
