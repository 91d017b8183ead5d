//! What users do in rooms, as their devices see it.

mod common;

use causerie_chat::{
    Action, ActionError, NodeName, Operation, Outcome, PrincipalName, Refusal, RoomChange, SearchIn,
    Settings, UserChange,
};
use causerie_model::{Actor, ChainId, Effective, Extras, PartReason, Role, limits::MAX_SEARCH_TERMS};
use common::{World, address};
use std::future::poll_fn;
use uuid::Uuid;

#[tokio::test]
async fn a_post_is_stored_and_recorded_before_it_is_answered_and_then_goes_to_everybody() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.attach_in("alice", "Lobby").await,
        world.attach_in("bob", "Lobby").await,
    );
    assert_eq!(alice.notice().await, "joined:bob");

    assert_eq!(alice.post(world.guid("Lobby"), "hello 🙂 <&>").await.unwrap(), 1);

    let stored = world
        .parts
        .history
        .latest(world.id("Lobby"), None, 10)
        .await
        .unwrap();
    assert_eq!(stored[0].text, "hello 🙂 <&>");
    assert_eq!(stored[0].author, address("alice"));
    let records = world.room_records("Lobby").await;
    assert_eq!(
        records.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(),
        ["CHANGED", "JOIN", "JOIN", "CHAT"]
    );
    assert_eq!(alice.notice().await, "chat:1:hello 🙂 <&>");
    assert_eq!(bob.notice().await, "chat:1:hello 🙂 <&>");
    world.verify().await;
}

#[tokio::test]
async fn all_readers_see_one_gap_free_order_however_many_post_at_once() {
    let world = World::new().await;
    let lobby = world.guid("Lobby");
    let mut devices = Vec::new();
    for name in ["alice", "bob", "carol", "dave"] {
        devices.push(world.attach_in(name, "Lobby").await);
    }
    for round in 0..50 {
        for (n, device) in devices.iter_mut().enumerate() {
            let text = format!("{n}-{round}");
            device
                .submit(Operation::Post {
                    room: lobby,
                    text,
                    extras: Extras::default(),
                })
                .unwrap();
        }
    }
    let mut orders = Vec::new();
    for device in &mut devices {
        let mut order = Vec::new();
        while order.len() < 200 {
            match device.deliveries.next().await.unwrap() {
                causerie_chat::Delivery::Notice(broadcast) => {
                    if let causerie_chat::Notice::Chat { message, .. } = broadcast.notice() {
                        order.push((message.chat_id.0, message.text.clone()));
                    }
                }
                causerie_chat::Delivery::Answer(answer) => assert!(answer.result.is_ok()),
            }
        }
        orders.push(order);
    }
    let numbers: Vec<u64> = orders[0].iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
    assert!(orders.iter().all(|order| *order == orders[0]));
    world.verify().await;
}

#[tokio::test]
async fn the_second_device_of_a_user_makes_no_noise_and_the_last_one_does() {
    let world = World::new().await;
    let mut bob = world.attach_in("bob", "Lobby").await;
    let first = world.attach_in("alice", "Lobby").await;
    let second = world.attach_in("alice", "Lobby").await;
    assert_eq!(bob.notice().await, "joined:alice");
    drop(first);
    assert_eq!(bob.post(world.guid("Lobby"), "still one").await.unwrap(), 1);
    assert_eq!(bob.notice().await, "chat:1:still one");
    drop(second);
    assert_eq!(bob.notice().await, "parted:alice");
    let kinds: Vec<String> = world
        .room_records("Lobby")
        .await
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    assert_eq!(kinds, ["CHANGED", "JOIN", "JOIN", "CHAT", "PART"]);
    world.verify().await;
}

#[tokio::test]
async fn a_user_whose_second_device_enters_as_the_first_leaves_stays() {
    let world = World::new().await;
    let lobby = world.guid("Lobby");
    let mut bob = world.attach_in("bob", "Lobby").await;
    let mut first = world.attach_in("alice", "Lobby").await;
    let mut second = world.attach("alice");
    // On one thread both wait for the sequencer together.
    let entered = second.submit(Operation::Join { rooms: vec![lobby] }).unwrap();
    let left = first.submit(Operation::Part { room: lobby }).unwrap();
    assert!(second.answer(entered).await.is_ok() && first.answer(left).await.is_ok());
    assert_eq!(second.post(lobby, "still here").await.unwrap(), 1);
    assert_eq!(bob.notice().await, "joined:alice");
    assert_eq!(bob.notice().await, "chat:1:still here");
    assert!(second.seen.is_empty(), "{:?}", second.seen);
    let records = world.room_records("Lobby").await;
    let kinds: Vec<&str> = records.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["CHANGED", "JOIN", "JOIN", "CHAT"]);
    world.verify().await;
}

#[tokio::test]
async fn leaving_is_answered_told_and_recorded_and_nothing_comes_after() {
    let world = World::new().await;
    let lobby = world.guid("Lobby");
    let (mut alice, mut bob) = (
        world.attach_in("alice", "Lobby").await,
        world.attach_in("bob", "Lobby").await,
    );
    assert!(matches!(
        bob.ask(Operation::Part { room: lobby }).await,
        Ok(Outcome::Parted { .. })
    ));
    assert!(matches!(
        bob.ask(Operation::Part { room: lobby }).await,
        Err(Refusal::NotJoined)
    ));
    alice.post(lobby, "alone").await.unwrap();
    assert!(matches!(bob.post(lobby, "no").await, Err(Refusal::NotJoined)));
    assert!(bob.seen.is_empty(), "{:?}", bob.seen);
    assert_eq!(alice.notice().await, "joined:bob");
    assert_eq!(alice.notice().await, "parted:bob");
}

#[tokio::test]
async fn who_leaves_has_what_was_posted_before() {
    let world = World::new().await;
    let lobby = world.guid("Lobby");
    let (mut alice, mut bob) = (
        world.attach_in("alice", "Lobby").await,
        world.attach_in("bob", "Lobby").await,
    );
    // On one thread both wait for the sequencer together.
    let post = Operation::Post {
        room: lobby,
        text: "one last thing".to_owned(),
        extras: Extras::default(),
    };
    alice.submit(post).unwrap();
    bob.ask(Operation::Part { room: lobby }).await.unwrap();
    assert_eq!(bob.notice().await, "chat:1:one last thing");
}

#[tokio::test]
async fn walls_hold() {
    let world = World::new().await;
    let mut carol = world.attach("carol");
    let denied = carol.join(world.guid("Deals")).await.unwrap_err();
    assert_eq!(denied.name(), "not-a-member");
    // A secret room looks like one that doesn't exist.
    let hidden = carol.join(world.guid("X")).await.unwrap_err();
    let missing = carol.join(Uuid::from_u128(7)).await.unwrap_err();
    assert_eq!(hidden.to_string(), missing.to_string());
    assert!(matches!(hidden, Refusal::NoSuchRoom));
    assert!(matches!(
        carol.history(world.guid("X"), 5).await,
        Err(Refusal::NoSuchRoom)
    ));
    assert!(carol.history(world.guid("Deals"), 5).await.is_err());

    let mut bob = world.attach_in("bob", "News").await;
    assert_eq!(
        bob.post(world.guid("News"), "me too").await.unwrap_err().name(),
        "not-a-presenter"
    );
    let mut alice = world.attach_in("alice", "News").await;
    assert_eq!(alice.post(world.guid("News"), "official").await.unwrap(), 1);
    assert_eq!(bob.notice().await, "joined:alice");
    assert_eq!(bob.notice().await, "chat:1:official");
}

#[tokio::test]
async fn a_batch_joins_what_it_may_and_names_what_it_may_not() {
    let world = World::new().await;
    let mut carol = world.attach("carol");
    let rooms = vec![
        world.guid("Lobby"),
        world.guid("X"),
        world.guid("News"),
        world.guid("Lobby"),
    ];
    let Ok(Outcome::Joined { rooms, refused }) = carol.ask(Operation::Join { rooms }).await else {
        panic!()
    };
    let names: Vec<&str> = rooms.iter().map(|room| room.summary.room.name.as_str()).collect();
    assert_eq!(names, ["Lobby", "News"]);
    assert_eq!(refused.len(), 1);
    assert_eq!(rooms[0].participants[0].permissions.0, 3456);
}

#[tokio::test]
async fn a_member_removed_is_out_at_once_with_a_notice_to_all() {
    let world = World::new().await;
    let deals = world.guid("Deals");
    let (mut alice, mut bob) = (
        world.attach_in("alice", "Deals").await,
        world.attach_in("bob", "Deals").await,
    );
    assert_eq!(alice.notice().await, "joined:bob");
    world
        .revoke(NodeName::Room("Deals".to_owned()), Role::Member, "bob")
        .await;
    assert_eq!(bob.notice().await, "parted:bob");
    assert_eq!(alice.notice().await, "parted:bob");
    assert_eq!(
        bob.post(deals, "hello?").await.unwrap_err().name(),
        "not-a-member"
    );
    alice.post(deals, "among us").await.unwrap();
    assert!(bob.seen.is_empty());
    let (kind, body) = world
        .room_records("Deals")
        .await
        .into_iter()
        .rev()
        .nth(1)
        .unwrap();
    assert_eq!(
        (kind.as_str(), body.contains(PartReason::Removed.as_str())),
        ("PART", true),
        "{body}"
    );
    world.verify().await;
}

#[tokio::test]
async fn a_disabled_room_empties_and_a_removed_one_too() {
    let world = World::new().await;
    let mut bob = world.attach_in("bob", "Lobby").await;
    let change = RoomChange {
        disabled: Some(true),
        ..RoomChange::default()
    };
    world
        .act(Action::ChangeRoom {
            name: "Lobby".to_owned(),
            change,
        })
        .await;
    assert_eq!(bob.notice().await, "parted:bob");
    assert!(bob.join(world.guid("Lobby")).await.is_err());
    let mut alice = world.attach_in("alice", "Deals").await;
    world
        .act(Action::RemoveRoom {
            name: "Deals".to_owned(),
        })
        .await;
    assert_eq!(alice.notice().await, "parted:alice");
    world.verify().await;
}

#[tokio::test]
async fn a_disabled_user_is_cut_off_and_cannot_come_back() {
    let world = World::new().await;
    let mut bob = world.attach_in("bob", "Lobby").await;
    let change = UserChange {
        enabled: Some(false),
        ..UserChange::default()
    };
    world
        .act(Action::ChangeUser {
            address: address("bob"),
            change,
        })
        .await;
    assert_eq!(
        poll_fn(|context| bob.deliveries.poll_cut(context)).await,
        PartReason::Removed
    );
    let id = world
        .chat
        .catalogue()
        .user_by_address(&address("bob"))
        .unwrap()
        .id;
    assert!(matches!(world.chat.attach(id), Err(Refusal::Unknown)));
}

#[tokio::test]
async fn a_new_password_is_a_record_that_names_who_set_it() {
    let world = World::new().await;
    let set = |name| Action::SetPassword {
        address: address(name),
    };
    world.act(set("bob")).await;
    let record = world.records().await.pop().unwrap();
    assert_eq!(
        (record.chain, record.actor.as_str()),
        (ChainId::System, "admin:test")
    );
    assert_eq!(
        record.body,
        r#"{"after":"","before":"","origin":"","target":"bob@example.test","what":"user.password"}"#
    );
    let unknown = world.chat.act(Actor::System, set("nobody")).await;
    assert!(matches!(unknown, Err(ActionError::NotFound { kind: "user", .. })));
    world.verify().await;
}

#[tokio::test]
async fn a_slow_reader_is_cut_off_and_the_others_lose_nothing() {
    let settings = Settings {
        endpoint_queue: 4,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let lobby = world.guid("Lobby");
    let mut slow = world.attach_in("bob", "Lobby").await;
    let mut alice = world.attach_in("alice", "Lobby").await;
    for n in 1..=10 {
        assert_eq!(alice.post(lobby, "x").await.unwrap(), n);
        while !alice.seen.is_empty() {
            alice.seen.remove(0);
        }
    }
    assert_eq!(
        poll_fn(|context| slow.deliveries.poll_cut(context)).await,
        PartReason::SlowReader
    );
    // What it had been handed before is whole: nothing is missing in the middle.
    assert_eq!(slow.notice().await, "joined:alice");
    for n in 1..=3 {
        assert_eq!(slow.notice().await, format!("chat:{n}:x"));
    }
    let (_, body) = world
        .room_records("Lobby")
        .await
        .into_iter()
        .find(|(kind, _)| kind == "PART")
        .unwrap();
    assert!(body.contains(PartReason::SlowReader.as_str()), "{body}");
}

#[tokio::test]
async fn history_comes_from_memory_and_from_the_store_alike_and_reading_is_recorded() {
    let settings = Settings {
        base: Effective {
            default_chat_history: 3,
            ..Effective::default()
        },
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let lobby = world.guid("Lobby");
    let mut alice = world.attach_in("alice", "Lobby").await;
    for n in 1..=8 {
        alice.post(lobby, &n.to_string()).await.unwrap();
    }
    assert_eq!(alice.history(lobby, 3).await.unwrap(), ["6", "7", "8"]);
    assert_eq!(alice.history(lobby, 5).await.unwrap(), ["4", "5", "6", "7", "8"]);
    assert_eq!(alice.history(lobby, 0).await.unwrap(), Vec::<String>::new());
    // A member may read without having entered.
    let mut dave = world.attach("dave");
    assert_eq!(dave.history(lobby, 100).await.unwrap().len(), 8);
    let reads: Vec<String> = world
        .room_records("Lobby")
        .await
        .into_iter()
        .filter(|(kind, _)| kind == "BACKCHAT")
        .map(|(_, body)| body)
        .collect();
    assert_eq!(reads.len(), 4);
    assert!(reads[1].contains(r#""shown":5"#), "{}", reads[1]);
    world.verify().await;
}

#[tokio::test]
async fn what_was_read_is_not_shown_to_whose_rights_ended_meanwhile() {
    let settings = Settings {
        base: Effective {
            default_chat_history: 1,
            ..Effective::default()
        },
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let deals = world.guid("Deals");
    let mut alice = world.attach_in("alice", "Deals").await;
    for text in ["fox one", "fox two"] {
        alice.post(deals, text).await.unwrap();
    }
    let mut bob = world.attach("bob");
    // On one thread the change waits for the sequencer together with them, and what they read comes after it.
    let backchat = Operation::Backchat {
        room: deals,
        count: 2,
        before: None,
    };
    let search = Operation::Search {
        rooms: SearchIn::All,
        words: "fox".to_owned(),
        count: 10,
    };
    let asked = [backchat, search].map(|operation| bob.submit(operation).unwrap());
    world
        .revoke(NodeName::Room("Deals".to_owned()), Role::Member, "bob")
        .await;
    let mut results = [None, None];
    for _ in asked {
        let Some(causerie_chat::Delivery::Answer(answer)) = bob.deliveries.next().await else {
            panic!()
        };
        let place = asked.iter().position(|token| *token == answer.token).unwrap();
        results[place] = Some(answer.result);
    }
    let [Some(read), Some(found)] = results else {
        panic!()
    };
    assert_eq!(read.unwrap_err().name(), "not-a-member");
    let Ok(Outcome::Messages { messages, .. }) = found else {
        panic!()
    };
    assert!(messages.is_empty(), "{messages:?}");
    let records = world.room_records("Deals").await;
    assert!(records.iter().all(|(kind, _)| kind != "BACKCHAT"));
}

#[tokio::test]
async fn a_search_finds_only_what_the_asker_may_read() {
    let world = World::new().await;
    for (name, room, text) in [
        ("alice", "X", "fox in secret"),
        ("alice", "Lobby", "fox in the open"),
    ] {
        let mut device = world.attach_in(name, room).await;
        device.post(world.guid(room), text).await.unwrap();
    }
    let mut carol = world.attach("carol");
    let search = |rooms| Operation::Search {
        rooms,
        words: "fox".to_owned(),
        count: 10,
    };
    let Ok(Outcome::Messages { messages, .. }) = carol.ask(search(SearchIn::All)).await else {
        panic!()
    };
    assert_eq!(
        messages
            .iter()
            .map(|message| message.text.as_str())
            .collect::<Vec<_>>(),
        ["fox in the open"]
    );
    let in_secret = carol.ask(search(SearchIn::Room(world.guid("X")))).await;
    assert!(matches!(in_secret, Err(Refusal::NoSuchRoom)));
}

#[tokio::test]
async fn words_of_a_search_are_limited_at_their_edge() {
    let world = World::new().await;
    let mut alice = world.attach("alice");
    let search = |words| Operation::Search {
        rooms: SearchIn::All,
        words: "fox ".repeat(words),
        count: 10,
    };
    assert!(alice.ask(search(MAX_SEARCH_TERMS)).await.is_ok());
    let refused = alice.ask(search(MAX_SEARCH_TERMS + 1)).await;
    assert!(matches!(refused, Err(Refusal::Invalid(_))));
}

#[tokio::test]
async fn sizes_are_limited_at_their_edge() {
    let settings = Settings {
        story_bytes: 10,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let lobby = world.guid("Lobby");
    let mut alice = world.attach_in("alice", "Lobby").await;
    assert!(alice.post(lobby, &"x".repeat(10)).await.is_ok());
    assert!(matches!(
        alice.post(lobby, &"x".repeat(11)).await,
        Err(Refusal::TooLarge { size: 11, limit: 10 })
    ));
    assert!(matches!(alice.post(lobby, "").await, Err(Refusal::Invalid(_))));
}

#[tokio::test]
async fn when_too_much_waits_an_operation_is_refused_and_not_lost_in_silence() {
    let settings = Settings {
        queue: 2,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let mut alice = world.attach_in("alice", "Lobby").await;
    // On one thread the sequencer can't run before the test waits for something.
    let results: Vec<_> = (0..3).map(|_| alice.submit(Operation::ServerInfo)).collect();
    assert!(results[0].is_ok() && results[1].is_ok());
    assert!(matches!(results[2], Err(Refusal::Busy)));
}

#[tokio::test]
async fn readings_under_way_are_limited_at_their_edge() {
    let settings = Settings {
        base: Effective {
            default_chat_history: 1,
            ..Effective::default()
        },
        readings: 2,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let lobby = world.guid("Lobby");
    let mut alice = world.attach_in("alice", "Lobby").await;
    for text in ["one", "two"] {
        alice.post(lobby, text).await.unwrap();
    }
    for _ in 0..2 {
        // On one thread all three are asked for before the store can answer any.
        for _ in 0..3 {
            let backchat = Operation::Backchat {
                room: lobby,
                count: 2,
                before: None,
            };
            alice.submit(backchat).unwrap();
        }
        let (mut read, mut refused) = (0, 0);
        while read + refused < 3 {
            if let causerie_chat::Delivery::Answer(answer) = alice.deliveries.next().await.unwrap() {
                match answer.result {
                    Ok(_) => read += 1,
                    Err(refusal) => {
                        assert!(matches!(refusal, Refusal::Busy), "{refusal}");
                        refused += 1;
                    }
                }
            }
        }
        assert_eq!((read, refused), (2, 1));
    }
}

#[tokio::test]
async fn large_rooms_stop_telling_who_comes_and_goes() {
    let settings = Settings {
        base: Effective {
            participant_update_limit: 2,
            ..Effective::default()
        },
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let mut alice = world.attach_in("alice", "Lobby").await;
    let _bob = world.attach_in("bob", "Lobby").await;
    let mut carol = world.attach("carol");
    let Ok(Outcome::Joined { rooms, .. }) = carol.join(world.guid("Lobby")).await else {
        panic!()
    };
    assert!(rooms[0].participants.is_empty());
    assert_eq!(rooms[0].summary.present, 3);
    assert_eq!(alice.notice().await, "joined:bob");
    alice.post(world.guid("Lobby"), "three now").await.unwrap();
    assert_eq!(alice.notice().await, "chat:1:three now");
}

#[tokio::test]
async fn who_is_out_of_scope_is_named_with_the_remedy() {
    let world = World::new().await;
    let outsider = address("out");
    let add = Action::AddUser {
        address: outsider.clone(),
        display_name: "out".to_owned(),
    };
    world.act(add).await;
    let refused = async |role, node: NodeName, principal: PrincipalName| {
        let action = Action::Grant {
            node,
            role,
            principal,
        };
        let answer = world.chat.act(Actor::System, action).await;
        answer.expect_err("it is refused").to_string()
    };
    let room = |name: &str| NodeName::Room(name.to_owned());
    let user = || PrincipalName::User(outsider.clone());
    assert_eq!(
        refused(Role::Member, room("Deals"), user()).await,
        "out@example.test is not in the scope of category General; allow him with: \
         causerie category allow General out@example.test"
    );
    world
        .act(Action::AddGroup {
            kind: causerie_model::GroupKind::Group,
            name: "Night shift".to_owned(),
        })
        .await;
    let group = PrincipalName::Group("Night shift".to_owned());
    assert_eq!(
        refused(Role::Member, room("Deals"), group).await,
        "group Night shift is not in the scope of category General; allow it with: \
         causerie category allow General 'Night shift'"
    );
    let category = || NodeName::Category("General".to_owned());
    world.grant(category(), Role::Denied, "out").await;
    assert_eq!(
        refused(Role::Creator, category(), user()).await,
        "out@example.test is denied by category General; see who is denied with: causerie category show General"
    );
    assert_eq!(
        refused(
            Role::Presenter,
            room("Deals"),
            PrincipalName::User(address("alice"))
        )
        .await,
        "only auditoriums have presenters"
    );
}
