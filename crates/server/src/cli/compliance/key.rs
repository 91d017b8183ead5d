//! `causerie compliance key`.

use super::{At, output, show::word};
use crate::cli::changes;
use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand)]
pub(super) enum What {
    /// Show the public key that signs now. Others check exports with the first that signed, compliance-root.pub in the data
    /// directory: from it all later ones are reached
    #[command(after_help = "Examples:
  causerie compliance key show
  causerie compliance key show --json")]
    Show,
    /// Make another key, which signs from now on; the last checkpoint of the old one names it
    #[command(after_help = "Examples:
  causerie compliance key rotate --what-if
  causerie compliance key rotate")]
    Rotate,
}

impl What {
    pub(super) async fn run(self, at: &At) -> Result<()> {
        let (api, as_json) = (at.api()?, at.json);
        match self {
            Self::Show => {
                let value = api.get(&["compliance", "key"]).await?;
                if as_json {
                    return output::json(&value);
                }
                output::line(word(&value["pem"]).trim_end())
            }
            Self::Rotate => {
                let value = api.post(&["compliance", "key", "rotate"], &json!({})).await?;
                let key = value["changes"][0]["after"].clone();
                changes::answer(value, as_json, |_| {
                    output::line(&format!("The key {} signs from now on.", word(&key)))
                })
            }
        }
    }
}
