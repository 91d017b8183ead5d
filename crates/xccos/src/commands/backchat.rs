//! `bccontext`: read the newest messages of rooms.

use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Reads the newest messages of rooms. With more criteria than a count it is a
/// [`SearchHistory`](super::SearchHistory).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backchat {
    /// URIs of the rooms, as sent; at least one.
    pub chan_uris: Vec<String>,
    /// How many messages of each; nothing when the client leaves it to the server.
    pub last: Option<u32>,
}

impl Backchat {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let chan_uris = data.room_uris()?;
        let last = data.first(element::BCQ).and_then(|bcq| bcq.first(element::LAST));
        let last = last
            .map(|last| last.required_number(attribute::CNT))
            .transpose()?;
        Ok(Self { chan_uris, last })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        for uri in &self.chan_uris {
            xml.uri(element::CHANIB, uri);
        }
        if let Some(last) = self.last {
            xml.open(element::BCQ);
            xml.open(element::LAST);
            xml.number(attribute::CNT, last);
            xml.close(element::LAST);
            xml.close(element::BCQ);
        }
    }
}
