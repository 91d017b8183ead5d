//! Roles: members, managers, presenters of rooms; allowed, denied and creators of categories.

use super::{ActionError, By, Context, Plan, PrincipalName, category, principal, room};
use causerie_model::{Catalogue, Category, ChainId, Change, Node, PrincipalId, Role, Room, RoomId};
use causerie_policy::{Rule, may_hold};
use std::{collections::BTreeSet, fmt};

/// A category or a room, as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeName {
    /// A category, by name.
    Category(String),
    /// A room, by name or URI (`ma-chan://domain/guid`).
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

impl NodeName {
    /// The room with this name or URI, whoever may know of it.
    ///
    /// # Errors
    /// [`ActionError::NotFound`] if there is none, or this is a category.
    pub fn room(&self, catalogue: &Catalogue) -> Result<RoomId, ActionError> {
        match self {
            Self::Room(name) => room::named(catalogue, name).map(|found| found.id),
            Self::Category(name) => Err(room::not_found(name)),
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

/// The chain that records what happens to a node, and the node's name.
pub(super) fn place(catalogue: &Catalogue, node: Node) -> (ChainId, String) {
    match node {
        Node::Category(id) => {
            let name = catalogue.category(id).map(|found| found.name.clone());
            (
                ChainId::System,
                NodeName::Category(name.unwrap_or_default()).to_string(),
            )
        }
        Node::Room(id) => {
            let name = catalogue.room(id).map(|found| found.name.clone());
            (
                ChainId::Room(id),
                NodeName::Room(name.unwrap_or_default()).to_string(),
            )
        }
    }
}

/// Every list that a principal is in, in words.
pub(super) fn places(catalogue: &Catalogue, principal: PrincipalId) -> String {
    let entries = catalogue.entries(principal);
    let words = entries.map(|(node, role)| format!("{role}={:?}", place(catalogue, node).1));
    words.collect::<Vec<_>>().join(" ")
}

/// Checks every role that these changes give, as things are with them. A user isn't told of categories and how they are
/// set up: rooms don't show their category's name.
pub(super) fn check_grants(after: &Catalogue, by: &By, changes: &[Change]) -> Result<(), ActionError> {
    for change in changes {
        let Change::Grant {
            node,
            role,
            principal,
        } = change
        else {
            continue;
        };
        let verdict = may_hold(after, *principal, *role, *node);
        if !verdict.allowed {
            let name = name_of(after, *principal);
            return Err(match verdict.rule {
                rule @ (Rule::OutOfScope | Rule::DeniedByCategory) if by.user.is_some() => {
                    let text = format!("{name} is not in the scope of the room's category");
                    ActionError::OutOfScope { rule, text }
                }
                rule => refusal(after, rule, *node, &name),
            });
        }
    }
    Ok(())
}

fn name_of(catalogue: &Catalogue, principal: PrincipalId) -> PrincipalName {
    match catalogue.user(principal) {
        Some(user) => PrincipalName::User(user.address.clone()),
        None => PrincipalName::Group(catalogue.principal_name(principal).unwrap_or_default()),
    }
}

/// The next version of a node.
fn touched(context: &Context<'_>, node: Node) -> Option<Change> {
    match node {
        Node::Category(id) => context.catalogue.category(id).map(|old| {
            Change::PutCategory(Category {
                audit: context.changed(&old.audit),
                ..old.clone()
            })
        }),
        Node::Room(id) => context.catalogue.room(id).map(|old| {
            Change::PutRoom(Room {
                audit: context.changed(&old.audit),
                ..old.clone()
            })
        }),
    }
}

pub(super) fn grant(
    context: &Context<'_>,
    node_name: &NodeName,
    role: Role,
    name: &PrincipalName,
) -> Result<Plan, ActionError> {
    let (node, chain) = find(context, node_name)?;
    if !role.fits(node) {
        return Err(ActionError::Denied(Rule::RoleDoesNotFit));
    }
    let principal = principal(context, name)?;
    let mut changes = Vec::new();
    if !context.catalogue.is_listed(node, role, principal) {
        changes.push(Change::Grant {
            node,
            role,
            principal,
        });
        changes.extend(touched(context, node));
    }
    let (_, target) = place(context.catalogue, node);
    Ok(Plan::new(changes, chain, &format!("{role}.grant"), target).to(name))
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
    let principal = principal(context, name)?;
    let mut changes = Vec::new();
    if context.catalogue.is_listed(node, role, principal) {
        changes.push(Change::Revoke {
            node,
            role,
            principal,
        });
        changes.extend(touched(context, node));
    }
    let (_, target) = place(context.catalogue, node);
    Ok(Plan::new(changes, chain, &format!("{role}.revoke"), target).from(name))
}

/// What makes a list hold exactly these, and the list before and after in words.
pub(super) fn replace(
    context: &Context<'_>,
    node: Node,
    role: Role,
    names: &[PrincipalName],
) -> Result<(Vec<Change>, String, String), ActionError> {
    let wanted: BTreeSet<PrincipalId> = names
        .iter()
        .map(|name| principal(context, name))
        .collect::<Result<_, _>>()?;
    let held: BTreeSet<PrincipalId> = context.catalogue.holders(node, role).collect();
    let gained = wanted.difference(&held).map(|principal| Change::Grant {
        node,
        role,
        principal: *principal,
    });
    let lost = held.difference(&wanted).map(|principal| Change::Revoke {
        node,
        role,
        principal: *principal,
    });
    let words = |ids: &BTreeSet<PrincipalId>| {
        let names = ids.iter().filter_map(|id| context.catalogue.principal_name(*id));
        format!("{role}s={:?}", names.collect::<Vec<_>>())
    };
    Ok((gained.chain(lost).collect(), words(&held), words(&wanted)))
}
