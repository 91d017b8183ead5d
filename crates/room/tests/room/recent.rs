//! The newest messages in memory, and when to ask the store.

use crate::words::{NOON, chat, join, room, texts};
use causerie_model::{ChatId, Hash, Head, Record};
use causerie_room::{OutOfSequence, Room, Settings, advance};

const SETTINGS: Settings = Settings {
    keep: 3,
    participant_limit: 75,
};

/// Records of messages, one after the other from the chain's start.
fn chats(texts: &[&str]) -> (Head, Vec<Record>) {
    let mut head = Head::START;
    let mut records = Vec::new();
    for text in texts {
        let record = chat(&head, text, true);
        head = advance(&head, &record);
        records.push(record);
    }
    (head, records)
}

fn loaded(texts: &[&str]) -> Room {
    let (head, records) = chats(texts);
    let newest = records.iter().skip(texts.len().saturating_sub(SETTINGS.keep));
    Room::new(
        head,
        newest.filter_map(|record| record.message.clone()).collect(),
        SETTINGS,
    )
}

#[test]
fn a_new_room_has_no_more_than_memory_until_a_message_drops_out() {
    let mut room = room(3, 75);
    assert_eq!(room.recent(30), Some(Vec::new()));
    let (_, records) = chats(&["a", "b", "c", "d"]);
    for record in &records[..3] {
        room.record(record).unwrap();
    }
    assert_eq!(texts(&room.recent(30).unwrap()), ["a", "b", "c"]);
    assert_eq!(texts(&room.recent(2).unwrap()), ["b", "c"]);
    room.record(&records[3]).unwrap();
    assert_eq!(texts(&room.recent(3).unwrap()), ["b", "c", "d"]);
    assert_eq!(room.recent(4), None);
}

#[test]
fn a_loaded_room_knows_whether_the_store_has_more() {
    assert_eq!(texts(&loaded(&["a", "b"]).recent(30).unwrap()), ["a", "b"]);
    assert_eq!(
        texts(&loaded(&["a", "b", "c"]).recent(30).unwrap()),
        ["a", "b", "c"],
        "the first is number 1"
    );
    assert_eq!(loaded(&["a", "b", "c", "d"]).recent(4), None);
    assert_eq!(
        texts(&loaded(&["a", "b", "c", "d"]).recent(3).unwrap()),
        ["b", "c", "d"]
    );
}

#[test]
fn messages_that_are_not_kept_take_a_number_and_no_place() {
    let mut room = room(3, 75);
    let unkept = chat(room.head(), "lost", false);
    assert_eq!((unkept.chat_id, &unkept.message), (Some(ChatId(1)), &None));
    room.record(&unkept).unwrap();
    assert_eq!(room.head().chat_id, ChatId(1));
    assert_eq!(room.recent(30), Some(Vec::new()));
    let kept = chat(room.head(), "kept", true);
    room.record(&kept).unwrap();
    assert_eq!(room.recent(30).unwrap()[0].chat_id, ChatId(2));
}

#[test]
fn a_room_that_holds_nothing_asks_the_store_once_there_is_something() {
    let mut room = room(0, 75);
    assert_eq!(room.recent(1), Some(Vec::new()));
    let record = chat(room.head(), "a", true);
    room.record(&record).unwrap();
    assert_eq!(room.recent(0), Some(Vec::new()));
    assert_eq!(room.recent(1), None);
}

#[test]
fn more_than_is_kept_is_cut_when_loading() {
    let (head, records) = chats(&["a", "b", "c", "d"]);
    let room = Room::new(
        head,
        records.into_iter().filter_map(|record| record.message).collect(),
        SETTINGS,
    );
    assert_eq!(texts(&room.recent(3).unwrap()), ["b", "c", "d"]);
    assert_eq!(room.recent(4), None);
}

#[test]
fn what_does_not_follow_the_head_changes_nothing() {
    let mut room = loaded(&["a", "b"]);
    let before = (*room.head(), room.recent(30));
    let good = chat(room.head(), "c", true);
    let wrong = [
        Record {
            number: good.number + 1,
            ..good.clone()
        },
        Record {
            number: good.number - 1,
            ..good.clone()
        },
        Record {
            previous: Hash::ZERO,
            ..good.clone()
        },
        Record {
            chat_id: Some(ChatId(2)),
            ..good.clone()
        },
        Record {
            chat_id: Some(ChatId(4)),
            ..good.clone()
        },
    ];
    for record in wrong {
        assert_eq!(
            room.record(&record),
            Err(OutOfSequence {
                expected: 3,
                found: record.number
            })
        );
        assert_eq!((*room.head(), room.recent(30)), before);
    }
    room.record(&good).unwrap();
    room.record(&good).unwrap_err();
    let joined = join(room.head());
    room.record(&joined).unwrap();
    assert_eq!(
        *room.head(),
        Head {
            record: 4,
            chat_id: ChatId(3),
            at: NOON,
            hash: joined.hash
        }
    );
}
