//! What formats have in common whose files are mails of one room: a mail ends before it is too long, and the next goes on.
//!
//! Those who were in the room before the first entry are listed once: by the first mail, and where they are so many that they
//! would fill it, by those after it, half a mail at a time. Besides, a mail lists those who take part in its own entries.

use crate::{Entry, Format, Options, Person, Piece, Room, What, kind::last_of};
use std::{collections::BTreeMap, mem};

/// A mail that is ready to be written.
pub(crate) struct Mail<'a> {
    pub(crate) options: &'a Options,
    pub(crate) room: &'a Room,
    /// 1 for the first of the room.
    pub(crate) number: usize,
    pub(crate) file: String,
    /// Who was in the room before this mail, or before the room's first entry and is listed here.
    pub(crate) present: &'a BTreeMap<String, Person>,
    /// Who is listed: those of `present`, and who did something, by address.
    pub(crate) people: &'a BTreeMap<String, Person>,
    pub(crate) entries: &'a [Entry],
}

/// How a mail is written.
pub(crate) trait Writer: Send {
    /// No more than these bytes are added by an entry.
    fn entry_bytes(&self, entry: &Entry) -> usize;
    /// The mail.
    fn write(&self, mail: &Mail<'_>) -> Vec<Piece>;
}

/// No more than these bytes are added by somebody who takes part: his address and name, in the headers, each table and list.
fn person_bytes(person: &Person) -> usize {
    const AROUND: usize = 600;
    const TIMES: usize = 18;
    AROUND + TIMES * (person.address.len() + person.name.as_ref().map_or(0, String::len))
}

/// No more than these bytes does a mail have besides.
fn frame_bytes(room: &Room, options: &Options) -> usize {
    const AROUND: usize = 4_096;
    const TIMES: usize = 18;
    let names = [&room.name, &room.category].map(|name| name.as_ref().map_or(0, String::len));
    AROUND + TIMES * (room.uri.len() + names.iter().sum::<usize>() + options.batch.len())
}

pub(crate) struct Split<W> {
    options: Options,
    writer: W,
    room: Option<Room>,
    /// The number of the mail that is being gathered.
    number: usize,
    /// Who was there before the room's first entry and isn't listed yet.
    unlisted: BTreeMap<String, Person>,
    /// Who was there before the mail's first entry.
    present_before: BTreeMap<String, Person>,
    /// Who is there.
    present: BTreeMap<String, Person>,
    people: BTreeMap<String, Person>,
    entries: Vec<Entry>,
    bytes: usize,
}

impl<W: Writer> Split<W> {
    pub(crate) fn new(options: Options, writer: W) -> Self {
        Self {
            options,
            writer,
            room: None,
            number: 1,
            unlisted: BTreeMap::new(),
            present_before: BTreeMap::new(),
            present: BTreeMap::new(),
            people: BTreeMap::new(),
            entries: Vec::new(),
            bytes: 0,
        }
    }

    /// Begins to gather a mail.
    fn start(&mut self) {
        self.present_before = self.present.clone();
        self.people.clear();
        self.entries.clear();
        let frame = self.room.as_ref();
        self.bytes = frame.map_or(0, |room| frame_bytes(room, &self.options));
        let mut budget = self.options.max_mail_bytes / 2;
        while let Some(next) = self.unlisted.first_entry() {
            let bytes = person_bytes(next.get());
            // One at least: else it would go on for ever.
            if bytes > budget && !self.people.is_empty() {
                break;
            }
            budget = budget.saturating_sub(bytes);
            self.bytes += bytes;
            let (address, person) = next.remove_entry();
            self.present_before.insert(address.clone(), person.clone());
            self.people.insert(address, person);
        }
    }

    /// Writes what was gathered.
    fn finish(&mut self) -> Vec<Piece> {
        let has_content = !self.entries.is_empty() || (self.number > 1 && !self.people.is_empty());
        let Some(room) = self.room.as_ref().filter(|_| has_content) else {
            return Vec::new();
        };
        let entries = mem::take(&mut self.entries);
        let mail = Mail {
            options: &self.options,
            room,
            number: self.number,
            file: format!("{}-{}-{:04}", self.options.batch, last_of(&room.uri), self.number),
            present: &self.present_before,
            people: &self.people,
            entries: &entries,
        };
        self.number += 1;
        self.writer.write(&mail)
    }
}

impl<W: Writer> Format for Split<W> {
    fn begin(&mut self) -> Vec<Piece> {
        Vec::new()
    }

    fn open(&mut self, room: &Room) -> Vec<Piece> {
        self.present = room
            .present
            .iter()
            .map(|person| (person.address.clone(), person.clone()))
            .collect();
        self.unlisted = self.present.clone();
        self.room = Some(room.clone());
        self.number = 1;
        self.start();
        Vec::new()
    }

    fn entry(&mut self, entry: &Entry) -> Vec<Piece> {
        let author = match &entry.what {
            What::Deleted { author, .. } => Some(Person {
                address: author.clone(),
                name: None,
            }),
            _ => None,
        };
        let taking_part: Vec<Person> = [entry.who.clone()].into_iter().chain(author).collect();
        let bytes = self.writer.entry_bytes(entry) + taking_part.iter().map(person_bytes).sum::<usize>();
        let full = self.entries.len() >= self.options.max_mail_entries
            || (!self.entries.is_empty() && self.bytes.saturating_add(bytes) > self.options.max_mail_bytes);
        let pieces = if full {
            let pieces = self.finish();
            self.start();
            pieces
        } else {
            Vec::new()
        };
        for person in taking_part {
            let known = self
                .people
                .entry(person.address.clone())
                .or_insert_with(|| person.clone());
            // His name may be told later than his address.
            known.name = known.name.take().or(person.name);
        }
        match entry.what {
            What::Join => {
                self.present.insert(entry.who.address.clone(), entry.who.clone());
            }
            What::Part { .. } => {
                self.present.remove(&entry.who.address);
            }
            _ => {}
        }
        self.bytes += bytes;
        self.entries.push(entry.clone());
        pieces
    }

    fn close(&mut self) -> Vec<Piece> {
        let mut pieces = self.finish();
        while !self.unlisted.is_empty() && self.number > 1 {
            self.start();
            pieces.extend(self.finish());
        }
        self.room = None;
        pieces
    }

    fn end(&mut self) -> Vec<Piece> {
        Vec::new()
    }
}
