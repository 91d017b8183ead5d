//! `getfutok` and `getfdtok`: leave to send or fetch a file.

use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Asks for a token for a file of a room. Whether to send or to fetch it is the command's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTokenRequest {
    /// URI of the room, as sent.
    pub channel_uri: String,
    /// Name of the file; for a download, the one under which it is kept or its link.
    pub file_url: String,
}

impl FileTokenRequest {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let file = data.only(element::FTDB)?;
        Ok(Self {
            channel_uri: file.required_argument(attribute::CHANNEL_URI)?,
            file_url: file.required_argument(attribute::FILE_URL)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.element(element::FTDB, |xml| {
            xml.attribute(attribute::CHANNEL_URI, &self.channel_uri);
            xml.attribute(attribute::FILE_URL, &self.file_url);
        });
    }
}
