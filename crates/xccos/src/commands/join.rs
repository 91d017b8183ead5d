//! `join`: enter one room.

use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    uri::{RoomUri, UriError},
    writer::Writer,
};

/// Enters one room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// The room.
    pub room: ChannelId,
}

/// A room as a join names it (`chanid`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelId {
    /// Number within the command, from 0; or empty.
    pub key: String,
    /// Domain of the room, as sent.
    pub domain: String,
    /// GUID of the room, as sent. It may be nonsense; that is a room that doesn't exist, not a broken command.
    pub guid: String,
}

impl ChannelId {
    /// The room's URI.
    ///
    /// # Errors
    /// [`UriError`] if domain or GUID isn't one.
    pub fn uri(&self) -> Result<RoomUri, UriError> {
        RoomUri::new(&self.domain, &self.guid)
    }

    pub(crate) fn parse(chanid: &Element) -> Result<Self, BlockError> {
        Ok(Self {
            key: chanid.attribute_or_empty(attribute::KEY),
            domain: chanid.required(attribute::DOMAIN)?,
            guid: chanid.required(attribute::VALUE)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::CHANID);
        xml.attribute(attribute::KEY, &self.key);
        xml.attribute(attribute::DOMAIN, &self.domain);
        xml.attribute(attribute::VALUE, &self.guid);
        xml.close(element::CHANID);
    }
}

impl Join {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        Ok(Self {
            room: ChannelId::parse(data.only(element::CHANID)?)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        self.room.write(xml);
    }
}
