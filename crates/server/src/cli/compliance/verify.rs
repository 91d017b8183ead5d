//! `causerie compliance verify`.

use super::{At, output, show::{progress, word}};
use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

/// Check that nothing was changed, removed or swapped. Exit code 1 if something was, with the first of it.
///
/// Without --folder the server checks its whole database of records: every hash, every chain, every checkpoint. With it an
/// export is checked right here, without any server: that needs the export and the public key only.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie compliance verify --token-file officer.token
  causerie compliance verify --folder exports/demo-000000000001-000000000042 --key compliance-signing.pub
  causerie compliance verify --folder batch.zip --key compliance-signing.pub --json")]
pub(super) struct Arguments {
}

impl Arguments {
    pub(super) async fn run(self, at: &At) -> Result<()> {
        let api = at.api()?;
        let (bar, moved) = progress();
        let value = api.work(&["compliance", "verify"], &json!({}), moved).await;
        bar.finish_and_clear();
        let value = value?;
        if at.json {
            output::json(&value)?;
        }
        let result = word(&value["result"]);
        if value["right"] != true {
            bail!(result);
        }
        if at.json { Ok(()) } else { output::line(&result) }
    }
}
