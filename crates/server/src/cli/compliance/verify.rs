//! `causerie compliance verify`.

use super::verify_folder::verify_folder;
use super::{
    At, output,
    show::{progress, word},
};
use anyhow::{Context, Result, bail};
use causerie_proof::PublicKey;
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Check that nothing was changed, removed or swapped. Exit code 1 if something was, with the first of it.
///
/// Without --folder the server checks its whole database of records: every hash, every chain, every checkpoint. With it an
/// export is checked right here, without any server: that needs the export and the public key only.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie compliance verify --token-file officer.token
  causerie compliance verify --folder exports/batch --key compliance-signing.pub
  causerie compliance verify --folder batch.zip --key compliance-signing.pub --json")]
pub(super) struct Arguments {
    /// An export: its folder, or its zip
    #[arg(long, value_name = "DIR|ZIP", requires = "key")]
    folder: Option<PathBuf>,
    /// The public key: a file (PEM), or 64 hexadecimal digits
    #[arg(long, value_name = "FILE|HEX", requires = "folder")]
    key: Option<String>,
}

impl Arguments {
    pub(super) async fn run(self, at: &At) -> Result<()> {
        if let (Some(folder), Some(key)) = (&self.folder, &self.key) {
            return alone(folder, key, at.json);
        }
        let api = at.api()?.patient();
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

/// Checks an export right here.
fn alone(folder: &Path, key: &str, as_json: bool) -> Result<()> {
    let key: PublicKey = match key.parse() {
        Ok(key) => key,
        Err(_) => {
            let text = std::fs::read_to_string(key).with_context(|| format!("the key {key}"))?;
            text.parse().with_context(|| format!("the key {key}"))?
        }
    };
    let (bar, mut moved) = progress();
    let found = verify_folder(folder, &key, &mut moved);
    bar.finish_and_clear();
    let (right, result) = match found {
        Ok(_) => (true, format!("Nothing is wrong with {}.", folder.display())),
        Err(wrong) => (false, wrong.to_string()),
    };
    if as_json {
        output::json(&json!({"right": right, "result": result}))?;
    }
    match (right, as_json) {
        (false, _) => bail!(result),
        (true, true) => Ok(()),
        (true, false) => output::line(&result),
    }
}
