//! Matters: what an investigation is about.

use super::{
    desk::At,
    found::{exported, found},
    names::{Listed, Names, time},
    progress::told,
};
use crate::admin::{
    change::Made,
    error::Answer,
    input::{Body, Named, word},
    wire::{Changes, ErrorBody, ExportTo, Exported, FoundRecords, MatterSearch, NewMatter},
};
use axum::{Json, response::Response};
use causerie_compliance::{ExportRequest, MatterRequest, Page, documents::Matter};
use std::collections::BTreeMap;

fn request(new: NewMatter) -> Answer<MatterRequest> {
    Ok(MatterRequest {
        from: time("from", new.from.as_ref())?,
        until: time("until", new.until.as_ref())?,
        name: new.name,
        custodians: new.custodians,
        rooms: new.rooms,
        words: new.words,
    })
}

/// Lists all matters.
#[utoipa::path(get, path = "/v1/compliance/matters",
    responses((status = 200, body = BTreeMap<String, Object>, description = "By id: as opened, with `closed`, `openedBy` and `openedAt`; rooms by their rows, whose names are in `roomNames`")))]
pub(in crate::admin) async fn all(at: At) -> Answer<Json<BTreeMap<String, Listed<Matter>>>> {
    let names = Names::of(&at.service).await?;
    let listed = at.service.matters().await?.into_iter().map(|(id, matter)| {
        let rooms = matter.rooms.clone();
        (id, Listed::new(&names, matter, &rooms, None))
    });
    Ok(Json(listed.collect()))
}

/// Opens a matter.
#[utoipa::path(post, path = "/v1/compliance/matters", request_body = NewMatter, responses(
    (status = 200, body = Changes, description = "It is open; its id is the target of the change. `warnings` if no record tells of a custodian"),
    (status = 404, body = ErrorBody, description = "No record tells of a room that it names"),
))]
pub(in crate::admin) async fn open(at: At, Body(new): Body<NewMatter>) -> Answer<Response> {
    let change = at
        .service
        .open_matter(&at.officer, &request(new)?, at.what_if)
        .await?;
    Ok(Made::by_officer(at.what_if, change).done())
}

/// Has a matter be about something else. What is left out doesn't matter from then on.
#[utoipa::path(put, path = "/v1/compliance/matters/{id}",
    params(("id" = String, Path, description = "The matter's id")),
    request_body = NewMatter,
    responses((status = 200, body = Changes, description = "It is so")))]
pub(in crate::admin) async fn change(
    at: At,
    Named(id): Named<String>,
    Body(new): Body<NewMatter>,
) -> Answer<Response> {
    let request = request(new)?;
    let changed = at.service.change_matter(&at.officer, &id, &request, at.what_if);
    Ok(Made::by_officer(at.what_if, changed.await?).done())
}

/// Closes a matter. Nothing is searched or exported for it any more.
#[utoipa::path(post, path = "/v1/compliance/matters/{id}/close",
    params(("id" = String, Path, description = "The matter's id")),
    responses((status = 200, body = Changes, description = "It is closed")))]
pub(in crate::admin) async fn close(at: At, Named(id): Named<String>) -> Answer<Response> {
    let change = at.service.close_matter(&at.officer, &id, at.what_if).await?;
    Ok(Made::by_officer(at.what_if, change).done())
}

/// Searches what a matter is about. What was asked and how much was seen is recorded.
///
/// Answers with lines of JSON: `{"done", "of"}` while it goes on, at last `{"result"}` or `{"error"}`.
#[utoipa::path(post, path = "/v1/compliance/matters/{id}/search",
    params(("id" = String, Path, description = "The matter's id")),
    request_body = MatterSearch,
    responses((status = 200, body = FoundRecords, content_type = "application/x-ndjson", description = "What is found, and a page of it")))]
pub(in crate::admin) async fn search(
    at: At,
    Named(id): Named<String>,
    Body(asked): Body<MatterSearch>,
) -> Answer<Response> {
    let page = Page {
        after: asked.after,
        count: asked.limit,
    };
    told(|progress| async move {
        let (service, officer) = (&at.service, &at.officer);
        let all = service.search_matter(officer, &id, page, &*progress).await?;
        found(service, &all).await
    })
    .await
}

/// Exports all that a matter is about. With `what_if` it is only counted.
///
/// Answers with lines of JSON: `{"done", "of"}` while it goes on, at last `{"result"}` or `{"error"}`.
#[utoipa::path(post, path = "/v1/compliance/matters/{id}/export",
    params(("id" = String, Path, description = "The matter's id")),
    request_body = ExportTo,
    responses((status = 200, body = Exported, content_type = "application/x-ndjson", description = "What was exported")))]
pub(in crate::admin) async fn export(
    at: At,
    Named(id): Named<String>,
    Body(to): Body<ExportTo>,
) -> Answer<Response> {
    let request = ExportRequest {
        directory: to.directory,
        zip: to.zip,
        format: word("format", &to.format)?,
    };
    told(|progress| async move {
        let (service, officer) = (&at.service, &at.officer);
        let outcome = service.export_matter(officer, &id, &request, at.what_if, &*progress);
        Ok(exported(outcome.await?))
    })
    .await
}
