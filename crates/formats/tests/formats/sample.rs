//! An export with something of everything.

use causerie_formats::{Entry, Format, FormatKind, Options, Person, Piece, Room, What, new};
use causerie_model::Timestamp;
use std::collections::BTreeMap;

/// 2013-05-02T08:00:00Z.
const START: i64 = 1_367_481_600_000_000;

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp(START + 123_456).plus_seconds(seconds)
}

pub(crate) fn person(address: &str, name: &str) -> Person {
    Person {
        address: address.to_owned(),
        name: (!name.is_empty()).then(|| name.to_owned()),
    }
}

pub(crate) fn room(number: u64, present: Vec<Person>) -> Room {
    Room {
        uri: format!("ma-chan://example.test/00000000-0000-4000-8000-{number:012}"),
        name: Some("Desk \"A\" & <Co>".to_owned()),
        category: Some("=General".to_owned()),
        present,
        begins: at(0),
        ends: at(3_600),
    }
}

pub(crate) fn entry(position: u64, who: &Person, kind: &str, what: What) -> Entry {
    Entry {
        position,
        number: position,
        at: at(i64::try_from(position).expect("a small number")),
        who: who.clone(),
        what,
        kind: kind.to_owned(),
        body: format!("{{\"of\":{position}}}"),
    }
}

pub(crate) fn chat(position: u64, who: &Person, text: &str) -> Entry {
    let text = text.to_owned();
    entry(position, who, "CHAT", What::Chat { id: position, text })
}

/// Texts that formats trip over.
pub(crate) const TEXTS: [&str; 12] = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "'quoted'",
    "a \"quote\", a comma; <b>&amp;</b> ]]> end",
    "one\r\ntwo\nthree\rfour\ttab ",
    "bell\u{7} nul\0 not\u{fffe}\u{ffff}",
    "\u{1f600} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{202e}rtl",
    "=_causerie\r\n--=_causerie--\r\nFrom nobody\r\n.\r\n",
    "",
    "Z\u{fc}rich \u{2028}",
];

pub(crate) fn export() -> Vec<(Room, Vec<Entry>)> {
    let (ann, bob) = (
        person("ann@example.test", "Smith, \"Ann\" \u{e4}"),
        person("bob@example.test", ""),
    );
    let (admin, officer) = (person("admin:unix:root", ""), person("officer:eve", ""));
    let other = |text: &str| What::Other {
        text: text.to_owned(),
    };
    let mut entries = vec![
        entry(1, &bob, "JOIN", What::Join),
        entry(
            2,
            &bob,
            "BACKCHAT",
            What::Backchat {
                query: "the last 25".to_owned(),
                shown: 7,
            },
        ),
    ];
    let mut position = 2;
    for text in TEXTS {
        position += 1;
        entries.push(chat(position, if position % 2 == 0 { &ann } else { &bob }, text));
    }
    let mut next = |who: &Person, kind: &str, what: What| {
        position += 1;
        entries.push(entry(position, who, kind, what));
    };
    let deleted = |replacement: Option<&str>| What::Deleted {
        id: 3,
        text: "=1+1".to_owned(),
        author: "bob@example.test".to_owned(),
        replacement: replacement.map(str::to_owned),
    };
    let file = |upload| What::File {
        upload,
        name: "0b1c.docx".to_owned(),
    };
    let part = |reason: &str, not_before| What::Part {
        reason: reason.to_owned(),
        not_before,
    };
    next(
        &bob,
        "CHAT",
        What::Chat {
            id: 5_000_000_000,
            text: "a late number".to_owned(),
        },
    );
    next(&admin, "DELETED", deleted(None));
    next(&admin, "DELETED", deleted(Some("instead")));
    next(&bob, "FILE", file(true));
    next(&ann, "FILE", file(false));
    next(
        &admin,
        "PURGED",
        other("cleared the history up to now: 7 messages"),
    );
    next(&admin, "CHANGED", other("room.member.add: Desk"));
    next(&bob, "DENIED", other("join, by the barrier Wall, 2 times"));
    next(&bob, "CHAT", What::Retired);
    next(&bob, "PART", part("left", None));
    next(&ann, "PART", part("lost", Some(at(5))));
    let system = Room {
        uri: "system".to_owned(),
        name: None,
        category: None,
        present: Vec::new(),
        begins: at(100),
        ends: at(100),
    };
    let compliance = Room {
        uri: "compliance".to_owned(),
        ..system.clone()
    };
    vec![
        (
            system,
            vec![entry(100, &admin, "CHANGED", other("user.add: cid"))],
        ),
        (
            compliance,
            vec![entry(101, &officer, "SIGNEDIN", other("from unix"))],
        ),
        (room(1, vec![ann.clone()]), entries),
        (
            room(2, vec![]),
            vec![entry(102, &ann, "JOIN", What::Join), chat(103, &ann, "hello")],
        ),
    ]
}

/// All pieces, in their order.
pub(crate) fn pieces(mut format: Box<dyn Format>, export: &[(Room, Vec<Entry>)]) -> Vec<Piece> {
    let mut pieces = format.begin();
    for (room, entries) in export {
        pieces.extend(format.open(room));
        for entry in entries {
            pieces.extend(format.entry(entry));
        }
        pieces.extend(format.close());
    }
    pieces.extend(format.end());
    pieces
}

/// The files that pieces make.
pub(crate) fn files(pieces: &[Piece]) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for piece in pieces {
        files.entry(piece.file.clone()).or_default().extend(&piece.bytes);
    }
    files
}

pub(crate) fn made(
    kind: FormatKind,
    options: Options,
    export: &[(Room, Vec<Entry>)],
) -> BTreeMap<String, String> {
    files(&pieces(new(kind, options), export))
        .into_iter()
        .map(|(name, bytes)| (name, String::from_utf8(bytes).expect("UTF-8")))
        .collect()
}
