//! Mails as RFC 5322 and MIME have them. The same input makes the same bytes.

use crate::{
    Person,
    split::Mail,
    words::{allowed, called, is_user},
};
use mail_builder::headers::{Header, address::Address, date::Date, text::Text};
use std::fmt::Write;

/// Bodies are quoted-printable or base64, in which this can't occur: RFC 2045, section 6.7.
pub(crate) const BOUNDARY: &str = "=_causerie";
/// RFC 2045, section 6.7 and 6.8.
const LINE_CHARS: usize = 76;
/// The domain of addresses that are nobody's mailbox: RFC 2606.
const NOBODY: &str = "causerie.invalid";

/// The headers that all mails have, with the subject's end, and these besides. Ends before the content's type.
pub(crate) fn headers(mail: &Mail<'_>, besides: &[(&str, &str)]) -> String {
    let mut out = Vec::new();
    let address = |person: &Person| {
        let name = clean(called(person));
        Address::new_address(Some(name), mailbox(&person.address))
    };
    let people: Vec<Address<'_>> = mail.people.values().map(address).collect();
    // A mail that only lists who was there is from the first of them.
    let first = mail.entries.first().map(|entry| &entry.who);
    let from = first.or(mail.people.values().next()).map(address);
    let ends = mail.entries.last().map_or(mail.room.ends, |entry| entry.at);
    put(&mut out, "From", &Address::new_list(from.into_iter().collect()));
    put(&mut out, "To", &Address::new_list(people));
    out.extend(format!("Date: {}\r\n", Date::new(ends.unix_seconds()).to_rfc822()).into_bytes());
    out.extend(format!("Message-ID: <{}@{NOBODY}>\r\n", mail.file).into_bytes());
    let room = mail.room.name.as_deref().unwrap_or(&mail.room.uri);
    put(
        &mut out,
        "Subject",
        &text(&format!("Chat room {room} ({})", mail.number)),
    );
    for (name, value) in besides {
        put(&mut out, name, &text(value));
    }
    out.extend(b"Auto-Submitted: auto-generated\r\nPrecedence: bulk\r\nMIME-Version: 1.0\r\n");
    String::from_utf8_lossy(&out).into_owned()
}

fn put(out: &mut Vec<u8>, name: &str, value: &impl Header) {
    out.extend(format!("{name}: ").into_bytes());
    value.write_header(out, name.len() + 2);
}

fn text(value: &str) -> Text<'static> {
    Text::new(clean(value))
}

/// A text without what would end a header.
fn clean(text: &str) -> String {
    let fit = |c: char| match allowed(c) {
        '\r' | '\n' | '\t' | '\u{7f}' => ' ',
        c => c,
    };
    text.chars().map(fit).collect()
}

/// An address that a mail can have: a user's own, or one that names who is no user.
fn mailbox(address: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "@.!#$%&'*+-/=?^_`{|}~".contains(c);
    if is_user(address) && address.matches('@').count() == 1 && address.chars().all(fits) {
        return address.to_owned();
    }
    let fit = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    let local: String = address.chars().map(fit).collect();
    format!("{local}@{NOBODY}")
}

/// Quoted-printable. The end of the text is at the end of a line if the text's is, so that texts can be joined afterwards.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut column = 0;
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let line_end = byte == b'\n' || (byte == b'\r' && bytes.peek() == Some(&b'\n'));
        if line_end {
            if byte == b'\r' {
                bytes.next();
            }
            out.push_str("\r\n");
            column = 0;
            continue;
        }
        let at_end = matches!(bytes.peek(), None | Some(b'\r' | b'\n'));
        let plain = match byte {
            b' ' | b'\t' => !at_end,
            b'=' => false,
            byte => byte.is_ascii_graphic(),
        };
        let width = if plain { 1 } else { 3 };
        // A place is kept for the mark that a line goes on.
        if column + width >= LINE_CHARS {
            out.push_str("=\r\n");
            column = 0;
        }
        if plain {
            out.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(out, "={byte:02X}");
        }
        column += width;
    }
    out
}

/// No more than these bytes does a text have when it is quoted: three for one, and three at each line's end.
pub(crate) fn quoted_bytes(text: &str) -> usize {
    text.len() * 3 + text.len() / 8 + 8
}

/// Base64 in lines: RFC 4648, section 4.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(base64_bytes(bytes.len()));
    for line in bytes.chunks(LINE_CHARS / 4 * 3) {
        for three in line.chunks(3) {
            let at = |index: usize| three.get(index).copied().map_or(0, u32::from);
            let bits = at(0) << 16 | at(1) << 8 | at(2);
            for digit in 0..4 {
                if digit > three.len() {
                    out.push('=');
                    continue;
                }
                let value = bits >> (18 - 6 * digit) & 0x3f;
                let char = DIGITS.get(value as usize).copied().unwrap_or(b'=');
                out.push(char::from(char));
            }
        }
        out.push_str("\r\n");
    }
    out
}

/// No more than these bytes does base64 make of so many.
pub(crate) fn base64_bytes(bytes: usize) -> usize {
    bytes / 3 * 4 + bytes / 57 * 2 + 8
}
