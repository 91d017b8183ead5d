//! Users.

use super::{
    AdminState,
    change::{Asked, Made},
    error::{Answer, ApiError},
    input::{Body, Named, address},
    policies,
    wire::{Change, ChangeUser, Changes, ErrorBody, NewPassword, NewUser, Outcome, SignedOut, User},
};
use axum::{Json, extract::State, http::StatusCode, response::Response};
use causerie_accounts::check_password;
use causerie_chat::{Action, Told, UserChange};
use causerie_model::SipAddress;
use std::collections::HashMap;

fn bare(user: &causerie_model::User, endpoints: usize) -> User {
    User {
        address: user.address.to_string(),
        display_name: user.display_name.clone(),
        enabled: user.enabled,
        endpoints,
        policy: user.policy.clone(),
        site: user.site.clone(),
        effective_policy: None,
        has_password: None,
        groups: None,
    }
}

/// Endpoints of a user that are signed in now.
fn endpoints(state: &AdminState, address: &SipAddress) -> usize {
    let registrations = state.signed_in.registrations();
    let his = registrations
        .iter()
        .filter(|endpoint| endpoint.address == address.as_str());
    his.count()
}

/// Ends a user's connections, or counts them if it is only asked what that would do.
fn sign_out_now(state: &AdminState, asked: &Asked, address: &SipAddress) -> (usize, Option<Change>) {
    let endpoints = if asked.what_if {
        endpoints(state, address)
    } else {
        state.signed_in.sign_out(address)
    };
    let change = sign_out_told(endpoints, address).map(Change::from);
    (endpoints, change)
}

/// What is told of it, if there was anything to end.
fn sign_out_told(endpoints: usize, address: &SipAddress) -> Option<Told> {
    (endpoints > 0).then(|| Told {
        what: "user.sign-out".to_owned(),
        target: address.to_string(),
        before: format!("endpoints={endpoints}"),
        after: String::new(),
    })
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
        user.effective_policy = Some(policies::bare(&catalogue.policy_of(found)));
        (user, found.id)
    };
    user.endpoints = endpoints(state, address);
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
    responses((status = 201, body = Outcome<User>, description = "The user"), (status = 409, body = ErrorBody, description = "The address is taken")))]
pub(super) async fn add(
    State(state): State<AdminState>,
    asked: Asked,
    Body(new): Body<NewUser>,
) -> Answer<Response> {
    let address = address(&new.address)?;
    let mut actions = vec![Action::AddUser {
        address: address.clone(),
        display_name: new.display_name,
    }];
    if new.policy.is_some() || new.site.is_some() {
        let change = UserChange {
            policy: new.policy.map(Some),
            site: new.site.map(Some),
            ..UserChange::default()
        };
        actions.push(Action::ChangeUser {
            address: address.clone(),
            change,
        });
    }
    if let Some(password) = &new.password {
        check_password(&password.0)?;
        actions.push(Action::SetPassword {
            address: address.clone(),
        });
    }
    let made = asked.act(&state, actions).await?;
    if let Some(password) = &new.password
        && let Err(error) = keep_password(&state, &made, &address, &password.0).await
    {
        // A user without the password that he was to have isn't what was asked for.
        let action = Action::RemoveUser { address };
        state.chat.act(asked.origin.by(), action).await?;
        return Err(error);
    }
    made.created(shown(&state, &address)).await
}

/// Changes a user. Who is disabled is signed out; who may no longer use rooms by his policy is out of them at once.
#[utoipa::path(patch, path = "/v1/users/{address}",
    params(("address" = String, Path, description = "The user's address")),
    request_body = ChangeUser,
    responses((status = 200, body = Outcome<User>, description = "The user as he is now")))]
pub(super) async fn change(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
    Body(change): Body<ChangeUser>,
) -> Answer<Response> {
    let address = address(&name)?;
    let leaves = change.enabled == Some(false);
    let action = Action::ChangeUser {
        address: address.clone(),
        change: UserChange {
            display_name: change.display_name,
            enabled: change.enabled,
            policy: change.policy,
            site: change.site,
        },
    };
    let made = asked.act(&state, vec![action]).await?;
    let signed_out = leaves.then(|| sign_out_now(&state, &asked, &address).1).flatten();
    made.with(signed_out).changed(shown(&state, &address)).await
}

/// Removes a user, from all lists too. His messages stay.
#[utoipa::path(delete, path = "/v1/users/{address}",
    params(("address" = String, Path, description = "The user's address")),
    responses((status = 200, body = Changes, description = "He is gone")))]
pub(super) async fn remove(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
) -> Answer<Response> {
    let address = address(&name)?;
    let action = Action::RemoveUser {
        address: address.clone(),
    };
    let made = asked.act(&state, vec![action]).await?;
    let (_, signed_out) = sign_out_now(&state, &asked, &address);
    Ok(made.with(signed_out).done())
}

/// Keeps a password whose record is stored, unless it was only asked what that would do.
async fn keep_password(state: &AdminState, made: &Made, address: &SipAddress, password: &str) -> Answer<()> {
    if made.is_rehearsal() {
        return Ok(());
    }
    let user = state
        .chat
        .catalogue()
        .user_by_address(address)
        .map(|user| user.id);
    let user = user.ok_or_else(|| ApiError::not_found("user", address.as_str()))?;
    Ok(state.accounts.set_password(user, password).await?)
}

/// Sets a user's password.
#[utoipa::path(put, path = "/v1/users/{address}/password",
    params(("address" = String, Path, description = "The user's address")),
    request_body = NewPassword,
    responses((status = 200, body = Changes, description = "It is set")))]
pub(super) async fn set_password(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
    Body(new): Body<NewPassword>,
) -> Answer<Response> {
    let address = address(&name)?;
    check_password(&new.password.0)?;
    let action = Action::SetPassword {
        address: address.clone(),
    };
    let made = asked.act(&state, vec![action]).await?;
    keep_password(&state, &made, &address, &new.password.0).await?;
    Ok(made.done())
}

/// Ends a user's connections. He may sign in again.
#[utoipa::path(post, path = "/v1/users/{address}/sign-out",
    params(("address" = String, Path, description = "The user's address")),
    responses((status = 200, body = Outcome<SignedOut>, description = "How many there were")))]
pub(super) async fn sign_out(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
) -> Answer<Response> {
    let address = address(&name)?;
    if state.chat.catalogue().user_by_address(&address).is_none() {
        return Err(ApiError::not_found("user", address.as_str()));
    }
    // Recorded first: a connection that ended can't be brought back.
    let note = sign_out_told(endpoints(&state, &address), &address).map(Action::Note);
    let made = asked.act(&state, Vec::from_iter(note)).await?;
    let endpoints = sign_out_now(&state, &asked, &address).0;
    if !asked.what_if {
        tracing::info!(user = %address, by = %asked.origin, endpoints, "a user was signed out");
    }
    made.changed(async { Ok(SignedOut { endpoints }) }).await
}
