//! Positions, pages, spans.

use super::{
    Chain, Database,
    world::{START, STEP, adding, commit, everything, head, posts},
};
use crate::{Addition, ChainHead, ChainSpan, Stored};
use causerie_model::{ChainId, RoomId, Timestamp};

const ROOM: ChainId = ChainId::Room(RoomId(1));

/// As it says.
pub async fn an_empty_database_has_nothing(database: &dyn Database) {
    let store = database.open().await;
    assert_eq!(store.end().await.expect("an end"), 0);
    for chain in [ChainId::System, ChainId::Compliance, ROOM] {
        assert_eq!(head(&*store, chain).await, ChainHead::START);
    }
    assert_eq!(everything(&*store).await, []);
    assert_eq!(store.spans(0, u64::MAX).await.expect("spans"), []);
    assert_eq!(store.last_checkpoint().await.expect("an answer"), None);
    assert_eq!(store.documents("hold").await.expect("documents"), []);
}

/// Every field of every record, whatever its chain.
pub async fn records_are_read_back_as_they_were_written(database: &dyn Database) {
    let store = database.open().await;
    let (mut room, mut system) = (Chain::of_room(1), Chain::of(ChainId::System));
    let mut compliance = Chain::of(ChainId::Compliance);
    let records = vec![
        room.join("ann@x.test"),
        system.sign_in("eve"),
        room.post("ann@x.test", "\u{1}\"\\\u{7f} ä \u{10ffff} 'x' \u{2028}"),
        compliance.sign_in("eve"),
        Chain::of_room(i64::MAX).post("bob@x.test", ""),
    ];
    assert_eq!(commit(&*store, &adding(records.clone())).await, 5);
    let stored: Vec<Stored> = (1..)
        .zip(records)
        .map(|(position, record)| Stored {
            position,
            record,
            retired: false,
        })
        .collect();
    assert_eq!(everything(&*store).await, stored);
    assert_eq!(head(&*store, ROOM).await, room.end());
    assert_eq!(head(&*store, ChainId::System).await, system.end());
    assert_eq!(head(&*store, ChainId::Compliance).await, compliance.end());
}

/// 1, 2, 3 … over commits and chains; what was refused leaves no gap.
pub async fn positions_have_no_gap(database: &dyn Database) {
    let store = database.open().await;
    let mut chains = [Chain::of_room(1), Chain::of_room(2)];
    let mut end = 0;
    for round in 0..4 {
        let records = posts(&mut chains[round % 2], 3);
        let mut wrong = records.clone();
        wrong.push(Chain::of_room(0).post("ann@x.test", "no such room"));
        store.append(&adding(wrong)).await.expect_err("it is refused");
        end = commit(&*store, &adding(records)).await;
    }
    assert_eq!(end, 12);
    let positions: Vec<u64> = everything(&*store).await.iter().map(|it| it.position).collect();
    assert_eq!(positions, (1..=12).collect::<Vec<_>>());
    assert_eq!(store.end().await.expect("an end"), 12);
}

/// `read` by its three numbers.
pub async fn a_page_ends_where_it_is_told(database: &dyn Database) {
    let store = database.open().await;
    commit(&*store, &adding(posts(&mut Chain::of_room(1), 10))).await;
    for (after, up_to, count, first, last) in [
        (0, 10, 3, 1, 3),
        (3, 10, 3, 4, 6),
        (8, 10, 3, 9, 10),
        (2, 4, 100, 3, 4),
        (2, 3, 100, 3, 3),
        (9, u64::MAX, u32::MAX, 10, 10),
        // Nothing.
        (3, 3, 100, 1, 0),
        (4, 3, 100, 1, 0),
        (0, 10, 0, 1, 0),
        (10, u64::MAX, 1, 1, 0),
        (u64::MAX, u64::MAX, 1, 1, 0),
    ] {
        let page = store.read(after, up_to, count).await.expect("records");
        let positions: Vec<u64> = page.iter().map(|it| it.position).collect();
        assert_eq!(
            positions,
            (first..=last).collect::<Vec<u64>>(),
            "{after} {up_to} {count}"
        );
    }
}

/// First, last, number and times of each chain, of the range alone.
pub async fn spans_tell_what_a_range_holds(database: &dyn Database) {
    let store = database.open().await;
    let (mut one, mut two) = (Chain::of_room(1), Chain::of_room(2));
    let (mut system, mut compliance) = (Chain::of(ChainId::System), Chain::of(ChainId::Compliance));
    let mut records = posts(&mut two, 2);
    records.push(system.sign_in("eve"));
    records.push(compliance.sign_in("eve"));
    records.extend(posts(&mut one, 3));
    records.extend(posts(&mut two, 2));
    // A gap: of 4 only 1, 2 and 4 are there.
    records.remove(7);
    commit(&*store, &adding(records)).await;

    let span = |chain, first, last, records| ChainSpan {
        chain,
        first,
        last,
        records,
        begins: Timestamp(START + (i64::try_from(first).expect("small") - 1) * STEP),
        ends: Timestamp(START + (i64::try_from(last).expect("small") - 1) * STEP),
    };
    let two = ChainId::Room(RoomId(2));
    assert_eq!(
        store.spans(0, 8).await.expect("spans"),
        [
            span(ChainId::System, 1, 1, 1),
            span(ChainId::Compliance, 1, 1, 1),
            span(ROOM, 1, 3, 3),
            span(two, 1, 4, 3),
        ]
    );
    assert_eq!(
        store.spans(1, 6).await.expect("spans"),
        [
            span(ChainId::System, 1, 1, 1),
            span(ChainId::Compliance, 1, 1, 1),
            span(ROOM, 1, 2, 2),
            span(two, 2, 2, 1),
        ]
    );
    assert_eq!(store.spans(8, u64::MAX).await.expect("spans"), []);
}

/// `of_chain` by its numbers, none of another chain.
pub async fn a_chain_is_read_page_by_page(database: &dyn Database) {
    let store = database.open().await;
    let (mut one, mut two) = (Chain::of_room(1), Chain::of_room(2));
    for _ in 0..5 {
        let mut records = posts(&mut one, 1);
        records.extend(posts(&mut two, 1));
        commit(&*store, &adding(records)).await;
    }
    for (after, up_to, count, first, last) in [
        (0, 5, 2, 1, 2),
        (2, 5, 2, 3, 4),
        (4, 5, 2, 5, 5),
        (1, 3, 9, 2, 3),
        (0, u64::MAX, u32::MAX, 1, 5),
        (5, u64::MAX, 9, 1, 0),
        (0, 5, 0, 1, 0),
    ] {
        let page = store.of_chain(ROOM, after, up_to, count).await.expect("records");
        assert!(page.iter().all(|it| it.record.chain == ROOM));
        let numbers: Vec<u64> = page.iter().map(|it| it.record.number).collect();
        assert_eq!(
            numbers,
            (first..=last).collect::<Vec<u64>>(),
            "{after} {up_to} {count}"
        );
    }
    let unknown = ChainId::Room(RoomId(3));
    assert_eq!(store.of_chain(unknown, 0, 9, 9).await.expect("records"), []);
}

/// One order, without a gap, of all that two append at once.
pub async fn nothing_is_lost_when_two_append(database: &dyn Database) {
    let (one, other) = (database.open().await, database.open().await);
    let append = async |store: &dyn crate::RecordStore, room| {
        let mut chain = Chain::of_room(room);
        for _ in 0..20 {
            commit(store, &adding(posts(&mut chain, 3))).await;
        }
    };
    tokio::join!(append(&*one, 1), append(&*other, 2));
    let all = everything(&*one).await;
    assert_eq!(all, everything(&*other).await);
    let positions: Vec<u64> = all.iter().map(|it| it.position).collect();
    assert_eq!(positions, (1..=120).collect::<Vec<_>>());
    for room in [1, 2] {
        let chain = ChainId::Room(RoomId(room));
        let numbers: Vec<u64> = all
            .iter()
            .filter(|it| it.record.chain == chain)
            .map(|it| it.record.number)
            .collect();
        assert_eq!(numbers, (1..=60).collect::<Vec<_>>());
    }
}

/// What was committed is in the database, not in the handle.
pub async fn everything_is_there_after_opening_anew(database: &dyn Database) {
    let store = database.open().await;
    let mut chain = Chain::of_room(1);
    commit(&*store, &adding(posts(&mut chain, 3))).await;
    let before = everything(&*store).await;
    drop(store);
    let store = database.open().await;
    assert_eq!(everything(&*store).await, before);
    assert_eq!(head(&*store, ROOM).await, chain.end());
    assert_eq!(commit(&*store, &adding(posts(&mut chain, 1))).await, 4);
}

/// Nothing to do is no error.
pub async fn an_empty_addition_changes_nothing(database: &dyn Database) {
    let store = database.open().await;
    assert_eq!(commit(&*store, &Addition::default()).await, 0);
    commit(&*store, &adding(posts(&mut Chain::of_room(1), 2))).await;
    assert_eq!(commit(&*store, &Addition::default()).await, 2);
}
