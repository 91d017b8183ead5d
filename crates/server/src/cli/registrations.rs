//! `causerie registrations`.

use super::{At, api::form, output};
use anyhow::Result;
use causerie_web::admin::wire::Registration;
use clap::Args;

/// List who is signed in, device by device.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie registrations
  causerie registrations --json")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let value = self.at.api()?.get(&["registrations"]).await?;
        if self.at.json {
            return output::json(&value);
        }
        let row = |device: Registration| {
            vec![
                device.address,
                device.from,
                device.transport,
                device.since,
                device.user_agent,
            ]
        };
        let rows: Vec<_> = form::<Vec<Registration>>(value)?.into_iter().map(row).collect();
        output::table(
            &["ADDRESS", "FROM", "BY", "SINCE", "PROGRAM"],
            &rows,
            "Nobody is signed in.",
        )
    }
}
