//! The table of names, and the page that lists those that no source proves.

use std::{collections::HashSet, fmt::Write, fs, path::Path};

use causerie_xccos::names::{Certainty, TABLES, code};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/xccos-names.md");

fn page() -> String {
    let mut page = "# XCCOS names that no source proves\n\n\
        Made from `crates/xccos/src/names.rs`; `INSTA_UPDATE=always cargo test -p causerie-xccos --test names` writes it \
        anew. A trace of a real client can correct any of them there.\n"
        .to_owned();
    let parts = [
        (
            Certainty::Recalled,
            "Recalled: remembered by people who worked with the protocol",
        ),
        (Certainty::Proposed, "Proposed: ours, where nothing is known"),
    ];
    for (certainty, title) in parts {
        write!(page, "\n## {title}\n\n| kind | name | meaning |\n|---|---|---|\n").unwrap();
        for name in TABLES
            .iter()
            .copied()
            .flatten()
            .filter(|name| name.certainty == certainty)
        {
            writeln!(page, "| {} | `{}` | {} |", name.table, name.wire, name.meaning).unwrap();
        }
    }
    page += "\n## Response codes\n\nThat there are such failures is known from the SDK; numbers and texts are proposed, \
        but for 200.\n\n| SDK | code | text |\n|---|---|---|\n";
    for code in code::ALL {
        writeln!(page, "| {} | {} | `{}` |", code.sdk, code.number, code.text).unwrap();
    }
    page
}

#[test]
fn the_page_lists_what_the_table_does() {
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        fs::write(Path::new(PAGE), page()).unwrap();
    }
    assert_eq!(fs::read_to_string(PAGE).unwrap(), page());
}

#[test]
fn no_table_has_a_name_twice() {
    for table in TABLES {
        let mut seen = HashSet::new();
        for name in *table {
            assert!(seen.insert(name.wire), "{} in {}", name.wire, name.table);
            assert!(!name.meaning.is_empty());
        }
    }
}

#[test]
fn only_success_is_200() {
    let successes: Vec<_> = code::ALL.iter().filter(|code| code.number == 200).collect();
    assert_eq!(successes, [&code::SUCCESS_OK]);
    assert!(
        code::ALL
            .iter()
            .all(|code| matches!(code.number, 200 | 400..=599))
    );
    let sdk: HashSet<_> = code::ALL.iter().map(|code| code.sdk).collect();
    assert_eq!(sdk.len(), code::ALL.len());
}
