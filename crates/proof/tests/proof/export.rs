//! Whatever is done to an export, verification finds it and names it.

use crate::world::{Export, ROOM, World, key};
use causerie_model::ChainId;
use causerie_proof::{Manifest, SigningKey, export};
use proptest::prelude::*;
use std::{fs, path::Path, process::Command};

/// The verdict in words; nothing if the export is sound.
pub(crate) fn verdict(export: &Export, trusted: &SigningKey) -> String {
    match export::verify(export, &trusted.public(), &mut |_, _| {}) {
        Ok(_) => String::new(),
        Err(wrong) => wrong.to_string(),
    }
}

fn whole() -> Export {
    World::small().export(0, 8, None, &key(2))
}

pub(crate) fn text(export: &Export, name: &str) -> String {
    String::from_utf8(export.0[name].clone()).unwrap()
}

fn edited(name: &str, edit: impl Fn(String) -> String) -> Export {
    let mut export = whole();
    let bytes = edit(text(&export, name)).into_bytes();
    export.put(name, bytes);
    export
}

/// The same, signed anew by who has the key and changes what the manifest tells of the files.
pub(crate) fn forged(mut export: Export, edit: impl Fn(&mut Manifest)) -> Export {
    let mut manifest: Manifest = serde_json::from_slice(&export.0["manifest.json"]).unwrap();
    manifest.files = export.listed();
    edit(&mut manifest);
    export.sign(&manifest, &key(2));
    export
}

pub(crate) fn swap_lines(text: &str, one: usize, two: usize) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.swap(one, two);
    lines.join("\n") + "\n"
}

pub(crate) fn without_line(text: &str, gone: usize) -> String {
    let lines = text.lines().enumerate().filter(|(line, _)| *line != gone);
    lines.map(|(_, line)| line.to_owned() + "\n").collect()
}

#[test]
fn what_was_exported_verifies() {
    let verified = export::verify(&whole(), &key(1).public(), &mut |done, all| assert!(done <= all)).unwrap();
    assert_eq!(
        (
            verified.manifest.records,
            verified.checkpoints,
            verified.not_covered
        ),
        (8, 2, 0)
    );
    assert_eq!(verdict(&World::small().export(5, 8, None, &key(2)), &key(2)), "");
    assert_eq!(
        verdict(&World::small().export(1, 7, Some(ROOM), &key(2)), &key(1)),
        ""
    );
    let mut retired = World::small();
    assert_eq!(
        verdict(&retired.retire(3).export(0, 8, None, &key(2)), &key(1)),
        ""
    );
    let mut late = World::small();
    late.chat(ROOM, "five");
    let late = late.export(4, 9, Some(ROOM), &key(2));
    let verified = export::verify(&late, &key(2).public(), &mut |_, _| {}).unwrap();
    assert_eq!(verified.not_covered, 1);
}

#[test]
fn each_damage_is_named() {
    let mut cases: Vec<(Export, &str)> = vec![
        (
            edited("messages.xml", |xml| xml.replace("three", "thrae")),
            "messages.xml was changed; first differs at byte 119: record 3 of room:3 (position 5)",
        ),
        (
            edited("messages.xml", |xml| xml.replace("<all>", "<ill>")),
            "messages.xml was changed; first differs at byte 0, which isn't of a record",
        ),
        (
            edited("messages.xml", |xml| xml[..130].to_owned()),
            "messages.xml was changed: it has 130 of 272 bytes; first differs at byte 119: record 3 of room:3 (position 5)",
        ),
        (
            edited("messages.xml", |xml| xml + " x"),
            "messages.xml was changed: it has 2 bytes more than it had; first differs at byte 272, which isn't of a record",
        ),
        (
            edited("records.ndjson", |text| text.replace("three", "thrae")),
            "records.ndjson was changed; line 5: record 3 of room:3 (position 5): its content isn't what was recorded",
        ),
        (
            edited("records.ndjson", |text| without_line(&text, 4)),
            "records.ndjson was changed: it has",
        ),
        (
            edited("records.ndjson", |text| swap_lines(&text, 3, 4)),
            "records.ndjson was changed; line 5: record 2 of room:3 (position 3): a record of this number was there already",
        ),
        (
            edited("nodes.ndjson", |text| text + "x"),
            "nodes.ndjson was changed: it has 1 bytes more than it had; line 1: it has no end",
        ),
        (
            edited("messages.xml.parts", |text| text.replace("40", "41") + " "),
            "messages.xml.parts was changed",
        ),
        (
            edited("manifest.json", |text| text.replace("night", "nicht")),
            "manifest.json: its signature isn't right",
        ),
        (
            edited("manifest.sig", |text| text.to_uppercase()),
            "manifest.sig: ",
        ),
    ];
    let mut added = whole();
    added.put("more.xml", Vec::new());
    cases.push((added, "more.xml was added: the manifest doesn't name it"));
    for name in whole().0.keys() {
        let mut missing = whole();
        missing.0.remove(name);
        assert_eq!(verdict(&missing, &key(1)), format!("{name} is missing"));
    }
    for (export, expected) in cases {
        let verdict = verdict(&export, &key(1));
        assert!(verdict.starts_with(expected), "{verdict}\n{expected}");
    }
    assert!(verdict(&whole(), &key(3)).contains("to which nothing leads from the trusted key"));
    let other = World::small().export(0, 8, None, &key(7));
    assert!(verdict(&other, &key(1)).contains("to which nothing leads from the trusted key"));
}

/// Both verifiers say the same of who signed.
fn trust(export: &Export, trusted: &SigningKey, expected: &str) {
    let said = verdict(export, trusted);
    assert!(
        said.contains(expected) && said.is_empty() == expected.is_empty(),
        "{said}\n{expected}"
    );
    let dir = tempfile::tempdir().unwrap();
    let (sound, said) = by_python(export, &dir.path().join("e"), trusted);
    assert_eq!(sound, expected.is_empty(), "{said}");
    let expected = expected.split(" by the key ").next().unwrap_or_default();
    assert!(said.contains(expected), "{said}\n{expected}");
}

#[test]
fn trust_goes_forward_from_the_key_that_is_given() {
    let world = World::small();
    // The first checkpoint names the second key, and is there for that alone.
    let later = world.export(5, 8, None, &key(2));
    assert_eq!(text(&later, "checkpoints.ndjson").lines().count(), 2);
    trust(&later, &key(1), "");
    trust(&later, &key(2), "");
    let verified = export::verify(&later, &key(1).public(), &mut |_, _| {}).unwrap();
    assert_eq!(verified.checkpoints, 1, "what covers nothing isn't counted");
    // And a later one, for an export of what came before, made when the second key had its turn.
    trust(&world.export(0, 4, None, &key(2)), &key(1), "");
    let mut rotated = World::small();
    rotated.chat(ROOM, "five").checkpoint(&key(2), Some(&key(3)));
    rotated.chat(ROOM, "six").checkpoint(&key(3), None);
    let early = rotated.export(4, 8, None, &key(3));
    assert_eq!(text(&early, "checkpoints.ndjson").lines().count(), 3);
    trust(&early, &key(1), "");
    trust(&early, &key(2), "");
    trust(
        &early,
        &key(3),
        &format!(
            "checkpoint 2: it is signed by the key {}, to which nothing leads",
            key(2).public().id()
        ),
    );
    // Backwards nothing leads.
    let back = format!(
        "checkpoint 1: it is signed by the key {}, to which nothing leads from the trusted key",
        key(1).public().id()
    );
    trust(&whole(), &key(2), &back);
    // A stranger wrote the records anew and named the key of the service, which signed on.
    let mut anew = World::default();
    anew.chat(ROOM, "other")
        .checkpoint(&key(5), Some(&key(1)))
        .chat(ROOM, "two")
        .checkpoint(&key(1), None);
    let found = format!("checkpoint 1: it is signed by the key {},", key(5).public().id());
    trust(&anew.export(0, 2, None, &key(1)), &key(1), &found);
    // The key had its turn, and another one goes on.
    let mut fork = World::small();
    fork.checkpoints[1] = fork.checkpoints[1].checkpoint.clone().sign(&key(1));
    trust(
        &fork.export(0, 8, None, &key(2)),
        &key(1),
        "checkpoint 2: it is signed by another key than the one whose turn it was",
    );
    // One that names no other key must cover something.
    let mut idle = World::small();
    idle.chat(ROOM, "five").checkpoint(&key(2), None);
    let mut export = idle.export(0, 8, None, &key(2));
    let lines = text(&export, "checkpoints.ndjson") + &idle.checkpoints[2].to_line() + "\n";
    export.put("checkpoints.ndjson", lines.into_bytes());
    trust(
        &forged(export, |_| {}),
        &key(1),
        "checkpoint 3: neither a record nor a node is there for position 9",
    );
}

#[test]
fn who_has_the_key_must_still_make_it_fit() {
    let cases = [
        (
            forged(edited("records.ndjson", |text| without_line(&text, 4)), |_| {}),
            "records.ndjson: of room:3 the records 3 to 3 are missing",
        ),
        (
            forged(edited("records.ndjson", |text| swap_lines(&text, 3, 4)), |_| {}),
            "records.ndjson, line 5: ",
        ),
        (
            forged(edited("records.ndjson", |text| swap_lines(&text, 0, 3)), |_| {}),
            "records.ndjson, line 1: record 2 of room:3 (position 3): the first of its chain should be 1",
        ),
        (
            forged(
                edited("checkpoints.ndjson", |text| without_line(&text, 1)),
                |_| {},
            ),
            "no checkpoint covers what is at position 5",
        ),
        (
            forged(
                edited("checkpoints.ndjson", |text| swap_lines(&text, 0, 1)),
                |_| {},
            ),
            "checkpoints.ndjson, line 2: checkpoint 1: it is out of order",
        ),
        (
            forged(
                edited("checkpoints.ndjson", |text| {
                    text.replace("\"upTo\":8", "\"upTo\":9")
                }),
                |_| {},
            ),
            "checkpoints.ndjson, line 2: checkpoint 2: its signature isn't right",
        ),
        (
            forged(whole(), |manifest| manifest.records = 7),
            "manifest.json: it tells of 7 records, records.ndjson has 8",
        ),
        (
            forged(whole(), |manifest| manifest.up_to = 9),
            "records.ndjson: the record at position 9 is missing",
        ),
        (
            forged(whole(), |manifest| {
                manifest.chains.get_mut("room:4").unwrap().head = "0".repeat(64);
            }),
            "manifest.json: what it tells of room:4 isn't what records.ndjson has",
        ),
        (
            forged(whole(), |manifest| {
                *manifest
                    .chains
                    .get_mut("room:4")
                    .unwrap()
                    .counts
                    .get_mut("CHAT")
                    .unwrap() = 3;
            }),
            "manifest.json: what it tells of room:4",
        ),
        (
            forged(whole(), |manifest| {
                manifest.files.remove("nodes.ndjson");
            }),
            "manifest.json: it names no nodes.ndjson",
        ),
        (
            forged(
                edited("records.ndjson", |text| {
                    text.replace("\"position\":8", "\"position\":7")
                }),
                |_| {},
            ),
            "position 7 is there twice",
        ),
        // Two records of different chains that changed places: their chains are sound, the tree isn't.
        (
            forged(
                edited("records.ndjson", |text| {
                    text.replace("\"position\":2,", "\"position\":0,")
                        .replace("\"position\":3,", "\"position\":2,")
                        .replace("\"position\":0,", "\"position\":3,")
                }),
                |_| {},
            ),
            "checkpoint 1: the records and nodes at positions 1 to 4 aren't those",
        ),
    ];
    for (export, expected) in cases {
        let verdict = verdict(&export, &key(1));
        assert!(verdict.starts_with(expected), "{verdict}\n{expected}");
    }
    let cut = edited("checkpoints.ndjson", |text| without_line(&text, 0));
    trust(
        &forged(cut, |_| {}),
        &key(2),
        "no checkpoint covers what is at position 1",
    );
    // A record that was set aside leaves a gap that is told of.
    let mut world = World::default();
    world.chat(ROOM, "one").skip(ROOM).chat(ROOM, "three");
    let mut told = World::default();
    told.chat(ROOM, "one").skip(ROOM).chat(ROOM, "three");
    told.add(
        causerie_model::ChainId::Compliance,
        "SETASIDE",
        r#"{"chain":"room:3","number":2}"#,
    );
    assert!(
        verdict(
            &world.checkpoint(&key(2), None).export(0, 2, None, &key(2)),
            &key(2)
        )
        .contains("2 to 2 are missing")
    );
    assert_eq!(
        verdict(
            &told.checkpoint(&key(2), None).export(0, 3, None, &key(2)),
            &key(2)
        ),
        ""
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn a_changed_byte_anywhere_is_found_in_its_file(file in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let mut export = whole();
        let names: Vec<String> = export.0.keys().filter(|name| !export.0[*name].is_empty()).cloned().collect();
        let name = &names[file.index(names.len())];
        let bytes = export.0.get_mut(name).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let wrong = export::verify(&export, &key(1).public(), &mut |_, _| {}).unwrap_err();
        if !name.starts_with("manifest.") {
            prop_assert_eq!(wrong.file(), Some(name.as_str()));
        }
    }
}

/// Writes an export into a folder.
pub(crate) fn write(export: &Export, dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    for (name, bytes) in &export.0 {
        fs::write(dir.join(name), bytes).unwrap();
    }
}

/// Whether `docs/verify.py` finds the exports sound that are here, and what it says.
pub(crate) fn script(path: &Path, trusted: &SigningKey) -> (bool, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/verify.py");
    let output = Command::new("python3")
        .arg(script)
        .arg(path)
        .arg(trusted.public().to_string())
        .output()
        .unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("Traceback"), "{said}");
    (output.status.success(), said)
}

pub(crate) fn by_python(export: &Export, dir: &Path, trusted: &SigningKey) -> (bool, String) {
    let _ = fs::remove_dir_all(dir);
    write(export, dir);
    script(dir, trusted)
}

/// An export of which `records.ndjson` ends after so many lines and so many bytes of the next.
fn cut(lines: usize, bytes: usize) -> Export {
    edited("records.ndjson", |text| {
        let whole: usize = text.split_inclusive('\n').take(lines).map(str::len).sum();
        text[..whole + bytes].to_owned()
    })
}

/// Packs a folder, and for each of some files once more with a byte of it changed.
const PACK: &str = "
import sys, zipfile
folder, names = sys.argv[1], sys.argv[2:]
def pack(to):
    with zipfile.ZipFile(to, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.write(f'{folder}/{name}', name)
        return archive.infolist()
pack(folder + '/whole.zip')
for info in pack(folder + '/one.zip'):
    data = bytearray(open(folder + '/one.zip', 'rb').read())
    data[info.header_offset + 30 + len(info.filename) + info.compress_size // 2] ^= 1
    open(f'{folder}/{info.filename}.zip', 'wb').write(data)
";

#[test]
fn the_script_names_what_is_damaged_in_a_zip() {
    let dir = tempfile::tempdir().unwrap();
    let export = whole();
    write(&export, dir.path());
    let mut pack = Command::new("python3");
    pack.args(["-c", PACK]).arg(dir.path()).args(export.0.keys());
    assert!(pack.status().unwrap().success());
    let (is_sound, said) = script(&dir.path().join("whole.zip"), &key(1));
    assert!(is_sound, "{said}");
    for name in export.0.keys() {
        let (is_sound, said) = script(&dir.path().join(format!("{name}.zip")), &key(1));
        assert!(!is_sound && said.contains(name), "{name}: {said}");
    }
}

#[test]
fn the_script_comes_to_the_same_verdicts() {
    let dir = tempfile::tempdir().unwrap();
    let retired = World::small().retire(3).export(0, 8, None, &key(2));
    // The last record of this one isn't covered yet.
    let mut late = World::small();
    let late = late.chat(ROOM, "five").export(4, 9, Some(ROOM), &key(2));
    let selection = World::small().export(1, 7, Some(ROOM), &key(2));
    let sound = [whole(), retired, selection, late];
    let mut added = whole();
    added.put("more.xml", Vec::new());
    let mut missing = whole();
    missing.0.remove("messages.xml");
    let wrong = [
        (added, "more.xml"),
        (missing, "messages.xml"),
        (
            edited("messages.xml", |xml| xml.replace("three", "thrae")),
            "record 3 of room:3 (position 5)",
        ),
        (
            edited("messages.xml", |xml| xml[..130].to_owned()),
            "record 3 of room:3 (position 5)",
        ),
        (
            edited("records.ndjson", |text| text.replace("three", "thrae")),
            "record 3 of room:3 (position 5)",
        ),
        (
            edited("records.ndjson", |text| without_line(&text, 4)),
            "records.ndjson",
        ),
        (
            edited("records.ndjson", |text| swap_lines(&text, 3, 4)),
            "records.ndjson",
        ),
        (
            cut(4, 20),
            "line 5: it has no end; the next should be record 3 of room:3",
        ),
        (cut(4, 0), "bytes; the next should be record 3 of room:3"),
        (
            cut(2, 9),
            "line 3: it has no end; the next should be record 1 of room:3",
        ),
        (cut(0, 0), "bytes; the next should be record 1 of system"),
        (
            edited("checkpoints.ndjson", |text| {
                text.replace("\"upTo\":8", "\"upTo\":9")
            }),
            "checkpoints.ndjson",
        ),
        (
            edited("manifest.json", |text| text.replace("night", "nicht")),
            "manifest.json",
        ),
        (
            forged(edited("records.ndjson", |text| without_line(&text, 4)), |_| {}),
            "3 to 3 are missing",
        ),
        (
            forged(
                edited("checkpoints.ndjson", |text| {
                    text.replace("\"upTo\":8", "\"upTo\":9")
                }),
                |_| {},
            ),
            "checkpoint 2",
        ),
        (forged(whole(), |manifest| manifest.records = 7), "7 records"),
        (
            forged(
                edited("records.ndjson", |text| {
                    text.replace("\"position\":2,", "\"position\":0,")
                        .replace("\"position\":3,", "\"position\":2,")
                        .replace("\"position\":0,", "\"position\":3,")
                }),
                |_| {},
            ),
            "checkpoint 1",
        ),
    ];
    for export in sound {
        assert_eq!(verdict(&export, &key(1)), "");
        let (sound, said) = by_python(&export, &dir.path().join("e"), &key(1));
        assert!(sound, "{said}");
    }
    for (export, named) in wrong {
        assert!(
            verdict(&export, &key(1)).contains(named),
            "{}",
            verdict(&export, &key(1))
        );
        let (sound, said) = by_python(&export, &dir.path().join("e"), &key(1));
        assert!(!sound && said.contains(named), "{named}: {said}");
    }
    assert!(!by_python(&whole(), &dir.path().join("e"), &key(3)).0);
}

#[test]
fn what_never_goes_is_not_gone() {
    let dir = tempfile::tempdir().unwrap();
    for (chain, kind) in [
        (ChainId::System, "CHAT"),
        (ChainId::Compliance, "QUERIED"),
        (ChainId::Compliance, "CHANGED"),
        (ChainId::Compliance, "EXPORTED"),
        (ChainId::Compliance, "SETASIDE"),
        (ROOM, "CHANGED"),
        (ROOM, "RETIRED"),
    ] {
        let mut world = World::default();
        world.add(chain, kind, "{}").checkpoint(&key(1), None).retire(1);
        let export = world.export(0, 1, None, &key(1));
        let expected = format!(
            "records.ndjson, line 1: record 1 of {chain} (position 1): its content is gone, and that of such a record never goes"
        );
        assert_eq!(verdict(&export, &key(1)), expected, "{kind}");
        let (sound, said) = by_python(&export, &dir.path().join("e"), &key(1));
        assert!(!sound && said.contains(&expected), "{kind}: {said}");
    }
    for kind in ["CHAT", "JOIN", "PART", "BACKCHAT", "DELETED", "DENIED", "PURGED"] {
        let mut world = World::default();
        world
            .add(ROOM, kind, r#"{"chatId":1}"#)
            .checkpoint(&key(1), None)
            .retire(1);
        let export = world.export(0, 1, None, &key(1));
        assert_eq!(verdict(&export, &key(1)), "", "{kind}");
        let (sound, said) = by_python(&export, &dir.path().join("e"), &key(1));
        assert!(sound, "{kind}: {said}");
    }
}

#[test]
fn after_a_gap_that_is_told_of_messages_count_from_any_number() {
    let dir = tempfile::tempdir().unwrap();
    for (first, second, right) in [
        (1, 2, true),
        (3, 4, true),
        (9, 10, true),
        (1, 3, false),
        (2, 2, false),
    ] {
        let mut world = World::default();
        world.chat(ROOM, "one").chat(ROOM, "two");
        let told = r#"{"chain":"room:3","hash":"","number":3,"reason":""}"#;
        world.add(ChainId::Compliance, "SETASIDE", told).skip(ROOM);
        // A room that was restored from an older backup gives numbers again.
        for number in [first, second] {
            world.add(ROOM, "CHAT", &format!(r#"{{"chatId":{number},"text":"again"}}"#));
        }
        world.checkpoint(&key(1), None);
        let export = world.export(0, 5, None, &key(1));
        let expected = match right {
            true => "",
            false => "record 5 of room:3 (position 5): its message doesn't have the next number",
        };
        let said = verdict(&export, &key(1));
        assert!(
            said.contains(expected) && said.is_empty() == right,
            "{first}, {second}: {said}"
        );
        let (sound, said) = by_python(&export, &dir.path().join("e"), &key(1));
        assert!(
            sound == right && said.contains(expected),
            "{first}, {second}: {said}"
        );
        let said = crate::log::words(&world);
        assert!(said.is_empty() == right, "{first}, {second}: {said}");
    }
}
