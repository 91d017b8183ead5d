//! Which records follow, which come again, and which don't fit.

use super::{
    Chain, Database,
    world::{adding, commit, conflicts, everything, head, key, posts},
};
use crate::{Addition, RecordStore};
use causerie_model::{ChainId, Hash, RoomId, StoreFault};

const ROOM: ChainId = ChainId::Room(RoomId(1));

/// The whole batch, a part of it, and a part of it with more.
pub async fn the_same_records_are_passed_over(database: &dyn Database) {
    let store = database.open().await;
    let mut chain = Chain::of_room(1);
    let mut records = posts(&mut chain, 4);
    records.push(Chain::of(ChainId::Compliance).sign_in("eve"));
    assert_eq!(commit(&*store, &adding(records.clone())).await, 5);
    let before = everything(&*store).await;
    for part in [0..5, 0..1, 1..3, 4..5] {
        assert_eq!(commit(&*store, &adding(records[part].to_vec())).await, 5);
        assert_eq!(everything(&*store).await, before);
    }
    let mut more = records[1..4].to_vec();
    more.extend(posts(&mut chain, 2));
    assert_eq!(commit(&*store, &adding(more)).await, 7);
    assert_eq!(head(&*store, ROOM).await, chain.end());
}

/// The database knows them, not the handle.
pub async fn the_same_records_are_passed_over_after_opening_anew(database: &dyn Database) {
    let records = adding(posts(&mut Chain::of_room(1), 4));
    commit(&*database.open().await, &records).await;
    let store = database.open().await;
    assert_eq!(commit(&*store, &records).await, 4);
    assert_eq!(everything(&*store).await.len(), 4);
}

/// A queue may give one twice.
pub async fn a_record_twice_in_an_addition_is_one(database: &dyn Database) {
    let store = database.open().await;
    let records = posts(&mut Chain::of_room(1), 2);
    let twice = [records.clone(), records].concat();
    assert_eq!(commit(&*store, &adding(twice)).await, 2);
}

/// Whoever sends an addition again because he got no answer must not undo what was done since.
pub async fn what_was_committed_is_not_done_again(database: &dyn Database) {
    let store = database.open().await;
    let mut chain = Chain::of(ChainId::Compliance);
    let mut put = |text: Option<&str>| Addition {
        records: vec![chain.sign_in("eve")],
        documents: vec![(key("hold", "1"), text.map(str::to_owned))],
        ..Addition::default()
    };
    let (first, second) = (put(Some("first")), put(Some("second")));
    commit(&*store, &first).await;
    commit(&*store, &second).await;
    assert_eq!(commit(&*store, &first).await, 2);
    let text = store.document(&key("hold", "1")).await.expect("an answer");
    assert_eq!(text.as_deref(), Some("second"));
}

/// The other record may be any of the chain, and the rest of the addition stays out too.
pub async fn another_record_of_the_same_number_is_a_conflict(database: &dyn Database) {
    let store = database.open().await;
    let mut chain = Chain::of_room(1);
    commit(&*store, &adding(posts(&mut chain, 3))).await;
    let mut other = Chain::of_room(1);
    for _ in 0..3 {
        let mut records = posts(&mut Chain::of_room(2), 2);
        records.push(other.post("eve@x.test", "forged"));
        conflicts(&*store, &adding(records)).await;
    }
    // Within an addition.
    let mut forked = chain.clone();
    let records = vec![
        chain.post("ann@x.test", "one"),
        forked.post("ann@x.test", "other"),
    ];
    conflicts(&*store, &adding(records)).await;
}

/// It was set aside, and that stands in the records.
pub async fn a_number_that_was_left_out_can_not_come_later(database: &dyn Database) {
    let store = database.open().await;
    let mut records = posts(&mut Chain::of_room(1), 3);
    let left_out = records.remove(1);
    commit(&*store, &adding(records)).await;
    conflicts(&*store, &adding(vec![left_out])).await;
}

/// What was set aside is missing.
pub async fn a_room_and_the_system_may_have_gaps(database: &dyn Database) {
    let store = database.open().await;
    let (mut room, mut system) = (Chain::of_room(1), Chain::of(ChainId::System));
    posts(&mut room, 5);
    system.sign_in("eve");
    commit(
        &*store,
        &adding(vec![room.post("ann@x.test", "six"), system.sign_in("eve")]),
    )
    .await;
    posts(&mut room, 1);
    commit(&*store, &adding(vec![room.post("ann@x.test", "eight")])).await;
    assert_eq!(head(&*store, ROOM).await, room.end());
    assert_eq!(head(&*store, ChainId::System).await, system.end());
}

/// What doesn't follow would break the chain for whoever reads it; left out it is a gap, which can be told of.
pub async fn without_a_gap_every_record_follows_by_hash(database: &dyn Database) {
    let store = database.open().await;
    for id in [ROOM, ChainId::System] {
        let mut chain = Chain::of(id);
        let mut first = chain.clone();
        first.head.hash = Hash([1; 32]);
        conflicts(&*store, &adding(vec![first.sign_in("mallory")])).await;
        commit(&*store, &adding(vec![chain.sign_in("a")])).await;
        let mut other = chain.clone();
        other.head.hash = Hash([1; 32]);
        let stray = other.sign_in("mallory");
        conflicts(&*store, &adding(vec![stray.clone()])).await;
        // Within an addition.
        let mut twice = chain.clone();
        let second = twice.sign_in("b");
        twice.head.hash = Hash([1; 32]);
        conflicts(&*store, &adding(vec![second, twice.sign_in("c")])).await;
        // What comes after the stray one comes after a gap.
        commit(&*store, &adding(vec![other.sign_in("b"), other.sign_in("c")])).await;
        conflicts(&*store, &adding(vec![stray])).await;
        assert_eq!(head(&*store, id).await, other.end());
    }
}

/// As it says.
pub async fn the_compliance_service_has_no_gap(database: &dyn Database) {
    let store = database.open().await;
    let mut chain = Chain::of(ChainId::Compliance);
    let records = [
        chain.sign_in("a"),
        chain.sign_in("b"),
        chain.sign_in("c"),
        chain.sign_in("d"),
    ];
    conflicts(&*store, &adding(records[1..].to_vec())).await;
    commit(&*store, &adding(records[..1].to_vec())).await;
    conflicts(&*store, &adding(records[2..].to_vec())).await;
    conflicts(&*store, &adding(vec![records[1].clone(), records[3].clone()])).await;
    commit(&*store, &adding(records[1..].to_vec())).await;
    assert_eq!(head(&*store, ChainId::Compliance).await, chain.end());
}

/// The right number isn't enough.
pub async fn the_compliance_service_follows_by_hash(database: &dyn Database) {
    let store = database.open().await;
    let mut chain = Chain::of(ChainId::Compliance);
    let mut other = chain.clone();
    other.sign_in("mallory");
    commit(&*store, &adding(vec![chain.sign_in("eve")])).await;
    conflicts(&*store, &adding(vec![other.sign_in("mallory")])).await;
    let mut first = Chain::of(ChainId::Compliance);
    first.head.hash = Hash([1; 32]);
    first.head.record = 1;
    conflicts(&*store, &adding(vec![first.sign_in("mallory")])).await;
    commit(&*store, &adding(vec![chain.sign_in("eve")])).await;
}

/// The loser reads again and decides again.
pub async fn of_two_who_decide_by_the_same_state_one_wins(database: &dyn Database) {
    let (one, other) = (database.open().await, database.open().await);
    let mut chain = Chain::of(ChainId::Compliance);
    for round in 0..10_u64 {
        let put = |chain: &mut Chain, who: &str| Addition {
            records: vec![chain.sign_in(who)],
            documents: vec![(key("hold", &round.to_string()), Some(who.to_owned()))],
            ..Addition::default()
        };
        let (mut mine, mut his) = (chain.clone(), chain.clone());
        let (me, him) = (put(&mut mine, "me"), put(&mut his, "him"));
        let (a, b) = tokio::join!(one.append(&me), other.append(&him));
        let (winner, who, lost) = match (a, b) {
            (Ok(_), Err(error)) => (mine, "me", error),
            (Err(error), Ok(_)) => (his, "him", error),
            both => panic!("{both:?}"),
        };
        assert_eq!(lost.fault, StoreFault::Conflict, "{lost}");
        chain = winner;
        assert_eq!(head(&*one, ChainId::Compliance).await, chain.end());
        let text = other
            .document(&key("hold", &round.to_string()))
            .await
            .expect("an answer");
        assert_eq!(text.as_deref(), Some(who));
    }
    assert_eq!(one.end().await.expect("an end"), 10);
}

async fn numbered(store: &dyn RecordStore, number: u64, fits: bool) {
    let mut record = Chain::of_room(7).join("ann@x.test");
    record.number = number;
    if fits {
        commit(store, &adding(vec![record])).await;
    } else {
        conflicts(store, &adding(vec![record])).await;
    }
}

/// Databases count to 2^63 - 1, and rooms are numbered from 1.
pub async fn impossible_numbers_are_a_conflict(database: &dyn Database) {
    let store = database.open().await;
    for room in [0, -1, -2, i64::MIN] {
        conflicts(&*store, &adding(vec![Chain::of_room(room).join("ann@x.test")])).await;
    }
    numbered(&*store, 0, false).await;
    numbered(&*store, 1, true).await;
    numbered(&*store, i64::MAX.cast_unsigned() + 1, false).await;
    numbered(&*store, i64::MAX.cast_unsigned(), true).await;
}

/// Not every database can keep it.
pub async fn an_impossible_character_is_a_conflict(database: &dyn Database) {
    let store = database.open().await;
    let mut record = Chain::of_room(1).join("ann@x.test");
    record.body = "{\"name\":\"\0\"}".to_owned();
    conflicts(&*store, &adding(vec![record])).await;
    let document = Addition {
        documents: vec![(key("hold", "1"), Some("\0".to_owned()))],
        ..Addition::default()
    };
    conflicts(&*store, &document).await;
}
