//! Where a change may leave entries that must go.

use causerie_model::{Catalogue, CategoryId, Change, Group, GroupKind, Node, PrincipalId, Role, User};
use std::collections::BTreeSet;

/// The nodes whose lists must be looked at after a change: if no list held an entry that it may not, then only these can
/// have [`crate::stale_entries`] now. Of several changes, each is asked with the catalogue as it was before that one.
///
/// What widens a scope or a membership touches nothing, and neither do barriers and policies: they take away what
/// somebody may do, and leave the lists as they are.
#[must_use]
pub fn touched_nodes(before: &Catalogue, change: &Change) -> BTreeSet<Node> {
    match change {
        Change::Grant {
            node: Node::Category(id),
            role: Role::Denied,
            ..
        }
        | Change::Revoke {
            node: Node::Category(id),
            role: Role::Allowed,
            ..
        }
        | Change::RemoveCategory(id) => category_and_rooms(before, *id),
        // An entry in a list, and one that makes presenters members.
        Change::Grant { node, .. }
        | Change::Revoke {
            node,
            role: Role::Member,
            ..
        } => BTreeSet::from([*node]),
        Change::PutRoom(room) => BTreeSet::from([Node::Room(room.id)]),
        Change::AddToGroup { group, member } | Change::RemoveFromGroup { group, member } => {
            between(before, [*member], &before.affiliations(*group))
        }
        Change::RemoveUser(id) | Change::RemoveGroup(id) => between(before, [*id], &before.affiliations(*id)),
        Change::PutUser(user) => put_user(before, user),
        Change::PutGroup(group) => put_group(before, group),
        Change::Revoke { .. }
        | Change::PutCategory(_)
        | Change::RemoveRoom(_)
        | Change::Invite { .. }
        | Change::Announce(_)
        | Change::PutBarrier(_)
        | Change::RemoveBarrier(_)
        | Change::PutAddin(_)
        | Change::RemoveAddin(_)
        | Change::PutPolicy(_)
        | Change::RemovePolicy(_)
        | Change::PutConfiguration(_)
        | Change::RemoveConfiguration(_)
        | Change::PutAlias(_)
        | Change::RemoveAlias(_)
        | Change::ReplaceMessage { .. }
        | Change::RemoveMessages { .. }
        | Change::ClearRoom { .. } => BTreeSet::new(),
    }
}

fn category_and_rooms(before: &Catalogue, id: CategoryId) -> BTreeSet<Node> {
    let rooms = before.rooms_in(id).map(|room| Node::Room(room.id));
    rooms.chain([Node::Category(id)]).collect()
}

/// A user with another domain leaves one group and enters another.
fn put_user(before: &Catalogue, user: &User) -> BTreeSet<Node> {
    let old = before.user(user.id).map(|old| old.address.domain());
    if old == Some(user.address.domain()) {
        return BTreeSet::new();
    }
    let domains = old.into_iter().chain([user.address.domain()]);
    domains
        .filter_map(|name| before.group_by_name(name))
        .filter(|group| group.kind == GroupKind::Domain)
        .flat_map(|domain| between(before, [user.id], &before.affiliations(domain.id)))
        .collect()
}

/// A group that begins or ceases to be a domain, or becomes another one, gains and loses users.
fn put_group(before: &Catalogue, group: &Group) -> BTreeSet<Node> {
    let domain = |group: &Group| (group.kind == GroupKind::Domain).then(|| group.name.to_lowercase());
    let domains = [before.group(group.id).and_then(domain), domain(group)];
    if domains[0] == domains[1] {
        return BTreeSet::new();
    }
    let moved = before.users().filter(|user| {
        domains
            .iter()
            .flatten()
            .any(|domain| domain == user.address.domain())
    });
    between(before, moved.map(|user| user.id), &before.affiliations(group.id))
}

/// Where somebody below has an entry, and somebody above bears on the category's scope. A group by which presenters are
/// members bears on it too, since members are in scope themselves.
fn between(
    before: &Catalogue,
    below: impl IntoIterator<Item = PrincipalId>,
    above: &[PrincipalId],
) -> BTreeSet<Node> {
    let below: BTreeSet<PrincipalId> = below.into_iter().flat_map(|id| before.below(id)).collect();
    let nodes: BTreeSet<Node> = below
        .into_iter()
        .flat_map(|id| before.entries(id))
        .filter(|(_, role)| !matches!(role, Role::Allowed | Role::Denied))
        .map(|(node, _)| node)
        .collect();
    let bears = |id, role| before.first_listed(Node::Category(id), role, above).is_some();
    nodes
        .into_iter()
        .filter(|node| {
            let category = match node {
                Node::Category(id) => Some(*id),
                Node::Room(id) => before.room(*id).map(|room| room.category),
            };
            category.is_some_and(|id| bears(id, Role::Allowed) || bears(id, Role::Denied))
        })
        .collect()
}
