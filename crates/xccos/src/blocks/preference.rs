//! `pref`: a stored preference.

use super::{Text, optional};
use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// A stored preference, or its new version number after it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference<'a> {
    /// Its name.
    pub label: Text<'a>,
    /// Its version.
    pub seqid: i64,
    /// Echoed from the request.
    pub create_default: bool,
    /// The value in base64; nothing when the client has the newest one already.
    pub content: Option<Text<'a>>,
}

impl Preference<'_> {
    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::PREF);
        xml.attribute(attribute::LABEL, &self.label);
        xml.number(attribute::SEQID, self.seqid);
        xml.flag(attribute::CREATE_DEFAULT, self.create_default);
        xml.optional(attribute::CONTENT, self.content.as_deref());
        xml.close(element::PREF);
    }

    pub(crate) fn parse(pref: &Element) -> Result<Preference<'static>, BlockError> {
        Ok(Preference {
            label: pref.required(attribute::LABEL)?.into(),
            seqid: pref.required_number(attribute::SEQID)?,
            create_default: pref.flag(attribute::CREATE_DEFAULT).unwrap_or(false),
            content: optional(pref, attribute::CONTENT),
        })
    }
}
