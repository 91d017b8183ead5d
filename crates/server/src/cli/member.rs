//! `causerie member`.

use super::{At, api::form, changes, group::edit, output};
use anyhow::Result;
use causerie_web::admin::wire::{ChangeRoom, Room, RoomLists};
use clap::{Args, Subcommand, ValueEnum};

/// Add, list and remove members, managers and presenters of rooms.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie member add Desk ann@example.test
  causerie member add Desk ann@example.test --role manager
  causerie member list Desk
  causerie member set Desk ann@example.test Traders    these and nobody else
  causerie member remove Desk bob@example.test        he is out of the room at once")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Copy, ValueEnum)]
enum Role {
    /// Finds the room, enters, reads, and posts in a normal room
    Member,
    /// Changes the room's properties and lists
    Manager,
    /// Posts in an auditorium; has to be a member
    Presenter,
}

impl Role {
    fn list(self) -> &'static str {
        match self {
            Self::Member => "members",
            Self::Manager => "managers",
            Self::Presenter => "presenters",
        }
    }
}

#[derive(Subcommand)]
enum What {
    /// Give users and groups a role in a room
    #[command(after_help = "Examples:
  causerie member add Desk ann@example.test Traders
  causerie member add News ann@example.test --role presenter")]
    Add(Entries),
    /// Take a role in a room from users and groups
    #[command(after_help = "Examples:
  causerie member remove Desk ann@example.test
  causerie member remove Desk ann@example.test --role manager")]
    Remove(Entries),
    /// Give a role in a room to these users and groups and to nobody else, in one change
    #[command(after_help = "Examples:
  causerie member set Desk ann@example.test Traders
  causerie member set Desk ann@example.test --role manager --what-if")]
    Set(Entries),
    /// List who has a role in a room
    #[command(after_help = "Examples:
  causerie member list Desk
  causerie member list Desk --role manager --json")]
    List {
        /// The room
        room: String,
        /// Only those with this role
        #[arg(long)]
        role: Option<Role>,
    },
}

#[derive(Args)]
struct Entries {
    /// The room
    room: String,
    /// Users (by address) and groups (by name)
    #[arg(required = true)]
    principal: Vec<String>,
    /// The role
    #[arg(long, default_value = "member")]
    role: Role,
}

fn rows(lists: &RoomLists, only: Option<Role>) -> Vec<Vec<String>> {
    let all = [
        (Role::Member, "member", &lists.members),
        (Role::Manager, "manager", &lists.managers),
        (Role::Presenter, "presenter", &lists.presenters),
    ];
    let wanted = all
        .into_iter()
        .filter(|(role, ..)| only.is_none_or(|only| only.list() == role.list()));
    wanted
        .flat_map(|(_, word, names)| names.iter().map(|name| vec![name.clone(), word.to_owned()]))
        .collect()
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let (api, as_json) = (self.at.api()?, self.at.json);
        match self.what {
            What::Add(entries) => {
                let words = match entries.role {
                    Role::Member => ["is now a member", "was a member already"],
                    Role::Manager => ["is now a manager", "was a manager already"],
                    Role::Presenter => ["is now a presenter", "was a presenter already"],
                };
                let path = ["rooms", &entries.room, entries.role.list()];
                edit(&api, &path, &entries.principal, true, words, as_json).await
            }
            What::Remove(entries) => {
                let words = match entries.role {
                    Role::Member => ["is no longer a member", "was not listed as a member"],
                    Role::Manager => ["is no longer a manager", "was not listed as a manager"],
                    Role::Presenter => ["is no longer a presenter", "was not listed as a presenter"],
                };
                let path = ["rooms", &entries.room, entries.role.list()];
                edit(&api, &path, &entries.principal, false, words, as_json).await
            }
            What::Set(Entries {
                room,
                principal,
                role,
            }) => {
                let mut change = ChangeRoom::default();
                *match role {
                    Role::Member => &mut change.members,
                    Role::Manager => &mut change.managers,
                    Role::Presenter => &mut change.presenters,
                } = Some(principal);
                let value = api.patch(&["rooms", &room], &change).await?;
                changes::answer(value, as_json, |value| {
                    let lists = form::<Room>(value)?.lists;
                    let rows = lists.map(|lists| rows(&lists, Some(role))).unwrap_or_default();
                    output::table(&["NAME", "ROLE"], &rows, "Nobody is listed.")
                })
            }
            What::List { room, role } => {
                if as_json {
                    let value = match role {
                        Some(role) => api.get(&["rooms", &room, role.list()]).await?,
                        None => serde_json::to_value(api.read::<Room>(&["rooms", &room]).await?.lists)?,
                    };
                    return output::json(&value);
                }
                let found: Room = form(api.get(&["rooms", &room]).await?)?;
                let rows = found.lists.map(|lists| rows(&lists, role)).unwrap_or_default();
                output::table(&["NAME", "ROLE"], &rows, "Nobody is listed.")
            }
        }
    }
}
