//! What holds after any sequence of changes, each followed by the revocations that it makes necessary.

use crate::changes::{
    ANYBODY, CATEGORIES, ROOMS, beginning, carry_out, change, is_sound, nodes, other_change, revokes,
};
use crate::plain::Plain;
use causerie_model::{
    Catalogue, CategoryId, Change, ComplianceMode, Node, PrincipalId, Role, RoomId, RoomType, Scope,
};
use causerie_policy::{
    Action, AdminAct, AdminRole, Asker, CategoryAction, Check, Rule, decide, decide_admin, decide_category,
    decide_compliance, decide_token, explain, may_chat, may_hold, permissions, touched_nodes,
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use std::collections::{BTreeMap, BTreeSet};

/// Everybody, and somebody who doesn't exist.
fn principals() -> impl Iterator<Item = PrincipalId> {
    ANYBODY.chain([99]).map(PrincipalId)
}

/// Every room, and one that doesn't exist.
fn rooms() -> impl Iterator<Item = RoomId> {
    ROOMS.chain([99]).map(RoomId)
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec(change(), 1..50)
}

/// Carries out all that is sound, and checks after each.
fn walk(changes: &[Change], mut check: impl FnMut(&Catalogue, &Plain)) {
    let (mut catalogue, mut plain) = (Catalogue::default(), Plain::default());
    for change in &beginning() {
        catalogue.apply(change);
        plain.apply(change);
    }
    check(&catalogue, &plain);
    for change in changes {
        if is_sound(&catalogue, change) {
            let done = carry_out(&mut catalogue, change);
            done.iter().for_each(|change| plain.apply(change));
            check(&catalogue, &plain);
        }
    }
}

/// All that the getters of a catalogue show. A clone has nothing remembered: asked of one, nothing is stale.
fn everything(c: &Catalogue) -> Vec<String> {
    let mut all = vec![
        format!("{:?}", c.users().collect::<Vec<_>>()),
        format!("{:?}", c.groups().collect::<Vec<_>>()),
        format!("{:?}", c.categories().collect::<Vec<_>>()),
        format!("{:?}", c.rooms().collect::<Vec<_>>()),
        format!("{:?}", c.barriers().collect::<Vec<_>>()),
        format!("{:?}", c.addins().collect::<Vec<_>>()),
        format!("{:?}", c.policies().collect::<Vec<_>>()),
        format!("{:?}", c.configurations().collect::<Vec<_>>()),
        format!("{:?}", c.aliases().collect::<Vec<_>>()),
        format!(
            "{:?}",
            (c.next_principal(), c.next_category(), c.next_room(RoomId(0)))
        ),
        format!(
            "{:?}",
            (
                c.next_barrier(),
                c.next_addin(),
                c.room_count(),
                c.category_count()
            )
        ),
        format!(
            "{:?}",
            c.effective(causerie_model::Effective::default(), Some("Basel"), "chat1")
        ),
    ];
    let sorted = |ids: &mut dyn Iterator<Item = PrincipalId>| ids.collect::<BTreeSet<_>>();
    for id in principals() {
        all.push(format!(
            "{id}: {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            c.affiliations(id),
            c.overlapping(id),
            c.below(id),
            sorted(&mut c.group_members(id)),
            sorted(&mut c.groups_of(id)),
            c.entries(id).collect::<Vec<_>>(),
            c.principal_name(id),
        ));
        for domain in ["x.test", "y.test", "z.test"] {
            let address = format!("u{id}@{domain}").parse().unwrap();
            all.push(format!(
                "{domain}: {:?}",
                c.user_by_address(&address).map(|user| user.id)
            ));
        }
    }
    for name in ["x.test", "Y.TEST", "z.test"]
        .map(ToOwned::to_owned)
        .into_iter()
        .chain(ANYBODY.map(|id| format!("group {id}")))
    {
        all.push(format!(
            "{name}: {:?}",
            c.group_by_name(&name).map(|group| group.id)
        ));
    }
    for id in CATEGORIES {
        let named = c
            .category_by_name(&format!("category {id}"))
            .map(|category| category.id);
        let rooms: Vec<RoomId> = c.rooms_in(CategoryId(id)).map(|room| room.id).collect();
        all.push(format!("{named:?} {rooms:?}"));
    }
    for id in ROOMS {
        let guid = uuid::Uuid::from_u128(u128::from(id.unsigned_abs()));
        let found = (c.room_by_name(&format!("room {id}")), c.room_by_guid(guid));
        all.push(format!("{found:?}"));
    }
    for node in nodes() {
        for role in Role::ALL {
            let holders: Vec<PrincipalId> = c.holders(node, *role).collect();
            all.push(format!(
                "{node:?} {role}: {holders:?} {}",
                c.has_holders(node, *role)
            ));
        }
    }
    all.push(format!("{:?}", c.policy(&Scope::Global)));
    all
}

/// The walks are worth something: each rule decides in them, of actions and of roles.
#[test]
fn the_walks_reach_every_rule() {
    let mut reached: BTreeMap<Rule, u32> = BTreeMap::new();
    let mut runner = TestRunner::deterministic();
    for _ in 0..96 {
        let changes = changes().new_tree(&mut runner).unwrap().current();
        walk(&changes, |_, plain| {
            for who in principals() {
                let mut rules = vec![plain.may_chat(who)];
                for room in rooms() {
                    rules.extend(
                        Action::ALL
                            .iter()
                            .map(|action| plain.decide(who, *action, room).rule),
                    );
                    rules.extend(
                        Role::ALL
                            .iter()
                            .map(|role| plain.may_hold(who, *role, Node::Room(room))),
                    );
                }
                for category in CATEGORIES.chain([99]).map(CategoryId) {
                    rules.push(plain.may_create(who, category).rule);
                    rules.push(plain.may_hold(who, Role::Denied, Node::Category(category)));
                }
                for rule in rules {
                    *reached.entry(rule).or_default() += 1;
                }
            }
        });
    }
    let on_the_way = [Rule::RoomEnabled, Rule::NoBarrier];
    let of_administration: BTreeSet<Rule> = AdminRole::ALL
        .iter()
        .flat_map(|role| {
            let acts = AdminAct::ALL.iter().map(|act| decide_admin(*role, *act).rule);
            acts.chain([decide_token(*role, false, AdminRole::ComplianceOfficer).rule])
        })
        .collect();
    let of_compliance: Vec<Rule> = ComplianceMode::ALL
        .iter()
        .flat_map(|mode| [false, true].map(|behind| decide_compliance(*mode, behind).rule))
        .collect();
    let elsewhere = |rule: &Rule| {
        on_the_way.contains(rule) || of_administration.contains(rule) || of_compliance.contains(rule)
    };
    for rule in Rule::ALL.iter().filter(|rule| !elsewhere(rule)) {
        let times = reached.get(rule).copied().unwrap_or_default();
        assert!(times >= 50, "{rule:?} decides {times} times: {reached:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn lists_hold_only_who_may_be_on_them(changes in changes()) {
        walk(&changes, |c, plain| {
            for node in nodes() {
                let (category, room) = match node {
                    Node::Category(id) => (id, None),
                    Node::Room(id) => match c.room(id) {
                        Some(room) => (room.category, Some(room)),
                        None => continue,
                    },
                };
                for role in [Role::Creator, Role::Member, Role::Manager, Role::Presenter] {
                    for holder in c.holders(node, role) {
                        let scope = plain.may_hold(holder, Role::Creator, Node::Category(category));
                        assert_eq!(scope, Rule::InScope, "{holder} as {role} of {node:?}");
                        if role == Role::Presenter {
                            let room = room.unwrap();
                            assert_eq!(room.room_type, RoomType::Auditorium, "{holder}");
                            let member = plain.holders(node, Role::Member).into_iter().any(|id| plain.is_in(holder, id));
                            assert!(member || room.privacy == causerie_model::Privacy::Open, "{holder} in {node:?}");
                        }
                    }
                }
            }
        });
    }

    #[test]
    fn every_decision_is_that_of_the_plain_rules(changes in changes()) {
        walk(&changes, |c, plain| {
            for who in principals() {
                assert_eq!(may_chat(c, who).rule, plain.may_chat(who));
                let asker = Asker::new(c, who);
                for room in rooms() {
                    for &action in Action::ALL {
                        let verdict = plain.decide(who, action, room);
                        assert_eq!(decide(c, who, action, room), verdict, "{who} {action:?} {room}");
                        assert_eq!(asker.decide(action, room), verdict, "{who} {action:?} {room}");
                    }
                    assert_eq!(permissions(c, who, room).0, plain.mask(who, room), "{who} {room}");
                }
                for category in CATEGORIES.chain([99]).map(CategoryId) {
                    let verdict = decide_category(c, who, CategoryAction::CreateRoom, category);
                    assert_eq!(verdict, plain.may_create(who, category), "{who} {category}");
                }
                for role in Role::ALL {
                    let with_role = rooms().filter(|room| {
                        let holders = plain.holders(Node::Room(*room), *role);
                        holders.into_iter().any(|holder| plain.is_in(who, holder))
                    });
                    assert_eq!(asker.rooms_with(*role), with_role.collect(), "{who} {role}");
                    for node in nodes() {
                        let verdict = may_hold(c, who, *role, node);
                        assert_eq!(verdict.rule, plain.may_hold(who, *role, node), "{who} {role} {node:?}");
                        assert_eq!(verdict.allowed, verdict.rule.allows());
                    }
                }
            }
        });
    }

    /// Whatever else is so, no two people from two sides of a barrier may enter the same room, nor one on both.
    #[test]
    fn the_two_sides_of_a_barrier_never_meet(changes in changes()) {
        walk(&changes, |c, plain| {
            for barrier in c.barriers() {
                let enter = |side, room| {
                    let people = principals().filter(|who| plain.is_in(*who, side));
                    people.filter(|who| decide(c, *who, Action::Join, room).allowed).collect::<Vec<_>>()
                };
                for room in rooms() {
                    let [one, two] = barrier.sides.map(|side| enter(side, room));
                    assert!(one.is_empty() || two.is_empty(), "{one:?} meet {two:?} in {room} by {barrier:?}");
                }
            }
        });
    }

    #[test]
    fn one_action_implies_another(changes in changes()) {
        walk(&changes, |c, _| {
            for who in principals() {
                for room in rooms() {
                    let may = |action| decide(c, who, action, room).allowed;
                    assert_eq!(may(Action::ReadHistory), may(Action::Join), "who enters reads, and the other way");
                    assert!(may(Action::Join) || !may(Action::Post), "who posts enters");
                    assert!(may(Action::See) || !may(Action::Join), "who enters sees");
                    let disabled = c.room(room).is_some_and(|room| room.disabled);
                    assert!(may(Action::See) || disabled || !may(Action::Manage), "who manages sees");
                    if c.room(room).is_some_and(|room| room.room_type == RoomType::Normal) {
                        assert_eq!(may(Action::Post), may(Action::Join), "who enters a normal room posts");
                    }
                    let see = decide(c, who, Action::See, room);
                    if may_chat(c, who).allowed && !see.allowed && see.rule != Rule::RoomDisabled {
                        assert_eq!(see.rule.told(), Rule::NoSuchRoom, "who doesn't see a room isn't told of it");
                    }
                    // A hidden room is hidden from every question.
                    let hidden = Action::ALL.iter().filter(|action| decide(c, who, **action, room).rule.hides());
                    assert!([0, Action::ALL.len()].contains(&hidden.count()), "{who} {room}");
                }
            }
        });
    }

    #[test]
    fn explanations_end_with_the_decision_and_lead_there(changes in changes()) {
        walk(&changes, |c, plain| {
            for who in principals() {
                for room in rooms() {
                    for &action in Action::ALL {
                        let explanation = explain(c, who, action, room);
                        let verdict = decide(c, who, action, room);
                        assert_eq!(explanation.verdict, verdict);
                        let steps = &explanation.steps;
                        assert!(steps.windows(2).all(|two| two[0].check <= two[1].check), "{steps:?}");
                        let (last, before) = steps.split_last().unwrap();
                        assert!(before.iter().all(|step| step.passed), "{steps:?}");
                        if verdict.rule == Rule::NoSuchRoom {
                            assert_eq!((last.check, last.passed), (Check::Account, true));
                        } else {
                            assert_eq!(last.passed, verdict.allowed, "{steps:?}");
                            let says = |step: &&causerie_policy::Step| {
                                (step.rule, step.entry, step.barrier) == (verdict.rule, verdict.entry, verdict.barrier)
                            };
                            let said = steps.iter().rfind(says).unwrap();
                            assert!(said == last || action == Action::See, "{steps:?}");
                        }
                        for step in steps {
                            let listed = step.entry.map(|entry| entry.principal);
                            let his = step.barrier.is_none() && listed.is_some_and(|id| plain.is_in(who, id));
                            assert_eq!(his, !step.path.is_empty(), "{step:?}");
                            assert!(his || listed.is_none() || step.rule == Rule::BehindBarrier, "{step:?}");
                            assert!(!his || (step.path.first(), step.path.last().copied()) == (Some(&who), listed));
                            for pair in step.path.windows(2) {
                                assert!(plain.is_directly_in(pair[0], pair[1]), "{step:?}");
                            }
                        }
                    }
                }
            }
        });
    }

    #[test]
    fn what_is_remembered_is_what_would_be_found(changes in changes()) {
        walk(&changes, |c, plain| {
            let forgetful = c.clone();
            for id in principals() {
                assert_eq!(c.affiliations(id), forgetful.affiliations(id), "{id}");
                assert_eq!(c.overlapping(id), forgetful.overlapping(id), "{id}");
                let groups: BTreeSet<PrincipalId> = principals().filter(|group| plain.is_in(id, *group)).collect();
                assert_eq!(c.affiliations(id).iter().copied().collect::<BTreeSet<_>>(), groups, "{id}");
                let overlapping: BTreeSet<PrincipalId> = principals().filter(|other| plain.share(id, *other)).collect();
                assert_eq!(*c.overlapping(id), overlapping, "{id}");
                assert_eq!(c.below(id), plain.inside(id).into_iter().collect(), "{id}");
            }
        });
    }

    #[test]
    fn entries_mirror_the_lists(changes in changes()) {
        walk(&changes, |c, plain| {
            for id in principals() {
                let mut listed = BTreeSet::new();
                for node in nodes() {
                    for role in Role::ALL {
                        let holders: Vec<PrincipalId> = c.holders(node, *role).collect();
                        assert_eq!(holders, plain.holders(node, *role), "{node:?} {role}");
                        assert_eq!(holders.contains(&id), c.is_listed(node, *role, id));
                        assert_eq!(c.has_holders(node, *role), !holders.is_empty());
                        if holders.contains(&id) {
                            listed.insert((node, *role));
                        }
                    }
                }
                assert_eq!(c.entries(id).collect::<BTreeSet<_>>(), listed, "{id}");
            }
        });
    }

    /// A supposition shows what the changes would make, and leaves no trace, though everything was asked before.
    #[test]
    fn suppositions_leave_everything_as_it_was(
        changes in prop::collection::vec(prop_oneof![4 => change(), 1 => other_change()], 1..40),
        length in 1..5_usize,
    ) {
        let mut c = Catalogue::default();
        beginning().iter().for_each(|change| c.apply(change));
        for supposed in changes.chunks(length) {
            let before = everything(&c);
            let mut after = c.clone();
            let mut sound = Vec::new();
            for change in supposed {
                if is_sound(&after, change) {
                    after.apply(change);
                    sound.push(change.clone());
                }
            }
            prop_assert_eq!(c.suppose(&sound, everything), everything(&after), "{:?}", sound);
            prop_assert_eq!(&everything(&c), &before, "{:?}", sound);
            prop_assert_eq!(everything(&c.clone()), before, "{:?}", sound);
            sound.iter().for_each(|change| c.apply(change));
        }
    }

    /// The service looks before it changes: what a supposition shows as stale is what will be.
    #[test]
    fn a_supposition_shows_what_a_change_makes_stale(changes in changes()) {
        let mut c = Catalogue::default();
        beginning().iter().for_each(|change| c.apply(change));
        for change in changes {
            if is_sound(&c, &change) {
                let touched = touched_nodes(&c, &change);
                let supposed: Vec<Change> = c.suppose(std::slice::from_ref(&change), |after| {
                    touched.iter().flat_map(|node| revokes(after, *node)).collect()
                });
                prop_assert_eq!(&carry_out(&mut c, &change)[1..], supposed);
            }
        }
    }
}
