//! `causerie test`.

mod accounts;
mod diagnosis;
mod message;
mod repeat;
mod setup;
mod transaction;

use super::At;
use anyhow::{Result, bail};
use clap::{Args, Subcommand};

/// Check from outside that the server does its job.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie test message --setup                       once: makes two users and a room for it
  causerie test message                               whenever you want to know")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Let two users sign in, meet in a room, exchange messages, and leave
    Message(message::Arguments),
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        if self.at.what_if {
            bail!("--what-if is for changes alone; a test does what clients do");
        }
        let What::Message(message) = self.what;
        message.run(&self.at).await
    }
}
