//! Groups.

use super::{ActionError, Context, Plan, PrincipalName, clean_name, principal, principal_of_guid, role, uri};
use causerie_model::{ChainId, Change, Group, GroupKind, PrincipalId, Role, SipAddress};

/// The group with this name or URI.
pub(super) fn find<'a>(context: &'a Context<'_>, name: &str) -> Result<&'a Group, ActionError> {
    let found = match uri::guid(name, uri::GROUP) {
        Some(guid) => principal_of_guid(context.database, guid).and_then(|id| context.catalogue.group(id)),
        None => context.catalogue.group_by_name(name),
    };
    found.ok_or_else(|| ActionError::NotFound {
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

pub(super) fn add(context: &Context<'_>, name: &str, kind: GroupKind) -> Result<Plan, ActionError> {
    let name = free_name(context, name)?;
    // Whoever has an address there is in it.
    if kind == GroupKind::Domain && SipAddress::parse(&format!("x@{name}")).is_err() {
        return Err(ActionError::Invalid(format!("'{name}' is no domain")));
    }
    let group = Group {
        id: context.catalogue.next_principal(),
        name: name.clone(),
        kind,
    };
    let changes = vec![Change::PutGroup(group)];
    Ok(Plan::new(changes, ChainId::System, "group.add", name).to(format!("kind={kind}")))
}

pub(super) fn rename(context: &Context<'_>, name: &str, new_name: &str) -> Result<Plan, ActionError> {
    let old = find(context, name)?;
    if old.kind == GroupKind::Domain {
        let text = "a domain's name is the domain: add the other domain instead";
        return Err(ActionError::Invalid(text.to_owned()));
    }
    let new_name = if new_name.trim().to_lowercase() == old.name.to_lowercase() {
        clean_name("group", new_name)?
    } else {
        free_name(context, new_name)?
    };
    let new = Group {
        id: old.id,
        name: new_name.clone(),
        kind: old.kind,
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
    let in_use = context
        .catalogue
        .barriers()
        .find(|barrier| barrier.sides.contains(&group.id));
    if let Some(barrier) = in_use {
        return Err(ActionError::Invalid(format!(
            "group '{}' is one side of barrier '{}': remove the barrier first",
            group.name, barrier.name
        )));
    }
    let denied = context
        .catalogue
        .entries(group.id)
        .find(|(_, role)| *role == Role::Denied);
    if let Some((node, _)) = denied {
        let (_, place) = role::place(context.catalogue, node);
        return Err(ActionError::Invalid(format!(
            "group '{}' is denied by {place}, which its removal would open to its members: take it from there first",
            group.name
        )));
    }
    let plan = Plan::new(
        vec![Change::RemoveGroup(group.id)],
        ChainId::System,
        "group.remove",
        &group.name,
    );
    Ok(plan.from(role::places(context.catalogue, group.id)))
}

/// The organisational unit that a principal is directly in.
fn unit_of<'a>(context: &'a Context<'_>, id: PrincipalId) -> Option<&'a Group> {
    let groups = context.catalogue.groups_of(id);
    groups
        .filter_map(|id| context.catalogue.group(id))
        .find(|group| group.kind == GroupKind::Unit)
}

pub(super) fn add_member(
    context: &Context<'_>,
    name: &str,
    member: &PrincipalName,
) -> Result<Plan, ActionError> {
    let group = find(context, name)?;
    let id = principal(context, member)?;
    if context.catalogue.affiliations(group.id).contains(&id) {
        return Err(ActionError::Invalid(format!(
            "{member} holds group {} already, directly or through other groups: it can't be part of it",
            group.name
        )));
    }
    if group.kind == GroupKind::Domain && context.catalogue.user(id).is_some() {
        let name = &group.name;
        return Err(ActionError::Invalid(format!(
            "users are in domain {name} by their addresses"
        )));
    }
    if group.kind == GroupKind::Unit
        && let Some(other) = unit_of(context, id).filter(|other| other.id != group.id)
    {
        return Err(ActionError::Invalid(format!(
            "{member} is in unit {} already, and can be in one only",
            other.name
        )));
    }
    let present = context.catalogue.groups_of(id).any(|other| other == group.id);
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
    let id = principal(context, member)?;
    let present = context.catalogue.groups_of(id).any(|other| other == group.id);
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
