//! `audit`: who created and changed a room.

use super::Text;
use crate::{
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Who created and changed a room, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit<'a> {
    /// SIP URI of who changed it last.
    pub updated_by: Text<'a>,
    /// When (ISO 8601, UTC).
    pub updated_on: Text<'a>,
    /// SIP URI of who created it.
    pub created_by: Text<'a>,
    /// When (ISO 8601, UTC).
    pub created_on: Text<'a>,
}

impl Audit<'_> {
    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::AUDIT);
        xml.attribute(attribute::UPDATED_BY, &self.updated_by);
        xml.attribute(attribute::UPDATED_ON, &self.updated_on);
        xml.attribute(attribute::CREATED_BY, &self.created_by);
        xml.attribute(attribute::CREATED_ON, &self.created_on);
        xml.close(element::AUDIT);
    }

    pub(crate) fn parse(audit: &Element) -> Audit<'static> {
        Audit {
            updated_by: audit.attribute_or_empty(attribute::UPDATED_BY).into(),
            updated_on: audit.attribute_or_empty(attribute::UPDATED_ON).into(),
            created_by: audit.attribute_or_empty(attribute::CREATED_BY).into(),
            created_on: audit.attribute_or_empty(attribute::CREATED_ON).into(),
        }
    }
}
