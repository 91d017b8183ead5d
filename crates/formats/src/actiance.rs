//! The `FileDump` of Actiance Vantage.

use crate::{
    Entry, Format, Options, Person, Piece, Room, What,
    words::{called, is_user, millis, piece, piece_of, sentence, xml},
};
use causerie_model::Timestamp;
use std::collections::BTreeMap;

const BEGIN: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
    <FileDump xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n";
const END: &str = "</FileDump>\n";
const EXTENSION: &str = "xml";

pub(crate) struct Actiance {
    options: Options,
    room: Option<Room>,
    /// Who is in the room, by his address.
    present: BTreeMap<String, Person>,
}

impl Actiance {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            room: None,
            present: BTreeMap::new(),
        }
    }
}

impl Format for Actiance {
    fn begin(&mut self) -> Vec<Piece> {
        if self.options.one_room_per_file {
            return Vec::new();
        }
        vec![piece(&self.options.file("", EXTENSION), BEGIN)]
    }

    fn open(&mut self, room: &Room) -> Vec<Piece> {
        let file = self.options.file(&room.uri, EXTENSION);
        let mut pieces = Vec::new();
        if self.options.one_room_per_file {
            pieces.push(piece(&file, BEGIN));
        }
        let mut text = format!(
            "<Conversation Perspective=\"{}\">\n<RoomID>{}</RoomID>\n<StartTimeUTC>{}</StartTimeUTC>\n",
            xml(room.name.as_deref().unwrap_or(&room.uri)),
            xml(&room.uri),
            millis(room.begins)
        );
        self.present.clear();
        for person in &room.present {
            text += &moved("ParticipantEntered", person, room.begins);
            self.present.insert(person.address.clone(), person.clone());
        }
        pieces.push(piece(&file, text));
        self.room = Some(room.clone());
        pieces
    }

    fn entry(&mut self, entry: &Entry) -> Vec<Piece> {
        let Some(room) = &self.room else {
            return Vec::new();
        };
        let who = &entry.who;
        let text = match &entry.what {
            What::Join => {
                self.present.insert(who.address.clone(), who.clone());
                moved("ParticipantEntered", who, entry.at)
            }
            What::Part { .. } => {
                self.present.remove(&who.address);
                moved("ParticipantLeft", who, entry.at)
            }
            What::Chat { id, text } => message(&id.to_string(), who, entry.at, "", text),
            What::File { name, .. } => {
                transfer("FileTransferStarted", who, entry.at, name, "")
                    + &transfer(
                        "FileTransferEnded",
                        who,
                        entry.at,
                        name,
                        "<Status>Completed</Status>\n",
                    )
            }
            What::Deleted {
                id,
                text,
                author,
                replacement,
            } => {
                let author = Person {
                    address: author.clone(),
                    name: None,
                };
                let (id, at) = (id.to_string(), entry.at);
                let taken = message(&id, &author, at, &updated("Deleted", at), text);
                let instead = replacement.as_deref().map_or_else(String::new, |instead| {
                    message(&id, &author, at, &updated("EditedNewMsg", at), instead)
                });
                taken + &instead + &notice(entry)
            }
            What::Backchat { .. } | What::Other { .. } | What::Retired => notice(entry),
        };
        vec![piece_of(entry, &self.options.file(&room.uri, EXTENSION), text)]
    }

    fn close(&mut self) -> Vec<Piece> {
        let Some(room) = self.room.take() else {
            return Vec::new();
        };
        let mut text = String::new();
        for person in self.present.values() {
            text += &moved("ParticipantLeft", person, room.ends);
        }
        self.present.clear();
        text += &format!(
            "<EndTimeUTC>{}</EndTimeUTC>\n</Conversation>\n",
            millis(room.ends)
        );
        if self.options.one_room_per_file {
            text += END;
        }
        vec![piece(&self.options.file(&room.uri, EXTENSION), text)]
    }

    fn end(&mut self) -> Vec<Piece> {
        if self.options.one_room_per_file {
            return Vec::new();
        }
        vec![piece(&self.options.file("", EXTENSION), END)]
    }
}

fn moved(element: &str, who: &Person, at: Timestamp) -> String {
    format!(
        "<{element}>\n<LoginName>{}</LoginName>\n<UserType>{}</UserType>\n<DateTimeUTC>{}</DateTimeUTC>\n\
         <CorporateEmailID>{}</CorporateEmailID>\n<DisplayName>{}</DisplayName>\n</{element}>\n",
        xml(&who.address),
        user_type(who),
        millis(at),
        xml(&who.address),
        xml(called(who))
    )
}

fn message(id: &str, who: &Person, at: Timestamp, update: &str, content: &str) -> String {
    format!(
        "<Message>\n<MessageId>{id}</MessageId>\n<LoginName>{}</LoginName>\n<UserType>{}</UserType>\n\
         <DateTimeUTC>{}</DateTimeUTC>\n{update}<Content>{}</Content>\n</Message>\n",
        xml(&who.address),
        user_type(who),
        millis(at),
        xml(content)
    )
}

fn updated(kind: &str, at: Timestamp) -> String {
    format!(
        "<UpdatedType>{kind}</UpdatedType>\n<UpdatedDateTimeUTC>{}</UpdatedDateTimeUTC>\n",
        millis(at)
    )
}

/// What the format has no element for, as a message that says it.
fn notice(entry: &Entry) -> String {
    let id = format!("record-{}", entry.position);
    message(&id, &entry.who, entry.at, "", &sentence(entry))
}

fn transfer(element: &str, who: &Person, at: Timestamp, name: &str, status: &str) -> String {
    let name = xml(name);
    format!(
        "<{element}>\n<LoginName>{}</LoginName>\n<DateTimeUTC>{}</DateTimeUTC>\n<UserFileName>{name}</UserFileName>\n\
         <FileName>{name}</FileName>\n{status}</{element}>\n",
        xml(&who.address),
        millis(at)
    )
}

fn user_type(who: &Person) -> &'static str {
    if is_user(&who.address) { "user" } else { "bot" }
}
