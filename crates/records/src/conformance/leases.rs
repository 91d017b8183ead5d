//! One of several has a lease.

use super::Database;
use crate::RecordStore;
use causerie_model::Timestamp;

async fn lease(store: &dyn RecordStore, holder: &str, now: i64, until: i64) -> bool {
    store
        .lease("runs", holder, Timestamp(now), Timestamp(until))
        .await
        .expect("an answer")
}

/// A microsecond before it is held, at it it is free; other names don't matter.
pub async fn a_lease_ends_at_its_moment(database: &dyn Database) {
    let (one, other) = (database.open().await, database.open().await);
    assert!(lease(&*one, "one", 0, 1_000).await);
    assert!(!lease(&*other, "other", 500, 2_000).await);
    assert!(!lease(&*other, "other", 999, 2_000).await);
    let another = other
        .lease("intake", "other", Timestamp(999), Timestamp(2_000))
        .await;
    assert!(another.expect("an answer"));
    assert!(lease(&*other, "other", 1_000, 2_000).await);
    assert!(!lease(&*one, "one", 1_001, 3_000).await);
}

/// Whoever has it may have it longer, or end it.
pub async fn a_holder_prolongs_and_gives_back(database: &dyn Database) {
    let store = database.open().await;
    assert!(lease(&*store, "one", 0, 1_000).await);
    assert!(lease(&*store, "one", 900, 2_000).await);
    assert!(!lease(&*store, "other", 1_999, 3_000).await);
    assert!(lease(&*store, "one", 1_500, 1_500).await);
    assert!(lease(&*store, "other", 1_500, 3_000).await);
}

/// As it says.
pub async fn of_two_who_take_a_lease_one_has_it(database: &dyn Database) {
    let (one, other) = (database.open().await, database.open().await);
    for now in 0..10 {
        let (a, b) = tokio::join!(
            lease(&*one, "one", now, now + 1),
            lease(&*other, "other", now, now + 1)
        );
        assert!(a != b, "{a} {b}");
    }
}
