//! Add-ins.

use super::{ActionError, Context, Plan, clean_name, clean_url};
use causerie_model::{Addin, ChainId, Change, limits::MAX_ADDIN_NAME_CHARS};
use uuid::Uuid;

/// The add-in with this GUID or name.
pub(super) fn find<'a>(context: &'a Context<'_>, name: &str) -> Result<&'a Addin, ActionError> {
    let guid = Uuid::parse_str(name).ok();
    let found = guid.and_then(|guid| context.catalogue.addin_by_guid(guid));
    let found = found.or_else(|| context.catalogue.addin_by_name(name));
    found.ok_or_else(|| ActionError::NotFound {
        kind: "add-in",
        name: name.to_owned(),
    })
}

fn free_name(context: &Context<'_>, name: &str, own: Option<&Addin>) -> Result<String, ActionError> {
    let name = clean_name("add-in", name)?;
    if name.chars().count() > MAX_ADDIN_NAME_CHARS {
        let text = format!("an add-in's name has at most {MAX_ADDIN_NAME_CHARS} characters");
        return Err(ActionError::Invalid(text));
    }
    match context.catalogue.addin_by_name(&name) {
        Some(other) if own.is_none_or(|own| own.id != other.id) => {
            Err(ActionError::Duplicate { kind: "add-in", name })
        }
        _ => Ok(name),
    }
}

fn describe(addin: &Addin) -> String {
    format!("name={:?} url={:?}", addin.name, addin.url)
}

pub(super) fn add(context: &Context<'_>, name: &str, url: &str) -> Result<Plan, ActionError> {
    let addin = Addin {
        id: context.catalogue.next_addin(),
        guid: context.random.guid(),
        name: free_name(context, name, None)?,
        url: clean_url(url)?,
    };
    let (after, target) = (describe(&addin), addin.name.clone());
    Ok(Plan::new(
        vec![Change::PutAddin(addin)],
        ChainId::System,
        "addin.add",
        target,
    )
    .to(after))
}

pub(super) fn change(
    context: &Context<'_>,
    name: &str,
    new_name: Option<&str>,
    url: Option<&str>,
) -> Result<Plan, ActionError> {
    let old = find(context, name)?;
    let mut new = old.clone();
    if let Some(name) = new_name {
        new.name = free_name(context, name, Some(old))?;
    }
    if let Some(url) = url {
        new.url = clean_url(url)?;
    }
    let (before, after) = (describe(old), describe(&new));
    let changes = if new == *old {
        vec![]
    } else {
        vec![Change::PutAddin(new)]
    };
    Ok(Plan::new(changes, ChainId::System, "addin.change", &old.name)
        .from(before)
        .to(after))
}

pub(super) fn remove(context: &Context<'_>, name: &str) -> Result<Plan, ActionError> {
    let addin = find(context, name)?;
    let rooms: Vec<&str> = context
        .catalogue
        .rooms()
        .filter(|room| room.addin == Some(addin.id))
        .map(|room| room.name.as_str())
        .collect();
    if let Some(first) = rooms.first() {
        return Err(ActionError::Invalid(format!(
            "{} room(s) have add-in '{}', '{first}' among them: take it from them first",
            rooms.len(),
            addin.name
        )));
    }
    let changes = vec![Change::RemoveAddin(addin.id)];
    Ok(Plan::new(changes, ChainId::System, "addin.remove", &addin.name).from(describe(addin)))
}
