//! Groups and their members.

use super::{
    AdminState,
    error::{Answer, ApiError},
    input::{Body, Named, principal},
    lists::names,
    origin::Origin,
    wire::{ChangeGroup, Changed, ErrorBody, Group, NewEntry, NewGroup},
};
use axum::{Json, extract::State, http::StatusCode};
use causerie_chat::{Action, Done};

fn shown(state: &AdminState, name: &str) -> Answer<Group> {
    let catalogue = state.chat.catalogue();
    let group = catalogue
        .group_by_name(name)
        .ok_or_else(|| ApiError::not_found("group", name))?;
    let members = names(&catalogue, catalogue.group_members(group.id));
    Ok(Group {
        name: group.name.clone(),
        member_count: members.len(),
        members: Some(members),
    })
}

/// Lists all groups.
#[utoipa::path(get, path = "/v1/groups",
    responses((status = 200, body = [Group], description = "By name")))]
pub(super) async fn all(State(state): State<AdminState>) -> Json<Vec<Group>> {
    let catalogue = state.chat.catalogue();
    let mut groups: Vec<Group> = catalogue
        .groups()
        .map(|group| Group {
            name: group.name.clone(),
            member_count: catalogue.group_members(group.id).count(),
            members: None,
        })
        .collect();
    groups.sort_by_cached_key(|group| group.name.to_lowercase());
    Json(groups)
}

/// Shows one group with its members.
#[utoipa::path(get, path = "/v1/groups/{name}",
    params(("name" = String, Path, description = "The group's name")),
    responses((status = 200, body = Group, description = "The group")))]
pub(super) async fn one(State(state): State<AdminState>, Named(name): Named<String>) -> Answer<Json<Group>> {
    shown(&state, &name).map(Json)
}

/// Adds a group, without members.
#[utoipa::path(post, path = "/v1/groups",
    request_body = NewGroup,
    responses((status = 201, body = Group, description = "The group"), (status = 409, body = ErrorBody, description = "The name is taken")))]
pub(super) async fn add(
    State(state): State<AdminState>,
    origin: Origin,
    Body(new): Body<NewGroup>,
) -> Answer<(StatusCode, Json<Group>)> {
    state
        .chat
        .act(
            origin.actor(),
            Action::AddGroup {
                kind: causerie_model::GroupKind::Group,
                name: new.name.clone(),
            },
        )
        .await?;
    Ok((StatusCode::CREATED, Json(shown(&state, new.name.trim())?)))
}

/// Renames a group.
#[utoipa::path(patch, path = "/v1/groups/{name}",
    params(("name" = String, Path, description = "The group's name")),
    request_body = ChangeGroup,
    responses((status = 200, body = Group, description = "The group as it is now"), (status = 409, body = ErrorBody, description = "The name is taken")))]
pub(super) async fn change(
    State(state): State<AdminState>,
    origin: Origin,
    Named(name): Named<String>,
    Body(change): Body<ChangeGroup>,
) -> Answer<Json<Group>> {
    let Some(new_name) = change.name else {
        return shown(&state, &name).map(Json);
    };
    state
        .chat
        .act(
            origin.actor(),
            Action::RenameGroup {
                name,
                new_name: new_name.clone(),
            },
        )
        .await?;
    shown(&state, new_name.trim()).map(Json)
}

/// Removes a group, from all lists too.
#[utoipa::path(delete, path = "/v1/groups/{name}",
    params(("name" = String, Path, description = "The group's name")),
    responses((status = 204, description = "It is gone")))]
pub(super) async fn remove(
    State(state): State<AdminState>,
    origin: Origin,
    Named(name): Named<String>,
) -> Answer<StatusCode> {
    state
        .chat
        .act(origin.actor(), Action::RemoveGroup { name })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists a group's members.
#[utoipa::path(get, path = "/v1/groups/{name}/members",
    params(("name" = String, Path, description = "The group's name")),
    responses((status = 200, body = [String], description = "Addresses of users and names of groups")))]
pub(super) async fn members(
    State(state): State<AdminState>,
    Named(name): Named<String>,
) -> Answer<Json<Vec<String>>> {
    Ok(Json(shown(&state, &name)?.members.unwrap_or_default()))
}

/// Puts a user or group into a group.
#[utoipa::path(post, path = "/v1/groups/{name}/members",
    params(("name" = String, Path, description = "The group's name")),
    request_body = NewEntry,
    responses((status = 200, body = Changed, description = "Whether he wasn't in it before")))]
pub(super) async fn add_member(
    State(state): State<AdminState>,
    origin: Origin,
    Named(group): Named<String>,
    Body(entry): Body<NewEntry>,
) -> Answer<Json<Changed>> {
    let member = principal(&entry.principal)?;
    let done = state
        .chat
        .act(origin.actor(), Action::AddToGroup { group, member })
        .await?;
    Ok(Json(Changed {
        changed: done == Done::Changed,
    }))
}

/// Takes a user or group out of a group.
#[utoipa::path(delete, path = "/v1/groups/{name}/members/{principal}",
    params(("name" = String, Path, description = "The group's name"), ("principal" = String, Path, description = "A user's address or a group's name")),
    responses((status = 200, body = Changed, description = "Whether he was in it before")))]
pub(super) async fn remove_member(
    State(state): State<AdminState>,
    origin: Origin,
    Named((group, member)): Named<(String, String)>,
) -> Answer<Json<Changed>> {
    let member = principal(&member)?;
    let done = state
        .chat
        .act(origin.actor(), Action::RemoveFromGroup { group, member })
        .await?;
    Ok(Json(Changed {
        changed: done == Done::Changed,
    }))
}
