//! Cases of changes to messages.

use super::{
    Chain, Database,
    world::{all, changes, commit, find, found, head, query, records, refused, texts},
};
use crate::{Batch, Parts};
use causerie_model::{Change, ChatId, Extras, Message, RoomId, Timestamp};

/// Room 1 with `red 1` to `red 5`, room 2 with the same.
async fn rooms(database: &dyn Database) -> (Parts, Chain) {
    let parts = database.open().await;
    let (mut one, mut two) = (Chain::of_room(1), Chain::of_room(2));
    let mut batch = Vec::new();
    for n in 1..=5 {
        let extras = Extras {
            attributes: " alert=\"true\"".to_owned(),
            children: "<rtf>red</rtf>".to_owned(),
        };
        batch.push(one.post_with(&format!("red {n}"), extras));
        batch.push(two.post(&format!("red {n}")));
    }
    commit(&parts, &records(batch)).await;
    (parts, one)
}

fn replace(chat_id: u64, text: &str) -> Change {
    Change::ReplaceMessage {
        room: RoomId(1),
        chat_id: ChatId(chat_id),
        text: text.to_owned(),
    }
}

fn remove(chat_id: u64) -> Change {
    remove_all(&[chat_id])
}

fn remove_all(chat_ids: &[u64]) -> Change {
    Change::RemoveMessages {
        room: RoomId(1),
        chat_ids: chat_ids.iter().copied().map(ChatId).collect(),
    }
}

fn clear(until: Timestamp) -> Change {
    Change::ClearRoom {
        room: RoomId(1),
        until,
    }
}

/// Number, author and time; what came with the old text goes.
pub async fn a_replaced_message_keeps_its_place(database: &dyn Database) {
    let (parts, _) = rooms(database).await;
    let mut expected = all(&parts, 1).await;
    commit(&parts, &changes(vec![replace(2, "blue 東京")])).await;
    expected[1] = Message {
        text: "blue 東京".to_owned(),
        extras: Extras::default(),
        ..expected[1].clone()
    };
    assert_eq!(all(&parts, 1).await, expected);
    assert_eq!(texts(&all(&parts, 2).await)[1], "red 2");
    // The same once more.
    commit(&parts, &changes(vec![replace(2, "")])).await;
    assert_eq!(texts(&all(&parts, 1).await)[1], "");
}

/// Nor one of another room.
pub async fn a_message_that_is_not_there_can_not_be_replaced(database: &dyn Database) {
    let (parts, _) = rooms(database).await;
    for chat_id in [0, 6, u64::MAX] {
        refused(&parts, &changes(vec![replace(chat_id, "blue")])).await;
    }
    commit(&parts, &changes(vec![remove(3)])).await;
    refused(&parts, &changes(vec![replace(3, "blue")])).await;
    assert_eq!(found(&parts, "blue").await, [0; 0]);
}

/// The room goes on behind it, the last message being no exception.
pub async fn a_removed_message_is_gone_and_its_number_stays_used(database: &dyn Database) {
    let (parts, mut one) = rooms(database).await;
    commit(&parts, &changes(vec![remove(2), remove(5)])).await;
    assert_eq!(texts(&all(&parts, 1).await), ["red 1", "red 3", "red 4"]);
    assert_eq!(all(&parts, 2).await.len(), 5);
    // What isn't there needn't be taken away.
    commit(&parts, &changes(vec![remove(2), remove(77)])).await;
    assert_eq!(all(&parts, 1).await.len(), 3);
    commit(&parts, &records(vec![one.post("red 6")])).await;
    assert_eq!(found(&parts, "red").await, [1, 3, 4, 6]);
    assert_eq!(all(&parts, 1).await[3].chat_id, ChatId(6));
}

/// One of another room isn't, nor one whose number no message can have.
pub async fn messages_are_removed_together(database: &dyn Database) {
    let (parts, _) = rooms(database).await;
    commit(&parts, &changes(vec![remove_all(&[4, 1, 4, 0, 77, u64::MAX])])).await;
    assert_eq!(texts(&all(&parts, 1).await), ["red 2", "red 3", "red 5"]);
    assert_eq!(found(&parts, "red").await, [2, 3, 5]);
    // Nor does an index still count them.
    assert_eq!(find(&parts, &query(&[1], "red")).await.total, 3);
    assert_eq!(all(&parts, 2).await.len(), 5);
    commit(&parts, &changes(vec![remove_all(&[])])).await;
    assert_eq!(all(&parts, 1).await.len(), 3);
}

/// Before and after some were removed.
pub async fn it_is_known_which_messages_are_there(database: &dyn Database) {
    let (parts, _) = rooms(database).await;
    // In both rooms they have the same times.
    let messages = all(&parts, 1).await;
    let at = |id| {
        let message = messages.iter().find(|message| message.chat_id == ChatId(id));
        message.map_or(messages[0].at, |message| message.at)
    };
    let named = async |room, named: &[(ChatId, Timestamp)]| {
        let stored = parts.history.stored(RoomId(room), named).await;
        let stored = stored.expect("it is read");
        stored.into_iter().map(|id| id.0).collect::<Vec<_>>()
    };
    let stored = async |room, ids: &[u64]| {
        let all: Vec<_> = ids.iter().map(|id| (ChatId(*id), at(*id))).collect();
        named(room, &all).await
    };
    assert_eq!(stored(1, &[5, 2, 2, 0, 6, u64::MAX]).await, [2, 5]);
    assert_eq!(stored(1, &[]).await, [0; 0]);
    assert_eq!(stored(3, &[1]).await, [0; 0]);
    // Of another time it is another message.
    let [one, two] = [1, 2].map(ChatId);
    let others = [(one, Timestamp(at(1).0 - 1)), (one, at(2)), (two, at(2))];
    assert_eq!(named(1, &others).await, [2]);
    assert_eq!(named(1, &others[..2]).await, [0; 0]);
    commit(&parts, &changes(vec![remove(2)])).await;
    assert_eq!(stored(1, &[1, 2, 3]).await, [1, 3]);
    assert_eq!(stored(2, &[1, 2, 3]).await, [1, 2, 3]);
}

/// Other rooms keep what they have.
pub async fn a_room_is_cleared_up_to_a_time_inclusive(database: &dyn Database) {
    let (parts, mut one) = rooms(database).await;
    let third = all(&parts, 1).await[2].at;
    commit(&parts, &changes(vec![clear(Timestamp(third.0 - 1))])).await;
    assert_eq!(texts(&all(&parts, 1).await), ["red 3", "red 4", "red 5"]);
    commit(&parts, &changes(vec![clear(third)])).await;
    assert_eq!(texts(&all(&parts, 1).await), ["red 4", "red 5"]);
    assert_eq!(found(&parts, "red").await, [4, 5]);
    commit(&parts, &changes(vec![clear(Timestamp(i64::MAX))])).await;
    assert_eq!(all(&parts, 1).await, []);
    assert_eq!(find(&parts, &query(&[1], "")).await.total, 0);
    assert_eq!(find(&parts, &query(&[1, 2], "red")).await.total, 5);
    assert_eq!(all(&parts, 2).await.len(), 5);
    // An empty room can be cleared, and goes on.
    commit(&parts, &changes(vec![clear(third)])).await;
    commit(&parts, &records(vec![one.post("red 6")])).await;
    assert_eq!(found(&parts, "red").await, [6]);
}

/// A search no longer finds the old text, and finds the one that is there. Nor does it after opening anew.
pub async fn changed_messages_are_found_as_they_are_now(database: &dyn Database) {
    let (parts, mut one) = rooms(database).await;
    let batch = changes(vec![
        replace(1, "blue"),
        replace(2, "東京タワー"),
        remove(3),
        remove(5),
    ]);
    commit(&parts, &batch).await;
    let as_now = async |parts: &Parts| {
        assert_eq!(found(parts, "red").await, [4]);
        assert_eq!(found(parts, "re*").await, [4]);
        assert_eq!(found(parts, "1").await, [0; 0]);
        assert_eq!(found(parts, "blue").await, [1]);
        assert_eq!(found(parts, "京タワ").await, [2]);
        assert_eq!(find(parts, &query(&[1, 2], "red")).await.total, 6);
    };
    as_now(&parts).await;
    drop(parts);
    let parts = database.open().await;
    as_now(&parts).await;
    commit(&parts, &changes(vec![replace(2, "red")])).await;
    assert_eq!(found(&parts, "京タワ").await, [0; 0]);
    // What takes the place of the last in an index has nothing of it.
    commit(&parts, &records(vec![one.post("green")])).await;
    assert_eq!(found(&parts, "red").await, [2, 4]);
    assert_eq!(found(&parts, "green").await, [6]);
}

/// All of a batch or nothing, the index too.
pub async fn a_conflict_keeps_changes_of_messages_out(database: &dyn Database) {
    let (parts, mut one) = rooms(database).await;
    let before = all(&parts, 1).await;
    let mut after = one.clone();
    after.post("lost");
    let skips_one = after.post("lost");
    for change in [replace(1, "blue"), remove(1), clear(Timestamp(i64::MAX))] {
        let batch = Batch {
            changes: vec![change],
            records: vec![skips_one.clone()],
        };
        refused(&parts, &batch).await;
    }
    refused(&parts, &changes(vec![remove(1), replace(99, "blue")])).await;
    assert_eq!(all(&parts, 1).await, before);
    assert_eq!(found(&parts, "red").await, [1, 2, 3, 4, 5]);
    assert_eq!(found(&parts, "blue").await, [0; 0]);
    // With a record that fits it is one commit.
    let batch = Batch {
        changes: vec![remove(1)],
        records: vec![one.post("red 6")],
    };
    commit(&parts, &batch).await;
    assert_eq!(found(&parts, "red").await, [2, 3, 4, 5, 6]);
}

/// What was recorded of a message stays published, and the chain goes on.
pub async fn changes_of_messages_leave_records_alone(database: &dyn Database) {
    let (parts, one) = rooms(database).await;
    let before = database.published().await;
    assert_eq!(before.len(), 10);
    let batch = changes(vec![replace(1, "blue"), remove(5), clear(Timestamp(i64::MAX))]);
    commit(&parts, &batch).await;
    assert_eq!(database.published().await, before);
    assert_eq!(head(&parts, 1).await, one.head);
}
