//! `causerie settings`.

use super::{
    At,
    api::form,
    changes,
    confirm::{Removal, removed},
    output,
};
use anyhow::Result;
use causerie_web::admin::wire::{ChangeSettings, EffectiveSettings, Settings};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::{fmt::Display, str::FromStr};

/// List, show, set and reset settings of the running server.
///
/// Each setting is as the nearest scope says: the server's own (service:NAME), its site's (site:NAME), or the global one; else
/// as the configuration has it.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie settings show                              those that hold
  causerie settings set --default-chat-history 50 --max-file-kb 10000
  causerie settings set --scope site:London --max-file-kb inherit
  causerie settings reset --what-if")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// List the settings of all scopes that have any
    #[command(after_help = "Examples:
  causerie settings list")]
    List,
    /// Show the settings that hold, or those of one scope
    #[command(after_help = "Examples:
  causerie settings show
  causerie settings show --scope global")]
    Show {
        /// global, site:NAME or service:NAME
        #[arg(long)]
        scope: Option<String>,
    },
    /// Make or change settings; they hold at once
    #[command(after_help = "Examples:
  causerie settings set --participant-update-limit 200
  causerie settings set --scope service:chat --default-chat-history 10
  causerie settings set --room-management-url https://rooms.example.test/")]
    Set {
        /// global, site:NAME or service:NAME
        #[arg(long, default_value = "global")]
        scope: String,
        #[command(flatten)]
        to: Values,
    },
    /// Remove the settings of a scope: the next wider one decides
    #[command(after_help = "Examples:
  causerie settings reset --yes
  causerie settings reset --scope site:London --what-if")]
    Reset {
        /// global, site:NAME or service:NAME
        #[arg(long, default_value = "global")]
        scope: String,
        #[command(flatten)]
        how: Removal,
    },
}

/// A value, or that the next wider scope decides.
#[derive(Clone)]
struct Setting<T>(Option<T>);

impl<T: FromStr<Err: Display>> FromStr for Setting<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "inherit" {
            return Ok(Self(None));
        }
        let value = text.parse().map_err(|error: T::Err| error.to_string())?;
        Ok(Self(Some(value)))
    }
}

/// Each may be `inherit`: then the next wider scope decides.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct Values {
    /// Newest messages of a room that clients get when they ask for none in particular: 1 to 500, or inherit
    #[arg(long, value_name = "NUMBER")]
    default_chat_history: Option<Setting<u16>>,
    /// Largest file, in KB, or inherit
    #[arg(long, value_name = "KB")]
    max_file_kb: Option<Setting<u32>>,
    /// Users in a room above which joins and parts are no longer announced, or inherit
    #[arg(long, value_name = "NUMBER")]
    participant_update_limit: Option<Setting<u32>>,
    /// A page of one's own for managing rooms, empty for the built-in one, or inherit
    #[arg(long, value_name = "URL")]
    room_management_url: Option<Setting<String>>,
}

impl From<Values> for ChangeSettings {
    fn from(to: Values) -> Self {
        Self {
            default_chat_history: to.default_chat_history.map(|value| value.0),
            max_file_kb: to.max_file_kb.map(|value| value.0),
            participant_update_limit: to.participant_update_limit.map(|value| value.0),
            room_management_url: to.room_management_url.map(|value| value.0),
        }
    }
}

/// A value, or a word for none.
fn word<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "inherit".to_owned(), |value| value.to_string())
}

/// A page's URL, or a word for none.
fn page(url: String) -> String {
    if url.is_empty() {
        "built-in".to_owned()
    } else {
        url
    }
}

fn show(value: Value) -> Result<()> {
    let settings: Settings = form(value)?;
    output::facts(&[
        ("For", settings.scope),
        ("Default chat history", word(settings.default_chat_history)),
        ("Max file KB", word(settings.max_file_kb)),
        (
            "Participant update limit",
            word(settings.participant_update_limit),
        ),
        (
            "Room management URL",
            word(settings.room_management_url.map(page)),
        ),
    ])
}

fn show_effective(value: Value) -> Result<()> {
    let settings: EffectiveSettings = form(value)?;
    output::facts(&[
        ("Service", settings.service),
        ("Site", settings.site.unwrap_or_else(|| "none".to_owned())),
        ("Default chat history", settings.default_chat_history.to_string()),
        ("Max file KB", settings.max_file_kb.to_string()),
        (
            "Participant update limit",
            settings.participant_update_limit.to_string(),
        ),
        ("Room management URL", page(settings.room_management_url)),
    ])
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let (api, as_json) = (self.at.api()?, self.at.json);
        match self.what {
            What::List => {
                let value = api.get(&["settings"]).await?;
                if as_json {
                    return output::json(&value);
                }
                let row = |settings: Settings| {
                    vec![
                        settings.scope,
                        word(settings.default_chat_history),
                        word(settings.max_file_kb),
                        word(settings.participant_update_limit),
                        word(settings.room_management_url.map(page)),
                    ]
                };
                let rows: Vec<_> = form::<Vec<Settings>>(value)?.into_iter().map(row).collect();
                let headings = ["FOR", "HISTORY", "FILE KB", "PARTICIPANTS", "ROOM MANAGEMENT"];
                output::table(
                    &headings,
                    &rows,
                    "All settings are as the configuration has them.",
                )
            }
            What::Show { scope: None } => {
                let value = api.get(&["settings", "effective"]).await?;
                if as_json {
                    output::json(&value)
                } else {
                    show_effective(value)
                }
            }
            What::Show { scope: Some(scope) } => {
                let value = api.get(&["settings", &scope]).await?;
                if as_json {
                    output::json(&value)
                } else {
                    show(value)
                }
            }
            What::Set { scope, to } => {
                let change = ChangeSettings::from(to);
                let value = api.patch(&["settings", &scope], &change).await?;
                changes::answer(value, as_json, show)
            }
            What::Reset { scope, how } => {
                let found = api.get(&["settings", &scope]).await?;
                let loss = format!("the settings for {scope}");
                if api.what_if() || how.goes_on(&loss, &found, as_json)? {
                    let value = api.delete(&["settings", &scope]).await?;
                    removed(value, &loss, as_json)?;
                }
                Ok(())
            }
        }
    }
}
