//! URIs: sip, sips (RFC 3261 §19.1), tel (RFC 3966), and any other kept as text.
use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::text::{Span, Text};

/// What kind of URI it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`
    Tel,
    /// Any other; only its text is known.
    Other,
}

/// Why text is not a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UriError(&'static str);

/// A URI. Its text stays as it was written; the parts are slices of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Uri {
    text: Text,
    scheme: Scheme,
    user: Option<Span>,
    password: Option<Span>,
    host: Span,
    port: Option<u16>,
    params: Span,
    headers: Option<Span>,
}

impl Uri {
    /// Reads a URI.
    ///
    /// # Errors
    /// When it is none. Unknown schemes are no error.
    pub fn parse(text: impl Into<Text>) -> Result<Self, UriError> {
        let text = text.into();
        let whole = text.as_str();
        if let Some(byte) = whole
            .bytes()
            .find(|byte| !byte.is_ascii_graphic() || b"<>\"".contains(byte))
        {
            return Err(UriError(if byte.is_ascii() {
                "a blank, control character, quote or angle bracket"
            } else {
                "a character that must be escaped"
            }));
        }
        let (scheme, rest) = whole.split_once(':').ok_or(UriError("no scheme"))?;
        let mut letters = scheme.bytes();
        if !letters.next().is_some_and(|byte| byte.is_ascii_alphabetic())
            || !letters.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        {
            return Err(UriError("a malformed scheme"));
        }
        if rest.is_empty() {
            return Err(UriError("nothing after the scheme"));
        }
        let scheme = if scheme.eq_ignore_ascii_case("sip") {
            Scheme::Sip
        } else if scheme.eq_ignore_ascii_case("sips") {
            Scheme::Sips
        } else if scheme.eq_ignore_ascii_case("tel") {
            Scheme::Tel
        } else {
            Scheme::Other
        };
        let mut uri = Self {
            scheme,
            user: None,
            password: None,
            host: Span::default(),
            port: None,
            params: Span::default(),
            headers: None,
            text: Text::default(),
        };
        match scheme {
            Scheme::Sip | Scheme::Sips => uri.parse_sip(whole, rest)?,
            Scheme::Tel => {
                if let Some(semicolon) = rest.find(';') {
                    uri.params = Span::of(whole, rest.get(semicolon..).unwrap_or_default());
                }
            }
            Scheme::Other => {}
        }
        uri.text = text;
        Ok(uri)
    }

    fn parse_sip(&mut self, whole: &str, rest: &str) -> Result<(), UriError> {
        // Neither parameters nor headers may hold a bare @, so the first one ends the user part.
        let mut rest = rest;
        if let Some((userinfo, after)) = rest.split_once('@') {
            let (user, password) = match userinfo.split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (userinfo, None),
            };
            if user.is_empty() {
                return Err(UriError("an empty user part"));
            }
            check_escapes(userinfo)?;
            self.user = Some(Span::of(whole, user));
            self.password = password.map(|password| Span::of(whole, password));
            rest = after;
        }
        if let Some((before, headers)) = rest.split_once('?') {
            check_escapes(headers)?;
            self.headers = Some(Span::of(whole, headers));
            rest = before;
        }
        let params = rest.find(';').and_then(|at| rest.split_at_checked(at));
        let (host_port, params) = params.unwrap_or((rest, ""));
        check_escapes(params)?;
        if params
            .split(';')
            .skip(1)
            .any(|param| param.is_empty() || param.starts_with('='))
        {
            return Err(UriError("an empty parameter"));
        }
        self.params = Span::of(whole, params);
        let (host, port) = match host_port.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (host_port, None),
        };
        check_host(host)?;
        self.host = Span::of(whole, host);
        self.port = port
            .map(|port| parse_port(port).ok_or(UriError("a malformed port")))
            .transpose()?;
        Ok(())
    }

    /// The whole text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The whole text, shared.
    #[must_use]
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether the scheme is sip or sips.
    #[must_use]
    pub fn is_sip(&self) -> bool {
        matches!(self.scheme, Scheme::Sip | Scheme::Sips)
    }

    /// What follows the scheme and its colon.
    #[must_use]
    pub fn after_scheme(&self) -> &str {
        self.text.split_once(':').unwrap_or_default().1
    }

    /// The user part as written, without password; sip and sips only.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.map(|span| span.get(&self.text))
    }

    /// The octets that the user part stands for, escapes resolved. They may be anything, NUL included.
    #[must_use]
    pub fn user_octets(&self) -> Option<Cow<'_, [u8]>> {
        self.user().map(unescape)
    }

    /// The password as written; nobody should use one.
    #[must_use]
    pub fn password(&self) -> Option<&str> {
        self.password.map(|span| span.get(&self.text))
    }

    /// The host as written; an IPv6 address in its brackets. Empty for schemes other than sip and sips.
    #[must_use]
    pub fn host(&self) -> &str {
        self.host.get(&self.text)
    }

    /// The port, if one is given.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The parameters as written: name and, if there is one, value.
    pub fn params(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.params
            .get(&self.text)
            .split(';')
            .skip(1)
            .map(|param| match param.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (param, None),
            })
    }

    /// The value of a parameter, empty for one without a value; names compare without case.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.unwrap_or_default())
    }

    /// The headers part as written, without its question mark.
    #[must_use]
    pub fn headers(&self) -> Option<&str> {
        self.headers.map(|span| span.get(&self.text))
    }

    /// `user@host` in lower case, escapes of unreserved characters resolved and all others kept: the address of
    /// record without scheme, port and parameters. `None` without a user part, or when it is not sip or sips.
    #[must_use]
    pub fn user_at_host(&self) -> Option<String> {
        let mut address = normal(self.user()?);
        address.push('@');
        address.push_str(self.host());
        address.make_ascii_lowercase();
        Some(address)
    }

    /// Whether two URIs are the same by RFC 3261 §19.1.4. That relation is not transitive: no key for a map.
    #[must_use]
    pub fn equivalent(&self, other: &Self) -> bool {
        if self.scheme != other.scheme {
            return false;
        }
        match self.scheme {
            Scheme::Sip | Scheme::Sips => {
                self.user().map(normal) == other.user().map(normal)
                    && self.password().map(normal) == other.password().map(normal)
                    && self.host().eq_ignore_ascii_case(other.host())
                    && self.port == other.port
                    && self.params_match(other)
                    && other.params_match(self)
                    && sorted_headers(self.headers()) == sorted_headers(other.headers())
            }
            Scheme::Tel => plain_number(self.after_scheme()) == plain_number(other.after_scheme()),
            Scheme::Other => {
                let scheme = |uri: &Self| {
                    uri.text
                        .split_once(':')
                        .unwrap_or_default()
                        .0
                        .to_ascii_lowercase()
                };
                scheme(self) == scheme(other) && self.after_scheme() == other.after_scheme()
            }
        }
    }

    fn params_match(&self, other: &Self) -> bool {
        /// These must be in both or in neither; any other may be in one alone.
        const SIGNIFICANT: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];
        // A parameter may be given once only (§19.1.1); of those given twice the first counts.
        let first = |uri: &Self, name: &str| {
            let same = |(other, _): &(&str, Option<&str>)| normal(other).eq_ignore_ascii_case(&normal(name));
            let found = uri.params().find(same);
            found.map(|(_, value)| normal(value.unwrap_or_default()).to_ascii_lowercase())
        };
        self.params().all(|(name, _)| match first(other, name) {
            Some(theirs) => first(self, name) == Some(theirs),
            None => !SIGNIFICANT.iter().any(|known| known.eq_ignore_ascii_case(name)),
        })
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl FromStr for Uri {
    type Err = UriError;
    fn from_str(text: &str) -> Result<Self, UriError> {
        Self::parse(text)
    }
}

/// Digits only, at most 65535.
pub(crate) fn parse_port(text: &str) -> Option<u16> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// A name, an IPv4 address or an IPv6 address in brackets. Underscores are in use and pass.
pub(crate) fn check_host(host: &str) -> Result<(), UriError> {
    if let Some(address) = host.strip_prefix('[') {
        let address = address
            .strip_suffix(']')
            .ok_or(UriError("an unclosed IPv6 address"))?;
        return address
            .parse::<Ipv6Addr>()
            .map(drop)
            .map_err(|_| UriError("a malformed IPv6 address"));
    }
    if host.is_empty() {
        return Err(UriError("no host"));
    }
    if host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return host
            .parse::<Ipv4Addr>()
            .map(drop)
            .map_err(|_| UriError("a malformed IPv4 address"));
    }
    if host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    {
        return Ok(());
    }
    Err(UriError("a malformed host"))
}

fn escaped_octet(after_percent: &[u8]) -> Option<u8> {
    let [high, low, ..] = after_percent else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

fn check_escapes(text: &str) -> Result<(), UriError> {
    let complete = text
        .split('%')
        .skip(1)
        .all(|after| escaped_octet(after.as_bytes()).is_some());
    if complete {
        Ok(())
    } else {
        Err(UriError("a % that begins no escape"))
    }
}

/// Resolves all escapes.
fn unescape(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('%') {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        match escaped_octet(after).filter(|_| *byte == b'%') {
            Some(octet) => {
                octets.push(octet);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                octets.push(*byte);
                rest = after;
            }
        }
    }
    Cow::Owned(octets)
}

/// One spelling for equal parts: escapes of unreserved characters resolved, all others in upper case.
fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        match escaped_octet(after.as_bytes()) {
            Some(octet) if octet.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&octet) => {
                out.push(char::from(octet));
                rest = after.get(2..).unwrap_or_default();
            }
            Some(_) => {
                out.push('%');
                out.push_str(&after.get(..2).unwrap_or_default().to_ascii_uppercase());
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn sorted_headers(headers: Option<&str>) -> Vec<(String, String)> {
    let mut headers: Vec<_> = headers
        .unwrap_or_default()
        .split('&')
        .filter(|header| !header.is_empty())
        .map(|header| header.split_once('=').unwrap_or((header, "")))
        .map(|(name, value)| (normal(name).to_ascii_lowercase(), normal(value)))
        .collect();
    headers.sort();
    headers
}

/// A telephone number without its visual separators (RFC 3966 §4).
fn plain_number(text: &str) -> String {
    let (number, params) = text
        .split_at_checked(text.find(';').unwrap_or(text.len()))
        .unwrap_or((text, ""));
    let mut plain: String = number.chars().filter(|c| !"-.()".contains(*c)).collect();
    plain.push_str(params);
    plain.make_ascii_lowercase();
    plain
}
