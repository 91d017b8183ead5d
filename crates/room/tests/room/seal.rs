//! What a record looks like, byte by byte. The hashes were computed by another program from the documented layout.

use crate::words::{CHAIN, NOON, ROOM, address};
use causerie_model::{
    Actor, ChainId, ChatId, Event, Extras, Hash, Head, Message, PartReason, Presence, Record, RoomId, Seen,
    Subject, Timestamp,
};
use causerie_room::{advance, next_message, seal};
use std::sync::Arc;
use uuid::Uuid;

fn first_message() -> Arc<Message> {
    Arc::new(Message {
        room: ROOM,
        chat_id: ChatId(1),
        at: NOON,
        author: address("ann"),
        author_name: "Änn \"A\"".to_owned(),
        text: "Grüße\n\u{1}<&>/".to_owned(),
        extras: Extras {
            attributes: " alert=\"true\"".to_owned(),
            children: String::new(),
        },
    })
}

fn chat_record() -> Record {
    let event = Event::Chat {
        message: first_message(),
        kept: true,
    };
    seal(CHAIN, &Head::START, NOON, &Actor::User(address("ann")), &event)
}

#[test]
fn a_chat_record_is_the_documented_bytes() {
    let record = chat_record();
    assert_eq!(
        record.body,
        r#"{"author":"ann@example.test","authorName":"Änn \"A\"","chatId":1,"extraAttributes":" alert=\"true\"","kept":true,"text":"Grüße\n\u0001<&>/"}"#
    );
    assert_eq!(
        record.hash.to_string(),
        "7bd2a0ca863c918c02ce1dc442448c641af899928fd733503c6c0ab7a7a7b695"
    );
    assert_eq!(
        (record.number, record.at, record.kind, record.previous),
        (1, NOON, "CHAT", Hash::ZERO)
    );
    assert_eq!(
        (record.chat_id, record.message),
        (Some(ChatId(1)), Some(first_message()))
    );
}

#[test]
fn the_next_record_covers_the_one_before_and_time_stands_rather_than_goes_back() {
    let head = advance(&Head::START, &chat_record());
    let event = Event::Part {
        user: address("ann"),
        reason: PartReason::Left,
        not_before: None,
    };
    let record = seal(CHAIN, &head, Timestamp(NOON.0 - 1), &Actor::System, &event);
    assert_eq!(record.body, r#"{"reason":"left","user":"ann@example.test"}"#);
    assert_eq!(
        record.hash.to_string(),
        "33001bc3ae4dcc7f3925ac3d74fa2fd1d38c30fe31f545fc0373119c3fba689f"
    );
    assert_eq!((record.number, record.at, record.previous), (2, NOON, head.hash));
    assert_eq!((record.chat_id, &record.message), (None, &None));
    assert_eq!(
        advance(&head, &record),
        Head {
            record: 2,
            chat_id: ChatId(1),
            at: NOON,
            hash: record.hash
        }
    );
}

#[test]
fn the_other_kinds_are_the_documented_bytes() {
    let changed = Event::Changed {
        what: "category.create".to_owned(),
        target: "Desk".to_owned(),
        before: String::new(),
        after: "on".to_owned(),
        origin: "unix".to_owned(),
        subject: None,
    };
    let actor = Actor::Administrator("unix:root".to_owned());
    let record = seal(ChainId::System, &Head::START, Timestamp(0), &actor, &changed);
    assert_eq!(
        record.body,
        r#"{"after":"on","before":"","origin":"unix","target":"Desk","what":"category.create"}"#
    );
    assert_eq!(
        record.hash.to_string(),
        "a1c1ef775531029221d8481c8e12d88138ef8f7ad19e66a765a0f3caeec2bd64"
    );

    let named = |subject| Event::Changed {
        what: "room.change".to_owned(),
        target: "Deals".to_owned(),
        before: String::new(),
        after: String::new(),
        origin: String::new(),
        subject: Some(subject),
    };
    let room = named(Subject::Room {
        guid: Uuid::from_u128(1),
        name: "Deals".to_owned(),
        category: Uuid::from_u128(2),
        category_name: "Desk".to_owned(),
    });
    let record = seal(CHAIN, &Head::START, NOON, &actor, &room);
    assert_eq!(
        record.body,
        r#"{"after":"","before":"","origin":"","room":{"category":"00000000-0000-0000-0000-000000000002","categoryName":"Desk","guid":"00000000-0000-0000-0000-000000000001","name":"Deals"},"target":"Deals","what":"room.change"}"#
    );
    let category = named(Subject::Category {
        guid: Uuid::from_u128(2),
        name: "Desk".to_owned(),
    });
    let record = seal(ChainId::System, &Head::START, NOON, &actor, &category);
    assert_eq!(
        record.body,
        r#"{"after":"","before":"","category":{"guid":"00000000-0000-0000-0000-000000000002","name":"Desk"},"origin":"","target":"Deals","what":"room.change"}"#
    );

    let backchat = Event::Backchat {
        user: address("ann"),
        query: "q".to_owned(),
        shown: u64::MAX,
        seen: vec![
            Seen {
                room: ROOM,
                messages: "1-5,9".to_owned(),
            },
            Seen {
                room: RoomId(18),
                messages: "2".to_owned(),
            },
        ],
    };
    let record = seal(CHAIN, &Head::START, Timestamp(1_000), &Actor::System, &backchat);
    assert_eq!(
        record.body,
        r#"{"query":"q","seen":[{"messages":"1-5,9","room":7},{"messages":"2","room":18}],"shown":18446744073709551615,"user":"ann@example.test"}"#
    );
    assert_eq!(
        record.hash.to_string(),
        "606edb10a3c63a6d7a2e5811f1c1d4600f3bc4e232bbe4cf38059928d22d0fcd"
    );

    let join = Event::Join {
        user: address("ann"),
        name: "Ann".to_owned(),
    };
    let record = seal(CHAIN, &Head::START, NOON, &Actor::System, &join);
    assert_eq!(
        (record.kind, record.body.as_str()),
        ("JOIN", r#"{"name":"Ann","user":"ann@example.test"}"#)
    );
}

#[test]
fn a_message_with_all_extras_has_all_fields() {
    let message = Message {
        extras: Extras {
            attributes: String::new(),
            children: "<x/>".to_owned(),
        },
        ..(*first_message()).clone()
    };
    let event = Event::Chat {
        message: Arc::new(message),
        kept: false,
    };
    let record = seal(CHAIN, &Head::START, NOON, &Actor::System, &event);
    assert_eq!(
        record.body,
        r#"{"author":"ann@example.test","authorName":"Änn \"A\"","chatId":1,"extraChildren":"<x/>","kept":false,"text":"Grüße\n\u0001<&>/"}"#
    );
    assert_eq!((record.chat_id, record.message), (Some(ChatId(1)), None));
}

#[test]
fn the_next_message_has_the_next_number_and_no_earlier_time() {
    let head = Head {
        record: 9,
        chat_id: ChatId(4),
        at: NOON,
        hash: Hash::ZERO,
    };
    let at = |at| {
        let (name, text) = ("Ann".to_owned(), "hello".to_owned());
        next_message(&head, ROOM, at, address("ann"), name, text, Extras::default())
    };
    let early = at(Timestamp(0));
    assert_eq!((early.chat_id, early.at), (ChatId(5), NOON));
    assert_eq!(
        (early.room, early.author_name.as_str(), early.text.as_str()),
        (ROOM, "Ann", "hello")
    );
    assert_eq!(at(Timestamp(NOON.0 + 1)).at, Timestamp(NOON.0 + 1));
}

#[test]
fn a_leaving_of_unknown_time_says_the_earliest_and_who_comes_or_goes_is_noted() {
    let lost = Event::Part {
        user: address("ann"),
        reason: PartReason::Lost,
        not_before: Some(Timestamp(0)),
    };
    let part = seal(CHAIN, &Head::START, NOON, &Actor::System, &lost);
    assert_eq!(
        part.body,
        r#"{"notBefore":"1970-01-01T00:00:00.0000000Z","reason":"lost","user":"ann@example.test"}"#
    );
    let came = Event::Join {
        user: address("ann"),
        name: "Ann".to_owned(),
    };
    let join = seal(CHAIN, &Head::START, NOON, &Actor::System, &came);
    for (record, present) in [(part, false), (join, true)] {
        let user = address("ann");
        assert_eq!(record.presence, Some(Presence { user, present }));
    }
}
