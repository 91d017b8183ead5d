//! Addresses of its own under which clients find the service.

use super::{
    AdminState,
    change::Asked,
    error::{Answer, ApiError},
    input::{Body, Named, address},
    wire::{Changes, Endpoint, ErrorBody, NewEndpoint, Outcome},
};
use axum::{Json, extract::State, response::Response};
use causerie_chat::Action;
use causerie_model::{Alias, SipAddress};

fn bare(alias: &Alias) -> Endpoint {
    Endpoint {
        address: alias.address.to_string(),
        display_name: alias.display_name.clone(),
    }
}

fn shown(state: &AdminState, address: &SipAddress) -> Answer<Endpoint> {
    let catalogue = state.chat.catalogue();
    let alias = catalogue.alias(address);
    alias
        .map(bare)
        .ok_or_else(|| ApiError::not_found("endpoint", address.as_str()))
}

/// Lists all endpoints that were added.
#[utoipa::path(get, path = "/v1/endpoints",
    responses((status = 200, body = [Endpoint], description = "By address")))]
pub(super) async fn all(State(state): State<AdminState>) -> Json<Vec<Endpoint>> {
    let mut endpoints: Vec<Endpoint> = state.chat.catalogue().aliases().map(bare).collect();
    endpoints.sort_by(|a, b| a.address.cmp(&b.address));
    Json(endpoints)
}

/// Adds an endpoint.
#[utoipa::path(post, path = "/v1/endpoints",
    request_body = NewEndpoint,
    responses((status = 201, body = Outcome<Endpoint>, description = "The endpoint"), (status = 409, body = ErrorBody, description = "The address is taken")))]
pub(super) async fn add(
    State(state): State<AdminState>,
    asked: Asked,
    Body(new): Body<NewEndpoint>,
) -> Answer<Response> {
    let address = address(&new.address)?;
    let action = Action::AddAlias {
        address: address.clone(),
        display_name: new.display_name,
    };
    let made = asked.act(&state, vec![action]).await?;
    made.created(async { shown(&state, &address) }).await
}

/// Removes an endpoint.
#[utoipa::path(delete, path = "/v1/endpoints/{address}",
    params(("address" = String, Path, description = "The endpoint's address")),
    responses((status = 200, body = Changes, description = "It is gone")))]
pub(super) async fn remove(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
) -> Answer<Response> {
    let address = address(&name)?;
    let made = asked.act(&state, vec![Action::RemoveAlias { address }]).await?;
    Ok(made.done())
}
