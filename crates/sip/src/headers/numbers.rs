//! Headers that are one number.
use super::HeaderError;
use crate::fields::Headers;
use crate::name::Header;

fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// How many bytes the body has (RFC 3261 §20.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentLength(pub usize);

impl ContentLength {
    /// Reads the value. A number too large for any memory reads as the largest one.
    ///
    /// # Errors
    /// When it is not a number; negative ones are none.
    pub fn parse(value: &[u8]) -> Result<Self, HeaderError> {
        let text = std::str::from_utf8(value).ok().and_then(digits);
        let text = text.ok_or(HeaderError::new(Header::ContentLength, "not a number"))?;
        Ok(Self(text.parse().unwrap_or(usize::MAX)))
    }

    /// The Content-Length of a message, if it has one.
    ///
    /// # Errors
    /// When it is malformed or there twice, even with the same value.
    pub fn of(headers: &Headers) -> Result<Option<Self>, HeaderError> {
        let mut values = headers.get_all(Header::ContentLength);
        let first = values.next();
        if values.next().is_some() {
            return Err(HeaderError::new(Header::ContentLength, "given twice"));
        }
        first.map(|value| Self::parse(value.as_bytes())).transpose()
    }
}

/// Reads Max-Forwards: 0 to 255 (RFC 3261 §20.22).
///
/// # Errors
/// When it is not a number or too large.
pub fn max_forwards(value: &str) -> Result<u8, HeaderError> {
    digits(value)
        .and_then(|text| text.parse().ok())
        .ok_or(HeaderError::new(
            Header::MaxForwards,
            "not a number from 0 to 255",
        ))
}

/// Reads `delta-seconds` of `header` (Expires and its like): 0 to 2^32 - 1 (RFC 3261 §20.19).
///
/// # Errors
/// When it is not a number or too large.
pub fn delta_seconds(header: Header, value: &str) -> Result<u32, HeaderError> {
    digits(value)
        .and_then(|text| text.parse().ok())
        .ok_or(HeaderError::new(header, "not a number from 0 to 2^32 - 1"))
}
