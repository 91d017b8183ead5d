//! What one user could have read, against a model that watches over his shoulder.

use crate::world::{World, address, olga, quiet};
use causerie_compliance::{Page, Reading};
use causerie_model::{Actor, ChainId, Event, Head, RoomId, Sealed, Timestamp};
use causerie_records::{Addition, Records, Retirement};
use proptest::prelude::*;
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug)]
enum Step {
    Join(bool),
    Part(bool, bool),
    Post,
    /// Replaces or removes a message, by a fraction of 8.
    Delete(bool, u64),
    /// Shows a range of the room's messages, by fractions of 8.
    Show(bool, u64, u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        any::<bool>().prop_map(Step::Join),
        any::<(bool, bool)>().prop_map(|(him, lost)| Step::Part(him, lost)),
        Just(Step::Post),
        Just(Step::Post),
        (any::<bool>(), 0..8u64).prop_map(|(replaced, which)| Step::Delete(replaced, which)),
        (any::<bool>(), 0..8u64, 0..8u64).prop_map(|(him, a, b)| Step::Show(him, a.min(b), a.max(b))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn it_is_what_he_was_sent_or_shown(
        steps in proptest::collection::vec((1..4i64, 0..3i64, step()), 0..60),
        from in 0..60i64,
        long in 1..60i64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(steps, from, from + long))?;
    }
}

async fn check(steps: Vec<(i64, i64, Step)>, from: i64, until: i64) -> Result<(), TestCaseError> {
    let mut world = World::new().await;
    let (mut records, mut at) = (Vec::new(), 0);
    // Who is there, by room and whether it is him; messages by room: position.
    let mut present: BTreeSet<(i64, bool)> = BTreeSet::new();
    let mut messages: Vec<Vec<u64>> = vec![Vec::new(); 4];
    // Records of replacements: room, number of the message, position.
    let mut replaced: Vec<(i64, u64, u64)> = Vec::new();
    let (mut readable, mut lost) = (BTreeSet::new(), 0);
    for (room, later, step) in steps {
        at += later;
        let inside = (from..until).contains(&at);
        let name = |him: bool| if him { "ann" } else { "bob" };
        let position = records.len() as u64 + 1;
        match step {
            Step::Join(him) if present.insert((room, him)) => records.push(world.join(room, at, name(him))),
            Step::Part(him, is_lost) if present.remove(&(room, him)) => {
                records.push(world.part(room, at, name(him), is_lost.then_some(at - 1)));
                lost += u64::from(him && is_lost && inside);
            }
            Step::Post => {
                records.push(world.chat(room, at, "carl", "text"));
                messages[room as usize].push(position);
                if inside && present.contains(&(room, true)) {
                    readable.insert(position);
                }
            }
            Step::Delete(replace, which) => {
                let number = which * messages[room as usize].len() as u64 / 8 + 1;
                if number <= messages[room as usize].len() as u64 {
                    records.push(world.delete(room, at, number, replace.then_some("better")));
                    if replace {
                        replaced.push((room, number, position));
                    }
                }
            }
            Step::Show(him, first, last) => {
                let there = &messages[room as usize];
                let (first, last) = (first * there.len() as u64 / 8 + 1, last * there.len() as u64 / 8);
                if first <= last {
                    records.push(world.backchat(room, at, name(him), &format!("{first}-{last}")));
                    if him && inside {
                        readable.extend((first..=last).map(|number| there[number as usize - 1]));
                        let shown = replaced
                            .iter()
                            .filter(|(of, number, _)| *of == room && (first..=last).contains(number));
                        readable.extend(shown.map(|(_, _, position)| position));
                    }
                }
            }
            _ => {}
        }
    }
    if !records.is_empty() {
        world.store(records).await;
    }
    let reading = Reading {
        user: address("ann"),
        from: Timestamp(from),
        until: Timestamp(until),
    };
    let (mut page, mut shown) = (Page { after: 0, count: 3 }, BTreeSet::new());
    loop {
        let reads = world
            .service
            .reads(&olga(), &reading, page, &quiet)
            .await
            .unwrap();
        prop_assert_eq!(reads.found.records, readable.len() as u64);
        prop_assert_eq!(reads.rooms.values().map(|room| room.lost).sum::<u64>(), lost);
        shown.extend(reads.found.shown.iter().map(|stored| stored.position));
        let Some(last) = reads.found.shown.last() else {
            break;
        };
        page.after = last.position;
    }
    prop_assert_eq!(shown, readable);
    Ok(())
}

#[tokio::test]
async fn who_leaves_after_an_entering_that_is_gone_was_there_since_he_left_before() {
    let mut world = World::new().await;
    let records = vec![
        world.join(1, 1, "ann"),
        world.chat(1, 2, "bob", "while there"),
        world.part(1, 3, "ann", None),
        world.chat(1, 4, "bob", "perhaps while there"),
        world.join(1, 5, "ann"),
        world.chat(1, 6, "bob", "while there again"),
        world.part(1, 7, "ann", None),
        world.chat(1, 8, "bob", "after"),
    ];
    world.store(records).await;
    let mut gone = Head::START;
    let retired = Event::Retired {
        messages: String::new(),
        chain: ChainId::Room(RoomId(1)),
        first: 5,
        last: 5,
        records: 1,
        rule: "global".to_owned(),
    };
    let record = causerie_room::seal(ChainId::Compliance, &gone, Timestamp(9), &Actor::System, &retired);
    gone = causerie_room::advance(&gone, &record);
    assert_eq!(gone.record, 1);
    let addition = Addition {
        records: vec![Sealed::from(&record)],
        retired: vec![Retirement {
            chain: ChainId::Room(RoomId(1)),
            numbers: vec![5],
        }],
        ..Addition::default()
    };
    world.records.append(&addition).await.unwrap();
    let reading = Reading {
        user: address("ann"),
        from: Timestamp(0),
        until: Timestamp(10),
    };
    let page = Page { after: 0, count: 10 };
    let reads = world
        .service
        .reads(&olga(), &reading, page, &quiet)
        .await
        .unwrap();
    let shown: Vec<u64> = reads.found.shown.iter().map(|stored| stored.position).collect();
    assert_eq!((shown, reads.retired), (vec![2, 4, 6], 1));
}

#[tokio::test]
async fn it_is_exported_as_counted() {
    let mut world = World::new().await;
    let records = vec![
        world.chat(1, 1, "bob", "before, and shown"),
        world.chat(1, 2, "bob", "before"),
        world.join(1, 3, "ann"),
        world.chat(1, 4, "bob", "while there"),
        world.backchat(1, 5, "ann", "1"),
        world.part(1, 6, "ann", None),
        world.chat(1, 7, "bob", "after"),
    ];
    world.store(records).await;
    let reading = Reading {
        user: address("ann"),
        from: Timestamp(4),
        until: Timestamp(8),
    };
    let exported = world
        .service
        .export_reads(&olga(), &reading, &world.request(), false, &quiet)
        .await
        .unwrap();
    assert_eq!(exported.found.records, 2);
    let folder = std::path::PathBuf::from(world.out("exports")).join(exported.batch.unwrap());
    let lines = std::fs::read_to_string(folder.join("records.ndjson")).unwrap();
    assert_eq!(lines.lines().count(), 2);
    assert!(lines.contains("while there") && lines.contains("before, and shown"));
    let what: Vec<_> = world
        .own("QUERIED")
        .await
        .iter()
        .map(|body| body["what"].clone())
        .collect();
    assert_eq!(what, ["reads.export"]);
    // Somebody who was nowhere could read nothing, and no batch says otherwise.
    let reading = Reading {
        user: address("zoe"),
        ..reading
    };
    let exported = world
        .service
        .export_reads(&olga(), &reading, &world.request(), false, &quiet)
        .await
        .unwrap();
    assert_eq!((exported.batch, exported.found.records), (None, 0));
}

#[tokio::test]
async fn who_is_shown_a_message_after_it_was_replaced_read_the_replacement() {
    let mut world = World::new().await;
    let records = vec![
        world.chat(1, 1, "bob", "original"),
        world.backchat(1, 2, "ann", "1"),
        world.delete(1, 3, 1, Some("replaced")),
        world.backchat(1, 4, "eve", "1"),
        world.delete(1, 5, 1, None),
    ];
    world.store(records).await;
    for (user, expected) in [("ann", vec![1]), ("eve", vec![1, 3])] {
        let reading = Reading {
            user: address(user),
            from: Timestamp(0),
            until: Timestamp(10),
        };
        let page = Page { after: 0, count: 10 };
        let reads = world
            .service
            .reads(&olga(), &reading, page, &quiet)
            .await
            .unwrap();
        let shown: Vec<u64> = reads.found.shown.iter().map(|stored| stored.position).collect();
        assert_eq!(
            (shown, reads.found.records),
            (expected.clone(), expected.len() as u64),
            "{user}"
        );
        let exported = world
            .service
            .export_reads(&olga(), &reading, &world.request(), true, &quiet)
            .await
            .unwrap();
        assert_eq!(exported.found.records, expected.len() as u64, "{user}");
    }
}
