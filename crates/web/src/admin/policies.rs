//! Policies of users. They are granted by changing users.

use super::{
    AdminState,
    change::Asked,
    error::{Answer, ApiError},
    input::{Body, Named, scope},
    wire::{ChangePolicy, Changes, ErrorBody, Outcome, Policy},
};
use axum::{Json, extract::State, response::Response};
use causerie_chat::{Action, PolicyChange};
use causerie_model::{Catalogue, Scope};

pub(super) fn bare(policy: &causerie_model::Policy) -> Policy {
    Policy {
        scope: policy.scope.to_string(),
        enable_persistent_chat: policy.enable_persistent_chat,
        description: policy.description.clone(),
        granted: None,
    }
}

/// The users to whom the policy of a scope is granted.
fn granted(catalogue: &Catalogue, scope: &Scope) -> Vec<String> {
    let Scope::Tag(tag) = scope else { return Vec::new() };
    let users = catalogue.users().filter(|user| user.policy.as_ref() == Some(tag));
    let mut granted: Vec<String> = users.map(|user| user.address.to_string()).collect();
    granted.sort();
    granted
}

fn shown(state: &AdminState, scope: &Scope) -> Answer<Policy> {
    let catalogue = state.chat.catalogue();
    let standard = causerie_model::Policy::standard();
    // The global one holds also if nobody has set it.
    let policy = catalogue
        .policy(scope)
        .or_else(|| (*scope == Scope::Global).then_some(&standard))
        .ok_or_else(|| ApiError::not_found("policy", &scope.to_string()))?;
    Ok(Policy {
        granted: Some(granted(&catalogue, scope)),
        ..bare(policy)
    })
}

/// Lists all policies.
#[utoipa::path(get, path = "/v1/policies",
    responses((status = 200, body = [Policy], description = "The global one, those of sites, those that are granted")))]
pub(super) async fn all(State(state): State<AdminState>) -> Json<Vec<Policy>> {
    let catalogue = state.chat.catalogue();
    let global = catalogue.policy(&Scope::Global).is_none();
    let global = global.then(causerie_model::Policy::standard);
    let policies = global.iter().chain(catalogue.policies());
    Json(policies.map(bare).collect())
}

/// Shows one policy, and to whom it is granted.
#[utoipa::path(get, path = "/v1/policies/{scope}",
    params(("scope" = String, Path, description = "`global`, `site:NAME`, or `tag:NAME`; a name alone is a tag")),
    responses((status = 200, body = Policy, description = "The policy")))]
pub(super) async fn one(State(state): State<AdminState>, Named(name): Named<String>) -> Answer<Json<Policy>> {
    shown(&state, &scope(&name)?).map(Json)
}

/// Makes or changes a policy.
///
/// Who may no longer use rooms is out of them at once.
#[utoipa::path(patch, path = "/v1/policies/{scope}",
    params(("scope" = String, Path, description = "`global`, `site:NAME`, or `tag:NAME`; a name alone is a tag")),
    request_body = ChangePolicy,
    responses((status = 200, body = Outcome<Policy>, description = "The policy as it is now")))]
pub(super) async fn change(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
    Body(change): Body<ChangePolicy>,
) -> Answer<Response> {
    let scope = scope(&name)?;
    let action = Action::SetPolicy {
        scope: scope.clone(),
        change: PolicyChange {
            enable_persistent_chat: change.enable_persistent_chat,
            description: change.description,
        },
    };
    let made = asked.act(&state, vec![action]).await?;
    made.changed(async { shown(&state, &scope) }).await
}

/// Removes a policy that is granted to nobody. The global one is as it was at first.
#[utoipa::path(delete, path = "/v1/policies/{scope}",
    params(("scope" = String, Path, description = "`global`, `site:NAME`, or `tag:NAME`; a name alone is a tag")),
    responses((status = 200, body = Changes, description = "It is gone"), (status = 422, body = ErrorBody, description = "It is granted to users")))]
pub(super) async fn remove(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
) -> Answer<Response> {
    let scope = scope(&name)?;
    let made = asked.act(&state, vec![Action::RemovePolicy { scope }]).await?;
    Ok(made.done())
}
