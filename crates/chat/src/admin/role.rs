//! Roles: members, managers, presenters of rooms; allowed, denied and creators of categories.

use super::{ActionError, Context, Plan, PrincipalName, category, principal, room};
use causerie_model::{Catalogue, ChainId, Change, Node, PrincipalId, Role};
use causerie_policy::may_hold;
use std::fmt;

/// A category or a room, as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeName {
    /// A category, by name.
    Category(String),
    /// A room, by name.
    Room(String),
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Category(name) => write!(f, "category {name}"),
            Self::Room(name) => write!(f, "room {name}"),
        }
    }
}

fn find(context: &Context<'_>, node: &NodeName) -> Result<(Node, ChainId), ActionError> {
    match node {
        NodeName::Category(name) => {
            category::find(context, name).map(|found| (Node::Category(found.id), ChainId::System))
        }
        NodeName::Room(name) => {
            room::find(context, name).map(|found| (Node::Room(found.id), ChainId::Room(found.id)))
        }
    }
}

pub(super) fn grant(
    context: &Context<'_>,
    node_name: &NodeName,
    role: Role,
    name: &PrincipalName,
) -> Result<Plan, ActionError> {
    let (node, chain) = find(context, node_name)?;
    let principal = principal(context.catalogue, name)?;
    let verdict = may_hold(context.catalogue, principal, role, node);
    if !verdict.allowed {
        return Err(ActionError::Denied(verdict.rule));
    }
    let listed = context.catalogue.is_listed(node, role, principal);
    let changes = if listed {
        vec![]
    } else {
        vec![Change::Grant {
            node,
            role,
            principal,
        }]
    };
    Ok(Plan::new(changes, chain, &format!("{role}.grant"), node_name).to(name))
}

pub(super) fn revoke(
    context: &Context<'_>,
    node_name: &NodeName,
    role: Role,
    name: &PrincipalName,
) -> Result<Plan, ActionError> {
    let (node, chain) = find(context, node_name)?;
    let principal = principal(context.catalogue, name)?;
    let mut changes = Vec::new();
    if context.catalogue.is_listed(node, role, principal) {
        changes.push(Change::Revoke {
            node,
            role,
            principal,
        });
        if role == Role::Member {
            changes.extend(orphaned_presenters(context.catalogue, node, principal));
        }
    }
    Ok(Plan::new(changes, chain, &format!("{role}.revoke"), node_name).from(name))
}

/// Presenters who are no longer members once `leaving` isn't one: presenters must be members.
fn orphaned_presenters(
    catalogue: &Catalogue,
    node: Node,
    leaving: PrincipalId,
) -> impl Iterator<Item = Change> + '_ {
    let stays = move |presenter: PrincipalId| {
        catalogue
            .affiliations(presenter)
            .iter()
            .any(|id| *id != leaving && catalogue.is_listed(node, Role::Member, *id))
    };
    catalogue
        .holders(node, Role::Presenter)
        .filter(move |presenter| !stays(*presenter))
        .map(move |principal| Change::Revoke {
            node,
            role: Role::Presenter,
            principal,
        })
}
