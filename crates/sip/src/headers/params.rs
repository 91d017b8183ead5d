//! Header parameters (`generic-param`, RFC 3261 §25.1).
use std::borrow::Cow;
use std::fmt;

use crate::cursor::{Cursor, is_lws};
use crate::text::Text;

/// The parameters of a header value, in the order and spelling they came in.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Text);

impl Params {
    /// Reads parameters from `cursor` up to a comma or the end.
    pub(crate) fn read(text: &Text, cursor: &mut Cursor<'_>) -> Result<Self, &'static str> {
        let before = cursor.rest();
        while read_param(cursor)?.is_some() {}
        let length = before.len() - cursor.rest().len();
        Ok(Self(text.share(before.get(..length).unwrap_or_default())))
    }

    /// Name and value of each; the value of a quoted one is what stands between the quotes, escapes kept.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let mut cursor = Cursor::new(&self.0);
        std::iter::from_fn(move || read_param(&mut cursor).ok().flatten())
    }

    /// The value of a parameter, empty for one without a value; names compare without case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.unwrap_or_default())
    }

    /// The text as written, from its first semicolon on.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

type Param<'a> = (&'a str, Option<&'a str>);

/// One `;name=value`. Values may be any run without separators: real ones hold `@`, `/` and `:`. Empty ones are
/// in use as well (`;epid=`).
fn read_param<'a>(cursor: &mut Cursor<'a>) -> Result<Option<Param<'a>>, &'static str> {
    if !cursor.eat(b';') {
        return Ok(None);
    }
    let name = cursor.token().ok_or("a parameter without a name")?;
    if !cursor.eat(b'=') {
        return Ok(Some((name, None)));
    }
    cursor.skip_lws();
    let value = if cursor.peek() == Some(b'"') {
        cursor.quoted().ok_or("an unclosed quoted string")?
    } else {
        cursor.take_while(|byte| !is_lws(byte) && !b";,\"<>".contains(&byte))
    };
    Ok(Some((name, Some(value))))
}

/// The text of a quoted string, its backslash escapes resolved (RFC 3261 §25.1 `quoted-pair`).
#[must_use]
pub fn unescape_quoted(inside: &str) -> Cow<'_, str> {
    if !inside.contains('\\') {
        return Cow::Borrowed(inside);
    }
    let mut out = String::with_capacity(inside.len());
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' {
            chars.next().unwrap_or('\\')
        } else {
            c
        });
    }
    Cow::Owned(out)
}
