//! `causerie config`.

use super::output;
use crate::{certificates, config};
use anyhow::Result;
use causerie_frontend::CertificateStore;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Check a configuration, or print one with every setting explained.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie config example > causerie.toml
  causerie config check --config causerie.toml")]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Say whether a configuration is right, the certificates that it names included
    #[command(after_help = "Examples:
  causerie config check
  causerie config check --config causerie.toml")]
    Check {
        /// The configuration; also by CAUSERIE_CONFIG [default: /etc/causerie/causerie.toml]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Print a configuration with every setting explained and at its default
    #[command(after_help = "Examples:
  causerie config example > causerie.toml")]
    Example,
}

impl Arguments {
    pub(super) fn run(self) -> Result<()> {
        match self.what {
            What::Check { config } => {
                let file = config::path(config.as_deref());
                let config = config::load(&file)?;
                let certificates = certificates::configured(&config.sip);
                if !certificates.is_empty() {
                    CertificateStore::load(&certificates)?;
                }
                output::line(&format!(
                    "{}: ok, for the domain {}",
                    file.display(),
                    config.domain
                ))
            }
            What::Example => output::line(config::EXAMPLE.trim_end()),
        }
    }
}
