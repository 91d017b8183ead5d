//! Who may be put on a list while there are barriers.

use crate::facts::{CATEGORY, ROOM, catalogue, category, grant, group, nest, room, user};
use causerie_model::{Barrier, BarrierId, Catalogue, Change, Node, PrincipalId, Privacy, Role, RoomType};
use causerie_policy::{Action, Rule, decide, may_hold};

const BROKERS: i64 = 10;
const ANALYSTS: i64 = 11;
const STAFF: i64 = 12;

/// Ann (1) is a broker, Bob (2) an analyst, Cleo (3) neither, and all are staff, who are in scope.
fn bank(privacy: Privacy, more: &[Change]) -> Catalogue {
    let base = [
        user(1, true),
        user(2, true),
        user(3, true),
        group(BROKERS),
        group(ANALYSTS),
        group(STAFF),
        nest(BROKERS, 1),
        nest(ANALYSTS, 2),
        nest(STAFF, BROKERS),
        nest(STAFF, ANALYSTS),
        nest(STAFF, 3),
        category(CATEGORY),
        room(privacy, RoomType::Normal, false),
        grant(Role::Allowed, STAFF),
        Change::PutBarrier(Barrier {
            id: BarrierId(1),
            name: "Brokers and analysts".to_owned(),
            sides: [PrincipalId(BROKERS), PrincipalId(ANALYSTS)],
        }),
    ];
    catalogue(base.into_iter().chain(more.iter().cloned()))
}

fn holds(catalogue: &Catalogue, principal: i64) -> Rule {
    may_hold(catalogue, PrincipalId(principal), Role::Member, Node::Room(ROOM)).rule
}

fn joins(catalogue: &Catalogue) -> [Rule; 3] {
    [1, 2, 3].map(|id| decide(catalogue, PrincipalId(id), Action::Join, ROOM).rule)
}

#[test]
fn a_closed_room_takes_the_people_of_one_side() {
    let empty = bank(Privacy::Closed, &[]);
    assert_eq!([1, 2, 3].map(|id| holds(&empty, id)), [Rule::InScope; 3]);
    assert_eq!(holds(&empty, STAFF), Rule::BehindBarrier, "staff are both");
    let with_ann = bank(Privacy::Closed, &[grant(Role::Member, 1)]);
    assert_eq!(
        [1, 2, 3, BROKERS, ANALYSTS].map(|id| holds(&with_ann, id)),
        [
            Rule::InScope,
            Rule::BehindBarrier,
            Rule::InScope,
            Rule::InScope,
            Rule::BehindBarrier
        ]
    );
    let out = [Rule::Member, Rule::BehindBarrier, Rule::NotAMember];
    assert_eq!(joins(&with_ann), out);
}

#[test]
fn an_open_room_in_the_scope_of_both_sides_is_closed_to_both() {
    let both = [Rule::BehindBarrier, Rule::BehindBarrier, Rule::OpenRoom];
    assert_eq!(joins(&bank(Privacy::Open, &[])), both);
}

#[test]
fn a_room_that_both_came_into_before_the_barrier_is_closed_to_both() {
    let members = [
        grant(Role::Member, 1),
        grant(Role::Member, 2),
        grant(Role::Member, 3),
    ];
    let both = [Rule::BehindBarrier, Rule::BehindBarrier, Rule::Member];
    assert_eq!(joins(&bank(Privacy::Secret, &members)), both);
}

/// The wall that the category makes itself is enough: nobody needs a second one.
#[test]
fn a_category_that_denies_one_side_takes_lists_of_all() {
    for denied in [BROKERS, ANALYSTS] {
        let open = bank(Privacy::Open, &[grant(Role::Denied, denied)]);
        let of_side = |id: i64| id == denied - BROKERS + 1;
        for (id, rule) in [1, 2, 3].into_iter().zip(joins(&open)) {
            let expected = if of_side(id) {
                Rule::DeniedByCategory
            } else {
                Rule::OpenRoom
            };
            assert_eq!(rule, expected, "{id} where {denied} are denied");
        }
        let closed = bank(Privacy::Closed, &[grant(Role::Denied, denied)]);
        assert_eq!(holds(&closed, STAFF), Rule::InScope, "where {denied} are denied");
        let other = BROKERS + ANALYSTS - denied;
        let members = [grant(Role::Denied, denied), grant(Role::Member, other)];
        assert_eq!(holds(&bank(Privacy::Closed, &members), STAFF), Rule::InScope);
    }
}
