//! Each kind of fault is seen, and nothing else is.

use super::*;

const RUN: u32 = 9;

fn stamp(sequence: u32) -> Option<Stamp> {
    Some(Stamp {
        run: RUN,
        sender: 0,
        sequence,
        due: u64::from(sequence) * 10 + 10,
    })
}

/// Endpoint 0, who posts, and endpoint 1, who listens, in one room.
struct Room {
    ledger: Ledger,
    cursors: [Cursor; 2],
    posted: Vec<Posted>,
}

impl Room {
    fn new(posts: usize) -> Self {
        let cursor = Cursor {
            joined: Some(1),
            ..Cursor::new(0)
        };
        Self {
            ledger: Ledger::new(RUN, 2),
            cursors: [cursor.clone(), cursor],
            posted: vec![Posted { room: 0, status: 200 }; posts],
        }
    }

    /// An endpoint gets post `sequence` under a number.
    fn see(&mut self, endpoint: u32, chat_id: u64, sequence: u32) {
        self.see_stamp(endpoint, chat_id, stamp(sequence));
    }

    fn see_stamp(&mut self, endpoint: u32, chat_id: u64, stamp: Option<Stamp>) {
        let cursor = &mut self.cursors[endpoint as usize];
        self.ledger.see(endpoint, cursor, chat_id, stamp, 1_000);
    }

    fn verdict(self) -> Verdict {
        let [first, second] = self.cursors;
        self.ledger.judge(&[
            Witness {
                endpoint: 0,
                stayed: true,
                cursors: vec![first],
                posted: self.posted,
            },
            Witness {
                endpoint: 1,
                stayed: true,
                cursors: vec![second],
                posted: Vec::new(),
            },
        ])
    }

    fn faults(self) -> Vec<(FaultKind, u64)> {
        self.verdict().faults.into_iter().collect()
    }
}

/// Both get all posts, the first under number 100.
fn whole(posts: u32) -> Room {
    let mut room = Room::new(posts as usize);
    for sequence in 0..posts {
        room.see(0, 100 + u64::from(sequence), sequence);
        room.see(1, 100 + u64::from(sequence), sequence);
    }
    room
}

#[test]
fn a_run_without_fault_is_clean() {
    let verdict = whole(5).verdict();
    assert!(verdict.is_clean(), "{:?}", verdict.examples);
    assert_eq!((verdict.messages, verdict.deliveries), (5, 10));
    assert_eq!(verdict.posts, BTreeMap::from([("200".to_owned(), 5)]));
}

#[test]
fn a_lost_message_is_seen_in_the_middle_at_the_beginning_and_at_the_end() {
    for left_out in 0..3 {
        let mut room = Room::new(3);
        for sequence in 0..3 {
            room.see(0, 100 + u64::from(sequence), sequence);
            if sequence != left_out {
                room.see(1, 100 + u64::from(sequence), sequence);
            }
        }
        let verdict = room.verdict();
        assert_eq!(
            verdict.faults,
            BTreeMap::from([(FaultKind::Lost, 1)]),
            "{left_out}"
        );
        let told = &verdict.examples[0];
        assert!(
            told.contains(&format!("endpoint 1, room 0, chatId {}", 100 + left_out)),
            "{told}"
        );
    }
}

#[test]
fn one_who_gets_nothing_at_all_has_lost_everything() {
    let mut room = Room::new(2);
    room.see(0, 100, 0);
    room.see(0, 101, 1);
    assert_eq!(room.faults(), [(FaultKind::Lost, 2)]);
}

#[test]
fn a_post_answered_200_that_nobody_gets_is_lost() {
    let mut room = whole(2);
    room.posted.push(Posted { room: 0, status: 200 });
    assert_eq!(room.faults(), [(FaultKind::Lost, 1)]);
}

#[test]
fn a_number_that_nobody_saw_is_lost() {
    let mut room = Room::new(2);
    for endpoint in 0..2 {
        room.see(endpoint, 100, 0);
        room.see(endpoint, 102, 1);
    }
    // Once for each of the two who skipped it, and once for the log.
    let verdict = room.verdict();
    assert_eq!(verdict.faults, BTreeMap::from([(FaultKind::Lost, 3)]));
    let told = "Lost: nobody got this message (room 0, chatId 101)";
    assert!(
        verdict.examples.iter().any(|example| example == told),
        "{verdict:?}"
    );
}

#[test]
fn a_duplicate_is_seen() {
    let mut room = whole(3);
    room.see(1, 101, 1);
    assert_eq!(room.faults(), [(FaultKind::Duplicate, 1)]);
}

#[test]
fn a_post_that_became_two_messages_is_seen() {
    let mut room = whole(2);
    room.see(0, 102, 1);
    room.see(1, 102, 1);
    assert_eq!(room.faults(), [(FaultKind::Duplicate, 1)]);
}

#[test]
fn a_reordering_is_seen() {
    let mut room = Room::new(3);
    for sequence in 0..3 {
        room.see(0, 100 + u64::from(sequence), sequence);
    }
    for sequence in [0, 2, 1] {
        room.see(1, 100 + u64::from(sequence), sequence);
    }
    assert_eq!(room.faults(), [(FaultKind::Reordered, 1)]);
}

#[test]
fn posts_of_one_sender_in_another_order_are_seen() {
    let mut room = Room::new(2);
    for endpoint in 0..2 {
        room.see(endpoint, 100, 1);
        room.see(endpoint, 101, 0);
    }
    assert_eq!(room.faults(), [(FaultKind::Reordered, 1)]);
}

#[test]
fn two_orders_are_seen() {
    let mut room = Room::new(2);
    room.see(0, 100, 0);
    room.see(0, 101, 1);
    room.see(1, 100, 1);
    room.see(1, 101, 0);
    assert_eq!(room.faults(), [(FaultKind::Foreign, 2)]);
}

#[test]
fn a_message_of_another_run_is_foreign() {
    let mut room = whole(1);
    room.see_stamp(
        0,
        101,
        Some(Stamp {
            run: RUN + 1,
            ..stamp(1).unwrap()
        }),
    );
    room.see_stamp(1, 101, None);
    assert_eq!(room.faults(), [(FaultKind::Foreign, 2)]);
}

#[test]
fn a_message_that_nobody_posted_is_foreign() {
    let mut room = whole(1);
    room.see(0, 101, 7);
    room.see(1, 101, 7);
    assert_eq!(room.faults(), [(FaultKind::Foreign, 1)]);
}

#[test]
fn a_message_in_the_wrong_room_is_foreign() {
    let mut room = whole(2);
    room.posted[1].room = 1;
    // And nobody is in the room that it was posted to, to miss it there.
    assert_eq!(room.faults(), [(FaultKind::Foreign, 1)]);
}

#[test]
fn a_refused_post_that_is_delivered_is_a_phantom() {
    let mut room = whole(2);
    room.posted[1].status = 503;
    assert_eq!(room.faults(), [(FaultKind::Phantom, 1)]);
}

#[test]
fn a_refused_post_that_is_not_delivered_is_no_fault() {
    let mut room = whole(2);
    room.posted.push(Posted { room: 0, status: 503 });
    let verdict = room.verdict();
    assert!(verdict.is_clean(), "{:?}", verdict.examples);
    assert_eq!(verdict.posts["503"], 1);
}

#[test]
fn a_post_without_an_answer_is_a_fault_unless_its_sender_has_gone() {
    let mut room = whole(1);
    room.posted.push(Posted {
        room: 0,
        status: UNANSWERED,
    });
    assert_eq!(room.faults(), [(FaultKind::Unanswered, 1)]);

    let room = whole(1);
    let gone = Witness {
        endpoint: 0,
        stayed: false,
        cursors: vec![room.cursors[0].clone()],
        posted: vec![
            Posted { room: 0, status: 200 },
            Posted {
                room: 0,
                status: UNANSWERED,
            },
        ],
    };
    assert!(room.ledger.judge(&[gone]).is_clean());
}

#[test]
fn one_who_left_may_have_missed_what_came_after() {
    let mut room = Room::new(3);
    for sequence in 0..3 {
        room.see(0, 100 + u64::from(sequence), sequence);
    }
    room.see(1, 100, 0);
    let witness = |endpoint: usize, stayed, posted: &[Posted]| Witness {
        endpoint: u32::try_from(endpoint).unwrap(),
        stayed,
        cursors: vec![room.cursors[endpoint].clone()],
        posted: posted.to_vec(),
    };
    let witnesses = [witness(0, true, &room.posted), witness(1, false, &[])];
    assert!(room.ledger.judge(&witnesses).is_clean());
}

#[test]
fn one_who_came_later_owes_nothing_to_what_was_before_and_everything_to_what_came_after() {
    let late = |joined, seen: &[u32]| {
        let mut room = Room::new(4);
        room.cursors[1].joined = Some(joined);
        for sequence in 0..4 {
            room.see(0, 100 + u64::from(sequence), sequence);
        }
        for sequence in seen {
            room.see(1, 100 + u64::from(*sequence), *sequence);
        }
        room.faults()
    };
    // Post 2 was due at 30.
    assert_eq!(late(30, &[3]), []);
    assert_eq!(late(30, &[2, 3]), []);
    assert_eq!(late(29, &[3]), [(FaultKind::Lost, 1)]);
    assert_eq!(late(29, &[]), [(FaultKind::Lost, 2)]);
    assert_eq!(late(40, &[]), []);
}

#[test]
fn whoever_has_the_newest_is_up_to_date() {
    let mut room = Room::new(2);
    assert!(room.ledger.is_up_to_date(&room.cursors[1]));
    room.see(0, 100, 0);
    assert!(!room.ledger.is_up_to_date(&room.cursors[1]));
    room.see(1, 100, 0);
    assert!(room.ledger.is_up_to_date(&room.cursors[1]));
    room.see(0, 101, 1);
    assert!(!room.ledger.is_up_to_date(&room.cursors[1]));
}

#[test]
fn the_time_to_the_last_copy_counts_from_when_a_post_was_due() {
    let mut room = Room::new(1);
    let cursors = &mut room.cursors;
    room.ledger.see(0, &mut cursors[0], 100, stamp(0), 1_000_010);
    room.ledger.see(1, &mut cursors[1], 100, stamp(0), 5_000_010);
    let summary = room.ledger.until_last(0..u64::MAX, 0..1).summary();
    assert_eq!(summary.count, 1);
    assert!((summary.max_ms - 5.0).abs() < 0.01, "{summary:?}");
    assert_eq!(room.ledger.until_last(11..u64::MAX, 0..1).summary().count, 0);
    assert_eq!(room.ledger.until_last(0..u64::MAX, 1..2).summary().count, 0);
    assert_eq!(room.ledger.until_last_by_second(), BTreeMap::from([(0, summary)]));
}

#[test]
fn who_is_slow_on_purpose_does_not_count_for_the_time() {
    let mut room = Room::new(1);
    let cursors = &mut room.cursors;
    room.ledger.see(1, &mut cursors[1], 100, stamp(0), 0);
    assert_eq!(room.ledger.until_last(0..u64::MAX, 0..1).summary().count, 0);
    room.ledger.see(0, &mut cursors[0], 100, stamp(0), 2_000_010);
    let summary = room.ledger.until_last(0..u64::MAX, 0..1).summary();
    assert!((summary.max_ms - 2.0).abs() < 0.01, "{summary:?}");
    assert!(room.verdict().is_clean());
}

#[test]
fn a_wild_number_costs_no_memory() {
    for number in [u64::MAX - 1, u64::MAX] {
        let mut room = whole(1);
        room.see(1, number, 0);
        room.see(1, number, 0);
        let faults = room.faults();
        assert!(faults.contains(&(FaultKind::Foreign, 2)), "{faults:?}");
    }
}

#[test]
fn the_greatest_number_of_all_is_no_number() {
    let mut room = Room::new(1);
    for endpoint in [0, 0, 1] {
        room.see(endpoint, u64::MAX, 0);
    }
    let faults = room.faults();
    assert!(faults.contains(&(FaultKind::Foreign, 3)), "{faults:?}");
}
