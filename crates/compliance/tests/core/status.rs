//! What the service says of itself.

use crate::world::{World, officer};
use causerie_compliance::{Alarm, Compliance, NO_ADAPTER, Settings, StandingAlarm};
use causerie_model::Timestamp;
use causerie_records::Addition;

#[tokio::test]
async fn status_tells_how_far_everything_is() {
    let world = World::new().await;
    let service = world.open().await;
    let empty = service.status().await.unwrap();
    assert_eq!((empty.records, empty.checkpoint, empty.verified), (0, None, None));
    assert_eq!(empty.warnings, [NO_ADAPTER]);
    world.talk(1).await;
    world.pass(7);
    let waiting = service.status().await.unwrap().queue;
    assert_eq!((waiting.depth, waiting.lag_seconds), (Some(3), Some(7)));
    service.take_in().await.unwrap();
    service.checkpoint().await.unwrap();
    service.verify(&officer(), &|_, _| {}).await.unwrap();
    service
        .set_adapter(&officer(), "archive", &world.adapter(), false)
        .await
        .unwrap();
    world.pass(3);
    let status = service.status().await.unwrap();
    assert_eq!(status.warnings, [""; 0]);
    assert_eq!(
        (status.queue.depth, status.queue.lag_seconds, status.records),
        (Some(0), Some(0), 5)
    );
    let checkpoint = status.checkpoint.unwrap();
    assert_eq!(
        (checkpoint.number, checkpoint.position, checkpoint.age_seconds),
        (1, 3, 3)
    );
    assert!(status.verified.unwrap().right);
    let adapter = &status.adapters[0];
    assert_eq!((adapter.position, adapter.lag_seconds), (0, 10));
    service
        .run_adapter(&officer(), "archive", &|_, _| {})
        .await
        .unwrap();
    world.pass(60);
    let status = service.status().await.unwrap();
    let adapter = &status.adapters[0];
    // What is left is the record of the export itself.
    assert_eq!((adapter.position, adapter.lag_seconds), (5, 0));
    assert_eq!(
        adapter.batch.as_deref(),
        Some("archive-000000000001-000000000005")
    );
    assert!(adapter.next_run.is_some() && adapter.error.is_none());
}

/// Has a run fail, since its folder is away.
async fn fail(world: &World, service: &causerie_compliance::Compliance) -> String {
    std::fs::remove_dir_all(world.out()).unwrap();
    let failed = service.run_adapter(&officer(), "archive", &|_, _| {}).await;
    std::fs::create_dir(world.out()).unwrap();
    failed.unwrap_err().to_string()
}

#[tokio::test]
async fn alarms_stand_until_their_reason_is_gone() {
    let world = World::new().await;
    let service = world.open().await;
    world.talk(1).await;
    service.take_in().await.unwrap();
    let adapter = world.adapter();
    service
        .set_adapter(&officer(), "archive", &adapter, false)
        .await
        .unwrap();
    assert_eq!(service.status().await.unwrap().alarms, []);
    let since = causerie_model::Clock::now(&*world.clock);
    let error = fail(&world, &service).await;
    world.pass(60);
    fail(&world, &service).await;
    assert_eq!(world.take_alarms(), ["run-failed"], "it is told once");
    let standing = StandingAlarm {
        name: "run-failed".to_owned(),
        since: since.to_string(),
        text: format!(
            "adapter archive exported nothing: {error}. No record is lost; the same batch is tried again."
        ),
        times: 2,
    };
    assert_eq!(
        service.status().await.unwrap().alarms,
        std::slice::from_ref(&standing)
    );
    service
        .run_adapter(&officer(), "archive", &|_, _| {})
        .await
        .unwrap();
    assert_eq!(service.status().await.unwrap().alarms, []);
    let over = Alarm {
        name: "run-failed",
        text: standing.text,
        at: Timestamp(since.0 + 60_000_000),
    };
    assert_eq!(*world.heard.cleared.lock().unwrap(), [over]);
}

#[tokio::test]
async fn that_there_is_no_adapter_is_told_daily_and_stands_since_the_first_day() {
    let world = World::new().await;
    let since = causerie_model::Clock::now(&*world.clock).to_string();
    let service = Compliance::start(Settings::new("x.test"), world.needs())
        .await
        .unwrap();
    let told = || {
        world
            .alarms()
            .iter()
            .filter(|name| **name == "no-adapter")
            .count()
    };
    for day in 1..=2 {
        while told() < day {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let alarms = service.status().await.unwrap().alarms;
        let standing = alarms.iter().find(|alarm| alarm.name == "no-adapter").unwrap();
        assert_eq!(standing.since, since, "day {day}");
        assert!(standing.times >= day as u64, "{standing:?}");
        world.pass(86_400);
    }
    service.stop().await;
    let cleared = world.heard.cleared.lock().unwrap();
    assert!(cleared.iter().all(|over| over.name != "no-adapter"));
}

#[tokio::test]
async fn what_is_wrong_with_records_stands_and_nobody_is_calmed() {
    let world = World::new().await;
    let service = world.open().await;
    world.talk(1).await;
    service.take_in().await.unwrap();
    let adapter = world.adapter();
    service
        .set_adapter(&officer(), "archive", &adapter, false)
        .await
        .unwrap();
    // A record of a chain that begins in the middle.
    for text in ["one", "two"] {
        world.chat(text);
    }
    let late = causerie_model::Sealed::from(&world.chat("three"));
    let addition = Addition {
        records: vec![late],
        ..Addition::default()
    };
    causerie_records::Records::append(&*world.records, &addition)
        .await
        .unwrap();
    for times in 1..=2 {
        service
            .verify(&officer(), &|_, _| {})
            .await
            .unwrap()
            .result
            .unwrap_err();
        assert_eq!(world.take_alarms(), ["verify-failed"], "each time");
        let alarms = service.status().await.unwrap().alarms;
        assert_eq!(
            (alarms.len(), &*alarms[0].name, alarms[0].times),
            (1, "verify-failed", times)
        );
    }
    assert!(!service.status().await.unwrap().verified.unwrap().right);
    let failed = service.run_adapter(&officer(), "archive", &|_, _| {}).await;
    assert!(failed.is_err());
    let alarms = service.status().await.unwrap().alarms;
    assert_eq!(alarms[0].name, "run-failed");
    assert!(
        !alarms[0].text.contains("No record is lost"),
        "{}",
        alarms[0].text
    );
    assert!(alarms[0].text.contains("compliance verify"), "{}", alarms[0].text);
    assert!(world.heard.cleared.lock().unwrap().is_empty());
}
