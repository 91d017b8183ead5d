//! What happened in words, and what XML can't hold.

use crate::{Entry, Person, Piece, What};
use causerie_model::Timestamp;
use std::fmt::Write;

/// What stands where a character can't.
const REPLACEMENT: char = '\u{fffd}';

/// The type of an entry, as files name it: the record's kind, but for what retention took, and files.
pub(crate) fn type_of(entry: &Entry) -> &str {
    match entry.what {
        What::Join => "JOIN",
        What::Part { .. } => "PART",
        What::Chat { .. } => "CHAT",
        What::Backchat { .. } => "BACKCHAT",
        What::File { upload: true, .. } => "FILEUPLOAD",
        What::File { upload: false, .. } => "FILEDOWNLOAD",
        What::Deleted { .. } => "DELETED",
        What::Other { .. } => &entry.kind,
        What::Retired => "RETIRED",
    }
}

/// What an entry says, for people. What was posted is told as it is.
pub(crate) fn sentence(entry: &Entry) -> String {
    match &entry.what {
        What::Join => "entered the room".to_owned(),
        What::Part { reason, not_before } => {
            let mut text = format!("left the room ({reason})");
            if let Some(at) = not_before {
                // Writing to a string can't fail.
                let _ = write!(text, ", not before {at}");
            }
            text
        }
        What::Chat { text, .. } | What::Other { text } => text.clone(),
        What::Backchat { query, shown } => format!("read history ({query}) and was shown {shown} messages"),
        What::File { upload: true, name } => format!("put the file {name} into the room"),
        What::File { upload: false, name } => format!("took the file {name} from the room"),
        What::Deleted {
            id,
            text,
            author,
            replacement,
        } => match replacement {
            Some(instead) => format!("replaced message {id} of {author}: {text}\nby: {instead}"),
            None => format!("deleted message {id} of {author}: {text}"),
        },
        What::Retired => format!(
            "the content of this record ({}) was destroyed by retention",
            entry.kind
        ),
    }
}

/// How people call somebody: his name, or his address if no name is known.
pub(crate) fn called(person: &Person) -> &str {
    match &person.name {
        Some(name) if !name.trim().is_empty() => name,
        _ => &person.address,
    }
}

/// His address with a scheme, if he is a user; else as it is.
pub(crate) fn uri_of(address: &str) -> String {
    if is_user(address) {
        format!("sip:{address}")
    } else {
        address.to_owned()
    }
}

/// Whether it is a user's address, and not what names an administrator, an officer or the server.
pub(crate) fn is_user(address: &str) -> bool {
    address.contains('@') && !address.contains(':')
}

/// The character, or what stands for it where XML 1.0, section 2.2, allows none such.
pub(crate) fn allowed(char: char) -> char {
    match char {
        '\t' | '\n' | '\r' => char,
        '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => REPLACEMENT,
        _ => char,
    }
}

/// A text as the content of an element, or of an attribute in double quotes. Line ends come back as they are.
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for char in text.chars().map(allowed) {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            char => out.push(char),
        }
    }
    out
}

/// Milliseconds since 1970.
pub(crate) fn millis(at: Timestamp) -> i64 {
    at.0.div_euclid(1_000)
}

/// A piece that belongs to no record.
pub(crate) fn piece(file: &str, text: impl Into<Vec<u8>>) -> Piece {
    Piece {
        file: file.to_owned(),
        bytes: text.into(),
        position: None,
    }
}

/// A piece that was made of an entry.
pub(crate) fn piece_of(entry: &Entry, file: &str, text: impl Into<Vec<u8>>) -> Piece {
    Piece {
        position: Some(entry.position),
        ..piece(file, text)
    }
}
