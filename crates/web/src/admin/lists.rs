//! The lists of categories and rooms: who holds which role.

use super::{
    AdminState,
    change::Asked,
    error::{Answer, ApiError},
    input::{Body, Named, principal},
    wire::{Changed, NewEntry},
};
use axum::{Json, extract::State, response::Response};
use causerie_chat::{Action, NodeName};
use causerie_model::{Catalogue, Node, PrincipalId, Role};
use serde::Deserialize;
use utoipa::IntoParams;

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

/// Which list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct ListPath {
    /// `categories` or `rooms`
    kind: String,
    /// The category's or room's name
    name: String,
    /// `allowed`, `denied` or `creators` of a category; `members`, `managers` or `presenters` of a room
    list: String,
}

/// Who on it.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OnList {
    /// A user's address or a group's name
    principal: String,
}

/// The node and the role that a path names.
fn list(path: ListPath) -> Answer<(NodeName, Role)> {
    let ListPath { kind, name, list } = path;
    let role = match (kind.as_str(), list.as_str()) {
        ("categories", "allowed") => Role::Allowed,
        ("categories", "denied") => Role::Denied,
        ("categories", "creators") => Role::Creator,
        ("rooms", "members") => Role::Member,
        ("rooms", "managers") => Role::Manager,
        ("rooms", "presenters") => Role::Presenter,
        _ => return Err(ApiError::not_found(&format!("list of {kind}"), &list)),
    };
    let node = match kind.as_str() {
        "categories" => NodeName::Category(name),
        _ => NodeName::Room(name),
    };
    Ok((node, role))
}

fn find(catalogue: &Catalogue, node: &NodeName) -> Answer<Node> {
    match node {
        NodeName::Category(name) => catalogue
            .category_by_name(name)
            .map(|category| Node::Category(category.id))
            .ok_or_else(|| ApiError::not_found("category", name)),
        NodeName::Room(name) => catalogue
            .room_by_name(name)
            .map(|room| Node::Room(room.id))
            .ok_or_else(|| ApiError::not_found("room", name)),
    }
}

/// Lists who is on a list of a category or room.
#[utoipa::path(get, path = "/v1/{kind}/{name}/{list}",
    params(ListPath),
    responses((status = 200, body = [String], description = "Addresses of users and names of groups")))]
pub(super) async fn all(
    State(state): State<AdminState>,
    Named(path): Named<ListPath>,
) -> Answer<Json<Vec<String>>> {
    let (node, role) = list(path)?;
    let catalogue = state.chat.catalogue();
    let node = find(&catalogue, &node)?;
    Ok(Json(holders(&catalogue, node, role)))
}

/// Puts a user or group on a list of a category or room.
#[utoipa::path(post, path = "/v1/{kind}/{name}/{list}",
    params(ListPath),
    request_body = NewEntry,
    responses((status = 200, body = Changed, description = "Whether he wasn't on it before")))]
pub(super) async fn add(
    State(state): State<AdminState>,
    asked: Asked,
    Named(path): Named<ListPath>,
    Body(entry): Body<NewEntry>,
) -> Answer<Response> {
    let (node, role) = list(path)?;
    let principal = principal(&entry.principal)?;
    let action = Action::Grant {
        node,
        role,
        principal,
    };
    Ok(asked.act(&state, vec![action]).await?.entry())
}

/// Takes a user or group off a list of a category or room.
#[utoipa::path(delete, path = "/v1/{kind}/{name}/{list}/{principal}",
    params(ListPath, OnList),
    responses((status = 200, body = Changed, description = "Whether he was on it before")))]
pub(super) async fn remove(
    State(state): State<AdminState>,
    asked: Asked,
    Named(path): Named<ListPath>,
    Named(OnList { principal: who }): Named<OnList>,
) -> Answer<Response> {
    let (node, role) = list(path)?;
    let principal = principal(&who)?;
    let action = Action::Revoke {
        node,
        role,
        principal,
    };
    Ok(asked.act(&state, vec![action]).await?.entry())
}
