//! Searches of one room's messages.

mod common;

use causerie_chat::{HistorySearch, Matches, NodeName, Operation, Outcome, Refusal, Settings};
use causerie_model::{ChatId, Match, Order, Role, Start, Timestamp};
use common::{Device, World, address};
use uuid::Uuid;

fn search(room: Uuid, text: &str) -> HistorySearch {
    HistorySearch {
        room,
        text: text.to_owned(),
        words: Match::Any,
        case_sensitive: false,
        authors: Vec::new(),
        from: None,
        to: None,
        start: None,
        limit: 100,
        scan: Order::OldestFirst,
        order: Order::OldestFirst,
    }
}

async fn find(device: &mut Device, search: HistorySearch) -> Result<(Vec<u64>, Matches), Refusal> {
    match device.ask(Operation::SearchRoom(Box::new(search))).await? {
        Outcome::Messages {
            messages,
            matches: Some(matches),
            ..
        } => Ok((
            messages.iter().map(|message| message.chat_id.0).collect(),
            matches,
        )),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn messages_are_found_by_all_criteria() {
    let world = World::new().await;
    let lobby = world.guid("Lobby");
    let mut alice = world.attach_in("alice", "Lobby").await;
    let mut bob = world.attach_in("bob", "Lobby").await;
    for text in ["red fox", "red Fox jumps", "blue whale"] {
        alice.post(lobby, text).await.unwrap();
    }
    bob.post(lobby, "fox and whale").await.unwrap();
    let mut numbers = async |search| find(&mut alice, search).await.unwrap().0;
    let about = |text| search(lobby, text);
    assert_eq!(numbers(about("fox whale")).await, [1, 2, 3, 4]);
    assert_eq!(numbers(about("")).await, [1, 2, 3, 4]);
    let exact = HistorySearch {
        words: Match::Phrase,
        ..about("red fox")
    };
    assert_eq!(numbers(exact.clone()).await, [1, 2]);
    let case = HistorySearch {
        case_sensitive: true,
        ..exact
    };
    assert_eq!(numbers(case).await, [1]);
    let by_bob = HistorySearch {
        authors: vec![address("bob")],
        ..about("fox")
    };
    assert_eq!(numbers(by_bob).await, [4]);
    let newest = HistorySearch {
        scan: Order::NewestFirst,
        limit: 2,
        ..about("fox")
    };
    assert_eq!(numbers(newest.clone()).await, [2, 4]);
    let reversed = HistorySearch {
        order: Order::NewestFirst,
        ..newest
    };
    assert_eq!(numbers(reversed).await, [4, 2]);
    let before = HistorySearch {
        start: Some(Start::Before(ChatId(4))),
        ..about("fox")
    };
    assert_eq!(numbers(before).await, [1, 2]);
    let after = HistorySearch {
        start: Some(Start::After(ChatId(2))),
        from: Some(Timestamp(i64::MAX)),
        ..about("")
    };
    assert_eq!(numbers(after).await, [3, 4], "dates count nothing beside a place");

    let stored = world
        .parts
        .history
        .latest(world.id("Lobby"), None, 10)
        .await
        .unwrap();
    let dates = |from, to| HistorySearch {
        from: Some(from),
        to: Some(to),
        ..about("")
    };
    assert_eq!(
        numbers(dates(stored[1].at, stored[2].at)).await,
        [2, 3],
        "both ends count"
    );
    let short = dates(stored[1].at, Timestamp(stored[2].at.0 - 1));
    assert_eq!(numbers(short).await, [2]);
}

#[tokio::test]
async fn limits_hold_and_what_is_beyond_is_counted() {
    let settings = Settings {
        search_results: 3,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let lobby = world.guid("Lobby");
    let mut alice = world.attach_in("alice", "Lobby").await;
    for _ in 0..4 {
        alice.post(lobby, "fox").await.unwrap();
    }
    let (found, matches) = find(&mut alice, search(lobby, "fox")).await.unwrap();
    assert_eq!(
        (found, matches),
        (vec![1, 2, 3], Matches { total: 4, more: true })
    );
    let three = HistorySearch {
        start: Some(Start::After(ChatId(1))),
        ..search(lobby, "fox")
    };
    let (found, matches) = find(&mut alice, three).await.unwrap();
    assert_eq!(
        (found, matches),
        (
            vec![2, 3, 4],
            Matches {
                total: 3,
                more: false
            }
        )
    );
    let short = find(&mut alice, search(lobby, "f*")).await;
    assert!(matches!(short, Err(Refusal::Invalid(_))), "{short:?}");
}

#[tokio::test]
async fn each_search_is_recorded_in_its_room_with_what_was_asked_and_shown() {
    let world = World::new().await;
    let lobby = world.guid("Lobby");
    let mut alice = world.attach_in("alice", "Lobby").await;
    alice.post(lobby, "red fox").await.unwrap();
    find(&mut alice, search(lobby, "fox")).await.unwrap();
    let more = HistorySearch {
        words: Match::Phrase,
        case_sensitive: true,
        authors: vec![address("bob"), address("carol")],
        from: Some(Timestamp(0)),
        limit: 5,
        scan: Order::NewestFirst,
        ..search(lobby, "say \"fox\"")
    };
    find(&mut alice, more).await.unwrap();
    let records = world.room_records("Lobby").await;
    let readings: Vec<&str> = records
        .iter()
        .filter(|(kind, _)| kind == "BACKCHAT")
        .map(|(_, body)| body.as_str())
        .collect();
    assert_eq!(
        readings,
        [
            r#"{"query":"search any of \"fox\", the oldest 100","seen":[{"messages":"1","room":1}],"shown":1,"user":"alice@example.test"}"#,
            r#"{"query":"search phrase of \"say \\\"fox\\\"\" in this case by bob@example.test or carol@example.test from 1970-01-01T00:00:00.0000000Z, the newest 5","seen":[],"shown":0,"user":"alice@example.test"}"#,
        ]
    );
    world.verify().await;
}

#[tokio::test]
async fn only_readers_search_and_only_as_long_as_they_are() {
    let world = World::new().await;
    let secret = world.guid("X");
    let mut carol = world.attach("carol");
    let hidden = find(&mut carol, search(secret, "fox")).await;
    assert!(matches!(hidden, Err(Refusal::NoSuchRoom)));
    let outside = find(&mut carol, search(world.guid("Deals"), "fox")).await;
    assert!(matches!(outside, Err(Refusal::Denied(_))));
    let mut bob = world.attach("bob");
    assert!(
        find(&mut bob, search(secret, "fox")).await.is_ok(),
        "he needn't be in it"
    );
    // Rights that end while it is read: the search is under way when the revocation is queued.
    world.journal.hold();
    let token = bob
        .submit(Operation::SearchRoom(Box::new(search(secret, "fox"))))
        .unwrap();
    world.journal.release();
    world
        .revoke(NodeName::Room("X".to_owned()), Role::Member, "bob")
        .await;
    let late = bob.answer(token).await;
    let again = find(&mut bob, search(secret, "fox")).await;
    assert!(matches!(again, Err(Refusal::NoSuchRoom)));
    // Which of the two came first can't be told here; it was shown with a record or not at all.
    let shown = world.room_records("X").await;
    let shown = shown.iter().filter(|(kind, _)| kind == "BACKCHAT").count();
    assert_eq!(shown, if late.is_ok() { 2 } else { 1 });
}
