//! `causerie user`.

use super::{
    At,
    api::form,
    changes,
    confirm::{Removal, password, removed},
    output::{self, names, or_none, yes_no},
};
use anyhow::Result;
use causerie_web::admin::wire::{ChangeUser, NewPassword, NewUser, SignedOut, User};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Add, list, show, change and remove users.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie user add ann@example.test --name \"Ann Smith\"
  causerie user list
  causerie user change ann@example.test --disable")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Add a user; asks for a password, of at least 8 characters
    #[command(after_help = "Examples:
  causerie user add ann@example.test --name \"Ann Smith\"
  causerie user add ann@example.test --password-stdin < password.txt
  causerie user add ann@example.test --no-password --site London")]
    Add {
        /// user@domain
        address: String,
        /// What other people see; left out, it is the part before the @
        #[arg(long, default_value = "", hide_default_value = true)]
        name: String,
        /// The policy granted to him; left out, it is that of his site, or the global one
        #[arg(long)]
        policy: Option<String>,
        /// The site that he belongs to
        #[arg(long)]
        site: Option<String>,
        /// Read the password from standard input
        #[arg(long, conflicts_with = "no_password")]
        password_stdin: bool,
        /// Set no password: no sign-in until there is one
        #[arg(long)]
        no_password: bool,
    },
    /// List all users
    #[command(after_help = "Examples:
  causerie user list
  causerie user list --json")]
    List,
    /// Show one user
    #[command(after_help = "Examples:
  causerie user show ann@example.test")]
    Show {
        /// user@domain
        address: String,
    },
    /// Change a user's name, policy or site, or whether he may sign in
    #[command(after_help = "Examples:
  causerie user change ann@example.test --name \"Ann Jones\"
  causerie user change ann@example.test --disable     he is signed out at once
  causerie user change ann@example.test --policy NoChat --site London")]
    Change {
        /// user@domain
        address: String,
        #[command(flatten)]
        to: Changes,
    },
    /// Set a user's password; asks for it, at least 8 characters
    #[command(after_help = "Examples:
  causerie user password ann@example.test
  causerie user password ann@example.test --password-stdin < password.txt")]
    Password {
        /// user@domain
        address: String,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// End a user's connections; to keep him out, disable him first
    #[command(after_help = "Examples:
  causerie user sign-out ann@example.test")]
    SignOut {
        /// user@domain
        address: String,
    },
    /// Remove a user, from all lists too; his messages stay
    #[command(after_help = "Examples:
  causerie user remove ann@example.test --dry-run
  causerie user remove ann@example.test --yes")]
    Remove {
        /// user@domain
        address: String,
        #[command(flatten)]
        how: Removal,
    },
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// What other people see
    #[arg(long)]
    name: Option<String>,
    /// Let him sign in
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Sign him out and keep him out; he keeps his rights for later
    #[arg(long)]
    disable: bool,
    /// Grant him this policy
    #[arg(long, conflicts_with = "no_policy")]
    policy: Option<String>,
    /// Take back the policy granted to him
    #[arg(long)]
    no_policy: bool,
    /// The site that he belongs to
    #[arg(long, conflicts_with = "no_site")]
    site: Option<String>,
    /// He belongs to no site
    #[arg(long)]
    no_site: bool,
}

fn show(value: Value) -> Result<()> {
    let user: User = form(value)?;
    output::facts(&[
        ("Address", user.address),
        ("Name", user.display_name),
        ("Enabled", yes_no(user.enabled)),
        (
            "Password",
            user.has_password
                .map_or_else(String::new, |has| if has { "set" } else { "none" }.to_owned()),
        ),
        ("Signed in", user.endpoints.to_string()),
        ("Site", user.site.unwrap_or_else(|| "none".to_owned())),
        (
            "Policy",
            user.effective_policy.map_or_else(String::new, |policy| {
                let may = if policy.enable_persistent_chat {
                    "may"
                } else {
                    "may not"
                };
                format!("{}: {may} use rooms", policy.scope)
            }),
        ),
        (
            "Groups",
            user.groups
                .filter(|groups| !groups.is_empty())
                .map_or_else(|| "none".to_owned(), |g| names(&g)),
        ),
    ])
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let (api, as_json) = (self.at.api()?, self.at.json);
        match self.what {
            What::Add {
                address,
                name,
                policy,
                site,
                password_stdin,
                no_password,
            } => {
                let password = if no_password {
                    None
                } else {
                    Some(password(password_stdin)?)
                };
                let new = NewUser {
                    address,
                    display_name: name,
                    password,
                    policy,
                    site,
                };
                {
                    let value = api.post(&["users"], &new).await?;
                    changes::answer(value, as_json, show)
                }
            }
            What::List => {
                let value = api.get(&["users"]).await?;
                if as_json {
                    return output::json(&value);
                }
                let row = |user: User| {
                    vec![
                        user.address,
                        user.display_name,
                        yes_no(user.enabled),
                        user.endpoints.to_string(),
                    ]
                };
                let rows: Vec<_> = form::<Vec<User>>(value)?.into_iter().map(row).collect();
                output::table(
                    &["ADDRESS", "NAME", "ENABLED", "SIGNED IN"],
                    &rows,
                    "There are no users.",
                )
            }
            What::Show { address } => {
                let value = api.get(&["users", &address]).await?;
                if as_json {
                    output::json(&value)
                } else {
                    show(value)
                }
            }
            What::Change { address, to } => {
                let enabled = (to.enable || to.disable).then_some(to.enable);
                let change = ChangeUser {
                    display_name: to.name,
                    enabled,
                    policy: or_none(to.policy, to.no_policy),
                    site: or_none(to.site, to.no_site),
                };
                {
                    let value = api.patch(&["users", &address], &change).await?;
                    changes::answer(value, as_json, show)
                }
            }
            What::Password {
                address,
                password_stdin,
            } => {
                let new = NewPassword {
                    password: password(password_stdin)?,
                };
                let value = api.put(&["users", &address, "password"], &new).await?;
                changes::answer(value, as_json, |_| {
                    output::line(&format!("{address} has a new password."))
                })
            }
            What::SignOut { address } => {
                let value = api.post(&["users", &address, "sign-out"], &json!({})).await?;
                if as_json {
                    return output::json(&value);
                }
                if let Some(rehearsal) = changes::rehearsed(&value)? {
                    return changes::would(&rehearsal.changes);
                }
                let SignedOut { endpoints } = form(value)?;
                output::line(&format!("Signed {address} out of {endpoints} device(s)."))
            }
            What::Remove { address, how } => {
                let user = api.get(&["users", &address]).await?;
                let loss = format!("user {address} with all rights (messages stay)");
                if api.what_if() || how.goes_on(&loss, &user, as_json)? {
                    let value = api.delete(&["users", &address]).await?;
                    removed(value, &format!("user {address}"), as_json)?;
                }
                Ok(())
            }
        }
    }
}
