//! Categories.

use super::{
    AdminState,
    change::Asked,
    error::{Answer, ApiError},
    input::{Body, Named, optional_word},
    lists::holders,
    version::{IfMatch, audit, tagged},
    wire::{Category, CategoryLists, ChangeCategory, Changes, ErrorBody, NewCategory, Outcome},
};
use axum::{Json, extract::State, response::Response};
use causerie_chat::{Action, CategoryChange};
use causerie_model::{Catalogue, Node, Role};

fn bare(catalogue: &Catalogue, category: &causerie_model::Category) -> Category {
    Category {
        name: category.name.clone(),
        guid: category.guid.to_string(),
        description: category.description.clone(),
        invitations: category.invitations,
        file_upload: category.file_upload,
        history: category.history,
        compliance: category.compliance.to_string(),
        room_count: catalogue
            .rooms()
            .filter(|room| room.category == category.id)
            .count(),
        audit: audit(&category.audit),
        lists: None,
    }
}

fn shown(state: &AdminState, name: &str) -> Answer<Category> {
    let catalogue = state.chat.catalogue();
    let category = catalogue
        .category_by_name(name)
        .ok_or_else(|| ApiError::not_found("category", name))?;
    let node = Node::Category(category.id);
    let lists = CategoryLists {
        allowed: holders(&catalogue, node, Role::Allowed),
        denied: holders(&catalogue, node, Role::Denied),
        creators: holders(&catalogue, node, Role::Creator),
    };
    Ok(Category {
        lists: Some(lists),
        ..bare(&catalogue, category)
    })
}

/// Lists all categories.
#[utoipa::path(get, path = "/v1/categories",
    responses((status = 200, body = [Category], description = "By name")))]
pub(super) async fn all(State(state): State<AdminState>) -> Json<Vec<Category>> {
    let catalogue = state.chat.catalogue();
    let mut categories: Vec<Category> = catalogue
        .categories()
        .map(|category| bare(&catalogue, category))
        .collect();
    categories.sort_by_cached_key(|category| category.name.to_lowercase());
    Json(categories)
}

/// Shows one category with its lists.
#[utoipa::path(get, path = "/v1/categories/{name}",
    params(("name" = String, Path, description = "The category's name")),
    responses((status = 200, body = Category, description = "The category; its version is its ETag too")))]
pub(super) async fn one(State(state): State<AdminState>, Named(name): Named<String>) -> Answer<Response> {
    shown(&state, &name).map(|category| tagged(category.audit.version, &category))
}

/// Adds a category, with empty lists: nobody is allowed in it.
#[utoipa::path(post, path = "/v1/categories",
    request_body = NewCategory,
    responses((status = 201, body = Outcome<Category>, description = "The category"), (status = 409, body = ErrorBody, description = "The name is taken")))]
pub(super) async fn add(
    State(state): State<AdminState>,
    asked: Asked,
    Body(new): Body<NewCategory>,
) -> Answer<Response> {
    let name = new.name.trim().to_owned();
    let action = Action::AddCategory(causerie_chat::NewCategory {
        compliance: optional_word("compliance", new.compliance.as_ref())?.unwrap_or_default(),
        name: new.name,
        description: new.description,
        invitations: new.invitations,
        file_upload: new.file_upload,
        history: new.history,
    });
    let made = asked.act(&state, vec![action]).await?;
    made.created(async { shown(&state, &name) }).await
}

/// Changes a category.
///
/// It is refused if the version, in the body or as `If-Match`, is no longer that of the category.
#[utoipa::path(patch, path = "/v1/categories/{name}",
    params(("name" = String, Path, description = "The category's name")),
    request_body = ChangeCategory,
    responses((status = 200, body = Outcome<Category>, description = "The category as it is now"), (status = 412, body = ErrorBody, description = "Somebody else changed it meanwhile"), (status = 409, body = ErrorBody, description = "The name is taken")))]
pub(super) async fn change(
    State(state): State<AdminState>,
    asked: Asked,
    IfMatch(seen): IfMatch,
    Named(name): Named<String>,
    Body(change): Body<ChangeCategory>,
) -> Answer<Response> {
    let now = change.name.clone().unwrap_or_else(|| name.clone());
    let change = CategoryChange {
        seen: change.version.or(seen),
        compliance: optional_word("compliance", change.compliance.as_ref())?,
        name: change.name,
        description: change.description,
        invitations: change.invitations,
        file_upload: change.file_upload,
        history: change.history,
    };
    let action = Action::ChangeCategory { name, change };
    let made = asked.act(&state, vec![action]).await?;
    made.changed(async { shown(&state, now.trim()) }).await
}

/// Removes a category without rooms.
#[utoipa::path(delete, path = "/v1/categories/{name}",
    params(("name" = String, Path, description = "The category's name")),
    responses((status = 200, body = Changes, description = "It is gone")))]
pub(super) async fn remove(
    State(state): State<AdminState>,
    asked: Asked,
    Named(name): Named<String>,
) -> Answer<Response> {
    let made = asked.act(&state, vec![Action::RemoveCategory { name }]).await?;
    Ok(made.done())
}
