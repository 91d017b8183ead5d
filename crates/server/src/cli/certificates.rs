//! `causerie certificates`.

use super::{At, api::form, changes, output};
use anyhow::Result;
use causerie_web::admin::wire::{Certificate, Certificates};
use clap::{Args, Subcommand};
use serde_json::json;

/// Show the certificates of SIP over TLS that are in use, or read them again.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie certificates show
  causerie certificates reload")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Show the certificates in use
    #[command(after_help = "Examples:
  causerie certificates show --json")]
    Show,
    /// Read the files again; if they are no good, the certificates in use stay
    #[command(after_help = "Examples:
  causerie certificates reload")]
    Reload,
}

/// Prints certificates.
pub(super) fn table(certificates: &[Certificate]) -> Result<()> {
    let row = |certificate: &Certificate| {
        vec![
            certificate.kind.clone(),
            certificate.subject.clone(),
            certificate.not_after.clone(),
            certificate.days_left.to_string(),
            certificate.file.clone(),
        ]
    };
    let rows: Vec<_> = certificates.iter().map(row).collect();
    output::table(
        &["CERTIFICATE", "FOR", "UNTIL", "DAYS LEFT", "FILE"],
        &rows,
        "There are no certificates: SIP over TLS is off.",
    )
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let api = self.at.api()?;
        match self.what {
            What::Show => {
                let value = api.get(&["certificates"]).await?;
                if self.at.json {
                    output::json(&value)
                } else {
                    table(&form::<Vec<Certificate>>(value)?)
                }
            }
            What::Reload => {
                let value = api.post(&["certificates", "reload"], &json!({})).await?;
                changes::answer(value, self.at.json, |value| {
                    table(&form::<Certificates>(value)?.certificates)
                })
            }
        }
    }
}
