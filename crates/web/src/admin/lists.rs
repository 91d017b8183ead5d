//! The lists of categories and rooms: who holds which role.

use super::{
    AdminState,
    error::{Answer, ApiError},
    input::{Body, Named, principal},
    peer::Administrator,
    wire::{Changed, NewEntry},
};
use axum::{Json, extract::State};
use causerie_chat::{Action, Done, NodeName};
use causerie_model::{Actor, Catalogue, Node, PrincipalId, Role};

/// Names as people know them, sorted.
pub(super) fn names(catalogue: &Catalogue, principals: impl Iterator<Item = PrincipalId>) -> Vec<String> {
    let mut names: Vec<String> = principals.filter_map(|id| catalogue.principal_name(id)).collect();
    names.sort_by_cached_key(|name| name.to_lowercase());
    names
}

/// Who is on a list, as listed.
pub(super) fn holders(catalogue: &Catalogue, node: Node, role: Role) -> Vec<String> {
    names(catalogue, catalogue.holders(node, role))
}

fn category_role(list: &str) -> Answer<Role> {
    match list {
        "allowed" => Ok(Role::Allowed),
        "denied" => Ok(Role::Denied),
        "creators" => Ok(Role::Creator),
        _ => Err(ApiError::not_found("list of categories", list)),
    }
}

fn room_role(list: &str) -> Answer<Role> {
    match list {
        "members" => Ok(Role::Member),
        "managers" => Ok(Role::Manager),
        "presenters" => Ok(Role::Presenter),
        _ => Err(ApiError::not_found("list of rooms", list)),
    }
}

async fn grant(
    state: &AdminState,
    actor: Actor,
    node: NodeName,
    role: Role,
    name: &str,
) -> Answer<Json<Changed>> {
    let principal = principal(name)?;
    let done = state
        .chat
        .act(
            actor,
            Action::Grant {
                node,
                role,
                principal,
            },
        )
        .await?;
    Ok(Json(Changed {
        changed: done == Done::Changed,
    }))
}

async fn revoke(
    state: &AdminState,
    actor: Actor,
    node: NodeName,
    role: Role,
    name: &str,
) -> Answer<Json<Changed>> {
    let principal = principal(name)?;
    let done = state
        .chat
        .act(
            actor,
            Action::Revoke {
                node,
                role,
                principal,
            },
        )
        .await?;
    Ok(Json(Changed {
        changed: done == Done::Changed,
    }))
}

pub(super) async fn of_category(
    State(state): State<AdminState>,
    Named((name, list)): Named<(String, String)>,
) -> Answer<Json<Vec<String>>> {
    let role = category_role(&list)?;
    let catalogue = state.chat.catalogue();
    let found = catalogue
        .category_by_name(&name)
        .ok_or_else(|| ApiError::not_found("category", &name))?;
    Ok(Json(holders(&catalogue, Node::Category(found.id), role)))
}

pub(super) async fn add_to_category(
    State(state): State<AdminState>,
    Administrator(actor): Administrator,
    Named((name, list)): Named<(String, String)>,
    Body(entry): Body<NewEntry>,
) -> Answer<Json<Changed>> {
    let role = category_role(&list)?;
    grant(&state, actor, NodeName::Category(name), role, &entry.principal).await
}

pub(super) async fn remove_from_category(
    State(state): State<AdminState>,
    Administrator(actor): Administrator,
    Named((name, list, principal)): Named<(String, String, String)>,
) -> Answer<Json<Changed>> {
    let role = category_role(&list)?;
    revoke(&state, actor, NodeName::Category(name), role, &principal).await
}

pub(super) async fn of_room(
    State(state): State<AdminState>,
    Named((name, list)): Named<(String, String)>,
) -> Answer<Json<Vec<String>>> {
    let role = room_role(&list)?;
    let catalogue = state.chat.catalogue();
    let found = catalogue
        .room_by_name(&name)
        .ok_or_else(|| ApiError::not_found("room", &name))?;
    Ok(Json(holders(&catalogue, Node::Room(found.id), role)))
}

pub(super) async fn add_to_room(
    State(state): State<AdminState>,
    Administrator(actor): Administrator,
    Named((name, list)): Named<(String, String)>,
    Body(entry): Body<NewEntry>,
) -> Answer<Json<Changed>> {
    let role = room_role(&list)?;
    grant(&state, actor, NodeName::Room(name), role, &entry.principal).await
}

pub(super) async fn remove_from_room(
    State(state): State<AdminState>,
    Administrator(actor): Administrator,
    Named((name, list, principal)): Named<(String, String, String)>,
) -> Answer<Json<Changed>> {
    let role = room_role(&list)?;
    revoke(&state, actor, NodeName::Room(name), role, &principal).await
}
