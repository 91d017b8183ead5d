//! Who is stopped at a wall is recorded, and a flood of tries makes neither memory nor outbox grow.

mod common;

use causerie_chat::{
    Action, By, NewCategory, NewRoom, NodeName, Operation, PrincipalName, Question, Refusal, RoomChange,
    SearchIn, Settings,
};
use causerie_model::{Actor, ChainId, ComplianceMode, Invitations, Privacy, Role, RoomType};
use causerie_policy::Rule;
use common::{Device, World, address};
use uuid::Uuid;

async fn denied(world: &World, room: &str) -> Vec<String> {
    let records = world.room_records(room).await.into_iter();
    records
        .filter(|(kind, _)| kind == "DENIED")
        .map(|(_, body)| body)
        .collect()
}

/// What was tried and how often, of all records of denials.
async fn all_denied(world: &World) -> Vec<(ChainId, String)> {
    let records = world.records().await.into_iter();
    records
        .filter(|record| record.kind == "DENIED")
        .map(|record| (record.chain, record.body))
        .collect()
}

async fn hidden(device: &mut Device, room: Uuid) {
    assert!(matches!(device.join(room).await, Err(Refusal::NoSuchRoom)));
}

#[tokio::test]
async fn each_try_at_a_wall_is_recorded_with_what_was_tried_and_the_rule() {
    let world = World::new().await;
    let room = world.guid("X");
    let mut carol = world.attach("carol");
    hidden(&mut carol, room).await;
    assert!(carol.post(room, "hello?").await.is_err());
    assert!(carol.history(room, 5).await.is_err());
    let search = Operation::Search {
        rooms: SearchIn::Room(room),
        words: "x".to_owned(),
        count: 1,
    };
    assert!(carol.ask(search).await.is_err(), "the same right as reading");
    let card = Operation::Ask(Box::new(Question::Room { room }));
    assert!(carol.ask(card).await.is_err());
    let by = {
        let catalogue = world.chat.catalogue();
        let user = catalogue.user_by_address(&address("carol")).unwrap();
        By::user(user.id, user.address.clone(), "192.0.2.7")
    };
    let rename = Action::ChangeRoom {
        name: format!("ma-chan://example.test/{room}"),
        change: RoomChange::default(),
    };
    assert!(world.chat.act(by.clone(), rename).await.is_err());
    let grant = Action::Grant {
        node: NodeName::Room("X".to_owned()),
        role: Role::Member,
        principal: PrincipalName::User(address("carol")),
    };
    assert!(
        world.chat.act(by.clone(), grant.clone()).await.is_err(),
        "the same right again"
    );
    assert!(
        world.chat.rehearse(by, vec![grant]).await.is_err(),
        "only a rehearsal"
    );
    // Whatever is done next makes a round in which the records were committed.
    carol.join(world.guid("Lobby")).await.unwrap();
    let denial = |action: &str| {
        format!(
            r#"{{"action":"{action}","rule":"secret-room-hidden","times":1,"user":"carol@example.test"}}"#
        )
    };
    assert_eq!(
        denied(&world, "X").await,
        ["join", "post", "read-history", "see", "manage"].map(denial)
    );
    world.verify().await;
}

#[tokio::test]
async fn other_refusals_are_no_walls() {
    let world = World::new().await;
    let mut carol = world.attach("carol");
    assert!(carol.join(world.guid("Deals")).await.is_err(), "not a member");
    assert!(carol.join(Uuid::from_u128(7)).await.is_err(), "no such room");
    assert!(carol.post(world.guid("Lobby"), "x").await.is_err(), "not joined");
    carol.join(world.guid("Lobby")).await.unwrap();
    assert_eq!(all_denied(&world).await, []);
}

fn times(body: &str) -> u64 {
    let after = body.split_once(r#""times":"#).unwrap().1;
    after.split(',').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_flood_makes_one_record_a_minute_that_counts_it() {
    let world = World::new().await;
    let room = world.guid("X");
    let mut carol = world.attach("carol");
    for _ in 0..100 {
        hidden(&mut carol, room).await;
    }
    let told = |records: Vec<String>| records.iter().map(|body| times(body)).collect::<Vec<_>>();
    assert_eq!(
        told(denied(&world, "X").await),
        [1],
        "the first at once, the others are counted"
    );
    world.clock.advance(60);
    hidden(&mut carol, room).await;
    carol.join(world.guid("Lobby")).await.unwrap();
    assert_eq!(
        told(denied(&world, "X").await),
        [1, 99],
        "and told after a minute"
    );
    // He gives up: what was counted is told all the same, by whatever comes next.
    hidden(&mut carol, room).await;
    hidden(&mut carol, room).await;
    world.clock.advance(60);
    carol.post(world.guid("Lobby"), "well then").await.unwrap();
    let counts = told(denied(&world, "X").await);
    assert_eq!(counts, [1, 99, 3]);
    world.clock.advance(120);
    carol.post(world.guid("Lobby"), "quiet").await.unwrap();
    assert_eq!(told(denied(&world, "X").await), counts, "nothing is told twice");
    world.verify().await;
}

#[tokio::test]
async fn what_was_counted_is_told_before_the_service_ends() {
    let world = World::new().await;
    let mut carol = world.attach("carol");
    for _ in 0..5 {
        hidden(&mut carol, world.guid("X")).await;
    }
    drop(carol);
    let world = world.restart().await;
    let counts: Vec<u64> = denied(&world, "X").await.iter().map(|body| times(body)).collect();
    assert_eq!(counts, [1, 4]);
    world.verify().await;
}

#[tokio::test]
async fn the_table_is_bounded_and_who_finds_no_place_is_counted_together() {
    let settings = Settings {
        denials: 2,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    for name in ["Y", "Z", "W"] {
        world
            .room(name, Privacy::Secret, RoomType::Normal, &["alice"])
            .await;
    }
    let mut carol = world.attach("carol");
    for name in ["X", "Y"] {
        hidden(&mut carol, world.guid(name)).await;
    }
    let chains: Vec<ChainId> = all_denied(&world).await.iter().map(|(chain, _)| *chain).collect();
    let of = |name| ChainId::Room(world.id(name));
    assert_eq!(chains, [of("X"), of("Y")], "both have their place");
    for _ in 0..50 {
        for name in ["Z", "W"] {
            hidden(&mut carol, world.guid(name)).await;
        }
    }
    let records = all_denied(&world).await;
    assert_eq!(records.len(), 3, "{records:?}");
    assert_eq!(records[2].0, ChainId::System);
    assert_eq!(
        records[2].1,
        r#"{"action":"several","rule":"secret-room-hidden","times":1,"user":"carol@example.test"}"#
    );
    world.clock.advance(60);
    // The first places are free again, and what was counted is told.
    carol.join(world.guid("Lobby")).await.unwrap();
    hidden(&mut carol, world.guid("Z")).await;
    let records = all_denied(&world).await;
    assert_eq!(records.len(), 5, "{records:?}");
    assert_eq!((records[3].0, times(&records[3].1)), (ChainId::System, 99));
    assert_eq!((records[4].0, times(&records[4].1)), (of("Z"), 1));
    world.verify().await;
}

#[tokio::test]
async fn a_wall_around_a_category_is_recorded_in_the_systems_chain() {
    let world = World::new().await;
    for name in ["Desk", "Bank"] {
        world
            .act(Action::AddCategory(NewCategory {
                name: name.to_owned(),
                description: String::new(),
                invitations: false,
                file_upload: false,
                history: true,
                compliance: ComplianceMode::Open,
            }))
            .await;
    }
    let bank = NodeName::Category("Bank".to_owned());
    world.grant(bank.clone(), Role::Allowed, "alice").await;
    world.grant(bank, Role::Denied, "alice").await;
    let lobby = NodeName::Room("Lobby".to_owned());
    world.grant(lobby, Role::Manager, "alice").await;
    let mut alice = world.attach("alice");
    let add = Action::AddRoom(NewRoom {
        name: "Mine".to_owned(),
        category: "Desk".to_owned(),
        description: String::new(),
        room_type: RoomType::Normal,
        privacy: Privacy::Closed,
        invitations: Invitations::Inherit,
        addin: None,
        disabled: false,
    });
    for _ in 0..3 {
        assert!(alice.manage(vec![add.clone()]).await.is_err());
    }
    let there = RoomChange {
        category: Some("Bank".to_owned()),
        ..RoomChange::default()
    };
    let name = "Lobby".to_owned();
    let there = Action::ChangeRoom { name, change: there };
    assert!(alice.manage(vec![there]).await.is_err());
    // No wall: she is in scope, and only no creator.
    let here = RoomChange {
        category: Some("General".to_owned()),
        ..RoomChange::default()
    };
    let name = "Lobby".to_owned();
    let here = Action::ChangeRoom { name, change: here };
    assert!(alice.manage(vec![here]).await.is_err());
    let denied = |category: &str, rule: &str, times: u32| {
        let body = format!(
            r#"{{"action":"create-room in category {category}","rule":"{rule}","times":{times},"user":"alice@example.test"}}"#
        );
        (ChainId::System, body)
    };
    alice.join(world.guid("Lobby")).await.unwrap();
    let first = [
        denied("Desk", "out-of-scope", 1),
        denied("Bank", "denied-by-category", 1),
    ];
    assert_eq!(all_denied(&world).await, first);
    drop(alice);
    // Those that were only counted are told at the end.
    let world = world.restart().await;
    let [desk, bank] = first;
    let all = [desk, bank, denied("Desk", "out-of-scope", 2)];
    assert_eq!(all_denied(&world).await, all);
    world.verify().await;
}

#[tokio::test]
async fn an_administrator_whom_his_role_refuses_is_recorded_once_a_minute_with_the_count() {
    let world = World::new().await;
    let clerk = || Actor::Administrator("token:clerk".to_owned());
    let refused = || world.chat.refused(clerk(), "change-rooms", Rule::UsersOnly);
    (0..5).for_each(|_| refused());
    world.chat.refused(clerk(), "read-compliance", Rule::OfficersOnly);
    let other = Actor::Administrator("token:other".to_owned());
    world.chat.refused(other, "change-rooms", Rule::UsersOnly);
    let _carol = world.attach_in("carol", "Lobby").await;
    let body = |act: &str, rule: &str, times: u32| {
        format!(r#"{{"action":"{act}","rule":"{rule}","times":{times}}}"#)
    };
    let told = async || -> Vec<(String, String)> {
        let records = world.records().await.into_iter();
        let denied = records.filter(|record| record.kind == "DENIED");
        let told = denied.map(|record| {
            assert_eq!(record.chain, ChainId::System);
            (record.actor, record.body)
        });
        told.collect()
    };
    let mut expected = vec![
        (
            "admin:token:clerk".to_owned(),
            body("change-rooms", "users-only", 1),
        ),
        (
            "admin:token:clerk".to_owned(),
            body("read-compliance", "officers-only", 1),
        ),
        (
            "admin:token:other".to_owned(),
            body("change-rooms", "users-only", 1),
        ),
    ];
    assert_eq!(told().await, expected);
    world.clock.advance(60);
    let _dave = world.attach_in("dave", "Lobby").await;
    expected.push((
        "admin:token:clerk".to_owned(),
        body("change-rooms", "users-only", 4),
    ));
    assert_eq!(told().await, expected);
    world.verify().await;
}
