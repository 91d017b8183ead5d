//! `causerie compliance`.

mod adapter;
mod database;
mod hold;
mod key;
mod matter;
mod reads;
mod show;
mod status;
mod verify;
mod verify_folder;
mod what;

use super::{At, output};
use anyhow::Result;
use clap::{Args, Subcommand};

/// Work with compliance records: how they are exported, held, searched and proved.
///
/// All of it but `status` is for compliance officers: an administrator makes a token for one on the server's machine with
/// `causerie token add NAME --role compliance-officer`, and the officer says it with --token-file. Everything that an
/// officer does is recorded. `causerie retention` destroys what may go.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie compliance status
  causerie compliance adapter list --token-file officer.token
  causerie compliance verify --token-file officer.token")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Show how far records are: waiting, stored, signed, exported. Exit code 1 while something is wrong: an alarm other than
    /// no-adapter stands, records are set aside, or the last verification found something
    #[command(after_help = "Examples:
  causerie compliance status
  causerie compliance status --json")]
    Status,
    /// Check that nothing was changed, removed or swapped
    Verify(verify::Arguments),
    /// Set, list, remove and run adapters, which export records
    #[command(
        subcommand,
        after_help = "Examples:
  causerie compliance adapter set archive --format xml --directory /srv/exports
  causerie compliance adapter list"
    )]
    Adapter(adapter::What),
    /// Place, list and lift legal holds
    #[command(
        subcommand,
        after_help = "Examples:
  causerie compliance hold place --reason audit --room Deals
  causerie compliance hold list"
    )]
    Hold(hold::What),
    /// Open, list, change, close, search and export matters
    #[command(
        subcommand,
        after_help = "Examples:
  causerie compliance matter open Deals --room Deals --word merger
  causerie compliance matter list"
    )]
    Matter(matter::What),
    /// Show everything that one user could have read
    Reads(reads::Arguments),
    /// Show or rotate the key that signs checkpoints and exports
    #[command(
        subcommand,
        after_help = "Examples:
  causerie compliance key show
  causerie compliance key rotate"
    )]
    Key(key::What),
    /// Make a PostgreSQL database ready for records
    #[command(
        subcommand,
        after_help = "Examples:
  causerie compliance database prepare postgres:///mgccomp?host=/run/postgresql --role causerie"
    )]
    Database(database::What),
}

impl Arguments {
    /// Whether changes are only to be told of.
    #[cfg(test)]
    pub(super) const fn is_what_if(&self) -> bool {
        self.at.what_if
    }

    pub(super) async fn run(self) -> Result<()> {
        match self.what {
            What::Status => status::run(&self.at).await,
            What::Verify(arguments) => arguments.run(&self.at).await,
            What::Adapter(what) => what.run(&self.at).await,
            What::Hold(what) => what.run(&self.at).await,
            What::Matter(what) => what.run(&self.at).await,
            What::Reads(arguments) => arguments.run(&self.at).await,
            What::Key(what) => what.run(&self.at).await,
            What::Database(what) => what.run(&self.at).await,
        }
    }
}
