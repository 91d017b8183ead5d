//! The headers of a message: an index over its bytes.
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use bytes::Bytes;
use memchr::memchr2;
use memchr::memmem::Finder;

use crate::cursor::{is_lws, is_lws_char, is_token, trim_lws};
use crate::name::{Header, Name};
use crate::text::{Span, Text};

/// One logical line: a line with the continuation lines that follow it (RFC 3261 §7.3.1).
pub(crate) struct Line {
    pub(crate) range: Range<usize>,
    /// No CR or LF but in folds.
    pub(crate) clean: bool,
}

/// Cuts the head of a message into logical lines. Only CRLF ends a line; framer and parser must agree on that.
pub(crate) struct Lines<'a> {
    head: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(head: &'a [u8]) -> Self {
        Self { head, at: 0 }
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        if self.at >= self.head.len() {
            return None;
        }
        let start = self.at;
        let mut from = start;
        let mut clean = true;
        while let Some(found) = self.head.get(from..).and_then(|rest| memchr2(b'\r', b'\n', rest)) {
            let hit = from + found;
            match self.head.get(hit..).unwrap_or_default() {
                [b'\r', b'\n', b' ' | b'\t', ..] => from = hit + 3,
                [b'\r', b'\n', ..] => {
                    self.at = hit + 2;
                    return Some(Line {
                        range: start..hit,
                        clean,
                    });
                }
                _ => {
                    clean = false;
                    from = hit + 1;
                }
            }
        }
        self.at = self.head.len();
        Some(Line {
            range: start..self.at,
            clean,
        })
    }
}

/// Where the empty line begins that ends a head.
pub(crate) fn head_end(octets: &[u8]) -> Option<usize> {
    // Making a searcher costs more than most searches.
    static EMPTY_LINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\r\n\r\n"));
    EMPTY_LINE.find(octets)
}

/// Splits a header line at its colon: name and value without white space at their ends.
pub(crate) fn split_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let (name, value) = line.split_at_checked(colon)?;
    Some((trim_end(name), trim(value.get(1..)?)))
}

fn trim_end(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., last] = bytes
        && is_lws(*last)
    {
        bytes = rest;
    }
    bytes
}

fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && is_lws(*first)
    {
        bytes = rest;
    }
    trim_end(bytes)
}

#[derive(Clone, Copy)]
struct Entry {
    name: Span,
    value: Span,
    header: Option<Header>,
}

/// The header fields of a message in their order. Names and values stay in the message's own bytes.
#[derive(Clone, Default)]
pub struct Headers {
    lines: Text,
    entries: Vec<Entry>,
}

/// Headers for which room is made at once.
const USUAL_COUNT: usize = 12;

/// One header field as received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name as it was written.
    pub name: &'a str,
    /// What header that is, if it is one of the table.
    pub header: Option<Header>,
    /// The value as it was written, folds included, without white space at its ends.
    pub value: &'a str,
}

impl Headers {
    /// Reads header lines (no start line). What can't be read is left out, and the first reason given.
    pub(crate) fn index(lines: &Bytes) -> (Self, Option<&'static str>) {
        let (lines, mut problem) = text(lines);
        let mut entries = Vec::with_capacity(USUAL_COUNT);
        for line in Lines::new(lines.as_bytes()) {
            match entry(&lines, line) {
                Ok(entry) => entries.push(entry),
                Err(reason) => problem = problem.or(Some(reason)),
            }
        }
        (Self { lines, entries }, problem)
    }

    fn find<'n>(&self, name: Name<'n>) -> impl Iterator<Item = Entry> + use<'_, 'n> {
        self.entries.iter().copied().filter(move |entry| match name {
            Name::Known(header) => entry.header == Some(header),
            Name::Other(text) => {
                entry.header.is_none() && entry.name.get(&self.lines).eq_ignore_ascii_case(text)
            }
        })
    }

    fn str(&self, span: Span) -> &str {
        span.get(&self.lines)
    }

    fn shared(&self, span: Span) -> Text {
        self.lines.share(span.get(&self.lines))
    }

    /// The value of the first header of that name, folds included.
    pub fn get<'n>(&self, name: impl Into<Name<'n>>) -> Option<&str> {
        self.find(name.into()).next().map(|entry| self.str(entry.value))
    }

    /// As [`Headers::get`], sharing the message's bytes.
    pub fn text<'n>(&self, name: impl Into<Name<'n>>) -> Option<Text> {
        self.find(name.into())
            .next()
            .map(|entry| self.shared(entry.value))
    }

    /// The values of all headers of that name, one for each line.
    pub fn get_all<'n>(&self, name: impl Into<Name<'n>>) -> impl Iterator<Item = &str> {
        self.find(name.into()).map(|entry| self.str(entry.value))
    }

    /// As [`Headers::get_all`], sharing the message's bytes.
    pub fn texts<'n>(&self, name: impl Into<Name<'n>>) -> impl Iterator<Item = Text> {
        self.find(name.into()).map(|entry| self.shared(entry.value))
    }

    /// How many lines have that name.
    pub fn count<'n>(&self, name: impl Into<Name<'n>>) -> usize {
        self.find(name.into()).count()
    }

    /// All headers in their order.
    pub fn iter(&self) -> impl Iterator<Item = Field<'_>> {
        self.entries.iter().map(|entry| Field {
            name: self.str(entry.name),
            header: entry.header,
            value: self.str(entry.value),
        })
    }

    /// How many header lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no header at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// The lines as text. Those that are none are left out, and that is said.
fn text(lines: &Bytes) -> (Text, Option<&'static str>) {
    match Text::from_utf8(lines.clone()) {
        Ok(text) => (text, None),
        Err(_) => {
            let readable: String = Lines::new(lines)
                .filter_map(|line| std::str::from_utf8(lines.get(line.range)?).ok())
                .flat_map(|line| [line, "\r\n"])
                .collect();
            (readable.into(), Some("a header that is not UTF-8"))
        }
    }
}

fn entry(lines: &str, line: Line) -> Result<Entry, &'static str> {
    if !line.clean {
        return Err("a CR or LF alone in a header");
    }
    let text = lines.get(line.range).unwrap_or_default();
    let (name, value) = text.split_once(':').ok_or("a header line without a colon")?;
    let name = name.trim_end_matches(is_lws_char);
    if !is_token(name) {
        return Err("a header name that is not a token");
    }
    Ok(Entry {
        name: Span::of(lines, name),
        value: Span::of(lines, trim_lws(value)),
        header: Header::from_name(name),
    })
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.iter().map(|field| (field.name, field.value)))
            .finish()
    }
}
