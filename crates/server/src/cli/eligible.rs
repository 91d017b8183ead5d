//! `causerie eligible`.

use super::{At, api::form, output};
use anyhow::Result;
use causerie_web::admin::wire::Eligible;
use clap::Args;

/// List the users and groups that may be given a role in a room, or in the rooms of a category.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie eligible --room Deals
  causerie eligible --room News --role presenter --filter smith
  causerie eligible --category Trading --limit 20

For a category the answer is the same for each role: who is in its scope.")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    /// In this category
    #[arg(long, required_unless_present = "room", conflicts_with = "room")]
    category: Option<String>,
    /// In this room, by name or URI
    #[arg(long)]
    room: Option<String>,
    /// For this role [default: member of a room, creator of a category]
    #[arg(long, value_parser = ["member", "manager", "presenter", "creator"])]
    role: Option<String>,
    /// Only those with this in their address or name
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Most to list
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let asked: Vec<(&str, String)> = [
            ("category", self.category),
            ("room", self.room),
            ("role", self.role),
            ("filter", self.filter),
            ("limit", self.limit.map(|limit| limit.to_string())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
        let value = self.at.api()?.find(&["eligible"], &asked).await?;
        if self.at.json {
            return output::json(&value);
        }
        let Eligible { total, principals } = form(value)?;
        let left_off = total - principals.len().min(total);
        let rows = principals
            .into_iter()
            .map(|one| vec![one.principal, one.kind, one.display_name]);
        let rows: Vec<_> = rows.collect();
        output::table(&["NAME", "KIND", "DISPLAY NAME"], &rows, "Nobody is eligible.")?;
        if left_off > 0 {
            output::line(&format!("… and {left_off} more"))?;
        }
        Ok(())
    }
}
