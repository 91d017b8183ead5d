//! `causerie message`, and `causerie room clear`.

use super::{
    At,
    api::{Api, form},
    confirm::Removal,
    moment::moment,
    output,
};
use anyhow::Result;
use causerie_model::Timestamp;
use causerie_web::admin::wire::{ClearRoom, MessagesChanged, ReplaceMessages, WhichMessages};
use clap::{Args, Subcommand};
use serde::Serialize;

/// Remove messages from a room's history, or replace their texts. Each becomes a record with its text as it was.
///
/// Who administers the server doesn't read rooms by that: messages aren't listed, only counted. Clients that show a
/// message on their screens now aren't told.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie message remove Deals --author bob@example.test --from 2026-11-01 --what-if
  causerie message remove Deals --text \"secret word\" --match phrase --yes
  causerie message replace Deals --text password --with \"(removed by IT)\"

To take all messages of a room, say `causerie room clear --help`.")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Remove messages; their records stay
    #[command(after_help = "Examples:
  causerie message remove Deals --author bob@example.test --author ann@example.test --what-if
  causerie message remove Deals --from 2026-11-01 --to 2026-11-08T12:00:00Z --yes
  causerie message remove Deals --text \"pass*\" --case-sensitive")]
    Remove {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        how: Removal,
    },
    /// Replace the texts of messages; their records keep the old ones
    #[command(after_help = "Examples:
  causerie message replace Deals --text \"4711 0815\" --match any --what-if
  causerie message replace Deals --author bob@example.test --with \"(removed by IT)\" --yes")]
    Replace {
        #[command(flatten)]
        which: Which,
        /// The text instead [default: that an administrator replaced it]
        #[arg(long, value_name = "TEXT")]
        with: Option<String>,
        #[command(flatten)]
        how: Removal,
    },
}

#[derive(Args)]
struct Which {
    /// The room, by name or URI
    room: String,
    #[command(flatten)]
    said: Said,
    /// How much of the text
    #[arg(long = "match", value_parser = ["all", "any", "phrase"], requires = "text")]
    matching: Option<String>,
    /// Letters must be those of the text, accents and case included
    #[arg(long, requires = "text")]
    case_sensitive: bool,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Said {
    /// By this user, or one of these; he needn't exist any more
    #[arg(long, value_name = "ADDRESS")]
    author: Vec<String>,
    /// From this date or time on
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<Timestamp>,
    /// Before this date or time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<Timestamp>,
    /// With these words; "several words" stand side by side, word* begins so
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
}

impl Which {
    /// The room, and which of its messages.
    fn split(self) -> (String, WhichMessages) {
        let Said {
            author,
            from,
            to,
            text,
        } = self.said;
        let which = WhichMessages {
            authors: author,
            from: from.map(|at| at.to_string()),
            to: to.map(|at| at.to_string()),
            text,
            matching: self.matching,
            case_sensitive: self.case_sensitive,
        };
        (self.room, which)
    }
}

/// Remove all messages of a room up to a moment, that moment included. Records for compliance stay.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie room clear Desk --until 2026-01-01 --what-if
  causerie room clear Desk --until 2026-11-23T08:30:00Z --yes")]
pub(super) struct Clear {
    /// The room, by name or URI
    room: String,
    /// Up to this date or time, inclusive
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Timestamp,
    #[command(flatten)]
    how: Removal,
}

impl Clear {
    pub(super) async fn run(self, api: &Api, what_if: bool, as_json: bool) -> Result<()> {
        let body = ClearRoom {
            until: self.until.to_string(),
        };
        let change = Change {
            path: &["rooms", &self.room, "clear"],
            verb: "remove",
            room: &self.room,
            body: &body,
        };
        change.run(api, &self.how, what_if, as_json).await
    }
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let (api, what_if, as_json) = (self.at.api()?, self.at.what_if, self.at.json);
        match self.what {
            What::Remove { which, how } => {
                let (room, which) = which.split();
                let change = Change {
                    path: &["rooms", &room, "messages", "remove"],
                    verb: "remove",
                    room: &room,
                    body: &which,
                };
                change.run(&api, &how, what_if, as_json).await
            }
            What::Replace { which, with, how } => {
                let (room, which) = which.split();
                let change = Change {
                    path: &["rooms", &room, "messages", "replace"],
                    verb: "replace",
                    room: &room,
                    body: &ReplaceMessages { which, with },
                };
                change.run(&api, &how, what_if, as_json).await
            }
        }
    }
}

/// A change of messages that first is asked about.
struct Change<'a, T> {
    path: &'a [&'a str],
    verb: &'a str,
    room: &'a str,
    body: &'a T,
}

impl<T: Serialize> Change<'_, T> {
    async fn run(&self, api: &Api, how: &Removal, what_if: bool, as_json: bool) -> Result<()> {
        let (verb, room) = (self.verb, self.room);
        let asked = api.change(self.path, &[], true, self.body).await?;
        let would: MessagesChanged = form(asked.clone())?;
        let only_asked = what_if || how.only_says();
        if only_asked || would.messages == 0 {
            return match (as_json, would.messages) {
                (true, _) => output::json(&asked),
                (false, 0) => output::line(&format!("No message of room {room} fits. Nothing was changed.")),
                (false, _) => output::line(&format!(
                    "Would {verb} {} of room {room}. Nothing was changed.",
                    number(&would)
                )),
            };
        }
        how.agreed(verb, &format!("{} of room {room}", number(&would)))?;
        let value = api.change(self.path, &[], false, self.body).await?;
        if as_json {
            return output::json(&value);
        }
        let done = number(&form(value)?);
        let verbed = if verb == "replace" { "Replaced" } else { "Removed" };
        output::line(&format!("{verbed} {done} of room {room}."))
    }
}

/// `3 message(s)`, with what isn't known about it.
fn number(changed: &MessagesChanged) -> String {
    let least = if changed.at_least { "at least " } else { "" };
    format!("{least}{} message(s)", changed.messages)
}
