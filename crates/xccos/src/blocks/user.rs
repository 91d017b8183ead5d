//! `uib`: a user or another principal.

use super::{PrincipalType, Text, optional};
use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// A user, in the list of participants of a join reply or in a notice; also the service URI of a `requri` reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserBlock<'a> {
    /// Number by which a [`ParticipantGroup`](super::ParticipantGroup) refers to the user; unique within a reply.
    pub id: Option<u32>,
    /// SIP URI of a user, with scheme; [`GroupUri`](crate::GroupUri) of another principal.
    pub uri: Text<'a>,
    /// GUID in the directory.
    pub guid: Option<Text<'a>>,
    /// What kind of principal it is; nothing also for a kind that isn't known.
    pub principal_type: Option<PrincipalType>,
    /// Name.
    pub name: Option<Text<'a>>,
    /// Display name.
    pub display_name: Option<Text<'a>>,
    /// Whether the user is disabled.
    pub disabled: Option<bool>,
    /// In a join notice: the rooms that the user entered.
    pub associations: Vec<RoomAssociation<'a>>,
}

/// `aib` within a `uib`: what the user may do in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomAssociation<'a> {
    /// Permission mask; bit n stands for 2^n.
    pub mask: u32,
    /// Domain of the room.
    pub domain: Text<'a>,
    /// GUID of the room.
    pub guid: Text<'a>,
}

impl<'a> UserBlock<'a> {
    /// A user of whom only the URI is told.
    pub fn new(uri: impl Into<Text<'a>>) -> Self {
        Self {
            uri: uri.into(),
            ..Self::default()
        }
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::UIB);
        xml.optional_number(attribute::ID, self.id);
        xml.attribute(attribute::URI, &self.uri);
        xml.optional(attribute::GUID, self.guid.as_deref());
        xml.optional(attribute::TYPE, self.principal_type.map(PrincipalType::name));
        xml.optional(attribute::USER_NAME, self.name.as_deref());
        xml.optional(attribute::DISPLAY_NAME, self.display_name.as_deref());
        xml.optional_flag(attribute::DISABLED, self.disabled);
        for association in &self.associations {
            xml.open(element::AIB);
            xml.number(attribute::KEY, association.mask);
            xml.attribute(attribute::DOMAIN, &association.domain);
            xml.attribute(attribute::VALUE, &association.guid);
            xml.close(element::AIB);
        }
        xml.close(element::UIB);
    }

    pub(crate) fn parse(uib: &Element) -> Result<UserBlock<'static>, BlockError> {
        let association = |aib: &Element| {
            Ok(RoomAssociation {
                mask: aib.required_number(attribute::KEY)?,
                domain: aib.required(attribute::DOMAIN)?.into(),
                guid: aib.required(attribute::VALUE)?.into(),
            })
        };
        Ok(UserBlock {
            id: uib.number(attribute::ID)?,
            uri: uib.required(attribute::URI)?.into(),
            guid: optional(uib, attribute::GUID),
            principal_type: uib.attribute(attribute::TYPE).and_then(PrincipalType::parse),
            name: optional(uib, attribute::USER_NAME),
            display_name: optional(uib, attribute::DISPLAY_NAME),
            disabled: uib.flag(attribute::DISABLED),
            associations: uib.all(element::AIB).map(association).collect::<Result<_, _>>()?,
        })
    }
}
