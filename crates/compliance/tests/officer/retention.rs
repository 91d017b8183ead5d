//! What goes and what stays.

use crate::world::{DAY, NOW, World, address, olga, quiet, settings};
use causerie_compliance::{
    CHUNK, Compliance, ComplianceError, Fate, Finding, HoldRequest,
    documents::{self, Room, Scope},
};
use causerie_model::{Actor, ChainId, Event, RoomId, Timestamp};
use causerie_records::{Addition, DocumentKey, Documents, Records};
use std::sync::atomic::Ordering;
use uuid::Uuid;

pub(crate) async fn keep(world: &World, scope: Scope, days: u32) {
    world
        .service
        .set_retention(&olga(), scope, days, false)
        .await
        .unwrap();
}

pub(crate) async fn apply(world: &World) -> u64 {
    world
        .service
        .retention_apply(&olga(), &quiet)
        .await
        .unwrap()
        .gone
        .records
}

pub(crate) async fn hold(service: &Compliance, request: HoldRequest) -> String {
    let request = HoldRequest {
        reason: "a claim".to_owned(),
        ..request
    };
    service.place_hold(&olga(), &request, false).await.unwrap().target
}

pub(crate) async fn fates(world: &World) -> Vec<(String, String, u64)> {
    let plan = world.service.retention_plan(&quiet).await.unwrap();
    let rooms = plan
        .lines
        .iter()
        .filter(|((chain, _), _)| matches!(chain, ChainId::Room(_)));
    rooms
        .map(|((chain, fate), tally)| (chain.to_string(), fate.to_string(), tally.records))
        .collect()
}

pub(crate) fn row(chain: &str, fate: &str, records: u64) -> (String, String, u64) {
    (chain.to_owned(), fate.to_owned(), records)
}

/// Ann and Bob in rooms 1 and 2 on days 10 and 20.
pub(crate) async fn two_rooms() -> World {
    let mut world = World::new().await;
    let records = vec![
        world.chat(1, 10 * DAY, "ann", "one"),
        world.chat(1, 20 * DAY, "bob", "two"),
        world.chat(2, 10 * DAY, "ann", "three"),
        world.chat(2, 20 * DAY, "bob", "four"),
    ];
    world.store(records).await;
    keep(&world, Scope::Global, 365).await;
    world.add_adapter("archive").await;
    world.export("archive").await;
    world
}

#[tokio::test]
async fn nothing_goes_before_every_adapter_has_it() {
    let mut world = World::new().await;
    let records = vec![world.chat(1, DAY, "ann", "one")];
    world.store(records).await;
    assert_eq!(fates(&world).await, [row("room:1", "no policy is for it", 1)]);
    keep(&world, Scope::Global, 365).await;
    assert_eq!(
        fates(&world).await,
        [row("room:1", "not exported: there is no adapter", 1)]
    );
    assert_eq!(apply(&world).await, 0);
    world.add_adapter("a").await;
    world.add_adapter("b").await;
    world.export("a").await;
    assert_eq!(
        fates(&world).await,
        [row("room:1", "not exported by adapter b", 1)]
    );
    assert_eq!(apply(&world).await, 0);
    world.export("b").await;
    assert_eq!(
        fates(&world).await,
        [row("room:1", "older than the policy global keeps it", 1)]
    );
    // An adapter that comes later has exported nothing.
    world.add_adapter("c").await;
    assert_eq!(apply(&world).await, 0);
    world.service.remove_adapter(&olga(), "c", false).await.unwrap();
    // The plan changes nothing.
    assert_eq!(world.retired().await, []);
    assert_eq!(apply(&world).await, 1);
    assert_eq!(fates(&world).await, [row("room:1", "destroyed before", 1)]);
    assert_eq!(world.verify().await, 1);
}

#[tokio::test]
async fn the_age_counts_to_the_microsecond_and_the_nearest_policy_decides() {
    let mut world = World::new().await;
    let edge = NOW - 400 * DAY;
    let records = vec![
        world.chat(1, edge - 1, "ann", "older"),
        world.chat(1, edge, "ann", "as old"),
        world.chat(2, edge - 1, "ann", "older, in a room of its own policy"),
    ];
    world.store(records).await;
    keep(&world, Scope::Global, 400).await;
    keep(&world, Scope::Room(RoomId(2)), 401).await;
    world.add_adapter("a").await;
    world.export("a").await;
    assert_eq!(apply(&world).await, 1);
    assert_eq!(world.retired().await, [("room:1".to_owned(), 1)]);
    let own = world.own("RETIRED").await;
    assert_eq!(own.len(), 1);
    assert_eq!(
        own[0].to_string(),
        r#"{"chain":"room:1","first":1,"last":1,"messages":"1","records":1,"rule":"global"}"#
    );
    let removed = world
        .service
        .remove_retention(&olga(), Scope::Room(RoomId(2)), false)
        .await;
    removed.unwrap();
    assert_eq!(apply(&world).await, 1);
}

#[tokio::test]
async fn of_a_room_whose_category_is_not_known_nothing_goes_while_a_category_has_a_policy() {
    let world = two_rooms().await;
    let general = Uuid::from_u128(1);
    let room = |row, category| {
        let room = Room {
            category,
            category_name: "General".to_owned(),
            guid: Uuid::from_u128(10),
            name: "Lobby".to_owned(),
        };
        documents::put(row, &room)
    };
    let known = Addition {
        documents: vec![room(RoomId(1), general)],
        ..Addition::default()
    };
    world.records.append(&known).await.unwrap();
    keep(&world, Scope::Category(general), 500).await;
    assert_eq!(
        fates(&world).await,
        [
            row(
                "room:1",
                &format!("older than the policy category:{general} keeps it"),
                2
            ),
            row(
                "room:2",
                "of a room whose category isn't known, and a category has a policy",
                2
            ),
        ]
    );
    // Its own policy is the nearest, whatever its category is; and in a category without one the global one holds.
    keep(&world, Scope::Room(RoomId(2)), 500).await;
    assert_eq!(
        fates(&world).await[1],
        row("room:2", "older than the policy room:2 keeps it", 2)
    );
    let removed = world
        .service
        .remove_retention(&olga(), Scope::Room(RoomId(2)), false)
        .await;
    removed.unwrap();
    assert_eq!(apply(&world).await, 2);
    let known = Addition {
        documents: vec![room(RoomId(2), Uuid::from_u128(2))],
        ..Addition::default()
    };
    world.records.append(&known).await.unwrap();
    assert_eq!(apply(&world).await, 2);
}

#[tokio::test]
async fn the_minimum_stands() {
    let world = two_rooms().await;
    let set = async |days| {
        world
            .service
            .set_retention(&olga(), Scope::Global, days, true)
            .await
    };
    assert!(set(365).await.is_ok());
    let error = set(364).await.unwrap_err();
    assert!(matches!(error, ComplianceError::Refused(_)), "{error}");
    let nowhere = Scope::Room(RoomId(9));
    let error = world
        .service
        .set_retention(&olga(), nowhere, 400, false)
        .await
        .unwrap_err();
    assert!(
        matches!(error, ComplianceError::Unknown { what: "room", .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_minimum_that_is_raised_later_stands_above_policies() {
    let mut world = two_rooms().await;
    // The records are 990 and 980 days old.
    for (minimum, goes) in [(991, 0), (981, 2), (365, 4)] {
        world.service = Compliance::open(settings(minimum), world.needs.clone())
            .await
            .unwrap();
        let plan = world.service.retention_plan(&quiet).await.unwrap();
        assert_eq!(plan.goes().records, goes, "{minimum}");
    }
    assert_eq!(settings(0), causerie_compliance::Settings::new("x.test"));
}

#[tokio::test]
async fn what_is_retired_while_it_is_verified_is_explained() {
    let world = two_rooms().await;
    world.service.checkpoint().await.unwrap();
    let service = world.service.clone();
    *world.records.before_reading.lock().unwrap() = Some(Box::new(move || {
        Box::pin(async move {
            service.retention_apply(&olga(), &quiet).await.unwrap();
        })
    }));
    let found = world.service.verify(&olga(), &quiet).await.unwrap();
    assert_eq!(found.result.unwrap().retired, 4);
}

/// Puts or removes a document without a record, as whoever can write to the database can.
async fn tamper(world: &World, kind: &str, id: &str, text: Option<String>) {
    let key = DocumentKey {
        kind: kind.to_owned(),
        id: id.to_owned(),
    };
    let addition = Addition {
        documents: vec![(key, text)],
        ..Addition::default()
    };
    world.records.append(&addition).await.unwrap();
}

#[tokio::test]
async fn nothing_goes_by_documents_that_no_record_tells_of() {
    for (kind, id, change, told) in [
        ("hold", None, None, "is gone, and no record tells of that"),
        (
            "hold",
            None,
            Some(("ann@", "zoe@")),
            "isn't as it was set by the records",
        ),
        (
            "retention",
            Some("global"),
            Some(("365", "1")),
            "isn't as it was set",
        ),
        ("adapter", Some("archive"), None, "is gone"),
        (
            "run",
            Some("archive"),
            Some(("\"upTo\":6", "\"upTo\":60")),
            "up to position 60, and by the records 6",
        ),
        (
            "run",
            Some("archive"),
            None,
            "up to position 0, and by the records 6",
        ),
    ] {
        let world = two_rooms().await;
        let request = HoldRequest {
            people: vec!["ann@x.test".to_owned()],
            ..HoldRequest::default()
        };
        let hold = hold(&world.service, request).await;
        let id = id.unwrap_or(&hold);
        let key = DocumentKey {
            kind: kind.to_owned(),
            id: id.to_owned(),
        };
        let before = world.records.document(&key).await.unwrap().unwrap();
        let after = change.map(|(from, to)| before.replace(from, to));
        assert_ne!(after.as_ref(), Some(&before), "{kind} {before}");
        tamper(&world, kind, id, after).await;
        // Both the service that runs and one that starts.
        let started = Compliance::open(settings(365), world.needs.clone())
            .await
            .unwrap();
        for service in [&world.service, &started] {
            let error = service.retention_apply(&olga(), &quiet).await.unwrap_err();
            assert!(error.to_string().contains(told), "{kind}: {error}");
            assert!(service.retention_plan(&quiet).await.is_err());
            let found = service.verify(&olga(), &quiet).await.unwrap();
            let found = found.result.unwrap_err();
            assert!(
                matches!(&found, Finding::Document(text) if text.contains(told)),
                "{found}"
            );
        }
        assert_eq!(world.retired().await, []);
        tamper(&world, kind, id, Some(before)).await;
        assert!(
            world
                .service
                .verify(&olga(), &quiet)
                .await
                .unwrap()
                .result
                .is_ok()
        );
        assert_eq!(apply(&world).await, 2);
    }
}

#[tokio::test]
async fn documents_that_no_record_made_are_found() {
    let world = two_rooms().await;
    tamper(&world, "retention", "room:1", Some("{\"keepDays\":0}".to_owned())).await;
    let error = world.service.retention_apply(&olga(), &quiet).await.unwrap_err();
    assert!(
        error.to_string().contains("is there, and no record tells of it"),
        "{error}"
    );
    assert_eq!(world.retired().await, []);
}

#[tokio::test]
async fn a_hold_beats_retention_until_it_is_lifted() {
    for (request, stays) in [
        (
            HoldRequest {
                people: vec!["sip:Ann@x.test".to_owned()],
                ..HoldRequest::default()
            },
            vec![(1, 1), (2, 1)],
        ),
        (
            HoldRequest {
                rooms: vec!["1".to_owned()],
                ..HoldRequest::default()
            },
            vec![(1, 1), (1, 2)],
        ),
        (
            HoldRequest {
                from: Some(Timestamp(20 * DAY)),
                ..HoldRequest::default()
            },
            vec![(1, 2), (2, 2)],
        ),
        (
            HoldRequest {
                from: Some(Timestamp(20 * DAY + 1)),
                ..HoldRequest::default()
            },
            vec![],
        ),
        (
            HoldRequest {
                until: Some(Timestamp(10 * DAY)),
                ..HoldRequest::default()
            },
            vec![],
        ),
        (
            HoldRequest {
                until: Some(Timestamp(10 * DAY + 1)),
                ..HoldRequest::default()
            },
            vec![(1, 1), (2, 1)],
        ),
        (
            HoldRequest {
                people: vec!["bob@x.test".to_owned()],
                rooms: vec!["2".to_owned()],
                from: Some(Timestamp(20 * DAY)),
                until: Some(Timestamp(21 * DAY)),
                ..HoldRequest::default()
            },
            vec![(2, 2)],
        ),
    ] {
        let world = two_rooms().await;
        let id = hold(&world.service, request.clone()).await;
        let held: u64 = world
            .service
            .retention_plan(&quiet)
            .await
            .unwrap()
            .lines
            .iter()
            .filter(|((_, fate), _)| *fate == Fate::Held(id.clone()))
            .map(|(_, tally)| tally.records)
            .sum();
        assert_eq!(held, stays.len() as u64, "{request:?}");
        assert_eq!(apply(&world).await, 4 - held, "{request:?}");
        let gone = world.retired().await;
        for (room, number) in &stays {
            assert!(!gone.contains(&(format!("room:{room}"), *number)), "{request:?}");
        }
        // Lifted it protects no more, and the records still tell of it.
        world.service.lift_hold(&olga(), &id, false).await.unwrap();
        assert_eq!(apply(&world).await, held, "{request:?}");
        assert_eq!(world.verify().await, 4);
        let changes = world.own("CHANGED").await;
        let of_hold: Vec<&str> = changes
            .iter()
            .filter(|body| body["target"] == *id)
            .map(|body| body["what"].as_str().unwrap())
            .collect();
        assert_eq!(of_hold, ["hold.place", "hold.lift"]);
    }
}

#[tokio::test]
async fn a_hold_on_a_person_covers_what_was_done_to_him() {
    let mut world = World::new().await;
    let deleted = Event::Deleted {
        message: std::sync::Arc::new(causerie_model::Message {
            room: RoomId(1),
            chat_id: causerie_model::ChatId(1),
            at: Timestamp(DAY),
            author: address("ann"),
            author_name: "Ann".to_owned(),
            text: "gone".to_owned(),
            extras: causerie_model::Extras::default(),
        }),
        replacement: None,
    };
    let admin = Actor::Administrator("unix:root".to_owned());
    let records = vec![
        world.make(1, 5 * DAY, &admin, &deleted),
        world.part(1, 6 * DAY, "ann", Some(2 * DAY)),
        world.chat(1, 7 * DAY, "bob", "about ann@x.test"),
    ];
    world.store(records).await;
    keep(&world, Scope::Global, 365).await;
    world.add_adapter("a").await;
    world.export("a").await;
    // On the day of the message, and on one on which she may have left.
    for day in [1, 4] {
        let id = hold(
            &world.service,
            HoldRequest {
                people: vec!["ann@x.test".to_owned()],
                from: Some(Timestamp(day * DAY)),
                until: Some(Timestamp(day * DAY + 1)),
                ..HoldRequest::default()
            },
        )
        .await;
        let held = fates(&world).await;
        assert!(
            held.contains(&row("room:1", &format!("hold {id}"), 1)),
            "{held:?}"
        );
    }
    assert_eq!(apply(&world).await, 1);
    assert_eq!(world.retired().await, [("room:1".to_owned(), 3)]);
}

#[tokio::test]
async fn a_hold_that_is_placed_meanwhile_wins() {
    let world = two_rooms().await;
    let service = world.service.clone();
    *world.records.before_retiring.lock().unwrap() = Some(Box::new(move || {
        Box::pin(async move {
            hold(
                &service,
                HoldRequest {
                    people: vec!["ann@x.test".to_owned()],
                    ..HoldRequest::default()
                },
            )
            .await;
        })
    }));
    let gone = world.service.retention_apply(&olga(), &quiet).await.unwrap().gone;
    assert_eq!((gone.records, gone.messages), (2, 2));
    assert_eq!(
        world.retired().await,
        [("room:1".to_owned(), 2), ("room:2".to_owned(), 2)]
    );
    assert_eq!((world.shown(1), world.shown(2)), (vec![1], vec![1]));
    assert_eq!(world.verify().await, 2);
}

#[tokio::test]
async fn a_hold_that_is_placed_while_it_is_decided_wins() {
    let world = two_rooms().await;
    let service = world.service.clone();
    *world.records.after_reading_room.lock().unwrap() = Some(Box::new(move || {
        Box::pin(async move {
            let request = HoldRequest {
                people: vec!["ann@x.test".to_owned()],
                ..HoldRequest::default()
            };
            hold(&service, request).await;
        })
    }));
    let gone = world.service.retention_apply(&olga(), &quiet).await.unwrap().gone;
    assert!(world.records.after_reading_room.lock().unwrap().is_none());
    assert_eq!((gone.records, gone.messages), (2, 2));
    assert_eq!((world.shown(1), world.shown(2)), (vec![1], vec![1]));
    assert_eq!(world.verify().await, 2);
}

#[tokio::test]
async fn an_adapter_that_is_set_meanwhile_keeps_all() {
    let world = std::sync::Arc::new(two_rooms().await);
    let other = world.clone();
    *world.records.before_retiring.lock().unwrap() = Some(Box::new(move || {
        Box::pin(async move { other.add_adapter("late").await })
    }));
    assert_eq!(apply(&world).await, 0);
    assert_eq!(world.retired().await, []);
}

#[tokio::test]
async fn changes_of_rooms_and_what_the_service_did_never_go() {
    let mut world = World::new().await;
    let changed = Event::Changed {
        what: "room.rename".to_owned(),
        target: "x".to_owned(),
        before: "x".to_owned(),
        after: "y".to_owned(),
        origin: "unix".to_owned(),
        subject: None,
    };
    let records = vec![
        world.chat(1, DAY, "ann", "one"),
        world.make(1, DAY, &Actor::System, &changed),
        world.chat(1, DAY, "ann", "two"),
    ];
    world.store(records).await;
    keep(&world, Scope::Global, 365).await;
    world.add_adapter("a").await;
    world.export("a").await;
    world.clock.0.store(NOW + 4_000 * DAY, Ordering::SeqCst);
    assert_eq!(apply(&world).await, 2);
    assert_eq!(
        world.retired().await,
        [("room:1".to_owned(), 1), ("room:1".to_owned(), 3)]
    );
    // Two ranges: what stays between isn't said to be destroyed.
    assert_eq!(world.own("RETIRED").await.len(), 2);
    assert_eq!(world.verify().await, 2);
}

#[tokio::test]
async fn cut_short_between_chunks_it_is_applied_again() {
    let mut world = World::new().await;
    let count = u64::from(CHUNK) * 2 + 1;
    let records = (0..count).map(|_| world.chat(1, DAY, "ann", "text")).collect();
    world.store(records).await;
    keep(&world, Scope::Global, 365).await;
    world.add_adapter("a").await;
    world.export("a").await;
    world.records.retirements.store(1, Ordering::SeqCst);
    let error = world.service.retention_apply(&olga(), &quiet).await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
    assert_eq!(world.verify().await, u64::from(CHUNK));
    world.records.retirements.store(i64::MAX, Ordering::SeqCst);
    assert_eq!(apply(&world).await, count - u64::from(CHUNK));
    assert_eq!(world.verify().await, count);
    assert_eq!(apply(&world).await, 0);
}

#[tokio::test]
async fn holds_are_checked() {
    let world = two_rooms().await;
    let place = async |request: HoldRequest| world.service.place_hold(&olga(), &request, false).await;
    let reason = || "why".to_owned();
    let good = HoldRequest {
        reason: reason(),
        rooms: vec!["1".to_owned()],
        ..HoldRequest::default()
    };
    for bad in [
        HoldRequest {
            reason: reason(),
            ..HoldRequest::default()
        },
        HoldRequest {
            reason: " ".to_owned(),
            ..good.clone()
        },
        HoldRequest {
            people: vec!["ann".to_owned()],
            ..good.clone()
        },
        HoldRequest {
            rooms: vec!["9".to_owned()],
            ..good.clone()
        },
        HoldRequest {
            matter: Some("m1".to_owned()),
            ..good.clone()
        },
        HoldRequest {
            from: Some(Timestamp(5)),
            until: Some(Timestamp(5)),
            ..good.clone()
        },
        HoldRequest {
            reason: "x".repeat(causerie_compliance::MAX_TEXT + 1),
            ..good.clone()
        },
        HoldRequest {
            people: vec!["a@x.test".to_owned(); causerie_compliance::MAX_NAMED + 1],
            ..good.clone()
        },
    ] {
        assert!(place(bad.clone()).await.is_err(), "{bad:?}");
    }
    assert!(world.service.holds().await.unwrap().is_empty());
    let what_if = world.service.place_hold(&olga(), &good, true).await.unwrap();
    assert!(world.service.holds().await.unwrap().is_empty());
    assert_eq!(place(good.clone()).await.unwrap(), what_if);
    let longest = HoldRequest {
        reason: "x".repeat(causerie_compliance::MAX_TEXT),
        people: vec!["a@x.test".to_owned(); causerie_compliance::MAX_NAMED],
        ..good
    };
    assert_ne!(place(longest).await.unwrap().target, what_if.target);
    assert!(world.service.lift_hold(&olga(), "h0", false).await.is_err());
}

#[tokio::test]
async fn a_sign_in_is_recorded_once_in_a_quarter_of_an_hour() {
    let world = World::new().await;
    let mut elsewhere = olga();
    elsewhere.origin = "10.0.0.1".to_owned();
    for (after, officer, records) in [
        (0, olga(), 1),
        (899_999_999, olga(), 1),
        (899_999_999, elsewhere, 2),
        (900_000_000, olga(), 3),
    ] {
        world.clock.0.store(NOW + after, Ordering::SeqCst);
        world.service.signed_in(&officer).await.unwrap();
        assert_eq!(world.own("SIGNEDIN").await.len(), records);
    }
}

#[tokio::test]
async fn a_row_that_is_the_name_of_another_room_is_neither() {
    let mut world = World::new().await;
    let records = vec![world.chat(12, 1, "ann", "one"), world.chat(7, 2, "ann", "two")];
    world.store(records).await;
    let room = |row: i64, name: &str| {
        let room = Room {
            category: Uuid::from_u128(1),
            category_name: "General".to_owned(),
            guid: Uuid::from_u128(row.unsigned_abs().into()),
            name: name.to_owned(),
        };
        documents::put(RoomId(row), &room)
    };
    let addition = Addition {
        documents: vec![room(7, "12"), room(8, "8"), room(9, "2024"), room(2024, "Desk")],
        ..Addition::default()
    };
    world.records.append(&addition).await.unwrap();
    let place = async |name: &str| {
        let request = HoldRequest {
            reason: "why".to_owned(),
            rooms: vec![name.to_owned()],
            ..HoldRequest::default()
        };
        world.service.place_hold(&olga(), &request, true).await
    };
    // A row of which no record tells but those that it has, and one that is known.
    for name in ["12", "2024"] {
        let error = place(name).await.unwrap_err().to_string();
        assert!(
            error.contains(&format!("several rooms are called '{name}'")),
            "{error}"
        );
    }
    for name in ["8", "7", "desk"] {
        assert!(place(name).await.is_ok(), "{name}");
    }
}
