//! Whatever is done to a chain, verification finds it.

use crate::words::{CHAIN, NOON, ROOM, address, message};
use causerie_model::{Actor, ChainId, ChatId, Event, Hash, Head, PartReason, RoomId, Sealed, Timestamp};
use causerie_proof::chain::{Broken, Fault, verify};
use causerie_room::{advance, seal};
use proptest::prelude::*;

fn check(links: &[Sealed], start: Head) -> Result<Head, Broken> {
    verify(CHAIN, links, start)
}

fn fault(links: &[Sealed]) -> Option<(u64, Fault)> {
    check(links, Head::START)
        .err()
        .map(|broken| (broken.number, broken.fault))
}

/// What happens next, told by a number.
fn event(head: &Head, choice: u8, text: &str) -> Event {
    let user = address("ann");
    match choice % 5 {
        0 => Event::Join {
            user,
            name: text.to_owned(),
        },
        1 => Event::Part {
            user,
            reason: PartReason::Disconnected,
            not_before: None,
        },
        2 => Event::Backchat {
            user,
            query: text.to_owned(),
            shown: 3,
            seen: Vec::new(),
        },
        _ => Event::Chat {
            message: message(head, text),
            kept: choice.is_multiple_of(2),
        },
    }
}

fn chain(id: ChainId, events: &[(u8, i64, String)]) -> (Vec<Sealed>, Vec<Head>) {
    let (mut links, mut heads, mut head) = (Vec::new(), Vec::new(), Head::START);
    for (choice, at, text) in events {
        let event = event(&head, *choice, text);
        let record = seal(id, &head, Timestamp(*at), &Actor::User(address("ann")), &event);
        head = advance(&head, &record);
        links.push(Sealed::from(&record));
        heads.push(head);
    }
    (links, heads)
}

fn events(count: usize) -> impl Strategy<Value = Vec<(u8, i64, String)>> {
    // Few distinct times, so that the clock often stands or goes back.
    let event = (any::<u8>(), 0..5_i64, "[a-z \"\\\\é\u{1}]{0,6}");
    prop::collection::vec(event, 2..=count)
}

fn three() -> Vec<Sealed> {
    let text = String::new;
    chain(
        CHAIN,
        &[(0, 1, text()), (3, 2, "hello".to_owned()), (4, 3, text())],
    )
    .0
}

#[test]
fn each_fault_is_named_with_the_first_wrong_record() {
    let good = three();
    assert_eq!(fault(&good), None);
    assert_eq!(fault(&[]), None);

    let mut changed = good.clone();
    changed[1].body = changed[1].body.replace("hello", "hullo");
    assert_eq!(fault(&changed), Some((2, Fault::Content)));

    let mut missing = good.clone();
    missing.remove(1);
    assert_eq!(fault(&missing), Some((3, Fault::Gap { expected: 2 })));

    let mut twice = good.clone();
    twice.insert(1, good[0].clone());
    assert_eq!(fault(&twice), Some((1, Fault::Doubled)));

    let mut other = good.clone();
    other[2].previous = good[0].hash;
    assert_eq!(fault(&other), Some((3, Fault::Previous)));

    // A whole sound chain of another room in place of this one's.
    let foreign = chain(ChainId::Room(RoomId(8)), &[(0, 1, String::new())]).0;
    assert_eq!(fault(&foreign), Some((1, Fault::Foreign)));

    let mut elsewhere = good;
    elsewhere[2].chain = ChainId::Room(RoomId(8));
    assert_eq!(fault(&elsewhere), Some((3, Fault::Foreign)));
}

#[test]
fn a_record_that_was_sealed_out_of_order_is_found() {
    let system = Actor::System;
    let late = Head {
        at: NOON,
        ..Head::START
    };
    let first = seal(CHAIN, &late, NOON, &system, &event(&Head::START, 3, "a"));
    let head = advance(&Head::START, &first);

    // As by a server that let time or numbers go back.
    let forgot_time = Head {
        at: Timestamp(0),
        ..head
    };
    let early = seal(CHAIN, &forgot_time, Timestamp(1), &system, &event(&head, 0, ""));
    assert_eq!(
        fault(&[Sealed::from(&first), Sealed::from(&early)]),
        Some((2, Fault::Time))
    );
    let forgot_number = Head {
        chat_id: ChatId(0),
        ..head
    };
    let again = seal(CHAIN, &head, NOON, &system, &event(&forgot_number, 3, "b"));
    assert_eq!(
        fault(&[Sealed::from(&first), Sealed::from(&again)]),
        Some((2, Fault::ChatId))
    );
}

#[test]
fn the_first_wrong_record_is_told_in_words() {
    let tell = |chain, fault| {
        Broken {
            chain,
            number: 5,
            fault,
        }
        .to_string()
    };
    assert_eq!(
        tell(ChainId::Room(ROOM), Fault::Gap { expected: 3 }),
        "record 5 of room 7: the records from 3 on are missing before it"
    );
    assert_eq!(
        tell(ChainId::System, Fault::Content),
        "record 5 of the system: its content isn't what was recorded"
    );
}

#[derive(Clone, Copy, Debug)]
enum Field {
    Chain,
    ChainKind,
    Number,
    At,
    Actor,
    Kind,
    Body,
    /// A byte moves from the end of one text to the start of the next, so that the texts one after the other are the same.
    Border,
    Previous,
    Hash,
}

const FIELDS: [Field; 10] = [
    Field::Chain,
    Field::ChainKind,
    Field::Number,
    Field::At,
    Field::Actor,
    Field::Kind,
    Field::Body,
    Field::Border,
    Field::Previous,
    Field::Hash,
];

fn change(link: &mut Sealed, field: Field, bit: usize) {
    let flip = |hash: &mut Hash| hash.0[bit / 8 % 32] ^= 1 << (bit % 8);
    match field {
        Field::Chain => link.chain = ChainId::Room(RoomId(ROOM.0 ^ (1 << (bit % 63)))),
        Field::ChainKind => link.chain = ChainId::System,
        Field::Number => link.number ^= 1 << (bit % 64),
        Field::At => link.at.0 ^= 1 << (bit % 64),
        Field::Actor => link.actor.push('x'),
        Field::Kind => link.kind.push('x'),
        Field::Body => {
            let place = link
                .body
                .char_indices()
                .nth(bit % link.body.chars().count())
                .unwrap()
                .0;
            link.body.insert(place, ' ');
        }
        Field::Border => {
            let last = link.kind.pop().unwrap();
            link.body.insert(0, last);
        }
        Field::Previous => flip(&mut link.previous),
        Field::Hash => flip(&mut link.hash),
    }
}

proptest! {
    #[test]
    fn what_was_sealed_verifies_from_any_head(events in events(8)) {
        let (links, heads) = chain(CHAIN, &events);
        prop_assert_eq!(check(&links, Head::START), Ok(*heads.last().unwrap()));
        for (after, head) in heads.iter().enumerate() {
            prop_assert_eq!(check(&links[after + 1..], *head), Ok(*heads.last().unwrap()));
        }
    }

    #[test]
    fn one_changed_field_is_found_where_it_is(
        events in events(8),
        place in any::<prop::sample::Index>(),
        field in prop::sample::select(FIELDS.as_slice()),
        bit in 0..256_usize,
    ) {
        let (mut links, _) = chain(CHAIN, &events);
        let place = place.index(links.len());
        change(&mut links[place], field, bit);
        let broken = check(&links, Head::START).unwrap_err();
        // A chain is known by its first record: if that one says it is elsewhere, its content is what's wrong.
        prop_assert_eq!((broken.chain, broken.number), (links[place].chain, links[place].number));
    }

    #[test]
    fn a_forger_who_computes_the_hash_anew_is_found_at_the_next_record(
        events in events(8),
        place in any::<prop::sample::Index>(),
    ) {
        let (mut links, heads) = chain(CHAIN, &events);
        let place = place.index(links.len());
        let before = place.checked_sub(1).map_or(Head::START, |before| heads[before]);
        let forged = Event::Changed {
            what: String::new(), target: String::new(), before: String::new(), after: String::new(), origin: String::new(), subject: None,
        };
        let record = seal(CHAIN, &before, links[place].at, &Actor::System, &forged);
        links[place] = Sealed::from(&record);
        match check(&links, Head::START) {
            Err(broken) => prop_assert_eq!((broken.number, broken.fault), (place as u64 + 2, Fault::Previous)),
            // Nothing follows the last record but a signed head.
            Ok(head) => {
                prop_assert_eq!(place + 1, links.len());
                prop_assert_ne!(head, *heads.last().unwrap());
            }
        }
    }

    #[test]
    fn records_removed_added_or_swapped_are_found(
        events in events(8),
        one in any::<prop::sample::Index>(),
        two in any::<prop::sample::Index>(),
    ) {
        let (links, heads) = chain(CHAIN, &events);
        let (one, two) = (one.index(links.len()), two.index(links.len()));

        let mut removed = links.clone();
        removed.remove(one);
        match check(&removed, Head::START) {
            Err(broken) => prop_assert_eq!(broken.fault, Fault::Gap { expected: one as u64 + 1 }),
            Ok(head) => {
                prop_assert_eq!(one + 1, links.len(), "only the end can be cut off");
                prop_assert_ne!(head, *heads.last().unwrap());
            }
        }

        let mut added = links.clone();
        added.insert(two, links[one].clone());
        prop_assert!(check(&added, Head::START).is_err());

        let (foreign, _) = chain(ChainId::Room(RoomId(8)), &events);
        let mut replaced = links.clone();
        replaced[one] = foreign[one].clone();
        prop_assert!(check(&replaced, Head::START).is_err());

        if one != two {
            let mut swapped = links;
            swapped.swap(one, two);
            prop_assert!(check(&swapped, Head::START).is_err());
        }
    }
}
