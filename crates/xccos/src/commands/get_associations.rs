//! `getassociations`: the rooms that the user has to do with.

use super::MaxResults;
use crate::blocks::AssociationType;
use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Asks for the rooms that the user is a member of, manages or is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetAssociations {
    /// The user's domain.
    pub domain: String,
    /// Which.
    pub kind: AssociationType,
    /// How many are wanted.
    pub max_results: MaxResults,
}

impl GetAssociations {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let association = data.only(element::ASSOCIATION)?;
        let kind = association.required(attribute::TYPE)?;
        Ok(Self {
            domain: association.argument_or_empty(attribute::DOMAIN)?,
            kind: association.known(attribute::TYPE, &kind, AssociationType::parse)?,
            max_results: MaxResults::parse(association)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.element(element::ASSOCIATION, |xml| {
            xml.attribute(attribute::DOMAIN, &self.domain);
            xml.attribute(attribute::TYPE, self.kind.name());
            self.max_results.write(xml);
        });
    }
}
