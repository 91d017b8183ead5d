//! `getcatusers`: who is in scope of a category.

use super::MaxResults;
use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Asks who is in scope of a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetCategoryUsers {
    /// URI of the category, as sent.
    pub category_uri: String,
    /// What their names begin with; empty for all.
    pub prefix: String,
    /// How many are wanted.
    pub max_results: MaxResults,
}

impl GetCategoryUsers {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let qib = data.only(element::QIB)?;
        Ok(Self {
            category_uri: data.room_uri()?,
            prefix: qib.argument_or_empty(attribute::CRITERIA)?,
            max_results: MaxResults::parse(qib)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.uri(element::CHANIB, &self.category_uri);
        xml.element(element::QIB, |xml| {
            xml.attribute(attribute::CRITERIA, &self.prefix);
            self.max_results.write(xml);
        });
    }
}
