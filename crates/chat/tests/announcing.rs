//! Rooms and categories of before records told what they are: told once, at a start.

mod common;

use causerie_model::{CategoryId, ChainId, Node, RoomId, Sealed};
use causerie_store::StoreFault;
use common::World;

/// The records of what was made known, as chain and body.
async fn known(world: &World) -> Vec<(ChainId, String)> {
    let is_known = |record: &Sealed| record.kind == "CHANGED" && record.body.contains(".known\"");
    let records = world.records().await.into_iter().filter(is_known);
    records.map(|record| (record.chain, record.body)).collect()
}

/// The category, two rooms, and a room that is gone.
fn nodes(world: &World) -> [Node; 4] {
    let category = world.chat.catalogue().category_by_name("General").unwrap().id;
    let rooms = ["Lobby", "X"].map(|room| Node::Room(world.id(room)));
    [
        Node::Category(category),
        rooms[0],
        rooms[1],
        Node::Room(RoomId(99)),
    ]
}

#[tokio::test]
async fn what_no_record_has_told_of_is_told_once() {
    let world = World::new().await.restart().await;
    assert_eq!(
        known(&world).await,
        [],
        "records have told everything from the beginning"
    );
    let nodes = nodes(&world);
    world.forget(&nodes);
    let world = world.restart().await;
    let (general, lobby, secret) = {
        let catalogue = world.chat.catalogue();
        let guid = |room: &str| catalogue.room_by_name(room).unwrap().guid;
        (
            catalogue.category_by_name("General").unwrap().guid,
            guid("Lobby"),
            guid("X"),
        )
    };
    let [
        Node::Category(CategoryId(_)),
        Node::Room(in_lobby),
        Node::Room(in_secret),
        _,
    ] = nodes
    else {
        panic!("{nodes:?}")
    };
    let room = |guid, name: &str, privacy| {
        format!(
            r#"{{"after":"name=\"{name}\" category=\"General\" description=\"About {name}\" type=normal privacy={privacy} invitations=inherit disabled=false addin=\"\"","before":"","origin":"","room":{{"category":"{general}","categoryName":"General","guid":"{guid}","name":"{name}"}},"target":"{name}","what":"room.known"}}"#
        )
    };
    let category = format!(
        r#"{{"after":"name=\"General\" description=\"\" invitations=true file-upload=false history=true compliance=open","before":"","category":{{"guid":"{general}","name":"General"}},"origin":"","target":"General","what":"category.known"}}"#
    );
    let told = [
        (ChainId::System, category),
        (ChainId::Room(in_lobby), room(lobby, "Lobby", "open")),
        (ChainId::Room(in_secret), room(secret, "X", "secret")),
    ];
    assert_eq!(known(&world).await, told);
    let last = world.records().await.pop().unwrap();
    assert_eq!(last.actor, "system");
    assert_eq!(world.forgotten(), []);
    // The chains go on, and it isn't told again.
    world.attach_in("alice", "Lobby").await;
    let world = world.restart().await;
    assert_eq!(known(&world).await, told);
    world.verify().await;
}

#[tokio::test]
async fn what_can_not_be_told_now_is_told_by_a_later_start() {
    let world = World::new().await;
    let nodes = nodes(&world);
    world.forget(&nodes);
    let started = world.restart_with(|journal| journal.fail(StoreFault::Full)).await;
    let Ok(world) = started else {
        panic!("it doesn't start")
    };
    assert_eq!(known(&world).await, []);
    assert_eq!(world.forgotten(), nodes);
    let world = world.restart().await;
    assert_eq!(known(&world).await.len(), 3);
    world.verify().await;
}
