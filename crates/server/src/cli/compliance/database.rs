//! `causerie compliance database`.

use super::{At, output};
use crate::{compliance::private, config::Database};
use anyhow::{Context, Result, bail};
use causerie_store_postgres::PostgresRecords;
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum What {
    /// Make the tables of a PostgreSQL database, and let the service's role add to them and read them, but not change them
    ///
    /// It is done by the owner of the database, once and again after each update of the program; the service itself gets by
    /// with a role that can't change or remove a record.
    #[command(after_help = "Examples:
  causerie compliance database prepare postgres://owner@db.example.test/mgccomp --role causerie --password-file owner.password
  causerie compliance database prepare postgres:///mgccomp?host=/run/postgresql --role causerie")]
    Prepare {
        /// The database as its owner reaches it: postgres://user@host/database?sslmode=verify-full
        #[arg(value_name = "OWNER_URL")]
        owner: String,
        /// The role of the compliance service, which must exist
        #[arg(long)]
        role: String,
        /// A file with the owner's password, which not everybody may read
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
}

impl What {
    pub(super) async fn run(self, at: &At) -> Result<()> {
        let Self::Prepare {
            owner,
            role,
            password_file,
        } = self;
        let Database::Postgres(url) = owner.parse().map_err(anyhow::Error::msg)? else {
            bail!("only PostgreSQL is made ready: the service makes SQLite files by itself");
        };
        if at.what_if {
            bail!("--what-if doesn't go with prepare: what it makes is in migrations of the program");
        }
        let password = match &password_file {
            Some(file) => {
                let bytes = private("the owner's password", file)?;
                let text = std::str::from_utf8(&bytes).with_context(|| file.display().to_string())?;
                Some(zeroize::Zeroizing::new(
                    text.trim_end_matches(['\r', '\n']).to_owned(),
                ))
            }
            None => None,
        };
        let password = password.as_ref().map(|password| password.as_str());
        PostgresRecords::prepare(&url, password, &role).await?;
        if at.json {
            return output::json(&json!({"prepared": true, "role": role}));
        }
        output::line(&format!(
            "The database is ready, and '{role}' may add records and read them."
        ))
    }
}
