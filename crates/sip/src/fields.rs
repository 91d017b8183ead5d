//! The headers of a message: an index over its bytes.
use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use memchr::memchr2;

use crate::cursor::{is_lws, is_token};
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
    raw: Bytes,
    entries: Vec<Entry>,
}

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
    pub(crate) fn index(raw: &Bytes, head: Range<usize>) -> (Self, Option<&'static str>) {
        let mut entries = Vec::with_capacity(24);
        let mut problem = None;
        for line in Lines::new(raw.get(head.clone()).unwrap_or_default()) {
            let range = head.start + line.range.start..head.start + line.range.end;
            match entry(raw, range, line.clean) {
                Ok(entry) => entries.push(entry),
                Err(reason) => problem = problem.or(Some(reason)),
            }
        }
        (
            Self {
                raw: raw.clone(),
                entries,
            },
            problem,
        )
    }

    fn find<'n>(&self, name: Name<'n>) -> impl Iterator<Item = Entry> + use<'_, 'n> {
        self.entries.iter().copied().filter(move |entry| match name {
            Name::Known(header) => entry.header == Some(header),
            Name::Other(text) => {
                entry.header.is_none()
                    && entry
                        .name
                        .get_bytes(&self.raw)
                        .eq_ignore_ascii_case(text.as_bytes())
            }
        })
    }

    fn str(&self, span: Span) -> &str {
        std::str::from_utf8(span.get_bytes(&self.raw)).unwrap_or_default()
    }

    fn shared(&self, span: Span) -> Text {
        Text::from_utf8(self.raw.slice_ref(span.get_bytes(&self.raw))).unwrap_or_default()
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

fn entry(raw: &[u8], line: Range<usize>, clean: bool) -> Result<Entry, &'static str> {
    if !clean {
        return Err("a CR or LF alone in a header");
    }
    let text = raw.get(line.clone()).unwrap_or_default();
    if std::str::from_utf8(text).is_err() {
        return Err("a header that is not UTF-8");
    }
    let (name, value) = split_line(text).ok_or("a header line without a colon")?;
    let name_text = std::str::from_utf8(name).unwrap_or_default();
    if !is_token(name_text) {
        return Err("a header name that is not a token");
    }
    let value_start = line.start + (value.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    Ok(Entry {
        name: Span::new(line.start, line.start + name.len()),
        value: Span::new(value_start, value_start + value.len()),
        header: Header::from_name(name_text),
    })
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.iter().map(|field| (field.name, field.value)))
            .finish()
    }
}
