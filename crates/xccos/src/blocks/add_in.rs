//! An add-in: three attributes of a `chanib`, or a block of its own (`siop`).

use super::Text;
use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// A web page that clients show beside a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddIn<'a> {
    /// Identifier.
    pub id: Text<'a>,
    /// Name, at most 50 characters.
    pub name: Text<'a>,
    /// Its `http` or `https` URL, at most 255 characters.
    pub url: Text<'a>,
}

impl AddIn<'_> {
    /// As attributes of the element that is open.
    pub(crate) fn write_attributes(&self, xml: &mut Writer<'_>) {
        xml.attribute(attribute::ADD_IN_ID, &self.id);
        xml.attribute(attribute::ADD_IN_NAME, &self.name);
        xml.attribute(attribute::ADD_IN_URL, &self.url);
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.element(element::SIOP, |xml| self.write_attributes(xml));
    }

    /// From the attributes of a `chanib`, if it has them.
    pub(crate) fn parse_attributes(element: &Element) -> Option<AddIn<'static>> {
        element.attribute(attribute::ADD_IN_ID).map(|id| AddIn {
            id: id.to_owned().into(),
            name: element.attribute_or_empty(attribute::ADD_IN_NAME).into(),
            url: element.attribute_or_empty(attribute::ADD_IN_URL).into(),
        })
    }

    pub(crate) fn parse(siop: &Element) -> Result<AddIn<'static>, BlockError> {
        Self::parse_attributes(siop).ok_or(BlockError::MissingAttribute {
            element: siop.name.clone(),
            attribute: attribute::ADD_IN_ID,
        })
    }
}
