//! `part`: leave a room.

use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Leaves a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// URI of the room, as sent.
    pub chan_uri: String,
}

impl Part {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        Ok(Self {
            chan_uri: data.only(element::CHANIB)?.required(attribute::URI)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::CHANIB);
        xml.attribute(attribute::URI, &self.chan_uri);
        xml.close(element::CHANIB);
    }
}
