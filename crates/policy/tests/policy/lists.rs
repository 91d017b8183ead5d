//! Who may be put on which list.

use crate::facts::{CATEGORY, ROOM, catalogue, category, grant, group, nest, room, user};
use causerie_model::{Catalogue, CategoryId, Change, Node, PrincipalId, Privacy, Role, RoomId, RoomType};
use causerie_policy::{Rule, may_hold};

fn with(room: Change, lists: &[Change]) -> Catalogue {
    let base = [
        user(1, true),
        user(2, false),
        group(10),
        group(11),
        category(CATEGORY),
        room,
    ];
    catalogue(base.into_iter().chain(lists.iter().cloned()))
}

fn closed(room_type: RoomType) -> Change {
    room(Privacy::Closed, room_type, false)
}

fn holds(catalogue: &Catalogue, principal: i64, role: Role) -> Rule {
    let in_category = role.fits(Node::Category(CATEGORY));
    let node = if in_category {
        Node::Category(CATEGORY)
    } else {
        Node::Room(ROOM)
    };
    let verdict = may_hold(catalogue, PrincipalId(principal), role, node);
    assert_eq!(verdict.allowed, verdict.rule.allows());
    verdict.rule
}

const BOUND_BY_SCOPE: [Role; 3] = [Role::Creator, Role::Member, Role::Manager];

#[test]
fn roles_need_the_categorys_scope() {
    let c = with(closed(RoomType::Normal), &[nest(10, 2), grant(Role::Allowed, 10)]);
    for role in BOUND_BY_SCOPE {
        assert_eq!(holds(&c, 1, role), Rule::OutOfScope, "{role}");
        assert_eq!(holds(&c, 10, role), Rule::InScope, "{role}");
        assert_eq!(
            holds(&c, 2, role),
            Rule::InScope,
            "a disabled user keeps his roles: {role}"
        );
    }
}

#[test]
fn who_is_denied_by_any_group_holds_nothing() {
    let c = with(
        closed(RoomType::Normal),
        &[nest(11, 10), grant(Role::Allowed, 10), grant(Role::Denied, 11)],
    );
    for role in BOUND_BY_SCOPE {
        assert_eq!(holds(&c, 10, role), Rule::DeniedByCategory, "{role}");
    }
}

#[test]
fn a_scope_may_name_anybody() {
    let c = with(closed(RoomType::Normal), &[grant(Role::Denied, 1)]);
    for principal in [1, 10] {
        assert_eq!(holds(&c, principal, Role::Allowed), Rule::SetsScope);
        assert_eq!(holds(&c, principal, Role::Denied), Rule::SetsScope);
    }
    assert_eq!(holds(&c, 99, Role::Allowed), Rule::PrincipalUnknown);
}

#[test]
fn presenters_are_members_of_auditoriums() {
    let allowed = grant(Role::Allowed, 1);
    let presenter = |room, lists: &[Change]| holds(&with(room, lists), 1, Role::Presenter);
    let by_group = [allowed.clone(), nest(10, 1), grant(Role::Member, 10)];
    assert_eq!(
        presenter(closed(RoomType::Normal), &by_group),
        Rule::NotAnAuditorium
    );
    assert_eq!(presenter(closed(RoomType::Auditorium), &by_group), Rule::Member);
    let alone = std::slice::from_ref(&allowed);
    assert_eq!(presenter(closed(RoomType::Auditorium), alone), Rule::NotAMember);
    let open = room(Privacy::Open, RoomType::Auditorium, false);
    assert_eq!(presenter(open.clone(), alone), Rule::OpenRoom);
    assert_eq!(presenter(open, &[]), Rule::OutOfScope);
    let member_out_of_scope = [grant(Role::Member, 1)];
    assert_eq!(
        presenter(closed(RoomType::Auditorium), &member_out_of_scope),
        Rule::OutOfScope
    );
}

#[test]
fn roles_stay_on_their_kind_of_node() {
    let c = with(closed(RoomType::Normal), &[grant(Role::Allowed, 1)]);
    for role in Role::ALL {
        for node in [Node::Category(CATEGORY), Node::Room(ROOM)] {
            let fits = may_hold(&c, PrincipalId(1), *role, node).rule != Rule::RoleDoesNotFit;
            assert_eq!(fits, role.fits(node), "{role} on {node:?}");
        }
    }
}

#[test]
fn nodes_must_exist() {
    let c = with(closed(RoomType::Normal), &[grant(Role::Allowed, 1)]);
    let rule = |role, node| may_hold(&c, PrincipalId(1), role, node).rule;
    assert_eq!(rule(Role::Member, Node::Room(RoomId(9))), Rule::NoSuchRoom);
    assert_eq!(
        rule(Role::Allowed, Node::Category(CategoryId(9))),
        Rule::NoSuchCategory
    );
}
