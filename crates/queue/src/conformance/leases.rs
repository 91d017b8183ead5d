//! Cases of the lease: one consumer at a time.

use super::{
    Chain, Database,
    world::{LEASE, conflict, second},
};

/// Its last moment is the one before its end.
pub async fn a_lease_is_refused_to_others_until_it_ends(database: &dyn Database) {
    let open = database.open().await;
    let lease = open.lease(0).await;
    assert_eq!(lease.until, second(LEASE));
    let mut just_before = lease.until;
    just_before.0 -= 1;
    let later = second(2 * LEASE);
    for now in [second(0), just_before] {
        conflict(&open.queue.lease(None, now, later).await);
        assert_eq!(open.queue.waiting(&lease, now, 9).await.expect("it is held"), []);
    }
    let next = open
        .queue
        .lease(None, lease.until, later)
        .await
        .expect("it is free");
    assert_eq!(next.until, later);
}

/// One tells itself from any other.
pub async fn each_lease_has_a_token_of_its_own(database: &dyn Database) {
    let open = database.open().await;
    let first = open.lease(0).await;
    let second = open.lease(LEASE).await;
    assert_ne!(first.token, second.token);
    open.queue.release(&second).await.expect("it is given back");
    let third = open.lease(LEASE).await;
    assert_ne!(second.token, third.token);
}

/// Who has it keeps it, under the same token.
pub async fn a_lease_is_prolonged(database: &dyn Database) {
    let open = database.open().await;
    let lease = open.lease(0).await;
    let longer = open
        .queue
        .lease(Some(&lease), second(1), second(2 * LEASE))
        .await
        .expect("it is his own");
    assert_eq!((longer.token, longer.until), (lease.token, second(2 * LEASE)));
    conflict(&open.queue.lease(None, second(LEASE), second(3 * LEASE)).await);
    open.waiting(&longer, 2 * LEASE - 1, 9).await;
    open.lease(2 * LEASE).await;
}

/// Nobody can have done anything in between.
pub async fn a_lease_that_ended_is_prolonged_if_nobody_had_it_since(database: &dyn Database) {
    let open = database.open().await;
    let lease = open.lease(0).await;
    let again = open
        .queue
        .lease(Some(&lease), second(5 * LEASE), second(6 * LEASE))
        .await
        .expect("nobody had it");
    assert_eq!(again.token, lease.token);
    open.waiting(&again, 5 * LEASE, 9).await;
}

/// Whether he has it still or not.
pub async fn a_lease_that_somebody_had_since_is_not_prolonged(database: &dyn Database) {
    let open = database.open().await;
    let lost = open.lease(0).await;
    let other = open.lease(LEASE).await;
    let try_again = async |at| open.queue.lease(Some(&lost), second(at), second(9 * LEASE)).await;
    conflict(&try_again(LEASE + 1).await);
    conflict(&try_again(2 * LEASE).await);
    open.queue.release(&other).await.expect("it is given back");
    conflict(&try_again(2 * LEASE).await);
    // Without it he is one like any other.
    open.lease(2 * LEASE).await;
}

/// The next needn't wait for its end.
pub async fn a_lease_that_is_given_back_is_free_at_once(database: &dyn Database) {
    let open = database.open().await;
    let lease = open.lease(0).await;
    open.queue.release(&lease).await.expect("it is given back");
    open.lease(1).await;
}

/// That of the one who has it stays.
pub async fn a_lease_that_is_not_held_is_given_back_without_harm(database: &dyn Database) {
    let open = database.open().await;
    let lost = open.lease(0).await;
    let held = open.lease(LEASE).await;
    for _ in 0..2 {
        open.queue.release(&lost).await.expect("that is no error");
    }
    open.waiting(&held, LEASE, 9).await;
    conflict(&open.queue.lease(None, second(LEASE), second(2 * LEASE)).await);
    for _ in 0..2 {
        open.queue.release(&held).await.expect("that is no error");
    }
}

/// Somebody else has it.
pub async fn a_lost_lease_can_do_nothing(database: &dyn Database) {
    let open = database.open().await;
    open.publish(&Chain::of_room(1).records(3)).await;
    let lost = open.lease(0).await;
    let given = open.waiting(&lost, 0, 9).await;
    let held = open.lease(LEASE).await;
    // Even at a time at which it still was his: clocks differ.
    for at in [0, LEASE, LEASE + 1] {
        open.is_lost(&lost, at, given[1].sequence).await;
    }
    assert_eq!(open.waiting(&held, LEASE, 9).await, given);
    assert_eq!(open.publisher.kept_aside().await, []);
}

/// Somebody else may have it any moment.
pub async fn a_lease_that_ended_can_do_nothing(database: &dyn Database) {
    let open = database.open().await;
    open.publish(&Chain::of_room(1).records(2)).await;
    let lease = open.lease(0).await;
    let given = open.waiting(&lease, LEASE - 1, 9).await;
    open.is_lost(&lease, LEASE, given[0].sequence).await;
    let next = open.lease(LEASE).await;
    assert_eq!(open.waiting(&next, LEASE, 9).await, given);
}

/// Nobody has it.
pub async fn a_lease_given_back_can_do_nothing(database: &dyn Database) {
    let open = database.open().await;
    open.publish(&Chain::of_room(1).records(2)).await;
    let lease = open.lease(0).await;
    let given = open.waiting(&lease, 0, 9).await;
    open.queue.release(&lease).await.expect("it is given back");
    open.is_lost(&lease, 1, given[0].sequence).await;
    assert_eq!(open.backlog().await.depth, 2);
}

/// A consumer may outlive the queue's server, and another must not come between.
pub async fn a_lease_is_held_after_opening_anew(database: &dyn Database) {
    let open = database.open().await;
    open.publish(&Chain::of_room(1).records(1)).await;
    let lease = open.lease(0).await;
    drop(open);

    let open = database.open().await;
    conflict(&open.queue.lease(None, second(1), second(LEASE)).await);
    assert_eq!(open.records(&lease, 1).await.len(), 1);
}
