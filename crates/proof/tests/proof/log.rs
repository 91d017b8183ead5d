//! Whatever is done to the database of records, verification finds the first thing that is wrong.

use crate::world::{OTHER, ROOM, World, key};
use causerie_model::{ChainId, Hash};
use causerie_proof::{
    Content, LogVerifier, PublicKey, SignedCheckpoint, SigningKey, Stored,
    log::{Verified, Wrong},
};
use proptest::prelude::*;

fn feed(
    records: &[Stored],
    checkpoints: &[SignedCheckpoint],
    trusted: Option<PublicKey>,
    anchors: &[SignedCheckpoint],
) -> Result<Verified, Wrong> {
    let run = |early: bool| {
        let mut verifier = LogVerifier::new(trusted, anchors.iter().cloned());
        checkpoints
            .iter()
            .for_each(|checkpoint| verifier.checkpoint(checkpoint));
        for stored in records {
            if early && !verifier.wants_more() {
                break;
            }
            verifier.record(stored);
        }
        verifier.finish()
    };
    let outcome = run(false);
    assert_eq!(outcome, run(true), "to stop early changes nothing");
    outcome
}

fn check(world: &World) -> Result<Verified, Wrong> {
    feed(&world.records, &world.checkpoints, Some(key(1).public()), &[])
}

pub(crate) fn words(world: &World) -> String {
    check(world).map_or_else(|wrong| wrong.to_string(), |_| String::new())
}

fn changed(change: impl Fn(&mut World)) -> String {
    let mut world = World::small();
    change(&mut world);
    words(&world)
}

/// Gives a record the hash of what it says.
fn reseal(stored: &mut Stored) {
    stored.record.hash = Content::of(&stored.record).hash();
}

fn renumber(world: &mut World) {
    for (place, stored) in world.records.iter_mut().enumerate() {
        stored.position = place as u64 + 1;
    }
}

#[test]
fn what_was_recorded_verifies() {
    let mut world = World::small();
    world.chat(ROOM, "later");
    let verified = check(&world).unwrap();
    assert_eq!(
        verified,
        Verified {
            records: 9,
            chains: 4,
            checkpoints: 2,
            covered_up_to: 8,
            set_aside: 0,
            retired: 0
        }
    );
    assert_eq!(verified.not_yet_covered(), 1);
    let anchors = world.checkpoints.clone();
    let root = Some(key(1).public());
    assert!(feed(&world.records, &world.checkpoints, root, &anchors).is_ok());
    assert!(feed(&[], &[], Some(key(1).public()), &[]).is_ok());
}

#[test]
fn each_fault_is_named() {
    let cases: Vec<(String, &str)> = vec![
        (
            changed(|w| {
                w.records.remove(2);
            }),
            "position 3: nothing is there",
        ),
        (
            changed(|w| {
                w.records.truncate(6);
            }),
            "position 7: nothing is there, nor at the positions up to 8",
        ),
        (
            changed(|w| w.records.insert(3, w.records[2].clone())),
            "position 3: this position was there already: a record was added or moved",
        ),
        (
            changed(|w| {
                w.records.remove(2);
                renumber(w);
            }),
            "record 3 of room 3 (position 4): before it were removed: 2",
        ),
        (
            changed(|w| {
                w.records.swap(2, 4);
                renumber(w);
            }),
            "record 3 of room 3 (position 3): record 2 of the same chain comes only after it, at position 5: they were reordered",
        ),
        (
            changed(|w| {
                let copy = w.records[2].clone();
                w.records.insert(4, copy);
                renumber(w);
            }),
            "record 2 of room 3 (position 5): a record of this number was there already: one of them was added",
        ),
        (
            changed(|w| w.records[2].record.body = "{}".to_owned()),
            "record 2 of room 3 (position 3): its content isn't what was recorded",
        ),
        (
            changed(|w| {
                w.records[2].record.actor = "x".to_owned();
                reseal(&mut w.records[2]);
            }),
            "checkpoint 1: the records that it covers, at positions 1 to 4, aren't those that it was made over: some were changed, removed, added or moved",
        ),
        (
            changed(|w| {
                w.checkpoints.clear();
                w.records[2].record.actor = "x".to_owned();
                reseal(&mut w.records[2]);
            }),
            "record 3 of room 3 (position 5): the record before it isn't the one that it was made after",
        ),
        (
            changed(|w| {
                w.records[4].record.at.0 = 0;
                reseal(&mut w.records[4]);
            }),
            "record 3 of room 3 (position 5): its time is before that of the record before it",
        ),
        (
            changed(|w| {
                w.records[4].record.body = r#"{"chatId":4}"#.to_owned();
                reseal(&mut w.records[4]);
            }),
            "record 3 of room 3 (position 5): its message doesn't have the next number",
        ),
        (
            changed(|w| {
                w.retire(3);
            }),
            "record 2 of room 3 (position 3): its content is gone, and no RETIRED record tells of it",
        ),
        (
            changed(|w| {
                w.records.swap(1, 2);
                renumber(w);
            }),
            "checkpoint 1: the records that it covers, at positions 1 to 4",
        ),
        (
            changed(|w| {
                w.checkpoints.remove(0);
            }),
            "checkpoint 2: the checkpoints from 1 on are missing before it",
        ),
        (
            changed(|w| w.checkpoints.swap(0, 1)),
            "checkpoint 2: the checkpoints from 1 on are missing before it",
        ),
        (
            changed(|w| w.checkpoints.insert(1, w.checkpoints[0].clone())),
            "checkpoint 1: a checkpoint of this number was there already, or it is out of order",
        ),
        (
            changed(|w| w.checkpoints[1].signature[0] ^= 1),
            "checkpoint 2: its signature isn't right",
        ),
        (
            changed(|w| {
                let mut c = w.checkpoints[1].checkpoint.clone();
                c.previous = Hash([1; 32]);
                w.checkpoints[1] = c.sign(&key(2));
            }),
            "checkpoint 2: the checkpoint before it isn't the one that it was made after",
        ),
        (
            changed(|w| {
                let mut c = w.checkpoints[1].checkpoint.clone();
                c.after = 3;
                w.checkpoints[1] = c.sign(&key(2));
            }),
            "checkpoint 2: it doesn't begin where the one before it ends, or is earlier than that",
        ),
        (
            changed(|w| {
                let c = w.checkpoints[1].checkpoint.clone();
                w.checkpoints[1] = c.sign(&key(1));
            }),
            "checkpoint 2: it is signed by the key ",
        ),
    ];
    for (said, expected) in cases {
        assert!(said.starts_with(expected), "{said}\n{expected}");
    }
}

#[test]
fn trust_goes_forward_from_the_root_alone() {
    let not_his_turn = |world: &World, root: &SigningKey, number: u64, signer: &SigningKey| {
        let found = feed(&world.records, &world.checkpoints, Some(root.public()), &[]).unwrap_err();
        assert_eq!(
            found.to_string(),
            format!(
                "checkpoint {number}: it is signed by the key {}, not by the one whose turn it was",
                signer.public().id()
            )
        );
    };
    let world = World::small();
    not_his_turn(&world, &key(5), 1, &key(1));
    // The first checkpoint is none of the second key's, and by nothing that this key says.
    not_his_turn(&world, &key(2), 1, &key(1));
    // A stranger writes everything anew and names the key of the service, which then goes on.
    let mut forged = World::default();
    forged
        .chat(ROOM, "other")
        .checkpoint(&key(5), Some(&key(1)))
        .chat(ROOM, "two")
        .checkpoint(&key(1), None);
    not_his_turn(&forged, &key(1), 1, &key(5));
    assert!(feed(&forged.records, &forged.checkpoints, None, &[]).is_ok());
}

#[test]
fn what_was_written_down_elsewhere_must_be_there() {
    let world = World::small();
    let cut = |anchors: &[SignedCheckpoint]| {
        feed(&world.records[..4], &world.checkpoints[..1], None, anchors).map_err(|wrong| wrong.to_string())
    };
    assert!(
        cut(&[]).is_ok(),
        "nothing in the database tells of what came later"
    );
    assert_eq!(
        cut(&world.checkpoints).unwrap_err(),
        "checkpoint 2, as it was written down elsewhere: the database ends before it: it was rolled back or cut"
    );
    for left in [&world.records[..0], &world.records] {
        let none = feed(left, &[], Some(key(1).public()), &world.checkpoints).unwrap_err();
        assert_eq!(
            none.to_string(),
            "checkpoint 1, as it was written down elsewhere: the database ends before it: it was rolled back or cut"
        );
    }
    // Who has the keys writes everything anew, but what is elsewhere he can't reach.
    let mut anew = World::default();
    anew.chat(ROOM, "other")
        .checkpoint(&key(1), Some(&key(2)))
        .chat(ROOM, "two")
        .checkpoint(&key(2), None);
    assert!(feed(&anew.records, &anew.checkpoints, Some(key(1).public()), &[]).is_ok());
    let found = feed(&anew.records, &anew.checkpoints, None, &world.checkpoints[1..]).unwrap_err();
    assert_eq!(
        found.to_string(),
        "checkpoint 2, as it was written down elsewhere: the database has another one in its place: it was rewritten"
    );
    let mut unsigned = world.checkpoints[0].clone();
    unsigned.signature[5] ^= 1;
    let found = feed(&world.records, &world.checkpoints, None, &[unsigned]).unwrap_err();
    assert_eq!(
        found.to_string(),
        "checkpoint 1, as it was written down elsewhere: its signature isn't right"
    );
}

#[test]
fn what_is_gone_must_be_told_of() {
    let retired = |first: u64, last: u64, records: u64, gone: &[u64]| {
        let mut world = World::small();
        world.add(
            ChainId::Compliance,
            "RETIRED",
            &format!(r#"{{"chain":"room:3","first":{first},"last":{last},"records":{records}}}"#),
        );
        gone.iter().for_each(|position| {
            world.retire(*position);
        });
        words(&world)
    };
    // Records 1, 2 and 3 of the room are at positions 1, 3 and 5.
    assert_eq!(retired(1, 2, 2, &[1, 3]), "");
    assert_eq!(retired(1, 2, 2, &[3]), "", "what is still there does no harm");
    // Ranges are kept, with the place of the first only.
    assert!(retired(1, 2, 2, &[1, 3, 5]).starts_with("record 3 of room 3: its content is gone"));
    assert!(retired(1, 1, 1, &[1, 5]).starts_with("record 3 of room 3 (position 5): its content is gone"));
    assert!(retired(2, 2, 1, &[1, 3]).starts_with("record 1 of room 3 (position 1): its content is gone"));
    assert_eq!(
        retired(1, 3, 2, &[1, 3, 5]),
        "record 3 of room 3 (position 5): up to it the contents of 3 records of its chain are gone, and RETIRED records tell of 2"
    );
    assert!(retired(2, 1, 9, &[3]).contains("no RETIRED record"));
    assert!(
        retired(1, u64::MAX, 9, &[2]).starts_with("record 1 of room 4 (position 2): its content is gone")
    );
    // Of the system and of the compliance service nothing goes, nor does every kind of a room.
    let kept = "its content is gone, and that of such a record never goes";
    for (position, place) in [
        (4, "record 1 of the system"),
        (7, "record 1 of the compliance service"),
    ] {
        let said = retired(1, 2, 1, &[position]);
        assert_eq!(said, format!("{place} (position {position}): {kept}"));
    }
    let mut world = World::small();
    world.add(ROOM, "CHANGED", "{}").retire(9);
    let told = r#"{"chain":"room:3","first":5,"last":5,"records":1}"#;
    world.add(ChainId::Compliance, "RETIRED", told);
    assert_eq!(words(&world), format!("record 5 of room 3 (position 9): {kept}"));

    let aside = |told: Option<&str>, first: bool| {
        let mut world = World::default();
        world.chat(ROOM, "one").skip(ROOM);
        if first {
            told.map(|body| world.add(ChainId::Compliance, "SETASIDE", body));
        }
        world.chat(ROOM, "three");
        if !first {
            told.map(|body| world.add(ChainId::Compliance, "SETASIDE", body));
        }
        world.chat(OTHER, "x");
        words(world.checkpoint(&key(1), None))
    };
    for first in [true, false] {
        assert_eq!(aside(Some(r#"{"chain":"room:3","number":2}"#), first), "");
        let removed = format!(
            "record 3 of room 3 (position {}): before it were removed: 2",
            2 + u64::from(first)
        );
        assert_eq!(aside(Some(r#"{"chain":"room:3","number":9}"#), first), removed);
        assert_eq!(aside(Some(r#"{"chain":"room:4","number":2}"#), first), removed);
    }
    assert!(aside(None, true).contains("before it were removed: 2"));
}

fn keys(rotate: bool) -> (SigningKey, Option<SigningKey>) {
    (key(1), rotate.then(|| key(1)))
}

proptest! {
    #[test]
    fn any_change_of_a_covered_record_is_found(rooms in prop::collection::vec(any::<bool>(), 4..20), at in any::<prop::sample::Index>(), with in any::<prop::sample::Index>(), how in 0..6_u8, rotate in any::<bool>()) {
        let mut world = World::default();
        for (count, room) in rooms.iter().enumerate() {
            world.chat(if *room { ROOM } else { OTHER }, "x");
            if count % 3 == 2 {
                let (signer, next) = keys(rotate);
                world.checkpoint(&signer, next.as_ref());
            }
        }
        world.checkpoint(&key(1), None);
        prop_assert_eq!(words(&world), "");
        let (at, with) = (at.index(rooms.len()), with.index(rooms.len()));
        match how {
            0 => { world.records.remove(at); }
            1 => { world.records.remove(at); renumber(&mut world); }
            2 => { let copy = world.records[at].clone(); world.records.insert(with, copy); renumber(&mut world); }
            3 => { prop_assume!(at != with); world.records.swap(at, with); renumber(&mut world); }
            4 => { world.records[at].record.body.push(' '); reseal(&mut world.records[at]); }
            _ => { world.retire(at as u64 + 1); }
        }
        prop_assert_ne!(words(&world), "");
    }
}
