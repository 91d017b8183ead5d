//! Rooms.

use super::{ActionError, Context, Plan, category, clean_description, clean_name};
use causerie_model::{ChainId, Change, Invitations, Node, Privacy, Role, Room, RoomType};

/// What a new room is made of. Its lists start empty.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Its name, unique.
    pub name: String,
    /// The category that it goes into.
    pub category: String,
    /// What it is for.
    pub description: String,
    /// Who posts.
    pub room_type: RoomType,
    /// Who finds and enters it.
    pub privacy: Privacy,
    /// Whether new members are invited.
    pub invitations: Invitations,
}

/// What changes about a room. `None` leaves a property as it is.
#[derive(Clone, Debug, Default)]
pub struct RoomChange {
    /// Its name, unique.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Who posts.
    pub room_type: Option<RoomType>,
    /// Who finds and enters it.
    pub privacy: Option<Privacy>,
    /// Whether new members are invited.
    pub invitations: Option<Invitations>,
    /// Closed for everybody.
    pub disabled: Option<bool>,
}

pub(super) fn find<'a>(context: &'a Context<'_>, name: &str) -> Result<&'a Room, ActionError> {
    context
        .catalogue
        .room_by_name(name)
        .ok_or_else(|| ActionError::NotFound {
            kind: "room",
            name: name.to_owned(),
        })
}

fn describe(room: &Room) -> String {
    format!(
        "name={:?} description={:?} type={} privacy={} invitations={} disabled={}",
        room.name, room.description, room.room_type, room.privacy, room.invitations, room.disabled
    )
}

pub(super) fn add(context: &Context<'_>, new: &NewRoom) -> Result<Plan, ActionError> {
    let name = clean_name("room", &new.name)?;
    if context.catalogue.room_by_name(&name).is_some() {
        return Err(ActionError::Duplicate { kind: "room", name });
    }
    let room = Room {
        id: context.catalogue.next_room(context.highest_room),
        guid: context.random.guid(),
        category: category::find(context, &new.category)?.id,
        name: name.clone(),
        description: clean_description(&new.description)?,
        room_type: new.room_type,
        privacy: new.privacy,
        invitations: new.invitations,
        disabled: false,
    };
    let (after, chain) = (describe(&room), ChainId::Room(room.id));
    Ok(Plan::new(vec![Change::PutRoom(room)], chain, "room.add", name).to(after))
}

pub(super) fn change(context: &Context<'_>, name: &str, change: &RoomChange) -> Result<Plan, ActionError> {
    let old = find(context, name)?;
    let mut new = old.clone();
    if let Some(name) = &change.name {
        new.name = clean_name("room", name)?;
        if context
            .catalogue
            .room_by_name(&new.name)
            .is_some_and(|other| other.id != old.id)
        {
            return Err(ActionError::Duplicate {
                kind: "room",
                name: new.name,
            });
        }
    }
    if let Some(description) = &change.description {
        new.description = clean_description(description)?;
    }
    new.room_type = change.room_type.unwrap_or(old.room_type);
    new.privacy = change.privacy.unwrap_or(old.privacy);
    new.invitations = change.invitations.unwrap_or(old.invitations);
    new.disabled = change.disabled.unwrap_or(old.disabled);
    if new.room_type == RoomType::Normal && context.catalogue.has_holders(Node::Room(old.id), Role::Presenter)
    {
        return Err(ActionError::Invalid(format!(
            "room '{}' has presenters, which a normal room can't have; remove them first",
            old.name
        )));
    }
    let (before, after, chain) = (describe(old), describe(&new), ChainId::Room(old.id));
    let changes = if new == *old {
        vec![]
    } else {
        vec![Change::PutRoom(new)]
    };
    Ok(Plan::new(changes, chain, "room.change", &old.name)
        .from(before)
        .to(after))
}

pub(super) fn remove(context: &Context<'_>, name: &str) -> Result<Plan, ActionError> {
    let room = find(context, name)?;
    let changes = vec![Change::RemoveRoom(room.id)];
    Ok(Plan::new(changes, ChainId::Room(room.id), "room.remove", &room.name).from(describe(room)))
}
