//! What administrators and managers do, and what follows from it at once.

mod common;

use causerie_chat::{
    Action, ActionError, By, CategoryChange, ConfigurationChange, MAX_ACTIONS, NewBarrier, NewCategory,
    NewRoom, NodeName, PolicyChange, PrincipalName, Refusal, RoomChange, Settings, Told,
};
use causerie_model::{Actor, GroupKind, Invitations, Privacy, Role, RoomType, Scope};
use causerie_policy::Rule;
use common::{World, address};

fn admin() -> By {
    let by: By = Actor::Administrator("test".to_owned()).into();
    by.from("unix")
}

fn as_user(world: &World, name: &str) -> By {
    let id = world.chat.catalogue().user_by_address(&address(name)).unwrap().id;
    By::user(id, address(name), "192.0.2.1:5")
}

fn user(name: &str) -> PrincipalName {
    PrincipalName::User(address(name))
}

fn group(name: &str) -> PrincipalName {
    PrincipalName::Group(name.to_owned())
}

fn general() -> NodeName {
    NodeName::Category("General".to_owned())
}

fn room(name: &str) -> NodeName {
    NodeName::Room(name.to_owned())
}

fn grant(node: NodeName, role: Role, principal: PrincipalName) -> Action {
    Action::Grant {
        node,
        role,
        principal,
    }
}

fn revoke(node: NodeName, role: Role, principal: PrincipalName) -> Action {
    Action::Revoke {
        node,
        role,
        principal,
    }
}

fn new_group(name: &str) -> Action {
    Action::AddGroup {
        name: name.to_owned(),
        kind: GroupKind::Group,
    }
}

fn new_category(name: &str) -> Action {
    Action::AddCategory(NewCategory {
        name: name.to_owned(),
        description: String::new(),
        invitations: false,
        file_upload: false,
        history: true,
        compliance: causerie_model::ComplianceMode::Open,
    })
}

fn new_room(name: &str) -> Action {
    Action::AddRoom(NewRoom {
        name: name.to_owned(),
        category: "General".to_owned(),
        description: String::new(),
        room_type: RoomType::Normal,
        privacy: Privacy::Closed,
        invitations: Invitations::Inherit,
        addin: None,
        disabled: false,
    })
}

fn change_room(name: &str, change: RoomChange) -> Action {
    Action::ChangeRoom {
        name: name.to_owned(),
        change,
    }
}

/// Carries out one action and tells what was trimmed: `TARGET: ENTRIES`.
async fn trims(world: &World, action: Action) -> Vec<String> {
    let told = world.chat.act_all(admin(), vec![action]).await.unwrap();
    let trims = told.into_iter().filter(|told| told.what == "lists.trim");
    trims
        .map(|told| format!("{}: {}", told.target, told.before))
        .collect()
}

/// The records that tell of trimmed lists, as they name their place, with all chains whole.
async fn trim_records(world: &World) -> Vec<String> {
    world.verify().await;
    let records = world.records().await.into_iter();
    let bodies = records.filter(|record| record.body.contains("lists.trim"));
    let of = |body: &str| {
        let (_, rest) = body.split_once(r#""target":""#).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    bodies.map(|record| of(&record.body)).collect()
}

#[tokio::test]
async fn a_narrower_scope_takes_entries_from_rooms_and_creators_and_records_it() {
    let world = World::new().await;
    world.grant(general(), Role::Creator, "bob").await;
    world.grant(room("Deals"), Role::Manager, "bob").await;
    let mut told = trims(&world, revoke(general(), Role::Allowed, user("bob"))).await;
    told.sort();
    let bob = |role: &str| format!(r#"{role}="bob@example.test" (out-of-scope)"#);
    assert_eq!(
        told,
        [
            format!("category General: {}", bob("creator")),
            format!("room Deals: {} {}", bob("member"), bob("manager")),
            format!("room News: {}", bob("member")),
            format!("room X: {}", bob("member")),
        ]
    );
    let mut recorded = trim_records(&world).await;
    recorded.sort();
    assert_eq!(
        recorded,
        ["category General", "room Deals", "room News", "room X"]
    );
    // A denial does the same, and says that it was one.
    let told = trims(&world, grant(general(), Role::Denied, user("carol"))).await;
    assert_eq!(
        told,
        [r#"room News: member="carol@example.test" (denied-by-category)"#]
    );
    // In scope again he isn't back in any list.
    assert_eq!(
        trims(&world, grant(general(), Role::Allowed, user("bob"))).await,
        [""; 0]
    );
    let deals = world.id("Deals");
    let catalogue = world.chat.catalogue();
    assert_eq!(
        catalogue
            .holders(causerie_model::Node::Room(deals), Role::Member)
            .count(),
        1
    );
}

#[tokio::test]
async fn a_room_that_moves_leaves_behind_who_isnt_in_the_scope_there() {
    let world = World::new().await;
    world.act(new_category("Other")).await;
    let other = NodeName::Category("Other".to_owned());
    world.grant(other, Role::Allowed, "alice").await;
    let change = RoomChange {
        category: Some("Other".to_owned()),
        ..RoomChange::default()
    };
    assert_eq!(
        trims(&world, change_room("Deals", change)).await,
        [r#"room Deals: member="bob@example.test" (out-of-scope)"#]
    );
    assert_eq!(trim_records(&world).await, ["room Deals"]);
}

#[tokio::test]
async fn presenters_go_with_the_auditorium_and_with_their_membership() {
    let world = World::new().await;
    world.grant(room("News"), Role::Presenter, "bob").await;
    assert_eq!(
        trims(&world, revoke(room("News"), Role::Member, user("bob"))).await,
        [r#"room News: presenter="bob@example.test" (not-a-member)"#]
    );
    let change = RoomChange {
        room_type: Some(RoomType::Normal),
        ..RoomChange::default()
    };
    assert_eq!(
        trims(&world, change_room("News", change)).await,
        [r#"room News: presenter="alice@example.test" (not-an-auditorium)"#]
    );
    assert_eq!(trim_records(&world).await, ["room News", "room News"]);
}

#[tokio::test]
async fn who_leaves_the_group_by_which_he_was_in_scope_goes_off_the_lists() {
    let world = World::new().await;
    world.act(new_group("Desk")).await;
    let desk = |member: &str| Action::AddToGroup {
        group: "Desk".to_owned(),
        member: user(member),
    };
    world.act(desk("dave")).await;
    world.act(grant(general(), Role::Allowed, group("Desk"))).await;
    world.act(revoke(general(), Role::Allowed, user("dave"))).await;
    world.grant(room("Deals"), Role::Member, "dave").await;
    let left = Action::RemoveFromGroup {
        group: "Desk".to_owned(),
        member: user("dave"),
    };
    assert_eq!(
        trims(&world, left).await,
        [r#"room Deals: member="dave@example.test" (out-of-scope)"#]
    );
    assert_eq!(trim_records(&world).await, ["room Deals"]);
}

#[tokio::test]
async fn who_loses_his_membership_is_out_before_the_next_post() {
    let world = World::new().await;
    let mut alice = world.attach_in("alice", "Deals").await;
    let mut bob = world.attach_in("bob", "Deals").await;
    assert_eq!(alice.notice().await, "joined:bob");
    world.revoke(room("Deals"), Role::Member, "bob").await;
    assert_eq!(alice.post(world.guid("Deals"), "alone").await.unwrap(), 1);
    assert_eq!(alice.notice().await, "parted:bob");
    assert_eq!(alice.notice().await, "chat:1:alone");
    let refused = bob.post(world.guid("Deals"), "still here?").await;
    assert!(
        matches!(
            refused,
            Err(Refusal::NotJoined | Refusal::Denied(Rule::NotAMember))
        ),
        "{refused:?}"
    );
    world.verify().await;
}

#[tokio::test]
async fn a_barrier_puts_both_sides_out_and_they_see_the_room_no_more() {
    let world = World::new().await;
    let mut actions = Vec::new();
    for (name, member) in [("Bank", "alice"), ("Desk", "bob")] {
        actions.push(new_group(name));
        actions.push(Action::AddToGroup {
            group: name.to_owned(),
            member: user(member),
        });
    }
    world.chat.act_all(admin(), actions).await.unwrap();
    let mut alice = world.attach_in("alice", "Deals").await;
    let mut bob = world.attach_in("bob", "Deals").await;
    let wall = Action::AddBarrier(NewBarrier {
        name: "Wall".to_owned(),
        sides: ["Bank".to_owned(), "Desk".to_owned()],
    });
    assert_eq!(trims(&world, wall).await, [""; 0], "their entries stay");
    for device in [&mut alice, &mut bob] {
        let refused = device.join(world.guid("Deals")).await;
        assert!(matches!(refused, Err(Refusal::NoSuchRoom)), "{refused:?}");
    }
    assert_eq!(world.chat.present(world.id("Deals")), 0);
    world
        .act(Action::RemoveBarrier {
            name: "Wall".to_owned(),
        })
        .await;
    alice.join(world.guid("Deals")).await.unwrap();
}

/// All that an action could leave behind, as text.
async fn state(world: &World) -> String {
    let records = world.records().await;
    let last = records.last().map(|record| record.hash);
    let catalogue = world.chat.catalogue();
    let users: Vec<_> = catalogue.users().collect();
    let groups: Vec<_> = catalogue
        .groups()
        .map(|group| (group, catalogue.group_members(group.id).collect::<Vec<_>>()))
        .collect();
    let lists = |node| {
        let lists = Role::ALL.iter();
        let lists = lists.map(|role| catalogue.holders(node, *role).collect::<Vec<_>>());
        lists.collect::<Vec<_>>()
    };
    let categories: Vec<_> = catalogue
        .categories()
        .map(|one| (one, lists(causerie_model::Node::Category(one.id))))
        .collect();
    let rooms: Vec<_> = catalogue
        .rooms()
        .map(|one| (one, lists(causerie_model::Node::Room(one.id))))
        .collect();
    let next = (
        catalogue.next_principal(),
        catalogue.next_category(),
        catalogue.next_barrier(),
        catalogue.next_room(causerie_model::RoomId(0)),
    );
    format!(
        "{} {last:?} {users:?} {groups:?} {categories:?} {rooms:?} {next:?}",
        records.len()
    )
}

#[tokio::test]
async fn a_rehearsal_tells_what_would_be_done_and_leaves_no_trace() {
    let world = World::new().await;
    let actions = vec![
        new_group("Desk"),
        Action::AddToGroup {
            group: "Desk".to_owned(),
            member: user("bob"),
        },
        new_category("Other"),
        new_room("Made"),
        grant(room("Made"), Role::Member, group("Desk")),
        grant(general(), Role::Allowed, group("Desk")),
        revoke(general(), Role::Allowed, user("alice")),
        Action::RemoveRoom {
            name: "Lobby".to_owned(),
        },
        Action::RemoveUser {
            address: address("carol"),
        },
    ];
    // In this order the group isn't in scope yet when it becomes a member.
    let before = state(&world).await;
    let refused = world.chat.rehearse(admin(), actions.clone()).await;
    assert!(
        matches!(&refused, Err(ActionError::InBatch { number: 5, .. })),
        "{refused:?}"
    );
    assert_eq!(state(&world).await, before);
    let mut actions = actions;
    actions.swap(4, 5);
    let would = world.chat.rehearse(admin(), actions.clone()).await.unwrap();
    assert_eq!(state(&world).await, before);
    // Tried out on a copy, one after the other, it is the same.
    let mut copy = world.chat.rehearsal(admin());
    let mut tried: Vec<Told> = Vec::new();
    for action in &actions {
        tried.extend(copy.act(std::slice::from_ref(action)).unwrap());
    }
    assert!(copy.act(&[new_group("desk")]).is_err());
    assert!(copy.catalogue().room_by_name("Lobby").is_none());
    assert_eq!(state(&world).await, before);

    let done = world.chat.act_all(admin(), actions).await.unwrap();
    assert_eq!(would, done);
    // What follows is told where it follows: at the end of each commit.
    let sorted = |told: &[Told]| {
        let mut all: Vec<String> = told.iter().map(|told| format!("{told:?}")).collect();
        all.sort();
        all
    };
    assert_eq!(sorted(&tried), sorted(&done));
    assert!(done.iter().any(|told| told.what == "lists.trim"));
    assert_ne!(state(&world).await, before);
    world.verify().await;
}

#[tokio::test]
async fn so_many_actions_are_done_together_or_none_and_one_more_is_refused() {
    let world = World::new().await;
    let before = state(&world).await;
    let groups = |count: usize| (0..count).map(|n| new_group(&format!("G{n}")));
    let too_many: Vec<Action> = groups(MAX_ACTIONS + 1).collect();
    let refused = world.chat.act_all(admin(), too_many).await;
    assert!(matches!(refused, Err(ActionError::Limit(_))), "{refused:?}");
    let mut with_a_bad_end: Vec<Action> = groups(MAX_ACTIONS - 1).collect();
    with_a_bad_end.push(new_group("G0"));
    let refused = world.chat.act_all(admin(), with_a_bad_end).await;
    assert!(
        matches!(&refused, Err(ActionError::InBatch { number: MAX_ACTIONS, error })
            if matches!(**error, ActionError::Duplicate { .. })),
        "{refused:?}"
    );
    assert_eq!(state(&world).await, before);
    let commits = world.journal.commits.load(std::sync::atomic::Ordering::Relaxed);
    let done = world.chat.act_all(admin(), groups(MAX_ACTIONS).collect()).await;
    assert_eq!(done.unwrap().len(), MAX_ACTIONS);
    let after = world.journal.commits.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(after - commits, 1);
    world.verify().await;
}

#[tokio::test]
async fn a_change_of_what_somebody_else_changed_meanwhile_is_refused_with_his_name() {
    let world = World::new().await;
    let seen = world
        .chat
        .catalogue()
        .room_by_name("Deals")
        .unwrap()
        .audit
        .version;
    let describe = |text: &str, seen| {
        let change = RoomChange {
            description: Some(text.to_owned()),
            seen: Some(seen),
            ..RoomChange::default()
        };
        change_room("Deals", change)
    };
    world.act(describe("first", seen)).await;
    let at = world
        .chat
        .catalogue()
        .room_by_name("Deals")
        .unwrap()
        .audit
        .updated_on;
    let stale = world.chat.act(admin(), describe("second", seen)).await;
    match stale {
        Err(ActionError::Stale {
            by,
            at: told,
            version,
            ..
        }) => assert_eq!((by.as_str(), told, version), ("admin:test", at, seen + 1)),
        other => panic!("{other:?}"),
    }
    world.act(describe("second", seen + 1)).await;
    // An entry in a list is a change too.
    world.grant(room("Deals"), Role::Member, "carol").await;
    assert!(matches!(
        world.chat.act(admin(), describe("third", seen + 2)).await,
        Err(ActionError::Stale { .. })
    ));
    let change = CategoryChange {
        description: Some("x".to_owned()),
        seen: Some(0),
        ..CategoryChange::default()
    };
    let name = "General".to_owned();
    let stale = world
        .chat
        .act(admin(), Action::ChangeCategory { name, change })
        .await;
    assert!(matches!(stale, Err(ActionError::Stale { kind: "category", .. })));
}

#[tokio::test]
async fn users_do_what_their_roles_let_them_and_nothing_else() {
    let world = World::new().await;
    let denied = |result: Result<_, ActionError>, rule: Rule| {
        assert!(
            matches!(&result, Err(ActionError::Denied(found)) if *found == rule),
            "{result:?}"
        );
    };
    let bob = as_user(&world, "bob");
    denied(
        world.chat.act(bob.clone(), new_room("Bob's")).await,
        Rule::NotACreator,
    );
    world.grant(general(), Role::Creator, "bob").await;
    world.chat.act(bob.clone(), new_room("Bob's")).await.unwrap();
    {
        let catalogue = world.chat.catalogue();
        let made = catalogue.room_by_name("Bob's").unwrap();
        assert_eq!(made.audit.created_by, "sip:bob@example.test");
        for role in [Role::Manager, Role::Member] {
            let node = causerie_model::Node::Room(made.id);
            assert!(catalogue.is_listed(node, role, bob.user.unwrap()), "{role}");
        }
    }
    let record = world.room_records("Bob's").await.remove(0).1;
    assert!(record.contains(r#""origin":"192.0.2.1:5""#), "{record}");
    // He runs his room, and no other.
    let describe = |name: &str| {
        let change = RoomChange {
            description: Some("mine".to_owned()),
            ..RoomChange::default()
        };
        change_room(name, change)
    };
    world.chat.act(bob.clone(), describe("Bob's")).await.unwrap();
    let guest = grant(room("Bob's"), Role::Member, user("dave"));
    world.chat.act(bob.clone(), guest).await.unwrap();
    denied(
        world.chat.act(bob.clone(), describe("Deals")).await,
        Rule::NotAManager,
    );
    let outside = grant(room("Deals"), Role::Member, user("dave"));
    denied(world.chat.act(bob.clone(), outside).await, Rule::NotAManager);
    // Of a secret room that isn't his he doesn't even learn that it exists.
    let carol = as_user(&world, "carol");
    let hidden = world.chat.act(carol, describe("X")).await;
    assert!(matches!(hidden, Err(ActionError::NotFound { .. })), "{hidden:?}");
    // A manager moves his room only where he may create rooms.
    world.act(new_category("Other")).await;
    let moved = RoomChange {
        category: Some("Other".to_owned()),
        ..RoomChange::default()
    };
    let refused = world.chat.act(bob.clone(), change_room("Bob's", moved)).await;
    // He isn't in the scope of the other either, and learns nothing of it.
    assert!(
        matches!(refused, Err(ActionError::NotFound { .. })),
        "{refused:?}"
    );
    for action in [
        new_category("Bob's"),
        new_group("Bob's"),
        Action::RemoveRoom {
            name: "Bob's".to_owned(),
        },
        grant(general(), Role::Allowed, user("bob")),
        Action::SetPassword {
            address: address("alice"),
        },
        Action::RemoveUser {
            address: address("alice"),
        },
        Action::RemoveBarrier {
            name: "None".to_owned(),
        },
    ] {
        denied(world.chat.act(bob.clone(), action).await, Rule::NotAManager);
    }
}

#[tokio::test]
async fn there_are_so_many_rooms_and_categories_and_no_more() {
    // The world has four rooms and a category.
    let world = World::with(Settings {
        max_rooms: 5,
        max_categories: 2,
        ..Settings::default()
    })
    .await;
    for (fits, too_many, told) in [
        (new_room("Fifth"), new_room("Sixth"), "5 rooms"),
        (new_category("Second"), new_category("Third"), "2 categories"),
    ] {
        world.act(fits).await;
        match world.chat.act(admin(), too_many).await {
            Err(ActionError::Limit(text)) => assert!(text.contains(told), "{text}"),
            other => panic!("{other:?}"),
        }
    }
    // Where one goes another may come.
    world
        .act(Action::RemoveRoom {
            name: "Fifth".to_owned(),
        })
        .await;
    world.act(new_room("Sixth")).await;
}

fn configure(change: ConfigurationChange) -> Action {
    Action::SetConfiguration {
        scope: Scope::Global,
        change,
    }
}

#[tokio::test]
async fn settings_hold_for_rooms_that_are_in_use() {
    let world = World::new().await;
    let mut alice = world.attach_in("alice", "Lobby").await;
    world
        .act(configure(ConfigurationChange {
            participant_update_limit: Some(Some(1)),
            ..ConfigurationChange::default()
        }))
        .await;
    let bob = world.attach_in("bob", "Lobby").await;
    alice.post(world.guid("Lobby"), "quiet").await.unwrap();
    assert_eq!(alice.notice().await, "chat:1:quiet", "nobody announced bob");
    drop(bob);
    world
        .act(Action::RemoveConfiguration { scope: Scope::Global })
        .await;
    let _carol = world.attach_in("carol", "Lobby").await;
    assert_eq!(alice.notice().await, "joined:carol");

    world
        .act(configure(ConfigurationChange {
            default_chat_history: Some(Some(2)),
            ..ConfigurationChange::default()
        }))
        .await;
    assert_eq!(world.chat.effective().default_chat_history, 2);
    for text in ["b", "c"] {
        alice.post(world.guid("Lobby"), text).await.unwrap();
    }
    // What is no longer in memory comes from the store.
    let all = alice.history(world.guid("Lobby"), 10).await.unwrap();
    assert_eq!(all, ["quiet", "b", "c"]);
}

#[tokio::test]
async fn a_policy_that_takes_rooms_away_cuts_at_once() {
    let world = World::new().await;
    let mut alice = world.attach_in("alice", "Lobby").await;
    let policy = |enable| Action::SetPolicy {
        scope: Scope::Global,
        change: PolicyChange {
            enable_persistent_chat: Some(enable),
            description: None,
        },
    };
    world.act(policy(false)).await;
    while alice.deliveries.next().await.is_some() {}
    let id = world
        .chat
        .catalogue()
        .user_by_address(&address("alice"))
        .unwrap()
        .id;
    assert!(matches!(
        world.chat.attach(id),
        Err(Refusal::Denied(Rule::ChatNotEnabled))
    ));
    assert_eq!(world.chat.present(world.id("Lobby")), 0);
    world.act(policy(true)).await;
    world.attach_in("alice", "Lobby").await;
}
