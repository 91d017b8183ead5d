//! Rooms.

use super::{
    ActionError, Context, Plan, PrincipalName, addin, category, clean_description, clean_name, fresh, role,
    uri,
};
use causerie_model::{Catalogue, ChainId, Change, Invitations, Node, Privacy, Role, Room, RoomType};

/// What a new room is made of. Its lists start empty.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Its name, unique.
    pub name: String,
    /// The category that it goes into, by name or URI (`ma-cat://domain/guid`).
    pub category: String,
    /// What it is for.
    pub description: String,
    /// Who posts.
    pub room_type: RoomType,
    /// Who finds and enters it.
    pub privacy: Privacy,
    /// Whether new members are invited.
    pub invitations: Invitations,
    /// The add-in beside it, by name or GUID.
    pub addin: Option<String>,
    /// Closed for everybody at first.
    pub disabled: bool,
}

/// What changes about a room. `None` leaves a property or list as it is.
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
    /// The category that it moves to, by name or URI. Entries that are not in the scope there are removed.
    pub category: Option<String>,
    /// The add-in beside it, by name or GUID; `Some(None)` for none.
    pub addin: Option<Option<String>>,
    /// All members from now on.
    pub members: Option<Vec<PrincipalName>>,
    /// All managers from now on.
    pub managers: Option<Vec<PrincipalName>>,
    /// All presenters from now on.
    pub presenters: Option<Vec<PrincipalName>>,
    /// The version that the asker saw: the change is refused if somebody else changed the room since.
    pub seen: Option<u64>,
}

/// The room with this name or URI.
pub(super) fn find<'a>(context: &'a Context<'_>, name: &str) -> Result<&'a Room, ActionError> {
    named(context.catalogue, name)
}

/// The same.
pub(super) fn named<'a>(catalogue: &'a Catalogue, name: &str) -> Result<&'a Room, ActionError> {
    let found = match uri::guid(name, uri::ROOM) {
        Some(guid) => catalogue.room_by_guid(guid),
        None => catalogue.room_by_name(name),
    };
    found.ok_or_else(|| not_found(name))
}

pub(super) fn not_found(name: &str) -> ActionError {
    ActionError::NotFound {
        kind: "room",
        name: name.to_owned(),
    }
}

fn free_name(context: &Context<'_>, name: &str, own: Option<&Room>) -> Result<String, ActionError> {
    let name = clean_name("room", name)?;
    match context.catalogue.room_by_name(&name) {
        Some(other) if own.is_none_or(|own| own.id != other.id) => {
            Err(ActionError::Duplicate { kind: "room", name })
        }
        _ => Ok(name),
    }
}

pub(super) fn describe(catalogue: &Catalogue, room: &Room) -> String {
    let category = catalogue.category(room.category).map_or("", |found| &found.name);
    let addin = room.addin.and_then(|id| catalogue.addin(id));
    format!(
        "name={:?} category={category:?} description={:?} type={} privacy={} invitations={} disabled={} addin={:?}",
        room.name,
        room.description,
        room.room_type,
        room.privacy,
        room.invitations,
        room.disabled,
        addin.map_or("", |found| &found.name)
    )
}

pub(super) fn add(context: &Context<'_>, new: &NewRoom) -> Result<Plan, ActionError> {
    let name = free_name(context, &new.name, None)?;
    if context.catalogue.room_count() >= context.max_rooms {
        let most = context.max_rooms;
        return Err(ActionError::Limit(format!(
            "there are {most} rooms already, the most that may be"
        )));
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
        disabled: new.disabled,
        addin: new
            .addin
            .as_deref()
            .map(|name| addin::find(context, name))
            .transpose()?
            .map(|found| found.id),
        audit: context.made(),
    };
    let (after, chain, node) = (
        describe(context.catalogue, &room),
        ChainId::Room(room.id),
        Node::Room(room.id),
    );
    let mut changes = vec![Change::PutRoom(room)];
    // Who creates a room runs it, and is in it.
    if let Some(principal) = context.by.user {
        changes.extend([Role::Manager, Role::Member].map(|role| Change::Grant {
            node,
            role,
            principal,
        }));
    }
    Ok(Plan::new(changes, chain, "room.add", name).to(after))
}

pub(super) fn change(context: &Context<'_>, name: &str, change: &RoomChange) -> Result<Plan, ActionError> {
    let old = find(context, name)?;
    fresh("room", &old.name, &old.audit, change.seen)?;
    let mut new = old.clone();
    if let Some(name) = &change.name {
        new.name = free_name(context, name, Some(old))?;
    }
    if let Some(description) = &change.description {
        new.description = clean_description(description)?;
    }
    if let Some(category) = &change.category {
        new.category = category::find(context, category)?.id;
    }
    if let Some(addin) = &change.addin {
        new.addin = addin
            .as_deref()
            .map(|name| addin::find(context, name))
            .transpose()?
            .map(|found| found.id);
    }
    new.room_type = change.room_type.unwrap_or(old.room_type);
    new.privacy = change.privacy.unwrap_or(old.privacy);
    new.invitations = change.invitations.unwrap_or(old.invitations);
    new.disabled = change.disabled.unwrap_or(old.disabled);
    let (mut before, mut after) = (
        describe(context.catalogue, old),
        describe(context.catalogue, &new),
    );
    let mut entries = Vec::new();
    for (role, names) in [
        (Role::Member, &change.members),
        (Role::Manager, &change.managers),
        (Role::Presenter, &change.presenters),
    ] {
        if let Some(names) = names {
            let (changes, held, wanted) = role::replace(context, Node::Room(old.id), role, names)?;
            entries.extend(changes);
            before = format!("{before} {held}");
            after = format!("{after} {wanted}");
        }
    }
    let mut changes = Vec::new();
    if new != *old || !entries.is_empty() {
        new.audit = context.changed(&old.audit);
        changes.push(Change::PutRoom(new));
        changes.extend(entries);
    }
    Ok(
        Plan::new(changes, ChainId::Room(old.id), "room.change", &old.name)
            .from(before)
            .to(after),
    )
}

pub(super) fn remove(context: &Context<'_>, name: &str) -> Result<Plan, ActionError> {
    let room = find(context, name)?;
    let changes = vec![Change::RemoveRoom(room.id)];
    Ok(
        Plan::new(changes, ChainId::Room(room.id), "room.remove", &room.name)
            .from(describe(context.catalogue, room)),
    )
}
