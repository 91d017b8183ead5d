//! `getpref`: a value that a client older than 2013 keeps on the server.

use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Reads a stored preference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetPreference {
    /// Its name.
    pub label: String,
    /// The version that the client has.
    pub seqid: i64,
    /// Whether the server shall make up a value when it has none.
    pub create_default: bool,
}

impl GetPreference {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let pref = data.only(element::PREF)?;
        Ok(Self {
            label: pref.required(attribute::LABEL)?,
            seqid: pref.number(attribute::SEQID)?.unwrap_or_default(),
            create_default: pref.flag(attribute::CREATE_DEFAULT).unwrap_or(false),
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::PREF);
        xml.attribute(attribute::LABEL, &self.label);
        xml.number(attribute::SEQID, self.seqid);
        xml.flag(attribute::CREATE_DEFAULT, self.create_default);
        xml.close(element::PREF);
    }
}
