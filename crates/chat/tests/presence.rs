//! Every coming has its leaving, also when the program ends without a word.

mod common;

use causerie_model::{PartReason, SipAddress};
use causerie_store::StoreFault;
use common::{World, address};
use std::collections::BTreeMap;

/// JOIN and PART of each user in each room, in order: `join`, or the reason for leaving.
async fn comings(world: &World) -> BTreeMap<(String, String), Vec<String>> {
    let mut all: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for room in ["Lobby", "Deals", "News", "X"] {
        for (kind, body) in world.room_records(room).await {
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            let word = match kind.as_str() {
                "JOIN" => "join",
                "PART" => body["reason"].as_str().unwrap(),
                _ => continue,
            };
            let user: SipAddress = body["user"].as_str().unwrap().parse().unwrap();
            let place = (room.to_owned(), user.user().to_owned());
            all.entry(place).or_default().push(word.to_owned());
        }
    }
    all
}

async fn assert_comings(world: &World, expected: &[(&str, &str, &[&str])]) {
    let found = comings(world).await;
    let found: Vec<(&str, &str, Vec<&str>)> = found
        .iter()
        .map(|((room, user), words)| {
            let words = words.iter().map(String::as_str);
            (room.as_str(), user.as_str(), words.collect())
        })
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(room, user, words)| (*room, *user, words.to_vec()))
        .collect();
    assert_eq!(found, expected);
}

/// The program ends and writes no more word, then starts again.
async fn crash(world: World) -> World {
    world.journal.fail(StoreFault::Unavailable);
    world.restart().await
}

#[tokio::test]
async fn whoever_a_crash_left_in_rooms_leaves_once_at_the_next_start() {
    let world = World::new().await;
    let deals = world.guid("Deals");
    let mut alice = world.attach_in("alice", "Lobby").await;
    alice.join(deals).await.unwrap();
    let second = world.attach_in("alice", "Lobby").await;
    let mut bob = world.attach_in("bob", "Deals").await;
    bob.ask(causerie_chat::Operation::Part { room: deals })
        .await
        .unwrap();
    let carol = world.attach_in("carol", "Lobby").await;
    alice.post(deals, "the last that happened").await.unwrap();
    let records = world.records().await;
    let last = records
        .iter()
        .filter(|record| record.kind == "JOIN" || record.kind == "CHAT");
    let last: Vec<_> = last.map(|record| record.at).collect();
    let (in_lobby, in_deals) = (last[last.len() - 2], last[last.len() - 1]);
    drop((alice, second, bob, carol));

    let world = crash(world).await;
    let expected: [(&str, &str, &[&str]); 4] = [
        ("Deals", "alice", &["join", "lost"]),
        ("Deals", "bob", &["join", "left"]),
        ("Lobby", "alice", &["join", "lost"]),
        ("Lobby", "carol", &["join", "lost"]),
    ];
    assert_comings(&world, &expected).await;
    // He was there when the room's last record before was made; those of the others who were lost don't count.
    for (room, last) in [("Lobby", in_lobby), ("Deals", in_deals)] {
        let records = world.room_records(room).await;
        let lost = records
            .iter()
            .filter(|(_, body)| body.contains(PartReason::Lost.as_str()));
        for (_, body) in lost {
            assert!(
                body.contains(&format!(r#""notBefore":"{last}""#)),
                "{room} {last}: {body}"
            );
        }
    }
    let lost = world.records().await;
    let mut lost = lost.iter().filter(|record| record.body.contains("\"lost\""));
    assert!(lost.all(|record| record.actor == "system"));

    // A second crash has nobody leave again; nor has a start after a clean end.
    let world = crash(world).await;
    assert_comings(&world, &expected).await;
    let alice = world.attach_in("alice", "Lobby").await;
    drop(alice);
    let world = crash(world).await.restart().await;
    let again: &[&str] = &["join", "lost", "join", "lost"];
    let expected = [expected[0], expected[1], ("Lobby", "alice", again), expected[3]];
    assert_comings(&world, &expected).await;
    world.verify().await;
}

#[tokio::test]
async fn a_clean_end_records_that_everybody_left() {
    let world = World::new().await;
    let alice = world.attach_in("alice", "Lobby").await;
    let bob = world.attach_in("bob", "X").await;
    drop((alice, bob));
    let world = world.restart().await;
    let expected: [(&str, &str, &[&str]); 2] = [
        ("Lobby", "alice", &["join", "disconnected"]),
        ("X", "bob", &["join", "disconnected"]),
    ];
    assert_comings(&world, &expected).await;
    assert_eq!(world.parts.journal.present().await.unwrap(), []);
    world.verify().await;
}

#[tokio::test]
async fn who_was_lost_leaves_before_anybody_enters_even_if_the_store_takes_nothing_at_first() {
    for fault in [StoreFault::Full, StoreFault::ReadOnly, StoreFault::Unavailable] {
        let world = World::new().await;
        let (lobby, row) = (world.guid("Lobby"), world.id("Lobby"));
        let (alice, carol) = (
            world.attach_in("alice", "Lobby").await,
            world.attach_in("carol", "Lobby").await,
        );
        world.journal.fail(StoreFault::Unavailable);
        drop((alice, carol));
        let started = world.restart_with(|journal| journal.fail(fault)).await;
        let Ok(world) = started else {
            panic!("it doesn't start: {fault:?}")
        };
        assert!(!world.chat.status().await.writable);
        let mut alice = world.attach("alice");
        assert!(alice.join(lobby).await.is_err(), "nobody enters unrecorded");
        let present = [(row, address("alice")), (row, address("carol"))];
        assert_eq!(world.parts.journal.present().await.unwrap(), present);

        world.journal.recover();
        alice.join(lobby).await.unwrap();
        assert!(world.chat.status().await.writable);
        assert_eq!(world.parts.journal.present().await.unwrap(), present[..1]);
        let expected: [(&str, &str, &[&str]); 2] = [
            ("Lobby", "alice", &["join", "lost", "join"]),
            ("Lobby", "carol", &["join", "lost"]),
        ];
        assert_comings(&world, &expected).await;
        world.verify().await;
    }
}

#[tokio::test]
async fn a_store_that_will_never_take_those_leavings_ends_the_start() {
    let world = World::new().await;
    let alice = world.attach_in("alice", "Lobby").await;
    let lobby = world.id("Lobby");
    world.journal.fail(StoreFault::Unavailable);
    drop(alice);
    let refused = world
        .restart_with(|journal| journal.fail(StoreFault::SyncFailed))
        .await;
    let (refused, parts) = refused.err().unwrap();
    assert_eq!(refused.fault, StoreFault::SyncFailed);
    assert_eq!(
        parts.journal.present().await.unwrap(),
        [(lobby, address("alice"))]
    );
}
