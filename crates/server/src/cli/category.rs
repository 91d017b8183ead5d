//! `causerie category`.

use super::{
    At, Switch,
    api::form,
    changes,
    confirm::{Removal, removed},
    group::edit,
    output::{self, names, yes_no},
};
use anyhow::{Result, bail};
use causerie_web::admin::wire::{Category, ChangeCategory, NewCategory};
use clap::{Args, Subcommand};
use serde_json::Value;

/// How a category may stand to compliance.
const COMPLIANCE: [&str; 2] = ["open", "closed"];

/// Add, list, show, change and remove categories of rooms.
///
/// Only who is allowed in a category, and not denied, can be in its rooms. Creators may make rooms in it.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie category add Trading --description \"Rooms of the desks\"
  causerie category allow Trading Traders ann@example.test
  causerie category deny Trading Interns
  causerie category show Trading")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Add a category; nobody is allowed in it yet
    #[command(after_help = "Examples:
  causerie category add Trading --description \"Rooms of the desks\"
  causerie category add Gossip --history off          rooms keep no messages; records for compliance are kept
  causerie category add Trading --compliance closed   no messages while they can't be recorded for compliance")]
    Add {
        /// Its name
        name: String,
        #[command(flatten)]
        with: Properties,
    },
    /// List all categories
    #[command(after_help = "Examples:
  causerie category list")]
    List,
    /// Show one category with its lists
    #[command(after_help = "Examples:
  causerie category show Trading")]
    Show {
        /// Its name
        category: String,
    },
    /// Change a category's properties
    #[command(after_help = "Examples:
  causerie category change Trading --name Desks
  causerie category change Trading --invitations on
  causerie category change Trading --compliance closed
  causerie category change Trading --description Desks --if-version 3")]
    Change {
        /// Its name so far
        category: String,
        #[command(flatten)]
        to: Changes,
    },
    /// Allow users and groups in the category's rooms
    #[command(after_help = "Examples:
  causerie category allow Trading Traders ann@example.test
  causerie category allow Trading Traders --remove    no longer")]
    Allow(Entries),
    /// Deny users and groups the category's rooms, whatever else says so
    #[command(after_help = "Examples:
  causerie category deny Trading Interns
  causerie category deny Trading Interns --remove     no longer")]
    Deny(Entries),
    /// Let users and groups create rooms in the category
    #[command(after_help = "Examples:
  causerie category creator Trading ann@example.test
  causerie category creator Trading ann@example.test --remove")]
    Creator(Entries),
    /// Remove a category that has no rooms
    #[command(after_help = "Examples:
  causerie category remove Trading --dry-run
  causerie category remove Trading --yes")]
    Remove {
        /// Its name
        category: String,
        #[command(flatten)]
        how: Removal,
    },
}

#[derive(Args)]
struct Properties {
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Rooms may send invitations [default: off]
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    invitations: Option<Switch>,
    /// Rooms take files [default: off]
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    file_upload: Option<Switch>,
    /// Rooms keep their messages [default: on]
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    history: Option<Switch>,
    /// Whether rooms take messages while compliance is behind [default: open]
    #[arg(long, value_name = "open|closed", value_parser = COMPLIANCE, hide_possible_values = true)]
    compliance: Option<String>,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// Its name from now on
    #[arg(long)]
    name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Rooms may send invitations
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    invitations: Option<Switch>,
    /// Rooms take files
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    file_upload: Option<Switch>,
    /// Rooms keep their messages
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    history: Option<Switch>,
    /// Whether rooms take messages while compliance is behind
    #[arg(long, value_name = "open|closed", value_parser = COMPLIANCE, hide_possible_values = true)]
    compliance: Option<String>,
    /// Only if it is still at this version, as `show` told
    #[arg(long, value_name = "NUMBER")]
    if_version: Option<u64>,
}

#[derive(Args)]
struct Entries {
    /// The category
    category: String,
    /// Users (by address) and groups (by name)
    #[arg(required = true)]
    principal: Vec<String>,
    /// Take them off the list
    #[arg(long)]
    remove: bool,
}

fn show(value: Value) -> Result<()> {
    let category: Category = form(value)?;
    let mut facts = vec![
        ("Name", category.name),
        ("Description", category.description),
        ("Rooms", category.room_count.to_string()),
        ("Invitations", yes_no(category.invitations)),
        ("File upload", yes_no(category.file_upload)),
        ("History", yes_no(category.history)),
        ("Compliance", category.compliance),
    ];
    if let Some(lists) = category.lists {
        facts.extend([
            ("Allowed", names(&lists.allowed)),
            ("Denied", names(&lists.denied)),
            ("Creators", names(&lists.creators)),
        ]);
    }
    facts.extend(output::audit(&category.audit));
    facts.push(("GUID", category.guid));
    output::facts(&facts)
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let (api, as_json) = (self.at.api()?, self.at.json);
        let lists = |entries: Entries, list: &'static str, words: [&'static str; 4]| async move {
            let api = self.at.api()?;
            let [added, was, gone, was_not] = words;
            let words = if entries.remove {
                [gone, was_not]
            } else {
                [added, was]
            };
            let path = ["categories", &entries.category, list];
            edit(&api, &path, &entries.principal, !entries.remove, words, as_json).await
        };
        match self.what {
            What::Add { name, with } => {
                let new = NewCategory {
                    name,
                    description: with.description.unwrap_or_default(),
                    invitations: with.invitations.is_some_and(bool::from),
                    file_upload: with.file_upload.is_some_and(bool::from),
                    history: with.history.is_none_or(bool::from),
                    compliance: with.compliance,
                };
                {
                    let value = api.post(&["categories"], &new).await?;
                    changes::answer(value, as_json, show)
                }
            }
            What::List => {
                let value = api.get(&["categories"]).await?;
                if as_json {
                    return output::json(&value);
                }
                let row = |category: Category| {
                    vec![
                        category.name,
                        category.room_count.to_string(),
                        yes_no(category.history),
                        category.description,
                    ]
                };
                let rows: Vec<_> = form::<Vec<Category>>(value)?.into_iter().map(row).collect();
                output::table(
                    &["NAME", "ROOMS", "HISTORY", "DESCRIPTION"],
                    &rows,
                    "There are no categories.",
                )
            }
            What::Show { category } => {
                let value = api.get(&["categories", &category]).await?;
                if as_json {
                    output::json(&value)
                } else {
                    show(value)
                }
            }
            What::Change { category, to } => {
                let change = ChangeCategory {
                    name: to.name,
                    description: to.description,
                    invitations: to.invitations.map(bool::from),
                    file_upload: to.file_upload.map(bool::from),
                    history: to.history.map(bool::from),
                    compliance: to.compliance,
                    version: to.if_version,
                };
                {
                    let value = api.patch(&["categories", &category], &change).await?;
                    changes::answer(value, as_json, show)
                }
            }
            What::Allow(entries) => {
                let words = [
                    "is now allowed",
                    "was allowed already",
                    "is no longer allowed",
                    "was not on the list",
                ];
                lists(entries, "allowed", words).await
            }
            What::Deny(entries) => {
                let words = [
                    "is now denied",
                    "was denied already",
                    "is no longer denied",
                    "was not on the list",
                ];
                lists(entries, "denied", words).await
            }
            What::Creator(entries) => {
                let words = [
                    "is now a creator",
                    "was a creator already",
                    "is no longer a creator",
                    "was not on the list",
                ];
                lists(entries, "creators", words).await
            }
            What::Remove { category, how } => {
                let found = api.get(&["categories", &category]).await?;
                let rooms = form::<Category>(found.clone())?.room_count;
                if rooms > 0 {
                    bail!("category '{category}' still holds {rooms} room(s); remove them first");
                }
                if api.what_if()
                    || how.goes_on(&format!("category '{category}' with its lists"), &found, as_json)?
                {
                    let value = api.delete(&["categories", &category]).await?;
                    removed(value, &format!("category '{category}'"), as_json)?;
                }
                Ok(())
            }
        }
    }
}
