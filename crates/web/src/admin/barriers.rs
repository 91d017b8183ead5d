//! Information barriers.

use super::{
    AdminState,
    change::Asked,
    error::{Answer, ApiError},
    input::{Body, Named},
    wire::{Barrier, Changes, ErrorBody, NewBarrier, Outcome},
};
use axum::{Json, extract::State, response::Response};
use causerie_chat::Action;
use causerie_model::Catalogue;

fn bare(catalogue: &Catalogue, barrier: &causerie_model::Barrier) -> Barrier {
    Barrier {
        name: barrier.name.clone(),
        groups: barrier
            .sides
            .map(|side| catalogue.principal_name(side).unwrap_or_default()),
    }
}

fn shown(state: &AdminState, name: &str) -> Answer<Barrier> {
    let catalogue = state.chat.catalogue();
    let barrier = catalogue.barrier_by_name(name);
    let barrier = barrier.ok_or_else(|| ApiError::not_found("barrier", name))?;
    Ok(bare(&catalogue, barrier))
}

/// Lists all barriers.
#[utoipa::path(get, path = "/v1/barriers",
    responses((status = 200, body = [Barrier], description = "By name")))]
pub(super) async fn all(State(state): State<AdminState>) -> Json<Vec<Barrier>> {
    let catalogue = state.chat.catalogue();
    let mut barriers: Vec<Barrier> = catalogue
        .barriers()
        .map(|barrier| bare(&catalogue, barrier))
        .collect();
    barriers.sort_by_cached_key(|barrier| barrier.name.to_lowercase());
    Json(barriers)
}

/// Shows one barrier.
#[utoipa::path(get, path = "/v1/barriers/{name}",
    params(("name" = String, Path, description = "The barrier's name")),
    responses((status = 200, body = Barrier, description = "The barrier")))]
pub(super) async fn one(
    State(state): State<AdminState>,
    Named(name): Named<String>,
) -> Answer<Json<Barrier>> {
    shown(&state, &name).map(Json)
}

/// Adds a barrier. Who may no longer be in a room is out of it at once.
#[utoipa::path(post, path = "/v1/barriers",
    request_body = NewBarrier,
    responses((status = 201, body = Outcome<Barrier>, description = "The barrier"), (status = 409, body = ErrorBody, description = "The name is taken")))]
pub(super) async fn add(
    State(state): State<AdminState>,
    asked: Asked,
    Body(new): Body<NewBarrier>,
) -> Answer<Response> {
    let name = new.name.trim().to_owned();
    let action = Action::AddBarrier(causerie_chat::NewBarrier {
        name: new.name,
        sides: new.groups,
    });
    let made = asked.act(&state, vec![action]).await?;
    made.created(async { shown(&state, &name) }).await
}

/// Removes a barrier.
#[utoipa::path(delete, path = "/v1/barriers/{name}",
    params(("name" = String, Path, description = "The barrier's name")),
    responses((status = 200, body = Changes, description = "It is gone")))]
pub(super) async fn remove(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
) -> Answer<Response> {
    let made = asked.act(&state, vec![Action::RemoveBarrier { name }]).await?;
    Ok(made.done())
}
