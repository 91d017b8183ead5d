//! Checkpoints, numbered from 1.

use super::{
    Chain, Database,
    world::{adding, commit, conflicts, key, posts},
};
use crate::{Addition, CheckpointLine};

fn checkpoint(number: u64) -> CheckpointLine {
    CheckpointLine {
        number,
        up_to: number * 10,
        line: format!("checkpoint {number} ü"),
    }
}

fn with(number: u64) -> Addition {
    Addition {
        checkpoint: Some(checkpoint(number)),
        ..Addition::default()
    }
}

/// As it says, with records or without.
pub async fn checkpoints_are_numbered_from_one(database: &dyn Database) {
    let store = database.open().await;
    commit(&*store, &with(1)).await;
    let records = Addition {
        checkpoint: Some(checkpoint(2)),
        ..adding(posts(&mut Chain::of_room(1), 1))
    };
    assert_eq!(commit(&*store, &records).await, 1);
    let store = database.open().await;
    assert_eq!(
        store.last_checkpoint().await.expect("an answer"),
        Some(checkpoint(2))
    );
}

/// Who got no answer sends it again.
pub async fn the_last_checkpoint_may_come_again(database: &dyn Database) {
    let store = database.open().await;
    commit(&*store, &with(1)).await;
    commit(&*store, &with(1)).await;
    assert_eq!(
        store.checkpoints(0, 9).await.expect("checkpoints"),
        [checkpoint(1)]
    );
}

/// Another of the same number, one before, one too far; and the rest of the addition stays out.
pub async fn a_checkpoint_out_of_order_is_a_conflict(database: &dyn Database) {
    let store = database.open().await;
    conflicts(&*store, &with(0)).await;
    conflicts(&*store, &with(2)).await;
    for number in 1..=3 {
        commit(&*store, &with(number)).await;
    }
    let mut forged = with(3);
    forged.checkpoint.as_mut().expect("one").line.push('!');
    for wrong in [forged, with(2), with(5)] {
        let addition = Addition {
            records: posts(&mut Chain::of_room(1), 1),
            documents: vec![(key("hold", "1"), Some("one".to_owned()))],
            ..wrong
        };
        conflicts(&*store, &addition).await;
    }
    assert_eq!(store.documents("hold").await.expect("documents"), []);
    assert_eq!(
        store.last_checkpoint().await.expect("an answer"),
        Some(checkpoint(3))
    );
}

/// As it says.
pub async fn checkpoints_are_read_page_by_page(database: &dyn Database) {
    let store = database.open().await;
    for number in 1..=5 {
        commit(&*store, &with(number)).await;
    }
    for (after, count, first, last) in [
        (0, 2, 1, 2),
        (2, 2, 3, 4),
        (4, 2, 5, 5),
        (5, 2, 1, 0),
        (0, 0, 1, 0),
    ] {
        let page = store.checkpoints(after, count).await.expect("checkpoints");
        assert_eq!(page, (first..=last).map(checkpoint).collect::<Vec<_>>());
    }
}
