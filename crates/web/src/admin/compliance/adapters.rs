//! Adapters.

use super::{
    desk::At,
    progress::{Progress, told},
};
use crate::admin::{
    change::Made,
    error::{Answer, ApiError},
    input::{Body, Named, word},
    wire::{AdapterSettings, Change, Changes, ErrorBody},
};
use axum::{Json, response::Response};
use causerie_compliance::documents::Adapter;
use std::collections::BTreeMap;

/// From where an adapter goes on, told with the change.
const GOES_ON: &str = "adapter.goes-on";

/// What is said of an adapter that has exported nothing.
const BEGINS: &str = "begins with the first record";

fn goes_on(target: String, after: String) -> Change {
    Change {
        what: GOES_ON.to_owned(),
        target,
        before: String::new(),
        after,
    }
}

/// Lists all adapters.
#[utoipa::path(get, path = "/v1/compliance/adapters",
    responses((status = 200, body = BTreeMap<String, AdapterSettings>, description = "By name")))]
pub(in crate::admin) async fn all(at: At) -> Answer<Json<BTreeMap<String, Adapter>>> {
    Ok(Json(at.service.adapters().await?))
}

/// Sets up an adapter, or changes it. One that is made exports all records from the first; one of a name that was removed
/// goes on where that ended. From where is told as a change `adapter.goes-on`.
#[utoipa::path(put, path = "/v1/compliance/adapters/{name}",
    params(("name" = String, Path, description = "The adapter's name: a-z, 0-9 and -")),
    request_body = AdapterSettings,
    responses(
        (status = 200, body = Changes, description = "It is set"),
        (status = 422, body = ErrorBody, description = "It can't be so, or nothing can be put into its directory"),
    ))]
pub(in crate::admin) async fn set(
    at: At,
    Named(name): Named<String>,
    Body(set): Body<AdapterSettings>,
) -> Answer<Response> {
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
    let goes_on = goes_on(
        name,
        if after == 0 {
            BEGINS.to_owned()
        } else {
            format!("goes on after position {after}")
        },
    );
    Ok(Made::by_officer(at.what_if, change).with(Some(goes_on)).done())
}

/// Removes an adapter. What it exported stays; what it didn't is no longer kept for its sake. Set again it goes on where it
/// ended.
#[utoipa::path(delete, path = "/v1/compliance/adapters/{name}",
    params(("name" = String, Path, description = "The adapter's name")),
    responses((status = 200, body = Changes, description = "It is gone")))]
pub(in crate::admin) async fn remove(at: At, Named(name): Named<String>) -> Answer<Response> {
    let after = at.service.adapter_goes_on_after(&name).await?;
    let change = at.service.remove_adapter(&at.officer, &name, at.what_if).await?;
    let text = format!("goes on after position {after} if it is set again");
    let goes_on = (after > 0).then(|| goes_on(name, text));
    Ok(Made::by_officer(at.what_if, change).with(goes_on).done())
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
