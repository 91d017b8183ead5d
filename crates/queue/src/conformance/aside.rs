//! Cases of what can't be stored elsewhere.

use super::{Chain, Database};

/// With nothing of it changed.
pub async fn what_is_set_aside_is_kept_with_its_reason(database: &dyn Database) {
    let open = database.open().await;
    let records = Chain::of_room(1).records(3);
    open.publish(&records).await;
    let lease = open.lease(0).await;
    let given = open.waiting(&lease, 0, 9).await;
    open.set_aside(&lease, 0, given[2].sequence, "its hash isn't \"right\" ☹")
        .await;
    open.set_aside(&lease, 1, given[0].sequence, "").await;
    let kept = [
        (records[0].clone(), String::new()),
        (records[2].clone(), "its hash isn't \"right\" ☹".to_owned()),
    ];
    assert_eq!(open.publisher.kept_aside().await, kept);
    drop(open);
    assert_eq!(database.open().await.publisher.kept_aside().await, kept);
}

/// The line closes.
pub async fn others_go_on(database: &dyn Database) {
    let open = database.open().await;
    let mut chain = Chain::of_room(1);
    open.publish(&chain.records(3)).await;
    let lease = open.lease(0).await;
    let given = open.waiting(&lease, 0, 9).await;
    open.set_aside(&lease, 0, given[0].sequence, "poison").await;
    assert_eq!(open.waiting(&lease, 0, 9).await, given[1..]);
    open.publish(&chain.records(1)).await;
    let waiting = open.waiting(&lease, 0, 9).await;
    assert_eq!(waiting[..2], given[1..]);
    assert_eq!(waiting[2].record.number, 4);
    open.acknowledge(&lease, 0, waiting[2].sequence).await;
    assert_eq!(open.waiting(&lease, 0, 9).await, []);
    assert_eq!(open.publisher.kept_aside().await.len(), 1);
}

/// The first reason stays.
pub async fn setting_aside_again_changes_nothing(database: &dyn Database) {
    let open = database.open().await;
    open.publish(&Chain::of_room(1).records(2)).await;
    let lease = open.lease(0).await;
    let first = open.waiting(&lease, 0, 1).await[0].sequence;
    for reason in ["first", "second"] {
        open.set_aside(&lease, 0, first, reason).await;
    }
    let kept = open.publisher.kept_aside().await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].1, "first");
    assert_eq!(open.backlog().await.set_aside, 1);
}

/// It was acknowledged, or never there.
pub async fn what_does_not_wait_is_not_set_aside(database: &dyn Database) {
    let open = database.open().await;
    open.publish(&Chain::of_room(1).records(2)).await;
    let lease = open.lease(0).await;
    let given = open.waiting(&lease, 0, 9).await;
    open.acknowledge(&lease, 0, given[0].sequence).await;
    for sequence in [given[0].sequence, given[1].sequence + 1, -1, i64::MAX] {
        open.set_aside(&lease, 0, sequence, "gone").await;
    }
    assert_eq!(open.publisher.kept_aside().await, []);
    assert_eq!(open.waiting(&lease, 0, 9).await, given[1..]);
    assert_eq!(open.backlog().await.set_aside, 0);
}
