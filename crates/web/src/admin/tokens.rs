//! Tokens for programs and people who administer from elsewhere.

use super::{
    AdminState,
    change::Asked,
    error::{Answer, ApiError},
    guard::refused,
    input::{Body, Named, word},
    keyring::{MAX_TOKEN_SECONDS, MAX_TOKENS, is_over},
    origin::Origin,
    version::rfc3339,
    wire::{Changes, ErrorBody, IssuedToken, NewToken, Outcome, Secret, Token},
};
use axum::{Json, extract::State, response::Response};
use causerie_chat::{Action, TokenChange};
use causerie_model::Timestamp;
use causerie_policy::{AdminAct, AdminRole, decide_token};

fn shown(token: &causerie_store::Token, now: Timestamp) -> Token {
    Token {
        name: token.name.clone(),
        role: token.role.to_string(),
        created: rfc3339(token.created),
        expires: token.expires.map(rfc3339),
        expired: is_over(token, now),
    }
}

/// Refuses who may not give or take tokens of this role.
fn check(state: &AdminState, origin: &Origin, of: AdminRole) -> Answer<()> {
    let verdict = decide_token(origin.role(), origin.on_machine(), of);
    if verdict.allowed {
        return Ok(());
    }
    Err(refused(
        Some(&state.chat),
        origin,
        AdminAct::ManageTokens,
        verdict.rule,
    ))
}

/// Lists all tokens.
///
/// What their holders send isn't shown: nobody but them knows it.
#[utoipa::path(get, path = "/v1/tokens", responses((status = 200, body = [Token], description = "By name")))]
pub(super) async fn all(State(state): State<AdminState>) -> Answer<Json<Vec<Token>>> {
    let now = state.tokens.now();
    let tokens = state.tokens.all().await?;
    Ok(Json(tokens.iter().map(|token| shown(token, now)).collect()))
}

/// Adds a token.
///
/// The answer holds what its holder is to send, for the first and last time. Tokens of compliance officers are given on
/// the server's machine only.
#[utoipa::path(post, path = "/v1/tokens", request_body = NewToken, responses(
    (status = 201, body = Outcome<IssuedToken>, description = "The token"),
    (status = 409, body = ErrorBody, description = "There is one with this name"),
))]
pub(super) async fn add(
    State(state): State<AdminState>,
    asked: Asked,
    Body(new): Body<NewToken>,
) -> Answer<Response> {
    let role = word("role", &new.role)?;
    check(&state, &asked.origin, role)?;
    if new
        .expires_in
        .is_some_and(|seconds| !(1..=MAX_TOKEN_SECONDS).contains(&seconds))
    {
        let message =
            format!("expires_in: a token is good for 1 to {MAX_TOKEN_SECONDS} seconds, or for ever");
        return Err(ApiError::invalid(message));
    }
    let _changing = state.tokens.changing().await;
    let tokens = state.tokens.all().await?;
    if tokens
        .iter()
        .any(|token| token.name.eq_ignore_ascii_case(&new.name))
    {
        return Err(ApiError::exists("token", &new.name));
    }
    if tokens.len() >= MAX_TOKENS {
        return Err(ApiError::invalid(format!(
            "there are {MAX_TOKENS} tokens, and no more can be: remove one"
        )));
    }
    let (token, text) = state.tokens.make(&new.name, role, new.expires_in);
    let shown = shown(&token, state.tokens.now());
    let change = TokenChange::Add {
        name: token.name.clone(),
        role: role.to_string(),
        expires: shown.expires.clone().unwrap_or_default(),
    };
    let made = asked.act(&state, vec![Action::ChangeToken(change)]).await?;
    if !asked.what_if {
        state.tokens.add(&token).await?;
    }
    let issued = IssuedToken {
        name: shown.name,
        role: shown.role,
        expires: shown.expires,
        token: Secret(text),
    };
    made.created(async { Ok(issued) }).await
}

/// Removes a token.
///
/// From then on nobody gets in with it. Tokens of compliance officers are taken on the server's machine only.
#[utoipa::path(delete, path = "/v1/tokens/{name}",
    params(("name" = String, Path, description = "The token's name")),
    responses((status = 200, body = Changes, description = "It is gone")))]
pub(super) async fn remove(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
) -> Answer<Response> {
    let _changing = state.tokens.changing().await;
    let tokens = state.tokens.all().await?;
    let token = tokens
        .iter()
        .find(|token| token.name.eq_ignore_ascii_case(&name))
        .ok_or_else(|| ApiError::not_found("token", &name))?;
    check(&state, &asked.origin, token.role)?;
    let change = TokenChange::Remove {
        name: token.name.clone(),
        role: token.role.to_string(),
    };
    let made = asked.act(&state, vec![Action::ChangeToken(change)]).await?;
    if !asked.what_if {
        state.tokens.remove(&token.name).await?;
    }
    Ok(made.done())
}
