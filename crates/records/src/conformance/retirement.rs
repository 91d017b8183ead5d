//! Content that goes.

use super::{
    Chain, Database,
    world::{adding, commit, conflicts, everything, posts},
};
use crate::{Addition, RETIRABLE, RecordStore, Retirement, Stored};
use causerie_model::{ChainId, RoomId, Sealed};

const ROOM: ChainId = ChainId::Room(RoomId(1));

fn retiring(records: Vec<Sealed>, numbers: &[u64]) -> Addition {
    Addition {
        retired: vec![Retirement {
            chain: ROOM,
            numbers: numbers.to_vec(),
        }],
        ..adding(records)
    }
}

/// Five messages in two rooms each, and the chain of the compliance service.
async fn start(store: &dyn RecordStore) -> Chain {
    let mut records = posts(&mut Chain::of_room(1), 5);
    records.extend(posts(&mut Chain::of_room(2), 5));
    commit(store, &adding(records)).await;
    Chain::of(ChainId::Compliance)
}

fn emptied(mut stored: Stored) -> Stored {
    stored.record.actor.clear();
    stored.record.body.clear();
    stored.retired = true;
    stored
}

/// Actor and body alone are empty, of those that were named alone.
pub async fn content_goes_and_the_place_stays(database: &dyn Database) {
    let store = database.open().await;
    let mut chain = start(&*store).await;
    let mut expected = everything(&*store).await;
    let retired = chain.retire(ROOM, 2, 4);
    commit(&*store, &retiring(vec![retired.clone()], &[4, 2])).await;
    for index in [1, 3] {
        expected[index] = emptied(expected[index].clone());
    }
    expected.push(Stored {
        position: 11,
        record: retired,
        retired: false,
    });
    assert_eq!(everything(&*store).await, expected);
    let store = database.open().await;
    assert_eq!(everything(&*store).await, expected);
    assert_eq!(
        store.of_chain(ROOM, 0, 9, 9).await.expect("records"),
        expected[..5]
    );
}

/// One that is retired already is passed over.
pub async fn what_is_gone_may_go_again(database: &dyn Database) {
    let store = database.open().await;
    let mut chain = start(&*store).await;
    let first = retiring(vec![chain.retire(ROOM, 1, 2)], &[1, 2]);
    commit(&*store, &first).await;
    let before = everything(&*store).await;
    assert_eq!(commit(&*store, &first).await, 11);
    assert_eq!(everything(&*store).await, before);
    // By another RETIRED record, with one that isn't gone.
    commit(&*store, &retiring(vec![chain.retire(ROOM, 2, 3)], &[2, 3])).await;
    let retired: Vec<u64> = everything(&*store)
        .await
        .iter()
        .filter(|it| it.retired)
        .map(|it| it.position)
        .collect();
    assert_eq!(retired, [1, 2, 3]);
}

/// And the record that says so stays out too.
pub async fn what_is_not_there_can_not_be_retired(database: &dyn Database) {
    let store = database.open().await;
    let chain = start(&*store).await;
    for numbers in [&[6][..], &[4, 5, 6], &[0]] {
        let record = chain.clone().retire(ROOM, 0, 9);
        conflicts(&*store, &retiring(vec![record], numbers)).await;
    }
}

/// A range that doesn't reach, another chain, no record at all, another kind of record, one of another chain.
pub async fn nothing_goes_without_a_record_that_says_so(database: &dyn Database) {
    let store = database.open().await;
    let chain = start(&*store).await;
    let other = ChainId::Room(RoomId(2));
    for records in [
        vec![chain.clone().retire(ROOM, 2, 3)],
        vec![chain.clone().retire(ROOM, 1, 2)],
        vec![chain.clone().retire(other, 1, 3)],
        vec![],
        vec![chain.clone().sign_in("eve")],
        vec![Chain::of(ChainId::System).retire(ROOM, 1, 3)],
    ] {
        conflicts(&*store, &retiring(records, &[1, 2, 3])).await;
    }
    commit(
        &*store,
        &retiring(vec![chain.clone().retire(ROOM, 1, 3)], &[1, 2, 3]),
    )
    .await;
}

/// The hash is enough to know it again.
pub async fn a_retired_record_still_comes_twice(database: &dyn Database) {
    let store = database.open().await;
    let mut chain = start(&*store).await;
    commit(
        &*store,
        &retiring(vec![chain.retire(ROOM, 1, 5)], &[1, 2, 3, 4, 5]),
    )
    .await;
    let before = everything(&*store).await;
    assert_eq!(
        commit(&*store, &adding(posts(&mut Chain::of_room(1), 5))).await,
        11
    );
    assert_eq!(everything(&*store).await, before);
}

/// Each kind that may go goes, and no other.
pub async fn what_was_changed_in_a_room_stays(database: &dyn Database) {
    let store = database.open().await;
    let (mut room, mut chain) = (Chain::of_room(1), Chain::of(ChainId::Compliance));
    let others = ["CHANGED", "RETIRED", "EXPORTED", ""];
    for kind in RETIRABLE.into_iter().chain(others) {
        let mut record = room.post("ann@x.test", "text");
        kind.clone_into(&mut record.kind);
        let number = record.number;
        commit(&*store, &adding(vec![record])).await;
        if RETIRABLE.contains(&kind) {
            commit(
                &*store,
                &retiring(vec![chain.retire(ROOM, number, number)], &[number]),
            )
            .await;
        } else {
            let record = chain.clone().retire(ROOM, 1, number);
            conflicts(&*store, &retiring(vec![record], &[number])).await;
        }
    }
    let retired = everything(&*store).await.iter().filter(|it| it.retired).count();
    assert_eq!(retired, RETIRABLE.len());
}

/// Of the system's chain and of that of the compliance service nothing goes, whatever its kind is.
pub async fn nothing_but_records_of_rooms_goes(database: &dyn Database) {
    let store = database.open().await;
    let (mut system, mut chain) = (Chain::of(ChainId::System), Chain::of(ChainId::Compliance));
    let records = vec![system.join("ann@x.test"), chain.join("ann@x.test")];
    commit(&*store, &adding(records)).await;
    for whose in [ChainId::System, ChainId::Compliance] {
        let addition = Addition {
            retired: vec![Retirement {
                chain: whose,
                numbers: vec![1],
            }],
            ..adding(vec![chain.clone().retire(whose, 1, 1)])
        };
        conflicts(&*store, &addition).await;
    }
}
