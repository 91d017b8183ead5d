//! A category, as a `chanib` with the URI of one.

use super::{Text, facts, optional};
use crate::{
    error::BlockError,
    names::{attribute, element, urn},
    reader::Element,
    uri::CATEGORY_SCHEME,
    writer::Writer,
};

/// A category in which the user may create rooms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CategoryBlock<'a> {
    /// The category's URI, `ma-cat://domain/guid`.
    pub uri: Text<'a>,
    /// Name.
    pub name: Option<Text<'a>>,
    /// Description.
    pub description: Option<Text<'a>>,
    /// Whether its rooms may issue invitations.
    pub invite: Option<bool>,
}

impl CategoryBlock<'_> {
    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.element(element::CHANIB, |xml| {
            xml.attribute(attribute::URI, &self.uri);
            xml.optional(attribute::NAME, self.name.as_deref());
            xml.optional(attribute::DESCRIPTION, self.description.as_deref());
            facts::write_switch(xml, urn::INVITE, self.invite);
        });
    }

    /// Whether a `chanib` is a category and not a room.
    pub(crate) fn is(chanib: &Element) -> bool {
        let uri = chanib.attribute(attribute::URI).unwrap_or_default();
        let scheme = uri.get(..CATEGORY_SCHEME.len());
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(CATEGORY_SCHEME))
    }

    pub(crate) fn parse(chanib: &Element) -> Result<CategoryBlock<'static>, BlockError> {
        Ok(CategoryBlock {
            uri: chanib.required(attribute::URI)?.into(),
            name: optional(chanib, attribute::NAME),
            description: optional(chanib, attribute::DESCRIPTION),
            invite: facts::switch(chanib, urn::INVITE),
        })
    }
}
