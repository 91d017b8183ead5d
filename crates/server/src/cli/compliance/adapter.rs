//! `causerie compliance adapter`.

use super::{At, output, show::word};
use crate::cli::{
    Switch,
    api::form,
    changes,
    confirm::{Removal, removed},
    moment::seconds,
};
use anyhow::{Context, Result, bail};
use causerie_web::admin::wire::AdapterChanges;
use clap::{Args, Subcommand, builder::OsStringValueParser};
use serde_json::{Map, Value, json};
use std::{ffi::OsString, fs, path::Path};

#[derive(Subcommand)]
pub(super) enum What {
    /// Set up an adapter, or change what is given of it
    #[command(after_help = "Examples:
  causerie compliance adapter set archive --format xml --directory /srv/exports --interval 1h
  causerie compliance adapter set archive --xslt old.xsl --extension html
  causerie compliance adapter set archive --enabled off --what-if
  causerie compliance adapter set archive --directory /srv/again --from-start")]
    Set(Box<Set>),
    /// List all adapters
    #[command(after_help = "Examples:
  causerie compliance adapter list
  causerie compliance adapter list --json")]
    List,
    /// Remove an adapter; its exports stay, and what it hasn't exported is no longer kept for it. Set again it goes on there
    #[command(after_help = "Examples:
  causerie compliance adapter remove archive --dry-run
  causerie compliance adapter remove archive --yes")]
    Remove {
        /// Its name
        name: String,
        #[command(flatten)]
        how: Removal,
    },
    /// Export now all that an adapter hasn't exported
    #[command(after_help = "Examples:
  causerie compliance adapter run archive
  causerie compliance adapter run archive --json")]
    Run {
        /// Its name
        name: String,
    },
}

#[derive(Args)]
pub(super) struct Set {
    /// Its name: letters, digits and '-'
    name: String,
    /// xml, actiance, eml, csv, ndjson or rsmf
    #[arg(long)]
    format: Option<String>,
    /// Where exports go: a directory that is there, as an absolute path on the machine of the compliance service
    #[arg(long, value_name = "DIR")]
    directory: Option<String>,
    /// How often it runs: 1m to 30d [default: 15m]
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    interval: Option<u64>,
    /// Each export is one zip instead of a folder
    #[arg(long, value_name = "on|off")]
    zip: Option<Switch>,
    /// Runs by itself
    #[arg(long, value_name = "on|off")]
    enabled: Option<Switch>,
    /// Name rooms and categories, not only the addresses of rooms (AddChatRoomDetails)
    #[arg(long, value_name = "on|off")]
    add_chat_room_details: Option<Switch>,
    /// Name people, not only their addresses (AddUserDetails)
    #[arg(long, value_name = "on|off")]
    add_user_details: Option<Switch>,
    /// One file for each room (OneChatRoomPerOutputFile)
    #[arg(long, value_name = "on|off")]
    one_chat_room_per_output_file: Option<Switch>,
    /// List the files that were put into rooms (CreateFileAttachmentsManifest)
    #[arg(long, value_name = "on|off")]
    create_file_attachments_manifest: Option<Switch>,
    /// An XSLT 1.0 stylesheet that the XML is put through (CustomConfiguration); "" takes it away
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new())]
    xslt: Option<OsString>,
    /// The extension of what the stylesheet makes
    #[arg(long)]
    extension: Option<String>,
    /// Export everything anew, from the first record on. Without it an adapter goes on where one of its name ended
    #[arg(long)]
    from_start: bool,
}

impl Set {
    /// An error that names what an adapter needs that there isn't yet, and what isn't given.
    fn check_first(&self) -> Result<()> {
        let needed = [
            (
                "--format xml, actiance, eml, csv, ndjson or rsmf",
                self.format.is_none(),
            ),
            (
                "--directory DIR, an absolute path on the machine of the compliance service",
                self.directory.is_none(),
            ),
        ];
        let missing: Vec<&str> = needed
            .into_iter()
            .filter(|(_, misses)| *misses)
            .map(|(option, _)| option)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        bail!(
            "there is no adapter '{}' yet, so say {}",
            self.name,
            missing.join(", and ")
        )
    }

    /// The given values, as the API names them.
    fn values(&self) -> Result<Map<String, Value>> {
        let switch = |switch: Option<Switch>| switch.map(|switch| json!(bool::from(switch)));
        let xslt = match &self.xslt {
            Some(file) if file.is_empty() => Some(Value::Null),
            Some(file) => {
                let text = fs::read_to_string(file).with_context(|| Path::new(file).display().to_string())?;
                Some(json!(text))
            }
            None => None,
        };
        // What has no stylesheet has no extension either.
        let extension = match &self.extension {
            None if xslt == Some(Value::Null) => Some(Value::Null),
            given => given.as_ref().map(|value| json!(value)),
        };
        let pairs = [
            ("format", self.format.as_ref().map(|value| json!(value))),
            ("directory", self.directory.as_ref().map(|value| json!(value))),
            ("interval", self.interval.map(|value| json!(value))),
            ("zip", switch(self.zip)),
            ("enabled", switch(self.enabled)),
            ("addChatRoomDetails", switch(self.add_chat_room_details)),
            ("addUserDetails", switch(self.add_user_details)),
            (
                "oneChatRoomPerOutputFile",
                switch(self.one_chat_room_per_output_file),
            ),
            (
                "createFileAttachmentsManifest",
                switch(self.create_file_attachments_manifest),
            ),
            ("xslt", xslt),
            ("extension", extension),
            ("fromStart", self.from_start.then_some(json!(true))),
        ];
        let given = pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Ok(given.collect())
    }
}

impl What {
    pub(super) async fn run(self, at: &At) -> Result<()> {
        let (api, as_json) = (at.api()?, at.json);
        let adapters = async || api.get(&["compliance", "adapters"]).await;
        match self {
            Self::Set(set) => {
                let all = adapters().await?;
                let known = all[&set.name].as_object().cloned();
                if known.is_none() {
                    set.check_first()?;
                }
                let mut settings = known.unwrap_or_default();
                settings.extend(set.values()?);
                let value = api.put(&["compliance", "adapters", &set.name], &settings).await?;
                changes::answer(value, as_json, |value| {
                    output::line(&format!("Adapter '{}' is set.", set.name))?;
                    match form::<AdapterChanges>(value)?.goes_on_after {
                        0 => output::line("It begins with the first record."),
                        after => output::line(&format!("It goes on after position {after}.")),
                    }
                })
            }
            Self::List => {
                let all = adapters().await?;
                if as_json {
                    return output::json(&all);
                }
                let row = |(name, one): (&String, &Value)| {
                    let text = |field: &str| word(&one[field]);
                    let state = if one["enabled"] == true {
                        "every ".to_owned() + &text("interval") + " s"
                    } else {
                        "off".to_owned()
                    };
                    vec![name.clone(), text("format"), state, text("directory")]
                };
                let rows: Vec<_> = all.as_object().into_iter().flatten().map(row).collect();
                let nothing = "There are no adapters: nothing is exported. Set one with: causerie compliance adapter set";
                output::table(&["ADAPTER", "FORMAT", "RUNS", "DIRECTORY"], &rows, nothing)
            }
            Self::Remove { name, how } => {
                let all = adapters().await?;
                let Some(adapter) = all.get(&name) else {
                    bail!("there is no adapter '{name}'");
                };
                let loss = format!("adapter '{name}'");
                if api.what_if() || how.goes_on(&loss, adapter, as_json)? {
                    let value = api.delete(&["compliance", "adapters", &name]).await?;
                    let told: AdapterChanges = form(value.clone())?;
                    removed(value, &loss, as_json)?;
                    if !as_json && !told.what_if && told.goes_on_after > 0 {
                        let after = told.goes_on_after;
                        output::line(&format!("Set again it goes on after position {after}."))?;
                    }
                }
                Ok(())
            }
            Self::Run { name } => {
                if api.what_if() {
                    bail!("--what-if doesn't go with run: see causerie compliance status");
                }
                let value = at
                    .api()?
                    .patient()
                    .work(&["compliance", "adapters", &name, "run"], &json!({}))
                    .await?;
                if as_json {
                    return output::json(&value);
                }
                match value["batch"].as_str() {
                    None => output::line("Nothing to export: everything is."),
                    Some(batch) => output::line(&format!(
                        "Exported {} records as {batch}: {}",
                        word(&value["records"]),
                        word(&value["place"])
                    )),
                }
            }
        }
    }
}
