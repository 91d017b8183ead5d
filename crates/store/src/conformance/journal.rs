//! Cases of [`crate::Journal`].

use super::{
    Chain, Database,
    world::{
        all, category, changes, commit, find, found, head, messages, query, records, refused, room, texts,
    },
};
use crate::{Batch, Found, Parts};
use causerie_model::{ChainId, ChatId, Extras, Hash, Head, Message, RoomId, Sealed};
use causerie_proof::chain::verify;
use std::sync::Arc;

/// Whatever a person may post comes back byte for byte.
pub async fn a_batch_is_read_back_as_it_was_written(database: &dyn Database) {
    let parts = database.open().await;
    let mut chain = Chain::of_room(1);
    let extras = Extras {
        attributes: " alert=\"true\" x:y='&quot;'".to_owned(),
        children: "<chat type=\"rtf\">{\\rtf1 ö}</chat>".to_owned(),
    };
    let every_control: String = (1..32).filter_map(char::from_u32).collect();
    let posts = vec![
        chain.post("Hello"),
        chain.post("👩‍👩‍👧 \u{1F600} e\u{301} ﷺ \u{202E}right to left"),
        chain.post("'); DROP TABLE messages; -- \"quoted\" `tick` \\ \\u0000 %s ?1"),
        chain.post(&every_control),
        chain.post("[1, {\"a\": null}]"),
        chain.post("1e400"),
        chain.post(""),
        chain.post(&"ä".repeat(32 * 1024)),
        chain.post_with("with extras", extras),
    ];
    commit(&parts, &records(posts.clone())).await;
    assert_eq!(all(&parts, 1).await, messages(&posts));
}

/// A head is that of the last record.
pub async fn the_heads_follow_what_was_appended(database: &dyn Database) {
    let parts = database.open().await;
    let mut chain = Chain::of_room(3);
    let mut system = Chain::of_system();
    let first = vec![chain.join(), chain.post("one"), system.join()];
    commit(&parts, &records(first)).await;
    assert_eq!(head(&parts, 3).await, chain.head);
    // A record without a message leaves the message's number where it is.
    commit(&parts, &records(vec![chain.join()])).await;
    assert_eq!(head(&parts, 3).await, chain.head);
    assert_eq!((chain.head.record, chain.head.chat_id), (3, ChatId(1)));
    assert_eq!(
        parts.journal.head(ChainId::System).await.expect("a head"),
        system.head
    );
}

/// No record, no head.
pub async fn the_head_of_an_unknown_chain_is_the_start(database: &dyn Database) {
    let parts = database.open().await;
    assert_eq!(head(&parts, 7).await, Head::START);
    assert_eq!(
        parts.journal.head(ChainId::System).await.expect("a head"),
        Head::START
    );
    assert_eq!(parts.journal.highest_room().await.expect("a row"), RoomId(0));
}

/// What was committed is in the database and not in the program.
pub async fn everything_is_there_after_opening_anew(database: &dyn Database) {
    let parts = database.open().await;
    let mut chain = Chain::of_room(1);
    let posts = vec![chain.post("one"), chain.post("two")];
    commit(&parts, &records(posts.clone())).await;
    drop(parts);

    let parts = database.open().await;
    assert_eq!(all(&parts, 1).await, messages(&posts));
    assert_eq!(head(&parts, 1).await, chain.head);
    assert_eq!(database.published().await.len(), 2);
    commit(&parts, &records(vec![chain.post("three")])).await;
    assert_eq!(texts(&all(&parts, 1).await), ["one", "two", "three"]);
}

/// A batch is what gathered, from wherever.
pub async fn rooms_may_be_interleaved_in_a_batch(database: &dyn Database) {
    let parts = database.open().await;
    let (mut a, mut b, mut system) = (Chain::of_room(1), Chain::of_room(2), Chain::of_system());
    let batch = records(vec![
        a.post("a1"),
        b.join(),
        system.join(),
        b.post("b1"),
        a.post("a2"),
        a.join(),
        b.post("b2"),
    ]);
    commit(&parts, &batch).await;
    assert_eq!(texts(&all(&parts, 1).await), ["a1", "a2"]);
    assert_eq!(texts(&all(&parts, 2).await), ["b1", "b2"]);
    assert_eq!(head(&parts, 1).await, a.head);
    assert_eq!(head(&parts, 2).await, b.head);
}

/// A room without history is recorded like any other.
pub async fn a_message_that_is_not_kept_is_only_published(database: &dyn Database) {
    let parts = database.open().await;
    let mut chain = Chain::of_room(1);
    let record = chain.post_unkept("not kept");
    commit(&parts, &records(vec![record.clone()])).await;
    assert_eq!(all(&parts, 1).await, []);
    assert_eq!(found(&parts, "kept").await, [0; 0]);
    assert_eq!(database.published().await, [Sealed::from(&record)]);
    assert_eq!(head(&parts, 1).await, chain.head);
    assert_eq!(chain.head.chat_id, ChatId(1));
}

/// Nothing that the hashes cover was changed on the way.
pub async fn published_records_prove_their_chain(database: &dyn Database) {
    let parts = database.open().await;
    let mut chain = Chain::of_room(1);
    let batch = vec![
        chain.join(),
        chain.post("emoji 😀 and \"quotes\" \\ \u{1}"),
        chain.post_unkept("gone"),
        chain.post(""),
    ];
    commit(&parts, &records(batch)).await;
    let published = database.published().await;
    assert_eq!(
        verify(ChainId::Room(RoomId(1)), published, Head::START),
        Ok(chain.head)
    );
}

/// The one order of a room.
pub async fn numbers_have_no_gaps_over_many_batches(database: &dyn Database) {
    let parts = database.open().await;
    let mut chain = Chain::of_room(1);
    for size in [1, 7, 1, 64, 2, 256] {
        let batch = (0..size).map(|n| chain.post(&format!("{n} of {size}"))).collect();
        commit(&parts, &records(batch)).await;
    }
    let numbers: Vec<u64> = all(&parts, 1)
        .await
        .iter()
        .map(|message| message.chat_id.0)
        .collect();
    assert_eq!(numbers, (1..=331).collect::<Vec<_>>());
}

/// A room with one stored message, and its chain.
async fn started(parts: &Parts) -> Chain {
    let mut chain = Chain::of_room(1);
    commit(parts, &records(vec![chain.post("one")])).await;
    chain
}

/// Refused, and nothing of it is there: the chain goes on as if it had never been tried.
async fn leaves_nothing(database: &dyn Database, parts: &Parts, batch: &Batch, mut chain: Chain) {
    let before = database.published().await;
    refused(parts, batch).await;
    assert_eq!(texts(&all(parts, 1).await), ["one"]);
    assert_eq!(database.published().await, before);
    assert_eq!(head(parts, 1).await, chain.head);
    assert_eq!(find(parts, &query(&[1, 2], "lost")).await, Found::default());
    commit(parts, &records(vec![chain.post("two")])).await;
    assert_eq!(texts(&all(parts, 1).await), ["one", "two"]);
}

/// A record is missing before.
pub async fn a_wrong_number_is_a_conflict(database: &dyn Database) {
    let parts = database.open().await;
    let chain = started(&parts).await;
    let mut ahead = chain.clone();
    ahead.join();
    let batch = records(vec![ahead.post("lost")]);
    leaves_nothing(database, &parts, &batch, chain).await;
}

/// The record before was another one.
pub async fn a_wrong_previous_hash_is_a_conflict(database: &dyn Database) {
    let parts = database.open().await;
    let chain = started(&parts).await;
    let mut forged = chain.clone();
    forged.head.hash = Hash([7; 32]);
    let batch = records(vec![forged.post("lost")]);
    leaves_nothing(database, &parts, &batch, chain).await;
}

/// The chain is right, but a message's number isn't.
pub async fn a_message_out_of_order_is_a_conflict(database: &dyn Database) {
    let parts = database.open().await;
    let chain = started(&parts).await;
    let mut skipping = chain.clone();
    let join = skipping.join();
    skipping.head.chat_id = ChatId(9);
    let batch = records(vec![join, skipping.post("lost")]);
    leaves_nothing(database, &parts, &batch, chain).await;
}

/// Order within a batch matters too.
pub async fn a_reordered_batch_is_a_conflict(database: &dyn Database) {
    let parts = database.open().await;
    let chain = started(&parts).await;
    let mut next = chain.clone();
    let mut batch = records(vec![
        next.post("lost 1"),
        next.post("lost 2"),
        next.post("lost 3"),
    ]);
    batch.records.swap(1, 2);
    leaves_nothing(database, &parts, &batch, chain).await;
}

/// What was answered with an error and may yet have been committed can't come twice.
pub async fn a_batch_that_was_appended_already_is_a_conflict(database: &dyn Database) {
    let parts = database.open().await;
    let mut chain = Chain::of_room(1);
    let batch = records(vec![chain.post("one")]);
    commit(&parts, &batch).await;
    leaves_nothing(database, &parts, &batch, chain.clone()).await;
    let twice = chain.post("lost");
    refused(&parts, &records(vec![twice.clone(), twice])).await;
}

/// A record and its message tell of the same room.
pub async fn a_message_of_another_room_is_a_conflict(database: &dyn Database) {
    let parts = database.open().await;
    let chain = started(&parts).await;
    let mut record = chain.clone().post("lost");
    record.message = record.message.map(|message| {
        Arc::new(Message {
            room: RoomId(2),
            ..(*message).clone()
        })
    });
    leaves_nothing(database, &parts, &records(vec![record]), chain).await;
    assert_eq!(all(&parts, 2).await, []);
}

/// Rows begin with 1.
pub async fn a_chain_of_no_possible_room_is_a_conflict(database: &dyn Database) {
    let parts = database.open().await;
    let chain = started(&parts).await;
    refused(&parts, &records(vec![Chain::of_room(0).join()])).await;
    leaves_nothing(database, &parts, &records(vec![Chain::of_room(-1).join()]), chain).await;
}

/// All or nothing.
pub async fn a_conflict_in_one_room_keeps_the_whole_batch_out(database: &dyn Database) {
    let parts = database.open().await;
    let chain = started(&parts).await;
    let mut gone = Chain::of_room(2);
    gone.join();
    let batch = records(vec![chain.clone().post("lost"), gone.post("lost")]);
    leaves_nothing(database, &parts, &batch, chain).await;
}

/// All or nothing, changes included.
pub async fn a_conflicting_change_keeps_the_records_out(database: &dyn Database) {
    let parts = database.open().await;
    let chain = started(&parts).await;
    let batch = Batch {
        changes: vec![category(1, "Desk"), room(1, 404, "No category")],
        records: vec![chain.clone().post("lost")],
    };
    leaves_nothing(database, &parts, &batch, chain).await;
    assert!(
        parts
            .catalogue
            .load()
            .await
            .expect("a catalogue")
            .category_by_name("desk")
            .is_none()
    );
}

/// All or nothing, the other way round.
pub async fn conflicting_records_keep_the_changes_out(database: &dyn Database) {
    let parts = database.open().await;
    let chain = started(&parts).await;
    let mut ahead = chain.clone();
    ahead.join();
    let batch = Batch {
        changes: vec![category(1, "Desk")],
        records: vec![ahead.post("lost")],
    };
    leaves_nothing(database, &parts, &batch, chain).await;
    assert!(
        parts
            .catalogue
            .load()
            .await
            .expect("a catalogue")
            .category_by_name("desk")
            .is_none()
    );
}

/// Nothing to do is no error.
pub async fn an_empty_batch_changes_nothing(database: &dyn Database) {
    let parts = database.open().await;
    commit(&parts, &Batch::default()).await;
    assert_eq!(database.published().await, []);
}

/// The database decides between two servers that take themselves for the only one.
pub async fn two_who_append_the_same_number_do_not_both_succeed(database: &dyn Database) {
    let (one, other) = (database.open().await, database.open().await);
    let chain = Chain::of_room(1);
    let (first, second) = (
        records(vec![chain.clone().post("first")]),
        records(vec![chain.clone().post("second")]),
    );
    let (a, b) = tokio::join!(one.journal.append(&first), other.journal.append(&second));
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    assert_eq!(
        texts(&all(&one, 1).await),
        [if a.is_ok() { "first" } else { "second" }]
    );
}

/// A row must not get a second chain.
pub async fn the_highest_room_survives_its_removal(database: &dyn Database) {
    let parts = database.open().await;
    commit(&parts, &changes(vec![category(1, "Desk"), room(5, 1, "Five")])).await;
    commit(
        &parts,
        &records(vec![Chain::of_room(2).join(), Chain::of_room(5).join()]),
    )
    .await;
    commit(
        &parts,
        &changes(vec![causerie_model::Change::RemoveRoom(RoomId(5))]),
    )
    .await;
    assert_eq!(parts.journal.highest_room().await.expect("a row"), RoomId(5));
}

/// Who is in which room, as `room:user`.
async fn present(parts: &Parts) -> Vec<String> {
    let present = parts.journal.present().await.expect("presence is read");
    let words = present
        .iter()
        .map(|(room, user)| format!("{room}:{}", user.user()));
    words.collect()
}

/// Each room for itself.
pub async fn who_came_is_present_until_he_leaves(database: &dyn Database) {
    let parts = database.open().await;
    assert_eq!(present(&parts).await, [""; 0]);
    let (mut one, mut two) = (Chain::of_room(1), Chain::of_room(2));
    let came = vec![
        two.join_by("bob@x.test"),
        one.join_by("bob@x.test"),
        one.join_by("ann@x.test"),
        // Nobody is in the system.
        Chain::of_system().join_by("eve@x.test"),
    ];
    commit(&parts, &records(came)).await;
    commit(&parts, &records(vec![one.post("hello")])).await;
    drop(parts);
    let parts = database.open().await;
    assert_eq!(present(&parts).await, ["1:ann", "1:bob", "2:bob"]);
    commit(&parts, &records(vec![one.part_by("bob@x.test")])).await;
    assert_eq!(present(&parts).await, ["1:ann", "2:bob"]);
    // Who isn't there may leave, and who is there may come.
    commit(
        &parts,
        &records(vec![one.part_by("bob@x.test"), two.join_by("bob@x.test")]),
    )
    .await;
    assert_eq!(present(&parts).await, ["1:ann", "2:bob"]);
}

/// Either order of coming and leaving, in one batch.
pub async fn the_last_of_a_batch_decides_who_is_present(database: &dyn Database) {
    let parts = database.open().await;
    let (mut one, mut two) = (Chain::of_room(1), Chain::of_room(2));
    commit(&parts, &records(vec![two.join_by("bob@x.test")])).await;
    let batch = vec![
        one.join_by("ann@x.test"),
        two.part_by("bob@x.test"),
        one.part_by("ann@x.test"),
        two.join_by("bob@x.test"),
    ];
    commit(&parts, &records(batch)).await;
    assert_eq!(present(&parts).await, ["2:bob"]);
}

/// All or nothing.
pub async fn presence_is_committed_with_its_record(database: &dyn Database) {
    let parts = database.open().await;
    let mut one = Chain::of_room(1);
    commit(&parts, &records(vec![one.join_by("ann@x.test")])).await;
    let mut ahead = one.clone();
    ahead.post("lost");
    let batch = vec![ahead.part_by("ann@x.test"), ahead.join_by("bob@x.test")];
    refused(&parts, &records(batch)).await;
    assert_eq!(present(&parts).await, ["1:ann"]);
}

/// His leaving is yet to be recorded.
pub async fn who_was_in_a_removed_room_is_still_noted(database: &dyn Database) {
    let parts = database.open().await;
    commit(&parts, &changes(vec![category(1, "Desk"), room(5, 1, "Five")])).await;
    let mut five = Chain::of_room(5);
    commit(&parts, &records(vec![five.join_by("ann@x.test")])).await;
    let gone = causerie_model::Change::RemoveRoom(RoomId(5));
    commit(&parts, &changes(vec![gone])).await;
    assert_eq!(present(&parts).await, ["5:ann"]);
    commit(&parts, &records(vec![five.part_by("ann@x.test")])).await;
    assert_eq!(present(&parts).await, [""; 0]);
}
