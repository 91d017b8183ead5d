//! Messages go from the rooms with their records.

use crate::{
    retention::{apply, fates, hold, keep, row, two_rooms},
    world::{DAY, NOW, World, olga, quiet},
};
use causerie_compliance::{CHUNK, ComplianceError, HoldRequest, documents::Scope};
use causerie_model::{Actor, Event, RoomId, Timestamp};
use causerie_queue::Lease;
use causerie_records::Records;
use std::sync::atomic::Ordering;
use uuid::Uuid;

#[tokio::test]
async fn messages_go_from_the_rooms_with_their_records() {
    let mut world = World::new().await;
    let records = vec![
        world.chat(1, DAY, "ann", "old"),
        world.join(1, DAY, "ann"),
        world.chat(1, DAY, "ann", "old"),
        world.chat(1, NOW - DAY, "ann", "young"),
        world.chat(2, DAY, "ann", "held"),
        world.say(3, DAY, "ann", "not kept", false),
    ];
    world.store(records).await;
    keep(&world, Scope::Global, 365).await;
    world.add_adapter("a").await;
    world.export("a").await;
    let request = HoldRequest {
        rooms: vec!["2".to_owned()],
        ..HoldRequest::default()
    };
    hold(&world.service, request).await;
    let plan = world.service.retention_plan(&quiet).await.unwrap();
    assert_eq!((plan.goes().records, plan.goes().messages), (4, 2));
    assert_eq!(plan.stays().messages, 0);
    assert_eq!(world.shown(1), [1, 2, 3], "a plan does nothing");

    let gone = world.service.retention_apply(&olga(), &quiet).await.unwrap().gone;
    assert_eq!((gone.records, gone.messages), (4, 2));
    assert_eq!((world.shown(1), world.shown(2)), (vec![3], vec![1]));
    let plan = world.service.retention_plan(&quiet).await.unwrap();
    assert_eq!((plan.goes().records, plan.goes().messages), (0, 0));
    assert_eq!(world.verify().await, 4);
}

/// What the chat server records of it comes in like all else, stays for its time, and goes without anything following.
#[tokio::test]
async fn the_record_of_messages_that_went_takes_nothing_with_it() {
    let mut world = two_rooms().await;
    assert_eq!(apply(&world).await, 4);
    let purged = Event::Purged {
        which: causerie_model::Purge::Numbers("1-2".to_owned()),
        messages: 2,
    };
    let record = world.make(1, NOW, &Actor::System, &purged);
    world.store(vec![record]).await;
    world.export("archive").await;
    world.rooms.calls.store(0, Ordering::SeqCst);
    assert_eq!(apply(&world).await, 0);
    world.clock.0.store(NOW + 366 * DAY, Ordering::SeqCst);
    let plan = world.service.retention_plan(&quiet).await.unwrap();
    assert_eq!((plan.goes().records, plan.goes().messages), (1, 0));
    assert_eq!(apply(&world).await, 1);
    assert_eq!(apply(&world).await, 0);
    assert_eq!(world.verify().await, 5);
}

#[tokio::test]
async fn messages_go_before_their_records() {
    let world = two_rooms().await;
    let (rooms, records) = (world.rooms.clone(), world.records.clone());
    *world.records.before_retiring.lock().unwrap() = Some(Box::new(move || {
        Box::pin(async move {
            assert_eq!(rooms.inner.all(RoomId(1)), []);
            let all = records.inner.read(0, 100, 100).await.unwrap();
            assert!(all.iter().all(|stored| !stored.retired));
        })
    }));
    assert_eq!(apply(&world).await, 4);
    assert!(world.records.before_retiring.lock().unwrap().is_none());
}

#[tokio::test]
async fn cut_short_between_rooms_and_records_it_is_applied_again() {
    let world = two_rooms().await;
    world.records.retirements.store(0, Ordering::SeqCst);
    let error = world.service.retention_apply(&olga(), &quiet).await.unwrap_err();
    assert!(matches!(error, ComplianceError::Store(_)), "{error}");
    // No text is anywhere of which no record knows.
    assert_eq!((world.shown(1), world.retired().await), (vec![], vec![]));
    assert_eq!(world.verify().await, 0);
    world.records.retirements.store(i64::MAX, Ordering::SeqCst);
    let gone = world.service.retention_apply(&olga(), &quiet).await.unwrap().gone;
    assert_eq!((gone.records, gone.messages), (4, 2), "two went the first time");
    assert_eq!((world.shown(1), world.shown(2)), (vec![], vec![]));
    assert_eq!(world.verify().await, 4);
}

#[tokio::test]
async fn while_the_chat_server_is_away_no_record_goes() {
    let mut world = World::new().await;
    let count = u64::from(CHUNK) + 1;
    let mut records: Vec<_> = (0..count).map(|_| world.chat(1, DAY, "ann", "text")).collect();
    records.push(world.chat(2, DAY, "ann", "text"));
    world.store(records).await;
    keep(&world, Scope::Global, 365).await;
    world.add_adapter("a").await;
    world.export("a").await;
    for (calls, retired) in [(0, 0), (1, u64::from(CHUNK))] {
        world.rooms.calls.store(calls, Ordering::SeqCst);
        let error = world.service.retention_apply(&olga(), &quiet).await.unwrap_err();
        assert!(matches!(error, ComplianceError::Erasure(_)), "{error}");
        assert!(error.is_temporary());
        assert!(
            error.to_string().contains("records stay: nobody listens"),
            "{error}"
        );
        // What was done stays done, and nothing goes that isn't.
        assert_eq!(world.verify().await, retired);
        assert_eq!(world.shown(1).len() as u64, count - retired);
        assert_eq!(world.shown(2), [1]);
    }
    world.rooms.calls.store(i64::MAX, Ordering::SeqCst);
    let gone = world.service.retention_apply(&olga(), &quiet).await.unwrap().gone;
    assert_eq!((gone.records, gone.messages), (2, 2));
    assert_eq!(world.shown(1), [0; 0]);
}

/// Who may not take the records may not take messages either.
#[tokio::test]
async fn while_another_service_has_the_queue_no_record_goes() {
    let world = two_rooms().await;
    world.rooms.inner.lend(Lease {
        token: Uuid::from_u128(8),
        until: Timestamp(i64::MAX),
    });
    let error = world.service.retention_apply(&olga(), &quiet).await.unwrap_err();
    assert!(matches!(error, ComplianceError::Busy(_)), "{error}");
    assert_eq!(world.retired().await, []);
    assert_eq!((world.shown(1), world.shown(2)), (vec![1, 2], vec![1, 2]));
}

#[tokio::test]
async fn a_record_that_does_not_tell_its_message_stays() {
    let mut world = World::new().await;
    let mut record = world.chat(1, DAY, "ann", "one");
    record.body = record.body.replace("\"kept\":true", "\"kept\":1");
    let content = causerie_proof::record::Content {
        previous: record.previous,
        chain: record.chain,
        number: record.number,
        at: record.at,
        actor: &record.actor,
        kind: &record.kind,
        body: &record.body,
    };
    record.hash = content.hash();
    let other = world.chat(2, DAY, "ann", "two");
    world.store(vec![record, other]).await;
    keep(&world, Scope::Global, 365).await;
    world.add_adapter("a").await;
    world.export("a").await;
    assert_eq!(
        fates(&world).await,
        [
            row("room:1", "doesn't tell its message", 1),
            row("room:2", "older than the policy global keeps it", 1),
        ]
    );
    let plan = world.service.retention_plan(&quiet).await.unwrap();
    assert_eq!((plan.goes().records, plan.goes().messages), (1, 1));
    // What stays holds up nothing else.
    assert_eq!(apply(&world).await, 1);
    assert_eq!(world.retired().await, [("room:2".to_owned(), 1)]);
    assert_eq!((world.shown(1), world.shown(2)), (vec![1], vec![]));
    assert_eq!(world.verify().await, 1);
}
