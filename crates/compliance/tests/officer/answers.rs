//! What answers say besides what was asked: that a name may be wrong, why records stay, what isn't known.

use crate::{
    retention::{hold, keep, two_rooms},
    world::{DAY, NOW, World, address, olga, quiet, settings},
};
use causerie_compliance::{Compliance, Fate, HoldRequest, MatterRequest, Page, Reading, documents::Scope};
use causerie_model::{RoomId, Timestamp};

fn strange(name: &str) -> String {
    format!("no record tells of anything that {name}@x.test did: is the name right?")
}

fn people(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("{name}@x.test")).collect()
}

#[tokio::test]
async fn a_hold_or_matter_for_somebody_of_whom_no_record_tells_is_a_warning() {
    let world = two_rooms().await;
    let (service, olga) = (&world.service, olga());
    let request = HoldRequest {
        reason: "a claim".to_owned(),
        people: people(&["ann", "anne", "Bob", "zoe"]),
        ..HoldRequest::default()
    };
    let expected = [strange("anne"), strange("zoe")];
    for what_if in [true, false] {
        let placed = service.place_hold(&olga, &request, what_if).await.unwrap();
        assert_eq!(placed.warnings, expected, "{what_if}");
    }
    // It is placed all the same, and what is recorded is the hold alone.
    assert_eq!(service.holds().await.unwrap().len(), 1);
    assert!(
        !world
            .own("CHANGED")
            .await
            .iter()
            .any(|body| body.to_string().contains("is the name"))
    );

    let matter = |custodians: &[&str]| MatterRequest {
        name: "Project X".to_owned(),
        custodians: people(custodians),
        ..MatterRequest::default()
    };
    for what_if in [true, false] {
        let opened = service
            .open_matter(&olga, &matter(&["anne"]), what_if)
            .await
            .unwrap();
        assert_eq!(opened.warnings, [strange("anne")], "{what_if}");
        if what_if {
            continue;
        }
        let id = opened.target.as_str();
        let changed = service
            .change_matter(&olga, id, &matter(&["zoe", "ann"]), false)
            .await;
        assert_eq!(changed.unwrap().warnings, [strange("zoe")]);
        let changed = service.change_matter(&olga, id, &matter(&["ann"]), false).await;
        assert_eq!(changed.unwrap().warnings, [""; 0]);
    }
    // Whoever names nobody names nobody wrong.
    let opened = service.open_matter(&olga, &matter(&[]), false).await.unwrap();
    assert_eq!(opened.warnings, [""; 0]);
}

#[tokio::test]
async fn reads_of_somebody_of_whom_no_record_tells_are_a_warning() {
    let mut world = World::new().await;
    let records = vec![world.join(1, DAY, "ann"), world.chat(1, 2 * DAY, "bob", "one")];
    world.store(records).await;
    for (name, expected) in [("ann", vec![]), ("bob", vec![]), ("anne", vec![strange("anne")])] {
        let reading = Reading {
            user: address(name),
            from: Timestamp(0),
            until: Timestamp(3 * DAY),
        };
        let (service, olga, page) = (&world.service, olga(), Page::default());
        let reads = service.reads(&olga, &reading, page, &quiet).await.unwrap();
        assert_eq!(reads.warnings, expected);
        for what_if in [true, false] {
            let request = world.request();
            let outcome = service
                .export_reads(&olga, &reading, &request, what_if, &quiet)
                .await;
            assert_eq!(outcome.unwrap().warnings, expected);
        }
    }
}

#[tokio::test]
async fn an_export_of_reads_counts_the_ways_in_that_are_gone() {
    let mut world = World::new().await;
    let records = vec![world.join(1, DAY, "ann"), world.chat(1, 2 * DAY, "bob", "one")];
    world.store(records).await;
    keep(&world, Scope::Global, 365).await;
    world.add_adapter("archive").await;
    world.export("archive").await;
    world.service.retention_apply(&olga(), &quiet).await.unwrap();
    let reading = Reading {
        user: address("ann"),
        from: Timestamp(0),
        until: Timestamp(3 * DAY),
    };
    let request = world.request();
    let (service, olga) = (&world.service, olga());
    let outcome = service
        .export_reads(&olga, &reading, &request, true, &quiet)
        .await;
    // Nothing tells any more that she was there, so that of the room nothing is counted.
    assert_eq!(outcome.unwrap().found.retired, 1);
}

#[tokio::test]
async fn a_queue_that_can_not_be_reached_has_no_depth() {
    let world = World::new().await;
    let status = world.service.status().await.unwrap();
    let queue = &status.queue;
    assert_eq!(
        (queue.depth, queue.lag_seconds, queue.set_aside),
        (None, None, None)
    );
    assert!(
        status.warnings[0].starts_with("the queue can't be reached: "),
        "{status:?}"
    );
    let json = serde_json::to_value(&status).unwrap();
    for field in ["depth", "lagSeconds", "setAside"] {
        assert_eq!(
            json["queue"].get(field),
            Some(&serde_json::Value::Null),
            "{field}"
        );
    }
}

#[tokio::test]
async fn what_is_applied_says_why_the_rest_stays() {
    let mut world = two_rooms().await;
    let request = HoldRequest {
        people: people(&["ann"]),
        rooms: vec!["1".to_owned()],
        ..HoldRequest::default()
    };
    let held = hold(&world.service, request).await;
    keep(&world, Scope::Room(RoomId(2)), 985).await;
    let late = vec![
        world.chat(1, 30 * DAY, "bob", "not exported"),
        world.join(3, NOW - DAY, "bob"),
    ];
    world.store(late).await;
    let plan = world.service.retention_plan(&quiet).await.unwrap();
    let applied = world.service.retention_apply(&olga(), &quiet).await.unwrap();
    assert_eq!(applied.gone, plan.goes());
    assert_eq!(applied.gone.records, 2);
    let stays = |applied: &causerie_compliance::Applied| -> Vec<(Fate, u64)> {
        let stays = applied.stays.iter();
        stays.map(|(fate, tally)| (fate.clone(), tally.records)).collect()
    };
    let expected = [
        (Fate::Young("global".to_owned()), 1),
        (Fate::Young("room:2".to_owned()), 1),
        (Fate::Held(held), 1),
        (Fate::NotExported("archive".to_owned()), 1),
    ];
    assert_eq!(stays(&applied), expected);
    // What went is no longer among it, and the reasons are the same.
    let again = world.service.retention_apply(&olga(), &quiet).await.unwrap();
    assert_eq!((again.gone.records, stays(&again)), (0, expected.to_vec()));
}

#[tokio::test]
async fn what_the_least_time_of_the_server_keeps_is_not_put_down_to_a_policy() {
    let mut world = two_rooms().await;
    for (minimum, expected) in [(979, 0), (980, 2), (990, 4)] {
        world.service = Compliance::open(settings(minimum), world.needs.clone())
            .await
            .unwrap();
        let plan = world.service.retention_plan(&quiet).await.unwrap();
        let kept = plan
            .lines
            .iter()
            .filter(|((_, fate), _)| *fate == Fate::Minimum(minimum));
        assert_eq!(
            kept.map(|(_, tally)| tally.records).sum::<u64>(),
            expected,
            "{minimum}"
        );
    }
    let told = Fate::Minimum(980).to_string();
    assert_eq!(
        told,
        "younger than the 980 days that everything is kept, as the server is set up"
    );
}
