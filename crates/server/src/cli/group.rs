//! `causerie group`.

use super::{
    At,
    api::{Api, form},
    changes,
    confirm::{Removal, removed},
    output::{self, names},
};
use anyhow::Result;
use causerie_web::admin::wire::{ChangeGroup, Changed, Group, NewEntry, NewGroup};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Add, list, show, change and remove groups of users.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie group add Traders
  causerie group add-member Traders ann@example.test bob@example.test
  causerie member add Desk Traders                    all of them are members of the room")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Add an empty group
    #[command(after_help = "Examples:
  causerie group add \"London traders\"
  causerie group add Trading --kind unit
  causerie group add example.test --kind domain       every user with an address there is in it")]
    Add {
        /// Its name; of a domain, the domain
        name: String,
        /// What kind of container it is: a user is in many groups, and in at most one unit
        #[arg(long, value_parser = ["group", "unit", "domain"], default_value = "group")]
        kind: String,
    },
    /// List all groups
    #[command(after_help = "Examples:
  causerie group list")]
    List,
    /// Show one group with its members
    #[command(after_help = "Examples:
  causerie group show Traders")]
    Show {
        /// Its name
        group: String,
    },
    /// Change a group's name
    #[command(after_help = "Examples:
  causerie group change Traders --name \"London traders\"")]
    Change {
        /// Its name so far
        group: String,
        /// Its name from now on
        #[arg(long)]
        name: String,
    },
    /// Put users or other groups into a group
    #[command(after_help = "Examples:
  causerie group add-member Traders ann@example.test \"London traders\"")]
    AddMember {
        /// The group
        group: String,
        /// Users (by address) and groups (by name)
        #[arg(required = true)]
        principal: Vec<String>,
    },
    /// Take users or other groups out of a group
    #[command(after_help = "Examples:
  causerie group remove-member Traders ann@example.test")]
    RemoveMember {
        /// The group
        group: String,
        /// Users (by address) and groups (by name)
        #[arg(required = true)]
        principal: Vec<String>,
    },
    /// Remove a group, from all lists too
    #[command(after_help = "Examples:
  causerie group remove Traders --dry-run
  causerie group remove Traders --yes")]
    Remove {
        /// Its name
        group: String,
        #[command(flatten)]
        how: Removal,
    },
}

fn show(value: Value) -> Result<()> {
    let group: Group = form(value)?;
    output::facts(&[
        ("Name", group.name),
        ("Kind", group.kind),
        ("Members", names(&group.members.unwrap_or_default())),
    ])
}

/// Puts entries on a list, or takes them off, one after the other, and says of each what came of it.
pub(super) async fn edit(
    api: &Api,
    list: &[&str],
    principals: &[String],
    add: bool,
    words: [&str; 2],
    as_json: bool,
) -> Result<()> {
    let mut all = Vec::new();
    for principal in principals {
        let value = if add {
            api.post(
                list,
                &NewEntry {
                    principal: principal.clone(),
                },
            )
            .await?
        } else {
            let path: Vec<&str> = list.iter().copied().chain([principal.as_str()]).collect();
            api.delete(&path).await?
        };
        if let Some(rehearsal) = changes::rehearsed(&value)? {
            if !as_json {
                changes::would(&rehearsal.changes)?;
            }
            all.push(json!({"principal": principal, "what_if": true, "changes": rehearsal.changes}));
            continue;
        }
        let Changed { changed, changes } = form(value)?;
        if !as_json {
            let [done, already] = words;
            output::line(&format!("{principal} {}.", if changed { done } else { already }))?;
            changes::followed(&changes)?;
        }
        all.push(json!({"principal": principal, "changed": changed, "changes": changes}));
    }
    if as_json {
        output::json(&Value::Array(all))
    } else {
        Ok(())
    }
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let (api, as_json) = (self.at.api()?, self.at.json);
        match self.what {
            What::Add { name, kind } => {
                let value = api
                    .post(
                        &["groups"],
                        &NewGroup {
                            name,
                            kind: Some(kind),
                        },
                    )
                    .await?;
                changes::answer(value, as_json, show)
            }
            What::List => {
                let value = api.get(&["groups"]).await?;
                if as_json {
                    return output::json(&value);
                }
                let row = |group: Group| vec![group.name, group.kind, group.member_count.to_string()];
                let rows: Vec<_> = form::<Vec<Group>>(value)?.into_iter().map(row).collect();
                output::table(&["NAME", "KIND", "MEMBERS"], &rows, "There are no groups.")
            }
            What::Show { group } => {
                let value = api.get(&["groups", &group]).await?;
                if as_json {
                    output::json(&value)
                } else {
                    show(value)
                }
            }
            What::Change { group, name } => {
                let change = ChangeGroup { name: Some(name) };
                {
                    let value = api.patch(&["groups", &group], &change).await?;
                    changes::answer(value, as_json, show)
                }
            }
            What::AddMember { group, principal } => {
                let words = ["is now in the group", "was in the group already"];
                edit(
                    &api,
                    &["groups", &group, "members"],
                    &principal,
                    true,
                    words,
                    as_json,
                )
                .await
            }
            What::RemoveMember { group, principal } => {
                let words = ["is no longer in the group", "was not in the group"];
                edit(
                    &api,
                    &["groups", &group, "members"],
                    &principal,
                    false,
                    words,
                    as_json,
                )
                .await
            }
            What::Remove { group, how } => {
                let found = api.get(&["groups", &group]).await?;
                let members = form::<Group>(found.clone())?.member_count;
                let loss = format!("group '{group}' with {members} member(s), from all lists too");
                if api.what_if() || how.goes_on(&loss, &found, as_json)? {
                    let value = api.delete(&["groups", &group]).await?;
                    removed(value, &format!("group '{group}'"), as_json)?;
                }
                Ok(())
            }
        }
    }
}
