//! A JSON object on each line.

use crate::{
    Entry, Format, Options, Person, Piece, Room, What,
    words::{piece, piece_of, sentence, type_of},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const EXTENSION: &str = "jsonl";
/// The type of the line before the entries of a room.
const ROOM: &str = "ROOM";

pub(crate) struct Ndjson {
    options: Options,
    room: Option<Room>,
}

impl Ndjson {
    pub(crate) fn new(options: Options) -> Self {
        Self { options, room: None }
    }
}

impl Format for Ndjson {
    fn begin(&mut self) -> Vec<Piece> {
        if self.options.one_room_per_file {
            return Vec::new();
        }
        // So that an export of nothing has its file too.
        vec![piece(&self.options.file("", EXTENSION), "")]
    }

    fn open(&mut self, room: &Room) -> Vec<Piece> {
        let mut fields = of_room(room);
        let present: Vec<Value> = room.present.iter().map(of_person).collect();
        fields.insert("type", ROOM.into());
        fields.insert("present", present.into());
        fields.insert("begins", room.begins.to_string().into());
        fields.insert("ends", room.ends.to_string().into());
        let file = self.options.file(&room.uri, EXTENSION);
        self.room = Some(room.clone());
        vec![piece(&file, line(fields))]
    }

    fn entry(&mut self, entry: &Entry) -> Vec<Piece> {
        let Some(room) = &self.room else {
            return Vec::new();
        };
        let mut fields = of_room(room);
        fields.insert("type", type_of(entry).into());
        fields.insert("at", entry.at.to_string().into());
        fields.insert("who", of_person(&entry.who));
        fields.insert("position", entry.position.into());
        fields.insert("number", entry.number.into());
        fields.insert("kind", entry.kind.as_str().into());
        fields.insert("body", entry.body.as_str().into());
        match &entry.what {
            What::Join => {}
            What::Part { reason, not_before } => {
                fields.insert("reason", reason.as_str().into());
                fields.insert("notBefore", not_before.map(|at| at.to_string()).into());
            }
            What::Chat { id, text } => {
                fields.insert("id", (*id).into());
                fields.insert("text", text.as_str().into());
            }
            What::Backchat { query, shown } => {
                fields.insert("query", query.as_str().into());
                fields.insert("shown", (*shown).into());
            }
            What::File { name, .. } => {
                fields.insert("file", name.as_str().into());
            }
            What::Deleted {
                id,
                text,
                author,
                replacement,
            } => {
                fields.insert("id", (*id).into());
                fields.insert("text", text.as_str().into());
                fields.insert("author", author.as_str().into());
                fields.insert("replacement", replacement.as_deref().into());
            }
            What::Other { .. } | What::Retired => {
                fields.insert("text", sentence(entry).into());
            }
        }
        vec![piece_of(
            entry,
            &self.options.file(&room.uri, EXTENSION),
            line(fields),
        )]
    }

    fn close(&mut self) -> Vec<Piece> {
        self.room = None;
        Vec::new()
    }

    fn end(&mut self) -> Vec<Piece> {
        Vec::new()
    }
}

fn of_room(room: &Room) -> BTreeMap<&'static str, Value> {
    BTreeMap::from([(
        "room",
        json!({ "category": room.category, "name": room.name, "uri": room.uri }),
    )])
}

fn of_person(person: &Person) -> Value {
    json!({ "address": person.address, "name": person.name })
}

/// Members in the order of their names, whether or not `serde_json` sorts by itself.
fn line(fields: BTreeMap<&'static str, Value>) -> String {
    let object: Map<String, Value> = fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    format!("{}\n", Value::Object(object))
}
