//! `causerie room find`.

use super::{
    Switch,
    api::{Api, form},
    moment::{bytes, moment_or_ago, size},
    output,
};
use anyhow::Result;
use causerie_model::Timestamp;
use causerie_web::admin::wire::FoundRoom;
use clap::Args;

/// Find rooms by what they are, who is in them, and how much they hold. What is said must all hold.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie room find --filter desk --descriptions
  causerie room find --member ann@example.test --privacy secret
  causerie room find --larger-than 10MB
  causerie room find --idle-since 90d --json")]
pub(super) struct Arguments {
    /// Those with this in their name
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Or in their description
    #[arg(long, requires = "filter")]
    descriptions: bool,
    /// Those in this category
    #[arg(long)]
    category: Option<String>,
    /// Those with this add-in
    #[arg(long, value_name = "NAME")]
    addin: Option<String>,
    /// Those that are disabled, or not
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    disabled: Option<Switch>,
    /// Those where new members are invited as the category says, or not
    #[arg(long, value_parser = ["inherit", "off"])]
    invitations: Option<String>,
    /// Those with this manager: a user (by address), also by his groups, or a group (by name)
    #[arg(long, value_name = "PRINCIPAL")]
    manager: Option<String>,
    /// Those with this member: a user (by address), also by his groups, or a group (by name)
    #[arg(long, value_name = "PRINCIPAL")]
    member: Option<String>,
    /// Those that are so found and entered
    #[arg(long, value_parser = ["open", "closed", "secret"])]
    privacy: Option<String>,
    /// Those of this type
    #[arg(long = "type", value_parser = ["normal", "auditorium"])]
    room_type: Option<String>,
    /// Those with more messages than this: a number of KB, MB or GB
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    larger_than: Option<u64>,
    /// Those without a message since a date, a time, or so long ago (30d, 12h)
    #[arg(long, value_name = "DATE", value_parser = moment_or_ago)]
    idle_since: Option<Timestamp>,
    /// Show how much is in them
    #[arg(long)]
    sizes: bool,
    /// Most to list
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

impl Arguments {
    pub(super) async fn run(self, api: &Api, as_json: bool) -> Result<()> {
        let sizes = self.sizes || self.larger_than.is_some() || self.idle_since.is_some();
        let yes = |yes: bool| yes.then(|| true.to_string());
        let asked: Vec<(&str, String)> = [
            ("filter", self.filter),
            ("descriptions", yes(self.descriptions)),
            ("category", self.category),
            ("addin", self.addin),
            (
                "disabled",
                self.disabled.map(|switch| bool::from(switch).to_string()),
            ),
            ("invitations", self.invitations),
            ("manager", self.manager),
            ("member", self.member),
            ("privacy", self.privacy),
            ("type", self.room_type),
            ("larger_than", self.larger_than.map(|bytes| bytes.to_string())),
            ("idle_since", self.idle_since.map(|at| at.to_string())),
            ("sizes", yes(sizes)),
            ("limit", self.limit.map(|limit| limit.to_string())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
        let value = api.find(&["rooms"], &asked).await?;
        if as_json {
            return output::json(&value);
        }
        let mut headings = vec!["NAME", "CATEGORY", "TYPE", "PRIVACY"];
        if sizes {
            headings.extend(["MESSAGES", "SIZE", "LAST MESSAGE"]);
        }
        headings.extend(["DESCRIPTION", ""]);
        let row = |found: FoundRoom| {
            let room = found.room;
            let mut row = vec![room.name, room.category, room.room_type, room.privacy];
            if sizes {
                row.extend([
                    found.messages.unwrap_or_default().to_string(),
                    size(found.bytes.unwrap_or_default()),
                    found.last_message.unwrap_or_else(|| "never".to_owned()),
                ]);
            }
            let state = if room.disabled { "disabled" } else { "" };
            row.extend([room.description, state.to_owned()]);
            row
        };
        let rows: Vec<_> = form::<Vec<FoundRoom>>(value)?.into_iter().map(row).collect();
        output::table(&headings, &rows, "No room fits.")
    }
}
