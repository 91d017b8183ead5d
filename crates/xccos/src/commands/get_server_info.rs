//! `getserverinfo`: the server's limits and identity.

use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Asks for the server's limits and identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetServerInfo {
    /// SIP domain that is asked about.
    pub domain: String,
    /// Which groups of facts are wanted; `123` was observed. Its meaning is unknown, so it is only echoed.
    pub info_type: String,
}

impl GetServerInfo {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let Some(sib) = data.first(element::SIB) else {
            return Ok(Self::default());
        };
        Ok(Self {
            domain: sib.argument_or_empty(attribute::DOMAIN)?,
            info_type: sib.argument_or_empty(attribute::INFO_TYPE)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::SIB);
        xml.attribute(attribute::DOMAIN, &self.domain);
        xml.attribute(attribute::INFO_TYPE, &self.info_type);
        xml.close(element::SIB);
    }
}
