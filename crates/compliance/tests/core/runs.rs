//! Adapters export every record once, and say so.

use crate::world::{World, key, officer, tree};
use causerie_compliance::{
    Compliance, ComplianceError, NO_ADAPTER, RunOutcome, Settings,
    adapter::{MAX_EXTENSION, MAX_NAME, MAX_STYLESHEET},
    documents::{self, Adapter, AdapterFormat, MAX_INTERVAL, MIN_INTERVAL, Present, Run},
};
use causerie_proof::{Manifest, SignedManifest, Stored};
use causerie_records::{Addition, Records};
use std::{collections::BTreeMap, sync::Mutex, time::Duration};

pub(crate) async fn ready(world: &World, adapter: &Adapter) -> Compliance {
    let service = world.open().await;
    while service.take_in().await.expect("taken in") > 0 {}
    service
        .set_adapter(&officer(), "archive", adapter, false)
        .await
        .expect("an adapter");
    service
}

pub(crate) async fn run(service: &Compliance) -> Result<RunOutcome, ComplianceError> {
    service.run_adapter(&officer(), "archive", &|_, _| {}).await
}

fn manifest(world: &World, batch: &str) -> Manifest {
    let read = |file: &str| std::fs::read(world.out().join(batch).join(file)).expect(file);
    let signed = SignedManifest {
        manifest: read("manifest.json"),
        signature: read("manifest.sig"),
    };
    let (manifest, signer) = signed.open().expect("a signed manifest");
    assert_eq!(signer, key(1).public());
    manifest
}

fn exported(world: &World, batch: &str) -> Vec<Stored> {
    let text = std::fs::read_to_string(world.out().join(batch).join("records.ndjson")).expect("records");
    text.lines()
        .map(|line| Stored::parse(line).expect("a record"))
        .collect()
}

#[tokio::test]
async fn a_batch_has_every_record_and_what_proves_it() {
    let world = World::new().await;
    world.talk(2_500).await;
    let service = ready(&world, &world.adapter()).await;
    let seen = Mutex::new(Vec::new());
    let outcome = service
        .run_adapter(&officer(), "archive", &|done, of| {
            seen.lock().unwrap().push((done, of));
        })
        .await
        .unwrap();
    assert_eq!(
        outcome.batch.as_deref(),
        Some("archive-000000000001-000000002503")
    );
    assert_eq!((outcome.after, outcome.up_to, outcome.records), (0, 2_503, 2_503));
    assert_eq!(
        *seen.lock().unwrap(),
        [(1, 2_503), (1_001, 2_503), (2_001, 2_503), (2_503, 2_503)]
    );
    let batch = outcome.batch.unwrap();
    let records = exported(&world, &batch);
    let mut stored = world.records.read(0, 2_503, 3_000).await.unwrap();
    stored.sort_by_key(|stored| (stored.record.chain, stored.record.number));
    assert_eq!(records, stored);
    let manifest = manifest(&world, &batch);
    assert!(manifest.complete && manifest.selection.is_none());
    assert_eq!(
        (manifest.records, manifest.after, manifest.up_to),
        (2_503, 0, 2_503)
    );
    let room = &manifest.chains["room:7"];
    assert_eq!((room.first, room.last, room.records), (1, 2_502, 2_502));
    assert_eq!(
        room.counts,
        BTreeMap::from([
            ("CHANGED".to_owned(), 1),
            ("JOIN".to_owned(), 1),
            ("CHAT".to_owned(), 2_500)
        ])
    );
    assert_eq!(
        room.room.as_deref(),
        Some("ma-chan://x.test/00000000-0000-0000-0000-000000000007")
    );
    let checkpoints = std::fs::read_to_string(world.out().join(&batch).join("checkpoints.ndjson")).unwrap();
    assert_eq!(checkpoints.lines().count(), 1);
    let last = world.stored().await.pop().unwrap().record;
    assert_eq!(
        (last.kind.as_str(), last.actor.as_str()),
        ("EXPORTED", "officer:olga")
    );
    let run: Run = documents::load(&*world.records, "archive")
        .await
        .unwrap()
        .unwrap();
    assert!(run.finished);
}

#[tokio::test]
async fn runs_go_on_where_the_last_ended_and_their_own_records_beget_none() {
    let world = World::new().await;
    world.talk(1).await;
    let service = ready(&world, &world.adapter()).await;
    assert_eq!(run(&service).await.unwrap().up_to, 4);
    // Position 5 is the record of the export.
    assert_eq!(run(&service).await.unwrap().batch, None);
    assert_eq!(world.stored().await.len(), 5);
    world.publish(vec![world.join("bob"), world.part("ann")]).await;
    service.take_in().await.unwrap();
    let second = run(&service).await.unwrap();
    assert_eq!((second.after, second.up_to, second.records), (4, 7, 3));
    let present: Present = documents::load(&*world.records, "archive/7")
        .await
        .unwrap()
        .unwrap();
    let names: Vec<(&str, &str)> = present
        .0
        .iter()
        .map(|one| (one.address.as_str(), one.name.as_str()))
        .collect();
    assert_eq!(names, [("bob@x.test", "BOB")]);
    assert_eq!(
        manifest(&world, "archive-000000000005-000000000007").chains["room:7"]
            .previous
            .len(),
        64
    );
}

#[tokio::test]
async fn an_end_between_any_two_steps_makes_the_same_batch_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut expected = None;
    for after_effect in [false, true] {
        for call in 1.. {
            let world = World::within(folder.path()).await;
            world.talk(3).await;
            let mut adapter = world.adapter();
            adapter.format = AdapterFormat::Xml;
            adapter.zip = call % 2 == 0;
            let service = ready(&world, &adapter).await;
            world.faults.die_at(call, after_effect);
            let died = run(&service).await.is_err();
            let all = !world.faults.heal();
            // The next process, later, when more has come.
            let next = world.open().await;
            let planned: Option<Run> = documents::load(&*world.records, "archive").await.unwrap();
            if planned.is_some() {
                world.pass(121);
                world.publish(vec![world.chat("later")]).await;
                next.take_in().await.unwrap();
            } else {
                world.pass(121);
            }
            if planned.as_ref().is_none_or(|run| !run.finished) {
                let again = run(&next).await.unwrap();
                assert_eq!(again.up_to, 6, "call {call}");
            }
            let told = world
                .stored()
                .await
                .into_iter()
                .filter(|stored| stored.record.kind == "EXPORTED")
                .count();
            assert_eq!(told, 1, "call {call}, died {died}");
            let made = tree(&world.out());
            let names: Vec<&String> = made.keys().collect();
            assert!(
                names
                    .iter()
                    .all(|name| name.starts_with("archive-000000000001-000000000006")),
                "{names:?}"
            );
            // Planned at the first try: the same bytes whichever try delivered.
            if planned.is_some() && !adapter.zip {
                let expected = expected.get_or_insert_with(|| made.clone());
                assert!(*expected == made, "call {call}");
            }
            world.close().await;
            if all {
                assert!(call > 10, "nothing was cut short");
                break;
            }
        }
    }
}

#[tokio::test]
async fn another_batch_of_the_name_is_an_alarm_and_the_cursor_stays() {
    let world = World::new().await;
    world.talk(1).await;
    let service = ready(&world, &world.adapter()).await;
    let there = world.out().join("archive-000000000001-000000000004");
    std::fs::create_dir(&there).unwrap();
    std::fs::write(there.join("manifest.json"), "{}").unwrap();
    let error = run(&service).await.unwrap_err();
    assert!(matches!(error, ComplianceError::Damaged(_)), "{error}");
    assert_eq!(world.alarms(), ["run-failed"]);
    let status = service.status().await.unwrap();
    assert_eq!((status.adapters[0].position, status.warnings.len()), (0, 1));
    assert!(
        status.adapters[0]
            .error
            .as_ref()
            .unwrap()
            .contains("another batch")
    );
    std::fs::remove_dir_all(&there).unwrap();
    assert_eq!(run(&service).await.unwrap().up_to, 4);
    assert_eq!(service.status().await.unwrap().warnings, [""; 0]);
}

#[tokio::test]
async fn a_gap_fails_the_run() {
    let world = World::new().await;
    world.talk(2).await;
    let _lost = world.chat("lost");
    let next = (&world.chat("next")).into();
    let service = ready(&world, &world.adapter()).await;
    let addition = causerie_records::Addition {
        records: vec![next],
        ..Default::default()
    };
    world.records.append(&addition).await.unwrap();
    let error = run(&service).await.unwrap_err();
    assert!(
        error.to_string().contains("record 5 of room:7 is missing"),
        "{error}"
    );
    assert_eq!(world.alarms(), ["run-failed"]);
    assert_eq!(tree(&world.out()), BTreeMap::new());
    let run: Run = documents::load(&*world.records, "archive")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((run.finished, run.after), (false, 0));
}

#[tokio::test]
async fn a_gap_that_was_set_aside_fails_none() {
    let world = World::new().await;
    world.talk(1).await;
    let service = ready(&world, &world.adapter()).await;
    assert!(run(&service).await.is_ok());
    let mut forged = world.chat("forged");
    forged.body = forged.body.replace("forged", "forgery");
    world.publish(vec![forged, world.chat("good")]).await;
    service.take_in().await.unwrap();
    let outcome = run(&service).await.unwrap();
    assert_eq!(outcome.records, 3);
    world.publish(vec![world.chat("more")]).await;
    service.take_in().await.unwrap();
    assert_eq!(run(&service).await.unwrap().records, 2);
}

#[tokio::test]
async fn settings_of_adapters_are_checked() {
    let world = World::new().await;
    let service = world.open().await;
    let set = async |name: &str, change: &dyn Fn(&mut Adapter)| {
        let mut adapter = world.adapter();
        change(&mut adapter);
        service.set_adapter(&officer(), name, &adapter, true).await
    };
    for (interval, right) in [
        (MIN_INTERVAL - 1, false),
        (MIN_INTERVAL, true),
        (MAX_INTERVAL, true),
        (MAX_INTERVAL + 1, false),
    ] {
        assert_eq!(
            set("a", &|adapter| adapter.interval = interval).await.is_ok(),
            right,
            "{interval}"
        );
    }
    let longest = "a".repeat(MAX_NAME);
    for (name, right) in [
        ("", false),
        ("a-1", true),
        (&*longest, true),
        (&*(longest.clone() + "a"), false),
        ("A", false),
        ("a/b", false),
        ("ä", false),
        // What exports of reads and matters are of.
        ("reads", false),
        ("m7", false),
        ("m0123", false),
        ("m", true),
        ("m7a", true),
        ("reads-1", true),
    ] {
        assert_eq!(set(name, &|_| {}).await.is_ok(), right, "{name}");
    }
    let out = world.adapter().directory;
    for (directory, right) in [("out", false), ("", false), ("../out", false), (&*out, true)] {
        assert_eq!(
            set("a", &|adapter| adapter.directory = directory.to_owned())
                .await
                .is_ok(),
            right,
            "{directory}"
        );
    }
    let styled = async |length: usize, extension: Option<&str>, format| {
        let change = |adapter: &mut Adapter| {
            adapter.format = format;
            adapter.xslt = Some(sheet(length));
            adapter.extension = extension.map(str::to_owned);
        };
        set("a", &change).await.is_ok()
    };
    let (xml, csv) = (AdapterFormat::Xml, AdapterFormat::Csv);
    assert!(styled(MAX_STYLESHEET, Some("txt"), xml).await);
    assert!(!styled(MAX_STYLESHEET + 1, Some("txt"), xml).await);
    assert!(!styled(1_000, None, xml).await);
    assert!(!styled(1_000, Some("txt"), csv).await);
    assert!(!styled(1_000, Some("xml"), xml).await);
    assert!(styled(1_000, Some(&"x".repeat(MAX_EXTENSION)), xml).await);
    assert!(!styled(1_000, Some(&"x".repeat(MAX_EXTENSION + 1)), xml).await);
    assert!(!styled(1_000, Some(""), xml).await);
    assert_eq!(service.adapters().await.unwrap(), BTreeMap::new());
}

/// A stylesheet of this length.
fn sheet(length: usize) -> String {
    let begin = r#"<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:output method="text"/><xsl:template match="/">made</xsl:template>"#;
    let end = "</xsl:stylesheet>";
    format!("{begin}{}{end}", " ".repeat(length - begin.len() - end.len()))
}

#[tokio::test]
async fn an_adapter_for_a_place_that_takes_nothing_is_refused() {
    let world = World::new().await;
    let service = world.open().await;
    let place = world.out().join("later");
    let adapter = Adapter {
        directory: place.display().to_string(),
        ..world.adapter()
    };
    let off = Adapter {
        enabled: false,
        ..adapter.clone()
    };
    let officer = officer();
    let refused = async |adapter: &Adapter| {
        for what_if in [true, false] {
            let set = service.set_adapter(&officer, "archive", adapter, what_if);
            match set.await {
                Err(ComplianceError::Invalid(why)) => {
                    assert!(why.contains(&adapter.directory), "{why}");
                }
                other => panic!("{other:?}"),
            }
        }
    };
    refused(&adapter).await;
    refused(&off).await;
    std::fs::create_dir(&place).unwrap();
    let set = async |adapter: &Adapter| service.set_adapter(&officer, "archive", adapter, false).await;
    set(&adapter).await.unwrap();
    assert!(tree(&world.out()).is_empty(), "it is only tried");
    // One that has it already can be turned off while it is away, and not on.
    std::fs::remove_dir(&place).unwrap();
    refused(&adapter).await;
    set(&off).await.unwrap();
    refused(&adapter).await;
}

#[tokio::test]
async fn changes_of_adapters_are_recorded() {
    let world = World::new().await;
    let service = world.open().await;
    let adapter = world.adapter();
    let made = service
        .set_adapter(&officer(), "archive", &adapter, false)
        .await
        .unwrap();
    assert_eq!((made.what.as_str(), made.before.as_str()), ("adapter.set", ""));
    // The same again is no change.
    service
        .set_adapter(&officer(), "archive", &adapter, false)
        .await
        .unwrap();
    assert_eq!(world.stored().await.len(), 1);
    assert_eq!(
        service.adapters().await.unwrap(),
        BTreeMap::from([("archive".to_owned(), adapter)])
    );
    service
        .remove_adapter(&officer(), "archive", false)
        .await
        .unwrap();
    assert_eq!(world.stored().await.len(), 2);
    let error = service
        .remove_adapter(&officer(), "archive", false)
        .await
        .unwrap_err();
    assert!(matches!(error, ComplianceError::Unknown { .. }));
    assert!(matches!(
        run(&service).await.unwrap_err(),
        ComplianceError::Unknown { .. }
    ));
}

#[tokio::test]
async fn an_adapter_of_a_name_that_none_gets_any_more_can_be_changed() {
    let world = World::new().await;
    let service = world.open().await;
    let adapter = world.adapter();
    let set = async |adapter: &Adapter| service.set_adapter(&officer(), "m7", adapter, false).await;
    assert!(matches!(set(&adapter).await, Err(ComplianceError::Invalid(_))));
    // It was there before matters were exported.
    let addition = Addition {
        documents: vec![documents::put("m7", &adapter)],
        ..Addition::default()
    };
    Records::append(&*world.records, &addition).await.unwrap();
    let off = Adapter {
        enabled: false,
        ..adapter
    };
    set(&off).await.unwrap();
    assert!(!service.adapters().await.unwrap()["m7"].enabled);
    // Once removed it is gone for good.
    service.remove_adapter(&officer(), "m7", false).await.unwrap();
    assert!(matches!(set(&off).await, Err(ComplianceError::Invalid(_))));
}

#[tokio::test]
async fn adapters_run_by_themselves_and_none_is_an_alarm() {
    let world = World::new().await;
    let service = Compliance::start(Settings::new("x.test"), world.needs())
        .await
        .unwrap();
    while world.alarms().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(world.take_alarms(), ["no-adapter"]);
    assert_eq!(service.status().await.unwrap().warnings, [NO_ADAPTER]);
    service.stop().await;
    world.talk(1).await;
    let resting = ready(&world, &world.adapter()).await;
    resting.stop().await;
    let service = Compliance::start(Settings::new("x.test"), world.needs())
        .await
        .unwrap();
    while service.status().await.unwrap().adapters[0].position == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    service.stop().await;
    assert_eq!(
        tree(&world.out())
            .keys()
            .filter(|name| name.ends_with("manifest.sig"))
            .count(),
        1
    );
    assert_eq!(world.alarms(), [""; 0]);
}

/// The manifest of a batch is there, and its end wasn't heard of.
pub(crate) async fn cut_short(world: &World, service: &Compliance) {
    let full = Mutex::new(0);
    for call in 1.. {
        world.faults.die_at(call, true);
        let died = run(service).await.is_err();
        world.faults.heal();
        world.pass(61);
        *full.lock().unwrap() = call;
        if !tree(&world.out()).is_empty() {
            assert!(died);
            return;
        }
    }
}

#[tokio::test]
async fn a_run_ends_by_the_settings_by_which_it_was_delivered() {
    let world = World::new().await;
    world.talk(1).await;
    let service = ready(&world, &world.adapter()).await;
    cut_short(&world, &service).await;
    let made = tree(&world.out());
    std::fs::create_dir(world.out().join("elsewhere")).unwrap();
    let elsewhere = Adapter {
        directory: world.out().join("elsewhere").display().to_string(),
        format: AdapterFormat::Xml,
        ..world.adapter()
    };
    service
        .set_adapter(&officer(), "archive", &elsewhere, false)
        .await
        .unwrap();
    assert_eq!(run(&service).await.unwrap().up_to, 4);
    assert!(made == tree(&world.out()), "nothing is delivered twice");
    // The next is as it was set.
    let next = run(&service).await.unwrap();
    assert!(next.place.unwrap().contains("elsewhere"));
}

#[tokio::test]
async fn a_run_that_fails_by_its_settings_goes_on_by_better_ones() {
    let world = World::new().await;
    world.talk(1).await;
    let blocked = world.out().join("blocked");
    std::fs::create_dir(&blocked).unwrap();
    let mut adapter = world.adapter();
    adapter.directory = blocked.display().to_string();
    let service = ready(&world, &adapter).await;
    std::fs::remove_dir(&blocked).unwrap();
    assert!(matches!(
        run(&service).await.unwrap_err(),
        ComplianceError::Delivery(_)
    ));
    service
        .set_adapter(&officer(), "archive", &world.adapter(), false)
        .await
        .unwrap();
    let outcome = run(&service).await.unwrap();
    assert_eq!((outcome.after, outcome.up_to), (0, 4));
}

#[tokio::test]
async fn a_batch_without_its_signature_is_not_delivered() {
    let world = World::new().await;
    world.talk(1).await;
    let service = ready(&world, &world.adapter()).await;
    cut_short(&world, &service).await;
    let signature = world.out().join("archive-000000000001-000000000004/manifest.sig");
    let right = std::fs::read(&signature).unwrap();
    std::fs::remove_file(&signature).unwrap();
    assert!(matches!(
        run(&service).await.unwrap_err(),
        ComplianceError::Damaged(_)
    ));
    std::fs::write(&signature, "forged").unwrap();
    assert!(matches!(
        run(&service).await.unwrap_err(),
        ComplianceError::Damaged(_)
    ));
    std::fs::write(&signature, right).unwrap();
    // Signed by the key of that time.
    service.rotate_key(&officer(), key(2), false).await.unwrap();
    assert_eq!(run(&service).await.unwrap().up_to, 4);
}

#[tokio::test]
async fn an_adapter_that_is_set_again_goes_on_where_it_was() {
    let world = World::new().await;
    world.talk(1).await;
    let service = ready(&world, &world.adapter()).await;
    let again = async |after| {
        let officer = officer();
        let removed = service.remove_adapter(&officer, "archive", false);
        removed.await.unwrap();
        assert_eq!(service.adapter_goes_on_after("archive").await.unwrap(), after);
        // Documents are as the records tell.
        service.retention_plan(&|_, _| {}).await.unwrap();
        let adapter = world.adapter();
        let set = service.set_adapter(&officer, "archive", &adapter, false);
        set.await.unwrap();
        service.retention_plan(&|_, _| {}).await.unwrap();
    };
    // One that is planned is done again, under its name.
    cut_short(&world, &service).await;
    let made = tree(&world.out());
    again(0).await;
    let first = run(&service).await.unwrap();
    assert!(made == tree(&world.out()), "nothing is delivered twice");
    again(first.up_to).await;
    world.publish(vec![world.chat("more")]).await;
    service.take_in().await.unwrap();
    assert_eq!(run(&service).await.unwrap().after, first.up_to);
}

#[tokio::test]
async fn an_adapter_exports_everything_anew_only_where_no_batch_of_its_name_is() {
    let world = World::new().await;
    world.talk(1).await;
    let service = ready(&world, &world.adapter()).await;
    let first = run(&service).await.unwrap();
    let elsewhere = world.out().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let officer = officer();
    // Others are no matter.
    for other in ["archive-2-000000000001-000000000009", "archive-1-2", "archive"] {
        std::fs::create_dir(elsewhere.join(other)).unwrap();
    }
    let elsewhere = Adapter {
        directory: elsewhere.display().to_string(),
        ..world.adapter()
    };
    for what_if in [true, false] {
        let adapter = world.adapter();
        let restarted = service.restart_adapter(&officer, "archive", &adapter, what_if);
        match restarted.await {
            Err(ComplianceError::Invalid(why)) => {
                assert!(why.contains(&first.batch.clone().unwrap()), "{why}");
            }
            other => panic!("{other:?}"),
        }
        let change = service.restart_adapter(&officer, "archive", &elsewhere, what_if);
        assert_eq!(change.await.unwrap().what, "adapter.restart");
        let after = service.adapter_goes_on_after("archive").await.unwrap();
        assert_eq!(after, if what_if { first.up_to } else { 0 });
        service.retention_plan(&|_, _| {}).await.unwrap();
    }
    let anew = run(&service).await.unwrap();
    assert_eq!(anew.after, 0);
    // With the same settings it is a change too, and setting it is none.
    std::fs::rename(anew.place.unwrap(), world.out().join("moved")).unwrap();
    let same = service.set_adapter(&officer, "archive", &elsewhere, false);
    assert!(!same.await.unwrap().changed);
    let change = service.restart_adapter(&officer, "archive", &elsewhere, false);
    assert!(change.await.unwrap().changed);
    assert_eq!(run(&service).await.unwrap().after, 0);
    service.retention_plan(&|_, _| {}).await.unwrap();
}

#[tokio::test]
async fn while_an_adapter_runs_none_begins_anew() {
    let world = World::new().await;
    world.talk(1).await;
    let service = ready(&world, &world.adapter()).await;
    let elsewhere = world.out().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let elsewhere = Adapter {
        directory: elsewhere.display().to_string(),
        ..world.adapter()
    };
    let restart = async |service: &Compliance, what_if| {
        let officer = officer();
        let restarted = service.restart_adapter(&officer, "archive", &elsewhere, what_if);
        restarted.await.map(|change| change.what)
    };
    // By this service, in the middle of the batch.
    let refused = Mutex::new(None);
    let at_page = |_: u64, _: u64| {
        let mut restarted = std::pin::pin!(restart(&service, false));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        // It answers at once: there is nothing to wait for.
        *refused.lock().unwrap() = Some(restarted.as_mut().poll(&mut context));
    };
    let ran = service
        .run_adapter(&officer(), "archive", &at_page)
        .await
        .unwrap();
    let refused = refused.into_inner().unwrap().unwrap();
    assert!(
        matches!(refused, std::task::Poll::Ready(Err(ComplianceError::Busy(_)))),
        "{refused:?}"
    );
    assert_eq!(service.adapter_goes_on_after("archive").await.unwrap(), ran.up_to);
    // By another one.
    let now = causerie_model::Clock::now(&*world.clock);
    let other = causerie_records::Leases::lease(&*world.records, "runs", "other", now, now.plus_seconds(60));
    assert!(other.await.unwrap());
    assert!(matches!(
        restart(&service, false).await,
        Err(ComplianceError::Busy(_))
    ));
    assert_eq!(restart(&service, true).await.unwrap(), "adapter.restart");
    world.pass(60);
    assert_eq!(restart(&service, false).await.unwrap(), "adapter.restart");
    // It doesn't keep the right to run.
    assert_eq!(run(&world.open().await).await.unwrap().after, 0);
}

#[tokio::test]
async fn a_run_is_broken_off_at_its_next_page_when_the_service_stops() {
    const PAGES: usize = 5;
    let world = World::new().await;
    world.talk(PAGES * 1_000).await;
    let service = ready(&world, &world.adapter()).await;
    let pages = Mutex::new(0);
    let stopping = service.clone();
    let outcome = service
        .run_adapter(&officer(), "archive", &|_, _| {
            *pages.lock().unwrap() += 1;
            // As far as it goes at once: it waits for what it ends.
            let mut stop = std::pin::pin!(stopping.stop());
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(stop.as_mut().poll(&mut context).is_pending());
        })
        .await;
    assert!(matches!(outcome, Err(ComplianceError::Stopping)), "{outcome:?}");
    assert_eq!(*pages.lock().unwrap(), 1);
    assert!(tree(&world.out()).is_empty());
    assert_eq!(world.alarms(), [""; 0]);
    let planned: Run = documents::load(&*world.records, "archive")
        .await
        .unwrap()
        .unwrap();
    // After the next start the same is done.
    let again = run(&world.open().await).await.unwrap();
    assert_eq!(again.batch.as_ref(), Some(&planned.batch));
}

#[tokio::test]
async fn a_run_of_an_adapter_that_went_is_not_recorded() {
    let world = World::new().await;
    world.talk(1_500).await;
    let service = ready(&world, &world.adapter()).await;
    // The document alone goes: the run is still the same.
    let went = std::sync::Once::new();
    let records = std::sync::Arc::clone(&world.records);
    let outcome = service
        .run_adapter(&officer(), "archive", &|_, _| {
            went.call_once(|| {
                let addition = causerie_records::Addition {
                    documents: vec![documents::gone::<Adapter>("archive")],
                    ..Default::default()
                };
                let records = std::sync::Arc::clone(&records);
                std::thread::spawn(move || {
                    let mut runtime = tokio::runtime::Builder::new_current_thread();
                    let runtime = runtime.enable_all().build().unwrap();
                    runtime.block_on(records.append(&addition)).unwrap();
                })
                .join()
                .unwrap();
            });
        })
        .await;
    assert!(matches!(outcome.unwrap_err(), ComplianceError::Busy(_)));
    let stored = world.stored().await;
    assert!(stored.iter().all(|stored| stored.record.kind != "EXPORTED"));
}

#[tokio::test]
async fn a_clock_that_goes_back_ends_no_runs() {
    let world = World::new().await;
    world.talk(1).await;
    let service = ready(&world, &world.adapter()).await;
    run(&service).await.unwrap();
    world.pass(-86_400);
    // Due at once, in this process and in the next.
    let due = |status: causerie_compliance::Status| status.adapters[0].next_run.clone();
    assert_eq!(due(service.status().await.unwrap()), None);
    let next = world.open().await;
    assert_eq!(due(next.status().await.unwrap()), None);
    world.publish(vec![world.chat("later")]).await;
    service.take_in().await.unwrap();
    assert!(run(&next).await.unwrap().batch.is_some());
    assert!(due(next.status().await.unwrap()).is_some());
}

#[tokio::test]
async fn a_lease_that_somebody_else_keeps_is_an_alarm() {
    let world = World::new().await;
    world.talk(1).await;
    let service = ready(&world, &world.adapter()).await;
    let now = causerie_model::Clock::now(&*world.clock);
    // As of a clock that was a day ahead.
    let lease =
        causerie_records::Leases::lease(&*world.records, "runs", "other", now, now.plus_seconds(86_400));
    assert!(lease.await.unwrap());
    for (passed, alarms) in [(0, 0), (1_199, 0), (1, 1), (60, 1)] {
        world.pass(passed);
        assert!(matches!(
            run(&service).await.unwrap_err(),
            ComplianceError::Busy(_)
        ));
        assert_eq!(world.alarms().len(), alarms, "{passed}");
    }
    assert_eq!(world.alarms(), ["run-failed"]);
    world.pass(86_400);
    assert_eq!(run(&service).await.unwrap().up_to, 4);
}
