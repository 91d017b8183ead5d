//! Where a change may leave entries that must go.

use crate::changes::{beginning, carry_out, change, is_sound, put_group, put_room, put_user};
use crate::facts::{catalogue, nest};
use causerie_model::{
    Catalogue, CategoryId, Change, GroupKind, Node, PrincipalId, Privacy, Role, RoomId, RoomType,
};
use causerie_policy::{stale_entries, touched_nodes};
use proptest::prelude::*;

const CATEGORY: Node = Node::Category(CategoryId(1));
const ROOM: Node = Node::Room(RoomId(1));

fn grant(node: Node, role: Role, principal: i64) -> Change {
    Change::Grant {
        node,
        role,
        principal: PrincipalId(principal),
    }
}

fn revoke(node: Node, role: Role, principal: i64) -> Change {
    Change::Revoke {
        node,
        role,
        principal: PrincipalId(principal),
    }
}

/// User 1, of x.test, is in scope by group 8, in which domain 6 is; so are group 7 with users 4 and 5. Room 1 has user 1
/// as member, and nothing else has anybody.
fn before() -> Catalogue {
    let scopes = beginning().into_iter().filter(|change| match change {
        Change::Grant { role, .. } => *role == Role::Allowed,
        _ => true,
    });
    catalogue(scopes.chain([grant(ROOM, Role::Member, 1)]))
}

fn touched(change: &Change) -> Vec<Node> {
    touched_nodes(&before(), change).into_iter().collect()
}

#[test]
fn a_narrower_scope_touches_the_category_and_its_rooms() {
    let all = [CATEGORY, ROOM, Node::Room(RoomId(2)), Node::Room(RoomId(3))];
    assert_eq!(touched(&grant(CATEGORY, Role::Denied, 11)), all);
    assert_eq!(touched(&revoke(CATEGORY, Role::Allowed, 8)), all);
    assert_eq!(touched(&grant(CATEGORY, Role::Allowed, 11)), [CATEGORY]);
    assert_eq!(touched(&revoke(CATEGORY, Role::Denied, 8)), []);
}

#[test]
fn who_changes_groups_touches_where_he_is_listed_and_it_matters() {
    let leave = |group, member| Change::RemoveFromGroup {
        group: PrincipalId(group),
        member: PrincipalId(member),
    };
    assert_eq!(touched(&leave(8, 6)), [ROOM], "user 1 is in scope by group 8");
    assert_eq!(
        touched(&leave(9, 1)),
        [],
        "group 9 is in nothing that room 1 asks for"
    );
    assert_eq!(touched(&nest(10, 1)), [], "nor is group 10");
    assert_eq!(touched(&nest(7, 1)), [ROOM]);
    assert_eq!(touched(&leave(7, 5)), [], "user 5 is listed nowhere");
    assert_eq!(touched(&Change::RemoveGroup(PrincipalId(8))), [ROOM]);
    assert_eq!(touched(&Change::RemoveGroup(PrincipalId(7))), []);
}

#[test]
fn another_domain_touches_where_its_users_are_listed() {
    assert_eq!(touched(&put_user(1, "y.test", true, false, false)), [ROOM]);
    assert_eq!(
        touched(&put_user(1, "x.test", false, false, false)),
        [],
        "the same domain"
    );
    assert_eq!(
        touched(&put_user(4, "x.test", true, false, false)),
        [],
        "listed nowhere"
    );
    assert_eq!(touched(&put_group(6, GroupKind::Domain, "y.test")), [ROOM]);
    assert_eq!(touched(&put_group(6, GroupKind::Unit, "")), [ROOM]);
    assert_eq!(
        touched(&put_group(6, GroupKind::Domain, "X.test")),
        [],
        "the same domain"
    );
    assert_eq!(touched(&put_group(7, GroupKind::Domain, "x.test")), [ROOM]);
}

/// The users of a domain are denied as soon as a denied group is named after it.
#[test]
fn a_denied_group_that_becomes_a_domain_throws_its_users_out() {
    let mut c = before();
    c.apply(&grant(CATEGORY, Role::Denied, 12));
    c.apply(&Change::RemoveGroup(PrincipalId(6)));
    c.apply(&nest(8, 1));
    assert_eq!(stale_entries(&c, ROOM), []);
    let done = carry_out(&mut c, &put_group(12, GroupKind::Domain, "x.test"));
    assert_eq!(done[1..], [revoke(ROOM, Role::Member, 1)]);
}

/// One look is enough: who presents as part of a group that goes from the members goes with it.
#[test]
fn presenters_go_with_the_group_that_made_them_members() {
    let mut c = before();
    let room = Node::Room(RoomId(2));
    let changes = [
        nest(10, 1),
        grant(CATEGORY, Role::Allowed, 10),
        grant(room, Role::Member, 10),
        grant(room, Role::Presenter, 1),
    ];
    changes.iter().for_each(|change| c.apply(change));
    let done = carry_out(&mut c, &revoke(CATEGORY, Role::Allowed, 10));
    assert_eq!(
        done[1..],
        [revoke(room, Role::Member, 10), revoke(room, Role::Presenter, 1)]
    );
}

#[test]
fn a_room_touches_itself_and_what_bars_or_lets_nobody_on_a_list_touches_nothing() {
    let room = put_room(1, 2, Privacy::Open, RoomType::Normal, false);
    assert_eq!(touched(&room), [ROOM]);
    assert_eq!(touched(&revoke(ROOM, Role::Member, 1)), [ROOM]);
    assert_eq!(touched(&revoke(ROOM, Role::Manager, 1)), []);
    assert_eq!(touched(&Change::RemoveRoom(RoomId(1))), []);
    assert_eq!(touched(&Change::RemoveBarrier(causerie_model::BarrierId(1))), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// [`carry_out`] looks at all nodes.
    #[test]
    fn nothing_is_stale_elsewhere(changes in prop::collection::vec(change(), 1..60)) {
        let mut c = Catalogue::default();
        for change in beginning().iter().chain(&changes) {
            if is_sound(&c, change) {
                carry_out(&mut c, change);
            }
        }
    }
}
