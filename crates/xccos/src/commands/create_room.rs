//! `chancreate`: make a room.

use super::RoomProperties;
use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Creates a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateRoom {
    /// URI of the category, as sent.
    pub category_uri: String,
    /// Its properties; the name is there.
    pub properties: RoomProperties,
}

impl CreateRoom {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let chanib = data.only(element::CHANIB)?;
        chanib.required_argument(attribute::NAME)?;
        Ok(Self {
            category_uri: chanib.required_argument(attribute::PARENT)?,
            properties: RoomProperties::parse(chanib)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.element(element::CHANIB, |xml| {
            xml.attribute(attribute::PARENT, &self.category_uri);
            self.properties.write_attributes(xml);
            self.properties.write_facts(xml);
        });
    }
}
