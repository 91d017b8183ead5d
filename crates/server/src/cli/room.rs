//! `causerie room`.

use super::{
    At,
    api::form,
    changes,
    confirm::{Removal, removed},
    message,
    output::{self, names, or_none, yes_no},
    room_find,
};
use anyhow::Result;
use causerie_web::admin::wire::{ChangeRoom, NewRoom, Room};
use clap::{Args, Subcommand};
use serde_json::Value;

/// Add, list, show, change and remove rooms.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie room add Desk --category General --description \"The desk's talk\"
  causerie room list
  causerie room change Desk --privacy secret

Who is in it: `causerie member --help`.")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Add a room; its lists start empty
    #[command(after_help = "Examples:
  causerie room add Desk --category General
  causerie room add News --category General --type auditorium --privacy open
  causerie room add Desk --category General --addin Wiki --disabled

Open: everyone in the category's scope finds it and enters.
Closed: they find it, members enter. Secret: only members find it.
Auditorium: members read, presenters post.")]
    Add {
        /// Its name
        name: String,
        /// The category that it goes into
        #[arg(long)]
        category: String,
        /// What it is for
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        description: String,
        /// Who posts
        #[arg(long = "type", value_parser = ["normal", "auditorium"], default_value = "normal")]
        room_type: String,
        /// Who finds and enters it
        #[arg(long, value_parser = ["open", "closed", "secret"], default_value = "closed")]
        privacy: String,
        /// Whether new members are invited
        #[arg(long, value_parser = ["inherit", "off"], default_value = "inherit")]
        invitations: String,
        /// The add-in beside it, by name
        #[arg(long)]
        addin: Option<String>,
        /// Closed for everybody until it is enabled
        #[arg(long)]
        disabled: bool,
    },
    /// List all rooms
    #[command(after_help = "Examples:
  causerie room list
  causerie room list --category General --json")]
    List {
        /// Only those in this category
        #[arg(long)]
        category: Option<String>,
    },
    /// Find rooms by what they are, who is in them, and how much they hold
    Find(Box<room_find::Arguments>),
    /// Show one room with its lists
    #[command(after_help = "Examples:
  causerie room show Desk")]
    Show {
        /// Its name
        room: String,
    },
    /// Change a room's properties
    #[command(after_help = "Examples:
  causerie room change Desk --name \"London desk\" --privacy secret
  causerie room change Desk --disable                 closed for everybody, nothing is lost
  causerie room change Desk --category Trading --what-if
  causerie room change Desk --description Talk --if-version 3")]
    Change {
        /// Its name so far
        room: String,
        #[command(flatten)]
        to: Changes,
    },
    /// Remove all messages of a room up to a moment; their records stay
    Clear(message::Clear),
    /// Remove a room: its messages can't be read any more; records for compliance stay
    #[command(after_help = "Examples:
  causerie room remove Desk --dry-run
  causerie room remove Desk --yes

To close a room and keep it, say `causerie room change ROOM --disable`.")]
    Remove {
        /// Its name
        room: String,
        #[command(flatten)]
        how: Removal,
    },
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// Its name from now on
    #[arg(long)]
    name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Who posts
    #[arg(long = "type", value_parser = ["normal", "auditorium"])]
    room_type: Option<String>,
    /// Who finds and enters it
    #[arg(long, value_parser = ["open", "closed", "secret"])]
    privacy: Option<String>,
    /// Whether new members are invited
    #[arg(long, value_parser = ["inherit", "off"])]
    invitations: Option<String>,
    /// Open it again
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Close it for everybody; nothing is lost
    #[arg(long)]
    disable: bool,
    /// Move it to this category; who isn't in the scope there goes off its lists
    #[arg(long)]
    category: Option<String>,
    /// The add-in beside it, by name
    #[arg(long, conflicts_with = "no_addin")]
    addin: Option<String>,
    /// No add-in
    #[arg(long)]
    no_addin: bool,
    /// Only if it is still at this version, as `show` told
    #[arg(long, value_name = "NUMBER")]
    if_version: Option<u64>,
}

fn show(value: Value) -> Result<()> {
    let room: Room = form(value)?;
    let mut facts = vec![
        ("Name", room.name),
        ("Category", room.category),
        ("Description", room.description),
        ("Type", room.room_type),
        ("Privacy", room.privacy),
        ("Invitations", room.invitations),
        ("Disabled", yes_no(room.disabled)),
        ("Add-in", room.addin.unwrap_or_else(|| "none".to_owned())),
        ("In it now", room.present.to_string()),
    ];
    if let Some(lists) = room.lists {
        facts.extend([
            ("Members", names(&lists.members)),
            ("Managers", names(&lists.managers)),
            ("Presenters", names(&lists.presenters)),
        ]);
    }
    facts.extend(output::audit(&room.audit));
    facts.push(("URI", room.uri));
    output::facts(&facts)
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let (api, as_json) = (self.at.api()?, self.at.json);
        match self.what {
            What::Add {
                name,
                category,
                description,
                room_type,
                privacy,
                invitations,
                addin,
                disabled,
            } => {
                let new = NewRoom {
                    name,
                    category,
                    description,
                    room_type: Some(room_type),
                    privacy: Some(privacy),
                    invitations: Some(invitations),
                    addin,
                    disabled,
                };
                {
                    let value = api.post(&["rooms"], &new).await?;
                    changes::answer(value, as_json, show)
                }
            }
            What::List { category } => {
                let mut rooms: Vec<Room> = api.read(&["rooms"]).await?;
                if let Some(category) = category {
                    // A misspelt category is an error, not an empty list.
                    api.get(&["categories", &category]).await?;
                    rooms.retain(|room| room.category.to_lowercase() == category.to_lowercase());
                }
                if as_json {
                    return output::json(&serde_json::to_value(rooms)?);
                }
                let state = |room: &Room| if room.disabled { "disabled" } else { "" }.to_owned();
                let row = |room: Room| {
                    let state = state(&room);
                    let present = room.present.to_string();
                    vec![
                        room.name,
                        room.category,
                        room.room_type,
                        room.privacy,
                        present,
                        room.description,
                        state,
                    ]
                };
                let rows: Vec<_> = rooms.into_iter().map(row).collect();
                let headings = [
                    "NAME",
                    "CATEGORY",
                    "TYPE",
                    "PRIVACY",
                    "PRESENT",
                    "DESCRIPTION",
                    "",
                ];
                output::table(&headings, &rows, "There are no rooms.")
            }
            What::Find(find) => find.run(&api, as_json).await,
            What::Clear(clear) => clear.run(&api, self.at.what_if, as_json).await,
            What::Show { room } => {
                let value = api.get(&["rooms", &room]).await?;
                if as_json {
                    output::json(&value)
                } else {
                    show(value)
                }
            }
            What::Change { room, to } => {
                let change = ChangeRoom {
                    name: to.name,
                    description: to.description,
                    room_type: to.room_type,
                    privacy: to.privacy,
                    invitations: to.invitations,
                    disabled: (to.enable || to.disable).then_some(to.disable),
                    category: to.category,
                    addin: or_none(to.addin, to.no_addin),
                    version: to.if_version,
                    ..ChangeRoom::default()
                };
                {
                    let value = api.patch(&["rooms", &room], &change).await?;
                    changes::answer(value, as_json, show)
                }
            }
            What::Remove { room, how } => {
                let found = api.get(&["rooms", &room]).await?;
                let present = form::<Room>(found.clone())?.present;
                let loss = format!("room '{room}' with its lists and messages ({present} in it now)");
                if api.what_if() || how.goes_on(&loss, &found, as_json)? {
                    let value = api.delete(&["rooms", &room]).await?;
                    removed(value, &format!("room '{room}'"), as_json)?;
                }
                Ok(())
            }
        }
    }
}
