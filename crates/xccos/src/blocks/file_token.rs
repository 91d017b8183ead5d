//! `token`: what opens the file service.

use super::Text;
use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Leave to send or fetch one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileToken<'a> {
    /// A GUID that nobody can guess; at most 50 characters.
    pub token: Text<'a>,
    /// Absolute URL of the file service.
    pub server_uri: Text<'a>,
}

impl FileToken<'_> {
    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.element(element::TOKEN, |xml| {
            xml.attribute(attribute::TOKEN, &self.token);
            xml.attribute(attribute::SERVER_URI, &self.server_uri);
        });
    }

    pub(crate) fn parse(token: &Element) -> Result<FileToken<'static>, BlockError> {
        Ok(FileToken {
            token: token.required(attribute::TOKEN)?.into(),
            server_uri: token.required(attribute::SERVER_URI)?.into(),
        })
    }
}
