//! `causerie compliance verify`.

use super::verify_folder::verify_folders;
use super::{At, output, show::word};
use anyhow::{Context, Result, bail};
use causerie_proof::{PublicKey, export::Stretch};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Check that nothing was changed, removed or swapped. Exit code 1 if something was, with the first of it.
///
/// Without --folder the server checks its whole database of records: every hash, every chain, every checkpoint. With it
/// exports are checked right here, without any server: that needs the exports and the public key only. Of several it is
/// checked too that they fit together and that none is missing between them.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie compliance verify --token-file officer.token
  causerie compliance verify --folder exports/batch --key compliance-root.pub
  causerie compliance verify --folder exports --key compliance-root.pub
  causerie compliance verify --folder one.zip two.zip --key compliance-root.pub --json")]
pub(super) struct Arguments {
    /// An export: its folder, or its zip. Or several, or a directory of them
    #[arg(long, value_name = "DIR|ZIP", num_args = 1.., requires = "key")]
    folder: Vec<PathBuf>,
    /// The public key that signed first, from which all later ones are reached: a file (PEM), or 64 hexadecimal digits
    #[arg(long, value_name = "FILE|HEX", requires = "folder")]
    key: Option<String>,
}

impl Arguments {
    pub(super) async fn run(self, at: &At) -> Result<()> {
        if let Some(key) = &self.key {
            return alone(&self.folder, key, at.json);
        }
        let api = at.api()?.patient();
        let value = api.work(&["compliance", "verify"], &json!({})).await?;
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

/// Checks exports right here.
fn alone(folders: &[PathBuf], key: &str, as_json: bool) -> Result<()> {
    let key: PublicKey = match key.parse() {
        Ok(key) => key,
        Err(_) => {
            let text = std::fs::read_to_string(key).with_context(|| format!("the key {key}"))?;
            text.parse().with_context(|| format!("the key {key}"))?
        }
    };
    let (bar, mut moved) = output::progress();
    let found = verify_folders(folders, &key, &mut moved);
    bar.finish_and_clear();
    let (right, result) = match found {
        Ok(stretches) => (true, said(folders, &stretches)),
        Err(wrong) => (false, wrong),
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

/// What was verified, and how far several exports reach together: what is before or after can't be told of.
fn said(folders: &[PathBuf], stretches: &[Stretch]) -> String {
    let names: Vec<String> = folders.iter().map(|path| path.display().to_string()).collect();
    let mut said = format!("Nothing is wrong with {}.", names.join(", "));
    for stretch in stretches.iter().filter(|stretch| stretch.exports > 1) {
        said += &format!(
            " {}: {} exports with all records at the positions {} to {}.",
            stretch.of,
            stretch.exports,
            stretch.after.saturating_add(1),
            stretch.up_to
        );
    }
    said
}
