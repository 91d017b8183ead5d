//! Groups and their members.

use super::{
    AdminState,
    change::Asked,
    error::{Answer, ApiError},
    input::{Body, Named, optional_word, principal},
    lists::names,
    wire::{ChangeGroup, Changed, Changes, ErrorBody, Group, NewEntry, NewGroup, Outcome},
};
use axum::{Json, extract::State, response::Response};
use causerie_chat::Action;
use causerie_model::GroupKind;

fn shown(state: &AdminState, name: &str) -> Answer<Group> {
    let catalogue = state.chat.catalogue();
    let group = catalogue
        .group_by_name(name)
        .ok_or_else(|| ApiError::not_found("group", name))?;
    let members = names(&catalogue, catalogue.group_members(group.id));
    Ok(Group {
        name: group.name.clone(),
        kind: group.kind.to_string(),
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
            kind: group.kind.to_string(),
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
    responses((status = 201, body = Outcome<Group>, description = "The group"), (status = 409, body = ErrorBody, description = "The name is taken")))]
pub(super) async fn add(
    State(state): State<AdminState>,
    asked: Asked,
    Body(new): Body<NewGroup>,
) -> Answer<Response> {
    let name = new.name.trim().to_owned();
    let action = Action::AddGroup {
        kind: optional_word("kind", new.kind.as_ref())?.unwrap_or(GroupKind::Group),
        name: new.name,
    };
    let made = asked.act(&state, vec![action]).await?;
    made.created(async { shown(&state, &name) }).await
}

/// Renames a group.
#[utoipa::path(patch, path = "/v1/groups/{name}",
    params(("name" = String, Path, description = "The group's name")),
    request_body = ChangeGroup,
    responses((status = 200, body = Outcome<Group>, description = "The group as it is now"), (status = 409, body = ErrorBody, description = "The name is taken")))]
pub(super) async fn change(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
    Body(change): Body<ChangeGroup>,
) -> Answer<Response> {
    let now = change.name.clone().unwrap_or_else(|| name.clone());
    let action = Action::RenameGroup {
        name,
        new_name: now.clone(),
    };
    let made = asked.act(&state, vec![action]).await?;
    made.changed(async { shown(&state, now.trim()) }).await
}

/// Removes a group, from all lists too.
#[utoipa::path(delete, path = "/v1/groups/{name}",
    params(("name" = String, Path, description = "The group's name")),
    responses((status = 200, body = Changes, description = "It is gone")))]
pub(super) async fn remove(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
) -> Answer<Response> {
    let made = asked.act(&state, vec![Action::RemoveGroup { name }]).await?;
    Ok(made.done())
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
    asked: Asked,
    Named(group): Named<String>,
    Body(entry): Body<NewEntry>,
) -> Answer<Response> {
    let member = principal(&entry.principal)?;
    let action = Action::AddToGroup { group, member };
    Ok(asked.act(&state, vec![action]).await?.entry())
}

/// Takes a user or group out of a group.
#[utoipa::path(delete, path = "/v1/groups/{name}/members/{principal}",
    params(("name" = String, Path, description = "The group's name"), ("principal" = String, Path, description = "A user's address or a group's name")),
    responses((status = 200, body = Changed, description = "Whether he was in it before")))]
pub(super) async fn remove_member(
    State(state): State<AdminState>,
    asked: Asked,
    Named((group, member)): Named<(String, String)>,
) -> Answer<Response> {
    let member = principal(&member)?;
    let action = Action::RemoveFromGroup { group, member };
    Ok(asked.act(&state, vec![action]).await?.entry())
}
