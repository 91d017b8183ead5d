//! Cases of the lease: one consumer at a time.

use super::{
    Chain, Database,
    world::{LEASE, OTHER, conflict, holder, second},
};
use crate::MAX_LEASE_SECONDS;
use causerie_model::StoreFault;

/// Its last moment is the one before its end.
pub async fn a_lease_is_refused_to_others_until_it_ends(database: &dyn Database) {
    let open = database.open().await;
    let lease = open.lease(0).await;
    assert_eq!(lease.until, second(LEASE));
    let mut just_before = lease.until;
    just_before.0 -= 1;
    let later = second(2 * LEASE);
    for now in [second(0), just_before] {
        conflict(&open.queue.lease(OTHER, None, now, later).await);
        assert_eq!(open.queue.waiting(&lease, now, 9).await.expect("it is held"), []);
    }
    let next = open
        .queue
        .lease(OTHER, None, lease.until, later)
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
        .lease(holder(0), Some(&lease), second(1), second(2 * LEASE))
        .await
        .expect("it is his own");
    assert_eq!((longer.token, longer.until), (lease.token, second(2 * LEASE)));
    conflict(
        &open
            .queue
            .lease(OTHER, None, second(LEASE), second(3 * LEASE))
            .await,
    );
    open.waiting(&longer, 2 * LEASE - 1, 9).await;
    open.lease(2 * LEASE).await;
}

/// Nobody can have done anything in between.
pub async fn a_lease_that_ended_is_prolonged_if_nobody_had_it_since(database: &dyn Database) {
    let open = database.open().await;
    let lease = open.lease(0).await;
    let again = open
        .queue
        .lease(holder(0), Some(&lease), second(5 * LEASE), second(6 * LEASE))
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
    let try_again = async |at| {
        let (now, until) = (second(at), second(at + LEASE));
        open.queue.lease(holder(0), Some(&lost), now, until).await
    };
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
    conflict(
        &open
            .queue
            .lease(OTHER, None, second(LEASE), second(2 * LEASE))
            .await,
    );
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
    conflict(&open.queue.lease(OTHER, None, second(1), second(LEASE)).await);
    assert_eq!(open.records(&lease, 1).await.len(), 1);
}

/// One that was killed doesn't wait for itself. What it asked for before it died comes too late.
pub async fn a_holder_takes_its_own_lease_over_at_once(database: &dyn Database) {
    let open = database.open().await;
    open.publish(&Chain::of_room(1).records(2)).await;
    let dead = open.lease(0).await;
    let given = open.waiting(&dead, 0, 9).await;
    let (now, until) = (second(1), second(LEASE + 1));
    let lease = open.queue.lease(holder(0), None, now, until).await;
    let lease = lease.expect("it is his own");
    assert_ne!(lease.token, dead.token);
    assert_eq!(lease.until, until);
    assert_eq!(open.waiting(&lease, 1, 9).await, given);
    open.is_lost(&dead, 1, given[1].sequence).await;
    conflict(&open.queue.lease(holder(0), Some(&dead), now, until).await);
    open.queue.release(&dead).await.expect("that is no error");
    assert_eq!(open.waiting(&lease, 1, 9).await, given);
}

/// Whichever of the two was killed.
pub async fn a_holder_takes_its_own_lease_over_after_opening_anew(database: &dyn Database) {
    let open = database.open().await;
    let dead = open.lease(0).await;
    drop(open);

    let open = database.open().await;
    conflict(&open.queue.lease(OTHER, None, second(1), second(LEASE)).await);
    let lease = open.queue.lease(holder(0), None, second(1), second(LEASE)).await;
    let lease = lease.expect("it is his own");
    open.waiting(&lease, 1, 9).await;
    open.is_lost(&dead, 1, 0).await;
}

/// For as long as it was taken over; and who has it then is the one whose own it is.
pub async fn a_lease_that_was_taken_over_is_nobody_elses(database: &dyn Database) {
    let open = database.open().await;
    open.lease(0).await;
    let until = second(2 * LEASE);
    let lease = open.queue.lease(holder(0), None, second(1), until).await;
    lease.expect("it is his own");
    let mut just_before = until;
    just_before.0 -= 1;
    conflict(
        &open
            .queue
            .lease(OTHER, None, just_before, second(3 * LEASE))
            .await,
    );
    let next = open.queue.lease(OTHER, None, until, second(3 * LEASE)).await;
    next.expect("it is free");
    conflict(&open.queue.lease(holder(0), None, until, second(3 * LEASE)).await);
}

/// Whoever asks, and whatever he has.
pub async fn a_lease_lasts_no_longer_than_it_may(database: &dyn Database) {
    let open = database.open().await;
    let longest = second(MAX_LEASE_SECONDS);
    let mut longer = longest;
    longer.0 += 1;
    let refused = open.queue.lease(holder(0), None, second(0), longer).await;
    assert_eq!(refused.expect_err("it is too long").fault, StoreFault::Other);
    let lease = open.queue.lease(holder(0), None, second(0), longest).await;
    let lease = lease.expect("it is as long as it may be");
    assert_eq!(lease.until, longest);
    let refused = open.queue.lease(holder(0), Some(&lease), second(0), longer).await;
    assert_eq!(refused.expect_err("it is too long").fault, StoreFault::Other);
    let just_before = MAX_LEASE_SECONDS - 1;
    conflict(
        &open
            .queue
            .lease(OTHER, None, second(just_before), second(just_before + LEASE))
            .await,
    );
    open.lease(MAX_LEASE_SECONDS).await;
}

/// The clock went back: nobody would have it for as long as that is.
pub async fn a_lease_that_ends_later_than_it_may_is_free(database: &dyn Database) {
    let open = database.open().await;
    let then = 9 * MAX_LEASE_SECONDS;
    let lost = open.lease(then).await;
    let now = then + LEASE - MAX_LEASE_SECONDS;
    conflict(
        &open
            .queue
            .lease(OTHER, None, second(now), second(now + LEASE))
            .await,
    );
    let lease = open
        .queue
        .lease(OTHER, None, second(now - 1), second(now + LEASE))
        .await
        .expect("it is free");
    open.is_lost(&lost, now, 1).await;
    open.waiting(&lease, now, 1).await;
}
