//! How long records are kept, and destroying what may go.

use super::{desk::At, names::Names, progress::told};
use crate::admin::{
    change::Made,
    error::{Answer, ApiError},
    input::{Body, Named},
    wire::{
        Changes, ErrorBody, RetentionApplied, RetentionDays, RetentionPlan, RetentionPlanLine,
        RetentionPolicy, RetentionStays,
    },
};
use axum::{Json, response::Response};

/// Lists all retention policies.
#[utoipa::path(get, path = "/v1/compliance/retention/policies",
    responses((status = 200, body = [RetentionPolicy], description = "By scope")))]
pub(in crate::admin) async fn all(at: At) -> Answer<Json<Vec<RetentionPolicy>>> {
    let names = Names::of(&at.service).await?;
    let policies = at.service.retention_policies().await?.into_iter();
    let shown = policies.map(|(scope, policy)| RetentionPolicy {
        name: names.name(&scope),
        scope,
        keep_days: policy.keep_days,
    });
    Ok(Json(shown.collect()))
}

/// Sets how long records of a scope are kept. Nothing goes before retention is applied.
///
/// A room's own policy comes before that of its category, that before the global one.
#[utoipa::path(put, path = "/v1/compliance/retention/policies/{scope}",
    params(("scope" = String, Path, description = "`global`, `category:NAME` or `room:NAME`; GUIDs do as well, and rows of rooms")),
    request_body = RetentionDays,
    responses(
        (status = 200, body = Changes, description = "It is set"),
        (status = 422, body = ErrorBody, description = "It is less than the configured minimum, or no such scope is known"),
    ))]
pub(in crate::admin) async fn set(
    at: At,
    Named(scope): Named<String>,
    Body(days): Body<RetentionDays>,
) -> Answer<Response> {
    let scope = Names::of(&at.service).await?.scope(&scope)?;
    let set = at
        .service
        .set_retention(&at.officer, scope, days.keep_days, at.what_if);
    Ok(Made::by_officer(at.what_if, set.await?).done())
}

/// Removes a retention policy.
#[utoipa::path(delete, path = "/v1/compliance/retention/policies/{scope}",
    params(("scope" = String, Path, description = "As it was set")),
    responses((status = 200, body = Changes, description = "It is gone")))]
pub(in crate::admin) async fn remove(at: At, Named(scope): Named<String>) -> Answer<Response> {
    let scope = Names::of(&at.service).await?.scope(&scope)?;
    let removed = at.service.remove_retention(&at.officer, scope, at.what_if);
    Ok(Made::by_officer(at.what_if, removed.await?).done())
}

/// Tells what would be destroyed now and by which policy, and what would stay and why.
///
/// Answers with lines of JSON: `{"done", "of"}` while it goes on, at last `{"result"}` or `{"error"}`.
#[utoipa::path(get, path = "/v1/compliance/retention/plan",
    responses((status = 200, body = RetentionPlan, content_type = "application/x-ndjson", description = "By chain and reason")))]
pub(in crate::admin) async fn plan(at: At) -> Answer<Response> {
    told(|progress| async move {
        let names = Names::of(&at.service).await?;
        let plan = at.service.retention_plan(&*progress).await?;
        let goes = plan.goes();
        let lines = plan.lines.iter().map(|((chain, fate), tally)| RetentionPlanLine {
            chain: chain.to_string(),
            name: names.name(&chain.to_string()),
            goes: fate.goes(),
            reason: fate.to_string(),
            records: tally.records,
            bytes: tally.bytes,
            messages: tally.messages,
        });
        Ok(RetentionPlan {
            at: plan.at.to_string(),
            up_to: plan.up_to,
            records: goes.records,
            bytes: goes.bytes,
            messages: goes.messages,
            lines: lines.collect(),
        })
    })
    .await
}

/// Destroys the content of all records that may go, and takes their messages out of the rooms.
///
/// Their places in their chains stay, so that everything that is left can still be proved. Answers with lines of JSON:
/// `{"done", "of"}` while it goes on, at last `{"result"}` or `{"error"}`.
#[utoipa::path(post, path = "/v1/compliance/retention/apply", responses(
    (status = 200, body = RetentionApplied, content_type = "application/x-ndjson", description = "What was destroyed, and why the rest wasn't"),
    (status = 503, body = ErrorBody, description = "The database can't be written, or the chat server can't be reached"),
))]
pub(in crate::admin) async fn apply(at: At) -> Answer<Response> {
    if at.what_if {
        return Err(ApiError::invalid("what_if: the plan tells what would go"));
    }
    told(|progress| async move {
        let applied = at.service.retention_apply(&at.officer, &*progress).await?;
        let stays = applied.stays.iter().map(|(fate, tally)| RetentionStays {
            reason: fate.to_string(),
            records: tally.records,
            bytes: tally.bytes,
        });
        Ok(RetentionApplied {
            records: applied.gone.records,
            bytes: applied.gone.bytes,
            messages: applied.gone.messages,
            stays: stays.collect(),
        })
    })
    .await
}
