//! Commands that look something up, as questions to the chat service.

use crate::{dialog::Kind, info::room_guid};
use causerie_chat::{
    Among, Association, Operation, PrincipalRef, Question, Refusal, RoomFilter, RoomSearch, UserSearch,
};
use causerie_model::{Match, Privacy, Role, RoomType, SipAddress};
use causerie_xccos::{
    CategoryUri, Command, GroupUri,
    blocks::{AssociationType, Behavior, Role as WireRole, Visibility},
    commands::{ChannelSearch, GetRoom, MaxResults, SearchAmong},
};
use uuid::Uuid;

/// Results when a client doesn't say how many it wants, of searches that clients show as a page.
const PAGE: u32 = 100;

/// The operation that answers a command, and the kind of its reply. `most`: results that the server gives at most.
pub(crate) fn of(command: Command, most: u32) -> Result<(Kind, Operation), Refusal> {
    let page = |wanted: MaxResults| wanted.capped(PAGE, most);
    let (kind, question) = match command {
        Command::ChannelSearch(search) => (Kind::ChannelSearch, find_rooms(search, most)?),
        Command::GetAssociations(asked) => (
            Kind::Rooms,
            Question::MyRooms {
                association: match asked.kind {
                    AssociationType::Member => Association::Member,
                    AssociationType::Manager => Association::Manager,
                    AssociationType::Joined => Association::Joined,
                },
                limit: asked.max_results.capped(most, most),
            },
        ),
        Command::CategoriesToCreateIn => (Kind::Categories, Question::CategoriesToCreateIn),
        Command::GetRoom(GetRoom::ByUri(uri)) => (
            Kind::Rooms,
            Question::Room {
                room: room_guid(&uri)?,
            },
        ),
        Command::GetRoom(GetRoom::ByName(name)) => (Kind::Rooms, Question::RoomByName { name }),
        Command::GetRole(asked) => (
            Kind::Role,
            Question::Role {
                room: room_guid(&asked.chan_uri)?,
                role: role(asked.role),
            },
        ),
        Command::FindEligible(asked) => (
            Kind::Principals,
            Question::Eligible {
                room: room_guid(&asked.chan_uri)?,
                role: role(asked.role),
                text: asked.criteria,
                limit: page(asked.max_results),
            },
        ),
        Command::GetCategoryUsers(asked) => (
            Kind::Principals,
            Question::CategoryUsers {
                category: category(&asked.category_uri)?,
                prefix: asked.prefix,
                limit: page(asked.max_results),
            },
        ),
        Command::GetPermissions(asked) => (
            Kind::Permissions,
            Question::Permissions {
                room: room_guid(&asked.chan_uri)?,
            },
        ),
        Command::FindUsers(asked) => (
            Kind::Principals,
            Question::FindUsers(UserSearch {
                limit: page(asked.max_results),
                last_name: asked.last_name,
                first_name: asked.first_name,
                mail: asked.mail,
            }),
        ),
        Command::GetUser(asked) => (
            Kind::Principals,
            Question::User {
                address: user(&asked.uri)?,
            },
        ),
        Command::GetGroup(asked) => (
            Kind::Principals,
            Question::Group {
                guid: group(&asked.uri)?,
            },
        ),
        Command::GetAddIns => (Kind::Addins, Question::Addins),
        Command::GetParticipants(asked) => {
            let room = room_guid(&asked.chan_uri)?;
            return Ok((Kind::Participants, Operation::Participants { room }));
        }
        other => return Err(Refusal::Invalid(format!("{} asks for nothing.", other.name()))),
    };
    Ok((kind, Operation::Ask(Box::new(question))))
}

fn find_rooms(search: ChannelSearch, most: u32) -> Result<Question, Refusal> {
    let default = if matches!(search.among, SearchAmong::Category(_)) {
        PAGE
    } else {
        most
    };
    Ok(Question::FindRooms(RoomSearch {
        among: among(search.among)?,
        criteria: search.criteria,
        words: match (search.exact_phrase, search.match_any) {
            (true, _) => Match::Phrase,
            (false, false) => Match::All,
            (false, true) => Match::Any,
        },
        descriptions: search.extended,
        limit: search.max_results.capped(default, most),
    }))
}

fn among(among: SearchAmong) -> Result<Among, Refusal> {
    Ok(match among {
        SearchAmong::All => Among::All,
        SearchAmong::Category(uri) => Among::Category(category(&uri)?),
        SearchAmong::AddIn(id) => Among::Addin(addin(&id)?),
        SearchAmong::JoinedUser(uri) => Among::JoinedBy(user(&uri)?),
        SearchAmong::Filter(filter) => {
            let filter = *filter;
            let who = |uri: Option<String>| uri.map(|uri| principal(&uri)).transpose();
            Among::Filter(Box::new(RoomFilter {
                member: who(filter.member)?,
                manager: who(filter.manager)?,
                category: filter.category.map(|uri| category(&uri)).transpose()?,
                addin: filter.add_in.map(|id| addin(&id)).transpose()?,
                disabled: filter.disabled,
                privacy: filter.visibility.map(privacy),
                room_type: filter.behavior.map(room_type),
                invitations: filter.invite,
            }))
        }
        SearchAmong::Unknown(kind) => {
            return Err(Refusal::Invalid(format!(
                "Nobody can search for rooms by '{kind}'."
            )));
        }
    })
}

fn role(role: WireRole) -> Role {
    match role {
        WireRole::Member => Role::Member,
        WireRole::Manager => Role::Manager,
        WireRole::Presenter => Role::Presenter,
    }
}

fn privacy(visibility: Visibility) -> Privacy {
    match visibility {
        Visibility::Open => Privacy::Open,
        Visibility::Closed => Privacy::Closed,
        Visibility::Secret => Privacy::Secret,
    }
}

fn room_type(behavior: Behavior) -> RoomType {
    match behavior {
        Behavior::Normal => RoomType::Normal,
        Behavior::Auditorium => RoomType::Auditorium,
    }
}

/// The GUID of a category URI. What isn't one names no category.
fn category(uri: &str) -> Result<Uuid, Refusal> {
    let uri: CategoryUri = uri.parse().map_err(|_| Refusal::NoSuchRoom)?;
    Uuid::parse_str(&uri.guid).map_err(|_| Refusal::NoSuchRoom)
}

fn addin(id: &str) -> Result<Uuid, Refusal> {
    Uuid::parse_str(id).map_err(|_| Refusal::Invalid("There is no such add-in.".to_owned()))
}

fn user(uri: &str) -> Result<SipAddress, Refusal> {
    SipAddress::parse(uri).map_err(|_| Refusal::NoSuchPrincipal)
}

fn group(uri: &str) -> Result<Uuid, Refusal> {
    let uri: GroupUri = uri.parse().map_err(|_| Refusal::NoSuchPrincipal)?;
    Uuid::parse_str(&uri.guid).map_err(|_| Refusal::NoSuchPrincipal)
}

fn principal(uri: &str) -> Result<PrincipalRef, Refusal> {
    match group(uri) {
        Ok(guid) => Ok(PrincipalRef::Group(guid)),
        Err(_) => user(uri).map(PrincipalRef::User),
    }
}
