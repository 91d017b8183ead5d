//! `causerie token`.

use super::{
    At,
    api::form,
    changes,
    confirm::{Removal, removed},
    moment::seconds,
    output,
};
use anyhow::{Result, bail};
use causerie_policy::AdminRole;
use causerie_web::admin::wire::{IssuedToken, NewToken, Token};
use clap::{Args, Subcommand};

/// Add, list and remove tokens, by which the server is administered from elsewhere.
///
/// A token has a role. An administrator runs the server; a user administrator changes users and groups; an auditor reads
/// how the server is set up; a compliance officer works with compliance records, and gets his token on the server's
/// machine only. What is done by a token is recorded under its name.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie token add backup --role auditor --expires 90d > backup.token
  causerie token list
  causerie token remove backup
  causerie status --url https://pool.example.test:8443 --token-file backup.token")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Add a token and print it; it is never shown again
    #[command(after_help = "Examples:
  causerie token add backup --role auditor > backup.token
  causerie token add desk --role user-administrator --expires 90d")]
    Add {
        /// Its name: letters, digits, '-', '_' and '.'
        name: String,
        /// administrator, compliance-officer, user-administrator or auditor
        #[arg(long)]
        role: AdminRole,
        /// For how long it is good: 90d, 12h or 30m [default: until it is removed]
        #[arg(long, value_name = "TIME", value_parser = seconds)]
        expires: Option<u64>,
    },
    /// List all tokens
    #[command(after_help = "Examples:
  causerie token list
  causerie token list --json")]
    List,
    /// Remove a token; from then on nobody gets in with it
    #[command(after_help = "Examples:
  causerie token remove backup --dry-run
  causerie token remove backup --yes")]
    Remove {
        /// Its name
        name: String,
        #[command(flatten)]
        how: Removal,
    },
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let (api, as_json) = (self.at.api()?, self.at.json);
        match self.what {
            What::Add { name, role, expires } => {
                let new = NewToken {
                    name,
                    role: role.to_string(),
                    expires_in: expires,
                };
                let value = api.post(&["tokens"], &new).await?;
                if as_json {
                    return output::json(&value);
                }
                // The token alone, so that it can be sent to a file.
                changes::answer(value, false, |value| {
                    let issued: IssuedToken = form(value)?;
                    output::line(&issued.token.0)
                })
            }
            What::List => {
                let value = api.get(&["tokens"]).await?;
                if as_json {
                    return output::json(&value);
                }
                let row = |token: Token| {
                    let until = token.expires.unwrap_or_else(|| "never expires".to_owned());
                    let until = if token.expired {
                        format!("{until} (over)")
                    } else {
                        until
                    };
                    vec![token.name, token.role, token.created, until]
                };
                let rows: Vec<_> = form::<Vec<Token>>(value)?.into_iter().map(row).collect();
                output::table(&["NAME", "ROLE", "SINCE", "UNTIL"], &rows, "There are no tokens.")
            }
            What::Remove { name, how } => {
                let value = api.get(&["tokens"]).await?;
                let tokens: Vec<Token> = form(value)?;
                let Some(token) = tokens.iter().find(|token| token.name.eq_ignore_ascii_case(&name)) else {
                    bail!("there is no token '{name}'");
                };
                let loss = format!("token '{}' of role {}", token.name, token.role);
                if api.what_if() || how.goes_on(&loss, &serde_json::to_value(token)?, as_json)? {
                    let value = api.delete(&["tokens", &name]).await?;
                    removed(value, &format!("token '{}'", token.name), as_json)?;
                }
                Ok(())
            }
        }
    }
}
