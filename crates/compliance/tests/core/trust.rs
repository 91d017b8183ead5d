//! What the service builds on when somebody wrote to its database.

use crate::world::{World, key, officer};
use causerie_compliance::{Compliance, ComplianceError, Settings};
use causerie_proof::{Checkpoint, SignedCheckpoint};
use causerie_records::{Addition, CheckpointLine, Records};
use causerie_store_sqlite::{Options, SqliteRecords};
use std::sync::{Arc, atomic::Ordering};

/// Two checkpoints, of which the second covers one record more, and the service that made them.
async fn signed(world: &World) -> (Compliance, [SignedCheckpoint; 2]) {
    let service = world.open().await;
    world.talk(3).await;
    service.take_in().await.unwrap();
    let first = service.checkpoint().await.unwrap().unwrap();
    service.signed_in(&officer()).await.unwrap();
    let second = service.checkpoint().await.unwrap().unwrap();
    (service, [first, second])
}

/// A database with so many of the world's records, and these checkpoints.
async fn database(
    world: &World,
    name: &str,
    records: usize,
    signed: &[SignedCheckpoint],
) -> Arc<SqliteRecords> {
    let path = world.out().join(name);
    let made = SqliteRecords::open(&path, Options::default()).await.unwrap();
    let stored = world.stored().await;
    let records = stored
        .into_iter()
        .take(records)
        .map(|stored| stored.record)
        .collect();
    let addition = Addition {
        records,
        ..Addition::default()
    };
    made.append(&addition).await.unwrap();
    for signed in signed {
        let addition = Addition {
            checkpoint: Some(CheckpointLine {
                number: signed.checkpoint.number,
                up_to: signed.checkpoint.up_to,
                line: signed.to_line(),
            }),
            ..Addition::default()
        };
        made.append(&addition).await.unwrap();
    }
    Arc::new(made)
}

/// The first checkpoint as somebody signs it who has a key of his own and hands over to the server's.
fn forged(first: &SignedCheckpoint) -> SignedCheckpoint {
    let checkpoint = Checkpoint {
        next_key: Some(key(1).public()),
        ..first.checkpoint
    };
    checkpoint.sign(&key(9))
}

async fn start(world: &World) -> Result<Compliance, ComplianceError> {
    Compliance::open(Settings::new("x.test"), world.needs()).await
}

async fn is_wrong(service: &Compliance) -> String {
    let found = service.verify(&officer(), &|_, _| {}).await.unwrap();
    found.result.unwrap_err().to_string()
}

#[tokio::test]
async fn no_checkpoint_follows_one_that_the_root_of_trust_does_not_lead_to() {
    let world = World::new().await;
    let (service, [first, _]) = signed(&world).await;
    let forged = forged(&first);
    *world.faults.replaced.lock().unwrap() = Some(database(&world, "forged", 6, &[forged]).await);
    world.take_alarms();
    let error = service.checkpoint().await.unwrap_err().to_string();
    assert!(error.contains("checkpoint 2 is gone"), "{error}");
    assert_eq!(world.take_alarms(), ["checkpoints-changed"]);
    assert!(
        is_wrong(&service)
            .await
            .starts_with("checkpoint 1: it is signed by the key ")
    );
    // One that starts, and knows nothing but the root.
    world.heard.anchored.lock().unwrap().clear();
    let error = start(&world).await.err().unwrap().to_string();
    assert!(
        error.contains("isn't signed by the key that signed the first one"),
        "{error}"
    );
    assert_eq!(world.take_alarms(), ["verify-failed"]);
}

#[tokio::test]
async fn a_database_that_was_cut_is_found_by_who_made_the_checkpoints_and_by_anchors() {
    for (name, records, checkpoints) in [("cut", 5, 1), ("bare", 6, 0), ("empty", 0, 0)] {
        let world = World::new().await;
        let (service, signed) = signed(&world).await;
        let cut = database(&world, name, records, &signed[..checkpoints]).await;
        *world.faults.replaced.lock().unwrap() = Some(cut);
        for error in [
            service.checkpoint().await.unwrap_err(),
            service.rotate_key(&officer(), key(2), false).await.unwrap_err(),
            start(&world).await.err().unwrap(),
        ] {
            assert!(
                error.to_string().contains("checkpoint 2 is gone"),
                "{name}: {error}"
            );
        }
        if records > 0 {
            let applied = service.retention_apply(&officer(), &|_, _| {}).await;
            let error = applied.unwrap_err().to_string();
            assert!(error.contains("checkpoint 2 is gone"), "{name}: {error}");
        }
        // Without a log nothing tells of what was before.
        world.heard.anchored.lock().unwrap().clear();
        if records > 0 {
            assert!(
                is_wrong(&service)
                    .await
                    .contains("as it was written down elsewhere"),
                "{name}"
            );
        }
        assert!(start(&world).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn a_checkpoint_that_was_signed_anew_is_not_the_one_that_is_known() {
    let world = World::new().await;
    let (service, [first, second]) = signed(&world).await;
    let other = Checkpoint {
        at: causerie_model::Timestamp(second.checkpoint.at.0 + 1),
        ..second.checkpoint.clone()
    };
    let other = other.sign(&key(1));
    *world.faults.replaced.lock().unwrap() = Some(database(&world, "other", 6, &[first, other]).await);
    for error in [
        service.checkpoint().await.unwrap_err(),
        start(&world).await.err().unwrap(),
    ] {
        assert!(
            error.to_string().contains("isn't the one that is known"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_the_database_says_of_anchors_is_not_believed() {
    let world = World::new().await;
    let (_, [_, second]) = signed(&world).await;
    let key = causerie_records::DocumentKey {
        kind: "anchored".to_owned(),
        id: "last".to_owned(),
    };
    let addition = Addition {
        documents: vec![(key, Some("1000".to_owned()))],
        ..Addition::default()
    };
    world.records.append(&addition).await.unwrap();
    let next = world.open().await;
    next.signed_in(&officer()).await.unwrap();
    world.pass(3_600);
    next.signed_in(&officer()).await.unwrap();
    let third = next.checkpoint().await.unwrap().unwrap();
    let anchored = world.heard.anchored.lock().unwrap().clone();
    assert_eq!(anchored[1..], [second.to_line(), third.to_line()]);
}

#[tokio::test]
async fn every_export_leads_from_the_root_of_trust_to_the_key_that_signed_it() {
    let world = World::new().await;
    let (service, _) = signed(&world).await;
    let adapter = world.adapter();
    service
        .set_adapter(&officer(), "a", &adapter, false)
        .await
        .unwrap();
    let mut led = Vec::new();
    for _ in 0..4 {
        let run = service.run_adapter(&officer(), "a", &|_, _| {}).await.unwrap();
        let file = world.out().join(run.batch.unwrap()).join("checkpoints.ndjson");
        let text = std::fs::read_to_string(file).unwrap();
        let lines: Vec<_> = text
            .lines()
            .map(|line| SignedCheckpoint::parse(line).unwrap())
            .collect();
        assert!(lines.is_sorted_by_key(|line| line.checkpoint.number));
        let mut key_now = key(1).public();
        for line in &lines {
            if line.key == key_now {
                key_now = line.next_key();
            }
        }
        led.push((key_now == service.public_key(), lines.len()));
        let last = u8::try_from(led.len()).unwrap() + 1;
        if last < 4 {
            service.rotate_key(&officer(), key(last), false).await.unwrap();
        }
        world.publish(vec![world.chat("more")]).await;
        service.take_in().await.unwrap();
    }
    assert_eq!(led, [(true, 3), (true, 2), (true, 3), (true, 3)]);
}

#[tokio::test]
async fn a_record_that_never_goes_and_is_gone_fails_the_run() {
    let world = World::new().await;
    world.talk(2).await;
    let service = world.open().await;
    service.take_in().await.unwrap();
    let (officer, adapter) = (officer(), world.adapter());
    let set = service.set_adapter(&officer, "a", &adapter, false);
    set.await.unwrap();
    let run = async || service.run_adapter(&officer, "a", &|_, _| {}).await;
    let position = async |kind: &str| {
        let stored = world.stored().await;
        let found = stored.iter().find(|stored| stored.record.kind == kind);
        found.unwrap().position
    };
    let (changed, chat) = (position("CHANGED").await, position("CHAT").await);
    world.faults.emptied.store(changed, Ordering::SeqCst);
    let error = run().await.unwrap_err().to_string();
    assert!(
        error.contains(&format!(
            "record 1 of room:7 (position {changed}) has lost its content, which such a record never does"
        )),
        "{error}"
    );
    world.faults.emptied.store(chat, Ordering::SeqCst);
    assert!(run().await.unwrap().batch.is_some());
}
