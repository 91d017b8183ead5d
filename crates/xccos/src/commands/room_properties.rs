//! What creating and updating a room have in common.

use crate::blocks::{Behavior, Visibility, facts};
use crate::{
    arguments::truth,
    error::BlockError,
    names::{attribute, element, urn},
    reader::Element,
    writer::Writer,
};

/// Properties of a room that its managers choose; what isn't given keeps its value or gets its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomProperties {
    /// Name.
    pub name: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Normal or auditorium.
    pub behavior: Option<Behavior>,
    /// Privacy.
    pub visibility: Option<Visibility>,
    /// Whether disabled.
    pub disabled: Option<bool>,
    /// Invitations: as the category has it (true) or off (false). A room can't have them where its category hasn't.
    pub invite: Option<bool>,
    /// Identifier of the add-in; empty for none.
    pub add_in: Option<String>,
}

impl RoomProperties {
    pub(crate) fn parse(chanib: &Element) -> Result<Self, BlockError> {
        let visibility = facts::visibility(chanib);
        let visibility = visibility.map(|text| chanib.known(urn::VISIBILITY, &text, Visibility::parse));
        let invite = facts::prop(chanib, urn::INVITE);
        let invite = invite.map(|text| chanib.known(urn::INVITE, &text, truth));
        Ok(Self {
            name: chanib.argument(attribute::NAME)?,
            description: chanib.argument(attribute::DESCRIPTION)?,
            behavior: chanib.word(attribute::BEHAVIOR, Behavior::parse)?,
            visibility: visibility.transpose()?,
            disabled: chanib.flag_argument(attribute::DISABLED)?,
            invite: invite.transpose()?,
            add_in: chanib.argument(attribute::ADD_IN_ID)?,
        })
    }

    pub(crate) fn write_attributes(&self, xml: &mut Writer<'_>) {
        xml.optional(attribute::NAME, self.name.as_deref());
        xml.optional(attribute::DESCRIPTION, self.description.as_deref());
        xml.optional(attribute::BEHAVIOR, self.behavior.map(Behavior::name));
        xml.optional_flag(attribute::DISABLED, self.disabled);
        xml.optional(attribute::ADD_IN_ID, self.add_in.as_deref());
    }

    pub(crate) fn write_facts(&self, xml: &mut Writer<'_>) {
        facts::write_visibility(xml, self.visibility);
        facts::write_switch(xml, urn::INVITE, self.invite);
    }
}

/// When the room was changed last, as far as the client knows; it must be the text that a reply told.
pub(crate) fn parse_stamp(chanib: &Element) -> Result<Option<String>, BlockError> {
    match chanib.at_most_one(element::AUDIT)? {
        Some(audit) => audit.argument(attribute::UPDATED_ON),
        None => Ok(None),
    }
}

pub(crate) fn write_stamp(xml: &mut Writer<'_>, stamp: Option<&str>) {
    if let Some(stamp) = stamp {
        xml.element(element::AUDIT, |xml| xml.attribute(attribute::UPDATED_ON, stamp));
    }
}
