//! Cases of what is told of what waits.

use super::{
    Chain, Database,
    world::{LEASE, conflict, second},
};
use crate::Backlog;
use causerie_model::{ChainId, RoomId};

fn of(depth: u64, oldest: Option<i64>, set_aside: u64) -> Backlog {
    Backlog {
        depth,
        oldest: oldest.map(second),
        set_aside,
    }
}

/// Nothing waits.
pub async fn an_empty_queue_has_none(database: &dyn Database) {
    assert_eq!(database.open().await.backlog().await, of(0, None, 0));
}

/// At once, since others decide by it.
pub async fn it_is_right_after_each_step(database: &dyn Database) {
    let open = database.open().await;
    let mut chain = Chain::of_room(1);
    // Each happens at the second of its number.
    open.publish(&chain.records(3)).await;
    assert_eq!(open.backlog().await, of(3, Some(1), 0));
    open.publish(&chain.records(2)).await;
    assert_eq!(open.backlog().await, of(5, Some(1), 0));
    let lease = open.lease(0).await;
    let given = open.waiting(&lease, 0, 9).await;
    assert_eq!(open.backlog().await, of(5, Some(1), 0));
    open.acknowledge(&lease, 0, given[1].sequence).await;
    assert_eq!(open.backlog().await, of(3, Some(3), 0));
    open.acknowledge(&lease, 0, given[1].sequence).await;
    assert_eq!(open.backlog().await, of(3, Some(3), 0));
    open.set_aside(&lease, 0, given[2].sequence, "poison").await;
    assert_eq!(open.backlog().await, of(2, Some(4), 1));
    open.acknowledge(&lease, 0, i64::MAX).await;
    assert_eq!(open.backlog().await, of(0, None, 1));
    open.publish(&chain.records(1)).await;
    assert_eq!(open.backlog().await, of(1, Some(6), 1));
}

/// It is counted and not remembered.
pub async fn it_is_right_after_opening_anew(database: &dyn Database) {
    let open = database.open().await;
    let mut chain = Chain::of_room(1);
    open.publish(&chain.records(5)).await;
    let lease = open.lease(0).await;
    let given = open.waiting(&lease, 0, 9).await;
    open.acknowledge(&lease, 0, given[0].sequence).await;
    open.set_aside(&lease, 0, given[3].sequence, "poison").await;
    drop(open);

    let open = database.open().await;
    assert_eq!(open.backlog().await, of(3, Some(2), 1));
    open.publish(&chain.records(1)).await;
    assert_eq!(open.backlog().await, of(4, Some(2), 1));
    open.acknowledge(&lease, 0, given[1].sequence).await;
    assert_eq!(open.backlog().await, of(3, Some(3), 1));
}

/// Whoever watches isn't the consumer.
pub async fn it_needs_no_lease(database: &dyn Database) {
    let open = database.open().await;
    open.publish(&Chain::of_room(1).records(2)).await;
    let lease = open.lease(0).await;
    assert_eq!(open.backlog().await, of(2, Some(1), 0));
    open.queue.release(&lease).await.expect("it is given back");
    assert_eq!(open.backlog().await, of(2, Some(1), 0));
}

/// Nothing was done.
pub async fn a_refused_step_does_not_change_it(database: &dyn Database) {
    let open = database.open().await;
    let mut chain = Chain::of_room(1);
    let records = chain.records(2);
    open.publish(&records).await;
    conflict(&open.publisher.publish(records).await);
    assert_eq!(open.backlog().await, of(2, Some(1), 0));
    let lease = open.lease(0).await;
    let first = open.waiting(&lease, 0, 1).await[0].sequence;
    open.is_lost(&lease, LEASE, first).await;
    assert_eq!(open.backlog().await, of(2, Some(1), 0));
}

/// Of others it says nothing, nor of what was set aside.
pub async fn a_chain_waits_from_its_first_record_on(database: &dyn Database) {
    let open = database.open().await;
    let (mut one, mut two) = (Chain::of_room(1), Chain::of_room(2));
    let (first, second) = (ChainId::Room(RoomId(1)), ChainId::Room(RoomId(2)));
    let since = async |chain| open.queue.waits_since(chain).await.expect("it is known");
    assert_eq!(since(first).await, None);
    let records = [
        one.record(5, "a"),
        two.record(6, "b"),
        one.record(7, "c"),
        one.record(8, "d"),
    ];
    let times = records.clone().map(|record| record.at);
    open.publish(&records).await;
    assert_eq!(
        (since(first).await, since(second).await),
        (Some(times[0]), Some(times[1]))
    );
    assert_eq!(since(ChainId::System).await, None);
    let lease = open.lease(0).await;
    let given = open.waiting(&lease, 0, 9).await;
    open.acknowledge(&lease, 0, given[0].sequence).await;
    assert_eq!(
        (since(first).await, since(second).await),
        (Some(times[2]), Some(times[1]))
    );
    open.set_aside(&lease, 0, given[2].sequence, "why not").await;
    assert_eq!(since(first).await, Some(times[3]));
    open.acknowledge(&lease, 0, given[3].sequence).await;
    assert_eq!((since(first).await, since(second).await), (None, None));
}
