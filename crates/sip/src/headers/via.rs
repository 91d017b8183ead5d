//! Via (RFC 3261 §20.42).
use super::{HeaderError, Params};
use crate::cursor::{Cursor, is_lws, is_token};
use crate::fields::Headers;
use crate::name::Header;
use crate::text::{Span, Text};
use crate::uri::{check_host, parse_port};

/// One hop that a request took. Any transport is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    text: Text,
    transport: Span,
    host: Span,
    port: Option<u16>,
    /// The parameters.
    pub params: Params,
}

impl Via {
    /// Reads every Via of a message, the topmost first.
    ///
    /// # Errors
    /// When one is malformed.
    pub fn parse_all(headers: &Headers) -> Result<Vec<Self>, HeaderError> {
        let mut all = Vec::new();
        for text in headers.texts(Header::Via) {
            let mut cursor = Cursor::new(&text);
            loop {
                all.push(
                    Self::read(&text, &mut cursor)
                        .map_err(|problem| HeaderError::new(Header::Via, problem))?,
                );
                if !cursor.eat(b',') {
                    break;
                }
            }
            if !cursor.at_end() {
                return Err(HeaderError::new(Header::Via, "something after a value"));
            }
        }
        Ok(all)
    }

    fn read(text: &Text, cursor: &mut Cursor<'_>) -> Result<Self, &'static str> {
        cursor.skip_lws();
        let start = cursor.rest();
        let protocol = cursor.token().ok_or("no protocol")?;
        let version = cursor.eat(b'/').then(|| cursor.token()).flatten();
        let transport = cursor
            .eat(b'/')
            .then(|| cursor.token())
            .flatten()
            .ok_or("no transport")?;
        if !protocol.eq_ignore_ascii_case("SIP") || version.is_none() {
            return Err("a protocol other than SIP");
        }
        cursor.skip_lws();
        let host = if cursor.peek() == Some(b'[') {
            let address = cursor.rest();
            cursor.take_while(|byte| byte != b']');
            cursor.eat(b']');
            address
                .get(..address.len() - cursor.rest().len())
                .unwrap_or_default()
        } else {
            cursor.take_while(|byte| !is_lws(byte) && !b":;,".contains(&byte))
        };
        check_host(host).map_err(|_| "a malformed host")?;
        let port = if cursor.eat(b':') {
            let digits = cursor.token().and_then(parse_port);
            Some(digits.ok_or("a malformed port")?)
        } else {
            None
        };
        let params = Params::read(text, cursor)?;
        let length = start.len() - cursor.rest().len();
        let whole = text.share(start.get(..length).unwrap_or_default());
        let (transport, host) = (Span::of(start, transport), Span::of(start, host));
        Ok(Self {
            text: whole,
            transport,
            host,
            port,
            params,
        })
    }

    /// The whole value as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The transport as written, in any case: `TCP`, `tls`, ...
    #[must_use]
    pub fn transport(&self) -> &str {
        self.transport.get(&self.text)
    }

    /// The host of sent-by; an IPv6 address in its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.host.get(&self.text)
    }

    /// The port of sent-by, if one is given.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The branch. Not every client sends one: pidgin-sipe 1.25 has none in dialogs.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch").filter(|branch| is_token(branch))
    }
}
