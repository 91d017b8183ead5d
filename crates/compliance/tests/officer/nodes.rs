//! What proves a selection: its records, and nodes for all the others that the checkpoints cover.

use crate::world::{DAY, World, olga, quiet};
use causerie_compliance::{ComplianceError, MatterRequest};
use causerie_proof::{
    Node, VerifiedExport,
    export::{Files, Reading},
    verify_export,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

struct Folder(PathBuf);

impl Files for Folder {
    fn names(&self) -> Result<Vec<String>, String> {
        let entries = fs::read_dir(&self.0).unwrap();
        Ok(entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect())
    }

    fn read(&self, name: &str, reading: Reading<'_>) -> Result<(), String> {
        reading(&mut &fs::read(self.0.join(name)).unwrap()[..])
    }
}

/// Exports what has this word.
async fn export(world: &World, word: &str) -> Result<PathBuf, ComplianceError> {
    let request = MatterRequest {
        name: word.to_owned(),
        words: vec![word.to_owned()],
        ..MatterRequest::default()
    };
    let opened = world.service.open_matter(&olga(), &request, false).await;
    let id = opened.unwrap().target;
    let exported = world
        .service
        .export_matter(&olga(), &id, &world.request(), false, &quiet)
        .await?;
    Ok(Path::new(&world.out("exports")).join(exported.batch.unwrap()))
}

fn nodes(folder: &Path) -> Vec<Node> {
    let text = fs::read_to_string(folder.join("nodes.ndjson")).unwrap();
    text.lines().map(|line| Node::parse(line).unwrap()).collect()
}

fn verified(world: &World, folder: &Path) -> VerifiedExport {
    verify_export(&Folder(folder.to_owned()), &world.needs.root, &mut |_, _| {}).unwrap()
}

/// More records than are read at once, in a checkpoint.
#[tokio::test]
async fn scattered_finds_are_proved_by_few_nodes() {
    const RECORDS: u64 = 2_500;
    let mut world = World::new().await;
    for first in [1, RECORDS + 1] {
        let said = (first..first + RECORDS).map(|position| {
            let mut text = format!("number {position}");
            for (every, word) in [(1_000, " seldom"), (7, " often")] {
                if position % every == 0 {
                    text += word;
                }
            }
            if position == 1 {
                text += " once";
            }
            world.chat((position % 3) as i64 + 1, 2 * DAY, "ann", &text)
        });
        let said = said.collect();
        world.store(said).await;
        world.service.checkpoint().await.unwrap();
    }
    // Of each checkpoint at most k log2(n/k) + log2(n).
    for (word, checkpoints, found, most) in
        [("once", 1, 1, 15), ("seldom", 2, 5, 72), ("often", 2, 714, 2_027)]
    {
        let folder = export(&world, word).await.unwrap();
        let verified = verified(&world, &folder);
        assert_eq!(
            (verified.checkpoints, verified.manifest.records),
            (checkpoints, found)
        );
        let nodes = nodes(&folder);
        assert!(nodes.len() <= most, "{word}: {} nodes", nodes.len());
        let hidden: u64 = nodes.iter().map(|node| node.leaves).sum();
        assert_eq!(hidden, checkpoints * RECORDS - found);
    }
    // A complete export has none of its range.
    world.add_adapter("all").await;
    world.export("all").await;
    let batches = fs::read_dir(world.out("all")).unwrap();
    let folders: Vec<PathBuf> = batches.map(|batch| batch.unwrap().path()).collect();
    assert_eq!(folders.len(), 1);
    assert!(verified(&world, &folders[0]).manifest.complete);
    assert_eq!(nodes(&folders[0]), []);
}

/// An export whose proof can't be right is none.
#[tokio::test]
async fn a_position_without_a_record_fails_the_export() {
    for (lost, said) in [
        (3, "at position 3 there is the record of position 4"),
        (6, "there is no record at position 6"),
    ] {
        let mut world = World::new().await;
        let said_there = (1..=6).map(|position| {
            let text = if position == 5 { "merger" } else { "lunch" };
            world.chat(1 + position % 2, 2 * DAY, "ann", text)
        });
        let said_there = said_there.collect();
        world.store(said_there).await;
        world.service.checkpoint().await.unwrap();
        world.records.lost.store(lost, Ordering::SeqCst);
        let error = export(&world, "merger").await.unwrap_err();
        assert!(matches!(error, ComplianceError::Damaged(_)), "{error}");
        assert!(error.to_string().contains(said), "{error}");
        assert!(world.own("EXPORTED").await.is_empty());
        world.records.lost.store(0, Ordering::SeqCst);
        let folder = export(&world, "merger").await.unwrap();
        verified(&world, &folder);
    }
}
