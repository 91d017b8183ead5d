//! Commands that make and change rooms, as actions of the chat service.

use crate::info::room_guid;
use causerie_chat::{Action, NewRoom, NodeName, Operation, PrincipalName, Refusal, RoomChange};
use causerie_model::{Catalogue, Invitations, Privacy, Role, RoomType, SipAddress};
use causerie_xccos::{
    CategoryUri, GroupUri, RoomUri,
    blocks::{self, Behavior, Visibility},
    commands::{CreateRoom, EditRole, MoveRoom, RoomProperties, UpdateRoom},
};

/// No version of a room: versions count from 1. Who names it has seen something else than there is.
const NEVER: u64 = 0;

/// `chancreate`.
pub(crate) fn create(asked: CreateRoom) -> Result<Vec<Action>, Refusal> {
    let RoomProperties {
        name,
        description,
        behavior,
        visibility,
        disabled,
        invite,
        add_in,
    } = asked.properties;
    Ok(vec![Action::AddRoom(NewRoom {
        name: name.unwrap_or_default(),
        category: category(&asked.category_uri)?,
        description: description.unwrap_or_default(),
        room_type: behavior.map_or(RoomType::Normal, room_type),
        privacy: visibility.map_or(Privacy::Closed, privacy),
        invitations: invite.map_or(Invitations::Inherit, invitations),
        addin: add_in.filter(|id| !id.is_empty()),
        disabled: disabled.unwrap_or(false),
    })])
}

/// `chanmodify`.
pub(crate) fn update(asked: UpdateRoom, catalogue: &Catalogue) -> Result<Vec<Action>, Refusal> {
    let list = |uris: Option<Vec<String>>| {
        let list = uris.map(|uris| uris.iter().map(|uri| principal(uri)).collect::<Result<_, _>>());
        list.transpose()
    };
    let properties = asked.properties;
    let change = RoomChange {
        name: properties.name,
        description: properties.description,
        room_type: properties.behavior.map(room_type),
        privacy: properties.visibility.map(privacy),
        invitations: properties.invite.map(invitations),
        disabled: properties.disabled,
        category: None,
        addin: properties.add_in.map(|id| Some(id).filter(|id| !id.is_empty())),
        members: list(asked.members)?,
        managers: list(asked.managers)?,
        presenters: list(asked.presenters)?,
        seen: seen(asked.stamp.as_deref(), &asked.chan_uri, catalogue),
    };
    let name = room(&asked.chan_uri)?;
    Ok(vec![Action::ChangeRoom { name, change }])
}

/// `chanmove`.
pub(crate) fn relocate(asked: &MoveRoom, catalogue: &Catalogue) -> Result<Vec<Action>, Refusal> {
    let change = RoomChange {
        category: Some(category(&asked.category_uri)?),
        seen: seen(asked.stamp.as_deref(), &asked.chan_uri, catalogue),
        ..RoomChange::default()
    };
    let name = room(&asked.chan_uri)?;
    Ok(vec![Action::ChangeRoom { name, change }])
}

/// `addtorole` and `remfromrole`.
pub(crate) fn edit_role(asked: &EditRole, add: bool) -> Result<Vec<Action>, Refusal> {
    let role = match asked.role {
        blocks::Role::Member => Role::Member,
        blocks::Role::Manager => Role::Manager,
        blocks::Role::Presenter => Role::Presenter,
    };
    let name = room(&asked.chan_uri)?;
    let action = |uri: &String| {
        let (node, principal) = (NodeName::Room(name.clone()), principal(uri)?);
        Ok(if add {
            Action::Grant {
                node,
                role,
                principal,
            }
        } else {
            Action::Revoke {
                node,
                role,
                principal,
            }
        })
    };
    asked.principals.iter().map(action).collect()
}

/// The operation that carries these out for somebody at this address.
pub(crate) fn operation(actions: Vec<Action>, origin: &str) -> Operation {
    let origin = origin.to_owned();
    Operation::Manage { actions, origin }
}

/// The version that a client has seen, by the time of change that it was told.
fn seen(stamp: Option<&str>, chan_uri: &str, catalogue: &Catalogue) -> Option<u64> {
    let room = room_guid(chan_uri).ok();
    let audit = room
        .and_then(|guid| catalogue.room_by_guid(guid))
        .map(|room| &room.audit);
    let is_current = |stamp: &str| audit.filter(|audit| audit.updated_on.to_string() == stamp);
    stamp.map(|stamp| is_current(stamp).map_or(NEVER, |audit| audit.version))
}

/// URIs go on in one spelling, so that a name that looks like one is taken for none.
fn room(uri: &str) -> Result<String, Refusal> {
    let uri: RoomUri = uri.parse().map_err(|_| Refusal::NoSuchRoom)?;
    Ok(uri.to_string())
}

fn category(uri: &str) -> Result<String, Refusal> {
    let uri: CategoryUri = uri.parse().map_err(|_| Refusal::NoSuchRoom)?;
    Ok(uri.to_string())
}

fn principal(uri: &str) -> Result<PrincipalName, Refusal> {
    if let Ok(group) = uri.parse::<GroupUri>() {
        return Ok(PrincipalName::Group(group.to_string()));
    }
    let address = SipAddress::parse(uri);
    let address = address.map_err(|_| Refusal::Invalid(format!("'{uri}' is neither a user nor a group.")))?;
    Ok(PrincipalName::User(address))
}

fn room_type(behavior: Behavior) -> RoomType {
    match behavior {
        Behavior::Normal => RoomType::Normal,
        Behavior::Auditorium => RoomType::Auditorium,
    }
}

fn privacy(visibility: Visibility) -> Privacy {
    match visibility {
        Visibility::Open => Privacy::Open,
        Visibility::Closed => Privacy::Closed,
        Visibility::Secret => Privacy::Secret,
    }
}

fn invitations(invite: bool) -> Invitations {
    if invite {
        Invitations::Inherit
    } else {
        Invitations::Off
    }
}
