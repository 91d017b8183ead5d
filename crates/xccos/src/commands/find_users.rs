//! `findusers`: search the directory.

use super::MaxResults;
use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Searches the directory for users who fit all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindUsers {
    /// What the last name begins with; empty for any.
    pub last_name: String,
    /// What the first name begins with; empty for any.
    pub first_name: String,
    /// What the e-mail address begins with; empty for any.
    pub mail: String,
    /// How many are wanted.
    pub max_results: MaxResults,
}

impl FindUsers {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let qib = data.only(element::QIB)?;
        Ok(Self {
            last_name: qib.argument_or_empty(attribute::LAST_NAME)?,
            first_name: qib.argument_or_empty(attribute::FIRST_NAME)?,
            mail: qib.argument_or_empty(attribute::MAIL)?,
            max_results: MaxResults::parse(qib)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.element(element::QIB, |xml| {
            xml.attribute(attribute::LAST_NAME, &self.last_name);
            xml.attribute(attribute::FIRST_NAME, &self.first_name);
            xml.attribute(attribute::MAIL, &self.mail);
            self.max_results.write(xml);
        });
    }
}
