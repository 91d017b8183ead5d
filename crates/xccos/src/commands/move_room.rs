//! `chanmove`: put a room into another category.

use super::room_properties::{parse_stamp, write_stamp};
use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Moves a room to another category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveRoom {
    /// URI of the room, as sent.
    pub chan_uri: String,
    /// URI of the category that it shall be in, as sent.
    pub category_uri: String,
    /// As in [`UpdateRoom`](super::UpdateRoom).
    pub stamp: Option<String>,
}

impl MoveRoom {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let chanib = data.only(element::CHANIB)?;
        Ok(Self {
            chan_uri: chanib.required_argument(attribute::URI)?,
            category_uri: chanib.required_argument(attribute::PARENT)?,
            stamp: parse_stamp(chanib)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.element(element::CHANIB, |xml| {
            xml.attribute(attribute::URI, &self.chan_uri);
            xml.attribute(attribute::PARENT, &self.category_uri);
            write_stamp(xml, self.stamp.as_deref());
        });
    }
}
