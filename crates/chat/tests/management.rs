//! Users make and change rooms, and those in them see it.

mod common;

use causerie_chat::{
    Action, ActionError, CategoryChange, MAX_ACTIONS, NewRoom, NodeName, PrincipalName, Refusal, RoomChange,
    Settings, UserChange,
};
use causerie_model::{
    Actor, ChainId, Effective, GroupKind, Invitations, Permissions, Privacy, Role, RoomType, principal_guid,
};
use causerie_policy::Rule;
use causerie_store::StoreFault;
use common::{World, address};
use uuid::Uuid;

fn deals() -> NodeName {
    NodeName::Room("Deals".to_owned())
}

fn general() -> NodeName {
    NodeName::Category("General".to_owned())
}

fn user(name: &str) -> PrincipalName {
    PrincipalName::User(address(name))
}

fn grant(role: Role, name: &str) -> Action {
    Action::Grant {
        node: deals(),
        role,
        principal: user(name),
    }
}

fn change(name: &str, change: RoomChange) -> Action {
    let name = name.to_owned();
    Action::ChangeRoom { name, change }
}

fn new_room(name: &str, category: &str) -> Action {
    Action::AddRoom(NewRoom {
        name: name.to_owned(),
        category: category.to_owned(),
        description: String::new(),
        room_type: RoomType::Normal,
        privacy: Privacy::Closed,
        invitations: Invitations::Inherit,
        addin: None,
        disabled: false,
    })
}

/// Alice manages Deals and may create rooms.
async fn world() -> World {
    let world = World::new().await;
    world.grant(deals(), Role::Manager, "alice").await;
    world.grant(general(), Role::Creator, "alice").await;
    world
}

#[tokio::test]
async fn a_creator_makes_a_room_and_is_in_its_lists_with_a_record_of_where_he_was() {
    let world = world().await;
    let mut alice = world.attach("alice");
    let (made, changed) = alice.manage(vec![new_room("Plans", "General")]).await.unwrap();
    assert!(changed && made.room.name == "Plans" && made.room.audit.created_by == "sip:alice@example.test");
    alice.join(made.room.guid).await.unwrap();
    let (_, again) = alice
        .manage(vec![change("Plans", RoomChange::default())])
        .await
        .unwrap();
    assert!(!again, "she manages it, and nothing is other than before");
    let record = world.room_records("Plans").await.remove(0).1;
    assert!(record.contains(r#""origin":"192.0.2.7:4000""#), "{record}");
    world.all_invited().await;
    assert_eq!(alice.invitations(0).await, (vec![], None), "not to her own");
    world.verify().await;
}

#[tokio::test]
async fn only_creators_create_and_what_they_may_not_know_of_looks_absent() {
    let world = world().await;
    let mut bob = world.attach("bob");
    let refused = bob.manage(vec![new_room("Plans", "General")]).await.unwrap_err();
    assert!(
        matches!(&refused, Refusal::Action(error) if matches!(**error, ActionError::Denied(Rule::NotACreator))),
        "{refused:?}"
    );
    assert_eq!(
        refused.to_string(),
        "Only creators of the category may create rooms in it."
    );
    world.grant(general(), Role::Denied, "bob").await;
    let denied = bob.manage(vec![new_room("Plans", "General")]).await.unwrap_err();
    let absent = bob.manage(vec![new_room("Plans", "Nowhere")]).await.unwrap_err();
    assert_eq!(denied.to_string(), "There is no category 'General'.");
    assert_eq!(absent.to_string(), "There is no category 'Nowhere'.");
    // Nor may he do what is for administrators.
    let other = bob
        .manage(vec![Action::RemoveRoom {
            name: "Deals".to_owned(),
        }])
        .await;
    assert!(other.is_err());
}

#[tokio::test]
async fn only_managers_change_a_room_and_a_hidden_one_looks_absent() {
    let world = world().await;
    let (mut bob, mut carol) = (world.attach("bob"), world.attach("carol"));
    let rename = |name: &str| {
        let new = Some("Mine".to_owned());
        change(
            name,
            RoomChange {
                name: new,
                ..RoomChange::default()
            },
        )
    };
    let refused = bob.manage(vec![rename("Deals")]).await.unwrap_err();
    assert_eq!(refused.to_string(), "Only managers of the room may do this.");
    let uri = |guid: Uuid| format!("ma-chan://example.test/{guid}");
    let hidden = uri(world.guid("X"));
    let absent = uri(Uuid::nil());
    for name in [&hidden, &absent] {
        let refused = carol.manage(vec![rename(name)]).await.unwrap_err();
        assert_eq!(refused.to_string(), format!("There is no room '{name}'."));
    }
    assert!(
        bob.manage(vec![rename(&hidden)])
            .await
            .unwrap_err()
            .to_string()
            .contains("managers")
    );
}

#[tokio::test]
async fn properties_and_lists_change_in_one_go_or_not_at_all() {
    let world = world().await;
    let mut alice = world.attach_in("alice", "Deals").await;
    let update = |members: &[&str], presenters: &[&str]| {
        let names = |names: &[&str]| Some(names.iter().map(|name| user(name)).collect());
        change(
            "Deals",
            RoomChange {
                room_type: Some(RoomType::Auditorium),
                members: names(members),
                presenters: names(presenters),
                ..RoomChange::default()
            },
        )
    };
    let refused = alice
        .manage(vec![update(&["alice", "carol"], &["dave"])])
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, Refusal::Action(error) if matches!(**error, ActionError::Denied(Rule::NotAMember))),
        "{refused:?}"
    );
    assert_eq!(
        world.chat.catalogue().room_by_name("Deals").unwrap().room_type,
        RoomType::Normal
    );
    let (room, _) = alice
        .manage(vec![update(&["alice", "carol"], &["carol"])])
        .await
        .unwrap();
    assert_eq!(room.room.room_type, RoomType::Auditorium);
    let mut carol = world.attach_in("carol", "Deals").await;
    assert_eq!(carol.post(world.guid("Deals"), "I present").await.unwrap(), 1);
    assert!(alice.post(world.guid("Deals"), "I listen").await.is_err());
}

#[tokio::test]
async fn who_changes_what_somebody_else_has_changed_is_told() {
    let world = world().await;
    let mut alice = world.attach("alice");
    let describe = |text: &str, seen| {
        change(
            "Deals",
            RoomChange {
                description: Some(text.to_owned()),
                seen: Some(seen),
                ..RoomChange::default()
            },
        )
    };
    let seen = world
        .chat
        .catalogue()
        .room_by_name("Deals")
        .unwrap()
        .audit
        .version;
    let (room, _) = alice.manage(vec![describe("one", seen)]).await.unwrap();
    assert_eq!(room.room.audit.version, seen + 1);
    let refused = alice.manage(vec![describe("two", seen)]).await.unwrap_err();
    assert!(
        matches!(&refused, Refusal::Action(error) if matches!(**error, ActionError::Stale { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn groups_categories_and_add_ins_may_be_named_by_what_the_wire_knows() {
    let world = world().await;
    for action in [
        Action::AddGroup {
            name: "Desk".to_owned(),
            kind: GroupKind::Group,
        },
        Action::AddToGroup {
            group: "Desk".to_owned(),
            member: user("carol"),
        },
        Action::Grant {
            node: general(),
            role: Role::Allowed,
            principal: PrincipalName::Group("Desk".to_owned()),
        },
        Action::AddAddin {
            name: "Rates".to_owned(),
            url: "https://rates.test/".to_owned(),
        },
    ] {
        world.act(action).await;
    }
    let database = world.parts.catalogue.database_id().await.unwrap();
    let (desk, category, addin) = {
        let catalogue = world.chat.catalogue();
        (
            principal_guid(database, catalogue.group_by_name("Desk").unwrap().id),
            catalogue.category_by_name("General").unwrap().guid,
            catalogue.addin_by_name("Rates").unwrap().guid,
        )
    };
    let mut alice = world.attach("alice");
    let uri = format!("ma-cat://example.test/{category}");
    let (made, _) = alice.manage(vec![new_room("Plans", &uri)]).await.unwrap();
    let set = change(
        &format!("ma-chan://example.test/{}", made.room.guid),
        RoomChange {
            addin: Some(Some(addin.to_string())),
            members: Some(vec![PrincipalName::Group(format!("ma-grp:{desk}@u.g"))]),
            ..RoomChange::default()
        },
    );
    let (room, _) = alice.manage(vec![set]).await.unwrap();
    assert_eq!(room.addin.unwrap().name, "Rates");
    world.attach_in("carol", "Plans").await;

    let root = format!("ma-cat://example.test/{database}");
    let refused = alice.manage(vec![new_room("Top", &root)]).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "A room must be in a category, not directly under the root."
    );
    for name in ["ma-cat://x/y", "ma-chan:", "ma-grp:1@u.g"] {
        let refused = alice.manage(vec![new_room(name, "General")]).await.unwrap_err();
        assert!(refused.to_string().contains("can't begin with"), "{refused}");
    }
}

#[tokio::test]
async fn a_user_who_is_out_of_scope_is_refused_without_a_word_of_the_category() {
    let world = world().await;
    world
        .act(Action::AddUser {
            address: address("out"),
            display_name: String::new(),
        })
        .await;
    let mut alice = world.attach("alice");
    let refused = alice.manage(vec![grant(Role::Member, "out")]).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Out@example.test is not in the scope of the room's category."
    );
}

#[tokio::test]
async fn as_many_actions_as_allowed_are_carried_out_and_one_more_is_refused() {
    let world = world().await;
    let mut alice = world.attach("alice");
    let actions = |count| vec![grant(Role::Member, "carol"); count];
    assert!(alice.manage(actions(MAX_ACTIONS)).await.unwrap().1);
    let refused = alice.manage(actions(MAX_ACTIONS + 1)).await.unwrap_err();
    assert!(
        matches!(&refused, Refusal::Action(error) if matches!(**error, ActionError::Limit(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_change_that_can_not_be_stored_is_refused_and_not_shown() {
    let world = world().await;
    let mut alice = world.attach_in("alice", "Deals").await;
    let rename = |name: &str| {
        change(
            "Deals",
            RoomChange {
                name: Some(name.to_owned()),
                ..RoomChange::default()
            },
        )
    };
    world.journal.fail(StoreFault::Full);
    let refused = alice.manage(vec![rename("Lost")]).await.unwrap_err();
    assert!(matches!(refused, Refusal::Store(_)), "{refused:?}");
    world.journal.recover();
    alice.manage(vec![rename("Kept")]).await.unwrap();
    assert_eq!(alice.notice().await, "changed:Kept", "only that one");
    world.verify().await;
}

#[tokio::test]
async fn those_in_a_room_see_what_it_shows_change_and_nothing_else() {
    let world = world().await;
    let mut bob = world.attach_in("bob", "Deals").await;
    let act = async |action: Action| world.act(action).await;
    // Neither the version nor a list is shown.
    world.grant(deals(), Role::Member, "carol").await;
    act(Action::ChangeUser {
        address: address("alice"),
        change: UserChange {
            display_name: Some("Alice A.".to_owned()),
            ..UserChange::default()
        },
    })
    .await;
    act(Action::AddAddin {
        name: "Rates".to_owned(),
        url: "https://rates.test/".to_owned(),
    })
    .await;
    act(change(
        "Deals",
        RoomChange {
            name: Some("Bonds".to_owned()),
            addin: Some(Some("Rates".to_owned())),
            ..RoomChange::default()
        },
    ))
    .await;
    assert_eq!(bob.notice().await, "changed:Bonds");
    act(Action::ChangeAddin {
        name: "Rates".to_owned(),
        new_name: None,
        url: Some("https://other.test/".to_owned()),
    })
    .await;
    assert_eq!(bob.notice().await, "changed:Bonds");
    let category = |change| Action::ChangeCategory {
        name: "General".to_owned(),
        change,
    };
    act(category(CategoryChange {
        file_upload: Some(true),
        ..CategoryChange::default()
    }))
    .await;
    assert_eq!(bob.notice().await, "changed:Bonds");
    act(category(CategoryChange {
        description: Some("Nobody sees it".to_owned()),
        ..CategoryChange::default()
    }))
    .await;
    bob.post(world.guid("Bonds"), "the end").await.unwrap();
    assert_eq!(bob.notice().await, "chat:1:the end");
}

#[tokio::test]
async fn those_in_a_room_see_what_others_may_do_there_from_now_on() {
    let world = world().await;
    let mut alice = world.attach_in("alice", "Deals").await;
    let mut bob = world.attach_in("bob", "Deals").await;
    assert_eq!(alice.notice().await, "joined:bob");
    world.grant(deals(), Role::Manager, "bob").await;
    let both = (Permissions::MEMBER | Permissions::MANAGER).0;
    for device in [&mut alice, &mut bob] {
        assert_eq!(device.notice().await, format!("may:bob:{both}"));
    }
    world.grant(deals(), Role::Manager, "bob").await;
    world.revoke(deals(), Role::Manager, "bob").await;
    for device in [&mut alice, &mut bob] {
        assert_eq!(
            device.notice().await,
            format!("may:bob:{}", Permissions::MEMBER.0)
        );
    }
}

#[tokio::test]
async fn in_a_large_room_only_he_himself_is_told() {
    let settings = Settings {
        base: Effective {
            participant_update_limit: 1,
            ..Effective::default()
        },
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let mut alice = world.attach_in("alice", "Deals").await;
    let mut bob = world.attach_in("bob", "Deals").await;
    world.grant(deals(), Role::Manager, "bob").await;
    assert!(bob.notice().await.starts_with("may:bob:"));
    alice.post(world.guid("Deals"), "hm").await.unwrap();
    assert_eq!(alice.notice().await, "chat:1:hm");
}

#[tokio::test]
async fn who_is_put_out_sees_only_that() {
    let world = world().await;
    let mut alice = world.attach_in("alice", "Deals").await;
    let mut bob = world.attach_in("bob", "Deals").await;
    let mut second = world.attach_in("bob", "Deals").await;
    assert_eq!(alice.notice().await, "joined:bob");
    let update = change(
        "Deals",
        RoomChange {
            name: Some("Without Bob".to_owned()),
            members: Some(vec![user("alice")]),
            ..RoomChange::default()
        },
    );
    alice.manage(vec![update]).await.unwrap();
    for device in [&mut bob, &mut second] {
        assert_eq!(device.notice().await, "parted:bob");
    }
    assert_eq!(alice.notice().await, "changed:Without Bob");
    assert_eq!(alice.notice().await, "parted:bob");
}

#[tokio::test]
async fn a_room_that_is_disabled_puts_all_out_at_once() {
    let world = world().await;
    let mut devices = Vec::new();
    for name in ["alice", "bob", "carol"] {
        devices.push(world.attach_in(name, "Lobby").await);
    }
    let guid = world.guid("Lobby");
    let disable = RoomChange {
        disabled: Some(true),
        ..RoomChange::default()
    };
    world.act(change("Lobby", disable)).await;
    for (device, name) in devices.iter_mut().zip(["alice", "bob", "carol"]) {
        let own = format!("parted:{name}");
        while device.notice().await != own {}
        assert!(matches!(
            device.post(guid, "?").await,
            Err(Refusal::NotJoined | Refusal::Denied(Rule::RoomDisabled))
        ));
    }
    assert_eq!(world.chat.present(world.id("Lobby")), 0);
    let parts = world.room_records("Lobby").await;
    assert_eq!(parts.iter().filter(|(kind, _)| kind == "PART").count(), 3);
    world.verify().await;
}

#[tokio::test]
async fn an_action_of_a_user_waits_for_its_turn_and_follows_what_he_did_before() {
    let world = world().await;
    let mut alice = world.attach_in("alice", "Deals").await;
    let post = alice.send(world.guid("Deals"), "before");
    let rename = RoomChange {
        name: Some("After".to_owned()),
        ..RoomChange::default()
    };
    let operation = causerie_chat::Operation::Manage {
        actions: vec![change("Deals", rename)],
        origin: String::new(),
    };
    let manage = alice.submit(operation).unwrap();
    let later = alice.send(world.guid("Deals"), "after");
    assert!(alice.answer(post).await.is_ok());
    assert!(alice.answer(manage).await.is_ok());
    assert!(alice.answer(later).await.is_ok());
    let room = ChainId::Room(world.id("After"));
    let kinds: Vec<String> = world
        .records()
        .await
        .into_iter()
        .filter(|record| record.chain == room)
        .map(|record| record.kind)
        .collect();
    assert_eq!(kinds[kinds.len() - 3..], ["CHAT", "CHANGED", "CHAT"]);
    let by_others = world
        .chat
        .act(Actor::System, change("After", RoomChange::default()))
        .await;
    assert!(by_others.is_ok());
}
