//! `sib`: the server's limits and identity.

use super::{Text, optional};
use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// The server's limits and identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerInfo<'a> {
    /// Echoed from the request.
    pub info_type: Text<'a>,
    /// The server's time (ISO 8601, UTC).
    pub server_time: Text<'a>,
    /// Most results of a search.
    pub search_limit: u32,
    /// Largest message, in bytes of UTF-8 as far as known.
    pub message_size_limit: u32,
    /// Largest story, likewise.
    pub story_size_limit: u32,
    /// URI of the root category.
    pub root_uri: Text<'a>,
    /// GUID of the database, by which clients recognise what they have cached. It must never change.
    pub db_version: Text<'a>,
    /// Display name of the server.
    pub display_name: Option<Text<'a>>,
    /// URL of the room management page.
    pub room_management_url: Option<Text<'a>>,
}

impl ServerInfo<'_> {
    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::SIB);
        xml.attribute(attribute::INFO_TYPE, &self.info_type);
        xml.attribute(attribute::SERVER_TIME, &self.server_time);
        xml.number(attribute::SEARCH_LIMIT, self.search_limit);
        xml.number(attribute::MESSAGE_SIZE_LIMIT, self.message_size_limit);
        xml.number(attribute::STORY_SIZE_LIMIT, self.story_size_limit);
        xml.attribute(attribute::ROOT_URI, &self.root_uri);
        xml.attribute(attribute::DB_VERSION, &self.db_version);
        xml.optional(attribute::SERVER_DISPLAY_NAME, self.display_name.as_deref());
        xml.optional(
            attribute::ROOM_MANAGEMENT_URL,
            self.room_management_url.as_deref(),
        );
        xml.close(element::SIB);
    }

    pub(crate) fn parse(sib: &Element) -> Result<ServerInfo<'static>, BlockError> {
        Ok(ServerInfo {
            info_type: sib.attribute_or_empty(attribute::INFO_TYPE).into(),
            server_time: sib.required(attribute::SERVER_TIME)?.into(),
            search_limit: sib.required_number(attribute::SEARCH_LIMIT)?,
            message_size_limit: sib.required_number(attribute::MESSAGE_SIZE_LIMIT)?,
            story_size_limit: sib.required_number(attribute::STORY_SIZE_LIMIT)?,
            root_uri: sib.required(attribute::ROOT_URI)?.into(),
            db_version: sib.required(attribute::DB_VERSION)?.into(),
            display_name: optional(sib, attribute::SERVER_DISPLAY_NAME),
            room_management_url: optional(sib, attribute::ROOM_MANAGEMENT_URL),
        })
    }
}
