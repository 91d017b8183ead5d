//! Categories.

use super::{ActionError, Context, Plan, clean_description, clean_name, fresh, uri};
use causerie_model::{Category, ChainId, Change, ComplianceMode};

/// What a new category is made of.
#[derive(Clone, Debug)]
pub struct NewCategory {
    /// Its name, unique.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Rooms may send invitations.
    pub invitations: bool,
    /// Rooms take files.
    pub file_upload: bool,
    /// Rooms keep their messages.
    pub history: bool,
    /// Whether rooms take messages while compliance is behind.
    pub compliance: ComplianceMode,
}

/// What changes about a category. `None` leaves a property as it is.
#[derive(Clone, Debug, Default)]
pub struct CategoryChange {
    /// Its name, unique.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Rooms may send invitations.
    pub invitations: Option<bool>,
    /// Rooms take files.
    pub file_upload: Option<bool>,
    /// Rooms keep their messages.
    pub history: Option<bool>,
    /// Whether rooms take messages while compliance is behind.
    pub compliance: Option<ComplianceMode>,
    /// The version that the asker saw: the change is refused if somebody else changed the category since.
    pub seen: Option<u64>,
}

/// The category with this name or URI.
pub(super) fn find<'a>(context: &'a Context<'_>, name: &str) -> Result<&'a Category, ActionError> {
    let found = match uri::guid(name, uri::CATEGORY) {
        Some(guid) if guid == context.database => return Err(ActionError::UnderRoot),
        Some(guid) => context.catalogue.categories().find(|found| found.guid == guid),
        None => context.catalogue.category_by_name(name),
    };
    found.ok_or_else(|| not_found(name))
}

pub(super) fn not_found(name: &str) -> ActionError {
    ActionError::NotFound {
        kind: "category",
        name: name.to_owned(),
    }
}

pub(super) fn describe(category: &Category) -> String {
    format!(
        "name={:?} description={:?} invitations={} file-upload={} history={} compliance={}",
        category.name,
        category.description,
        category.invitations,
        category.file_upload,
        category.history,
        category.compliance
    )
}

pub(super) fn add(context: &Context<'_>, new: &NewCategory) -> Result<Plan, ActionError> {
    let name = clean_name("category", &new.name)?;
    if context.catalogue.category_by_name(&name).is_some() {
        return Err(ActionError::Duplicate {
            kind: "category",
            name,
        });
    }
    if context.catalogue.category_count() >= context.max_categories {
        let most = context.max_categories;
        return Err(ActionError::Limit(format!(
            "there are {most} categories already, the most that may be"
        )));
    }
    let category = Category {
        audit: context.made(),
        id: context.catalogue.next_category(),
        guid: context.random.guid(),
        name: name.clone(),
        description: clean_description(&new.description)?,
        invitations: new.invitations,
        file_upload: new.file_upload,
        history: new.history,
        compliance: new.compliance,
    };
    let after = describe(&category);
    Ok(Plan::new(
        vec![Change::PutCategory(category)],
        ChainId::System,
        "category.add",
        name,
    )
    .to(after))
}

pub(super) fn change(
    context: &Context<'_>,
    name: &str,
    change: &CategoryChange,
) -> Result<Plan, ActionError> {
    let old = find(context, name)?;
    fresh("category", &old.name, &old.audit, change.seen)?;
    let mut new = old.clone();
    if let Some(name) = &change.name {
        new.name = clean_name("category", name)?;
        if context
            .catalogue
            .category_by_name(&new.name)
            .is_some_and(|other| other.id != old.id)
        {
            return Err(ActionError::Duplicate {
                kind: "category",
                name: new.name,
            });
        }
    }
    if let Some(description) = &change.description {
        new.description = clean_description(description)?;
    }
    new.invitations = change.invitations.unwrap_or(old.invitations);
    new.file_upload = change.file_upload.unwrap_or(old.file_upload);
    new.history = change.history.unwrap_or(old.history);
    new.compliance = change.compliance.unwrap_or(old.compliance);
    let (before, after) = (describe(old), describe(&new));
    let changes = if new == *old {
        vec![]
    } else {
        new.audit = context.changed(&old.audit);
        vec![Change::PutCategory(new)]
    };
    Ok(Plan::new(changes, ChainId::System, "category.change", &old.name)
        .from(before)
        .to(after))
}

pub(super) fn remove(context: &Context<'_>, name: &str) -> Result<Plan, ActionError> {
    let category = find(context, name)?;
    let rooms = context.catalogue.rooms_in(category.id).count();
    if rooms > 0 {
        return Err(ActionError::Invalid(format!(
            "category '{}' still holds {rooms} room(s); remove or move them first",
            category.name
        )));
    }
    let changes = vec![Change::RemoveCategory(category.id)];
    Ok(Plan::new(changes, ChainId::System, "category.remove", &category.name).from(describe(category)))
}
