//! Credentials and challenges: Authorization, WWW-Authenticate and their like (RFC 3261 §20.7, MS-SIPAE §2.2).
use super::HeaderError;
use crate::cursor::{Cursor, is_lws};
use crate::name::Header;
use crate::text::{Span, Text};

/// A scheme and its parameters. Unknown schemes are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthParams {
    text: Text,
    scheme: Span,
    rest: Span,
}

impl AuthParams {
    /// Reads the value of `header`.
    ///
    /// # Errors
    /// When it has no scheme or a malformed parameter.
    pub fn parse(header: Header, text: impl Into<Text>) -> Result<Self, HeaderError> {
        let text = text.into();
        let error = |problem| HeaderError::new(header, problem);
        let mut cursor = Cursor::new(&text);
        let scheme = cursor.token().ok_or(error("no scheme"))?;
        let rest = cursor.rest();
        let mut reader = cursor;
        while read_param(&mut reader).map_err(error)?.is_some() {}
        if !reader.at_end() {
            return Err(error("something after the parameters"));
        }
        Ok(Self {
            scheme: Span::of(&text, scheme),
            rest: Span::of(&text, rest),
            text,
        })
    }

    /// The scheme as written: `NTLM`, `Digest`, ... Compare it without case.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.scheme.get(&self.text)
    }

    /// Name and value of each parameter; of a quoted value what stands between the quotes, escapes kept.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut cursor = Cursor::new(self.rest.get(&self.text));
        std::iter::from_fn(move || read_param(&mut cursor).ok().flatten())
    }

    /// The value of the first parameter of that name, compared without case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// One `name=value` and the comma after it. Unquoted values may hold anything but separators: `version=4`.
fn read_param<'a>(cursor: &mut Cursor<'a>) -> Result<Option<(&'a str, &'a str)>, &'static str> {
    while cursor.eat(b',') {}
    if cursor.at_end() {
        return Ok(None);
    }
    let name = cursor.token().ok_or("a parameter without a name")?;
    if !cursor.eat(b'=') {
        return Err("a parameter without a value");
    }
    cursor.skip_lws();
    let value = if cursor.peek() == Some(b'"') {
        cursor.quoted().ok_or("an unclosed quoted string")?
    } else {
        cursor.take_while(|byte| !is_lws(byte) && !b",\"".contains(&byte))
    };
    cursor.skip_lws();
    match cursor.peek() {
        None | Some(b',') => Ok(Some((name, value))),
        Some(_) => Err("no comma between parameters"),
    }
}
