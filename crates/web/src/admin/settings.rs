//! Settings of servers.

use super::{
    AdminState,
    change::Asked,
    error::{Answer, ApiError},
    input::{Body, Named, scope},
    wire::{ChangeSettings, Changes, EffectiveSettings, Outcome, Settings},
};
use axum::{Json, extract::State, response::Response};
use causerie_chat::{Action, ConfigurationChange};
use causerie_model::{Configuration, Scope};

fn bare(configuration: &Configuration) -> Settings {
    Settings {
        scope: configuration.scope.to_string(),
        default_chat_history: configuration.default_chat_history,
        max_file_kb: configuration.max_file_kb,
        participant_update_limit: configuration.participant_update_limit,
        room_management_url: configuration.room_management_url.clone(),
    }
}

fn shown(state: &AdminState, scope: &Scope) -> Answer<Settings> {
    let catalogue = state.chat.catalogue();
    let found = catalogue.configuration(scope).map(bare);
    // There always are global ones, even if they say nothing.
    let empty = (*scope == Scope::Global).then(|| bare(&Configuration::empty(Scope::Global)));
    found
        .or(empty)
        .ok_or_else(|| ApiError::not_found("settings for", &scope.to_string()))
}

/// Lists the settings of all scopes that have any.
#[utoipa::path(get, path = "/v1/settings",
    responses((status = 200, body = [Settings], description = "The global ones, those of sites, those of servers")))]
pub(super) async fn all(State(state): State<AdminState>) -> Json<Vec<Settings>> {
    Json(state.chat.catalogue().configurations().map(bare).collect())
}

/// Shows the settings that hold for this server.
#[utoipa::path(get, path = "/v1/settings/effective",
    responses((status = 200, body = EffectiveSettings, description = "Each as the nearest scope says")))]
pub(super) async fn effective(State(state): State<AdminState>) -> Json<EffectiveSettings> {
    let effective = state.chat.effective();
    let own = state.chat.settings();
    Json(EffectiveSettings {
        site: own.site.clone(),
        service: own.service.clone(),
        default_chat_history: effective.default_chat_history,
        max_file_kb: effective.max_file_kb,
        participant_update_limit: effective.participant_update_limit,
        room_management_url: effective.room_management_url,
    })
}

/// Shows the settings of one scope.
#[utoipa::path(get, path = "/v1/settings/{scope}",
    params(("scope" = String, Path, description = "`global`, `site:NAME`, or `service:NAME`")),
    responses((status = 200, body = Settings, description = "The settings")))]
pub(super) async fn one(
    State(state): State<AdminState>,
    Named(name): Named<String>,
) -> Answer<Json<Settings>> {
    shown(&state, &scope(&name)?).map(Json)
}

/// Makes or changes the settings of a scope. They hold at once.
#[utoipa::path(patch, path = "/v1/settings/{scope}",
    params(("scope" = String, Path, description = "`global`, `site:NAME`, or `service:NAME`")),
    request_body = ChangeSettings,
    responses((status = 200, body = Outcome<Settings>, description = "The settings as they are now")))]
pub(super) async fn change(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
    Body(change): Body<ChangeSettings>,
) -> Answer<Response> {
    let scope = scope(&name)?;
    let action = Action::SetConfiguration {
        scope: scope.clone(),
        change: ConfigurationChange {
            default_chat_history: change.default_chat_history,
            max_file_kb: change.max_file_kb,
            participant_update_limit: change.participant_update_limit,
            room_management_url: change.room_management_url,
        },
    };
    let made = asked.act(&state, vec![action]).await?;
    made.changed(async { shown(&state, &scope) }).await
}

/// Removes the settings of a scope: the next wider one decides.
#[utoipa::path(delete, path = "/v1/settings/{scope}",
    params(("scope" = String, Path, description = "`global`, `site:NAME`, or `service:NAME`")),
    responses((status = 200, body = Changes, description = "They are gone")))]
pub(super) async fn remove(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
) -> Answer<Response> {
    let scope = scope(&name)?;
    let made = asked
        .act(&state, vec![Action::RemoveConfiguration { scope }])
        .await?;
    Ok(made.done())
}
