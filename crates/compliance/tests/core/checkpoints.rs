//! Checkpoints are made, made known, and change keys.

use crate::world::{World, key, officer};
use causerie_compliance::{Compliance, ComplianceError, Settings};
use causerie_proof::{Checkpoint, SignedCheckpoint};
use causerie_records::{Addition, CheckpointLine, Checkpoints, Records};
use std::sync::{Arc, atomic::Ordering};

async fn verify(service: &Compliance) -> Result<u64, String> {
    let found = service
        .verify(&officer(), &|_, _| {})
        .await
        .expect("a verification");
    found
        .result
        .map(|verified| verified.covered_up_to)
        .map_err(|wrong| wrong.to_string())
}

#[tokio::test]
async fn a_checkpoint_covers_what_came_since_the_last() {
    let world = World::new().await;
    let service = world.open().await;
    assert_eq!(service.checkpoint().await.unwrap(), None);
    world.talk(1_500).await;
    while service.take_in().await.unwrap() > 0 {}
    let first = service.checkpoint().await.unwrap().unwrap();
    assert_eq!(
        (
            first.checkpoint.number,
            first.checkpoint.after,
            first.checkpoint.up_to
        ),
        (1, 0, 1_502)
    );
    assert_eq!(service.checkpoint().await.unwrap(), None);
    assert_eq!(verify(&service).await, Ok(1_502));
    let second = service.checkpoint().await.unwrap().unwrap();
    assert_eq!(
        (
            second.checkpoint.number,
            second.checkpoint.after,
            second.checkpoint.up_to
        ),
        (2, 1_502, 1_503)
    );
    assert_eq!(second.checkpoint.previous, first.hash());
    assert_eq!(
        *world.heard.anchored.lock().unwrap(),
        [first.to_line(), second.to_line()]
    );
    assert_eq!(verify(&service).await, Ok(1_503));
}

#[tokio::test]
async fn an_anchor_that_fails_is_an_alarm_and_is_tried_again() {
    let world = World::new().await;
    let service = world.open().await;
    world.heard.anchor_fails.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        world.publish(vec![world.join("ann")]).await;
        service.take_in().await.unwrap();
        assert!(service.checkpoint().await.unwrap().is_some());
    }
    assert_eq!(world.take_alarms(), ["anchor-failed"]);
    world.heard.anchor_fails.store(false, Ordering::SeqCst);
    // Another process knows as well what wasn't made known.
    let next = world.open().await;
    world.publish(vec![world.join("bob")]).await;
    world.pass(31);
    next.take_in().await.unwrap();
    next.checkpoint().await.unwrap().unwrap();
    let numbers: Vec<u64> = world
        .heard
        .anchored
        .lock()
        .unwrap()
        .iter()
        .map(|line| SignedCheckpoint::parse(line).unwrap().checkpoint.number)
        .collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[tokio::test]
async fn an_anchor_that_was_found_to_fail_is_one_alarm_until_a_checkpoint_is_known() {
    let world = World::new().await;
    let service = world.open().await;
    let standing = async || {
        let alarms = service.status().await.unwrap().alarms;
        let of_anchor = alarms.into_iter().find(|alarm| alarm.name == "anchor-failed");
        of_anchor.map(|alarm| alarm.times)
    };
    world.heard.anchor_fails.store(true, Ordering::SeqCst);
    service.anchor_fails("the disk is full");
    assert_eq!(standing().await, Some(1));
    // There is nothing to be signed.
    assert!(service.checkpoint().await.unwrap().is_none());
    world.publish(vec![world.join("ann")]).await;
    service.take_in().await.unwrap();
    assert!(service.checkpoint().await.unwrap().is_some());
    assert_eq!(standing().await, Some(2));
    assert_eq!(world.take_alarms(), ["anchor-failed"], "it is told once");
    world.heard.anchor_fails.store(false, Ordering::SeqCst);
    world.publish(vec![world.join("bob")]).await;
    service.take_in().await.unwrap();
    assert!(service.checkpoint().await.unwrap().is_some());
    assert_eq!(standing().await, None);
    let cleared: Vec<_> = world
        .heard
        .cleared
        .lock()
        .unwrap()
        .iter()
        .map(|over| over.name)
        .collect();
    assert_eq!(cleared, ["anchor-failed"]);
}

#[tokio::test]
async fn a_clock_that_is_put_back_does_not_break_their_order() {
    let world = World::new().await;
    let service = world.open().await;
    world.talk(1).await;
    service.take_in().await.unwrap();
    let first = service.checkpoint().await.unwrap().unwrap();
    service.signed_in(&officer()).await.unwrap();
    world.pass(-86_400);
    let second = service.checkpoint().await.unwrap().unwrap();
    assert_eq!(second.checkpoint.at, first.checkpoint.at);
    assert_eq!(verify(&service).await, Ok(second.checkpoint.up_to));
}

#[tokio::test]
async fn an_end_that_its_line_does_not_say_is_not_believed() {
    let world = World::new().await;
    let service = world.open().await;
    world.talk(1).await;
    service.take_in().await.unwrap();
    let first = service.checkpoint().await.unwrap().unwrap();
    let next = Checkpoint {
        number: 2,
        after: first.checkpoint.up_to,
        previous: first.hash(),
        ..first.checkpoint
    };
    let append = async |checkpoint: Checkpoint| {
        let line = CheckpointLine {
            number: checkpoint.number,
            up_to: 1_000,
            line: checkpoint.sign(&key(1)).to_line(),
        };
        let addition = Addition {
            checkpoint: Some(line),
            ..Addition::default()
        };
        world.records.append(&addition).await.unwrap();
    };
    append(next.clone()).await;
    for error in [
        service.checkpoint().await.err().unwrap(),
        service.retention_plan(&|_, _| {}).await.err().unwrap(),
    ] {
        let text = error.to_string();
        assert!(
            text.contains("the database says that it ends at position 1000"),
            "{text}"
        );
    }
    // To a verification it is what is wrong: an alarm, a record, and what the status tells.
    world.take_alarms();
    assert_eq!(
        verify(&service).await.unwrap_err(),
        "checkpoint 2: it can't be read, or its line isn't what the database says of it"
    );
    assert_eq!(world.take_alarms(), ["verify-failed"]);
    assert_eq!(world.stored().await.last().unwrap().record.kind, "QUERIED");
    // The status needs the last one.
    append(Checkpoint {
        number: 3,
        up_to: 1_000,
        ..next
    })
    .await;
    let verified = service.status().await.unwrap().verified;
    assert!(verified.is_some_and(|verified| !verified.right));
}

#[tokio::test]
async fn two_services_make_one_line_of_checkpoints() {
    let world = World::new().await;
    world.talk(5).await;
    let (one, two) = (world.open().await, world.open().await);
    one.take_in().await.unwrap();
    let (first, second) = tokio::join!(one.checkpoint(), two.checkpoint());
    first.unwrap();
    second.unwrap();
    let last = world.records.last_checkpoint().await.unwrap().unwrap();
    assert_eq!((last.number, last.up_to), (1, 7));
    assert_eq!(verify(&one).await, Ok(7));
}

#[tokio::test]
async fn another_key_signs_after_it_was_rotated_to() {
    let mut world = World::new().await;
    world.talk(1).await;
    let service = world.open().await;
    service.take_in().await.unwrap();
    service.checkpoint().await.unwrap();
    assert!(matches!(
        service.rotate_key(&officer(), key(1), false).await,
        Err(ComplianceError::Invalid(_))
    ));
    service.rotate_key(&officer(), key(2), true).await.unwrap();
    assert_eq!(world.records.last_checkpoint().await.unwrap().unwrap().number, 1);
    let change = service.rotate_key(&officer(), key(2), false).await.unwrap();
    assert_eq!(
        (change.before, change.after),
        (key(1).public().to_string(), key(2).public().to_string())
    );
    let last = world.records.last_checkpoint().await.unwrap().unwrap();
    let last = SignedCheckpoint::parse(&last.line).unwrap();
    assert_eq!(
        (last.key, last.checkpoint.next_key),
        (key(1).public(), Some(key(2).public()))
    );
    assert_eq!(world.stored().await.last().unwrap().record.kind, "CHANGED");
    assert_eq!(last.checkpoint.up_to, 4);
    assert_eq!(verify(&service).await, Ok(4));
    assert_eq!(service.checkpoint().await.unwrap().unwrap().key, key(2).public());
    // The old key is refused, the new one is taken.
    let error = Compliance::open(Settings::new("x.test"), world.needs())
        .await
        .err()
        .unwrap();
    assert!(matches!(error, ComplianceError::Key { .. }), "{error}");
    assert!(error.to_string().contains(&key(2).public().id()), "{error}");
    world.key = key(2);
    assert_eq!(verify(&world.open().await).await, Ok(5));
}

#[tokio::test]
async fn a_rotation_that_was_cut_short_is_done_again() {
    for after_effect in [false, true] {
        for call in 1.. {
            let world = World::new().await;
            world.talk(1).await;
            let service = world.open().await;
            service.take_in().await.unwrap();
            world.faults.die_at(call, after_effect);
            let _ = service.rotate_key(&officer(), key(2), false).await;
            let all = !world.faults.heal();
            if service.rotate_key(&officer(), key(2), false).await.is_err() {
                assert!(all, "call {call}");
            }
            world.publish(vec![world.chat("after")]).await;
            world.pass(31);
            service.take_in().await.unwrap();
            assert_eq!(
                service.checkpoint().await.unwrap().unwrap().key,
                key(2).public(),
                "call {call}"
            );
            assert!(verify(&service).await.is_ok());
            if all {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_checkpoint_that_is_made_while_anchors_are_read_is_no_fault() {
    let world = World::new().await;
    let service = Arc::new(world.open().await);
    world.talk(1).await;
    service.take_in().await.unwrap();
    let (own, runtime) = (Arc::clone(&service), tokio::runtime::Handle::current());
    let hook = move || {
        let made = runtime.block_on(own.checkpoint()).unwrap();
        assert!(made.is_some());
    };
    *world.heard.before_reading_back.lock().unwrap() = Some(Box::new(hook));
    assert_eq!(verify(&service).await, Ok(3));
    assert!(world.heard.before_reading_back.lock().unwrap().is_none());
    assert_eq!(world.alarms(), [""; 0]);
}
