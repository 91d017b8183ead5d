//! Records come in once, whatever fails.

use crate::world::{ROOM, World, address, key, officer};
use causerie_compliance::{Compliance, ComplianceError, Settings, documents};
use causerie_model::{Actor, ChainId, Event, Hash, RoomId};
use causerie_queue::Queue;
use causerie_records::Records;
use std::{sync::atomic::Ordering, time::Duration};
use uuid::Uuid;

async fn drain(service: &Compliance) {
    while service.take_in().await.expect("taken in") > 0 {}
}

#[tokio::test]
async fn records_are_stored_in_order_and_acknowledged() {
    let world = World::new().await;
    world.talk(2_500).await;
    let service = world.open().await;
    assert_eq!(service.take_in().await.unwrap(), 1_000);
    drain(&service).await;
    assert_eq!(world.numbers().await, (1..=2_502).collect::<Vec<u64>>());
    assert_eq!(world.store.backlog().await.unwrap().depth, 0);
    let room: documents::Room = documents::load(&*world.records, RoomId(7))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (room.name.as_str(), room.category_name.as_str()),
        ("Desk", "Floor")
    );
}

#[tokio::test]
async fn an_end_between_any_two_steps_loses_and_doubles_nothing() {
    for after_effect in [false, true] {
        for call in 1.. {
            let world = World::new().await;
            world.talk(3).await;
            let mut poison = world.chat("forged");
            poison.body = poison.body.replace("forged", "forgery");
            world.publish(vec![poison, world.chat("good")]).await;
            let service = world.open().await;
            world.faults.die_at(call, after_effect);
            let died = service.take_in().await.is_err();
            let all = !world.faults.heal();
            // The next process: the lease of the one that died ends.
            world.pass(31);
            let next = world.open().await;
            drain(&next).await;
            assert_eq!(
                world.numbers().await,
                [1, 2, 3, 4, 5, 7],
                "call {call}, died {died}"
            );
            let stored = world.stored().await;
            let told = stored
                .iter()
                .filter(|stored| stored.record.kind == "SETASIDE")
                .count();
            assert_eq!(told, 1, "call {call}");
            let backlog = world.store.backlog().await.unwrap();
            assert_eq!((backlog.depth, backlog.set_aside), (0, 1), "call {call}");
            let verified = next.verify(&crate::world::officer(), &|_, _| {}).await.unwrap();
            assert!(verified.result.is_ok(), "{verified:?}");
            if all {
                assert!(call > 5, "nothing was killed");
                break;
            }
        }
    }
}

#[tokio::test]
async fn poison_is_set_aside_and_the_others_go_on() {
    let world = World::new().await;
    world.talk(1).await;
    let service = world.open().await;
    drain(&service).await;
    // Forged content, a body that is no JSON, a record of the service's own chain, and a number that is there already.
    let mut forged = world.chat("forged");
    forged.body = forged.body.replace("forged", "forgery");
    let other = ChainId::Room(RoomId(8));
    let denied = Event::Denied {
        user: Some(address("ann")),
        action: "join".to_owned(),
        rule: "scope".to_owned(),
        times: 1,
    };
    let mut no_json = world.make(other, &Actor::System, &denied);
    no_json.body = "[]".to_owned();
    no_json.hash = causerie_proof::Content::of(&(&no_json).into()).hash();
    let own = world.make(ChainId::Compliance, &Actor::System, &denied);
    world.publish(vec![forged, world.chat("good"), no_json]).await;
    drain(&service).await;
    assert_eq!(world.numbers().await, [1, 2, 3, 5]);
    let alarm = world.heard.alarms.lock().unwrap()[0].text.clone();
    assert!(
        alarm
            .starts_with("2 records were set aside, the first of them record 4 of chain room:7: its content"),
        "{alarm}"
    );
    assert_eq!(world.take_alarms(), ["set-aside"], "one for each take");
    let reasons: Vec<String> = world
        .store
        .aside(0, 9)
        .await
        .unwrap()
        .into_iter()
        .map(|aside| aside.reason)
        .collect();
    assert_eq!(
        reasons,
        [
            "its content isn't what its hash says",
            "its body is no JSON object"
        ]
    );
    drop(own);
}

#[tokio::test]
async fn what_conflicts_with_what_is_stored_is_set_aside() {
    let world = World::new().await;
    let service = world.open().await;
    // Somebody put another first record there.
    let elsewhere = World::new().await;
    elsewhere.publish(vec![elsewhere.join("eve")]).await;
    let foreign = elsewhere
        .store
        .lease(
            Uuid::nil(),
            None,
            causerie_model::Timestamp(0),
            causerie_model::Timestamp(9),
        )
        .await
        .unwrap();
    let foreign = elsewhere
        .store
        .waiting(&foreign, causerie_model::Timestamp(1), 9)
        .await
        .unwrap();
    let addition = causerie_records::Addition {
        records: vec![foreign[0].record.clone()],
        ..Default::default()
    };
    world.records.append(&addition).await.unwrap();
    world
        .publish(vec![world.join("ann"), world.chat("2"), world.chat("3")])
        .await;
    drain(&service).await;
    // The second doesn't follow what is stored either. What comes then comes after a gap, which is explained.
    assert_eq!(world.numbers().await, [1, 3]);
    assert_eq!(world.alarms(), ["set-aside"]);
    assert_eq!(world.store.backlog().await.unwrap().set_aside, 2);
    let found = service.verify(&officer(), &|_, _| {}).await.unwrap();
    assert!(found.result.is_ok(), "{found:?}");
    // Exports go on.
    service
        .set_adapter(&officer(), "archive", &world.adapter(), false)
        .await
        .unwrap();
    let outcome = service.run_adapter(&officer(), "archive", &|_, _| {}).await;
    assert_eq!(outcome.unwrap().records, 6);
}

#[tokio::test]
async fn what_is_set_aside_is_told_of_between_its_neighbours() {
    let world = World::new().await;
    world.talk(0).await;
    let mut poison = world.chat("forged");
    poison.body = poison.body.replace("forged", "forgery");
    world.publish(vec![poison, world.chat("good")]).await;
    drain(&world.open().await).await;
    let stored = world.stored().await;
    let kinds: Vec<&str> = stored.iter().map(|stored| stored.record.kind.as_str()).collect();
    assert_eq!(kinds, ["CHANGED", "JOIN", "SETASIDE", "CHAT"]);
}

#[tokio::test]
async fn those_set_aside_before_are_looked_up_once_a_take() {
    let world = World::new().await;
    world.talk(0).await;
    let service = world.open().await;
    drain(&service).await;
    let mut calls = Vec::new();
    for poisons in [1, 9] {
        let forged = (0..poisons).map(|_| {
            let mut poison = world.chat("forged");
            poison.body = poison.body.replace("forged", "forgery");
            poison
        });
        world.publish(forged.collect()).await;
        world.faults.select_calls.store(0, Ordering::SeqCst);
        drain(&service).await;
        calls.push(world.faults.select_calls.load(Ordering::SeqCst));
    }
    assert_eq!(
        calls[1],
        calls[0] + 1,
        "there is one more page, the first time there was none"
    );
}

#[tokio::test]
async fn somebody_elses_lease_is_waited_for() {
    let world = World::new().await;
    world.talk(1).await;
    let (one, two) = (world.open().await, world.open().await);
    assert_eq!(one.take_in().await.unwrap(), 3);
    assert!(matches!(two.take_in().await, Err(ComplianceError::Busy(_))));
    world.pass(31);
    assert_eq!(two.take_in().await.unwrap(), 0);
    assert!(matches!(one.take_in().await, Err(ComplianceError::Busy(_))));
    // Who takes all the time keeps it.
    for _ in 0..10 {
        world.pass(11);
        assert_eq!(two.take_in().await.unwrap(), 0);
        assert!(matches!(one.take_in().await, Err(ComplianceError::Busy(_))));
    }
}

#[tokio::test]
async fn who_was_killed_has_its_leases_again_at_once() {
    let world = World::new().await;
    let start = async |holder| {
        let needs = world.needs_of(holder);
        Compliance::open(Settings::new("x.test"), needs).await.unwrap()
    };
    world.talk(1).await;
    let (killed, other) = (start(1).await, start(2).await);
    drain(&killed).await;
    let adapter = world.adapter();
    let officer = officer();
    let set = killed.set_adapter(&officer, "archive", &adapter, false);
    set.await.unwrap();
    let begun = tokio::sync::Notify::new();
    let went = |_, _| begun.notify_one();
    tokio::select! {
        _ = killed.run_adapter(&officer, "archive", &went) => panic!("it is done"),
        () = begun.notified() => {}
    }
    drop(killed);
    assert!(matches!(other.take_in().await, Err(ComplianceError::Busy(_))));
    let run = other.run_adapter(&officer, "archive", &|_, _| {}).await;
    assert!(matches!(run, Err(ComplianceError::Busy(_))), "{run:?}");
    let again = start(1).await;
    assert_eq!(again.take_in().await.unwrap(), 0);
    let run = again.run_adapter(&officer, "archive", &|_, _| {}).await;
    assert!(run.unwrap().batch.is_some());
}

/// Waits until something is so. However slow the machine is, it comes to be; if not, the test hangs and is ended.
async fn until<F: Future<Output = bool>>(mut is: impl FnMut() -> F) {
    while !is().await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until it was looked so many times more what waits in the queue.
async fn looks(world: &World, more: u64) {
    let calls = || world.faults.backlogs.load(Ordering::SeqCst);
    let before = calls();
    until(|| async { calls() >= before + more }).await;
}

#[tokio::test]
async fn a_database_that_was_away_is_taken_up_again_in_order() {
    let world = World::new().await;
    let mut settings = Settings::new("x.test");
    settings.alarm_depth = 5;
    let service = Compliance::start(settings, world.needs()).await.unwrap();
    world.talk(1).await;
    until(|| async { world.numbers().await.len() == 3 }).await;
    world.take_alarms();
    world.faults.records_down.store(true, Ordering::SeqCst);
    world
        .publish((0..6).map(|n| world.chat(&n.to_string())).collect())
        .await;
    until(|| async { world.alarms().contains(&"queue-behind") }).await;
    assert_eq!(world.numbers().await.len(), 3);
    assert_eq!(world.store.backlog().await.unwrap().depth, 6);
    world.faults.records_down.store(false, Ordering::SeqCst);
    until(|| async { world.store.backlog().await.unwrap().depth == 0 }).await;
    assert_eq!(world.numbers().await, (1..=9).collect::<Vec<u64>>());
    service.stop().await;
    // A last checkpoint, and the queue is free for the next.
    assert_eq!(world.heard.anchored.lock().unwrap().len(), 1);
    assert_eq!(world.open().await.take_in().await.unwrap(), 0);
}

#[tokio::test]
async fn age_is_an_alarm_too() {
    let world = World::new().await;
    let mut settings = Settings::new("x.test");
    settings.alarm_age = Duration::from_secs(60);
    let service = Compliance::start(settings, world.needs()).await.unwrap();
    world.faults.records_down.store(true, Ordering::SeqCst);
    world.talk(1).await;
    world.pass(60);
    // When a look begins, the one before it has ended; the first may have begun before the time passed.
    looks(&world, 3).await;
    assert!(!world.alarms().contains(&"queue-behind"));
    world.pass(1);
    until(|| async { world.alarms().contains(&"queue-behind") }).await;
    service.stop().await;
}

#[tokio::test]
async fn a_queue_that_can_not_be_reached_is_an_alarm() {
    let world = World::new().await;
    let mut settings = Settings::new("x.test");
    settings.alarm_age = Duration::from_secs(60);
    let service = Compliance::start(settings, world.needs()).await.unwrap();
    world.talk(1).await;
    until(|| async { world.store.backlog().await.unwrap().depth == 0 }).await;
    world.pass(120);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!world.alarms().contains(&"queue-unreachable"));
    world.faults.die_at(1, false);
    until(|| async {
        world.pass(30);
        world.alarms().contains(&"queue-unreachable")
    })
    .await;
    assert!(world.faults.heal());
    service.stop().await;
}

#[tokio::test]
async fn an_administrator_who_opens_a_secret_room_is_told_of() {
    let world = World::new().await;
    world.talk(0).await;
    let service = world.open().await;
    let admin = Actor::Administrator("unix:root".to_owned());
    let manager = Actor::User(address("ann"));
    world
        .publish(vec![world.changed(&manager, "member.grant", "bob@x.test")])
        .await;
    drain(&service).await;
    assert_eq!(world.alarms(), [""; 0]);
    world
        .publish(vec![world.changed(&admin, "member.grant", "eve@x.test")])
        .await;
    drain(&service).await;
    assert_eq!(world.alarms(), ["wall-passed"]);
    world
        .publish(vec![
            world.changed(&admin, "member.grant", "mallory@x.test"),
            world.changed(&admin, "room.change", "name=\"Desk\" privacy=open"),
            world.changed(&admin, "member.grant", "eve@x.test"),
        ])
        .await;
    drain(&service).await;
    // Into the room while it was secret, and that it is so no more.
    assert_eq!(world.alarms(), ["wall-passed"; 3]);
    let texts = world.heard.alarms.lock().unwrap().clone();
    assert!(
        texts[1]
            .text
            .contains("let mallory@x.test into the secret room Desk"),
        "{texts:?}"
    );
    assert!(
        texts[2].text.contains("made the secret room Desk open"),
        "{texts:?}"
    );
    let closed = world.changed(&admin, "room.change", "name=\"Desk\" privacy=secret");
    let same = world.changed(&admin, "room.change", "name=\"Table\" privacy=secret");
    world.publish(vec![closed, same]).await;
    drain(&service).await;
    assert_eq!(world.alarms().len(), 3);
    let listed = "name=\"Desk\" privacy=secret members=[\"eve@x.test\"]";
    world
        .publish(vec![world.changed(&admin, "room.change", listed)])
        .await;
    drain(&service).await;
    assert_eq!(world.alarms().len(), 4);
    let by_manager = world.changed(&manager, "room.change", "name=\"Desk\" privacy=open");
    world.publish(vec![by_manager]).await;
    drain(&service).await;
    assert_eq!(world.alarms().len(), 4);
}

#[tokio::test]
async fn a_passed_wall_is_told_of_wherever_the_service_ends() {
    for after_effect in [false, true] {
        for call in 1.. {
            let world = World::new().await;
            world.talk(0).await;
            drain(&world.open().await).await;
            world.pass(31);
            let admin = Actor::Administrator("unix:root".to_owned());
            let grant = world.changed(&admin, "member.grant", "eve@x.test");
            world.publish(vec![grant]).await;
            let service = world.open().await;
            world.faults.die_at(call, after_effect);
            let _ = service.take_in().await;
            let all = !world.faults.heal();
            world.pass(31);
            drain(&world.open().await).await;
            let heard = world.alarms().len();
            assert!((1..=2).contains(&heard), "call {call}: {heard}");
            if all {
                assert!(call > 3, "nothing was killed");
                break;
            }
        }
    }
}

#[tokio::test]
async fn what_is_tried_again_and_again_is_told_of_once() {
    let world = World::new().await;
    world.talk(0).await;
    let service = world.open().await;
    drain(&service).await;
    let admin = Actor::Administrator("unix:root".to_owned());
    world
        .publish(vec![world.changed(&admin, "member.grant", "eve@x.test")])
        .await;
    for _ in 0..3 {
        // The lease is there; the record's append fails.
        world.faults.die_at(3, false);
        assert!(service.take_in().await.is_err());
        world.faults.heal();
    }
    drain(&service).await;
    assert_eq!(world.alarms(), ["wall-passed"]);
}

#[tokio::test]
async fn a_clock_that_goes_back_has_the_lease_taken_anew() {
    let world = World::new().await;
    world.talk(1).await;
    let service = world.open().await;
    drain(&service).await;
    world.pass(-86_400);
    drain(&service).await;
    // The lease ends by the clock as it is.
    world.pass(31);
    assert_eq!(world.open().await.take_in().await.unwrap(), 0);
}

#[tokio::test]
async fn the_chain_of_the_room_is_what_the_chat_server_made() {
    let world = World::new().await;
    world.talk(2).await;
    let service = world.open().await;
    drain(&service).await;
    let head = world.records.head(ROOM).await.unwrap();
    let journal = causerie_store::Journal::head(&*world.store, ROOM).await.unwrap();
    assert_eq!((head.number, head.hash), (journal.record, journal.hash));
    assert_ne!(head.hash, Hash::ZERO);
    assert_eq!(world.key.public(), key(1).public());
}

#[tokio::test]
async fn what_was_set_aside_is_told_of_though_the_take_fails() {
    let world = World::new().await;
    world.talk(0).await;
    let service = world.open().await;
    drain(&service).await;
    let mut poison = world.chat("forged");
    poison.body = poison.body.replace("forged", "forgery");
    world.publish(vec![poison, world.chat("good")]).await;
    let mut told = 0;
    for call in 1.. {
        world.faults.die_at(call, false);
        let failed = service.take_in().await.is_err();
        world.faults.heal();
        told = world.take_alarms().len();
        let aside = world.store.backlog().await.unwrap().set_aside;
        assert_eq!(told as u64, aside, "call {call}");
        if told > 0 {
            assert!(failed, "only what came after it failed");
            break;
        }
    }
    assert_eq!(told, 1);
}

#[tokio::test]
async fn a_lease_that_is_gone_is_not_tried_again() {
    let world = World::new().await;
    let start = async || {
        let needs = world.needs_of(1);
        Compliance::open(Settings::new("x.test"), needs).await.unwrap()
    };
    let one = start().await;
    assert_eq!(one.take_in().await.unwrap(), 0);
    // The same service, started again, takes the lease over.
    assert_eq!(start().await.take_in().await.unwrap(), 0);
    assert!(matches!(one.take_in().await, Err(ComplianceError::Busy(_))));
    assert_eq!(one.take_in().await.unwrap(), 0);
}
