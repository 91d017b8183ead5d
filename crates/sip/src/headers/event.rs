//! Event (RFC 6665 §8.2.1).
use super::{HeaderError, Params};
use crate::cursor::Cursor;
use crate::name::Header;
use crate::text::{Span, Text};

/// An event package with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    text: Text,
    package: Span,
    /// The parameters, `id` among them.
    pub params: Params,
}

impl Event {
    /// Reads the value of an Event header.
    ///
    /// # Errors
    /// When it is not a token with parameters.
    pub fn parse(text: impl Into<Text>) -> Result<Self, HeaderError> {
        let text = text.into();
        let error = |problem| HeaderError::new(Header::Event, problem);
        let mut cursor = Cursor::new(&text);
        let package = cursor.token().ok_or(error("no package"))?;
        let params = Params::read(&text, &mut cursor).map_err(error)?;
        if !cursor.at_end() {
            return Err(error("something after the package"));
        }
        Ok(Self {
            package: Span::of(&text, package),
            params,
            text,
        })
    }

    /// The package as written: `presence`, `vnd-microsoft-provisioning-v2`, ...
    #[must_use]
    pub fn package(&self) -> &str {
        self.package.get(&self.text)
    }
}
