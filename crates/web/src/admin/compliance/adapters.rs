//! Adapters.

use super::{
    desk::At,
    progress::{Progress, told},
};
use crate::admin::{
    change::Made,
    error::{Answer, ApiError},
    input::{Body, Named, word},
    wire::{AdapterChanges, AdapterSettings, ErrorBody},
};
use axum::{Json, response::Response};
use causerie_compliance::{Change, documents::Adapter};
use std::collections::BTreeMap;

/// Answers a change of an adapter.
fn answer(what_if: bool, change: Change, goes_on_after: u64) -> Answer<Json<AdapterChanges>> {
    Ok(Json(AdapterChanges {
        changes: Made::by_officer(what_if, change).into_changes(),
        goes_on_after,
        what_if,
    }))
}

/// Lists all adapters.
#[utoipa::path(get, path = "/v1/compliance/adapters",
    responses((status = 200, body = BTreeMap<String, AdapterSettings>, description = "By name")))]
pub(in crate::admin) async fn all(at: At) -> Answer<Json<BTreeMap<String, Adapter>>> {
    Ok(Json(at.service.adapters().await?))
}

/// Sets up an adapter, or changes it. One that is made exports all records from the first; one of a name that was removed
/// goes on where that ended.
#[utoipa::path(put, path = "/v1/compliance/adapters/{name}",
    params(("name" = String, Path, description = "The adapter's name: a-z, 0-9 and -")),
    request_body = AdapterSettings,
    responses(
        (status = 200, body = AdapterChanges, description = "It is set"),
        (status = 422, body = ErrorBody, description = "It can't be so, or nothing can be put into its directory"),
    ))]
pub(in crate::admin) async fn set(
    at: At,
    Named(name): Named<String>,
    Body(set): Body<AdapterSettings>,
) -> Answer<Json<AdapterChanges>> {
    let adapter = Adapter {
        add_chat_room_details: set.add_chat_room_details,
        add_user_details: set.add_user_details,
        create_file_attachments_manifest: set.create_file_attachments_manifest,
        directory: set.directory,
        enabled: set.enabled,
        extension: set.extension.filter(|extension| !extension.is_empty()),
        format: word("format", &set.format)?,
        interval: set.interval,
        one_chat_room_per_output_file: set.one_chat_room_per_output_file,
        xslt: set.xslt,
        zip: set.zip,
    };
    let (service, officer) = (&at.service, &at.officer);
    let (change, after) = if set.from_start {
        let change = service.restart_adapter(officer, &name, &adapter, at.what_if);
        (change.await?, 0)
    } else {
        let change = service.set_adapter(officer, &name, &adapter, at.what_if);
        (change.await?, service.adapter_goes_on_after(&name).await?)
    };
    answer(at.what_if, change, after)
}

/// Removes an adapter. What it exported stays; what it didn't is no longer kept for its sake. Set again it goes on where it
/// ended.
#[utoipa::path(delete, path = "/v1/compliance/adapters/{name}",
    params(("name" = String, Path, description = "The adapter's name")),
    responses((status = 200, body = AdapterChanges, description = "It is gone")))]
pub(in crate::admin) async fn remove(at: At, Named(name): Named<String>) -> Answer<Json<AdapterChanges>> {
    let after = at.service.adapter_goes_on_after(&name).await?;
    let change = at.service.remove_adapter(&at.officer, &name, at.what_if).await?;
    answer(at.what_if, change, after)
}

/// Exports what an adapter hasn't exported.
///
/// Answers with lines of JSON: `{"done", "of"}` while it goes on, at last `{"result"}` or `{"error"}`.
#[utoipa::path(post, path = "/v1/compliance/adapters/{name}/run",
    params(("name" = String, Path, description = "The adapter's name")),
    responses(
        (status = 200, body = Object, content_type = "application/x-ndjson", description = "What was exported"),
        (status = 503, body = ErrorBody, description = "It couldn't be delivered"),
    ))]
pub(in crate::admin) async fn run(at: At, Named(name): Named<String>) -> Answer<Response> {
    if at.what_if {
        return Err(ApiError::invalid(
            "what_if: a run can't be tried; the status tells what isn't exported",
        ));
    }
    told(
        |progress: Progress| async move { Ok(at.service.run_adapter(&at.officer, &name, &*progress).await?) },
    )
    .await
}
