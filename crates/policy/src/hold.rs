//! Who may be put on a list, and who must go from one.

use crate::{
    Rule, Verdict,
    asker::{enters, in_scope},
    barrier,
};
use causerie_model::{Catalogue, Node, PrincipalId, Role, Room, RoomType};
use std::collections::BTreeSet;

/// Decides whether a user or group may be given a role on a node.
///
/// Whoever sets a scope (Allowed and Denied) may use any user or group for it. All other roles need the principal to be
/// in the category's scope, and those of rooms that no information barrier stands in between. Presenters exist only in
/// auditoriums and must be members, which everyone in scope is if the auditorium is open. Whether a user is disabled
/// doesn't matter: he keeps his roles.
#[must_use]
pub fn may_hold(catalogue: &Catalogue, principal: PrincipalId, role: Role, node: Node) -> Verdict {
    by_rule(catalogue, principal, role, node).unwrap_or_else(|refusal| refusal)
}

fn by_rule(
    catalogue: &Catalogue,
    principal: PrincipalId,
    role: Role,
    node: Node,
) -> Result<Verdict, Verdict> {
    if !role.fits(node) {
        return Err(Rule::RoleDoesNotFit.into());
    }
    if catalogue.user(principal).is_none() && catalogue.group(principal).is_none() {
        return Err(Rule::PrincipalUnknown.into());
    }
    let (category, room) = match node {
        Node::Category(id) => (catalogue.category(id).ok_or(Rule::NoSuchCategory)?.id, None),
        Node::Room(id) => {
            let room = catalogue.room(id).ok_or(Rule::NoSuchRoom)?;
            (room.category, Some(room))
        }
    };
    if matches!(role, Role::Allowed | Role::Denied) {
        return Ok(Rule::SetsScope.into());
    }
    let affiliations = catalogue.affiliations(principal);
    let scope = in_scope(catalogue, category, &affiliations)?;
    let Some(room) = room else { return Ok(scope) };
    let walls = barrier::walls_of_entry(catalogue, principal);
    barrier::spans(catalogue, &walls, principal, room)?;
    barrier::open_way(catalogue, &walls, room)?;
    if role == Role::Presenter {
        if room.room_type != RoomType::Auditorium {
            return Err(Rule::NotAnAuditorium.into());
        }
        return enters(catalogue, room, &affiliations);
    }
    Ok(scope)
}

/// The entries that a node's lists hold and may not: to be revoked in the same commit as the change that made them so,
/// be it of the category's scope, of a group, of the room's category or of its type.
///
/// Entries on two sides of a barrier stay: which of them should go can't be told, and until somebody decides, the room is
/// closed to both.
#[must_use]
pub fn stale_entries(catalogue: &Catalogue, node: Node) -> Vec<(Role, PrincipalId, Rule)> {
    match node {
        Node::Category(id) => out_of_scope(catalogue, node, Role::Creator, id).collect(),
        Node::Room(id) => catalogue
            .room(id)
            .map_or_else(Vec::new, |room| stale_in_room(catalogue, room)),
    }
}

fn stale_in_room(catalogue: &Catalogue, room: &Room) -> Vec<(Role, PrincipalId, Rule)> {
    let node = Node::Room(room.id);
    let mut stale: Vec<_> = [Role::Member, Role::Manager]
        .into_iter()
        .flat_map(|role| out_of_scope(catalogue, node, role, room.category))
        .collect();
    let gone: BTreeSet<PrincipalId> = stale
        .iter()
        .filter(|(role, ..)| *role == Role::Member)
        .map(|(_, principal, _)| *principal)
        .collect();
    for principal in catalogue.holders(node, Role::Presenter) {
        let affiliations = catalogue.affiliations(principal);
        // Those who stay members.
        let staying: Vec<PrincipalId> = affiliations
            .iter()
            .copied()
            .filter(|id| !gone.contains(id))
            .collect();
        let holds = if room.room_type == RoomType::Auditorium {
            in_scope(catalogue, room.category, &affiliations).and_then(|_| enters(catalogue, room, &staying))
        } else {
            Err(Rule::NotAnAuditorium.into())
        };
        if let Err(refusal) = holds {
            stale.push((Role::Presenter, principal, refusal.rule));
        }
    }
    stale
}

fn out_of_scope(
    catalogue: &Catalogue,
    node: Node,
    role: Role,
    category: causerie_model::CategoryId,
) -> impl Iterator<Item = (Role, PrincipalId, Rule)> + '_ {
    catalogue.holders(node, role).filter_map(move |principal| {
        let affiliations = catalogue.affiliations(principal);
        let refusal = in_scope(catalogue, category, &affiliations).err()?;
        Some((role, principal, refusal.rule))
    })
}
