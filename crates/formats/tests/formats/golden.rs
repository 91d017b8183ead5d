//! Files byte for byte as they are kept. `CAUSERIE_WRITE_GOLDEN=1` writes them.

use crate::sample::{export, files, pieces};
use causerie_formats::{FormatKind, Options, new};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

fn options() -> Options {
    Options {
        attachments_manifest: true,
        max_mail_entries: 20,
        ..Options::new("desk-000000000001-000000000103")
    }
}

fn hold(folder: &str, files: &BTreeMap<String, Vec<u8>>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(folder);
    if std::env::var_os("CAUSERIE_WRITE_GOLDEN").is_some() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        for (name, bytes) in files {
            fs::write(folder.join(name), bytes).expect("a file");
        }
    }
    let kept: BTreeSet<String> = fs::read_dir(&folder)
        .expect("golden files")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let made: BTreeSet<String> = files.keys().cloned().collect();
    assert_eq!(made, kept);
    for (name, bytes) in files {
        let kept = fs::read(folder.join(name)).expect("a file");
        assert!(
            *bytes == kept,
            "{name} isn't as it is kept: write it anew and read what changed"
        );
    }
}

#[test]
fn files_are_as_they_are_kept() {
    for kind in FormatKind::ALL {
        hold(kind.as_str(), &files(&pieces(new(kind, options()), &export())));
    }
}

#[test]
fn rooms_with_files_of_their_own_are_as_they_are_kept() {
    for kind in [
        FormatKind::Xml,
        FormatKind::Actiance,
        FormatKind::Csv,
        FormatKind::Ndjson,
    ] {
        let options = Options {
            one_room_per_file: true,
            ..options()
        };
        hold(
            &format!("{kind}-rooms"),
            &files(&pieces(new(kind, options), &export())),
        );
    }
}

#[test]
fn an_export_of_nothing_is_well_formed() {
    for kind in FormatKind::ALL {
        for (name, bytes) in files(&pieces(new(kind, options()), &[])) {
            let text = String::from_utf8(bytes).expect("UTF-8");
            if text.starts_with("<?xml") {
                crate::texts::xml_texts(&text);
            }
            assert!(name.starts_with("desk-000000000001-000000000103."), "{name}");
        }
    }
}

#[test]
fn formats_have_names() {
    for kind in FormatKind::ALL {
        assert_eq!(kind.to_string().parse(), Ok(kind));
    }
    assert!("XML".parse::<FormatKind>().is_err());
    assert!("".parse::<FormatKind>().is_err());
}
