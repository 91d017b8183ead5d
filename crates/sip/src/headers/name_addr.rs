//! `name-addr` and `addr-spec` with parameters: From, To, Contact, Route, Record-Route (RFC 3261 §20.10).
use super::{HeaderError, Params};
use crate::cursor::{Cursor, is_lws, trim_lws};
use crate::fields::Headers;
use crate::name::Header;
use crate::text::{Span, Text};
use crate::uri::Uri;

/// An address: display name, URI, parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameAddr {
    text: Text,
    display: Span,
    /// The URI.
    pub uri: Uri,
    /// The header parameters; those within the angle brackets belong to the URI.
    pub params: Params,
}

impl NameAddr {
    /// Reads a header value that is one address.
    ///
    /// # Errors
    /// When the value is no address, or more than one.
    pub fn parse(header: Header, text: impl Into<Text>) -> Result<Self, HeaderError> {
        let text = text.into();
        let mut cursor = Cursor::new(&text);
        let address = Self::read(&text, &mut cursor).map_err(|problem| HeaderError::new(header, problem))?;
        if cursor.at_end() {
            Ok(address)
        } else {
            Err(HeaderError::new(header, "something after the address"))
        }
    }

    /// Reads every address of a header, over several lines and commas.
    ///
    /// # Errors
    /// When one of them is malformed.
    pub fn parse_all(headers: &Headers, header: Header) -> Result<Vec<Self>, HeaderError> {
        let mut all = Vec::new();
        for text in headers.texts(header) {
            let mut cursor = Cursor::new(&text);
            loop {
                all.push(
                    Self::read(&text, &mut cursor).map_err(|problem| HeaderError::new(header, problem))?,
                );
                if !cursor.eat(b',') {
                    break;
                }
            }
            if !cursor.at_end() {
                return Err(HeaderError::new(header, "something after an address"));
            }
        }
        Ok(all)
    }

    fn read(text: &Text, cursor: &mut Cursor<'_>) -> Result<Self, &'static str> {
        cursor.skip_lws();
        let start = cursor.rest();
        let display;
        let uri;
        if cursor.peek() == Some(b'"') {
            display = cursor.quoted().ok_or("an unclosed quoted string")?;
            if !cursor.eat(b'<') {
                return Err("no < after the display name");
            }
            uri = bracketed(cursor)?;
        } else {
            let first = cursor.take_while(|byte| !b"<>\",;".contains(&byte));
            if cursor.eat(b'<') {
                display = trim_lws(first);
                uri = bracketed(cursor)?;
            } else {
                display = "";
                *cursor = Cursor::new(start);
                uri = cursor.take_while(|byte| !is_lws(byte) && !b"<>\",;".contains(&byte));
                // With a question mark the brackets are mandatory (RFC 3261 §20.10).
                if uri.contains('?') {
                    return Err("a URI with headers outside angle brackets");
                }
            }
        }
        let uri = Uri::parse(text.share(uri)).map_err(|_| "a malformed URI")?;
        let params = Params::read(text, cursor)?;
        let length = start.len() - cursor.rest().len();
        let whole = text.share(trim_lws(start.get(..length).unwrap_or_default()));
        Ok(Self {
            display: Span::of(start, display),
            text: whole,
            uri,
            params,
        })
    }

    /// The whole address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The display name without its quotes, escapes kept (see [`super::unescape_quoted`]); often empty.
    #[must_use]
    pub fn display(&self) -> &str {
        self.display.get(&self.text)
    }

    /// A header parameter, empty for one without a value, without its quotes.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name)
    }

    /// The tag (RFC 3261 §19.3).
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.param("tag")
    }

    /// The endpoint identifier of MS-SIPRE §2.2.
    #[must_use]
    pub fn epid(&self) -> Option<&str> {
        self.param("epid")
    }

    /// The instance of a Contact, `<urn:uuid:...>` with its brackets (RFC 5626 §4.1).
    #[must_use]
    pub fn sip_instance(&self) -> Option<&str> {
        self.param("+sip.instance")
    }

    /// The GRUU of a Contact (draft-ietf-sip-gruu-10, MS-SIPRE).
    #[must_use]
    pub fn gruu(&self) -> Option<&str> {
        self.param("gruu")
    }
}

/// What stands before the closing bracket; blanks inside the brackets are common and harmless.
fn bracketed<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, &'static str> {
    let uri = cursor.take_while(|byte| byte != b'>');
    if cursor.eat(b'>') {
        Ok(trim_lws(uri))
    } else {
        Err("an unclosed angle bracket")
    }
}
