//! Add-ins.

use super::{
    AdminState,
    change::Asked,
    error::{Answer, ApiError},
    input::{Body, Named},
    wire::{Addin, ChangeAddin, Changes, ErrorBody, NewAddin, Outcome},
};
use axum::{Json, extract::State, response::Response};
use causerie_chat::Action;
use causerie_model::Catalogue;

/// The names of the rooms that have an add-in, sorted.
fn rooms_with(catalogue: &Catalogue, addin: &causerie_model::Addin) -> Vec<String> {
    let rooms = catalogue.rooms().filter(|room| room.addin == Some(addin.id));
    let mut names: Vec<String> = rooms.map(|room| room.name.clone()).collect();
    names.sort_by_cached_key(|name| name.to_lowercase());
    names
}

fn shown(state: &AdminState, name: &str) -> Answer<Addin> {
    let catalogue = state.chat.catalogue();
    let addin = catalogue.addin_by_name(name);
    let addin = addin.ok_or_else(|| ApiError::not_found("add-in", name))?;
    let rooms = rooms_with(&catalogue, addin);
    Ok(Addin {
        name: addin.name.clone(),
        guid: addin.guid.to_string(),
        url: addin.url.clone(),
        room_count: rooms.len(),
        rooms: Some(rooms),
    })
}

/// Lists all add-ins.
#[utoipa::path(get, path = "/v1/addins",
    responses((status = 200, body = [Addin], description = "By name")))]
pub(super) async fn all(State(state): State<AdminState>) -> Json<Vec<Addin>> {
    let catalogue = state.chat.catalogue();
    let mut addins: Vec<Addin> = catalogue
        .addins()
        .map(|addin| Addin {
            name: addin.name.clone(),
            guid: addin.guid.to_string(),
            url: addin.url.clone(),
            room_count: rooms_with(&catalogue, addin).len(),
            rooms: None,
        })
        .collect();
    addins.sort_by_cached_key(|addin| addin.name.to_lowercase());
    Json(addins)
}

/// Shows one add-in with the rooms that have it.
#[utoipa::path(get, path = "/v1/addins/{name}",
    params(("name" = String, Path, description = "The add-in's name")),
    responses((status = 200, body = Addin, description = "The add-in")))]
pub(super) async fn one(State(state): State<AdminState>, Named(name): Named<String>) -> Answer<Json<Addin>> {
    shown(&state, &name).map(Json)
}

/// Registers an add-in for rooms to have.
#[utoipa::path(post, path = "/v1/addins",
    request_body = NewAddin,
    responses((status = 201, body = Outcome<Addin>, description = "The add-in"), (status = 409, body = ErrorBody, description = "The name is taken")))]
pub(super) async fn add(
    State(state): State<AdminState>,
    asked: Asked,
    Body(new): Body<NewAddin>,
) -> Answer<Response> {
    let name = new.name.trim().to_owned();
    let action = Action::AddAddin {
        name: new.name,
        url: new.url,
    };
    let made = asked.act(&state, vec![action]).await?;
    made.created(async { shown(&state, &name) }).await
}

/// Changes an add-in.
#[utoipa::path(patch, path = "/v1/addins/{name}",
    params(("name" = String, Path, description = "The add-in's name")),
    request_body = ChangeAddin,
    responses((status = 200, body = Outcome<Addin>, description = "The add-in as it is now"), (status = 409, body = ErrorBody, description = "The name is taken")))]
pub(super) async fn change(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
    Body(change): Body<ChangeAddin>,
) -> Answer<Response> {
    let now = change.name.clone().unwrap_or_else(|| name.clone());
    let action = Action::ChangeAddin {
        name,
        new_name: change.name,
        url: change.url,
    };
    let made = asked.act(&state, vec![action]).await?;
    made.changed(async { shown(&state, now.trim()) }).await
}

/// Removes an add-in that no room has.
#[utoipa::path(delete, path = "/v1/addins/{name}",
    params(("name" = String, Path, description = "The add-in's name")),
    responses((status = 200, body = Changes, description = "It is gone"), (status = 422, body = ErrorBody, description = "Rooms have it")))]
pub(super) async fn remove(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
) -> Answer<Response> {
    let made = asked.act(&state, vec![Action::RemoveAddin { name }]).await?;
    Ok(made.done())
}
