//! Compliance records in the formats that archives take.
//!
//! A [`Format`] is fed an export room by room and gives back pieces of files. It keeps no more than a room's heading (EML:
//! one mail), so that an export of any size needs the same memory.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod actiance;
mod csv;
mod eml;
mod kind;
mod mail;
mod ndjson;
mod rsmf;
mod split;
mod words;
mod xml;
mod zip;

pub use kind::{FormatKind, MAX_MAIL_BYTES, MAX_MAIL_ENTRIES, NotAFormat, Options, new};

use causerie_model::Timestamp;

/// Somebody, as an export names him.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// His address without scheme: `ann@example.test`.
    pub address: String,
    /// His display name, if it is known and wanted.
    pub name: Option<String>,
}

/// A room as an export begins it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// `ma-chan://domain/guid`. For what concerns no room: `system` or `compliance`.
    pub uri: String,
    /// Its name, if it is known and wanted.
    pub name: Option<String>,
    /// Its category's name, if it is known and wanted.
    pub category: Option<String>,
    /// Who was in it before the first entry.
    pub present: Vec<Person>,
    /// When the first entry happened.
    pub begins: Timestamp,
    /// When the last entry happened.
    pub ends: Timestamp,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The record's position, which names it in lists of parts.
    pub position: u64,
    /// The record's number in its chain.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who. For what the server, an administrator or an officer did, the address is as the record has it: `admin:unix:root`.
    pub who: Person,
    /// What.
    pub what: What,
    /// The record's kind.
    pub kind: String,
    /// The record's body, for formats that carry it as it is.
    pub body: String,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// He entered.
    Join,
    /// He left.
    Part {
        /// Why, as the record has it.
        reason: String,
        /// It isn't known when: he was last known to be there at this time.
        not_before: Option<Timestamp>,
    },
    /// He posted.
    Chat {
        /// The message's number.
        id: u64,
        /// What it says.
        text: String,
    },
    /// He read history or searched.
    Backchat {
        /// What was asked.
        query: String,
        /// How many messages he was shown.
        shown: u64,
    },
    /// A file was put into the room, or taken from it.
    File {
        /// It was put there.
        upload: bool,
        /// The name under which it is stored.
        name: String,
    },
    /// An administrator took a message's text.
    Deleted {
        /// The message's number.
        id: u64,
        /// What it said.
        text: String,
        /// Who had written it.
        author: String,
        /// What it says instead, if not nothing.
        replacement: Option<String>,
    },
    /// Anything else, in words.
    Other {
        /// A sentence for people.
        text: String,
    },
    /// The content was destroyed by retention.
    Retired,
}

/// A piece of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The file's name.
    pub file: String,
    /// What comes next in it.
    pub bytes: Vec<u8>,
    /// The position of the record that it was made of, if it was one.
    pub position: Option<u64>,
}

/// A format. The calls come in this order: `begin`, for each room `open`, its entries by number, `close`; at last `end`.
pub trait Format: Send {
    /// The beginning of the export.
    fn begin(&mut self) -> Vec<Piece>;
    /// The beginning of a room.
    fn open(&mut self, room: &Room) -> Vec<Piece>;
    /// An entry of the room that is open.
    fn entry(&mut self, entry: &Entry) -> Vec<Piece>;
    /// The end of the room that is open.
    fn close(&mut self) -> Vec<Piece>;
    /// The end of the export.
    fn end(&mut self) -> Vec<Piece>;
}
