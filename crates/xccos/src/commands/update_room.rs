//! `chanmodify`: change a room.

use super::{
    RoomProperties,
    role::{parse_role, write_role},
    room_properties::{parse_stamp, write_stamp},
};
use crate::blocks::Role;
use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Changes a room's properties and lists, all of it or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateRoom {
    /// URI of the room, as sent.
    pub chan_uri: String,
    /// When the room was changed last, as the client knows it: the `updatedon` of a reply.
    pub stamp: Option<String>,
    /// What becomes of its properties.
    pub properties: RoomProperties,
    /// All members from now on, by URI as sent; nothing leaves the list as it is.
    pub members: Option<Vec<String>>,
    /// All managers from now on, likewise.
    pub managers: Option<Vec<String>>,
    /// All presenters from now on, likewise.
    pub presenters: Option<Vec<String>>,
}

impl UpdateRoom {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let chanib = data.only(element::CHANIB)?;
        let mut update = Self {
            chan_uri: chanib.required_argument(attribute::URI)?,
            stamp: parse_stamp(chanib)?,
            properties: RoomProperties::parse(chanib)?,
            ..Self::default()
        };
        for role in data.all(element::ROLE) {
            let list = match parse_role(role)? {
                Role::Member => &mut update.members,
                Role::Manager => &mut update.managers,
                Role::Presenter => &mut update.presenters,
            };
            if list.replace(role.uris(element::UIB)?).is_some() {
                return Err(BlockError::SeveralElements {
                    parent: data.name.clone(),
                    element: element::ROLE,
                });
            }
        }
        Ok(update)
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.element(element::CHANIB, |xml| {
            xml.attribute(attribute::URI, &self.chan_uri);
            self.properties.write_attributes(xml);
            write_stamp(xml, self.stamp.as_deref());
            self.properties.write_facts(xml);
        });
        let lists = [
            (Role::Member, &self.members),
            (Role::Manager, &self.managers),
            (Role::Presenter, &self.presenters),
        ];
        for (role, list) in lists {
            if let Some(list) = list {
                write_role(xml, role, list);
            }
        }
    }
}
