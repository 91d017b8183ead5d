//! Groups and their members.

use super::{
    AdminState,
    error::{Answer, ApiError},
    input::{Body, Named, principal},
    lists::names,
    peer::Administrator,
    wire::{ChangeGroup, Changed, Group, NewEntry, NewGroup},
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

pub(super) async fn one(State(state): State<AdminState>, Named(name): Named<String>) -> Answer<Json<Group>> {
    shown(&state, &name).map(Json)
}

pub(super) async fn add(
    State(state): State<AdminState>,
    Administrator(actor): Administrator,
    Body(new): Body<NewGroup>,
) -> Answer<(StatusCode, Json<Group>)> {
    state
        .chat
        .act(
            actor,
            Action::AddGroup {
                kind: causerie_model::GroupKind::Group,
                name: new.name.clone(),
            },
        )
        .await?;
    Ok((StatusCode::CREATED, Json(shown(&state, new.name.trim())?)))
}

pub(super) async fn change(
    State(state): State<AdminState>,
    Administrator(actor): Administrator,
    Named(name): Named<String>,
    Body(change): Body<ChangeGroup>,
) -> Answer<Json<Group>> {
    let Some(new_name) = change.name else {
        return shown(&state, &name).map(Json);
    };
    state
        .chat
        .act(
            actor,
            Action::RenameGroup {
                name,
                new_name: new_name.clone(),
            },
        )
        .await?;
    shown(&state, new_name.trim()).map(Json)
}

pub(super) async fn remove(
    State(state): State<AdminState>,
    Administrator(actor): Administrator,
    Named(name): Named<String>,
) -> Answer<StatusCode> {
    state.chat.act(actor, Action::RemoveGroup { name }).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn members(
    State(state): State<AdminState>,
    Named(name): Named<String>,
) -> Answer<Json<Vec<String>>> {
    Ok(Json(shown(&state, &name)?.members.unwrap_or_default()))
}

pub(super) async fn add_member(
    State(state): State<AdminState>,
    Administrator(actor): Administrator,
    Named(group): Named<String>,
    Body(entry): Body<NewEntry>,
) -> Answer<Json<Changed>> {
    let member = principal(&entry.principal)?;
    let done = state
        .chat
        .act(actor, Action::AddToGroup { group, member })
        .await?;
    Ok(Json(Changed {
        changed: done == Done::Changed,
    }))
}

pub(super) async fn remove_member(
    State(state): State<AdminState>,
    Administrator(actor): Administrator,
    Named((group, member)): Named<(String, String)>,
) -> Answer<Json<Changed>> {
    let member = principal(&member)?;
    let done = state
        .chat
        .act(actor, Action::RemoveFromGroup { group, member })
        .await?;
    Ok(Json(Changed {
        changed: done == Done::Changed,
    }))
}
