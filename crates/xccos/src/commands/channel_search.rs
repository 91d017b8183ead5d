//! `chansrch`: find rooms.

use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Searches for rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelSearch {
    /// How to search; [`value::BY_NAME`](crate::names::value::BY_NAME) is the one that is known.
    pub query_type: String,
    /// Words to look for; nothing means all visible rooms.
    pub criteria: String,
    /// Whether descriptions are searched too.
    pub extended: bool,
}

impl ChannelSearch {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let qib = data.only(element::QIB)?;
        Ok(Self {
            query_type: qib.attribute_or_empty(attribute::QTYPE),
            criteria: qib.attribute_or_empty(attribute::CRITERIA),
            extended: qib.flag(attribute::EXTENDED).unwrap_or(false),
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::QIB);
        xml.attribute(attribute::QTYPE, &self.query_type);
        xml.attribute(attribute::CRITERIA, &self.criteria);
        xml.flag(attribute::EXTENDED, self.extended);
        xml.close(element::QIB);
    }
}
