//! The XML of Persistent Chat Server's own adapter: elements, attributes and their order are the original's, so that a
//! stylesheet made for it runs unchanged.

use crate::{
    Entry, Format, Options, Person, Piece, Room, What,
    words::{called, millis, piece, piece_of, sentence, type_of, uri_of, xml},
};
use causerie_model::Timestamp;

const BEGIN: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
    <Conversations xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n";
const END: &str = "</Conversations>\n";
const ATTACH_BEGIN: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Attachments>\n";
const ATTACH_END: &str = "</Attachments>\n";
const EXTENSION: &str = "xml";
const ATTACH: &str = "ATTACH";
/// Ticks of 100 ns from the first day of the year 1 to 1970.
const TICKS_BEFORE_1970: i128 = 621_355_968_000_000_000;

pub(crate) struct Xml {
    options: Options,
    /// The room that is open.
    room: Option<Room>,
    /// Something of it is written.
    begun: bool,
}

impl Xml {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            room: None,
            begun: false,
        }
    }

    /// The files of a room, or of the export, with their beginnings or ends.
    fn frame(&self, uri: &str, text: &str, attachments: &str) -> Vec<Piece> {
        let mut pieces = vec![piece(&self.options.file(uri, EXTENSION), text)];
        if self.options.attachments_manifest {
            pieces.push(piece(&self.options.file(uri, ATTACH), attachments));
        }
        pieces
    }
}

impl Format for Xml {
    fn begin(&mut self) -> Vec<Piece> {
        if self.options.one_room_per_file {
            return Vec::new();
        }
        self.frame("", BEGIN, ATTACH_BEGIN)
    }

    fn open(&mut self, room: &Room) -> Vec<Piece> {
        self.room = Some(room.clone());
        self.begun = false;
        Vec::new()
    }

    fn entry(&mut self, entry: &Entry) -> Vec<Piece> {
        let Some(room) = &self.room else {
            return Vec::new();
        };
        let file = self.options.file(&room.uri, EXTENSION);
        let mut pieces = Vec::new();
        if !self.begun {
            if self.options.one_room_per_file {
                pieces.extend(self.frame(&room.uri, BEGIN, ATTACH_BEGIN));
            }
            let uri = xml(&room.uri);
            let name = room.name.as_deref().map_or_else(|| uri.clone(), xml);
            pieces.push(piece(
                &file,
                format!("<Conversation>\n<Channel uri=\"{uri}\" name=\"{name}\"/>\n"),
            ));
            pieces.push(piece_of(entry, &file, message("FirstMessage", entry)));
            let times = format!(
                "{}{}<Messages>\n",
                time("StartTimeUTC", room.begins),
                time("EndTimeUTC", room.ends)
            );
            pieces.push(piece(&file, times));
        }
        pieces.push(piece_of(entry, &file, message("Message", entry)));
        if let (What::File { name, .. }, true) = (&entry.what, self.options.attachments_manifest) {
            let text = format!(
                "<Attachment type=\"{}\" name=\"{}\" uri=\"{}\" sender=\"{}\" time=\"{}\"/>\n",
                type_of(entry),
                xml(name),
                xml(&room.uri),
                xml(&uri_of(&entry.who.address)),
                entry.at
            );
            pieces.push(piece_of(entry, &self.options.file(&room.uri, ATTACH), text));
        }
        self.begun = true;
        pieces
    }

    fn close(&mut self) -> Vec<Piece> {
        let Some(room) = self.room.take().filter(|_| self.begun) else {
            return Vec::new();
        };
        let file = self.options.file(&room.uri, EXTENSION);
        let mut pieces = vec![piece(&file, "</Messages>\n</Conversation>\n")];
        if self.options.one_room_per_file {
            pieces.extend(self.frame(&room.uri, END, ATTACH_END));
        }
        pieces
    }

    fn end(&mut self) -> Vec<Piece> {
        if self.options.one_room_per_file {
            return Vec::new();
        }
        self.frame("", END, ATTACH_END)
    }
}

/// A message under this element's name.
fn message(element: &str, entry: &Entry) -> String {
    let (id, content) = match &entry.what {
        What::Join | What::Part { not_before: None, .. } => (0, String::new()),
        What::Chat { id, text } => (*id, text.clone()),
        What::Backchat { query, .. } => (0, query.clone()),
        What::File { name, .. } => (0, name.clone()),
        _ => (0, sentence(entry)),
    };
    format!(
        "<{element} type=\"{}\" content=\"{}\" id=\"{id}\">\n{}{}</{element}>\n",
        xml(type_of(entry)),
        xml(&content),
        sender(&entry.who),
        time("DateTimeUTC", entry.at)
    )
}

fn sender(who: &Person) -> String {
    let email = if who.name.is_some() {
        who.address.as_str()
    } else {
        ""
    };
    format!(
        "<Sender UserName=\"{}\" id=\"{}\" email=\"{}\" internal=\"true\" uri=\"{}\"/>\n",
        xml(called(who)),
        xml(&who.address),
        xml(email),
        xml(&uri_of(&who.address))
    )
}

/// A point in time in the original's three forms.
fn time(element: &str, at: Timestamp) -> String {
    let ticks = TICKS_BEFORE_1970 + i128::from(at.0) * 10;
    format!(
        "<{element} since1970=\"{}\" string=\"{at}\" long=\"{ticks}\"/>\n",
        millis(at)
    )
}
