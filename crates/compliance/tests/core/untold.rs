//! Batches of which no other record tells, and what a rehearsal leaves behind: nothing.

use crate::{
    runs::{cut_short, ready, run},
    world::{World, officer},
};
use causerie_compliance::{ComplianceError, documents::Adapter};
use std::sync::Mutex;
use tokio::{runtime::Handle, task::block_in_place};

/// What the records say of batches that no other record tells of.
async fn untold(world: &World) -> Vec<serde_json::Value> {
    let stored = world.stored().await.into_iter();
    let bodies = stored.filter(|stored| stored.record.kind == "CHANGED");
    let bodies = bodies.map(|stored| serde_json::from_str::<serde_json::Value>(&stored.record.body).unwrap());
    let told = bodies.filter(|body| body["what"] == "batch.untold");
    told.map(|body| {
        let after = body["after"].as_str().unwrap();
        let mut told: serde_json::Value = serde_json::from_str(after).unwrap();
        told["batch"] = body["target"].clone();
        told
    })
    .collect()
}

/// Killed between a batch and its record, and then begun anew or removed.
#[tokio::test]
async fn a_batch_of_which_no_record_would_tell_is_told_of() {
    for removed in [true, false] {
        let world = World::new().await;
        world.talk(1).await;
        let service = ready(&world, &world.adapter()).await;
        cut_short(&world, &service).await;
        let elsewhere = world.out().join("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        let elsewhere = Adapter {
            directory: elsewhere.display().to_string(),
            ..world.adapter()
        };
        let officer = officer();
        for what_if in [true, false] {
            assert_eq!(untold(&world).await, [serde_json::Value::Null; 0]);
            let changed = if removed {
                service.remove_adapter(&officer, "archive", what_if).await
            } else {
                service
                    .restart_adapter(&officer, "archive", &elsewhere, what_if)
                    .await
            };
            changed.unwrap();
        }
        let batch = "archive-000000000001-000000000004";
        let file = std::fs::read(world.out().join(batch).join("manifest.json")).unwrap();
        let hash = causerie_model::Hash(<sha2::Sha256 as sha2::Digest>::digest(&file).into());
        let told = untold(&world).await;
        assert_eq!(told.len(), 1);
        let expected = serde_json::json!({
            "adapter": "archive",
            "after": 0,
            "batch": batch,
            "directory": world.adapter().directory,
            "manifest": hash.to_string(),
            "seen": "it is there",
            "upTo": 4,
        });
        assert_eq!(told, [expected]);
        // Documents are as the records tell.
        service.retention_plan(&|_, _| {}).await.unwrap();
        // Once a run is finished there is nothing to tell.
        if !removed {
            run(&service).await.unwrap();
            service.remove_adapter(&officer, "archive", false).await.unwrap();
            assert_eq!(untold(&world).await.len(), 1);
        }
    }
}

/// Removed by the service that runs it, or by another one, in the middle of the batch, which is delivered all the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_that_is_removed_while_it_runs_leaves_no_batch_untold() {
    for here in [true, false] {
        let world = World::new().await;
        world.talk(1).await;
        let service = ready(&world, &world.adapter()).await;
        let other = world.open().await;
        let remover = if here { &service } else { &other };
        let removed = Mutex::new(None);
        let at_page = |_: u64, _: u64| {
            let mut removed = removed.lock().unwrap();
            if removed.is_none() {
                let officer = officer();
                let remove = remover.remove_adapter(&officer, "archive", false);
                *removed = Some(block_in_place(|| Handle::current().block_on(remove)));
            }
        };
        let ran = service.run_adapter(&officer(), "archive", &at_page).await;
        assert!(matches!(ran, Err(ComplianceError::Busy(_))), "{ran:?}");
        removed.into_inner().unwrap().unwrap().unwrap();
        let batch = "archive-000000000001-000000000004";
        let file = std::fs::read(world.out().join(batch).join("manifest.json")).unwrap();
        let hash = causerie_model::Hash(<sha2::Sha256 as sha2::Digest>::digest(&file).into());
        let told = untold(&world).await;
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(
            told[0]["seen"],
            "it isn't there yet, and may come: an adapter runs just now"
        );
        assert_eq!(told[1]["seen"], "it is there");
        assert_eq!(told[1]["manifest"], hash.to_string());
        service.retention_plan(&|_, _| {}).await.unwrap();
        // Set again, it finishes the batch, and whoever removes it then finds that nothing runs.
        service
            .set_adapter(&officer(), "archive", &world.adapter(), false)
            .await
            .unwrap();
        assert_eq!(run(&service).await.unwrap().up_to, 4);
        remover
            .remove_adapter(&officer(), "archive", false)
            .await
            .unwrap();
        assert_eq!(untold(&world).await.len(), 2);
    }
}

/// It goes on elsewhere, and what lies at the place of before can't be told, or nothing does.
#[tokio::test]
async fn a_run_that_goes_on_elsewhere_is_told_of() {
    for away in [true, false] {
        let world = World::new().await;
        world.talk(1).await;
        let service = ready(&world, &world.adapter()).await;
        cut_short(&world, &service).await;
        let (here, moved) = (
            world.out().join("archive-000000000001-000000000004"),
            world.out().with_file_name("moved"),
        );
        if away {
            std::fs::rename(world.out(), &moved).unwrap();
        } else {
            std::fs::remove_dir_all(&here).unwrap();
        }
        let elsewhere = world.out().with_file_name("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        let elsewhere = Adapter {
            directory: elsewhere.display().to_string(),
            ..world.adapter()
        };
        service
            .set_adapter(&officer(), "archive", &elsewhere, false)
            .await
            .unwrap();
        assert_eq!(run(&service).await.unwrap().up_to, 4);
        let told = untold(&world).await;
        assert_eq!(told.len(), 1);
        let seen = told[0]["seen"].as_str().unwrap();
        let expected = if away {
            "it can't be told whether it is there: exports can't go to"
        } else {
            "it isn't there"
        };
        assert!(seen.starts_with(expected), "{seen}");
        assert_eq!(told[0]["manifest"], serde_json::Value::Null);
    }
}

#[tokio::test]
async fn a_rehearsal_writes_nothing_to_the_directory() {
    let world = World::new().await;
    let service = world.open().await;
    let written = || std::fs::metadata(world.out()).unwrap().modified().unwrap();
    let before = written();
    for what_if in [true, false] {
        service
            .set_adapter(&officer(), "archive", &world.adapter(), what_if)
            .await
            .unwrap();
        assert_eq!(written() == before, what_if, "it is tried when it is set");
    }
}
