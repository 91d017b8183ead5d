//! Nothing is missing, and nothing piles up.

use crate::sample::{chat, export, files, person, pieces, room};
use causerie_formats::{FormatKind, Options, new};
use std::collections::BTreeSet;

fn options() -> Options {
    Options {
        max_mail_entries: 5,
        ..Options::new("b")
    }
}

#[test]
fn every_entry_has_a_piece() {
    for kind in FormatKind::ALL {
        for one_room_per_file in [false, true] {
            let options = Options {
                one_room_per_file,
                ..options()
            };
            let export = export();
            let made: BTreeSet<u64> = pieces(new(kind, options), &export)
                .iter()
                .filter(|piece| !piece.bytes.is_empty())
                .filter_map(|piece| piece.position)
                .collect();
            let wanted: BTreeSet<u64> = export
                .iter()
                .flat_map(|(_, entries)| entries.iter().map(|entry| entry.position))
                .collect();
            assert_eq!(made, wanted, "{kind}");
        }
    }
}

#[test]
fn the_same_export_makes_the_same_files() {
    for kind in FormatKind::ALL {
        let once = files(&pieces(new(kind, options()), &export()));
        assert_eq!(once, files(&pieces(new(kind, options()), &export())), "{kind}");
    }
}

#[test]
fn files_have_names_that_go_anywhere() {
    let mut export = export();
    export[3].0.uri = "ma-chan://example.test/../\u{e4} x".to_owned();
    for kind in FormatKind::ALL {
        for one_room_per_file in [false, true] {
            let options = Options {
                one_room_per_file,
                ..options()
            };
            for name in files(&pieces(new(kind, options), &export)).keys() {
                let fits = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
                assert!(name.chars().all(fits) && !name.starts_with('.'), "{name}");
            }
        }
    }
}

/// What a format gives back follows what it is given, but for a mail.
#[test]
fn pieces_leave_as_they_come() {
    const ENTRIES: u64 = 20_000;
    let ann = person("ann@example.test", "Ann");
    for kind in FormatKind::ALL {
        let options = Options {
            max_mail_entries: 100,
            ..Options::new("b")
        };
        let mut format = new(kind, options);
        format.begin();
        format.open(&room(1, vec![]));
        let (mut given, mut largest) = (0, 0);
        for position in 1..=ENTRIES {
            let bytes: usize = format
                .entry(&chat(position, &ann, "hello"))
                .iter()
                .map(|piece| piece.bytes.len())
                .sum();
            given += bytes;
            largest = largest.max(bytes);
        }
        let rest: usize = format.close().iter().map(|piece| piece.bytes.len()).sum();
        assert!(largest < 100_000 && rest < 100_000, "{kind}: {largest} {rest}");
        assert!(given > 500_000, "{kind}: {given}");
    }
}
