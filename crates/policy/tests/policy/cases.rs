//! Single cases, each with the rule that must be named.

use crate::facts::{CATEGORY, ROOM, USER, catalogue, category, grant, group, nest, room, user};
use causerie_model::{
    Barrier, BarrierId, Catalogue, CategoryId, Change, ComplianceMode, Node, Policy, PrincipalId, Privacy,
    Role, RoomId, RoomType,
};
use causerie_policy::{
    Action, AdminAct, AdminRole, CategoryAction, Rule, decide, decide_admin, decide_category,
    decide_compliance, decide_token, explain, may_hold, permissions,
};
use std::collections::BTreeSet;

/// User 1, groups 10 and 11, and one room, with these lists.
fn with(room: Change, lists: &[Change]) -> Catalogue {
    let base = [user(1, true), group(10), group(11), category(CATEGORY), room];
    catalogue(base.into_iter().chain(lists.iter().cloned()))
}

fn closed() -> Change {
    room(Privacy::Closed, RoomType::Normal, false)
}

fn rule(catalogue: &Catalogue, action: Action) -> Rule {
    decide(catalogue, USER, action, ROOM).rule
}

#[test]
fn masks_are_those_of_the_original() {
    use Role::{Allowed, Manager, Member, Presenter};
    let mask = |room_type, roles: &[Role]| {
        let lists: Vec<Change> = roles.iter().map(|role| grant(*role, 1)).collect();
        permissions(&with(room(Privacy::Closed, room_type, false), &lists), USER, ROOM).0
    };
    assert_eq!(mask(RoomType::Normal, &[Allowed]), 2048);
    assert_eq!(mask(RoomType::Normal, &[Allowed, Member]), 3456);
    assert_eq!(mask(RoomType::Normal, &[Allowed, Member, Manager]), 11652);
    assert_eq!(mask(RoomType::Normal, &[Allowed, Manager]), 10244);
    assert_eq!(mask(RoomType::Auditorium, &[Allowed, Member]), 3456);
    assert_eq!(mask(RoomType::Auditorium, &[Allowed, Member, Presenter]), 7552);
    assert_eq!(
        mask(RoomType::Auditorium, &[Allowed, Member, Manager, Presenter]),
        15748
    );
    assert_eq!(mask(RoomType::Normal, &[Member, Manager]), 0);
}

#[test]
fn a_denied_group_beats_an_allowed_user() {
    let lists = [
        nest(10, 1),
        nest(11, 10),
        grant(Role::Allowed, 1),
        grant(Role::Denied, 11),
        grant(Role::Member, 1),
    ];
    assert_eq!(
        rule(&with(closed(), &lists), Action::Join),
        Rule::DeniedByCategory
    );
}

#[test]
fn roles_come_through_nested_groups() {
    let lists = [
        nest(10, 1),
        nest(11, 10),
        grant(Role::Allowed, 11),
        grant(Role::Member, 10),
    ];
    let mut c = with(closed(), &lists);
    assert_eq!(rule(&c, Action::Join), Rule::Member);
    c.apply(&Change::RemoveFromGroup {
        group: PrincipalId(11),
        member: PrincipalId(10),
    });
    assert_eq!(rule(&c, Action::Join), Rule::OutOfScope);
}

#[test]
fn an_empty_allowed_list_allows_nobody() {
    let open = room(Privacy::Open, RoomType::Normal, false);
    assert_eq!(rule(&with(open, &[]), Action::See), Rule::OutOfScope);
    let members = [grant(Role::Member, 1), grant(Role::Manager, 1)];
    assert_eq!(rule(&with(closed(), &members), Action::Manage), Rule::OutOfScope);
}

#[test]
fn a_manager_runs_a_room_that_he_cannot_enter() {
    let secret = room(Privacy::Secret, RoomType::Normal, false);
    let c = with(secret, &[grant(Role::Allowed, 1), grant(Role::Manager, 1)]);
    assert_eq!(rule(&c, Action::See), Rule::Manager);
    assert_eq!(rule(&c, Action::Manage), Rule::Manager);
    assert_eq!(rule(&c, Action::Join), Rule::NotAMember);
    assert_eq!(rule(&c, Action::ReadHistory), Rule::NotAMember);
}

#[test]
fn a_disabled_room_can_only_be_managed() {
    let lists = [
        grant(Role::Allowed, 1),
        grant(Role::Member, 1),
        grant(Role::Manager, 1),
    ];
    let c = with(room(Privacy::Closed, RoomType::Normal, true), &lists);
    for action in [Action::See, Action::Join, Action::Post, Action::ReadHistory] {
        assert_eq!(rule(&c, action), Rule::RoomDisabled, "{action:?}");
    }
    assert_eq!(rule(&c, Action::Manage), Rule::Manager);
    assert_eq!(permissions(&c, USER, ROOM).0, 4);
}

#[test]
fn a_presenter_posts_only_if_he_may_enter() {
    let lists = [grant(Role::Allowed, 1), grant(Role::Presenter, 1)];
    let post = |privacy| {
        rule(
            &with(room(privacy, RoomType::Auditorium, false), &lists),
            Action::Post,
        )
    };
    assert_eq!(post(Privacy::Closed), Rule::NotAMember);
    assert_eq!(post(Privacy::Secret), Rule::SecretRoomHidden);
    assert_eq!(post(Privacy::Open), Rule::Presenter);
}

#[test]
fn a_group_is_not_somebody_who_asks() {
    let c = with(closed(), &[grant(Role::Allowed, 10), grant(Role::Member, 10)]);
    assert_eq!(
        decide(&c, PrincipalId(10), Action::Join, ROOM).rule,
        Rule::UserUnknown
    );
}

#[test]
fn a_room_without_its_category_is_out_of_everybodys_scope() {
    let mut c = with(closed(), &[grant(Role::Allowed, 1), grant(Role::Member, 1)]);
    c.apply(&Change::RemoveCategory(CATEGORY));
    assert_eq!(rule(&c, Action::Join), Rule::OutOfScope);
}

#[test]
fn creating_takes_a_creator_in_scope() {
    let create = |lists: &[Change], id| {
        decide_category(
            &with(closed(), lists),
            USER,
            CategoryAction::CreateRoom,
            CategoryId(id),
        )
        .rule
    };
    let (allowed, creator) = (grant(Role::Allowed, 1), grant(Role::Creator, 1));
    assert_eq!(create(&[allowed.clone(), creator.clone()], 1), Rule::Creator);
    assert_eq!(create(std::slice::from_ref(&allowed), 1), Rule::NotACreator);
    assert_eq!(create(std::slice::from_ref(&creator), 1), Rule::OutOfScope);
    assert_eq!(
        create(&[allowed.clone(), creator, grant(Role::Denied, 1)], 1),
        Rule::DeniedByCategory
    );
    assert_eq!(create(&[allowed], 2), Rule::NoSuchCategory);
    let disabled = catalogue([user(1, false), category(CATEGORY)]);
    let verdict = decide_category(&disabled, USER, CategoryAction::CreateRoom, CATEGORY);
    assert_eq!(verdict.rule, Rule::UserDisabled);
}

#[test]
fn every_rule_decides_something() {
    let room_node = Node::Room(ROOM);
    let mut reached = BTreeSet::new();
    for &privacy in Privacy::ALL {
        for &room_type in RoomType::ALL {
            for disabled in [false, true] {
                for roles in 0..64_u32 {
                    let held = [
                        Role::Allowed,
                        Role::Denied,
                        Role::Creator,
                        Role::Member,
                        Role::Manager,
                        Role::Presenter,
                    ]
                    .into_iter()
                    .enumerate()
                    .filter(|(n, _)| roles & (1 << n) != 0)
                    .map(|(_, role)| grant(role, 1));
                    let lists: Vec<Change> = held.collect();
                    let c = with(room(privacy, room_type, disabled), &lists);
                    for &action in Action::ALL {
                        reached.insert(rule(&c, action));
                        reached.insert(decide(&c, PrincipalId(77), action, ROOM).rule);
                        reached.insert(decide(&c, USER, action, RoomId(77)).rule);
                    }
                    for category in [CATEGORY, CategoryId(77)] {
                        reached.insert(decide_category(&c, USER, CategoryAction::CreateRoom, category).rule);
                    }
                    reached.insert(may_hold(&c, USER, Role::Creator, room_node).rule);
                    reached.insert(may_hold(&c, USER, Role::Presenter, room_node).rule);
                    reached.insert(may_hold(&c, USER, Role::Denied, Node::Category(CATEGORY)).rule);
                    reached.insert(may_hold(&c, PrincipalId(77), Role::Member, room_node).rule);
                }
            }
        }
    }
    let disabled = catalogue([user(1, false), category(CATEGORY), closed()]);
    reached.insert(rule(&disabled, Action::See));
    for &role in AdminRole::ALL {
        reached.extend(AdminAct::ALL.iter().map(|act| decide_admin(role, *act).rule));
        reached.insert(decide_token(role, false, AdminRole::ComplianceOfficer).rule);
    }

    for &mode in ComplianceMode::ALL {
        reached.extend([false, true].map(|behind| decide_compliance(mode, behind).rule));
    }

    let lists = [grant(Role::Allowed, 1), grant(Role::Member, 1)];
    let mut c = with(closed(), &lists);
    reached.extend(
        explain(&c, USER, Action::Join, ROOM)
            .steps
            .iter()
            .map(|step| step.rule),
    );
    c.apply(&Change::PutPolicy(Policy {
        enable_persistent_chat: false,
        ..Policy::standard()
    }));
    reached.insert(rule(&c, Action::See));
    let mut c = with(closed(), &lists);
    c.apply(&nest(10, 1));
    c.apply(&Change::PutBarrier(Barrier {
        id: BarrierId(1),
        name: "Barrier".to_owned(),
        sides: [PrincipalId(10), PrincipalId(10)],
    }));
    reached.insert(rule(&c, Action::See));
    let all: BTreeSet<Rule> = Rule::ALL.iter().copied().collect();
    assert_eq!(reached, all);
}

#[test]
fn codes_are_distinct_and_sentences_are_sentences() {
    let codes: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.as_str()).collect();
    assert_eq!(codes.len(), Rule::ALL.len());
    for rule in Rule::ALL {
        let sentence = rule.to_string();
        assert!(
            sentence.ends_with('.') && sentence.starts_with(char::is_uppercase),
            "{sentence}"
        );
        assert!(
            rule.as_str().chars().all(|c| c.is_ascii_lowercase() || c == '-'),
            "{}",
            rule.as_str()
        );
        assert!(!(rule.allows() && rule.hides()), "{rule}");
    }
}
