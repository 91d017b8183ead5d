//! Cases of [`crate::History`].

use super::{
    Chain, Database,
    world::{all, category, changes, commit, records, room, texts},
};
use crate::{Parts, RoomSize};
use causerie_model::{Change, ChatId, Extras, RoomId};

/// Room 1 with ten messages, `1` to `10`.
async fn ten(database: &dyn Database) -> Parts {
    let parts = database.open().await;
    let mut chain = Chain::of_room(1);
    commit(
        &parts,
        &records((1..=10).map(|n| chain.post(&n.to_string())).collect()),
    )
    .await;
    parts
}

async fn latest(parts: &Parts, before: Option<u64>, count: u32) -> Vec<String> {
    let found = parts
        .history
        .latest(RoomId(1), before.map(ChatId), count)
        .await
        .expect("history is read");
    found.into_iter().map(|message| message.text).collect()
}

/// None, one, all, more than all.
pub async fn latest_gives_the_newest_oldest_first(database: &dyn Database) {
    let parts = ten(database).await;
    assert_eq!(latest(&parts, None, 0).await, [""; 0]);
    assert_eq!(latest(&parts, None, 1).await, ["10"]);
    assert_eq!(latest(&parts, None, 3).await, ["8", "9", "10"]);
    assert_eq!(latest(&parts, None, 10).await.len(), 10);
    assert_eq!(latest(&parts, None, u32::MAX).await.len(), 10);
}

/// Paging backwards misses nothing and repeats nothing.
pub async fn latest_before_a_message_ends_with_the_one_before_it(database: &dyn Database) {
    let parts = ten(database).await;
    assert_eq!(latest(&parts, Some(8), 3).await, ["5", "6", "7"]);
    assert_eq!(latest(&parts, Some(3), 9).await, ["1", "2"]);
    assert_eq!(latest(&parts, Some(1), 9).await, [""; 0]);
    assert_eq!(latest(&parts, Some(0), 9).await, [""; 0]);
    assert_eq!(latest(&parts, Some(11), 1).await, ["10"]);
    assert_eq!(latest(&parts, Some(u64::MAX), 1).await, ["10"]);
}

/// A wall between rooms.
pub async fn latest_does_not_mix_rooms(database: &dyn Database) {
    let parts = ten(database).await;
    commit(&parts, &records(vec![Chain::of_room(2).post("elsewhere")])).await;
    assert_eq!(texts(&all(&parts, 2).await), ["elsewhere"]);
    assert_eq!(texts(&all(&parts, 3).await), [""; 0]);
    assert_eq!(latest(&parts, None, 99).await.len(), 10);
}

/// Removing a room destroys no message.
pub async fn messages_of_a_removed_room_stay(database: &dyn Database) {
    let parts = ten(database).await;
    commit(
        &parts,
        &changes(vec![
            category(1, "Desk"),
            room(1, 1, "One"),
            Change::RemoveRoom(RoomId(1)),
        ]),
    )
    .await;
    assert_eq!(latest(&parts, None, 99).await.len(), 10);
}

/// Rooms by row, each with what is in it; removed ones as well.
pub async fn sizes_tell_what_is_in_each_room(database: &dyn Database) {
    let parts = database.open().await;
    let sizes = async || parts.history.sizes().await.expect("rooms are measured");
    assert_eq!(sizes().await, []);
    let (mut one, mut two, mut three) = (Chain::of_room(1), Chain::of_room(2), Chain::of_room(3));
    let extras = Extras {
        attributes: " a=\"1\"".to_owned(),
        children: "<b/>".to_owned(),
    };
    let batch = vec![
        two.post_with("zwölf", extras),
        one.post("1"),
        one.post("東京"),
        three.post_unkept("gone"),
        one.join(),
    ];
    commit(&parts, &records(batch.clone())).await;
    let size = |room, messages, bytes, last: usize| RoomSize {
        room: RoomId(room),
        messages,
        bytes,
        last: batch[last].at,
    };
    let expected = [size(1, 2, 1 + 6, 2), size(2, 1, 6 + 6 + 4, 0)];
    assert_eq!(sizes().await, expected);
    commit(
        &parts,
        &changes(vec![
            category(1, "Desk"),
            room(1, 1, "One"),
            Change::RemoveRoom(RoomId(1)),
        ]),
    )
    .await;
    assert_eq!(sizes().await, expected);
}
