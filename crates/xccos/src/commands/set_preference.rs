//! `setpref`: keep a value on the server.

use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Stores a preference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetPreference {
    /// Its name.
    pub label: String,
    /// The version that the client has.
    pub seqid: i64,
    /// As in [`GetPreference`](super::GetPreference); without meaning here.
    pub create_default: bool,
    /// The value, in base64; opaque to the server.
    pub content: String,
}

impl SetPreference {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let pref = data.only(element::PREF)?;
        Ok(Self {
            label: pref.required(attribute::LABEL)?,
            seqid: pref.number(attribute::SEQID)?.unwrap_or_default(),
            create_default: pref.flag(attribute::CREATE_DEFAULT).unwrap_or(false),
            content: pref.required(attribute::CONTENT)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::PREF);
        xml.attribute(attribute::LABEL, &self.label);
        xml.number(attribute::SEQID, self.seqid);
        xml.flag(attribute::CREATE_DEFAULT, self.create_default);
        xml.attribute(attribute::CONTENT, &self.content);
        xml.close(element::PREF);
    }
}
