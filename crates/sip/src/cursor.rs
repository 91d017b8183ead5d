//! The lexical rules of RFC 3261 §25.1, read from left to right.

/// Whether a byte may stand in a `token` (RFC 3261 §25.1).
pub(crate) fn is_token_byte(byte: u8) -> bool {
    matches!(
        byte,
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9'
            | b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~'
    )
}

/// Whether the text is a `token`: one or more token characters.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Linear white space; CR and LF occur within a header value only as parts of a fold.
pub(crate) fn is_lws(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The same of a character.
pub(crate) fn is_lws_char(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// The text without linear white space at its ends.
pub(crate) fn trim_lws(text: &str) -> &str {
    text.trim_matches(is_lws_char)
}

/// A reader over a header value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// What has not been read.
    pub(crate) fn rest(&self) -> &'a str {
        self.rest
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    pub(crate) fn skip_lws(&mut self) {
        self.take_while(is_lws);
    }

    /// Whether nothing but white space is left.
    pub(crate) fn at_end(&mut self) -> bool {
        self.skip_lws();
        self.rest.is_empty()
    }

    /// Takes one (ASCII) character, white space before it included, if it comes next.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        self.skip_lws();
        let found = self.peek() == Some(byte);
        if found {
            self.take(1);
        }
        found
    }

    pub(crate) fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let length = self
            .rest
            .bytes()
            .position(|byte| !wanted(byte))
            .unwrap_or(self.rest.len());
        self.take(length)
    }

    /// A token, white space before it skipped.
    pub(crate) fn token(&mut self) -> Option<&'a str> {
        self.skip_lws();
        let token = self.take_while(is_token_byte);
        (!token.is_empty()).then_some(token)
    }

    /// The inside of a quoted string, escapes kept; `None` when there is no closed one here.
    pub(crate) fn quoted(&mut self) -> Option<&'a str> {
        self.skip_lws();
        let inside = self.rest.strip_prefix('"')?;
        let mut escaped = false;
        let length = inside.bytes().position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        })?;
        let text = inside.get(..length)?;
        self.take(length + 2);
        Some(text)
    }
}
