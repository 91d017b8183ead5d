//! Messages that go from rooms because retention destroys their records.

mod common;

use async_trait::async_trait;
use causerie_chat::{Action, CategoryChange, Operation, Outcome, SearchIn};
use causerie_model::{ChainId, ChatId, RoomId, Sealed, Timestamp};
use causerie_queue::{
    Erased, Erasure, Lease, Queue,
    conformance::erasure::{Rooms, order},
};
use causerie_store::{StoreError, StoreFault};
use common::{Device, World};
use std::sync::Arc;
use tokio::sync::Mutex;
use uuid::Uuid;

struct Served {
    world: World,
    alice: Mutex<Device>,
}

async fn fresh() -> Served {
    let world = World::new().await;
    let mut alice = world.attach("alice");
    for room in ["Lobby", "Deals"] {
        alice.join(world.guid(room)).await.unwrap();
    }
    let alice = Mutex::new(alice);
    Served { world, alice }
}

#[async_trait]
impl Rooms for Served {
    fn erasure(&self) -> Arc<dyn Erasure> {
        Arc::new(self.world.chat.clone())
    }

    async fn lease(&self) -> Lease {
        lease(&self.world).await
    }

    fn rooms(&self) -> [RoomId; 2] {
        ["Lobby", "Deals"].map(|name| self.world.id(name))
    }

    async fn post(&self, room: RoomId) -> (ChatId, Timestamp) {
        let guid = self.world.chat.catalogue().room(room).unwrap().guid;
        self.alice.lock().await.post(guid, "text").await.unwrap();
        let last = self.world.parts.history.latest(room, None, 1).await.unwrap();
        (last[0].chat_id, last[0].at)
    }

    async fn history(&self, room: RoomId) -> Vec<ChatId> {
        let latest = self.world.parts.history.latest(room, None, 1_000).await.unwrap();
        latest.into_iter().map(|message| message.chat_id).collect()
    }
}

causerie_queue::erasure_conformance_tests!(fresh);

/// The compliance service's lease.
async fn lease(world: &World) -> Lease {
    let (now, until) = (Timestamp(0), Timestamp(60_000_000));
    let lease = world.queue.lease(Uuid::nil(), None, now, until).await;
    lease.unwrap()
}

async fn try_to_erase(
    world: &World,
    room: RoomId,
    messages: &[(ChatId, Timestamp)],
) -> Result<Erased, StoreError> {
    let lease = lease(world).await;
    let order = order(room, messages);
    world.chat.erase(&lease, Timestamp(0), &order).await
}

/// What names the messages of these numbers: their numbers and times, as the records of their room tell them.
async fn named(world: &World, room: RoomId, numbers: &[u64]) -> Vec<(ChatId, Timestamp)> {
    let chats = records(world, room, "CHAT").await.into_iter();
    let named = chats.map(|record| {
        let body: serde_json::Value = serde_json::from_str(&record.body).unwrap();
        (ChatId(body["chatId"].as_u64().unwrap()), record.at)
    });
    named.filter(|(number, _)| numbers.contains(&number.0)).collect()
}

async fn erase(world: &World, room: RoomId, numbers: &[u64]) -> u64 {
    let messages = named(world, room, numbers).await;
    try_to_erase(world, room, &messages).await.unwrap().messages
}

async fn texts(device: &mut Device, operation: Operation) -> Vec<String> {
    match device.ask(operation).await.unwrap() {
        Outcome::Messages { messages, .. } => messages.iter().map(|message| message.text.clone()).collect(),
        other => panic!("{other:?}"),
    }
}

/// What a device sees of a room in each way: from memory, from the store, by words in the room and everywhere.
async fn seen(device: &mut Device, room: Uuid, words: &str) -> [Vec<String>; 4] {
    let backchat = |before| Operation::Backchat {
        room,
        count: 100,
        before,
    };
    let search = |rooms| Operation::Search {
        rooms,
        words: words.to_owned(),
        count: 100,
    };
    [
        texts(device, backchat(None)).await,
        texts(device, backchat(Some(ChatId(100)))).await,
        texts(device, search(SearchIn::Room(room))).await,
        texts(device, search(SearchIn::All)).await,
    ]
}

/// The records of a room of this kind.
async fn records(world: &World, room: RoomId, kind: &str) -> Vec<Sealed> {
    let records = world.records().await.into_iter();
    let of_room = records.filter(|record| record.chain == ChainId::Room(room));
    of_room.filter(|record| record.kind == kind).collect()
}

/// What the record of it says: what went, by which records, and who asked.
fn body(messages: u64, numbers: &str) -> String {
    let cause = format!(r#"{{"first":3,"hash":"{}","last":4}}"#, "77".repeat(32));
    format!(r#"{{"cause":{cause},"messages":{messages},"numbers":"{numbers}","origin":"this process"}}"#)
}

#[tokio::test]
async fn what_is_erased_is_seen_nowhere_any_more_and_one_record_says_so() {
    let world = World::new().await;
    let (lobby, id) = (world.guid("Lobby"), world.id("Lobby"));
    let mut alice = world.attach_in("alice", "Lobby").await;
    for text in ["alpha 1", "alpha 2", "alpha 3", "alpha 4", "alpha 5"] {
        alice.post(lobby, text).await.unwrap();
    }
    for seen in seen(&mut alice, lobby, "alpha").await {
        assert_eq!(seen.len(), 5);
    }
    let chats = records(&world, id, "CHAT").await;
    let changed = records(&world, id, "CHANGED").await.len();
    assert_eq!(erase(&world, id, &[1, 2, 5]).await, 3);
    for seen in seen(&mut alice, lobby, "alpha").await {
        assert_eq!(seen, ["alpha 3", "alpha 4"]);
    }
    let purged = records(&world, id, "PURGED").await;
    assert_eq!(purged.len(), 1);
    assert_eq!(
        (purged[0].actor.as_str(), purged[0].body.as_str()),
        ("system", &*body(3, "1-2,5"))
    );
    // Retention never destroys records of changes: there is none of each time.
    assert_eq!(records(&world, id, "CHANGED").await.len(), changed);
    assert_eq!(
        records(&world, id, "CHAT").await,
        chats,
        "the records are not its"
    );

    // Once more, as after an answer that was lost: nothing happens, and that is no record.
    assert_eq!(erase(&world, id, &[1, 2, 5]).await, 0);
    assert_eq!(records(&world, id, "PURGED").await, purged);

    assert_eq!(alice.post(lobby, "alpha 6").await.unwrap(), 6);
    world.verify().await;
    drop(alice);
    let world = world.restart().await;
    let mut bob = world.attach_in("bob", "Lobby").await;
    for seen in seen(&mut bob, lobby, "alpha").await {
        assert_eq!(seen, ["alpha 3", "alpha 4", "alpha 6"]);
    }
}

/// As when the rooms came out of an older backup than the records: numbers are given again, and no record is of these.
#[tokio::test]
async fn a_message_that_has_only_the_number_of_another_stays() {
    let world = World::new().await;
    let (lobby, id) = (world.guid("Lobby"), world.id("Lobby"));
    let mut alice = world.attach_in("alice", "Lobby").await;
    for text in ["alpha 1", "alpha 2"] {
        alice.post(lobby, text).await.unwrap();
    }
    let mut older = named(&world, id, &[1, 2]).await;
    older[0].1 = Timestamp(older[0].1.0 - 1);
    let erased = try_to_erase(&world, id, &older[..1]).await.unwrap();
    assert_eq!(erased.messages, 0);
    assert_eq!(records(&world, id, "PURGED").await, []);
    for seen in seen(&mut alice, lobby, "alpha").await {
        assert_eq!(seen, ["alpha 1", "alpha 2"]);
    }
    let erased = try_to_erase(&world, id, &older).await.unwrap();
    assert_eq!(erased.messages, 1);
    let purged = records(&world, id, "PURGED").await;
    assert_eq!(purged[0].body, body(1, "2"));
    for seen in seen(&mut alice, lobby, "alpha").await {
        assert_eq!(seen, ["alpha 1"]);
    }
    world.verify().await;
}

#[tokio::test]
async fn messages_of_a_removed_room_go_too() {
    let world = World::new().await;
    let (lobby, id) = (world.guid("Lobby"), world.id("Lobby"));
    let mut alice = world.attach_in("alice", "Lobby").await;
    for text in ["one", "two"] {
        alice.post(lobby, text).await.unwrap();
    }
    let name = "Lobby".to_owned();
    world.act(Action::RemoveRoom { name }).await;
    let left = async || world.parts.history.latest(id, None, 9).await.unwrap().len();
    assert_eq!(left().await, 2);
    assert_eq!(erase(&world, id, &[1, 2]).await, 2);
    assert_eq!(left().await, 0);
    assert_eq!(records(&world, id, "PURGED").await.len(), 1);
    world.verify().await;
}

#[tokio::test]
async fn of_a_message_that_no_room_keeps_nothing_is_recorded() {
    let world = World::new().await;
    let (lobby, id) = (world.guid("Lobby"), world.id("Lobby"));
    let change = CategoryChange {
        history: Some(false),
        ..CategoryChange::default()
    };
    let name = "General".to_owned();
    world.act(Action::ChangeCategory { name, change }).await;
    let mut alice = world.attach_in("alice", "Lobby").await;
    assert_eq!(alice.post(lobby, "one").await.unwrap(), 1);
    assert_eq!(erase(&world, id, &[1]).await, 0);
    assert_eq!(records(&world, id, "PURGED").await.len(), 0);
}

#[tokio::test]
async fn what_can_not_be_recorded_stays() {
    let world = World::new().await;
    let (lobby, id) = (world.guid("Lobby"), world.id("Lobby"));
    let mut alice = world.attach_in("alice", "Lobby").await;
    alice.post(lobby, "one").await.unwrap();
    world.journal.fail(StoreFault::Full);
    let one = named(&world, id, &[1]).await;
    let refused = try_to_erase(&world, id, &one).await;
    assert_eq!(refused.unwrap_err().fault, StoreFault::Full);
    assert_eq!(alice.history(lobby, 9).await.unwrap(), ["one"]);
    world.journal.recover();
    assert_eq!(erase(&world, id, &[1]).await, 1);
    assert_eq!(alice.history(lobby, 9).await.unwrap(), [""; 0]);
    world.verify().await;
}

/// A consumer that hasn't acknowledged it may not have it; and the queue is then the only place that has it.
#[tokio::test]
async fn a_message_whose_record_waits_stays() {
    let world = World::new().await;
    let (lobby, id) = (world.guid("Lobby"), world.id("Lobby"));
    let mut alice = world.attach_in("alice", "Lobby").await;
    for text in ["one", "two", "three"] {
        alice.post(lobby, text).await.unwrap();
    }
    let all = named(&world, id, &[1, 2, 3]).await;
    world
        .queue
        .waits
        .store(true, std::sync::atomic::Ordering::Relaxed);
    let refused = try_to_erase(&world, id, &all[..1]).await.unwrap_err();
    assert_eq!(refused.fault, StoreFault::Other);
    assert!(refused.message.contains("still waits"), "{refused}");
    // Up to the second.
    let held = lease(&world).await;
    let waiting = world.queue.waiting(&held, Timestamp(0), 1_000).await.unwrap();
    let second = waiting.iter().find(|queued| {
        queued.record.chain == ChainId::Room(id)
            && queued.record.at == all[1].1
            && queued.record.kind == "CHAT"
    });
    let second = second.unwrap().sequence;
    world
        .queue
        .acknowledge(&held, Timestamp(0), second)
        .await
        .unwrap();
    // One that waits keeps the others of the call.
    let refused = try_to_erase(&world, id, &all).await.unwrap_err();
    assert_eq!(refused.fault, StoreFault::Other);
    assert_eq!(alice.history(lobby, 9).await.unwrap(), ["one", "two", "three"]);
    assert_eq!(try_to_erase(&world, id, &all[..2]).await.unwrap().messages, 2);
    assert_eq!(alice.history(lobby, 9).await.unwrap(), ["three"]);
    // What isn't there is no error, whatever waits.
    let nothing = [(ChatId(9), all[2].1)];
    assert_eq!(try_to_erase(&world, id, &nothing).await.unwrap().messages, 0);
}
