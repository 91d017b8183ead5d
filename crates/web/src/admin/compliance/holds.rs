//! Legal holds.

use super::{
    desk::At,
    names::{Listed, Names, time},
};
use crate::admin::{
    change::Made,
    error::Answer,
    input::{Body, Named},
    wire::{Changes, ErrorBody, NewHold},
};
use axum::{Json, response::Response};
use causerie_compliance::{HoldRequest, documents::Hold};
use std::collections::BTreeMap;

/// Lists all holds.
#[utoipa::path(get, path = "/v1/compliance/holds",
    responses((status = 200, body = BTreeMap<String, Object>, description = "By id: as placed, with `placedBy` and `placedAt`; rooms by their rows, whose names are in `roomNames`; `matterName` if it is for a matter")))]
pub(in crate::admin) async fn all(at: At) -> Answer<Json<BTreeMap<String, Listed<Hold>>>> {
    let names = Names::of(&at.service).await?;
    let matters = at.service.matters().await?;
    let listed = at.service.holds().await?.into_iter().map(|(id, hold)| {
        let matter = hold.matter.as_ref().and_then(|matter| matters.get(matter));
        let (rooms, matter) = (hold.rooms.clone(), matter.map(|matter| matter.name.clone()));
        (id, Listed::new(&names, hold, &rooms, matter))
    });
    Ok(Json(listed.collect()))
}

/// Places a hold. What it covers isn't destroyed.
#[utoipa::path(post, path = "/v1/compliance/holds", request_body = NewHold, responses(
    (status = 200, body = Changes, description = "It is placed; its id is the target of the change. `warnings` if no record tells of somebody"),
    (status = 422, body = ErrorBody, description = "It covers nothing or everything, or has no reason"),
))]
pub(in crate::admin) async fn place(at: At, Body(new): Body<NewHold>) -> Answer<Response> {
    let hold = HoldRequest {
        matter: new.matter,
        reason: new.reason,
        people: new.people,
        rooms: new.rooms,
        from: time("from", new.from.as_ref())?,
        until: time("until", new.until.as_ref())?,
    };
    let change = at.service.place_hold(&at.officer, &hold, at.what_if).await?;
    Ok(Made::by_officer(at.what_if, change).done())
}

/// Lifts a hold. From then on what it covered may be destroyed.
#[utoipa::path(delete, path = "/v1/compliance/holds/{id}",
    params(("id" = String, Path, description = "The hold's id")),
    responses((status = 200, body = Changes, description = "It is lifted")))]
pub(in crate::admin) async fn lift(at: At, Named(id): Named<String>) -> Answer<Response> {
    let change = at.service.lift_hold(&at.officer, &id, at.what_if).await?;
    Ok(Made::by_officer(at.what_if, change).done())
}
