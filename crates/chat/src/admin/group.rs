//! Groups.

use super::{ActionError, Context, Plan, PrincipalName, clean_name, principal};
use causerie_model::{ChainId, Change, Group};

fn find<'a>(context: &'a Context<'_>, name: &str) -> Result<&'a Group, ActionError> {
    context
        .catalogue
        .group_by_name(name)
        .ok_or_else(|| ActionError::NotFound {
            kind: "group",
            name: name.to_owned(),
        })
}

fn free_name(context: &Context<'_>, name: &str) -> Result<String, ActionError> {
    let name = clean_name("group", name)?;
    // An address names a user wherever either may stand.
    if name.contains('@') {
        return Err(ActionError::Invalid(
            "a group's name can't contain '@'".to_owned(),
        ));
    }
    match context.catalogue.group_by_name(&name) {
        Some(_) => Err(ActionError::Duplicate { kind: "group", name }),
        None => Ok(name),
    }
}

pub(super) fn add(context: &Context<'_>, name: &str) -> Result<Plan, ActionError> {
    let name = free_name(context, name)?;
    let group = Group {
        id: context.catalogue.next_principal(),
        name: name.clone(),
    };
    Ok(Plan::new(
        vec![Change::PutGroup(group)],
        ChainId::System,
        "group.add",
        name,
    ))
}

pub(super) fn rename(context: &Context<'_>, name: &str, new_name: &str) -> Result<Plan, ActionError> {
    let old = find(context, name)?;
    let new_name = if new_name.trim().to_lowercase() == old.name.to_lowercase() {
        clean_name("group", new_name)?
    } else {
        free_name(context, new_name)?
    };
    let new = Group {
        id: old.id,
        name: new_name.clone(),
    };
    let changes = if new == *old {
        vec![]
    } else {
        vec![Change::PutGroup(new)]
    };
    Ok(Plan::new(changes, ChainId::System, "group.rename", &old.name)
        .from(&old.name)
        .to(new_name))
}

pub(super) fn remove(context: &Context<'_>, name: &str) -> Result<Plan, ActionError> {
    let group = find(context, name)?;
    Ok(Plan::new(
        vec![Change::RemoveGroup(group.id)],
        ChainId::System,
        "group.remove",
        &group.name,
    ))
}

pub(super) fn add_member(
    context: &Context<'_>,
    name: &str,
    member: &PrincipalName,
) -> Result<Plan, ActionError> {
    let group = find(context, name)?;
    let id = principal(context.catalogue, member)?;
    if context.catalogue.affiliations(group.id).contains(&id) {
        return Err(ActionError::Invalid(format!(
            "{member} holds group {} already, directly or through other groups: it can't be part of it",
            group.name
        )));
    }
    let present = context.catalogue.group_members(group.id).any(|other| other == id);
    let changes = if present {
        vec![]
    } else {
        vec![Change::AddToGroup {
            group: group.id,
            member: id,
        }]
    };
    Ok(Plan::new(changes, ChainId::System, "group.member.add", &group.name).to(member))
}

pub(super) fn remove_member(
    context: &Context<'_>,
    name: &str,
    member: &PrincipalName,
) -> Result<Plan, ActionError> {
    let group = find(context, name)?;
    let id = principal(context.catalogue, member)?;
    let present = context.catalogue.group_members(group.id).any(|other| other == id);
    let changes = if present {
        vec![Change::RemoveFromGroup {
            group: group.id,
            member: id,
        }]
    } else {
        vec![]
    };
    Ok(Plan::new(changes, ChainId::System, "group.member.remove", &group.name).from(member))
}
