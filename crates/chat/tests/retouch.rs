//! Messages that administrators take away.

mod common;

use causerie_chat::{ActionError, By, Operation, Outcome, REPLACED, Retouch, SearchIn};
use causerie_model::{Actor, ChainId, Match, MessageQuery, TextQuery, Timestamp, limits::MAX_MESSAGE_BYTES};
use causerie_store::StoreFault;
use common::{Device, World, address};

fn admin() -> By {
    let by: By = Actor::Administrator("test".to_owned()).into();
    by.from("unix")
}

fn about(text: &str) -> MessageQuery {
    MessageQuery {
        text: TextQuery::parse(text, Match::All, false).unwrap(),
        ..MessageQuery::newest(Vec::new(), 0)
    }
}

async fn found(device: &mut Device, world: &World, words: &str) -> Vec<String> {
    let search = Operation::Search {
        rooms: SearchIn::Room(world.guid("Lobby")),
        words: words.to_owned(),
        count: 10,
    };
    match device.ask(search).await.unwrap() {
        Outcome::Messages { messages, .. } => messages.iter().map(|message| message.text.clone()).collect(),
        other => panic!("{other:?}"),
    }
}

/// The bodies of the records of this kind.
async fn bodies(world: &World, kind: &str) -> Vec<String> {
    let records = world.room_records("Lobby").await.into_iter();
    records
        .filter(|(found, _)| found == kind)
        .map(|(_, body)| body)
        .collect()
}

#[tokio::test]
async fn what_matches_goes_or_gets_another_text_and_its_record_has_the_old_one() {
    let world = World::new().await;
    let lobby = world.guid("Lobby");
    let mut alice = world.attach_in("alice", "Lobby").await;
    let mut bob = world.attach_in("bob", "Lobby").await;
    for text in ["alpha one", "beta", "alpha two"] {
        alice.post(lobby, text).await.unwrap();
    }
    bob.post(lobby, "alpha of bob").await.unwrap();
    let ofalice = MessageQuery {
        authors: vec![address("alice")],
        ..about("alpha")
    };
    let chat = &world.chat;
    let records = world.records().await.len();
    let would = chat
        .retouch(&admin(), "Lobby", &ofalice, &Retouch::Remove, true)
        .await;
    assert_eq!(would.unwrap(), 2);
    assert_eq!(world.records().await.len(), records + 1, "the search is a record");
    let done = chat
        .retouch(&admin(), "Lobby", &ofalice, &Retouch::Remove, false)
        .await;
    assert_eq!(done.unwrap(), 2);

    assert_eq!(alice.history(lobby, 10).await.unwrap(), ["beta", "alpha of bob"]);
    assert_eq!(found(&mut alice, &world, "alpha").await, ["alpha of bob"]);
    let deleted = bodies(&world, "DELETED").await;
    assert_eq!(deleted.len(), 2);
    assert!(deleted[0].contains("alpha one") && deleted[1].contains("alpha two"));

    let replace = Retouch::Replace("gone".to_owned());
    let done = chat
        .retouch(&admin(), "Lobby", &about("bob"), &replace, false)
        .await;
    assert_eq!(done.unwrap(), 1);
    assert_eq!(alice.history(lobby, 10).await.unwrap(), ["beta", "gone"]);
    assert_eq!(found(&mut alice, &world, "bob").await, [""; 0]);
    assert_eq!(found(&mut alice, &world, "gone").await, ["gone"]);
    let last = world
        .parts
        .history
        .latest(world.id("Lobby"), None, 1)
        .await
        .unwrap();
    assert_eq!(
        (last[0].chat_id.0, &last[0].author),
        (4, &address("bob")),
        "number and author stay"
    );
    assert!(bodies(&world, "DELETED").await[2].contains("alpha of bob"));
    // The numbers of those that are gone aren't given again.
    assert_eq!(alice.post(lobby, "next").await.unwrap(), 5);
    world.verify().await;

    // After a start from the disk it is the same.
    drop((alice, bob));
    let world = world.restart().await;
    let mut carol = world.attach_in("carol", "Lobby").await;
    assert_eq!(carol.history(lobby, 10).await.unwrap(), ["beta", "gone", "next"]);
}

/// The records of searches, in the room's chain.
async fn searches(world: &World) -> Vec<String> {
    let lobby = ChainId::Room(world.id("Lobby"));
    let records = world.records().await.into_iter();
    let searches = records.filter(|record| record.body.contains("message.search"));
    searches
        .map(|record| {
            assert_eq!((record.chain, record.actor), (lobby, admin().actor.to_string()));
            record.body
        })
        .collect()
}

#[tokio::test]
async fn nobody_learns_how_many_match_without_a_record() {
    let world = World::new().await;
    let _alice = many(&world, 2).await;
    let text = |text, how, cased| TextQuery::parse(text, how, cased).unwrap();
    let nothing = || MessageQuery::newest(Vec::new(), 0);
    let span = MessageQuery {
        authors: vec![address("alice"), address("bob")],
        from: Some(Timestamp(0)),
        to: Some(Timestamp::from_unix_seconds(4_000_000_000)),
        ..nothing()
    };
    let phrase = MessageQuery {
        text: text("say \"alpha", Match::Phrase, true),
        ..nothing()
    };
    let any = MessageQuery {
        text: text("beta alp*", Match::Any, false),
        ..nothing()
    };
    let replace = Retouch::Replace("beta".to_owned());
    // Refused, but only because something was found.
    let refused = Retouch::Replace(String::new());
    for (query, how, rehearsal) in [
        (&about("no such"), &Retouch::Remove, true),
        (&about("no such"), &Retouch::Remove, false),
        (&phrase, &replace, true),
        (&any, &replace, true),
        (&span, &Retouch::Remove, true),
        (&about("alpha"), &refused, true),
        (&about("alpha"), &replace, false),
    ] {
        let result = world.chat.retouch(&admin(), "Lobby", query, how, rehearsal).await;
        assert_eq!(result.is_err(), how == &refused);
    }
    let span = "authors=alice@example.test,bob@example.test \
        from=1970-01-01T00:00:00.0000000Z to=2096-10-02T07:06:40.0000000Z";
    let said = [
        (r#"text="no" and "such""#, "found=0 rehearsal=true"),
        (r#"text="no" and "such""#, "found=0 rehearsal=false"),
        (r#"text="say \"alpha" case-sensitive"#, "found=0 rehearsal=true"),
        (r#"text="beta" or "alp"*"#, "found=2 rehearsal=true"),
        (span, "found=2 rehearsal=true"),
        (r#"text="alpha""#, "found=2 rehearsal=true"),
        (r#"text="alpha""#, "found=2 rehearsal=false"),
    ];
    let category = world.chat.catalogue().category_by_name("General").unwrap().guid;
    let lobby = world.guid("Lobby");
    let room = format!(
        r#""room":{{"category":"{category}","categoryName":"General","guid":"{lobby}","name":"Lobby"}}"#
    );
    let records = said.map(|(before, after)| {
        let before = before.replace('\\', r"\\").replace('"', r#"\""#);
        let place = format!(r#""origin":"unix",{room},"target":"Lobby","what":"message.search""#);
        format!(r#"{{"after":"{after}","before":"{before}",{place}}}"#)
    });
    assert_eq!(searches(&world).await, records);
    world.verify().await;

    // What can't be recorded isn't told.
    world.journal.fail(StoreFault::Full);
    for words in ["beta", "no such"] {
        let told = world
            .chat
            .retouch(&admin(), "Lobby", &about(words), &Retouch::Remove, true)
            .await;
        assert!(matches!(told, Err(ActionError::Store(_))), "{told:?}");
    }
}

/// More than two pages of messages, some with another moment than the others.
async fn many(world: &World, count: usize) -> Device {
    let mut alice = world.attach_in("alice", "Lobby").await;
    let lobby = world.guid("Lobby");
    for n in 0..count {
        alice.post(lobby, &format!("alpha {n}")).await.unwrap();
    }
    alice
}

#[tokio::test]
async fn more_than_a_page_is_changed_each_message_once() {
    let world = World::new().await;
    let mut alice = many(&world, 450).await;
    // What they are replaced with is found again.
    let replace = Retouch::Replace("alpha again".to_owned());
    let query = about("alpha");
    for rehearsal in [true, false] {
        let changed = world
            .chat
            .retouch(&admin(), "Lobby", &query, &replace, rehearsal)
            .await;
        assert_eq!(changed.unwrap(), 450);
    }
    assert_eq!(bodies(&world, "DELETED").await.len(), 450);
    let history = alice.history(world.guid("Lobby"), 450).await.unwrap();
    assert!(history.len() == 450 && history.iter().all(|text| text == "alpha again"));
    let removed = world
        .chat
        .retouch(&admin(), "Lobby", &query, &Retouch::Remove, false)
        .await;
    assert_eq!(removed.unwrap(), 450);
    assert_eq!(alice.history(world.guid("Lobby"), 450).await.unwrap(), [""; 0]);
    world.verify().await;
}

#[tokio::test]
async fn many_messages_of_one_moment_are_all_found() {
    let world = World::new().await;
    world.clock.stop();
    let _alice = many(&world, 650).await;
    let replace = Retouch::Replace(REPLACED.to_owned());
    for rehearsal in [true, false] {
        let changed = world
            .chat
            .retouch(&admin(), "Lobby", &about("alpha"), &replace, rehearsal)
            .await;
        assert_eq!(changed.unwrap(), 650);
    }
}

#[tokio::test]
async fn a_room_is_cleared_up_to_a_moment_and_that_one_too() {
    let world = World::new().await;
    let lobby = world.guid("Lobby");
    let mut alice = many(&world, 3).await;
    let all = world
        .parts
        .history
        .latest(world.id("Lobby"), None, 3)
        .await
        .unwrap();
    let second = all[1].at;
    let just_before = Timestamp(second.0 - 1);
    let would = world.chat.clear_room(&admin(), "Lobby", second, true).await;
    assert_eq!(would.unwrap(), 2);
    let first = world.chat.clear_room(&admin(), "Lobby", just_before, false).await;
    assert_eq!(first.unwrap(), 1);
    assert_eq!(alice.history(lobby, 9).await.unwrap(), ["alpha 1", "alpha 2"]);
    let second = world.chat.clear_room(&admin(), "Lobby", second, false).await;
    assert_eq!(second.unwrap(), 1);
    assert_eq!(alice.history(lobby, 9).await.unwrap(), ["alpha 2"]);
    assert_eq!(alice.post(lobby, "next").await.unwrap(), 4);
    assert_eq!(bodies(&world, "PURGED").await.len(), 2);
    world.verify().await;
}

#[tokio::test]
async fn a_text_instead_has_its_limits() {
    let world = World::new().await;
    let _alice = many(&world, 1).await;
    for (bytes, fits) in [
        (0, false),
        (1, true),
        (MAX_MESSAGE_BYTES, true),
        (MAX_MESSAGE_BYTES + 1, false),
    ] {
        let replace = Retouch::Replace("x".repeat(bytes));
        let result = world
            .chat
            .retouch(
                &admin(),
                "Lobby",
                &MessageQuery::newest(Vec::new(), 0),
                &replace,
                true,
            )
            .await;
        assert_eq!(result.is_ok(), fits, "{bytes}");
    }
    let nowhere = world.chat.clear_room(&admin(), "None", Timestamp(0), false).await;
    assert!(matches!(nowhere, Err(ActionError::NotFound { .. })));
}
