//! Every kind of room against every kind of user.

use crate::facts::{CATEGORY, Facts, ROOM, USER, catalogue, category, grant, room, user};
use causerie_model::{Catalogue, CategoryId, Change, Node, Privacy, Role, RoomId, RoomType};
use causerie_policy::{Action, Asker, CategoryAction, Reading, Rule, decide, permissions};

fn every_case() -> Vec<(Facts, Catalogue)> {
    let mut cases = Vec::new();
    for &privacy in Privacy::ALL {
        for &room_type in RoomType::ALL {
            for bits in 0..1_u32 << 7 {
                let bit = |n: u32| bits & (1 << n) != 0;
                let facts = Facts {
                    enabled: bit(0),
                    allowed: bit(1),
                    denied: bit(2),
                    privacy,
                    room_type,
                    disabled: bit(3),
                    member: bit(4),
                    manager: bit(5),
                    presenter: bit(6),
                };
                let roles = [
                    (facts.allowed, Role::Allowed),
                    (facts.denied, Role::Denied),
                    (facts.member, Role::Member),
                    (facts.manager, Role::Manager),
                    (facts.presenter, Role::Presenter),
                ];
                let base = [
                    user(1, facts.enabled),
                    category(CATEGORY),
                    room(privacy, room_type, facts.disabled),
                ];
                let grants = roles
                    .into_iter()
                    .filter(|(held, _)| *held)
                    .map(|(_, role)| grant(role, 1));
                cases.push((facts, catalogue(base.into_iter().chain(grants))));
            }
        }
    }
    cases
}

#[test]
fn every_case_is_decided_as_the_rules_say() {
    let cases = every_case();
    assert_eq!(cases.len(), 3 * 2 * 128);
    for (facts, catalogue) in &cases {
        for &action in Action::ALL {
            let verdict = decide(catalogue, USER, action, ROOM);
            assert_eq!(
                verdict.allowed,
                facts.may(action),
                "{action:?} by {verdict:?}: {facts:?}"
            );
            assert_eq!(verdict.allowed, verdict.rule.allows());
        }
        assert_eq!(permissions(catalogue, USER, ROOM).0, facts.mask(), "{facts:?}");
    }
}

#[test]
fn a_room_that_is_hidden_answers_like_one_that_does_not_exist() {
    for (facts, catalogue) in &every_case() {
        for &action in Action::ALL {
            let here = decide(catalogue, USER, action, ROOM).rule;
            let nowhere = decide(catalogue, USER, action, RoomId(99)).rule;
            let same = here.told() == nowhere.told();
            assert_eq!(same, !facts.knows(), "{action:?} by {here:?}: {facts:?}");
        }
        assert_eq!(permissions(catalogue, USER, RoomId(99)).0, 0);
    }
}

#[test]
fn the_refusing_rule_is_the_first_that_applies() {
    for (facts, catalogue) in &every_case() {
        let listed = facts.member || facts.manager;
        let enters = facts.member || facts.privacy == Privacy::Open;
        let first = if !facts.enabled {
            Rule::UserDisabled
        } else if facts.denied {
            Rule::DeniedByCategory
        } else if !facts.allowed {
            Rule::OutOfScope
        } else if facts.privacy == Privacy::Secret && !listed {
            Rule::SecretRoomHidden
        } else if facts.disabled {
            Rule::RoomDisabled
        } else if !enters {
            Rule::NotAMember
        } else if facts.room_type == RoomType::Auditorium && !facts.presenter {
            Rule::NotAPresenter
        } else if facts.room_type == RoomType::Auditorium {
            Rule::Presenter
        } else if facts.privacy == Privacy::Open {
            Rule::OpenRoom
        } else {
            Rule::Member
        };
        assert_eq!(
            decide(catalogue, USER, Action::Post, ROOM).rule,
            first,
            "{facts:?}"
        );
    }
}

#[test]
fn in_every_case_cards_lists_and_candidates_are_told_to_those_who_may_know() {
    for (facts, catalogue) in every_case() {
        let asker = Asker::new(&catalogue, USER);
        let manages = facts.may(Action::Manage);
        for (reading, may) in [
            (Reading::Card, manages || facts.may(Action::See)),
            (Reading::Lists, manages || facts.may(Action::Join)),
            (Reading::Candidates, manages),
        ] {
            let verdict = asker.may_read(reading, ROOM);
            assert_eq!(verdict.allowed, may, "{reading:?} by {verdict:?}: {facts:?}");
            if facts.enabled && !facts.knows() {
                assert!(verdict.rule.hides(), "{reading:?} by {verdict:?}: {facts:?}");
            }
        }
        let scope = asker.may_read_scope(CATEGORY);
        assert_eq!(scope.allowed, manages, "{scope:?}: {facts:?}");
        assert_eq!(asker.may_look_up().allowed, facts.enabled);
    }
}

#[test]
fn creators_learn_who_is_in_scope_and_managers_elsewhere_do_not() {
    let other = CategoryId(2);
    let base = || {
        [
            user(1, true),
            category(CATEGORY),
            category(other),
            grant(Role::Allowed, 1),
        ]
    };
    let creator = catalogue(base().into_iter().chain([grant(Role::Creator, 1)]));
    let creator = Asker::new(&creator, USER);
    assert_eq!(creator.may_read_scope(CATEGORY).rule, Rule::Creator);
    assert_eq!(
        creator.may_read_scope(CATEGORY),
        creator.decide_category(CategoryAction::CreateRoom, CATEGORY)
    );
    assert_eq!(creator.may_read_scope(CategoryId(7)).rule, Rule::NoSuchCategory);
    let managed = [
        room(Privacy::Closed, RoomType::Normal, false),
        grant(Role::Manager, 1),
    ];
    let in_both = Change::Grant {
        node: Node::Category(other),
        role: Role::Allowed,
        principal: USER,
    };
    let manager = catalogue(base().into_iter().chain(managed).chain([in_both]));
    let manager = Asker::new(&manager, USER);
    assert_eq!(manager.may_read_scope(CATEGORY).rule, Rule::Manager);
    assert_eq!(manager.may_read_scope(other).rule, Rule::NotACreator);
}
