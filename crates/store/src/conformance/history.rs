//! Cases of [`crate::History`].

use super::{
    Chain, Database,
    world::{all, category, changes, commit, records, room, texts},
};
use crate::Parts;
use causerie_model::{Change, ChatId, RoomId};

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

/// Two rooms with something to find.
async fn talk(database: &dyn Database) -> Parts {
    let parts = database.open().await;
    let (mut one, mut two) = (Chain::of_room(1), Chain::of_room(2));
    let batch = vec![
        one.post("The quick brown Fox"),
        two.post("fox hunting is not here"),
        one.post("Café Zürich at naïve noon"),
        one.post("foxes and a brown bear"),
        one.post("don't say AND or NEAR(x) or \"quoted\" or c++"),
        one.post("brown, (fox); again!"),
    ];
    commit(&parts, &records(batch)).await;
    parts
}

async fn found(parts: &Parts, words: &str) -> Vec<u64> {
    let found = parts
        .history
        .search(&[RoomId(1)], words, 99)
        .await
        .expect("a search never fails for its words");
    assert!(found.iter().all(|message| message.room == RoomId(1)));
    found.into_iter().map(|message| message.chat_id.0).collect()
}

/// In any order.
pub async fn all_words_must_be_in_a_message(database: &dyn Database) {
    let parts = talk(database).await;
    assert_eq!(found(&parts, "brown").await, [1, 3, 5]);
    assert_eq!(found(&parts, "fox brown").await, [1, 5]);
    assert_eq!(found(&parts, "  brown \t bear\n").await, [3]);
    assert_eq!(found(&parts, "fox bear").await, [0; 0]);
}

/// People type as they like.
pub async fn neither_case_nor_accents_matter_to_a_search(database: &dyn Database) {
    let parts = talk(database).await;
    for words in ["CAFÉ", "cafe", "zurich", "ZÜRICH", "naive"] {
        assert_eq!(found(&parts, words).await, [2], "{words}");
    }
}

/// `fox` isn't `foxes`.
pub async fn words_match_as_a_whole(database: &dyn Database) {
    let parts = talk(database).await;
    assert_eq!(found(&parts, "fox").await, [1, 5]);
    assert_eq!(found(&parts, "fo").await, [0; 0]);
    assert_eq!(found(&parts, "don't").await, [4]);
}

/// A wall between rooms.
pub async fn a_search_stays_in_its_rooms(database: &dyn Database) {
    let parts = talk(database).await;
    let in_rooms = async |rooms: &[i64]| {
        let rooms: Vec<RoomId> = rooms.iter().map(|&room| RoomId(room)).collect();
        parts
            .history
            .search(&rooms, "fox", 99)
            .await
            .expect("a search")
            .len()
    };
    assert_eq!(in_rooms(&[2]).await, 1);
    assert_eq!(in_rooms(&[1, 2]).await, 3);
    assert_eq!(in_rooms(&[3]).await, 0);
    assert_eq!(in_rooms(&[]).await, 0);
}

/// And no more than were asked for.
pub async fn a_search_gives_the_newest_oldest_first(database: &dyn Database) {
    let parts = talk(database).await;
    let newest = async |count| {
        let found = parts
            .history
            .search(&[RoomId(1)], "brown", count)
            .await
            .expect("a search");
        found
            .into_iter()
            .map(|message| message.chat_id.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(newest(2).await, [3, 5]);
    assert_eq!(newest(1).await, [5]);
    assert_eq!(newest(0).await, [0; 0]);
}

/// Whatever somebody types is words to be found, and never an error.
pub async fn signs_in_a_search_are_not_commands(database: &dyn Database) {
    let parts = talk(database).await;
    assert_eq!(found(&parts, "brown OR bear").await, [0; 0]);
    assert_eq!(found(&parts, "and NEAR").await, [4]);
    assert_eq!(found(&parts, "NEAR(x)").await, [4]);
    assert_eq!(found(&parts, "\"quoted\"").await, [4]);
    assert_eq!(found(&parts, "fo*").await, [0; 0]);
    assert_eq!(found(&parts, "text:fox").await, [0; 0]);
    assert_eq!(found(&parts, "fox -brown").await, [1, 5]);
    assert_eq!(found(&parts, "^fox").await, [1, 5]);
    let many = "brown ".repeat(2_000);
    for hostile in [
        "\"", "\"\"\"", "*", "NEAR(", "-", "(", ")", ":", "'", "\\", "%", "{a b}:", "\0", "\u{1}", "a\0b",
    ] {
        found(&parts, hostile).await;
    }
    assert_eq!(found(&parts, &many).await, [1, 3, 5]);
}

/// No words, no answer; not everything.
pub async fn an_empty_search_finds_nothing(database: &dyn Database) {
    let parts = talk(database).await;
    for words in ["", " ", "\t\n", "-", "\"\"", "!!! ???"] {
        assert_eq!(found(&parts, words).await, [0; 0], "{words:?}");
    }
}
