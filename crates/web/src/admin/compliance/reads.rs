//! All that one user could have read.

use super::{
    desk::At,
    found::{exported, read},
    progress::told,
};
use crate::admin::{
    error::Answer,
    input::{Body, Queried, address, moment, word},
    wire::{ErrorBody, Exported, FoundRecords, ReadsExport},
};
use axum::response::Response;
use causerie_compliance::{ExportRequest, Page, Reading};
use serde::Deserialize;
use utoipa::IntoParams;

/// Whose reads, and when.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::admin) struct Whose {
    /// The user's address
    user: String,
    /// Not before this, RFC 3339
    from: String,
    /// Before this, RFC 3339
    until: String,
    /// Only records after this position are shown
    #[serde(default)]
    #[param(required = false)]
    after: u64,
    /// Most records that are shown [default: 100]
    #[serde(default = "hundred")]
    #[param(required = false)]
    limit: u32,
}

const fn hundred() -> u32 {
    100
}

fn reading(user: &str, from: &str, until: &str) -> Answer<Reading> {
    Ok(Reading {
        user: address(user)?,
        from: moment("from", from)?,
        until: moment("until", until)?,
    })
}

/// Tells everything that one user could have read between two moments: what came while he was in rooms, and what he was
/// shown of their history. That it was asked is recorded.
///
/// Answers with lines of JSON: `{"done", "of"}` while it goes on, at last `{"result"}` or `{"error"}`.
#[utoipa::path(get, path = "/v1/compliance/reads", params(Whose), responses(
    (status = 200, body = FoundRecords, content_type = "application/x-ndjson", description = "What it is, and a page of it"),
    (status = 422, body = ErrorBody, description = "The address or a time isn't understood"),
))]
pub(in crate::admin) async fn reads(at: At, Queried(whose): Queried<Whose>) -> Answer<Response> {
    let reading = reading(&whose.user, &whose.from, &whose.until)?;
    let page = Page {
        after: whose.after,
        count: whose.limit,
    };
    told(|progress| async move {
        let (service, officer) = (&at.service, &at.officer);
        let reads = service.reads(officer, &reading, page, &*progress).await?;
        read(service, reads).await
    })
    .await
}

/// Exports everything that one user could have read between two moments. With `what_if` it is only counted.
///
/// Answers with lines of JSON: `{"done", "of"}` while it goes on, at last `{"result"}` or `{"error"}`.
#[utoipa::path(post, path = "/v1/compliance/reads/export", request_body = ReadsExport,
    responses((status = 200, body = Exported, content_type = "application/x-ndjson", description = "What was exported")))]
pub(in crate::admin) async fn export(at: At, Body(to): Body<ReadsExport>) -> Answer<Response> {
    let reading = reading(&to.user, &to.from, &to.until)?;
    let request = ExportRequest {
        directory: to.directory,
        zip: to.zip,
        format: word("format", &to.format)?,
    };
    told(|progress| async move {
        let (service, officer) = (&at.service, &at.officer);
        let outcome = service.export_reads(officer, &reading, &request, at.what_if, &*progress);
        Ok(exported(outcome.await?))
    })
    .await
}
