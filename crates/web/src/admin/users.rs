//! Users.

use super::{
    AdminState,
    error::{Answer, ApiError},
    input::{Body, Named, address},
    origin::Origin,
    wire::{ChangeUser, ErrorBody, NewPassword, NewUser, SignedOut, User},
};
use axum::{Json, extract::State, http::StatusCode};
use causerie_chat::{Action, UserChange};
use causerie_model::SipAddress;
use std::collections::HashMap;

fn bare(user: &causerie_model::User, endpoints: usize) -> User {
    User {
        address: user.address.to_string(),
        display_name: user.display_name.clone(),
        enabled: user.enabled,
        endpoints,
        has_password: None,
        groups: None,
    }
}

async fn shown(state: &AdminState, address: &SipAddress) -> Answer<User> {
    let (mut user, id) = {
        let catalogue = state.chat.catalogue();
        let found = catalogue
            .user_by_address(address)
            .ok_or_else(|| ApiError::not_found("user", address.as_str()))?;
        let mut groups: Vec<String> = catalogue
            .groups()
            .filter(|group| catalogue.group_members(group.id).any(|member| member == found.id))
            .map(|group| group.name.clone())
            .collect();
        groups.sort();
        let mut user = bare(found, 0);
        user.groups = Some(groups);
        (user, found.id)
    };
    let registrations = state.signed_in.registrations();
    user.endpoints = registrations
        .iter()
        .filter(|endpoint| endpoint.address == user.address)
        .count();
    let hash = state
        .accounts
        .nt_hash(id)
        .await
        .map_err(|error| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "store", error.to_string()))?;
    user.has_password = Some(hash.is_some());
    Ok(user)
}

/// Lists all users.
#[utoipa::path(get, path = "/v1/users",
    responses((status = 200, body = [User], description = "By address")))]
pub(super) async fn all(State(state): State<AdminState>) -> Json<Vec<User>> {
    let mut endpoints: HashMap<String, usize> = HashMap::new();
    for endpoint in state.signed_in.registrations() {
        *endpoints.entry(endpoint.address).or_default() += 1;
    }
    let catalogue = state.chat.catalogue();
    let of = |user: &causerie_model::User| endpoints.get(user.address.as_str()).copied().unwrap_or(0);
    let mut users: Vec<User> = catalogue.users().map(|user| bare(user, of(user))).collect();
    users.sort_by(|a, b| a.address.cmp(&b.address));
    Json(users)
}

/// Shows one user, with his groups.
#[utoipa::path(get, path = "/v1/users/{address}",
    params(("address" = String, Path, description = "The user's address")),
    responses((status = 200, body = User, description = "The user")))]
pub(super) async fn one(State(state): State<AdminState>, Named(name): Named<String>) -> Answer<Json<User>> {
    shown(&state, &address(&name)?).await.map(Json)
}

/// Adds a user.
#[utoipa::path(post, path = "/v1/users",
    request_body = NewUser,
    responses((status = 201, body = User, description = "The user"), (status = 409, body = ErrorBody, description = "The name is taken")))]
pub(super) async fn add(
    State(state): State<AdminState>,
    origin: Origin,
    Body(new): Body<NewUser>,
) -> Answer<(StatusCode, Json<User>)> {
    let address = address(&new.address)?;
    let action = Action::AddUser {
        address: address.clone(),
        display_name: new.display_name,
    };
    state.chat.act(origin.actor(), action).await?;
    if let Some(password) = new.password
        && let Err(error) = put_password(&state, &origin, &address, &password.0).await
    {
        // A user without the password that he was to have isn't what was asked for.
        state
            .chat
            .act(origin.actor(), Action::RemoveUser { address })
            .await?;
        return Err(error);
    }
    Ok((StatusCode::CREATED, Json(shown(&state, &address).await?)))
}

/// Changes a user. Who is disabled is signed out.
#[utoipa::path(patch, path = "/v1/users/{address}",
    params(("address" = String, Path, description = "The user's address")),
    request_body = ChangeUser,
    responses((status = 200, body = User, description = "The user as he is now")))]
pub(super) async fn change(
    State(state): State<AdminState>,
    origin: Origin,
    Named(name): Named<String>,
    Body(change): Body<ChangeUser>,
) -> Answer<Json<User>> {
    let address = address(&name)?;
    let leaves = change.enabled == Some(false);
    let change = UserChange {
        policy: None,
        site: None,
        display_name: change.display_name,
        enabled: change.enabled,
    };
    state
        .chat
        .act(
            origin.actor(),
            Action::ChangeUser {
                address: address.clone(),
                change,
            },
        )
        .await?;
    if leaves {
        state.signed_in.sign_out(&address);
    }
    shown(&state, &address).await.map(Json)
}

/// Removes a user, from all lists too. His messages stay.
#[utoipa::path(delete, path = "/v1/users/{address}",
    params(("address" = String, Path, description = "The user's address")),
    responses((status = 204, description = "He is gone")))]
pub(super) async fn remove(
    State(state): State<AdminState>,
    origin: Origin,
    Named(name): Named<String>,
) -> Answer<StatusCode> {
    let address = address(&name)?;
    state
        .chat
        .act(
            origin.actor(),
            Action::RemoveUser {
                address: address.clone(),
            },
        )
        .await?;
    state.signed_in.sign_out(&address);
    Ok(StatusCode::NO_CONTENT)
}

async fn put_password(
    state: &AdminState,
    origin: &Origin,
    address: &SipAddress,
    password: &str,
) -> Answer<()> {
    let user = state
        .chat
        .catalogue()
        .user_by_address(address)
        .map(|user| user.id);
    let user = user.ok_or_else(|| ApiError::not_found("user", address.as_str()))?;
    let action = Action::SetPassword {
        address: address.clone(),
    };
    state.chat.act(origin.actor(), action).await?;
    Ok(state.accounts.set_password(user, password).await?)
}

/// Sets a user's password.
#[utoipa::path(put, path = "/v1/users/{address}/password",
    params(("address" = String, Path, description = "The user's address")),
    request_body = NewPassword,
    responses((status = 204, description = "It is set")))]
pub(super) async fn set_password(
    State(state): State<AdminState>,
    origin: Origin,
    Named(name): Named<String>,
    Body(new): Body<NewPassword>,
) -> Answer<StatusCode> {
    let address = address(&name)?;
    put_password(&state, &origin, &address, &new.password.0).await?;
    tracing::info!(user = %address, by = %origin, "a password was set");
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a user's connections. He may sign in again.
#[utoipa::path(post, path = "/v1/users/{address}/sign-out",
    params(("address" = String, Path, description = "The user's address")),
    responses((status = 200, body = SignedOut, description = "How many there were")))]
pub(super) async fn sign_out(
    State(state): State<AdminState>,
    origin: Origin,
    Named(name): Named<String>,
) -> Answer<Json<SignedOut>> {
    let address = address(&name)?;
    if state.chat.catalogue().user_by_address(&address).is_none() {
        return Err(ApiError::not_found("user", address.as_str()));
    }
    let endpoints = state.signed_in.sign_out(&address);
    tracing::info!(user = %address, by = %origin, endpoints, "a user was signed out");
    Ok(Json(SignedOut { endpoints }))
}
