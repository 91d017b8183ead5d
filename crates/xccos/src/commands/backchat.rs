//! `bccontext`: read the newest messages of rooms.

use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Reads the newest messages of rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backchat {
    /// URIs of the rooms, as sent; at least one.
    pub chan_uris: Vec<String>,
    /// How many messages of each; nothing when the client leaves it to the server.
    pub last: Option<u32>,
}

impl Backchat {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let rooms = data
            .all(element::CHANIB)
            .map(|chanib| chanib.required(attribute::URI));
        let chan_uris = rooms.collect::<Result<Vec<_>, _>>()?;
        if chan_uris.is_empty() {
            let parent = element::DATA.to_owned();
            return Err(BlockError::MissingElement {
                parent,
                element: element::CHANIB,
            });
        }
        let last = data.first(element::BCQ).and_then(|bcq| bcq.first(element::LAST));
        let last = last
            .map(|last| last.required_number(attribute::CNT))
            .transpose()?;
        Ok(Self { chan_uris, last })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        for uri in &self.chan_uris {
            xml.open(element::CHANIB);
            xml.attribute(attribute::URI, uri);
            xml.close(element::CHANIB);
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
