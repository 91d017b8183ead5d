//! Rooms.

use super::{
    AdminState,
    change::Asked,
    error::{Answer, ApiError},
    input::{Body, Named, optional_word, principal},
    lists::holders,
    version::{IfMatch, audit, tagged},
    wire::{ChangeRoom, Changes, ErrorBody, NewRoom, Outcome, Room, RoomLists},
};
use axum::{extract::State, response::Response};
use causerie_chat::{Action, PrincipalName, RoomChange};
use causerie_model::{Catalogue, Invitations, Node, Privacy, Role, RoomType};

pub(super) fn bare(state: &AdminState, catalogue: &Catalogue, room: &causerie_model::Room) -> Room {
    Room {
        name: room.name.clone(),
        guid: room.guid.to_string(),
        uri: format!("ma-chan://{}/{}", state.chat.settings().domain, room.guid),
        category: catalogue
            .category(room.category)
            .map_or_else(String::new, |found| found.name.clone()),
        description: room.description.clone(),
        room_type: room.room_type.to_string(),
        privacy: room.privacy.to_string(),
        invitations: room.invitations.to_string(),
        disabled: room.disabled,
        addin: room
            .addin
            .and_then(|id| catalogue.addin(id))
            .map(|found| found.name.clone()),
        audit: audit(&room.audit),
        present: state.chat.present(room.id),
        lists: None,
    }
}

fn shown(state: &AdminState, name: &str) -> Answer<Room> {
    let catalogue = state.chat.catalogue();
    let room = catalogue
        .room_by_name(name)
        .ok_or_else(|| ApiError::not_found("room", name))?;
    let node = Node::Room(room.id);
    let lists = RoomLists {
        members: holders(&catalogue, node, Role::Member),
        managers: holders(&catalogue, node, Role::Manager),
        presenters: holders(&catalogue, node, Role::Presenter),
    };
    Ok(Room {
        lists: Some(lists),
        ..bare(state, &catalogue, room)
    })
}

/// Shows one room with its lists.
#[utoipa::path(get, path = "/v1/rooms/{name}",
    params(("name" = String, Path, description = "The room's name")),
    responses((status = 200, body = Room, description = "The room; its version is its ETag too")))]
pub(super) async fn one(State(state): State<AdminState>, Named(name): Named<String>) -> Answer<Response> {
    shown(&state, &name).map(|room| tagged(room.audit.version, &room))
}

/// Adds a room, with empty lists.
#[utoipa::path(post, path = "/v1/rooms",
    request_body = NewRoom,
    responses((status = 201, body = Outcome<Room>, description = "The room"), (status = 409, body = ErrorBody, description = "The name is taken")))]
pub(super) async fn add(
    State(state): State<AdminState>,
    asked: Asked,
    Body(new): Body<NewRoom>,
) -> Answer<Response> {
    let name = new.name.trim().to_owned();
    let action = Action::AddRoom(causerie_chat::NewRoom {
        room_type: optional_word("type", new.room_type.as_ref())?.unwrap_or(RoomType::Normal),
        privacy: optional_word("privacy", new.privacy.as_ref())?.unwrap_or(Privacy::Closed),
        invitations: optional_word("invitations", new.invitations.as_ref())?.unwrap_or(Invitations::Inherit),
        name: new.name,
        category: new.category,
        description: new.description,
        addin: new.addin,
        disabled: new.disabled,
    });
    let made = asked.act(&state, vec![action]).await?;
    made.created(async { shown(&state, &name) }).await
}

/// All entries of a list, if they were given.
fn entries(names: Option<Vec<String>>) -> Answer<Option<Vec<PrincipalName>>> {
    let all = |names: Vec<String>| names.iter().map(|name| principal(name)).collect();
    names.map(all).transpose()
}

/// Changes a room, its lists in one go.
///
/// It is refused if the version, in the body or as `If-Match`, is no longer that of the room.
#[utoipa::path(patch, path = "/v1/rooms/{name}",
    params(("name" = String, Path, description = "The room's name")),
    request_body = ChangeRoom,
    responses((status = 200, body = Outcome<Room>, description = "The room as it is now"), (status = 412, body = ErrorBody, description = "Somebody else changed it meanwhile"), (status = 409, body = ErrorBody, description = "The name is taken")))]
pub(super) async fn change(
    State(state): State<AdminState>,
    asked: Asked,
    IfMatch(seen): IfMatch,
    Named(name): Named<String>,
    Body(change): Body<ChangeRoom>,
) -> Answer<Response> {
    let now = change.name.clone().unwrap_or_else(|| name.clone());
    let change = RoomChange {
        room_type: optional_word("type", change.room_type.as_ref())?,
        privacy: optional_word("privacy", change.privacy.as_ref())?,
        invitations: optional_word("invitations", change.invitations.as_ref())?,
        name: change.name,
        description: change.description,
        disabled: change.disabled,
        category: change.category,
        addin: change.addin,
        members: entries(change.members)?,
        managers: entries(change.managers)?,
        presenters: entries(change.presenters)?,
        seen: change.version.or(seen),
    };
    let action = Action::ChangeRoom { name, change };
    let made = asked.act(&state, vec![action]).await?;
    made.changed(async { shown(&state, now.trim()) }).await
}

/// Removes a room. Its messages can no longer be reached, its records stay.
#[utoipa::path(delete, path = "/v1/rooms/{name}",
    params(("name" = String, Path, description = "The room's name")),
    responses((status = 200, body = Changes, description = "It is gone")))]
pub(super) async fn remove(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
) -> Answer<Response> {
    let made = asked.act(&state, vec![Action::RemoveRoom { name }]).await?;
    Ok(made.done())
}
