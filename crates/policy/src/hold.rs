//! Who may be put on a list.

use crate::{
    Rule, Verdict,
    asker::{enters, in_scope},
};
use causerie_model::{Catalogue, Node, PrincipalId, Role, RoomType};

/// Decides whether a user or group may hold a role on a node. Asked before a role is granted, and of each entry again
/// when a category's scope, a room's category or a room's type changes: entries refused then are to be revoked.
///
/// Whoever sets a scope (Allowed and Denied) may use any user or group for it. All other roles need the principal to be
/// in the category's scope. Presenters exist only in auditoriums and must be members, which everyone in scope is if the
/// auditorium is open. Whether a user is disabled doesn't matter: he keeps his roles.
#[must_use]
pub fn may_hold(catalogue: &Catalogue, principal: PrincipalId, role: Role, node: Node) -> Verdict {
    by_rule(catalogue, principal, role, node)
        .unwrap_or_else(|refusal| refusal)
        .into()
}

fn by_rule(catalogue: &Catalogue, principal: PrincipalId, role: Role, node: Node) -> Result<Rule, Rule> {
    if !role.fits(node) {
        return Err(Rule::RoleDoesNotFit);
    }
    if catalogue.user(principal).is_none() && catalogue.group(principal).is_none() {
        return Err(Rule::PrincipalUnknown);
    }
    let (category, room) = match node {
        Node::Category(id) => (catalogue.category(id).ok_or(Rule::NoSuchCategory)?.id, None),
        Node::Room(id) => {
            let room = catalogue.room(id).ok_or(Rule::NoSuchRoom)?;
            (room.category, Some(room))
        }
    };
    if matches!(role, Role::Allowed | Role::Denied) {
        return Ok(Rule::SetsScope);
    }
    let affiliations = catalogue.affiliations(principal);
    let scope = in_scope(catalogue, category, &affiliations)?;
    match room {
        Some(room) if role == Role::Presenter => {
            if room.room_type != RoomType::Auditorium {
                return Err(Rule::NotAnAuditorium);
            }
            enters(catalogue, room, &affiliations)
        }
        _ => Ok(scope),
    }
}
