//! `getchan`: one room.

use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Asks for all properties of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GetRoom {
    /// The room with this URI, as sent. It counts when a name is there too.
    ByUri(String),
    /// The room with this name.
    ByName(String),
}

impl GetRoom {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let chanib = data.only(element::CHANIB)?;
        match chanib.argument(attribute::URI)? {
            Some(uri) => Ok(Self::ByUri(uri)),
            None => chanib.required_argument(attribute::NAME).map(Self::ByName),
        }
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.element(element::CHANIB, |xml| match self {
            Self::ByUri(uri) => xml.attribute(attribute::URI, uri),
            Self::ByName(name) => xml.attribute(attribute::NAME, name),
        });
    }
}
