//! Questions: what can be looked up without changing or reading a conversation, one file a question.
//!
//! They are answered beside the sequencer, since one that goes over all rooms or users takes longer than a post may wait.
//! What the answer needs of the sequencer's own state, who is in which room, is handed to them.

mod addins;
mod categories;
mod category_users;
mod eligible;
mod find_rooms;
mod find_users;
mod group;
mod my_rooms;
mod permissions;
mod role;
mod room;
mod user;

pub use find_rooms::{Among, MAX_ROOM_SEARCH_WORDS, PrincipalRef, RoomFilter, RoomSearch};
pub use find_users::UserSearch;
pub use my_rooms::Association;

use crate::{Inner, Outcome, PrincipalInfo, PrincipalKind, Refusal, query::check};
use causerie_model::{Catalogue, CategoryId, PrincipalId, Role, RoomId, SipAddress, principal_guid};
use causerie_policy::{Asker, Reading, Rule};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Rooms or people that are decided about before others get at the working set.
const AT_A_TIME: usize = 2_048;

/// Something to look up.
#[derive(Clone, Debug)]
pub enum Question {
    /// Which rooms fit.
    FindRooms(RoomSearch),
    /// The asker's own rooms.
    MyRooms {
        /// In which sense.
        association: Association,
        /// How many at most.
        limit: u32,
    },
    /// In which categories the asker may create rooms.
    CategoriesToCreateIn,
    /// All properties of a room.
    Room {
        /// The room, by GUID.
        room: Uuid,
    },
    /// All properties of a room.
    RoomByName {
        /// Its name, in any case.
        name: String,
    },
    /// Who is on a list of a room. Groups aren't opened.
    Role {
        /// The room, by GUID.
        room: Uuid,
        /// The list.
        role: Role,
    },
    /// Who may be put on a list of a room and isn't there yet.
    Eligible {
        /// The room, by GUID.
        room: Uuid,
        /// The list.
        role: Role,
        /// What name or address holds; empty for all.
        text: String,
        /// How many at most.
        limit: u32,
    },
    /// Users in the scope of a category.
    CategoryUsers {
        /// The category, by GUID.
        category: Uuid,
        /// What name or address begins with; empty for all.
        prefix: String,
        /// How many at most.
        limit: u32,
    },
    /// What the asker may do in a room.
    Permissions {
        /// The room, by GUID.
        room: Uuid,
    },
    /// Which users fit.
    FindUsers(UserSearch),
    /// What is public of a user.
    User {
        /// His address.
        address: SipAddress,
    },
    /// What is public of a group, organisational unit or domain.
    Group {
        /// By [`principal_guid`].
        guid: Uuid,
    },
    /// The add-ins that rooms can have.
    Addins,
}

/// What a question needs of the sequencer's state: rooms that a user is in.
pub(crate) type InRooms = BTreeSet<RoomId>;

impl Question {
    /// Whether it goes over many things: then it can wait, or be asked again.
    pub(crate) fn is_search(&self) -> bool {
        matches!(
            self,
            Self::FindRooms(_) | Self::Eligible { .. } | Self::CategoryUsers { .. } | Self::FindUsers(_)
        )
    }

    /// The room that it names, and what it wants to know of it.
    pub(crate) fn names_room(&self) -> Option<(Uuid, Reading)> {
        match self {
            Self::Room { room } | Self::Permissions { room } => Some((*room, Reading::Card)),
            Self::Role { room, .. } => Some((*room, Reading::Lists)),
            Self::Eligible { room, .. } => Some((*room, Reading::Candidates)),
            _ => None,
        }
    }

    /// The user whose presence in rooms the answer needs; `None` for a user that doesn't exist or if it needs none.
    pub(crate) fn presence_of(&self, catalogue: &Catalogue, asker: PrincipalId) -> Option<PrincipalId> {
        match self {
            Self::MyRooms {
                association: Association::Joined,
                ..
            } => Some(asker),
            Self::FindRooms(RoomSearch {
                among: Among::JoinedBy(address),
                ..
            }) => catalogue.user_by_address(address).map(|user| user.id),
            _ => None,
        }
    }
}

impl Inner {
    /// Answers a question. The rules are asked here, as things are now.
    pub(crate) fn ask(
        &self,
        who: PrincipalId,
        question: &Question,
        present: &InRooms,
    ) -> Result<Outcome, Refusal> {
        match question {
            Question::FindRooms(search) => self.rooms_found(who, search, present),
            Question::MyRooms { association, limit } => self.my_rooms(who, *association, *limit, present),
            Question::CategoriesToCreateIn => Ok(self.categories_to_create_in(who)),
            Question::Room { room } => self.room_card(who, *room),
            Question::RoomByName { name } => self.room_card_by_name(who, name),
            Question::Role { room, role } => self.role(who, *room, *role),
            Question::Eligible {
                room,
                role,
                text,
                limit,
            } => self.eligible(who, *room, *role, text, *limit),
            Question::CategoryUsers {
                category,
                prefix,
                limit,
            } => self.category_users(who, *category, prefix, *limit),
            Question::Permissions { room } => self.own_permissions(who, *room),
            Question::FindUsers(search) => self.users_found(who, search),
            Question::User { address } => self.user_card(who, address),
            Question::Group { guid } => self.group_card(who, *guid),
            Question::Addins => self.addins(who),
        }
    }

    /// Of these, in this order, the first `limit` that are kept; and whether there are more. Others get at the working set
    /// in between, and the asker may lose his right to the answer: `may` is asked again whenever they had their turn.
    fn sift<T, R>(
        &self,
        who: PrincipalId,
        items: &[T],
        limit: u32,
        may: impl Fn(&Asker<'_>) -> Result<(), Refusal>,
        mut keep: impl FnMut(&Asker<'_>, &Catalogue, &T) -> Option<R>,
    ) -> Result<(Vec<R>, bool), Refusal> {
        let limit = limit.min(self.settings.search_results) as usize;
        let mut kept = Vec::new();
        for some in items.chunks(AT_A_TIME) {
            let catalogue = self.catalogue();
            let asker = Asker::new(&catalogue, who);
            may(&asker)?;
            for item in some {
                let found = keep(&asker, &catalogue, item);
                if found.is_some() && kept.len() == limit {
                    return Ok((kept, true));
                }
                kept.extend(found);
            }
        }
        Ok((kept, false))
    }

    /// Refuses who may not look up names.
    fn may_look_up(&self, who: PrincipalId) -> Result<(), Refusal> {
        check(&Asker::new(&self.catalogue(), who).may_look_up())
    }

    /// A user or group as others see it.
    fn principal(&self, catalogue: &Catalogue, id: PrincipalId) -> Option<PrincipalInfo> {
        let kind = if let Some(user) = catalogue.user(id) {
            PrincipalKind::User {
                address: user.address.clone(),
                name: user.display_name.clone(),
            }
        } else {
            let group = catalogue.group(id)?;
            PrincipalKind::Group {
                name: group.name.clone(),
                kind: group.kind,
            }
        };
        Some(PrincipalInfo {
            guid: principal_guid(self.database, id),
            kind,
        })
    }
}

/// The category with this GUID, if the asker may know of it.
fn category(catalogue: &Catalogue, asker: &Asker<'_>, guid: Uuid) -> Result<CategoryId, Refusal> {
    let found = catalogue.categories().find(|category| category.guid == guid);
    let id = found.ok_or(Refusal::NoSuchRoom)?.id;
    match asker.may_read_scope(id).rule {
        rule if rule.hides() || rule == Rule::NoSuchCategory => Err(Refusal::NoSuchRoom),
        _ => Ok(id),
    }
}
