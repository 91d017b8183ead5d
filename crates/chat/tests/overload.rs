//! More than can be done: nobody is cut off who reads, nobody is held up by who doesn't, and nothing is done late.

mod common;

use causerie_chat::{Deliveries, Delivery, Notice, Operation, Outcome, Refusal, Settings};
use causerie_model::PartReason;
use common::{Device, World};
use std::{future::poll_fn, sync::atomic::Ordering, time::Duration};
use tokio::{task::JoinHandle, time};

/// Posts that come all at once, many times what fits into a queue.
const FLOOD: usize = 200;

fn small_queues() -> Settings {
    Settings {
        endpoint_queue: 8,
        ..Settings::default()
    }
}

/// Reads as a connection does, in a task of its own, until it has so many messages. Gives their texts.
fn read(mut deliveries: Deliveries, messages: usize) -> JoinHandle<Vec<String>> {
    tokio::spawn(async move {
        let mut texts = Vec::new();
        while texts.len() < messages {
            let Some(delivery) = deliveries.next().await else {
                break;
            };
            if let Delivery::Notice(broadcast) = delivery
                && let Notice::Chat { message, .. } = broadcast.notice()
            {
                texts.push(message.text.clone());
            }
            let cut = poll_fn(|context| std::task::Poll::Ready(deliveries.poll_cut(context))).await;
            assert!(cut.is_pending(), "cut off after {} messages", texts.len());
        }
        texts
    })
}

/// Has a device post a flood, and keeps its end open.
fn flood(mut device: Device, world: &World) -> (Vec<String>, Device) {
    let lobby = world.guid("Lobby");
    let texts: Vec<String> = (0..FLOOD).map(|n| n.to_string()).collect();
    for text in &texts {
        device.send(lobby, text);
    }
    (texts, device)
}

#[tokio::test]
async fn who_reads_is_not_cut_off_however_much_comes_at_once() {
    let world = World::with(small_queues()).await;
    let bob = world.attach_in("bob", "Lobby").await;
    let carol = world.attach_in("carol", "Lobby").await;
    let alice = world.attach_in("alice", "Lobby").await;
    // On one thread the sequencer would fill every queue before any reader runs.
    let (texts, alice) = flood(alice, &world);
    let readers = [alice, bob, carol].map(|device| {
        let Device {
            endpoint, deliveries, ..
        } = device;
        (endpoint, read(deliveries, FLOOD))
    });
    for (_endpoint, reader) in readers {
        assert_eq!(reader.await.unwrap(), texts);
    }
}

#[tokio::test]
async fn who_enters_many_rooms_does_not_fill_the_queue_of_somebody_who_is_in_all_of_them() {
    let world = World::with(small_queues()).await;
    let mut rooms = Vec::new();
    for n in 0..50 {
        let name = format!("Room {n}");
        world
            .room(
                &name,
                causerie_model::Privacy::Open,
                causerie_model::RoomType::Normal,
                &[],
            )
            .await;
        rooms.push(world.guid(&name));
    }
    let mut bob = world.attach("bob");
    bob.ask(Operation::Join { rooms: rooms.clone() }).await.unwrap();
    let mut alice = world.attach("alice");
    alice.submit(Operation::Join { rooms }).unwrap();
    for _ in 0..50 {
        assert_eq!(bob.notice().await, "joined:alice");
    }
}

#[tokio::test]
async fn who_does_not_read_is_cut_off_and_holds_nobody_up() {
    let world = World::with(small_queues()).await;
    let mut bob = world.attach_in("bob", "Lobby").await;
    let alice = world.attach_in("alice", "Lobby").await;
    // The client of this one takes nothing, and its connection waits for that.
    let cut = tokio::spawn(async move { poll_fn(|context| bob.deliveries.poll_cut(context)).await });
    let (texts, alice) = flood(alice, &world);
    assert_eq!(read(alice.deliveries, FLOOD).await.unwrap(), texts);
    assert_eq!(cut.await.unwrap(), PartReason::SlowReader);
}

#[tokio::test]
async fn who_never_asks_for_anything_holds_nobody_up_for_ever() {
    let world = World::with(small_queues()).await;
    let mut bob = world.attach_in("bob", "Lobby").await;
    let alice = world.attach_in("alice", "Lobby").await;
    let (texts, alice) = flood(alice, &world);
    assert_eq!(read(alice.deliveries, FLOOD).await.unwrap(), texts);
    assert_eq!(
        poll_fn(|context| bob.deliveries.poll_cut(context)).await,
        PartReason::SlowReader
    );
}

#[tokio::test]
async fn who_goes_away_with_a_full_queue_holds_nobody_up() {
    let world = World::with(small_queues()).await;
    let bob = world.attach_in("bob", "Lobby").await;
    let alice = world.attach_in("alice", "Lobby").await;
    let (texts, alice) = flood(alice, &world);
    let reader = read(alice.deliveries, FLOOD);
    tokio::spawn(async move {
        tokio::task::yield_now().await;
        drop(bob);
    });
    assert_eq!(reader.await.unwrap(), texts);
}

/// What comes of an operation that has waited so long.
async fn after(wait: Duration, operation: fn(&World) -> Operation) -> (Result<Outcome, Refusal>, World) {
    let world = World::new().await;
    let mut alice = world.attach_in("alice", "Lobby").await;
    world.journal.hold();
    let first = alice.send(world.guid("Lobby"), "first");
    world.journal.is_holding().await;
    time::pause();
    let second = alice.submit(operation(&world)).unwrap();
    time::advance(wait).await;
    world.journal.release();
    // The sequencer decides while the clock stands still; then it goes on, for the database works outside of it.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    time::resume();
    assert!(alice.answer(first).await.is_ok(), "it was decided in time");
    let result = alice.answer(second).await;
    world.verify().await;
    (result, world)
}

fn post(world: &World) -> Operation {
    Operation::Post {
        room: world.guid("Lobby"),
        text: "second".to_owned(),
        extras: causerie_model::Extras::default(),
    }
}

#[tokio::test]
async fn patience_ends_at_its_edge_and_what_is_refused_is_not_done() {
    let patience = Settings::default().patience;
    let (result, _world) = after(patience, post).await;
    assert!(matches!(result, Ok(Outcome::Posted { .. })), "{result:?}");
    let (result, world) = after(patience + Duration::from_nanos(1), post).await;
    assert!(matches!(result, Err(Refusal::Busy)), "{result:?}");
    let records = world.room_records("Lobby").await;
    assert_eq!(records.iter().filter(|(kind, _)| kind == "CHAT").count(), 1);
}

#[tokio::test]
async fn readings_and_preferences_are_refused_too_but_nobody_is_kept_in_or_out() {
    let late = Settings::default().patience * 10;
    let refused: [fn(&World) -> Operation; 3] = [
        |world| Operation::Backchat {
            room: world.guid("Lobby"),
            count: 1,
            before: None,
        },
        |_| Operation::Search {
            rooms: causerie_chat::SearchIn::All,
            words: "first".to_owned(),
            count: 1,
        },
        |_| Operation::SetPreference {
            label: "x".to_owned(),
            known: 0,
            content: "y".to_owned(),
        },
    ];
    for operation in refused {
        let (result, _world) = after(late, operation).await;
        assert!(matches!(result, Err(Refusal::Busy)), "{result:?}");
    }
    let done: [fn(&World) -> Operation; 3] = [
        |world| Operation::Join {
            rooms: vec![world.guid("Deals")],
        },
        |world| Operation::Part {
            room: world.guid("Lobby"),
        },
        |_| Operation::ServerInfo,
    ];
    for operation in done {
        let (result, _world) = after(late, operation).await;
        assert!(result.is_ok(), "{result:?}");
    }
}

#[tokio::test]
async fn what_comes_too_late_does_not_keep_out_what_comes_in_time() {
    let settings = Settings {
        batch: 2,
        ..Settings::default()
    };
    let late = settings.patience * 2;
    let world = World::with(settings).await;
    let lobby = world.guid("Lobby");
    let mut alice = world.attach_in("alice", "Lobby").await;
    world.journal.hold();
    let first = alice.send(lobby, "first");
    world.journal.is_holding().await;
    time::pause();
    let commits = world.journal.commits.load(Ordering::Relaxed);
    let refused: Vec<u64> = (0..11).map(|_| alice.send(lobby, "late")).collect();
    time::advance(late).await;
    let done: Vec<u64> = (0..2).map(|_| alice.send(lobby, "in time")).collect();
    world.journal.release();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    time::resume();
    assert!(alice.answer(first).await.is_ok());
    for token in refused {
        assert!(matches!(alice.answer(token).await, Err(Refusal::Busy)));
    }
    for token in done {
        assert!(alice.answer(token).await.is_ok());
    }
    let commits = world.journal.commits.load(Ordering::Relaxed) - commits;
    assert_eq!(commits, 1, "as many in one round as without those that are late");
    world.verify().await;
}
