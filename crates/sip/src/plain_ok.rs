//! 200s in the form in which nearly all come, read without being taken apart.
use crate::cursor::is_token_byte;
use crate::headers::CSEQ_MAX;
use crate::signature::{SignatureFields, cseq_parts, tag_of, uri_of};

/// A 200 whose lines are all in their usual form: long header names in their usual spelling, nothing folded, nothing
/// given twice, one Via as we write it, no header that would change what is signed.
///
/// A busy server gets one for each message that it delivers. Whatever differs in anything is left to
/// [`Message::parse`](crate::Message::parse), which would say the same of what is read here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlainOk<'a> {
    /// Call-ID.
    pub call_id: &'a str,
    /// The number of CSeq.
    pub cseq: u32,
    /// The method of CSeq.
    pub method: &'a str,
    /// Authorization, if there is one.
    pub authorization: Option<&'a str>,
    cseq_text: &'a str,
    from: &'a str,
    to: &'a str,
}

impl<'a> PlainOk<'a> {
    /// Reads one whole message; `None` when it isn't in this form.
    #[must_use]
    pub fn read(raw: &'a [u8]) -> Option<Self> {
        let lines = raw.strip_prefix(b"SIP/2.0 200 OK\r\n")?;
        let lines = std::str::from_utf8(lines).ok()?;
        let mut ok = Self::default();
        let mut via = "";
        let mut length = "";
        let mut rest = lines;
        loop {
            let (line, after) = split_line(rest)?;
            rest = after;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ")?;
            let slot = match name {
                "Via" => &mut via,
                "From" => &mut ok.from,
                "To" => &mut ok.to,
                "Call-ID" => &mut ok.call_id,
                "CSeq" => &mut ok.cseq_text,
                "Content-Length" => &mut length,
                "Authorization" => ok.authorization.get_or_insert(""),
                "User-Agent" | "Supported" | "Allow" | "Contact" | "Record-Route" => continue,
                _ => return None,
            };
            // White space at the ends isn't part of a value; here there is none.
            if !slot.is_empty() || value.is_empty() || has_blank_ends(value) {
                return None;
            }
            *slot = value;
        }
        let plain = length == "0" && rest.is_empty() && is_plain_via(via) && is_call_id(ok.call_id);
        if !plain || ok.from.is_empty() || ok.to.is_empty() {
            return None;
        }
        let (number, method) = cseq_parts(ok.cseq_text);
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || method.is_empty() || !method.bytes().all(is_token_byte) {
            return None;
        }
        ok.cseq = number.parse().ok().filter(|number| *number <= CSEQ_MAX)?;
        (ok.cseq_text, ok.method) = (number, method);
        Some(ok)
    }

    /// What a signature over this response covers.
    #[must_use]
    pub fn signature_fields(&self) -> SignatureFields<'a> {
        SignatureFields {
            call_id: self.call_id,
            cseq: self.cseq_text,
            method: self.method,
            from_uri: uri_of(self.from),
            from_tag: tag_of(self.from),
            to_uri: uri_of(self.to),
            to_tag: tag_of(self.to),
            status: Some(200),
            ..SignatureFields::default()
        }
    }
}

/// The first line and what follows it. `None` for one that goes on in the next, or has a CR or LF in it.
fn split_line(text: &str) -> Option<(&str, &str)> {
    let end = memchr::memchr2(b'\r', b'\n', text.as_bytes())?;
    let (line, rest) = text.split_at_checked(end)?;
    let rest = rest.strip_prefix("\r\n")?;
    (!rest.starts_with([' ', '\t'])).then_some((line, rest))
}

fn has_blank_ends(value: &str) -> bool {
    let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    blank(value.as_bytes().first()) || blank(value.as_bytes().last())
}

/// Whether a Via is one by its form: nothing in it can begin another, and its host isn't the broadcast address.
pub(crate) fn is_plain_via(via: &str) -> bool {
    via.starts_with("SIP/2.0/")
        && memchr::memchr2(b',', b'"', via.as_bytes()).is_none()
        && !via.contains("255.255.255.255")
}

/// Whether a Call-ID is something, in one piece.
pub(crate) fn is_call_id(text: &str) -> bool {
    !text.is_empty() && !text.bytes().any(|byte| byte.is_ascii_control() || byte == b' ')
}
