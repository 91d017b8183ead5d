//! Records carry what their readers need: which room or category was changed, and which messages were shown.

mod common;

use causerie_chat::{
    Action, CategoryChange, HistorySearch, NewCategory, NodeName, Operation, RoomChange, SearchIn,
};
use causerie_model::{Match, Order, Role};
use common::{Device, World, address};
use serde_json::{Value, json};
use uuid::Uuid;

/// The bodies of a kind of record, oldest first.
async fn bodies(world: &World, kind: &str) -> Vec<Value> {
    let records = world.records().await.into_iter();
    let records = records.filter(|record| record.kind == kind);
    records
        .map(|record| serde_json::from_str(&record.body).unwrap())
        .collect()
}

async fn last_change(world: &World) -> Value {
    bodies(world, "CHANGED").await.pop().unwrap()
}

fn category(world: &World, name: &str) -> Uuid {
    world.chat.catalogue().category_by_name(name).unwrap().guid
}

async fn add_category(world: &World, name: &str) {
    world
        .act(Action::AddCategory(NewCategory {
            name: name.to_owned(),
            description: String::new(),
            invitations: false,
            file_upload: false,
            history: true,
            compliance: causerie_model::ComplianceMode::Open,
        }))
        .await;
}

async fn change_room(world: &World, name: &str, change: RoomChange) {
    let name = name.to_owned();
    world.act(Action::ChangeRoom { name, change }).await;
}

#[tokio::test]
async fn every_record_of_a_room_says_which_room_it_is_afterwards() {
    let world = World::new().await;
    let (guid, general) = (
        world.guid("Lobby").to_string(),
        category(&world, "General").to_string(),
    );
    let room = |name: &str, category: &str, in_words: &str| json!({"guid": guid, "name": name, "category": category, "categoryName": in_words});
    let lobby = bodies(&world, "CHANGED").await;
    let lobby: Vec<&Value> = lobby.iter().filter(|body| body["room"]["guid"] == guid).collect();
    assert_eq!(lobby.len(), 1);
    assert_eq!(
        (&lobby[0]["what"], &lobby[0]["room"]),
        (&json!("room.add"), &room("Lobby", &general, "General"))
    );
    assert_eq!(lobby[0].get("category"), None);

    let named = RoomChange {
        name: Some("Hall".to_owned()),
        ..RoomChange::default()
    };
    change_room(&world, "Lobby", named).await;
    assert_eq!(
        last_change(&world).await["room"],
        room("Hall", &general, "General")
    );
    world
        .grant(NodeName::Room("Hall".to_owned()), Role::Member, "dave")
        .await;
    let grant = last_change(&world).await;
    assert_eq!(
        (&grant["what"], &grant["room"]),
        (&json!("member.grant"), &room("Hall", &general, "General"))
    );

    // Moved: the record says the category that it is in now; so does that of the entries that went.
    add_category(&world, "Other").await;
    let other = category(&world, "Other").to_string();
    let moved = RoomChange {
        category: Some("Other".to_owned()),
        ..RoomChange::default()
    };
    change_room(&world, "Hall", moved).await;
    let changes = bodies(&world, "CHANGED").await;
    let [.., moved, trimmed] = &changes[..] else {
        panic!()
    };
    assert_eq!(
        (&moved["what"], &trimmed["what"]),
        (&json!("room.change"), &json!("lists.trim"))
    );
    for body in [moved, trimmed] {
        assert_eq!(body["room"], room("Hall", &other, "Other"));
    }

    world
        .act(Action::RemoveRoom {
            name: "Hall".to_owned(),
        })
        .await;
    let gone = last_change(&world).await;
    assert_eq!(
        (&gone["what"], &gone["room"]),
        (&json!("room.remove"), &room("Hall", &other, "Other"))
    );
    world.verify().await;
}

#[tokio::test]
async fn every_record_of_a_category_says_which_it_is() {
    let world = World::new().await;
    add_category(&world, "Desk").await;
    let guid = category(&world, "Desk").to_string();
    let desk = |name: &str| json!({"guid": guid, "name": name});
    let added = last_change(&world).await;
    assert_eq!(
        (&added["what"], &added["category"]),
        (&json!("category.add"), &desk("Desk"))
    );
    let change = CategoryChange {
        name: Some("Desks".to_owned()),
        ..CategoryChange::default()
    };
    let name = "Desk".to_owned();
    world.act(Action::ChangeCategory { name, change }).await;
    assert_eq!(last_change(&world).await["category"], desk("Desks"));
    let node = || NodeName::Category("Desks".to_owned());
    world.grant(node(), Role::Allowed, "dave").await;
    assert_eq!(last_change(&world).await["category"], desk("Desks"));
    // Who may no longer be in its lists: the record says which.
    world.grant(node(), Role::Creator, "dave").await;
    world.revoke(node(), Role::Allowed, "dave").await;
    let trimmed = last_change(&world).await;
    assert_eq!(
        (&trimmed["what"], &trimmed["category"]),
        (&json!("lists.trim"), &desk("Desks"))
    );
    let name = "Desks".to_owned();
    world.act(Action::RemoveCategory { name }).await;
    let gone = last_change(&world).await;
    assert_eq!(
        (&gone["what"], &gone["category"]),
        (&json!("category.remove"), &desk("Desks"))
    );
    // What concerns neither says neither.
    let eve = Action::AddUser {
        address: address("eve"),
        display_name: String::new(),
    };
    world.act(eve).await;
    let user = last_change(&world).await;
    assert_eq!((user.get("category"), user.get("room")), (None, None));
}

async fn find(device: &mut Device, room: Uuid, text: &str) {
    let search = HistorySearch {
        room,
        text: text.to_owned(),
        words: Match::Any,
        case_sensitive: false,
        authors: vec![],
        from: None,
        to: None,
        start: None,
        limit: 100,
        scan: Order::OldestFirst,
        order: Order::NewestFirst,
    };
    device.ask(Operation::SearchRoom(Box::new(search))).await.unwrap();
}

#[tokio::test]
async fn a_reading_says_which_messages_were_shown_in_each_room() {
    let world = World::new().await;
    let (lobby, deals, secret) = (world.guid("Lobby"), world.guid("Deals"), world.guid("X"));
    let mut alice = world.attach_in("alice", "Lobby").await;
    for room in [deals, secret] {
        alice.join(room).await.unwrap();
    }
    for text in ["fox", "hen", "fox", "fox", "fox"] {
        alice.post(lobby, text).await.unwrap();
    }
    for text in ["hen", "fox"] {
        alice.post(deals, text).await.unwrap();
    }
    alice.post(secret, "hen").await.unwrap();

    alice.history(lobby, 2).await.unwrap();
    let before = Operation::Backchat {
        room: lobby,
        count: 2,
        before: Some(causerie_model::ChatId(4)),
    };
    alice.ask(before).await.unwrap();
    find(&mut alice, lobby, "fox").await;
    find(&mut alice, lobby, "bear").await;
    let everywhere = Operation::Search {
        rooms: SearchIn::All,
        words: "fox".to_owned(),
        count: 99,
    };
    alice.ask(everywhere).await.unwrap();

    let seen: Vec<Value> = bodies(&world, "BACKCHAT")
        .await
        .iter()
        .map(|body| body["seen"].clone())
        .collect();
    let (lobby, deals) = (world.id("Lobby").0, world.id("Deals").0);
    assert_eq!(
        seen,
        [
            json!([{"room": lobby, "messages": "4-5"}]),
            json!([{"room": lobby, "messages": "2-3"}]),
            json!([{"room": lobby, "messages": "1,3-5"}]),
            json!([]),
            json!([{"room": lobby, "messages": "1,3-5"}, {"room": deals, "messages": "2"}]),
        ]
    );
    world.verify().await;
}
