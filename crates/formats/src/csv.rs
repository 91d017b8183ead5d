//! A table, as RFC 4180 has it.

use crate::{
    Entry, Format, Options, Piece, Room, What,
    words::{piece, piece_of, sentence, type_of},
};

const COLUMNS: [&str; 13] = [
    "DateTimeUTC",
    "Type",
    "RoomUri",
    "RoomName",
    "CategoryName",
    "User",
    "UserName",
    "MessageId",
    "Author",
    "Text",
    "Replacement",
    "Number",
    "Position",
];
const EXTENSION: &str = "csv";
/// The type of a row for somebody who was in the room before its first entry.
const PRESENT: &str = "PRESENT";

pub(crate) struct Csv {
    options: Options,
    room: Option<Room>,
}

impl Csv {
    pub(crate) fn new(options: Options) -> Self {
        Self { options, room: None }
    }
}

impl Format for Csv {
    fn begin(&mut self) -> Vec<Piece> {
        if self.options.one_room_per_file {
            return Vec::new();
        }
        vec![piece(&self.options.file("", EXTENSION), row(&COLUMNS))]
    }

    fn open(&mut self, room: &Room) -> Vec<Piece> {
        let mut text = String::new();
        if self.options.one_room_per_file {
            text += &row(&COLUMNS);
        }
        let (name, category) = names(room);
        for person in &room.present {
            text += &row(&[
                &room.begins.to_string(),
                PRESENT,
                &room.uri,
                name,
                category,
                &person.address,
                person.name.as_deref().unwrap_or_default(),
                "",
                "",
                "",
                "",
                "",
                "",
            ]);
        }
        let file = self.options.file(&room.uri, EXTENSION);
        self.room = Some(room.clone());
        vec![piece(&file, text)]
    }

    fn entry(&mut self, entry: &Entry) -> Vec<Piece> {
        let Some(room) = &self.room else {
            return Vec::new();
        };
        let (name, category) = names(room);
        let (id, author, text, replacement) = match &entry.what {
            What::Chat { id, text } => (id.to_string(), "", text.clone(), ""),
            What::Deleted {
                id,
                text,
                author,
                replacement,
            } => (
                id.to_string(),
                author.as_str(),
                text.clone(),
                replacement.as_deref().unwrap_or_default(),
            ),
            What::File { name, .. } => (String::new(), "", name.clone(), ""),
            _ => (String::new(), "", sentence(entry), ""),
        };
        let text = row(&[
            &entry.at.to_string(),
            type_of(entry),
            &room.uri,
            name,
            category,
            &entry.who.address,
            entry.who.name.as_deref().unwrap_or_default(),
            &id,
            author,
            &text,
            replacement,
            &entry.number.to_string(),
            &entry.position.to_string(),
        ]);
        vec![piece_of(entry, &self.options.file(&room.uri, EXTENSION), text)]
    }

    fn close(&mut self) -> Vec<Piece> {
        self.room = None;
        Vec::new()
    }

    fn end(&mut self) -> Vec<Piece> {
        Vec::new()
    }
}

fn names(room: &Room) -> (&str, &str) {
    (
        room.name.as_deref().unwrap_or_default(),
        room.category.as_deref().unwrap_or_default(),
    )
}

/// A row, each cell in quotes. A cell that a spreadsheet would take for a formula has an apostrophe before it, and so has one
/// that begins with an apostrophe: whoever takes off the first has the text.
fn row(cells: &[&str; COLUMNS.len()]) -> String {
    let mut out = String::new();
    for (index, cell) in cells.iter().enumerate() {
        out.push_str(if index == 0 { "\"" } else { ",\"" });
        if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\'']) {
            out.push('\'');
        }
        out.push_str(&cell.replace('"', "\"\""));
        out.push('"');
    }
    out.push_str("\r\n");
    out
}
