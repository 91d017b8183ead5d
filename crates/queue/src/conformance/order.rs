//! Cases of what comes out, in which order, and what comes again.

use super::{
    Chain, Database,
    world::{LEASE, conflict},
};

/// The order of commits, and within a commit that of its records.
pub async fn records_wait_in_the_order_of_commits(database: &dyn Database) {
    let open = database.open().await;
    let (mut one, mut two, mut system) = (Chain::of_room(1), Chain::of_room(2), Chain::of_system());
    // Neither by time, nor by chain, nor by number.
    let first = [two.record(9, "b1"), one.record(5, "a1"), two.record(9, "b2")];
    let second = [system.record(1, "s1"), one.record(5, "a2"), two.record(9, "b3")];
    open.publish(&first).await;
    open.publish(&second).await;
    let lease = open.lease(0).await;
    assert_eq!(open.records(&lease, 0).await, [first, second].concat());
}

/// Whatever is between them, and however they are fetched.
pub async fn rooms_keep_their_order_when_interleaved(database: &dyn Database) {
    const ROOMS: usize = 5;
    let open = database.open().await;
    let mut chains: Vec<Chain> = (1..).take(ROOMS).map(Chain::of_room).collect();
    for round in 0..12 {
        let batch: Vec<_> = (0..ROOMS)
            .filter(|room| (round + room) % 3 != 0)
            .map(|room| chains[(round * 2 + room) % ROOMS].record(0, ""))
            .collect();
        open.publish(&batch).await;
    }
    let lease = open.lease(0).await;
    let mut numbers = [0; ROOMS];
    loop {
        let waiting = open.waiting(&lease, 0, 7).await;
        let Some(last) = waiting.last() else { break };
        for queued in &waiting {
            let room = chains
                .iter()
                .position(|chain| chain.is(queued.record.chain))
                .expect("one of the rooms");
            numbers[room] += 1;
            assert_eq!(queued.record.number, numbers[room], "room {room}");
        }
        open.acknowledge(&lease, 0, last.sequence).await;
    }
    assert_eq!(numbers.iter().sum::<u64>(), 40);
}

/// The hash covers the very texts.
pub async fn texts_come_out_as_they_went_in(database: &dyn Database) {
    let open = database.open().await;
    let mut chain = Chain::of_system();
    let texts = [
        "",
        r#"{"text":"\u0000\u0007 \"quoted\" \\ / \/ \n"}"#,
        "emoji 😀, a\u{301} and á, \u{feff}\u{2028}\u{fffd}",
        "\u{1}\r\n\t'; DROP TABLE outbox; --",
        r#"{"n":12345678901234567890,"x":1.0,"a":1,"a":2}"#,
    ];
    let mut records: Vec<_> = texts.iter().map(|text| chain.record(7, text)).collect();
    let large = chain.record(-2_000_000_000, &"ä".repeat(100_000));
    records.push(large);
    open.publish(&records).await;
    let lease = open.lease(0).await;
    assert_eq!(open.records(&lease, 0).await, records);
}

/// So many and no more; none if none was asked for.
pub async fn no_more_are_given_than_were_asked_for(database: &dyn Database) {
    let open = database.open().await;
    let records = Chain::of_room(1).records(5);
    open.publish(&records).await;
    let lease = open.lease(0).await;
    for (count, given) in [(0, 0), (1, 1), (4, 4), (5, 5), (6, 5), (u32::MAX, 5)] {
        let waiting = open.waiting(&lease, 0, count).await;
        assert_eq!(waiting.len(), given, "{count}");
        assert!(waiting.iter().map(|queued| &queued.record).eq(&records[..given]));
    }
}

/// Always from the first.
pub async fn what_is_not_acknowledged_comes_again(database: &dyn Database) {
    let open = database.open().await;
    open.publish(&Chain::of_room(1).records(3)).await;
    let lease = open.lease(0).await;
    let first = open.waiting(&lease, 0, 9).await;
    assert_eq!(first.len(), 3);
    assert_eq!(open.waiting(&lease, 1, 9).await, first);
}

/// Who was given something and lost it isn't asked.
pub async fn what_is_not_acknowledged_comes_again_to_the_next_consumer(database: &dyn Database) {
    let open = database.open().await;
    open.publish(&Chain::of_room(1).records(4)).await;
    let lease = open.lease(0).await;
    let given = open.waiting(&lease, 0, 9).await;
    open.acknowledge(&lease, 0, given[1].sequence).await;
    let next = open.lease(LEASE).await;
    assert_eq!(open.waiting(&next, LEASE, 9).await, given[2..]);
}

/// What was published, what was acknowledged, and each place.
pub async fn everything_is_there_after_opening_anew(database: &dyn Database) {
    let open = database.open().await;
    let mut chain = Chain::of_room(1);
    open.publish(&chain.records(4)).await;
    let lease = open.lease(0).await;
    let given = open.waiting(&lease, 0, 9).await;
    open.acknowledge(&lease, 0, given[0].sequence).await;
    drop(open);

    let open = database.open().await;
    let lease = open.lease(LEASE).await;
    assert_eq!(open.waiting(&lease, LEASE, 9).await, given[1..]);
    open.publish(&chain.records(1)).await;
    assert_eq!(open.records(&lease, LEASE).await.len(), 4);
}

/// Up to it, itself included, and not further.
pub async fn records_are_acknowledged_up_to_a_place(database: &dyn Database) {
    let open = database.open().await;
    open.publish(&Chain::of_room(1).records(5)).await;
    let lease = open.lease(0).await;
    let given = open.waiting(&lease, 0, 9).await;
    open.acknowledge(&lease, 0, given[0].sequence - 1).await;
    assert_eq!(open.waiting(&lease, 0, 9).await, given);
    open.acknowledge(&lease, 0, given[2].sequence).await;
    assert_eq!(open.waiting(&lease, 0, 9).await, given[3..]);
    open.acknowledge(&lease, 0, given[4].sequence).await;
    assert_eq!(open.waiting(&lease, 0, 9).await, []);
}

/// Who doesn't know whether he was heard says it again.
pub async fn acknowledging_again_changes_nothing(database: &dyn Database) {
    let open = database.open().await;
    open.publish(&Chain::of_room(1).records(4)).await;
    let lease = open.lease(0).await;
    let given = open.waiting(&lease, 0, 9).await;
    for place in [2, 2, 1, 0] {
        open.acknowledge(&lease, 0, given[place].sequence).await;
        assert_eq!(open.waiting(&lease, 0, 9).await, given[3..]);
    }
}

/// Or else what was acknowledged before would take away what came since.
pub async fn places_are_not_used_again(database: &dyn Database) {
    let open = database.open().await;
    let mut chain = Chain::of_room(1);
    open.publish(&chain.records(2)).await;
    let lease = open.lease(0).await;
    let given = open.waiting(&lease, 0, 9).await;
    open.acknowledge(&lease, 0, given[1].sequence).await;
    drop(open);

    let open = database.open().await;
    open.publish(&chain.records(2)).await;
    open.acknowledge(&lease, 0, given[1].sequence).await;
    let waiting = open.waiting(&lease, 0, 9).await;
    assert_eq!(waiting.len(), 2);
    assert!(waiting[0].sequence > given[1].sequence);
}

/// All of a commit or nothing.
pub async fn a_publication_that_is_rolled_back_leaves_nothing(database: &dyn Database) {
    let open = database.open().await;
    let (mut one, mut two) = (Chain::of_room(1), Chain::of_room(2));
    open.publish(&one.records(1)).await;
    let mut skips = two.clone();
    skips.record(0, "never published");
    let refused = vec![one.clone().record(0, "fits"), skips.record(0, "doesn't fit")];
    conflict(&open.publisher.publish(refused).await);
    assert_eq!(open.backlog().await.depth, 1);
    let lease = open.lease(0).await;
    assert_eq!(open.records(&lease, 0).await.len(), 1);
    open.publish(&[one.record(0, "fits"), two.record(0, "fits too")])
        .await;
    assert_eq!(open.records(&lease, 0).await.len(), 3);
    assert_eq!(open.backlog().await.depth, 3);
}
