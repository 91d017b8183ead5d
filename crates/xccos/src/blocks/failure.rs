//! `fib`: a room of a batch for which the command failed.

use super::Text;
use crate::{
    error::BlockError,
    names::{attribute, element, value},
    reader::Element,
    writer::Writer,
};

/// A room that a batch join couldn't enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureBlock<'a> {
    /// Symbolic reason; [`OPERATION_FAILED`](value::OPERATION_FAILED) is the one that was observed.
    pub key: Text<'a>,
    /// Domain of the room, as the client sent it.
    pub domain: Text<'a>,
    /// GUID of the room, as the client sent it.
    pub guid: Text<'a>,
}

impl<'a> FailureBlock<'a> {
    /// A failure with the reason that clients are known to accept.
    pub fn operation_failed(domain: impl Into<Text<'a>>, guid: impl Into<Text<'a>>) -> Self {
        Self {
            key: value::OPERATION_FAILED.into(),
            domain: domain.into(),
            guid: guid.into(),
        }
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::FIB);
        xml.attribute(attribute::KEY, &self.key);
        xml.attribute(attribute::VALUE, &self.guid);
        xml.attribute(attribute::DOMAIN, &self.domain);
        xml.close(element::FIB);
    }

    pub(crate) fn parse(fib: &Element) -> Result<FailureBlock<'static>, BlockError> {
        Ok(FailureBlock {
            key: fib.required(attribute::KEY)?.into(),
            domain: fib.required(attribute::DOMAIN)?.into(),
            guid: fib.required(attribute::VALUE)?.into(),
        })
    }
}
