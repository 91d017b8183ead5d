//! Content-Type and the ranges of Accept (RFC 3261 §20.15, §20.1).
use super::{HeaderError, Params};
use crate::cursor::Cursor;
use crate::name::Header;
use crate::text::{Span, Text};

/// A media type with its parameters; in Accept it may be a range (`text/*`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentType {
    text: Text,
    kind: Span,
    subtype: Span,
    /// The parameters: charset, boundary, ...
    pub params: Params,
}

impl ContentType {
    /// Reads a Content-Type.
    ///
    /// # Errors
    /// When it is not a media type.
    pub fn parse(text: impl Into<Text>) -> Result<Self, HeaderError> {
        let text = text.into();
        let mut cursor = Cursor::new(&text);
        let found = Self::read(&text, &mut cursor)
            .map_err(|problem| HeaderError::new(Header::ContentType, problem))?;
        if cursor.at_end() {
            Ok(found)
        } else {
            Err(HeaderError::new(Header::ContentType, "something after the type"))
        }
    }

    /// Reads the value of one Accept header; empty for an empty one.
    ///
    /// # Errors
    /// When a range is malformed.
    pub fn parse_list(text: impl Into<Text>) -> Result<Vec<Self>, HeaderError> {
        let text = text.into();
        let mut cursor = Cursor::new(&text);
        let mut all = Vec::new();
        if cursor.at_end() {
            return Ok(all);
        }
        loop {
            all.push(
                Self::read(&text, &mut cursor)
                    .map_err(|problem| HeaderError::new(Header::Accept, problem))?,
            );
            if !cursor.eat(b',') {
                break;
            }
        }
        if cursor.at_end() {
            Ok(all)
        } else {
            Err(HeaderError::new(Header::Accept, "something after a range"))
        }
    }

    fn read(text: &Text, cursor: &mut Cursor<'_>) -> Result<Self, &'static str> {
        let kind = cursor.token().ok_or("no type")?;
        let subtype = cursor
            .eat(b'/')
            .then(|| cursor.token())
            .flatten()
            .ok_or("no subtype")?;
        let params = Params::read(text, cursor)?;
        Ok(Self {
            text: text.clone(),
            kind: Span::of(text, kind),
            subtype: Span::of(text, subtype),
            params,
        })
    }

    /// The type: `text` of `text/plain`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.kind.get(&self.text)
    }

    /// The subtype: `plain` of `text/plain`.
    #[must_use]
    pub fn subtype(&self) -> &str {
        self.subtype.get(&self.text)
    }

    /// Whether this type or range takes in `media_type` (`text/plain`; no parameters).
    #[must_use]
    pub fn matches(&self, media_type: &str) -> bool {
        let (kind, subtype) = media_type.split_once('/').unwrap_or((media_type, ""));
        let part = |mine: &str, theirs: &str| mine == "*" || mine.eq_ignore_ascii_case(theirs);
        part(self.kind(), kind) && part(self.subtype(), subtype)
    }
}
