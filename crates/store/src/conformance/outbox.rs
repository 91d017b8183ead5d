//! Cases of [`crate::Outbox`].

use super::{
    Chain, Database,
    world::{all, commit, depth, found, head, records},
};
use crate::{Parts, Queued};
use causerie_model::{ChainId, ChatId, Head, Record, RoomId};
use causerie_room::{Link, verify};

async fn queued(parts: &Parts, after: i64, count: u32) -> Vec<Queued> {
    parts
        .outbox
        .queued(after, count)
        .await
        .expect("the outbox is read")
}

/// What a queued record must be, apart from its place.
fn assert_is(queued: &Queued, record: &Record) {
    let expected = Queued {
        sequence: queued.sequence,
        chain: record.chain,
        number: record.number,
        at: record.at,
        actor: record.actor.to_string(),
        kind: record.kind.to_owned(),
        body: record.body.clone(),
        previous: record.previous,
        hash: record.hash,
    };
    assert_eq!(queued, &expected);
}

/// A room without history is recorded like any other.
pub async fn a_message_that_is_not_kept_is_only_in_the_outbox(database: &dyn Database) {
    let parts = database.open().await;
    let mut chain = Chain::of_room(1);
    let record = chain.post_unkept("not kept");
    commit(&parts, &records(vec![record.clone()])).await;
    assert_eq!(all(&parts, 1).await, []);
    assert_eq!(found(&parts, "kept").await, [0; 0]);
    let waiting = queued(&parts, 0, 9).await;
    assert_eq!(waiting.len(), 1);
    assert_is(&waiting[0], &record);
    assert_eq!(head(&parts, 1).await, chain.head);
    assert_eq!(chain.head.chat_id, ChatId(1));
}

/// The compliance service sees what happened in the order in which it was committed.
pub async fn records_wait_in_the_order_of_commits(database: &dyn Database) {
    let parts = database.open().await;
    let (mut one, mut two, mut system) = (Chain::of_room(1), Chain::of_room(2), Chain::of_system());
    let first = vec![two.post("\"b1\" \u{7}"), one.post("a1"), two.join()];
    let second = vec![system.join(), one.join(), two.post("b2")];
    commit(&parts, &records(first.clone())).await;
    commit(&parts, &records(second.clone())).await;
    let waiting = queued(&parts, 0, 99).await;
    assert_eq!(waiting.len(), 6);
    assert_eq!(depth(&parts).await, 6);
    assert!(waiting.is_sorted_by(|a, b| a.sequence < b.sequence));
    for (queued, record) in waiting.iter().zip(first.iter().chain(&second)) {
        assert_is(queued, record);
    }
}

/// With whatever size of pieces.
pub async fn the_queue_is_read_piece_by_piece(database: &dyn Database) {
    let parts = database.open().await;
    let mut chain = Chain::of_room(1);
    commit(&parts, &records((0..10).map(|_| chain.join()).collect())).await;
    let mut numbers = Vec::new();
    let mut after = 0;
    loop {
        let piece = queued(&parts, after, 3).await;
        let Some(last) = piece.last() else { break };
        after = last.sequence;
        numbers.extend(piece.iter().map(|queued| queued.number));
    }
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    assert_eq!(queued(&parts, 0, 0).await, []);
}

/// Nothing that the hashes cover was changed on the way.
pub async fn waiting_records_still_prove_their_chain(database: &dyn Database) {
    let parts = database.open().await;
    let mut chain = Chain::of_room(1);
    let batch = vec![
        chain.join(),
        chain.post("emoji 😀 and \"quotes\" \\ \u{1}"),
        chain.post_unkept("gone"),
        chain.post(""),
    ];
    commit(&parts, &records(batch)).await;
    let waiting = queued(&parts, 0, 99).await;
    let links = waiting.iter().map(|queued| Link {
        chain: ChainId::Room(RoomId(1)),
        number: queued.number,
        at: queued.at,
        actor: &queued.actor,
        kind: &queued.kind,
        body: &queued.body,
        previous: queued.previous,
        hash: queued.hash,
    });
    assert_eq!(
        verify(ChainId::Room(RoomId(1)), links, Head::START),
        Ok(chain.head)
    );
}
