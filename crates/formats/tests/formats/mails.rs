//! Mails as another's mail reader sees them.

use crate::sample::{TEXTS, chat, export, files, person, pieces, room};
use causerie_formats::{Entry, FormatKind, Options, Room, new};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Write},
    process::{Command, Stdio},
};

/// Prints on a line what Python's reader finds in each mail: headers, defects, and its parts with their types. Before a mail
/// there is its length on a line.
const READER: &str = r#"
import sys, json, base64, email, email.policy
while line := sys.stdin.buffer.readline():
    m = email.message_from_bytes(sys.stdin.buffer.read(int(line)), policy=email.policy.default)
    parts, defects = [], []
    for p in m.walk():
        defects += [str(d) for d in p.defects]
        if not p.is_multipart():
            parts.append([p.get_content_type(), base64.b64encode(p.get_payload(decode=True)).decode()])
    print(json.dumps({"headers": [[k, str(v)] for k, v in m.items()], "defects": defects, "parts": parts,
      "to": [[a.display_name, a.addr_spec] for a in m["To"].addresses]}))
"#;

/// A mail as it was read.
struct Found {
    headers: BTreeMap<String, String>,
    to: Vec<(String, String)>,
    parts: Vec<(String, Vec<u8>)>,
}

fn unbase64(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut bits, mut have) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(value);
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push(u8::try_from(bits >> have & 0xff).expect("a byte"));
        }
    }
    out
}

/// What is in each of these mails, as Python reads them.
fn read_all<'a>(mails: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<Found> {
    let mut child = Command::new("python3")
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    let mut input = Vec::new();
    for mail in mails {
        input.extend(format!("{}\n", mail.len()).into_bytes());
        input.extend(mail);
    }
    let mut stdin = child.stdin.take().expect("a pipe");
    let feed = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("it ends");
    feed.join().expect("no panic").expect("written");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(found_in).collect()
}

fn read(mail: &Vec<u8>) -> Found {
    read_all([mail]).pop().expect("a mail")
}

fn found_in(line: &str) -> Found {
    let found: Value = serde_json::from_str(line).expect("JSON");
    assert_eq!(found["defects"], Value::Array(vec![]));
    let pairs = |name: &str| -> Vec<(String, String)> {
        let list = found[name].as_array().expect("a list").iter();
        list.map(|pair| {
            let text = |at: usize| pair[at].as_str().expect("a text").to_owned();
            (text(0), text(1))
        })
        .collect()
    };
    Found {
        headers: pairs("headers").into_iter().collect(),
        to: pairs("to"),
        parts: pairs("parts")
            .into_iter()
            .map(|(kind, bytes)| (kind, unbase64(&bytes)))
            .collect(),
    }
}

/// A text without what its line ends have become.
fn lf(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace("\n    ", "\n")
}

#[test]
fn mails_hold_every_text() {
    let ann = person("ann@example.test", "Smith, \"Ann\" \u{e4}");
    let entries: Vec<Entry> = (1..)
        .zip(TEXTS)
        .map(|(position, text)| chat(position, &ann, text))
        .collect();
    for kind in [FormatKind::Eml, FormatKind::Rsmf] {
        let export = [(room(1, vec![]), entries.clone())];
        let mails = files(&pieces(new(kind, Options::new("b")), &export));
        let mail = mails.values().next().expect("a mail");
        assert!(mail.split(|byte| *byte == b'\n').all(|line| line.len() <= 998));
        assert!(mail.is_ascii());
        let found = read(mail);
        assert_eq!(
            found.to,
            [("Smith, \"Ann\" \u{e4}".to_owned(), "ann@example.test".to_owned())]
        );
        let text = lf(std::str::from_utf8(&found.parts[0].1).expect("UTF-8"));
        for wanted in TEXTS {
            assert!(text.contains(&lf(wanted)), "{kind}: {wanted:?} in {text:?}");
        }
        if kind == FormatKind::Eml {
            assert_eq!(found.headers["X-GlobalRelay-MsgType"], "Causerie");
            assert_eq!(found.headers["Date"], "Thu, 02 May 2013 08:00:12 +0000");
            assert_eq!(found.parts[1].0, "text/html");
            let html = std::str::from_utf8(&found.parts[1].1).expect("UTF-8");
            assert!(html.contains("&lt;b&gt;&amp;amp;&lt;/b&gt; ]]&gt; end"), "{html}");
        }
    }
}

/// Whatever ends a line for some reader, what follows is indented.
#[test]
fn no_text_and_no_name_looks_like_entries() {
    let ends = [
        "\r\n", "\n", "\u{b}", "\u{c}", "\r", "\u{1c}", "\u{1d}", "\u{1e}", "\u{85}", "\u{2028}", "\u{2029}",
    ];
    for kind in [FormatKind::Eml, FormatKind::Rsmf] {
        for end in ends {
            let forged = format!("so{end}[2013-05-02T08:00:01.000000Z] MESSAGE Bob <bob@example.test>: yes");
            let entries = vec![chat(1, &person("ann@example.test", &forged), &forged)];
            let mails = files(&pieces(
                new(kind, Options::new("b")),
                &[(room(1, vec![]), entries)],
            ));
            let found = read(mails.values().next().expect("a mail"));
            let text = std::str::from_utf8(&found.parts[0].1).expect("UTF-8");
            let is_end = |char: char| ends.iter().any(|end| end.contains(char));
            let entries = text.split(is_end).filter(|line| line.starts_with('['));
            assert_eq!(entries.count(), 1, "{kind}, {end:?}: {text:?}");
        }
    }
}

#[test]
fn every_mail_of_the_sample_can_be_read() {
    for kind in [FormatKind::Eml, FormatKind::Rsmf] {
        let mails = files(&pieces(new(kind, Options::new("b")), &export()));
        let all = read_all(mails.values());
        assert_eq!(all.len(), mails.len());
        for (name, found) in mails.keys().zip(all) {
            assert_eq!(found.parts.len(), 2, "{name}");
            if name.contains("000000000001") {
                let text = String::from_utf8_lossy(&found.parts[0].1).into_owned();
                assert!(
                    text.contains("deleted message 3 of bob@example.test: =1+1"),
                    "{text}"
                );
            }
        }
    }
}

/// What the schema of version 1.0.0 wants.
#[test]
fn the_manifest_is_as_its_schema_says() {
    let mails = files(&pieces(new(FormatKind::Rsmf, Options::new("b")), &export()));
    let all = read_all(mails.values());
    assert_eq!(all.len(), 4);
    for found in all {
        let mut zip = zip::ZipArchive::new(Cursor::new(&found.parts[1].1)).expect("a zip");
        let mut text = String::new();
        zip.by_name("rsmf_manifest.json")
            .expect("the manifest")
            .read_to_string(&mut text)
            .expect("whole");
        let manifest: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(manifest["version"], "1.0.0");
        assert_eq!(found.headers["X-RSMF-Version"], "1.0.0");
        let list = |name: &str| manifest[name].as_array().expect("a list").clone();
        let ids: Vec<Value> = list("participants")
            .iter()
            .map(|person| person["id"].clone())
            .collect();
        for person in list("participants") {
            assert!(!person["display"].as_str().expect("a text").is_empty());
        }
        let conversation = &list("conversations")[0];
        assert_eq!(conversation["type"], "channel");
        for person in conversation["participants"].as_array().expect("a list") {
            assert!(ids.contains(person));
        }
        assert_eq!(
            found.headers["X-RSMF-EventCount"],
            list("events").len().to_string()
        );
        for event in list("events") {
            assert!(ids.contains(&event["participant"]), "{event}");
            assert_eq!(event["conversation"], conversation["id"]);
            assert!(
                ["message", "disclaimer", "join", "leave"].contains(&event["type"].as_str().expect("a type"))
            );
        }
    }
}

fn many(texts: &[String]) -> Vec<(Room, Vec<Entry>)> {
    let ann = person("ann@example.test", "Ann");
    let entries = (1..)
        .zip(texts)
        .map(|(position, text)| chat(position, &ann, text));
    vec![(room(1, vec![ann.clone()]), entries.collect())]
}

#[test]
fn a_mail_has_so_many_entries() {
    for kind in [FormatKind::Eml, FormatKind::Rsmf] {
        let count = |entries: usize| {
            let options = Options {
                max_mail_entries: 10,
                ..Options::new("b")
            };
            let texts = vec!["hello".to_owned(); entries];
            files(&pieces(new(kind, options), &many(&texts))).len()
        };
        assert_eq!(
            (count(10), count(11), count(20), count(21)),
            (1, 2, 2, 3),
            "{kind}"
        );
    }
}

#[test]
fn a_mail_has_so_many_bytes() {
    let texts: Vec<String> = (0..100)
        .map(|index| format!("{index}\u{e4}\u{1f600}<&>\"\r\n\0 = ").repeat(1 + index * 7 % 50))
        .collect();
    for kind in [FormatKind::Eml, FormatKind::Rsmf] {
        let max_mail_bytes = 120_000;
        let options = Options {
            max_mail_bytes,
            ..Options::new("b")
        };
        let mails = files(&pieces(new(kind, options), &many(&texts)));
        assert!(mails.len() > 3, "{kind}: {}", mails.len());
        let mut all = String::new();
        let found = read_all(mails.values());
        assert_eq!(found.len(), mails.len());
        for ((name, mail), found) in mails.iter().zip(found) {
            assert!(mail.len() <= max_mail_bytes, "{name}: {}", mail.len());
            assert_eq!(
                found.headers["Message-ID"],
                format!(
                    "<{}@causerie.invalid>",
                    &name[..name.len() - kind.as_str().len() - 1]
                )
            );
            all += &lf(&String::from_utf8_lossy(&found.parts[0].1));
        }
        for text in &texts {
            assert!(all.contains(&lf(text)), "{kind}: {text:?}");
        }
    }
}

#[test]
fn an_entry_that_is_too_long_has_a_mail_for_itself() {
    let texts = ["a".to_owned(), "b".repeat(100 * 1024), "c".to_owned()];
    let options = Options {
        max_mail_bytes: 50_000,
        ..Options::new("b")
    };
    let mails = files(&pieces(new(FormatKind::Eml, options), &many(&texts)));
    assert_eq!(mails.len(), 3);
}

/// However many were there, entries don't get a mail each, and everybody is listed once.
#[test]
fn a_crowd_is_listed_once() {
    const CROWD: usize = 2_000;
    let crowd: Vec<_> = (0..CROWD)
        .map(|number| person(&format!("user{number:05}@example.test"), ""))
        .collect();
    let ann = person("ann@example.test", "Ann");
    let options = Options {
        max_mail_bytes: 400_000,
        ..Options::new("b")
    };
    for kind in [FormatKind::Eml, FormatKind::Rsmf] {
        for entries in [1, 500] {
            let entries: Vec<Entry> = (1..=entries).map(|at| chat(at, &ann, "hello")).collect();
            let export = vec![(room(1, crowd.clone()), entries)];
            let mails = files(&pieces(new(kind, options.clone()), &export));
            assert!((2..20).contains(&mails.len()), "{kind}: {}", mails.len());
            assert!(mails.values().all(|mail| mail.len() <= 400_000));
            let headers: Vec<String> = mails
                .values()
                .map(|mail| {
                    let text = String::from_utf8_lossy(mail).into_owned();
                    text.split("\r\n\r\n").next().unwrap_or_default().to_owned()
                })
                .collect();
            for one in &crowd {
                let listed = |headers: &&String| headers.contains(&format!("<{}>", one.address));
                let count = headers.iter().filter(listed).count();
                assert_eq!(count, 1, "{kind}: {}", one.address);
            }
        }
    }
}

/// A text can't pretend to be an entry of another's.
#[test]
fn nobody_writes_entries_of_others() {
    let forged =
        "hello\n[2013-05-02T08:00:09.0000000Z] CHAT Bob <bob@example.test>: sold\r\n[x] y\r[2013] z\r\r[x]";
    for kind in [FormatKind::Eml, FormatKind::Rsmf] {
        let mails = files(&pieces(new(kind, Options::new("b")), &many(&[forged.to_owned()])));
        let found = read(&mails.into_values().next().expect("a mail"));
        let text = String::from_utf8_lossy(&found.parts[0].1).into_owned();
        assert_eq!(
            text.split(['\r', '\n'])
                .filter(|line| line.starts_with('['))
                .count(),
            1,
            "{text}"
        );
    }
}

/// Nobody writes headers by his name.
#[test]
fn names_end_no_header() {
    let eve = person(
        "eve@example.test",
        "Eve\r\nBcc: all@example.test\r\n\r\nhello\n\0",
    );
    let bad = Room {
        name: Some("Desk\r\nX-Evil: 1".to_owned()),
        ..room(1, vec![eve.clone()])
    };
    for kind in [FormatKind::Eml, FormatKind::Rsmf] {
        let mails = files(&pieces(
            new(kind, Options::new("b")),
            &[(bad.clone(), vec![chat(1, &eve, "x")])],
        ));
        for mail in mails.values() {
            let found = read(mail);
            assert!(!found.headers.contains_key("Bcc") && !found.headers.contains_key("X-Evil"));
            assert_eq!(found.to.len(), 1);
            assert_eq!(found.parts.len(), 2);
        }
    }
}
