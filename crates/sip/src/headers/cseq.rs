//! CSeq (RFC 3261 §20.16).
use super::HeaderError;
use crate::method::Method;
use crate::name::Header;
use crate::signature::cseq_parts;
use crate::text::Text;

/// The largest sequence number: it must be less than 2^31 (RFC 3261 §8.1.1.5).
pub const CSEQ_MAX: u32 = (1 << 31) - 1;

/// The place of a request among the others of its Call-ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CSeq {
    /// The sequence number, at most [`CSEQ_MAX`].
    pub number: u32,
    /// The method.
    pub method: Method,
}

impl CSeq {
    /// Reads the value of a CSeq header.
    ///
    /// # Errors
    /// When it is not a number in range and a method.
    pub fn parse(text: impl Into<Text>) -> Result<Self, HeaderError> {
        let text = text.into();
        let (number, method) = cseq_parts(&text);
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            return Err(HeaderError::new(Header::CSeq, "no number"));
        }
        let number = number.parse().ok().filter(|number| *number <= CSEQ_MAX);
        let number = number.ok_or(HeaderError::new(Header::CSeq, "a number of 2^31 or more"))?;
        let method = Method::parse(&text.share(method)).ok_or(HeaderError::new(Header::CSeq, "no method"))?;
        Ok(Self { number, method })
    }
}
