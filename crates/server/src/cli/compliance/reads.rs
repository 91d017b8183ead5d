//! `causerie compliance reads`.

use super::{At, matter, output};
use crate::cli::moment::moment;
use anyhow::Result;
use causerie_model::Timestamp;
use clap::Args;
use serde_json::json;

/// Show everything that one user could have read between two moments: what came while he was in a room, the history that
/// he was given, and what he searched for. That it was asked is recorded.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie compliance reads ann@example.test --from 2026-11-01 --until 2026-12-01
  causerie compliance reads ann@example.test --from 2026-11-01 --until 2026-12-01 --limit 20
  causerie compliance reads ann@example.test --from 2026-11-01 --until 2026-12-01 --export /srv/out")]
pub(super) struct Arguments {
    /// The user's address
    user: String,
    /// Not before this: a date, or a time such as 2026-11-23T08:30:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Timestamp,
    /// Before this
    #[arg(long, alias = "to", value_name = "TIME", value_parser = moment)]
    until: Timestamp,
    /// Only records after this position are shown
    #[arg(long, default_value_t = 0, conflicts_with = "export")]
    after: u64,
    /// Most records that are shown
    #[arg(long, default_value_t = 100, conflicts_with = "export")]
    limit: u32,
    /// Export it there instead: an absolute path on the machine of the compliance service
    #[arg(long, value_name = "DIR")]
    export: Option<String>,
    /// As xml, actiance, eml, csv, ndjson or rsmf
    #[arg(long, default_value = "ndjson", requires = "export")]
    format: String,
    /// As one zip instead of a folder
    #[arg(long, requires = "export")]
    zip: bool,
}

impl Arguments {
    pub(super) async fn run(self, at: &At) -> Result<()> {
        let api = at.api()?.patient();
        let (from, until) = (self.from.to_string(), self.until.to_string());
        if let Some(directory) = self.export {
            let body = json!({
                "user": self.user, "from": from, "until": until,
                "directory": directory, "format": self.format, "zip": self.zip,
            });
            let value = api.work(&["compliance", "reads", "export"], &body).await?;
            return matter::exported(&value, at.json, api.what_if());
        }
        let asked = [
            ("user", self.user),
            ("from", from),
            ("until", until),
            ("after", self.after.to_string()),
            ("limit", self.limit.to_string()),
        ];
        let value = api.seek(&["compliance", "reads"], &asked).await?;
        if at.json {
            return output::json(&value);
        }
        matter::records(&value)
    }
}
