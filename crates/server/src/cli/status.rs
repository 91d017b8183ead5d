//! `causerie status`.

use super::{At, api::form, certificates, output};
use anyhow::{Result, bail};
use causerie_web::admin::wire::Status;
use clap::Args;

/// Show how the server is doing. Exit code 1 if it can't store messages.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie status
  causerie status --json")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let value = self.at.api()?.get(&["status"]).await?;
        let status: Status = form(value.clone())?;
        if self.at.json {
            output::json(&value)?;
        } else {
            let off = || "off".to_owned();
            let program = &status.program;
            output::facts(&[
                ("Version", program.version.clone()),
                ("Process", program.pid.to_string()),
                ("Running since", program.started.clone()),
                ("Domain", program.domain.clone()),
                ("Data", program.data_dir.clone()),
                ("SIP over TLS", program.sip_tls.clone().unwrap_or_else(off)),
                ("SIP over TCP", program.sip_tcp.clone().unwrap_or_else(off)),
                ("Metrics", program.metrics.clone().unwrap_or_else(off)),
                ("HTTPS", program.admin_https.clone().unwrap_or_else(off)),
                ("Users", status.users.to_string()),
                (
                    "Rooms",
                    format!("{}, {} in use", status.rooms, status.rooms_in_use),
                ),
                (
                    "Signed in",
                    format!("{}, {} in contact with rooms", status.signed_in, status.endpoints),
                ),
                (
                    "Storing",
                    if status.writable {
                        "yes"
                    } else {
                        "NO: messages are refused"
                    }
                    .to_owned(),
                ),
                (
                    "Waiting for compliance",
                    status.queue.map_or_else(
                        || "can't be read".to_owned(),
                        |depth| format!("{depth} record(s)"),
                    ),
                ),
                (
                    "Closed categories",
                    if status.compliance_behind {
                        "REFUSE messages: compliance is behind (causerie compliance status)"
                    } else {
                        "take messages"
                    }
                    .to_owned(),
                ),
            ])?;
            output::line("")?;
            certificates::table(&status.certificates)?;
        }
        if !status.writable {
            bail!("the server can't store messages");
        }
        Ok(())
    }
}
