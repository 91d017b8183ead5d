//! Messages go from the rooms with their records.

use crate::{
    retention::{apply, fates, hold, keep, row, two_rooms},
    world::{DAY, NOW, World, olga, quiet, settings},
};
use causerie_compliance::{
    CHUNK, Compliance, ComplianceError, HoldRequest,
    documents::{Erasure, Scope},
};
use causerie_model::{Actor, Event, Timestamp};
use causerie_queue::Lease;
use causerie_records::{Addition, DocumentKey, Documents, Records, Selection};
use std::{sync::atomic::Ordering, time::Duration};
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
        which: causerie_model::Purge::Numbers {
            numbers: "1-2".to_owned(),
            cause: world.rooms.orders.lock().unwrap()[0].cause,
            origin: "this process".to_owned(),
        },
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

/// What a note in the database says of messages that are still to go.
async fn noted(world: &World) -> usize {
    world.records.inner.documents("erasure").await.unwrap().len()
}

/// The record of their messages names them, and they name it.
#[tokio::test]
async fn messages_go_right_after_their_records() {
    let world = two_rooms().await;
    let records = world.records.clone();
    *world.rooms.before_erasing.lock().unwrap() = Some(Box::new(move || {
        Box::pin(async move {
            let all = records.inner.read(0, 100, 100).await.unwrap();
            let retired = all.iter().filter(|stored| stored.retired);
            assert!(retired.count() > 0, "they are gone already");
        })
    }));
    assert_eq!(apply(&world).await, 4);
    assert!(world.rooms.before_erasing.lock().unwrap().is_none());
    assert_eq!(noted(&world).await, 0);
    let selection = Selection {
        kinds: vec!["RETIRED".to_owned()],
        ..Selection::default()
    };
    let told = world.records.select(&selection, 0, 100).await.unwrap();
    let orders = world.rooms.orders.lock().unwrap().clone();
    assert_eq!((told.len(), orders.len()), (2, 2));
    for (told, order) in told.iter().zip(orders) {
        let cause = (order.cause.first, order.cause.last, order.cause.hash);
        let record = &told.record;
        assert_eq!(cause, (record.number, record.number, record.hash));
        assert_eq!(order.origin, "this process");
        let body: serde_json::Value = serde_json::from_str(&record.body).unwrap();
        assert_eq!(body["messages"], "1-2");
        assert_eq!(body["chain"], format!("room:{}", order.room));
        let numbers: Vec<u64> = order.messages.iter().map(|(id, _)| id.0).collect();
        assert_eq!(numbers, [1, 2]);
    }
}

/// Nothing of it is done by halves.
#[tokio::test]
async fn when_the_records_can_not_go_the_messages_stay_too() {
    let world = two_rooms().await;
    world.records.retirements.store(0, Ordering::SeqCst);
    let error = world.service.retention_apply(&olga(), &quiet).await.unwrap_err();
    assert!(matches!(error, ComplianceError::Store(_)), "{error}");
    assert_eq!((world.shown(1), world.retired().await), (vec![1, 2], vec![]));
    assert_eq!(noted(&world).await, 0);
    world.records.retirements.store(i64::MAX, Ordering::SeqCst);
    let gone = world.service.retention_apply(&olga(), &quiet).await.unwrap().gone;
    assert_eq!((gone.records, gone.messages), (4, 4));
}

/// As if the service had been killed in between, or the chat server.
#[tokio::test]
async fn cut_short_between_records_and_rooms_the_messages_go_later() {
    for again in [true, false] {
        let world = two_rooms().await;
        let rooms = world.rooms.clone();
        *world.records.before_retiring.lock().unwrap() = Some(Box::new(move || {
            Box::pin(async move { rooms.calls.store(0, Ordering::SeqCst) })
        }));
        let error = world.service.retention_apply(&olga(), &quiet).await.unwrap_err();
        assert!(matches!(error, ComplianceError::ErasureWaits(_)), "{error}");
        assert!(error.is_temporary());
        assert_eq!((world.shown(1), world.shown(2)), (vec![1, 2], vec![1, 2]));
        assert_eq!(world.verify().await, 2);
        assert_eq!(noted(&world).await, 1);
        world.rooms.calls.store(i64::MAX, Ordering::SeqCst);
        if again {
            let gone = world.service.retention_apply(&olga(), &quiet).await.unwrap().gone;
            assert_eq!((gone.records, gone.messages), (2, 4), "two went the first time");
            assert_eq!((world.shown(1), world.shown(2)), (vec![], vec![]));
        } else {
            // By itself after the next start.
            let service = Compliance::start(settings(365), world.needs.clone())
                .await
                .unwrap();
            while noted(&world).await > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            service.stop().await;
            assert_eq!((world.shown(1), world.shown(2)), (vec![], vec![1, 2]));
        }
        assert_eq!(noted(&world).await, 0);
    }
}

/// The message is gone, and that it is was not noted.
#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_again() {
    let world = two_rooms().await;
    let (rooms, records) = (world.rooms.clone(), world.records.clone());
    *world.rooms.before_erasing.lock().unwrap() = Some(Box::new(move || {
        Box::pin(async move {
            let noted = records.inner.documents("erasure").await.unwrap();
            let key = DocumentKey {
                kind: "erasure".to_owned(),
                id: noted[0].0.clone(),
            };
            // Put back when it was taken away.
            *rooms.before_erasing.lock().unwrap() = Some(Box::new(move || {
                Box::pin(async move {
                    let addition = Addition {
                        documents: vec![(key, Some(noted[0].1.clone()))],
                        ..Addition::default()
                    };
                    records.inner.append(&addition).await.unwrap();
                })
            }));
        })
    }));
    assert_eq!(apply(&world).await, 4);
    assert_eq!(noted(&world).await, 1);
    let gone = world.service.retention_apply(&olga(), &quiet).await.unwrap().gone;
    assert_eq!((gone.records, gone.messages), (0, 0));
    assert_eq!(noted(&world).await, 0);
}

/// Who can write into the database has nothing erased by it.
#[tokio::test]
async fn a_note_that_no_record_tells_of_erases_nothing() {
    let world = two_rooms().await;
    let rooms = world.rooms.clone();
    *world.records.before_retiring.lock().unwrap() = Some(Box::new(move || {
        Box::pin(async move { rooms.calls.store(0, Ordering::SeqCst) })
    }));
    world.service.retention_apply(&olga(), &quiet).await.unwrap_err();
    world.rooms.calls.store(i64::MAX, Ordering::SeqCst);
    let (id, good) = world.records.inner.documents("erasure").await.unwrap().remove(0);
    let good: Erasure = serde_json::from_str(&good).unwrap();
    let more = |messages: Vec<Vec<(u64, i64)>>| Erasure {
        messages,
        ..good.clone()
    };
    let first = good.messages[0].clone();
    let others = [
        more(vec![[first.clone(), vec![(3, DAY)]].concat()]),
        more(vec![first[1..].to_vec()]),
        more(vec![first.clone(), first.clone()]),
        more(vec![]),
        Erasure {
            room: 2,
            ..good.clone()
        },
        Erasure {
            first: good.first - 1,
            ..good.clone()
        },
        Erasure {
            first: 1,
            ..good.clone()
        },
        Erasure {
            first: 99,
            ..good.clone()
        },
    ];
    let put = async |id: &str, erasure: Option<&Erasure>| {
        let key = DocumentKey {
            kind: "erasure".to_owned(),
            id: id.to_owned(),
        };
        let text = erasure.map(|erasure| serde_json::to_string(erasure).unwrap());
        let addition = Addition {
            documents: vec![(key, text)],
            ..Addition::default()
        };
        world.records.append(&addition).await.unwrap();
    };
    for other in &others {
        put(&id, Some(other)).await;
        let error = world.service.retention_apply(&olga(), &quiet).await.unwrap_err();
        assert!(matches!(error, ComplianceError::Damaged(_)), "{other:?}: {error}");
        assert_eq!((world.shown(1), world.shown(2)), (vec![1, 2], vec![1, 2]));
    }
    // It keeps back no other, but no more is destroyed.
    put("0", Some(&others[0])).await;
    put(&id, Some(&good)).await;
    let error = world.service.retention_apply(&olga(), &quiet).await.unwrap_err();
    assert!(matches!(error, ComplianceError::Damaged(_)), "{error}");
    assert_eq!((world.shown(1), world.shown(2)), (vec![], vec![1, 2]));
    put("0", None).await;
    let gone = world.service.retention_apply(&olga(), &quiet).await.unwrap().gone;
    assert_eq!((gone.records, gone.messages), (2, 2));
}

#[tokio::test]
async fn who_applies_retention_a_second_time_is_told() {
    let world = two_rooms().await;
    let service = world.service.clone();
    let (asked, told) = std::sync::mpsc::channel();
    *world.rooms.before_erasing.lock().unwrap() = Some(Box::new(move || {
        Box::pin(async move {
            let again = service.retention_apply(&olga(), &quiet).await;
            asked.send(again).unwrap();
        })
    }));
    assert_eq!(apply(&world).await, 4);
    let error = told.recv().unwrap().unwrap_err();
    assert!(matches!(error, ComplianceError::Busy(_)), "{error}");
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
    record.hash = causerie_proof::Content::of(&record).hash();
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
