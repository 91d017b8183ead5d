//! SIP addresses of users.

use std::{fmt, str::FromStr, sync::Arc};
use thiserror::Error;

use crate::limits::MAX_ADDRESS_BYTES;

/// A user's address, `user@domain`, in lower case and without the scheme.
///
/// Directories of this product line compare SIP addresses without regard to case, so the lower-case form is the only one
/// that exists here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SipAddress(Arc<str>);

/// Why a text isn't a user's address.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SipAddressError {
    /// Not exactly one `@` with something on both sides.
    #[error("'{0}' is not an address of the form user@domain")]
    Form(String),
    /// A character that can't be part of an address.
    #[error("'{0}' contains a character that an address can't have")]
    Character(String),
    /// Longer than [`MAX_ADDRESS_BYTES`].
    #[error("the address is longer than {MAX_ADDRESS_BYTES} bytes")]
    TooLong,
}

impl SipAddress {
    /// Reads `user@domain` or `sip:user@domain` (or `sips:`), in any case.
    ///
    /// # Errors
    /// [`SipAddressError`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, SipAddressError> {
        let lower = text.trim().to_lowercase();
        let bare = lower
            .strip_prefix("sip:")
            .or_else(|| lower.strip_prefix("sips:"))
            .unwrap_or(&lower);
        if bare.len() > MAX_ADDRESS_BYTES {
            return Err(SipAddressError::TooLong);
        }
        let form = || SipAddressError::Form(text.to_owned());
        let (user, domain) = bare.split_once('@').ok_or_else(form)?;
        if user.is_empty() || domain.is_empty() || domain.contains('@') {
            return Err(form());
        }
        let bad_user = |c: char| c.is_whitespace() || c.is_control() || "<>\"\\;,?:/".contains(c);
        let bad_domain = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.');
        if user.contains(bad_user) || domain.contains(bad_domain) {
            return Err(SipAddressError::Character(text.to_owned()));
        }
        Ok(Self(bare.into()))
    }

    /// `user@domain`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    #[must_use]
    pub fn user(&self) -> &str {
        self.0.split_once('@').map_or("", |(user, _)| user)
    }

    /// The part after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// `sip:user@domain`.
    #[must_use]
    pub fn to_uri(&self) -> String {
        format!("sip:{}", self.0)
    }
}

impl FromStr for SipAddress {
    type Err = SipAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for SipAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SipAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_scheme_make_no_difference() {
        let a = SipAddress::parse("sip:Alice@Example.TEST").unwrap();
        assert_eq!(a, SipAddress::parse("alice@example.test").unwrap());
        assert_eq!((a.user(), a.domain()), ("alice", "example.test"));
        assert_eq!(a.to_uri(), "sip:alice@example.test");
    }

    #[test]
    fn refuses_what_is_no_address() {
        for bad in [
            "", "alice", "@x", "a@", "a@b@c", "a b@c", "a@b c", "a@b>c", "a;x@b", "tel:+1",
        ] {
            assert!(SipAddress::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn length_is_limited() {
        let longest = format!("{}@b.c", "a".repeat(MAX_ADDRESS_BYTES - 4));
        assert!(SipAddress::parse(&longest).is_ok());
        assert_eq!(
            SipAddress::parse(&format!("a{longest}")),
            Err(SipAddressError::TooLong)
        );
    }
}
