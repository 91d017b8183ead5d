//! The envelope: what requests and server documents have in common.

use crate::{
    error::DocumentError,
    limits::MAX_PRIMITIVES,
    names::{attribute, element},
    reader::{self, Element},
};

/// A document whose root was checked.
pub(crate) struct Envelope {
    pub(crate) envid: String,
    pub(crate) ver: String,
    root: Element,
}

impl Envelope {
    pub(crate) fn parse(body: &[u8], max_bytes: usize) -> Result<Self, DocumentError> {
        let root = reader::parse(body, max_bytes)?;
        if !root.is(element::XCCOS) {
            return Err(DocumentError::Root(root.name));
        }
        Ok(Self {
            envid: root.attribute_or_empty(attribute::ENVID),
            ver: root.attribute_or_empty(attribute::VER),
            root,
        })
    }

    /// The primitives of those names; other elements are ignored.
    pub(crate) fn primitives(&self, names: &[&str]) -> Result<Vec<&Element>, DocumentError> {
        let known = |primitive: &&Element| names.iter().any(|name| primitive.is(name));
        let found: Vec<_> = self
            .root
            .elements()
            .filter(known)
            .take(MAX_PRIMITIVES + 1)
            .collect();
        if found.len() > MAX_PRIMITIVES {
            Err(DocumentError::TooManyPrimitives)
        } else {
            Ok(found)
        }
    }
}

/// What follows a prefix that is compared without regard to case.
pub(crate) fn strip_prefix<'a>(id: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = id.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}
