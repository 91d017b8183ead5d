//! `causerie policy`.

use super::{
    At, Switch,
    api::{Api, form},
    changes,
    confirm::{Removal, removed},
    output::{self, yes_no},
};
use anyhow::Result;
use causerie_web::admin::wire::{ChangePolicy, ChangeUser, Changes, Policy, User};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// List, show, set and remove policies, and grant them to users: who may use rooms at all.
///
/// For each user the nearest policy holds: the one granted to him, else that of his site, else the global one. A policy is
/// named by whom it is for: global, site:NAME, or a name alone for one that is granted.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie policy set NoChat --persistent-chat off
  causerie policy grant NoChat ann@example.test bob@example.test
  causerie policy show ann@example.test               which one holds for her
  causerie policy set site:London --persistent-chat off --what-if")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// List all policies
    #[command(after_help = "Examples:
  causerie policy list")]
    List,
    /// Show one policy, or the one that holds for a user
    #[command(after_help = "Examples:
  causerie policy show global
  causerie policy show NoChat
  causerie policy show ann@example.test")]
    Show {
        /// global, site:NAME, the name of one that is granted, or a user's address
        policy: String,
    },
    /// Make or change a policy; who may no longer use rooms is out at once
    #[command(after_help = "Examples:
  causerie policy set global --persistent-chat off
  causerie policy set Traders --persistent-chat on --description \"The desks\"")]
    Set {
        /// global, site:NAME, or the name of one that is granted
        policy: String,
        #[command(flatten)]
        to: Properties,
    },
    /// Remove a policy that is granted to nobody; the global one is as it was at first
    #[command(after_help = "Examples:
  causerie policy remove NoChat --what-if
  causerie policy remove NoChat --yes")]
    Remove {
        /// global, site:NAME, or the name of one that is granted
        policy: String,
        #[command(flatten)]
        how: Removal,
    },
    /// Grant a policy to users, in place of the one that they had
    #[command(after_help = "Examples:
  causerie policy grant NoChat ann@example.test bob@example.test")]
    Grant {
        /// Its name
        policy: String,
        /// user@domain
        #[arg(required = true)]
        user: Vec<String>,
    },
    /// Take the policy back that was granted to users
    #[command(after_help = "Examples:
  causerie policy revoke ann@example.test")]
    Revoke {
        /// user@domain
        #[arg(required = true)]
        user: Vec<String>,
    },
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Properties {
    /// May use rooms
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    persistent_chat: Option<Switch>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

fn show(value: Value) -> Result<()> {
    let policy: Policy = form(value)?;
    let mut facts = vec![
        ("For", policy.scope.clone()),
        ("Persistent chat", yes_no(policy.enable_persistent_chat)),
        ("Description", policy.description),
    ];
    if let Some(granted) = policy.granted
        && policy.scope.starts_with("tag:")
    {
        facts.push(("Granted to", output::names(&granted)));
    }
    output::facts(&facts)
}

/// Grants a policy to users, one after the other, or takes back what was granted.
async fn grant(api: &Api, policy: Option<&str>, users: &[String], as_json: bool) -> Result<()> {
    // Its scope in words, or its name alone.
    let tag = policy.map(|policy| policy.strip_prefix("tag:").unwrap_or(policy).to_owned());
    let mut all = Vec::new();
    for user in users {
        let change = ChangeUser {
            policy: Some(tag.clone()),
            ..ChangeUser::default()
        };
        let mut value = api.patch(&["users", user], &change).await?;
        if as_json {
            let changes = value["changes"].take();
            all.push(json!({"user": user, "changes": changes}));
            continue;
        }
        changes::answer(value, false, |value| {
            let Changes { changes, .. } = form(value.clone())?;
            let holds = form::<User>(value)?.effective_policy;
            let holds = holds.map_or_else(String::new, |policy| policy.scope);
            let word = if changes.is_empty() { "already" } else { "now" };
            output::line(&format!("{user}: the policy that holds is {word} {holds}."))
        })?;
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
            What::List => {
                let value = api.get(&["policies"]).await?;
                if as_json {
                    return output::json(&value);
                }
                let row = |policy: Policy| {
                    vec![
                        policy.scope,
                        yes_no(policy.enable_persistent_chat),
                        policy.description,
                    ]
                };
                let rows: Vec<_> = form::<Vec<Policy>>(value)?.into_iter().map(row).collect();
                let headings = ["FOR", "PERSISTENT CHAT", "DESCRIPTION"];
                output::table(&headings, &rows, "There are no policies.")
            }
            What::Show { policy } => {
                let value = if policy.contains('@') {
                    api.get(&["users", &policy]).await?["effective_policy"].take()
                } else {
                    api.get(&["policies", &policy]).await?
                };
                if as_json {
                    output::json(&value)
                } else {
                    show(value)
                }
            }
            What::Set { policy, to } => {
                let change = ChangePolicy {
                    enable_persistent_chat: to.persistent_chat.map(bool::from),
                    description: to.description,
                };
                let value = api.patch(&["policies", &policy], &change).await?;
                changes::answer(value, as_json, show)
            }
            What::Remove { policy, how } => {
                let found = api.get(&["policies", &policy]).await?;
                let loss = format!("policy '{policy}'");
                if api.what_if() || how.goes_on(&loss, &found, as_json)? {
                    let value = api.delete(&["policies", &policy]).await?;
                    removed(value, &loss, as_json)?;
                }
                Ok(())
            }
            What::Grant { policy, user } => grant(&api, Some(&policy), &user, as_json).await,
            What::Revoke { user } => grant(&api, None, &user, as_json).await,
        }
    }
}
