//! Random changes as an administrator could make them, and the service's way of carrying them out.

use crate::facts::category;
use causerie_model::{
    Addin, AddinId, Alias, Barrier, BarrierId, Catalogue, CategoryId, Change, Configuration, Group,
    GroupKind, Invitations, Node, Policy, PrincipalId, Privacy, Role, Room, RoomId, RoomType, Scope,
    SipAddress, User,
};
use causerie_policy::{may_hold, stale_entries, touched_nodes};
use proptest::{prelude::*, sample::select};
use std::{collections::BTreeSet, ops::RangeInclusive};
use uuid::Uuid;

const USERS: RangeInclusive<i64> = 1..=5;
const GROUPS: RangeInclusive<i64> = 6..=12;
pub(crate) const ANYBODY: RangeInclusive<i64> = 1..=12;
pub(crate) const CATEGORIES: RangeInclusive<i64> = 1..=2;
pub(crate) const ROOMS: RangeInclusive<i64> = 1..=4;
const DOMAINS: [&str; 3] = ["x.test", "y.test", "z.test"];

/// The site and tag that users have and policies are for.
const SITE: &str = "Basel";
const TAG: &str = "Traders";

pub(crate) fn put_user(id: i64, domain: &str, enabled: bool, policy: bool, site: bool) -> Change {
    Change::PutUser(User {
        id: PrincipalId(id),
        address: format!("u{id}@{domain}").parse().unwrap(),
        display_name: format!("User {id}"),
        enabled,
        policy: policy.then(|| TAG.to_owned()),
        site: site.then(|| SITE.to_owned()),
    })
}

/// A domain is named as one, in another case than addresses are.
pub(crate) fn put_group(id: i64, kind: GroupKind, domain: &str) -> Change {
    let name = if kind == GroupKind::Domain {
        domain.to_uppercase()
    } else {
        format!("Group {id}")
    };
    let id = PrincipalId(id);
    Change::PutGroup(Group { id, name, kind })
}

pub(crate) fn put_room(
    id: i64,
    category: i64,
    privacy: Privacy,
    room_type: RoomType,
    disabled: bool,
) -> Change {
    Change::PutRoom(Room {
        id: RoomId(id),
        guid: Uuid::from_u128(u128::from(id.unsigned_abs())),
        category: CategoryId(category),
        name: format!("Room {id}"),
        description: String::new(),
        room_type,
        privacy,
        invitations: Invitations::Inherit,
        disabled,
        addin: None,
        audit: causerie_model::Audit::default(),
    })
}

fn barrier(id: i64, one: i64, two: i64) -> Change {
    Change::PutBarrier(Barrier {
        id: BarrierId(id),
        name: format!("Barrier {id}"),
        sides: [PrincipalId(one), PrincipalId(two)],
    })
}

fn scope() -> impl Strategy<Value = Scope> {
    select(vec![
        Scope::Global,
        Scope::Site(SITE.to_owned()),
        Scope::Tag(TAG.to_owned()),
    ])
}

fn entry() -> impl Strategy<Value = (Node, Role, PrincipalId)> {
    // Scope in half of the cases, and seldom denied, or hardly anybody would hold anything.
    let of_category = prop_oneof![
        4 => Just(Role::Allowed),
        2 => Just(Role::Denied),
        2 => Just(Role::Creator),
    ];
    let in_category = (CATEGORIES, of_category).prop_map(|(id, role)| (Node::Category(CategoryId(id)), role));
    let of_room = prop_oneof![
        3 => Just(Role::Member),
        1 => Just(Role::Manager),
        2 => Just(Role::Presenter),
    ];
    let in_room = (ROOMS, of_room).prop_map(|(id, role)| (Node::Room(RoomId(id)), role));
    (prop_oneof![in_category, in_room], ANYBODY)
        .prop_map(|((node, role), principal)| (node, role, PrincipalId(principal)))
}

pub(crate) fn change() -> impl Strategy<Value = Change> {
    let user = (
        USERS,
        select(&DOMAINS[..]),
        prop::bool::weighted(0.9),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(id, domain, enabled, policy, site)| put_user(id, domain, enabled, policy, site));
    let group = (GROUPS, select(GroupKind::ALL), select(&DOMAINS[..]))
        .prop_map(|(id, kind, domain)| put_group(id, kind, domain));
    let room = (
        ROOMS,
        CATEGORIES,
        select(Privacy::ALL),
        prop_oneof![1 => Just(RoomType::Normal), 2 => Just(RoomType::Auditorium)],
        prop::bool::weighted(0.1),
    )
        .prop_map(|(id, category, privacy, kind, disabled)| put_room(id, category, privacy, kind, disabled));
    let nesting = (any::<bool>(), GROUPS, ANYBODY).prop_map(|(add, group, member)| {
        let (group, member) = (PrincipalId(group), PrincipalId(member));
        if add {
            Change::AddToGroup { group, member }
        } else {
            Change::RemoveFromGroup { group, member }
        }
    });
    let grant = entry().prop_map(|(node, role, principal)| Change::Grant {
        node,
        role,
        principal,
    });
    let revoke = entry().prop_map(|(node, role, principal)| Change::Revoke {
        node,
        role,
        principal,
    });
    let policy = (scope(), any::<bool>()).prop_map(|(scope, enable)| {
        Change::PutPolicy(Policy {
            scope,
            enable_persistent_chat: enable,
            description: String::new(),
        })
    });
    prop_oneof![
        3 => user,
        1 => USERS.prop_map(|id| Change::RemoveUser(PrincipalId(id))),
        2 => group,
        1 => GROUPS.prop_map(|id| Change::RemoveGroup(PrincipalId(id))),
        6 => nesting,
        1 => CATEGORIES.prop_map(|id| Change::RemoveCategory(CategoryId(id))),
        1 => CATEGORIES.prop_map(|id| category(CategoryId(id))),
        3 => room,
        1 => ROOMS.prop_map(|id| Change::RemoveRoom(RoomId(id))),
        16 => grant,
        3 => revoke,
        3 => (1..=2_i64, GROUPS, GROUPS).prop_map(|(id, one, two)| barrier(id, one, two)),
        1 => (1..=2_i64).prop_map(|id| Change::RemoveBarrier(BarrierId(id))),
        1 => policy,
        1 => scope().prop_map(Change::RemovePolicy),
    ]
}

/// Five users in two domains, a nest of groups, rooms of all kinds, and a barrier.
pub(crate) fn beginning() -> Vec<Change> {
    let users = USERS.map(|id| put_user(id, DOMAINS[usize::from(id > 3)], true, id == 1, id == 2));
    let groups = GROUPS.map(|id| match id {
        6 => put_group(id, GroupKind::Domain, DOMAINS[0]),
        7 => put_group(id, GroupKind::Unit, ""),
        _ => put_group(id, GroupKind::Group, ""),
    });
    let rooms = [
        put_room(1, 1, Privacy::Closed, RoomType::Normal, false),
        put_room(2, 1, Privacy::Closed, RoomType::Auditorium, false),
        put_room(3, 1, Privacy::Secret, RoomType::Auditorium, false),
        put_room(4, 2, Privacy::Open, RoomType::Auditorium, false),
    ];
    let nestings =
        [(7, 4), (7, 5), (8, 6), (9, 1), (9, 4), (11, 2), (12, 3), (12, 5)].map(|(group, member)| {
            Change::AddToGroup {
                group: PrincipalId(group),
                member: PrincipalId(member),
            }
        });
    let allowed = [(1, 8), (1, 7), (2, 9)].map(|(category, principal)| Change::Grant {
        node: Node::Category(CategoryId(category)),
        role: Role::Allowed,
        principal: PrincipalId(principal),
    });
    let room = |id| Node::Room(RoomId(id));
    let roles = [
        (Node::Category(CategoryId(1)), Role::Creator, 4),
        (room(2), Role::Member, 1),
        (room(2), Role::Presenter, 1),
        (room(3), Role::Member, 7),
        (room(3), Role::Manager, 1),
        (room(4), Role::Presenter, 4),
    ];
    let roles = roles.map(|(node, role, principal)| Change::Grant {
        node,
        role,
        principal: PrincipalId(principal),
    });
    users
        .chain(groups)
        .chain(CATEGORIES.map(|id| category(CategoryId(id))))
        .chain(rooms)
        .chain(nestings)
        .chain(allowed)
        .chain(roles)
        .chain([barrier(1, 11, 12)])
        .collect()
}

/// Whether the service would carry this out: what is named exists, names are unique, and roles are held by those who may.
pub(crate) fn is_sound(catalogue: &Catalogue, change: &Change) -> bool {
    let exists = |id| catalogue.user(id).is_some() || catalogue.group(id).is_some();
    match change {
        Change::PutGroup(group) => catalogue
            .group_by_name(&group.name)
            .is_none_or(|other| other.id == group.id),
        Change::AddToGroup { group, member } => catalogue.group(*group).is_some() && exists(*member),
        Change::RemoveCategory(id) => catalogue.rooms_in(*id).next().is_none(),
        Change::PutRoom(room) => catalogue.category(room.category).is_some(),
        Change::Grant {
            node,
            role,
            principal,
        } => may_hold(catalogue, *principal, *role, *node).allowed,
        Change::PutBarrier(barrier) => barrier.sides.iter().all(|side| catalogue.group(*side).is_some()),
        _ => true,
    }
}

/// Changes of which decisions know nothing, and users beyond all others.
pub(crate) fn other_change() -> impl Strategy<Value = Change> {
    let alias = "rooms@x.test".parse::<SipAddress>().unwrap();
    let removed = alias.clone();
    let addin = (1..=2_i64, any::<bool>()).prop_map(|(id, other)| {
        Change::PutAddin(Addin {
            id: AddinId(id),
            guid: Uuid::from_u128(u128::from(id.unsigned_abs())),
            name: format!("Add-in {id} {other}"),
            url: "https://x.test/".to_owned(),
        })
    });
    let configuration = (scope(), any::<Option<u32>>()).prop_map(|(scope, limit)| {
        Change::PutConfiguration(Configuration {
            participant_update_limit: limit,
            ..Configuration::empty(scope)
        })
    });
    prop_oneof![
        (13..=15_i64).prop_map(|id| put_user(id, DOMAINS[2], true, false, false)),
        addin,
        (1..=2_i64).prop_map(|id| Change::RemoveAddin(AddinId(id))),
        configuration,
        scope().prop_map(Change::RemoveConfiguration),
        any::<bool>().prop_map(move |other| Change::PutAlias(Alias {
            address: alias.clone(),
            display_name: format!("Rooms {other}"),
        })),
        Just(Change::RemoveAlias(removed)),
    ]
}

/// Every node there may be.
pub(crate) fn nodes() -> impl Iterator<Item = Node> {
    let categories = CATEGORIES.map(|id| Node::Category(CategoryId(id)));
    categories.chain(ROOMS.map(|id| Node::Room(RoomId(id))))
}

pub(crate) fn revokes(catalogue: &Catalogue, node: Node) -> Vec<Change> {
    let stale = stale_entries(catalogue, node).into_iter();
    stale
        .map(|(role, principal, _)| Change::Revoke {
            node,
            role,
            principal,
        })
        .collect()
}

/// Carries out a change and what follows from it, and returns all of it. Panics if [`touched_nodes`] misses a node.
pub(crate) fn carry_out(catalogue: &mut Catalogue, change: &Change) -> Vec<Change> {
    let touched: BTreeSet<Node> = touched_nodes(catalogue, change);
    catalogue.apply(change);
    for node in nodes().filter(|node| !touched.contains(node)) {
        let stale = stale_entries(catalogue, node);
        assert!(
            stale.is_empty(),
            "{change:?} touches {touched:?}, but in {node:?} makes stale {stale:?}"
        );
    }
    let follow: Vec<Change> = touched
        .iter()
        .flat_map(|node| revokes(catalogue, *node))
        .collect();
    follow.iter().for_each(|revoke| catalogue.apply(revoke));
    for node in nodes() {
        assert_eq!(
            stale_entries(catalogue, node),
            [],
            "{node:?} after the revocations that follow {change:?}"
        );
    }
    std::iter::once(change.clone()).chain(follow).collect()
}
