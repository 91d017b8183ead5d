//! The Contact headers of a message (RFC 3261 §20.10).
use super::{HeaderError, NameAddr};
use crate::fields::Headers;
use crate::name::Header;

/// What the Contact headers say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contacts {
    /// `*`: all bindings, in a REGISTER that removes them.
    All,
    /// The addresses, perhaps none.
    List(Vec<NameAddr>),
}

impl Contacts {
    /// Reads all Contact headers.
    ///
    /// # Errors
    /// When one is malformed, or `*` stands beside another.
    pub fn of(headers: &Headers) -> Result<Self, HeaderError> {
        let mut lines = headers.get_all(Header::Contact);
        if lines.next() == Some("*") {
            return match lines.next() {
                None => Ok(Self::All),
                Some(_) => Err(HeaderError::new(Header::Contact, "* beside another")),
            };
        }
        NameAddr::parse_all(headers, Header::Contact).map(Self::List)
    }

    /// The addresses; none for `*`.
    #[must_use]
    pub fn list(&self) -> &[NameAddr] {
        match self {
            Self::All => &[],
            Self::List(list) => list,
        }
    }
}
