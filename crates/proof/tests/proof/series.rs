//! Of several exports none may be missing, and they must fit together.

use crate::export::{script, write};
use crate::world::{Export, OTHER, ROOM, World, hash, key};
use causerie_model::ChainId;
use causerie_proof::{
    Manifest,
    export::{Series, Stretch, verify},
};

/// The verdict, to which the script comes too.
fn series(exports: &[&Export]) -> Result<Vec<Stretch>, String> {
    let mut series = Series::default();
    for export in exports {
        series.add(&verify(*export, &key(1).public(), &mut |_, _| {}).unwrap());
    }
    let found = series.finish().map_err(|wrong| wrong.to_string());
    let dir = tempfile::tempdir().unwrap();
    for (count, export) in exports.iter().enumerate() {
        write(export, &dir.path().join(count.to_string()));
    }
    let (sound, said) = script(dir.path(), &key(1));
    assert_eq!(sound, found.is_ok(), "{said}");
    if let Err(wrong) = &found {
        assert!(said.contains(&format!("WRONG: {wrong}")), "{said}");
    }
    found
}

/// The same for another adapter or under another name.
fn named(mut export: Export, of: &str, batch: &str) -> Export {
    let mut manifest: Manifest = serde_json::from_slice(&export.0["manifest.json"]).unwrap();
    manifest.of = of.to_owned();
    manifest.batch = batch.to_owned();
    export.sign(&manifest, &key(1));
    export
}

fn told(world: &mut World, export: &Export) {
    let manifest: Manifest = serde_json::from_slice(&export.0["manifest.json"]).unwrap();
    let body = format!(
        r#"{{"after":{},"batch":"{}","manifest":"{}","of":"{}","records":{},"upTo":{}}}"#,
        manifest.after,
        manifest.batch,
        hash(&export.0["manifest.json"]),
        manifest.of,
        manifest.records,
        manifest.up_to
    );
    world.add(ChainId::Compliance, "EXPORTED", &body);
}

/// Three nights, each of three messages and what tells of the export before.
fn nights() -> (World, Vec<Export>) {
    let (mut world, mut exports) = (World::default(), Vec::<Export>::new());
    for night in 1..=3 {
        let after = world.records.len() as u64;
        world.chat(ROOM, "one").chat(OTHER, "two").chat(ROOM, "three");
        if let Some(last) = exports.last() {
            told(&mut world, last);
        }
        world.checkpoint(&key(1), None);
        let export = world.export(after, world.records.len() as u64, None, &key(1));
        exports.push(named(export, "night", &format!("night-{night}")));
    }
    (world, exports)
}

#[test]
fn a_missing_export_is_found() {
    let (mut world, nights) = nights();
    let [one, two, three] = &nights[..] else {
        unreachable!()
    };
    let stretch = |exports, after, up_to| {
        Ok(vec![Stretch {
            of: "night".to_owned(),
            exports,
            after,
            up_to,
        }])
    };
    assert_eq!(series(&[three, one, two, two]), stretch(3, 0, 11));
    assert_eq!(series(&[two, three]), stretch(2, 3, 11));
    assert_eq!(
        series(&[one, three]).unwrap_err(),
        "night: no export here has the positions 4 to 7: one is missing"
    );
    // Only what comes later can tell that the last one is missing: another adapter's export does.
    assert!(series(&[one, two]).is_ok());
    told(&mut world, three);
    world.checkpoint(&key(1), None);
    let other = named(world.export(11, 12, None, &key(1)), "day", "day-1");
    assert_eq!(
        series(&[one, two, &other]).unwrap_err(),
        "night-3: it is missing: an EXPORTED record tells of it, with the positions 8 to 11"
    );
    assert_eq!(series(&[one, two, three, &other]).unwrap().len(), 2);
    assert_eq!(
        series(&[&other]).unwrap().len(),
        1,
        "other adapters aren't asked for"
    );
}

/// Three nights, what tells of them, a record that says `adapter.restart`, and the same positions exported once more: as
/// `{again}-1`, `{again}-2` and `last`, which has the restart and what tells of the two before it.
fn anew(again: &str, chain: ChainId, target: &str) -> (Vec<Export>, Vec<Export>) {
    let (mut world, nights) = nights();
    told(&mut world, &nights[2]);
    let restart = format!(
        r#"{{"after":"{{}}","before":"{{}}","origin":"unix","target":"{target}","what":"adapter.restart"}}"#
    );
    world.add(chain, "CHANGED", &restart);
    let mut since = Vec::new();
    for (after, up_to) in [(0, 3), (3, 7), (7, 15)] {
        if up_to == 15 {
            world.checkpoint(&key(1), None);
        }
        let mut export = world.export(after, up_to, None, &key(1));
        let mut manifest: Manifest = serde_json::from_slice(&export.0["manifest.json"]).unwrap();
        manifest.at = "2026-02-02T00:00:00Z".to_owned();
        export.sign(&manifest, &key(1));
        let batch = match up_to {
            15 => "last".to_owned(),
            _ => format!("{again}-{}", since.len() + 1),
        };
        let export = named(export, "night", &batch);
        if up_to < 15 {
            told(&mut world, &export);
        }
        since.push(export);
    }
    (nights, since)
}

#[test]
fn what_was_exported_before_a_restart_is_not_asked_for() {
    for again in ["again", "night"] {
        let (before, since) = anew(again, ChainId::Compliance, "night");
        let [one, two, three] = &since[..] else {
            unreachable!()
        };
        let whole = |exports| {
            Ok(vec![Stretch {
                of: "night".to_owned(),
                exports,
                after: 0,
                up_to: 15,
            }])
        };
        assert_eq!(series(&[three, one, two]), whole(3));
        assert_eq!(series(&[one, two, three, &before[1]]), whole(4));
        let all: Vec<&Export> = before.iter().chain(&since).collect();
        assert_eq!(series(&all), whole(6));
        assert_eq!(
            series(&[one, three]).unwrap_err(),
            "night: no export here has the positions 4 to 7: one is missing"
        );
    }
    // A restart of another adapter, or what a room's record calls one, lets nothing be forgotten.
    for (chain, target) in [(ChainId::Compliance, "day"), (ROOM, "night")] {
        let (_, since) = anew("again", chain, target);
        let since: Vec<&Export> = since.iter().collect();
        assert_eq!(
            series(&since).unwrap_err(),
            "night-1: it is missing: an EXPORTED record tells of it, with the positions 1 to 3"
        );
    }
}

#[test]
fn an_export_of_before_a_restart_stands_for_none_of_after_it() {
    for again in ["again", "night"] {
        let (before, since) = anew(again, ChainId::Compliance, "night");
        // By the positions nothing is missing.
        for (missing, positions) in [(0, "1 to 3"), (1, "4 to 7")] {
            let mut some: Vec<&Export> = since.iter().collect();
            some[missing] = &before[missing];
            assert_eq!(
                series(&some).unwrap_err(),
                format!(
                    "{again}-{}: it is missing: an EXPORTED record tells of it, with the positions {positions}",
                    missing + 1
                )
            );
        }
    }
}

#[test]
fn exports_that_don_t_fit_together_are_found() {
    let (world, nights) = nights();
    let [one, two, three] = &nights[..] else {
        unreachable!()
    };
    // Made anew by who has the key.
    let again = named(world.export(0, 3, None, &key(1)), "night", "night-1");
    assert_eq!(
        series(&[&again, two, three]).map(|all| all.len()),
        Ok(1),
        "the same bytes"
    );
    let anew = {
        let mut manifest: Manifest = serde_json::from_slice(&one.0["manifest.json"]).unwrap();
        manifest.at = "2026-02-02T00:00:00Z".to_owned();
        let mut export = one.clone();
        export.sign(&manifest, &key(1));
        export
    };
    assert_eq!(
        series(&[&anew, two]).unwrap_err(),
        "night-1: its manifest isn't the one that an EXPORTED record tells of"
    );
    let mut other = World::default();
    other.chat(ROOM, "else").chat(OTHER, "two").chat(ROOM, "three");
    other.checkpoint(&key(1), None);
    let other = named(other.export(0, 3, None, &key(1)), "night", "night-1");
    assert_eq!(
        series(&[&other, two]).unwrap_err(),
        "night-2: record 2 of room:3 isn't the one that another export has"
    );
}

#[test]
fn a_gap_between_exports_must_be_told_of() {
    let pair = |aside: Option<u64>| {
        let mut world = World::default();
        world.chat(ROOM, "one");
        if let Some(number) = aside {
            let body = format!(r#"{{"chain":"room:3","number":{number}}}"#);
            world.add(ChainId::Compliance, "SETASIDE", &body);
        }
        world.skip(ROOM).checkpoint(&key(1), None);
        let border = world.records.len() as u64;
        let first = world.export(0, border, None, &key(1));
        world.chat(ROOM, "three").checkpoint(&key(1), None);
        let second = named(
            world.export(border, border + 1, None, &key(1)),
            "night",
            "night-2",
        );
        series(&[&first, &second])
    };
    assert!(pair(Some(2)).is_ok());
    let mut late = World::default();
    late.skip(ROOM).chat(ROOM, "two").checkpoint(&key(1), None);
    late.chat(ROOM, "three").checkpoint(&key(1), None);
    assert_eq!(
        series(&[&late.export(0, 1, None, &key(1))]).unwrap_err(),
        "night-1: before it the records 1 to 1 of room:3 are missing, and no SETASIDE record here tells of them"
    );
    assert!(series(&[&late.export(1, 2, None, &key(1))]).is_ok());
    for aside in [None, Some(1), Some(3)] {
        assert_eq!(
            pair(aside).unwrap_err(),
            "night-2: before it the records 2 to 2 of room:3 are missing, and no SETASIDE record here tells of them"
        );
    }
}

#[test]
fn exports_of_a_selection_are_not_asked_for_among_an_adapters() {
    let (mut world, mut nights) = nights();
    // An adapter that is called as selections are: one of those was made, and isn't here.
    for night in &mut nights {
        let manifest: Manifest = serde_json::from_slice(&night.0["manifest.json"]).unwrap();
        *night = named(night.clone(), "reads", &manifest.batch);
    }
    let mut all: Vec<Export> = nights;
    for (batch, expected) in [
        ("reads-000000000011", ""),
        (
            "reads-000000000001-000000000011",
            "reads-000000000001-000000000011: it is missing: an EXPORTED record tells of it, with the positions 1 to 11",
        ),
    ] {
        let after = world.records.len() as u64;
        let gone = named(world.export(0, 11, None, &key(1)), "reads", batch);
        told(&mut world, &gone);
        world.checkpoint(&key(1), None);
        let last = world.export(after, after + 1, None, &key(1));
        all.push(named(last, "reads", &format!("late-{after}")));
        let found = series(&all.iter().collect::<Vec<_>>());
        assert_eq!(found.err().unwrap_or_default(), expected);
    }
}
