//! Relativity's short message format 1.0.0: a mail with the events as text, and as JSON in an attached zip.

use crate::{
    Entry, Piece, What,
    eml::text_of,
    mail::{BOUNDARY, base64, base64_bytes, headers, quoted, quoted_bytes},
    split::{Mail, Writer},
    words::{called, is_user, piece, piece_of, sentence, type_of},
    zip,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const EXTENSION: &str = "rsmf";
const VERSION: &str = "1.0.0";
const MANIFEST: &str = "rsmf_manifest.json";
const CONVERSATION: &str = "C1";
const PLATFORM: &str = "causerie";

pub(crate) struct Rsmf;

impl Writer for Rsmf {
    fn entry_bytes(&self, entry: &Entry) -> usize {
        // Participants have numbers shorter than this.
        let json = event(entry, "P0000000000").to_string().len() + 1;
        quoted_bytes(&text_of(entry)) + base64_bytes(json)
    }

    fn write(&self, mail: &Mail<'_>) -> Vec<Piece> {
        let file = format!("{}.{EXTENSION}", mail.file);
        let first = mail.entries.first().map_or(mail.room.begins, |entry| entry.at);
        let last = mail.entries.last().map_or(mail.room.ends, |entry| entry.at);
        let headers = headers(
            mail,
            &[
                ("X-RSMF-Version", VERSION),
                ("X-RSMF-Generator", "Causerie"),
                ("X-RSMF-BeginDate", &first.to_string()),
                ("X-RSMF-EndDate", &last.to_string()),
                ("X-RSMF-EventCount", &mail.entries.len().to_string()),
            ],
        );
        let mut pieces = vec![piece(
            &file,
            format!(
                "{headers}Content-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\r\n\r\n--{BOUNDARY}\r\n\
                 Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            ),
        )];
        for entry in mail.entries {
            pieces.push(piece_of(entry, &file, quoted(&text_of(entry))));
        }
        let zip = zip::of(MANIFEST, manifest(mail).to_string().as_bytes());
        pieces.push(piece(
            &file,
            format!(
                "\r\n--{BOUNDARY}\r\nContent-Type: application/zip; name=\"rsmf.zip\"\r\n\
                 Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"rsmf.zip\"\r\n\r\n\
                 {}--{BOUNDARY}--\r\n",
                base64(&zip)
            ),
        ));
        pieces
    }
}

fn manifest(mail: &Mail<'_>) -> Value {
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    let mut participants = Vec::new();
    for (index, person) in mail.people.values().enumerate() {
        let id = format!("P{}", index + 1);
        let display = shown(called(person));
        participants.push(if is_user(&person.address) {
            json!({ "display": display, "email": person.address, "id": id })
        } else {
            json!({ "display": display, "id": id })
        });
        ids.insert(&person.address, id);
    }
    let id_of = |address: &str| ids.get(address).map_or("", String::as_str);
    let present: Vec<&str> = mail
        .present
        .keys()
        .filter_map(|address| ids.get(address.as_str()).map(String::as_str))
        .collect();
    let events: Vec<Value> = mail
        .entries
        .iter()
        .map(|entry| event(entry, id_of(&entry.who.address)))
        .collect();
    json!({
        "conversations": [{
            "custom": [{ "name": "Address", "value": mail.room.uri }],
            "display": shown(mail.room.name.as_deref().unwrap_or(&mail.room.uri)),
            "id": CONVERSATION,
            "participants": present,
            "platform": PLATFORM,
            "type": "channel",
        }],
        "events": events,
        "participants": participants,
        "version": VERSION,
    })
}

fn event(entry: &Entry, participant: &str) -> Value {
    let (kind, body, deleted) = match &entry.what {
        What::Join => ("join", String::new(), false),
        What::Part { .. } => ("leave", sentence(entry), false),
        What::Chat { text, .. } => ("message", text.clone(), false),
        What::Deleted { .. } => ("message", sentence(entry), true),
        _ => ("disclaimer", sentence(entry), false),
    };
    let mut custom = vec![
        json!({ "name": "Record", "value": entry.number.to_string() }),
        json!({ "name": "Type", "value": shown(type_of(entry)) }),
    ];
    if let What::Chat { id, .. } | What::Deleted { id, .. } = &entry.what {
        custom.push(json!({ "name": "Message", "value": id.to_string() }));
    }
    json!({
        "body": body,
        "conversation": CONVERSATION,
        "custom": custom,
        "deleted": deleted,
        "id": entry.position.to_string(),
        "participant": participant,
        "timestamp": entry.at.to_string(),
        "type": kind,
    })
}

/// A text where the format wants one that isn't empty.
fn shown(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}
