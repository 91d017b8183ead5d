//! `causerie export`.

use super::{
    At,
    api::form,
    import::{Format, Kind, to_csv},
    output,
};
use anyhow::{Context, Result, bail};
use causerie_web::admin::wire::Import;
use clap::Args;
use serde_json::json;
use std::{fs, path::PathBuf};

/// Export users, groups, categories, rooms and barriers to a file that `causerie import` reads.
///
/// Messages and passwords are not in it. A file that ends with .json has all kinds, one that ends with .csv has one.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie export everything.json
  causerie export --kind users users.csv
  causerie export --kind categories --kind rooms rooms.json")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    /// Where to: a name that ends with .json or .csv. A file that is there is replaced
    file: PathBuf,
    /// Only this kind, or these
    #[arg(long)]
    kind: Vec<Kind>,
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let format = Format::of(&self.file)?;
        if format == Format::Csv && self.kind.len() != 1 {
            bail!("a CSV file has one kind: say which with --kind");
        }
        let kinds: Vec<&str> = self.kind.iter().map(|kind| kind.as_str()).collect();
        let asked = match kinds.is_empty() {
            true => vec![],
            false => vec![("kind", kinds.join(","))],
        };
        let document: Import = form(self.at.api()?.find(&["export"], &asked).await?)?;
        let text = match (format, &self.kind[..]) {
            (Format::Csv, [kind]) => to_csv(*kind, &document)?,
            _ => serde_json::to_string_pretty(&document)? + "\n",
        };
        let name = self.file.display();
        // Whole or not at all: a half-written file would be imported as if it were all.
        let part = self.file.with_added_extension("part");
        fs::write(&part, text).with_context(|| part.display().to_string())?;
        fs::rename(&part, &self.file).with_context(|| name.to_string())?;
        let counts = Kind::ALL.map(|kind| (kind.as_str(), kind.count(&document)));
        if self.at.json {
            let counts: serde_json::Map<_, _> = counts
                .into_iter()
                .map(|(kind, count)| (kind.to_owned(), json!(count)))
                .collect();
            return output::json(&counts.into());
        }
        let counts = counts
            .into_iter()
            .filter(|(kind, _)| kinds.is_empty() || kinds.contains(kind));
        let counts: Vec<String> = counts.map(|(kind, count)| format!("{count} {kind}")).collect();
        output::line(&format!(
            "{name}: {}. Messages and passwords are not in it.",
            counts.join(", ")
        ))
    }
}
