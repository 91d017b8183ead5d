//! A chat line as a client posts it.

use super::Extra;
use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// A chat line as a client posts it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Post {
    /// URI of the room, as sent.
    pub chan_uri: String,
    /// Who the client says it is. The server must put the authenticated user in its place.
    pub author: Option<String>,
    /// The client's clock. The server must put its own in its place.
    pub ts: Option<String>,
    /// The plain text, as an XML parser hands it over: a line break that came as CR LF is LF.
    pub text: String,
    /// What else the client sent along.
    pub extra: Extra<'static>,
}

impl Post {
    pub(crate) fn parse(line: &Element) -> Result<Self, BlockError> {
        Ok(Self {
            chan_uri: line.required(attribute::CHAN_URI)?,
            author: line.attribute(attribute::AUTHOR).map(str::to_owned),
            ts: line.attribute(attribute::TS).map(str::to_owned),
            text: line.only(element::CHAT)?.text(),
            extra: Extra::parse(line)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::GRPCHAT);
        xml.attribute(attribute::ID, element::GRPCHAT);
        xml.number(attribute::SEQID, 1);
        xml.attribute(attribute::CHAN_URI, &self.chan_uri);
        xml.optional(attribute::AUTHOR, self.author.as_deref());
        xml.optional(attribute::TS, self.ts.as_deref());
        xml.raw_attributes(&self.extra.attributes);
        xml.open(element::CHAT);
        xml.text(&self.text);
        xml.close(element::CHAT);
        xml.raw_children(&self.extra.children);
        xml.close(element::GRPCHAT);
    }
}
