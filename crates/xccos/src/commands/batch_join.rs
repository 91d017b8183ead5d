//! `bjoin`: enter several rooms, as clients do when they sign in.

use super::ChannelId;
use crate::{error::BlockError, names::element, reader::Element, writer::Writer};

/// Enters several rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchJoin {
    /// The rooms, at least one.
    pub rooms: Vec<ChannelId>,
}

impl BatchJoin {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let rooms = data
            .all(element::CHANID)
            .map(ChannelId::parse)
            .collect::<Result<Vec<_>, _>>()?;
        if rooms.is_empty() {
            let parent = element::DATA.to_owned();
            return Err(BlockError::MissingElement {
                parent,
                element: element::CHANID,
            });
        }
        Ok(Self { rooms })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        for room in &self.rooms {
            room.write(xml);
        }
    }
}
