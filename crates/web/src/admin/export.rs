//! Export of what an import reads.

use super::{
    AdminState,
    beside::beside,
    error::{Answer, ApiError},
    guard::refused,
    input::Queried,
    lists::{holders, names},
    origin::Origin,
    wire::{
        IMPORT_KINDS, Import, ImportAddin, ImportBarrier, ImportCategory, ImportGroup, ImportPolicy,
        ImportRoom, ImportUser,
    },
};
use axum::{Json, extract::State};
use causerie_model::{Catalogue, GroupKind, Node, Role};
use causerie_policy::{AdminAct, decide_admin};
use serde::Deserialize;
use utoipa::IntoParams;

/// What to export.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Kinds with commas between them: `policies`, `groups`, `users`, `addins`, `categories`, `rooms`, `barriers`. All
    /// that who asks may read, if left out
    kind: Option<String>,
}

/// Exports users, groups, categories, rooms and what belongs to them, as an import reads it. Passwords and messages are not
/// in it. Those who may read users only may export users and groups.
#[utoipa::path(get, path = "/v1/export",
    params(Wanted),
    responses((status = 200, body = Import, description = "All of the kinds that are asked for")))]
pub(super) async fn export(
    State(state): State<AdminState>,
    origin: Origin,
    Queried(wanted): Queried<Wanted>,
) -> Answer<Json<Import>> {
    let verdict = decide_admin(origin.role(), AdminAct::ReadRooms);
    let readable = |kind: &&str| verdict.allowed || ["users", "groups"].contains(kind);
    let kinds: Vec<String> = match &wanted.kind {
        Some(kinds) => kinds.split(',').map(|kind| kind.trim().to_owned()).collect(),
        None => {
            let all = IMPORT_KINDS.into_iter().filter(readable);
            all.map(str::to_owned).collect()
        }
    };
    if let Some(unknown) = kinds.iter().find(|kind| !IMPORT_KINDS.contains(&kind.as_str())) {
        let known = IMPORT_KINDS.join(", ");
        return Err(ApiError::invalid(format!("kind: '{unknown}' is none of {known}")));
    }
    if !kinds.iter().all(|kind| readable(&kind.as_str())) {
        return Err(refused(
            Some(&state.chat),
            &origin,
            AdminAct::ReadRooms,
            verdict.rule,
        ));
    }
    beside(move || Ok(written(&state, &kinds))).await.map(Json)
}

fn written(state: &AdminState, kinds: &[String]) -> Import {
    let catalogue = state.chat.catalogue();
    let mut document = Import::default();
    for kind in kinds {
        match kind.as_str() {
            "policies" => document.policies = policies(&catalogue),
            "groups" => document.groups = groups(&catalogue),
            "users" => document.users = users(&catalogue),
            "addins" => document.addins = addins(&catalogue),
            "categories" => document.categories = categories(&catalogue),
            "rooms" => document.rooms = rooms(&catalogue),
            _ => document.barriers = barriers(&catalogue),
        }
    }
    document
}

fn policies(catalogue: &Catalogue) -> Vec<ImportPolicy> {
    let all = catalogue.policies().map(|policy| ImportPolicy {
        scope: policy.scope.to_string(),
        enabled: Some(policy.enable_persistent_chat),
        description: Some(policy.description.clone()),
    });
    all.collect()
}

/// Users are in their groups on their own side, if they are exported; a group's list has all of them.
fn groups(catalogue: &Catalogue) -> Vec<ImportGroup> {
    let mut all: Vec<ImportGroup> = catalogue
        .groups()
        .map(|group| {
            let put = catalogue
                .group_members(group.id)
                .filter(|id| group.kind != GroupKind::Domain || catalogue.user(*id).is_none());
            ImportGroup {
                name: group.name.clone(),
                kind: Some(group.kind.to_string()),
                members: Some(names(catalogue, put)),
            }
        })
        .collect();
    all.sort_by_cached_key(|group| group.name.to_lowercase());
    all
}

fn users(catalogue: &Catalogue) -> Vec<ImportUser> {
    let mut all: Vec<ImportUser> = catalogue
        .users()
        .map(|user| {
            let groups = catalogue.groups_of(user.id).filter(|id| {
                let group = catalogue.group(*id);
                group.is_some_and(|group| group.kind != GroupKind::Domain)
            });
            ImportUser {
                address: user.address.to_string(),
                name: Some(user.display_name.clone()),
                enabled: Some(user.enabled),
                policy: Some(user.policy.clone().unwrap_or_default()),
                site: Some(user.site.clone().unwrap_or_default()),
                groups: Some(names(catalogue, groups)),
                password: None,
            }
        })
        .collect();
    all.sort_by(|one, other| one.address.cmp(&other.address));
    all
}

fn addins(catalogue: &Catalogue) -> Vec<ImportAddin> {
    let mut all: Vec<ImportAddin> = catalogue
        .addins()
        .map(|addin| ImportAddin {
            name: addin.name.clone(),
            url: addin.url.clone(),
        })
        .collect();
    all.sort_by_cached_key(|addin| addin.name.to_lowercase());
    all
}

fn categories(catalogue: &Catalogue) -> Vec<ImportCategory> {
    let mut all: Vec<ImportCategory> = catalogue
        .categories()
        .map(|category| {
            let list = |role| Some(holders(catalogue, Node::Category(category.id), role));
            ImportCategory {
                name: category.name.clone(),
                description: Some(category.description.clone()),
                invitations: Some(category.invitations),
                file_upload: Some(category.file_upload),
                history: Some(category.history),
                compliance: Some(category.compliance.to_string()),
                allowed: list(Role::Allowed),
                denied: list(Role::Denied),
                creators: list(Role::Creator),
            }
        })
        .collect();
    all.sort_by_cached_key(|category| category.name.to_lowercase());
    all
}

fn rooms(catalogue: &Catalogue) -> Vec<ImportRoom> {
    let mut all: Vec<ImportRoom> = catalogue
        .rooms()
        .map(|room| {
            let list = |role| Some(holders(catalogue, Node::Room(room.id), role));
            let category = catalogue.category(room.category);
            let addin = room.addin.and_then(|id| catalogue.addin(id));
            ImportRoom {
                name: room.name.clone(),
                category: category.map(|found| found.name.clone()),
                description: Some(room.description.clone()),
                room_type: Some(room.room_type.to_string()),
                privacy: Some(room.privacy.to_string()),
                invitations: Some(room.invitations.to_string()),
                disabled: Some(room.disabled),
                addin: Some(addin.map_or_else(String::new, |found| found.name.clone())),
                members: list(Role::Member),
                managers: list(Role::Manager),
                presenters: list(Role::Presenter),
            }
        })
        .collect();
    all.sort_by_cached_key(|room| room.name.to_lowercase());
    all
}

fn barriers(catalogue: &Catalogue) -> Vec<ImportBarrier> {
    let mut all: Vec<ImportBarrier> = catalogue
        .barriers()
        .map(|barrier| ImportBarrier {
            name: barrier.name.clone(),
            sides: barrier
                .sides
                .map(|id| catalogue.principal_name(id).unwrap_or_default()),
        })
        .collect();
    all.sort_by_cached_key(|barrier| barrier.name.to_lowercase());
    all
}
