//! A chat line as readers get it.

use super::Extra;
use crate::{
    blocks::Text,
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::{Writer, envelope},
};

/// A chat line as readers get it, live (`grpchat`) or from history (`msg`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatLine<'a> {
    /// URI of the room.
    pub chan_uri: Text<'a>,
    /// SIP URI of the author, with scheme.
    pub author: Text<'a>,
    /// Display name of the author.
    pub author_display: Option<Text<'a>>,
    /// Number in the room, by which lines are ordered.
    pub chat_id: Option<u64>,
    /// When the server took it (ISO 8601, UTC; the original sends seven digits of fractions of a second).
    pub ts: Text<'a>,
    /// The plain text.
    pub text: Text<'a>,
    /// What else the author's client sent along.
    pub extra: Extra<'a>,
}

impl ChatLine<'_> {
    pub(crate) fn parse(line: &Element) -> Result<ChatLine<'static>, BlockError> {
        Ok(ChatLine {
            chan_uri: line.required(attribute::CHAN_URI)?.into(),
            author: line.required(attribute::AUTHOR)?.into(),
            author_display: line
                .attribute(attribute::AUTHOR_DISPLAY)
                .map(|name| name.to_owned().into()),
            chat_id: line.number(attribute::CHAT_ID)?,
            ts: line.required(attribute::TS)?.into(),
            text: line.only(element::CHAT)?.text().into(),
            extra: Extra::parse(line)?,
        })
    }

    /// As a child of the room's `chanib`.
    pub(crate) fn write_history(&self, xml: &mut Writer<'_>) {
        xml.open(element::MSG);
        xml.attribute(attribute::ID, element::GRPCHAT);
        self.write_rest(xml);
        xml.close(element::MSG);
    }

    fn write_live(&self, xml: &mut Writer<'_>) {
        xml.open(element::GRPCHAT);
        xml.attribute(attribute::ID, element::GRPCHAT);
        xml.number(attribute::SEQID, 1);
        self.write_rest(xml);
        xml.close(element::GRPCHAT);
    }

    fn write_rest(&self, xml: &mut Writer<'_>) {
        xml.attribute(attribute::CHAN_URI, &self.chan_uri);
        xml.attribute(attribute::AUTHOR, &self.author);
        xml.optional(attribute::AUTHOR_DISPLAY, self.author_display.as_deref());
        if let Some(id) = self.chat_id {
            xml.number(attribute::CHAT_ID, id);
        }
        xml.attribute(attribute::TS, &self.ts);
        xml.raw_attributes(&self.extra.attributes);
        xml.open(element::CHAT);
        xml.text(&self.text);
        xml.close(element::CHAT);
        xml.raw_children(&self.extra.children);
    }
}

/// Appends the document that brings a chat line to a participant. There is one line in an envelope, never beside a reply or
/// notice, because pidgin-sipe reads only the first and ignores it beside others.
///
/// Nothing is allocated but room in `out`; the same bytes serve every participant.
pub fn write_grpchat(out: &mut String, envid: &str, line: &ChatLine<'_>) {
    envelope(out, envid, |xml| line.write_live(xml));
}

/// The document that brings a chat line to a participant; see [`write_grpchat`].
#[must_use]
pub fn grpchat(envid: &str, line: &ChatLine<'_>) -> String {
    let mut out = String::new();
    write_grpchat(&mut out, envid, line);
    out
}
