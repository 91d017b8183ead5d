//! Random catalogues with nested and looping groups.

use crate::facts::{CATEGORY, Facts, ROOM, catalogue, category, grant, group, nest, room, user};
use causerie_model::{PrincipalId, Privacy, Role, RoomType};
use causerie_policy::{Action, Asker, decide, may_hold, permissions};
use proptest::prelude::*;

/// Users are 1 to 4, the last of them disabled; groups are 5 to 9.
const USERS: std::ops::RangeInclusive<i64> = 1..=4;
const GROUPS: std::ops::RangeInclusive<i64> = 5..=9;
const DISABLED_USER: i64 = 4;

const ROLES: [Role; 5] = [
    Role::Allowed,
    Role::Denied,
    Role::Member,
    Role::Manager,
    Role::Presenter,
];

/// Whether `group` holds `principal` through any number of groups: try all until nothing is new.
fn reaches(group: i64, principal: i64, nestings: &[(i64, i64)]) -> bool {
    let mut inside = vec![group];
    loop {
        let more: Vec<i64> = nestings
            .iter()
            .filter(|(outer, inner)| inside.contains(outer) && !inside.contains(inner))
            .map(|(_, inner)| *inner)
            .collect();
        if more.is_empty() {
            return inside.contains(&principal);
        }
        inside.extend(more);
    }
}

fn role() -> impl Strategy<Value = Role> {
    // Scope twice as often as its exceptions, or hardly anybody would be in it.
    prop_oneof![Just(Role::Allowed), proptest::sample::select(ROLES.as_slice())]
}

proptest! {
    #[test]
    fn any_catalogue_is_decided_as_the_rules_say(
        nestings in prop::collection::vec((GROUPS, 1..=*GROUPS.end()), 0..14),
        grants in prop::collection::vec((role(), 1..=*GROUPS.end()), 0..9),
        privacy in proptest::sample::select(Privacy::ALL),
        room_type in proptest::sample::select(RoomType::ALL),
        disabled in prop::bool::weighted(0.2),
    ) {
        let c = catalogue(
            USERS.map(|id| user(id, id != DISABLED_USER))
                .chain(GROUPS.map(group))
                .chain([category(CATEGORY), room(privacy, room_type, disabled)])
                .chain(nestings.iter().map(|(outer, inner)| nest(*outer, *inner)))
                .chain(grants.iter().map(|(role, id)| grant(*role, *id))),
        );
        for id in 1..=*GROUPS.end() {
            let who = PrincipalId(id);
            let has = |role| grants.iter().any(|(r, holder)| {
                *r == role && (*holder == id || reaches(*holder, id, &nestings))
            });
            let facts = Facts {
                enabled: USERS.contains(&id) && id != DISABLED_USER,
                allowed: has(Role::Allowed),
                denied: has(Role::Denied),
                privacy,
                room_type,
                disabled,
                member: has(Role::Member),
                manager: has(Role::Manager),
                presenter: has(Role::Presenter),
            };
            let asker = Asker::new(&c, who);
            for &action in Action::ALL {
                let verdict = decide(&c, who, action, ROOM);
                prop_assert_eq!(verdict.allowed, facts.may(action), "{:?} by {:?}: {:?}", action, verdict, facts);
                prop_assert_eq!(asker.decide(action, ROOM), verdict);
            }
            prop_assert_eq!(permissions(&c, who, ROOM).0, facts.mask(), "{:?}", facts);

            let scope = facts.allowed && !facts.denied;
            let member = facts.member || privacy == Privacy::Open;
            let presents = scope && room_type == RoomType::Auditorium && member;
            let node = causerie_model::Node::Room(ROOM);
            prop_assert_eq!(may_hold(&c, who, Role::Member, node).allowed, scope);
            prop_assert_eq!(may_hold(&c, who, Role::Manager, node).allowed, scope);
            prop_assert_eq!(may_hold(&c, who, Role::Presenter, node).allowed, presents);
        }
    }
}
