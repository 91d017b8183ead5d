//! Every route with its act. There is no other way to add one, so none goes unguarded or undescribed.

use super::{
    AdminState, addins, barriers, categories, certificates, compliance, document::Base, endpoints, explain,
    export, find_rooms, groups, guard::allow, import, lists, messages, policies, registrations, rooms,
    settings, status, tokens, users,
};
use axum::http::header::CONTENT_TYPE;
use causerie_policy::AdminAct as Act;
use std::sync::LazyLock;
use utoipa::OpenApi as _;
use utoipa_axum::{router::OpenApiRouter, routes};

/// All routes, and the description that comes from them.
pub(super) fn routes() -> OpenApiRouter<AdminState> {
    OpenApiRouter::with_openapi(Base::openapi())
        .routes(allow(Act::ReadUsers, routes!(users::all)))
        .routes(allow(Act::ReadUsers, routes!(users::one)))
        .routes(allow(Act::ChangeUsers, routes!(users::add)))
        .routes(allow(Act::ChangeUsers, routes!(users::change)))
        .routes(allow(Act::ChangeUsers, routes!(users::remove)))
        .routes(allow(Act::ChangeUsers, routes!(users::set_password)))
        .routes(allow(Act::ChangeUsers, routes!(users::sign_out)))
        .routes(allow(Act::ReadUsers, routes!(groups::all)))
        .routes(allow(Act::ReadUsers, routes!(groups::one)))
        .routes(allow(Act::ReadUsers, routes!(groups::members)))
        .routes(allow(Act::ChangeUsers, routes!(groups::add)))
        .routes(allow(Act::ChangeUsers, routes!(groups::change)))
        .routes(allow(Act::ChangeUsers, routes!(groups::remove)))
        .routes(allow(Act::ChangeUsers, routes!(groups::add_member)))
        .routes(allow(Act::ChangeUsers, routes!(groups::remove_member)))
        .routes(allow(Act::ReadRooms, routes!(categories::all)))
        .routes(allow(Act::ReadRooms, routes!(categories::one)))
        .routes(allow(Act::ChangeRooms, routes!(categories::add)))
        .routes(allow(Act::ChangeRooms, routes!(categories::change)))
        .routes(allow(Act::ChangeRooms, routes!(categories::remove)))
        .routes(allow(Act::ReadRooms, routes!(find_rooms::all)))
        .routes(allow(Act::ReadRooms, routes!(rooms::one)))
        .routes(allow(Act::ChangeRooms, routes!(rooms::add)))
        .routes(allow(Act::ChangeRooms, routes!(rooms::change)))
        .routes(allow(Act::ChangeRooms, routes!(rooms::remove)))
        .routes(allow(Act::ChangeMessages, routes!(messages::remove_messages)))
        .routes(allow(Act::ChangeMessages, routes!(messages::replace_messages)))
        .routes(allow(Act::ChangeMessages, routes!(messages::clear)))
        .routes(allow(Act::ReadRooms, routes!(explain::explain)))
        .routes(allow(Act::ReadRooms, routes!(explain::eligible)))
        .routes(import::large(allow(Act::ChangeUsers, routes!(import::import))))
        .routes(allow(Act::ReadUsers, routes!(export::export)))
        .routes(allow(Act::ReadRooms, routes!(lists::all)))
        .routes(allow(Act::ChangeRooms, routes!(lists::add)))
        .routes(allow(Act::ChangeRooms, routes!(lists::remove)))
        .routes(allow(Act::ReadRooms, routes!(barriers::all)))
        .routes(allow(Act::ReadRooms, routes!(barriers::one)))
        .routes(allow(Act::ChangeRooms, routes!(barriers::add)))
        .routes(allow(Act::ChangeRooms, routes!(barriers::remove)))
        .routes(allow(Act::ReadRooms, routes!(addins::all)))
        .routes(allow(Act::ReadRooms, routes!(addins::one)))
        .routes(allow(Act::ChangeRooms, routes!(addins::add)))
        .routes(allow(Act::ChangeRooms, routes!(addins::change)))
        .routes(allow(Act::ChangeRooms, routes!(addins::remove)))
        .routes(allow(Act::ReadSettings, routes!(policies::all)))
        .routes(allow(Act::ReadSettings, routes!(policies::one)))
        .routes(allow(Act::ChangeSettings, routes!(policies::change)))
        .routes(allow(Act::ChangeSettings, routes!(policies::remove)))
        .routes(allow(Act::ReadSettings, routes!(settings::all)))
        .routes(allow(Act::ReadSettings, routes!(settings::effective)))
        .routes(allow(Act::ReadSettings, routes!(settings::one)))
        .routes(allow(Act::ChangeSettings, routes!(settings::change)))
        .routes(allow(Act::ChangeSettings, routes!(settings::remove)))
        .routes(allow(Act::ReadSettings, routes!(endpoints::all)))
        .routes(allow(Act::ChangeSettings, routes!(endpoints::add)))
        .routes(allow(Act::ChangeSettings, routes!(endpoints::remove)))
        .routes(allow(Act::ReadUsers, routes!(registrations::all)))
        .routes(allow(Act::ReadStatus, routes!(certificates::all)))
        .routes(allow(Act::ChangeSettings, routes!(certificates::reload)))
        .routes(allow(Act::ReadSettings, routes!(tokens::all)))
        .routes(allow(Act::ManageTokens, routes!(tokens::add)))
        .routes(allow(Act::ManageTokens, routes!(tokens::remove)))
        .routes(allow(Act::ReadStatus, routes!(status::status)))
        .routes(allow(Act::ReadStatus, routes!(description)))
        .merge(compliance::routes())
}

/// The description of the API as JSON, OpenAPI 3.1.
#[must_use]
pub fn openapi() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let document = routes().into_openapi();
        // Made of texts and numbers only: nothing in it can't be JSON.
        document.to_pretty_json().unwrap_or_default() + "\n"
    });
    &TEXT
}

/// Describes this API, as OpenAPI 3.1.
#[utoipa::path(get, path = "/v1/openapi.json",
    responses((status = 200, body = Object, content_type = "application/json", description = "This document")))]
async fn description() -> ([(axum::http::HeaderName, &'static str); 1], &'static str) {
    ([(CONTENT_TYPE, "application/json")], openapi())
}
