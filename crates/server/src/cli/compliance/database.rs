//! `causerie compliance database`.

use super::{At, output};
use crate::{
    compliance::password,
    config::{Database, UNVERIFIED},
};
use anyhow::{Result, bail};
use causerie_store_postgres::PostgresRecords;
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum What {
    /// Make the tables of a PostgreSQL database, and let the service's role read them, add records, and change none
    ///
    /// It is done by the owner of the database, once and again after each update of the program; the service itself gets by
    /// with a role that can't change or remove a record.
    #[command(after_help = "Examples:
  causerie compliance database prepare postgres:///mgccomp?host=/run/postgresql --role causerie
  causerie compliance database prepare \"postgres://owner@db/comp?sslmode=verify-full\" --role svc
      from another machine; --password-file FILE has the owner's password")]
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
        /// Let the database be on another machine that doesn't prove which one it is
        #[arg(long)]
        allow_unverified: bool,
    },
}

impl What {
    pub(super) async fn run(self, at: &At) -> Result<()> {
        let Self::Prepare {
            owner,
            role,
            password_file,
            allow_unverified,
        } = self;
        let database: Database = owner.parse().map_err(anyhow::Error::msg)?;
        if database.is_unverified() && !allow_unverified {
            bail!("{UNVERIFIED}, or say --allow-unverified");
        }
        let Database::Postgres(url) = database else {
            bail!("only PostgreSQL is made ready: the service makes SQLite files by itself");
        };
        if at.what_if {
            bail!("--what-if doesn't go with prepare: what it makes is in migrations of the program");
        }
        let password = password_file.map(|file| password("the owner's password", &file));
        let password = password.transpose()?;
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
