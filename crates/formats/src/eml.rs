//! Mails for Global Relay: text and HTML with who took part, and what happened.

use crate::{
    Entry, Piece,
    mail::{BOUNDARY, headers, quoted, quoted_bytes},
    split::{Mail, Writer},
    words::{called, piece, piece_of, sentence, type_of, xml},
};
use std::fmt::Write;

const EXTENSION: &str = "eml";

pub(crate) struct Eml;

impl Writer for Eml {
    fn entry_bytes(&self, entry: &Entry) -> usize {
        quoted_bytes(&text_of(entry)) + quoted_bytes(&html_of(entry))
    }

    fn write(&self, mail: &Mail<'_>) -> Vec<Piece> {
        let room = mail.room;
        let file = format!("{}.{EXTENSION}", mail.file);
        let number = mail.number.to_string();
        let headers = headers(
            mail,
            &[
                ("X-GlobalRelay-MsgType", "Causerie"),
                ("X-Causerie-RoomUri", &room.uri),
                ("X-Causerie-RoomName", room.name.as_deref().unwrap_or_default()),
                (
                    "X-Causerie-Category",
                    room.category.as_deref().unwrap_or_default(),
                ),
                ("X-Causerie-Batch", &mail.options.batch),
                ("X-Causerie-Part", &number),
            ],
        );
        let mut text = format!(
            "Room: {}\nAddress: {}\n\nParticipants:\n",
            name_of(mail),
            room.uri
        );
        let mut html = format!(
            "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>\n<h1>{}</h1>\n<p>{}</p>\n\
             <table>\n<tr><th>Name</th><th>Address</th><th>There before</th></tr>\n",
            xml(name_of(mail)),
            xml(&room.uri)
        );
        for person in mail.people.values() {
            let before = mail.present.contains_key(&person.address);
            // Writing to a string can't fail.
            let _ = writeln!(
                text,
                "{} <{}>{}",
                one_line(called(person)),
                one_line(&person.address),
                if before { ", there before" } else { "" }
            );
            let _ = writeln!(
                html,
                "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
                xml(called(person)),
                xml(&person.address),
                if before { "yes" } else { "no" }
            );
        }
        text.push('\n');
        html.push_str("</table>\n<table>\n<tr><th>Time</th><th>Type</th><th>Who</th><th>What</th></tr>\n");
        let part = |kind: &str| {
            format!(
                "--{BOUNDARY}\r\nContent-Type: {kind}; charset=utf-8\r\n\
                 Content-Transfer-Encoding: quoted-printable\r\n\r\n"
            )
        };
        let mut pieces = vec![piece(
            &file,
            format!(
                "{headers}Content-Type: multipart/alternative; boundary=\"{BOUNDARY}\"\r\n\r\n{}{}",
                part("text/plain"),
                quoted(&text)
            ),
        )];
        for entry in mail.entries {
            pieces.push(piece_of(entry, &file, quoted(&text_of(entry))));
        }
        pieces.push(piece(
            &file,
            format!("\r\n{}{}", part("text/html"), quoted(&html)),
        ));
        for entry in mail.entries {
            pieces.push(piece_of(entry, &file, quoted(&html_of(entry))));
        }
        pieces.push(piece(
            &file,
            format!("{}\r\n--{BOUNDARY}--\r\n", quoted("</table>\n</body></html>\n")),
        ));
        pieces
    }
}

fn name_of<'a>(mail: &Mail<'a>) -> &'a str {
    mail.room.name.as_deref().unwrap_or(&mail.room.uri)
}

/// An entry as lines of text. Those after the first are indented, so that no text looks like entries.
pub(crate) fn text_of(entry: &Entry) -> String {
    let mut what = String::new();
    for char in sentence(entry).replace("\r\n", "\n").chars() {
        what.push(if char == '\r' { '\n' } else { char });
        if ends_line(char) {
            what.push_str("    ");
        }
    }
    format!(
        "[{}] {} {} <{}>: {what}\n",
        entry.at,
        type_of(entry),
        one_line(called(&entry.who)),
        one_line(&entry.who.address),
    )
}

/// A name on one line.
fn one_line(name: &str) -> String {
    name.replace(ends_line, " ")
}

/// Whether a line ends with it for some reader: what Unicode says of line ends (section 5.8), and the separators of ASCII.
fn ends_line(char: char) -> bool {
    matches!(char, '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn html_of(entry: &Entry) -> String {
    format!(
        "<tr><td>{}</td><td>{}</td><td>{} &lt;{}&gt;</td><td style=\"white-space: pre-wrap\">{}</td></tr>\n",
        entry.at,
        xml(type_of(entry)),
        xml(called(&entry.who)),
        xml(&entry.who.address),
        xml(&sentence(entry))
    )
}
