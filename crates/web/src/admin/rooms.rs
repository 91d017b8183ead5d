//! Rooms.

use super::{
    AdminState,
    error::{Answer, ApiError},
    input::{Body, Named, optional_word},
    lists::holders,
    origin::Origin,
    wire::{ChangeRoom, ErrorBody, NewRoom, Room, RoomLists},
};
use axum::{Json, extract::State, http::StatusCode};
use causerie_chat::{Action, RoomChange};
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
    responses((status = 200, body = Room, description = "The room")))]
pub(super) async fn one(State(state): State<AdminState>, Named(name): Named<String>) -> Answer<Json<Room>> {
    shown(&state, &name).map(Json)
}

/// Adds a room, with empty lists.
#[utoipa::path(post, path = "/v1/rooms",
    request_body = NewRoom,
    responses((status = 201, body = Room, description = "The room"), (status = 409, body = ErrorBody, description = "The name is taken")))]
pub(super) async fn add(
    State(state): State<AdminState>,
    origin: Origin,
    Body(new): Body<NewRoom>,
) -> Answer<(StatusCode, Json<Room>)> {
    let name = new.name.trim().to_owned();
    let action = Action::AddRoom(causerie_chat::NewRoom {
        room_type: optional_word("type", new.room_type.as_ref())?.unwrap_or(RoomType::Normal),
        privacy: optional_word("privacy", new.privacy.as_ref())?.unwrap_or(Privacy::Closed),
        invitations: optional_word("invitations", new.invitations.as_ref())?.unwrap_or(Invitations::Inherit),
        name: new.name,
        category: new.category,
        description: new.description,
        addin: None,
        disabled: false,
    });
    state.chat.act(origin.actor(), action).await?;
    Ok((StatusCode::CREATED, Json(shown(&state, &name)?)))
}

/// Changes a room.
#[utoipa::path(patch, path = "/v1/rooms/{name}",
    params(("name" = String, Path, description = "The room's name")),
    request_body = ChangeRoom,
    responses((status = 200, body = Room, description = "The room as it is now"), (status = 409, body = ErrorBody, description = "The name is taken")))]
pub(super) async fn change(
    State(state): State<AdminState>,
    origin: Origin,
    Named(name): Named<String>,
    Body(change): Body<ChangeRoom>,
) -> Answer<Json<Room>> {
    let now = change.name.clone().unwrap_or_else(|| name.clone());
    let change = RoomChange {
        room_type: optional_word("type", change.room_type.as_ref())?,
        privacy: optional_word("privacy", change.privacy.as_ref())?,
        invitations: optional_word("invitations", change.invitations.as_ref())?,
        name: change.name,
        description: change.description,
        disabled: change.disabled,
        ..RoomChange::default()
    };
    state
        .chat
        .act(origin.actor(), Action::ChangeRoom { name, change })
        .await?;
    shown(&state, now.trim()).map(Json)
}

/// Removes a room. Its messages can no longer be reached, its records stay.
#[utoipa::path(delete, path = "/v1/rooms/{name}",
    params(("name" = String, Path, description = "The room's name")),
    responses((status = 204, description = "It is gone")))]
pub(super) async fn remove(
    State(state): State<AdminState>,
    origin: Origin,
    Named(name): Named<String>,
) -> Answer<StatusCode> {
    state
        .chat
        .act(origin.actor(), Action::RemoveRoom { name })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
