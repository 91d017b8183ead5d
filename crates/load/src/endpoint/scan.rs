//! A fast look at what the server sends: where a message ends, the header lines that its answer repeats, and what a chat
//! line says. Whatever is out of the ordinary is left to the full parser.

use causerie_xccos::names::{attribute, element};
use memchr::{memchr, memmem::Finder};

/// Largest message that is taken, in bytes: the reply to a join names every participant of the rooms.
pub(crate) const MESSAGE_MAX: usize = 64 * 1024 * 1024;

/// What lies at the front of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Front<'a> {
    /// A message isn't complete before there are so many octets.
    More(usize),
    /// So many octets of line ends between messages.
    Blank(usize),
    /// One message.
    Message(Head<'a>),
    /// Nothing that could be cut.
    Broken,
}

/// The head of a message. Lines are whole, with their names and line ends.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) start: &'a [u8],
    /// The only Via: between this server and its clients is no proxy.
    pub(crate) via: &'a [u8],
    pub(crate) from: &'a [u8],
    pub(crate) to: &'a [u8],
    pub(crate) call_id: &'a [u8],
    pub(crate) cseq: &'a [u8],
    /// Head and empty line, in octets.
    pub(crate) head: usize,
    /// The whole message, in octets.
    pub(crate) total: usize,
    /// Something is folded, repeated, missing or written in another way than usual: only where the message ends is known.
    pub(crate) unusual: bool,
}

impl Head<'_> {
    /// The number of CSeq, and the method.
    pub(crate) fn cseq_parts(&self) -> Option<(&str, &str)> {
        let value = std::str::from_utf8(value(self.cseq)).ok()?;
        let (number, method) = value.split_once(' ')?;
        let plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !method.contains([' ', '\t']);
        plain.then_some((number, method))
    }

    /// The status of a response.
    pub(crate) fn status(&self) -> Option<u16> {
        let rest = self.start.strip_prefix(b"SIP/2.0 ")?;
        std::str::from_utf8(rest.get(..3)?).ok()?.parse().ok()
    }

    /// Whether it is an INFO.
    pub(crate) fn is_info(&self) -> bool {
        self.start.starts_with(b"INFO ")
    }
}

/// The value of a header line.
pub(crate) fn value(line: &[u8]) -> &[u8] {
    let colon = memchr(b':', line).map_or(line.len(), |at| at + 1);
    line.get(colon..).unwrap_or_default().trim_ascii()
}

/// Looks at the front of a stream.
pub(crate) fn front(stream: &[u8]) -> Front<'_> {
    let blank = stream
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count();
    if blank > 0 {
        return Front::Blank(blank);
    }
    let mut head = Head::default();
    let mut length = None;
    let mut at = 0;
    loop {
        let rest = stream.get(at..).unwrap_or_default();
        let Some(end) = memchr(b'\n', rest) else {
            return if stream.len() > MESSAGE_MAX {
                Front::Broken
            } else {
                Front::More(stream.len() + 1)
            };
        };
        let line = rest.get(..=end).unwrap_or_default();
        at += line.len();
        if line == b"\r\n" {
            break;
        }
        if head.start.is_empty() {
            head.start = line;
        } else if note(line, &mut head, &mut length).is_none() {
            return Front::Broken;
        }
    }
    let (Some(length), false) = (length, head.start.is_empty()) else {
        return Front::Broken;
    };
    head.head = at;
    head.total = at.saturating_add(length);
    if head.total > MESSAGE_MAX {
        return Front::Broken;
    }
    if stream.len() < head.total {
        return Front::More(head.total);
    }
    let once = [head.via, head.from, head.to, head.call_id, head.cseq];
    head.unusual |= once.iter().any(|line| line.is_empty());
    Front::Message(head)
}

/// Takes note of one header line. `None` when the message can't be cut for it.
fn note<'a>(line: &'a [u8], head: &mut Head<'a>, length: &mut Option<usize>) -> Option<()> {
    if !line.ends_with(b"\r\n") || line.starts_with(b" ") || line.starts_with(b"\t") {
        // A fold, or a line end that others may read in another way.
        head.unusual = true;
        return Some(());
    }
    // Only names that begin so matter, compact ones among them.
    let first = line.first()?.to_ascii_lowercase();
    if !b"vftilc".contains(&first) {
        return Some(());
    }
    let colon = memchr(b':', line)?;
    let name = line.get(..colon)?.trim_ascii_end();
    let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
    let mut once = |slot: &mut &'a [u8]| {
        head.unusual |= !slot.is_empty();
        *slot = line;
    };
    if is("Via") {
        once(&mut head.via);
    } else if is("From") {
        once(&mut head.from);
    } else if is("To") {
        once(&mut head.to);
    } else if is("Call-ID") {
        once(&mut head.call_id);
    } else if is("CSeq") {
        once(&mut head.cseq);
    } else if is("Content-Length") || is("l") {
        let number = std::str::from_utf8(value(line)).ok()?.parse().ok()?;
        if length.replace(number).is_some() {
            return None;
        }
    } else if name.len() == 1 {
        head.unusual = true;
    }
    Some(())
}

/// What an XCCOS document from the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document<'a> {
    Chat(Chat<'a>),
    Notice,
    Reply,
    Other,
}

/// A chat line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chat<'a> {
    /// The room's URI.
    pub(crate) room: &'a [u8],
    pub(crate) chat_id: u64,
    /// Escaped as XML has it; a stamp needs no escapes.
    pub(crate) text: &'a [u8],
}

/// Reads documents. Made once, because searching is prepared.
#[derive(Debug)]
pub(crate) struct Reader {
    room: Finder<'static>,
    chat_id: Finder<'static>,
    text: Finder<'static>,
    reply_to: Finder<'static>,
    envelope: Finder<'static>,
    code: Finder<'static>,
}

impl Reader {
    pub(crate) fn new() -> Self {
        let finder = |text: String| Finder::new(text.as_bytes()).into_owned();
        let value_of = |name: &str| finder(format!(" {name}=\""));
        Self {
            room: value_of(attribute::CHAN_URI),
            chat_id: value_of(attribute::CHAT_ID),
            text: finder(format!("><{}>", element::CHAT)),
            reply_to: finder(format!("<{} ", element::COMMANDID)),
            envelope: value_of(attribute::ENVID),
            code: finder(format!("<{} {}=\"", element::RESP, attribute::CODE)),
        }
    }

    /// Reads a document as this server writes them: one primitive in an envelope, no white space between.
    pub(crate) fn read<'a>(&self, body: &'a [u8]) -> Document<'a> {
        let inner = memchr(b'>', body)
            .and_then(|at| body.get(at + 1..))
            .unwrap_or_default();
        let is = |name: &str| {
            let after = inner
                .strip_prefix(b"<")
                .and_then(|rest| rest.strip_prefix(name.as_bytes()));
            after.is_some_and(|after| after.starts_with(b" "))
        };
        if is(element::GRPCHAT) {
            self.chat(inner).map_or(Document::Other, Document::Chat)
        } else if is(element::NTC) {
            Document::Notice
        } else if is(element::RPL) {
            Document::Reply
        } else {
            Document::Other
        }
    }

    /// Attributes can't hold a quotation mark, so a name with its first quotation mark stands for nothing else.
    fn chat<'a>(&self, line: &'a [u8]) -> Option<Chat<'a>> {
        let (room, rest) = after(&self.room, line)?;
        let (chat_id, rest) = after(&self.chat_id, rest)?;
        let at = self.text.find(rest)? + self.text.needle().len();
        let rest = rest.get(at..)?;
        let end = memchr(b'<', rest)?;
        Some(Chat {
            room,
            chat_id: std::str::from_utf8(chat_id).ok()?.parse().ok()?,
            text: rest.get(..end)?,
        })
    }

    /// Which envelope a reply answers, and its code.
    pub(crate) fn reply(&self, body: &[u8]) -> Option<(u64, u16)> {
        let rest = body.get(self.reply_to.find(body)?..)?;
        let (envelope, rest) = after(&self.envelope, rest)?;
        let (code, _) = after(&self.code, rest)?;
        let number = |text| std::str::from_utf8(text).ok();
        Some((number(envelope)?.parse().ok()?, number(code)?.parse().ok()?))
    }
}

/// What stands in quotation marks after a text, and what follows it.
fn after<'a>(finder: &Finder<'_>, text: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let start = finder.find(text)? + finder.needle().len();
    let rest = text.get(start..)?;
    let end = memchr(b'"', rest)?;
    Some((rest.get(..end)?, rest.get(end..)?))
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
