//! Commands about one room (`getperm`, `getparticipants`) or one principal (`getuser`, `getgroup`), without more.

use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Names a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneRoom {
    /// URI of the room, as sent.
    pub chan_uri: String,
}

/// Names a user or group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnePrincipal {
    /// Its URI, as sent.
    pub uri: String,
}

impl OneRoom {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        Ok(Self {
            chan_uri: data.room_uri()?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.uri(element::CHANIB, &self.chan_uri);
    }
}

impl OnePrincipal {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        Ok(Self {
            uri: data.only(element::UIB)?.required_argument(attribute::URI)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.uri(element::UIB, &self.uri);
    }
}
