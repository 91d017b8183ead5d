//! Roles: members, managers, presenters of rooms; allowed, denied and creators of categories.

use super::{ActionError, Context, Plan, PrincipalName, category, principal, room};
use causerie_model::{Catalogue, ChainId, Change, Node, PrincipalId, Role};
use causerie_policy::{Rule, may_hold};
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
        return Err(refusal(context.catalogue, verdict.rule, node, name));
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

/// Names who and where, and how to mend it, if it is the category's scope that is in the way.
fn refusal(catalogue: &Catalogue, rule: Rule, node: Node, who: &PrincipalName) -> ActionError {
    let id = match node {
        Node::Category(id) => Some(id),
        Node::Room(id) => catalogue.room(id).map(|room| room.category),
    };
    let category = id.and_then(|id| catalogue.category(id));
    let (Rule::OutOfScope | Rule::DeniedByCategory, Some(category)) = (rule, category) else {
        return ActionError::Denied(rule);
    };
    let (entry, pronoun) = match who {
        PrincipalName::User(address) => (word(address.as_str()), "him"),
        PrincipalName::Group(name) => (word(name), "it"),
    };
    let (name, as_word) = (&category.name, word(&category.name));
    let text = if rule == Rule::OutOfScope {
        format!(
            "{who} is not in the scope of category {name}; allow {pronoun} with: causerie category allow {as_word} {entry}"
        )
    } else {
        // It may be a group of his that is denied.
        format!(
            "{who} is denied by category {name}; see who is denied with: causerie category show {as_word}"
        )
    };
    ActionError::OutOfScope { rule, text }
}

/// A name as one word of a command line.
fn word(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "@._-+".contains(c);
    if name.chars().all(is_plain) && !name.starts_with('-') {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "'\\''"))
    }
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
