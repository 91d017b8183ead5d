//! Every text comes back.

use crate::sample::{TEXTS, chat, export, made, person, room};
use causerie_formats::{Entry, FormatKind, Options, Room, What};
use proptest::prelude::*;
use quick_xml::{Reader, XmlVersion, events::Event};
use serde_json::Value;

/// All attribute values and all texts of elements of a well-formed document.
pub(crate) fn xml_texts(document: &str) -> Vec<String> {
    let mut reader = Reader::from_str(document);
    let (mut texts, mut text) = (Vec::new(), String::new());
    let mut depth = 0;
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(start) | Event::Empty(start)
                if {
                    text.clear();
                    true
                } =>
            {
                for attribute in start.attributes() {
                    let attribute = attribute.expect("an attribute");
                    let value = attribute
                        .normalized_value(XmlVersion::Implicit1_0)
                        .expect("a value");
                    texts.push(value.into_owned());
                }
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().expect("a character") {
                Some(char) => text.push(char),
                None => text.push_str(
                    quick_xml::escape::resolve_predefined_entity(&reference.xml10_content()).expect("known"),
                ),
            },
            Event::End(_) => {
                depth += 1;
                texts.push(std::mem::take(&mut text));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(depth > 0, "a root");
    texts
}

/// A text as XML can hold it.
fn held(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' | '\n' | '\r' => c,
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

fn one_room(texts: &[String]) -> Vec<(Room, Vec<Entry>)> {
    let ann = person("ann@example.test", "Ann");
    let entries = (1..)
        .zip(texts)
        .map(|(position, text)| chat(position, &ann, text));
    vec![(room(1, vec![]), entries.collect())]
}

fn only(kind: FormatKind, export: &[(Room, Vec<Entry>)]) -> String {
    let files = made(kind, Options::new("b"), export);
    assert_eq!(files.len(), 1);
    files.into_values().next().expect("a file")
}

fn check_xml(kind: FormatKind, texts: &[String]) {
    let found = xml_texts(&only(kind, &one_room(texts)));
    for text in texts {
        assert!(found.contains(&held(text)), "{kind}: {text:?}");
    }
}

fn check_csv(texts: &[String]) {
    let table = only(FormatKind::Csv, &one_room(texts));
    let mut reader = csv::ReaderBuilder::new().from_reader(table.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), texts.len());
    for (index, (row, text)) in rows.iter().zip(texts).enumerate() {
        let cell = &row[9];
        assert!(
            !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']),
            "{cell:?}"
        );
        assert_eq!(cell.strip_prefix('\'').unwrap_or(cell), text);
        assert_eq!(row[12], (index + 1).to_string());
        assert_eq!(
            row[0],
            crate::sample::at(i64::try_from(index + 1).expect("small")).to_string()
        );
        assert_eq!((&row[1], &row[5], &row[6]), ("CHAT", "ann@example.test", "Ann"));
        assert_eq!(&row[4], "'=General");
    }
}

fn check_ndjson(texts: &[String]) {
    let lines = only(FormatKind::Ndjson, &one_room(texts));
    let lines: Vec<Value> = lines
        .split_terminator('\n')
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), texts.len() + 1);
    for (line, (index, text)) in lines.iter().skip(1).zip(texts.iter().enumerate()) {
        assert_eq!(line["text"], text.as_str());
        assert_eq!(line["position"], index + 1);
        assert_eq!(line["body"], format!("{{\"of\":{}}}", index + 1));
        assert_eq!(line["who"]["address"], "ann@example.test");
    }
}

fn check_all(texts: &[String]) {
    check_xml(FormatKind::Xml, texts);
    check_xml(FormatKind::Actiance, texts);
    check_csv(texts);
    check_ndjson(texts);
}

#[test]
fn hard_texts_come_back() {
    check_all(&TEXTS.map(str::to_owned));
}

#[test]
fn long_texts_come_back() {
    check_all(&["x\u{e4}\"<&\r\n".repeat(100 * 1024 / 8)]);
}

proptest! {
    #[test]
    fn any_texts_come_back(texts in prop::collection::vec(any::<String>(), 1..5)) {
        check_all(&texts);
    }
}

#[test]
fn every_kind_of_entry_is_in_every_table() {
    let export = export();
    let entries: Vec<&Entry> = export.iter().flat_map(|(_, entries)| entries).collect();
    let table = only(FormatKind::Csv, &export);
    let mut reader = csv::ReaderBuilder::new().from_reader(table.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let rows: Vec<_> = rows.iter().filter(|row| &row[1] != "PRESENT").collect();
    let lines = only(FormatKind::Ndjson, &export);
    let lines: Vec<Value> = lines
        .split_terminator('\n')
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|line: &Value| line["type"] != "ROOM")
        .collect();
    assert_eq!((rows.len(), lines.len()), (entries.len(), entries.len()));
    for ((row, line), entry) in rows.iter().zip(&lines).zip(entries) {
        assert_eq!(row[12], entry.position.to_string());
        assert_eq!(line["position"], entry.position);
        assert_eq!(line["kind"], entry.kind.as_str());
        assert_eq!(&row[5], entry.who.address);
        if let What::Deleted {
            text,
            replacement,
            author,
            ..
        } = &entry.what
        {
            assert_eq!((&row[9], &row[8]), (format!("'{text}").as_str(), author.as_str()));
            assert_eq!(&row[10], replacement.as_deref().unwrap_or_default());
            assert_eq!(line["replacement"], Value::from(replacement.as_deref()));
        }
    }
}

/// Names and addresses are others' texts too.
#[test]
fn hard_names_come_back() {
    for text in TEXTS.iter().filter(|text| !text.trim().is_empty()) {
        let eve = person("eve@example.test", text);
        let hard = Room {
            name: Some((*text).to_owned()),
            ..room(1, vec![eve.clone()])
        };
        let export = [(hard, vec![chat(1, &eve, "hello")])];
        for kind in [FormatKind::Xml, FormatKind::Actiance] {
            assert!(
                xml_texts(&only(kind, &export)).contains(&held(text)),
                "{kind} {text:?}"
            );
        }
    }
}
