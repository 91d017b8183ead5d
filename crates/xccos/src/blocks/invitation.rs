//! `inv`: an invitation.

use super::{Text, optional};
use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// An invitation, within the room that it invites to; or, by itself, the number of the user's last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation<'a> {
    /// Number, sequential per user.
    pub invite_id: u32,
    /// The user's domain.
    pub domain: Text<'a>,
    /// When it was issued (ISO 8601, UTC).
    pub created_on: Option<Text<'a>>,
}

impl Invitation<'_> {
    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::INV);
        xml.number(attribute::INVITE_ID, self.invite_id);
        xml.attribute(attribute::DOMAIN, &self.domain);
        xml.optional(attribute::CREATED_ON, self.created_on.as_deref());
        xml.close(element::INV);
    }

    pub(crate) fn parse(inv: &Element) -> Result<Invitation<'static>, BlockError> {
        Ok(Invitation {
            invite_id: inv.required_number(attribute::INVITE_ID)?,
            domain: inv.attribute_or_empty(attribute::DOMAIN).into(),
            created_on: optional(inv, attribute::CREATED_ON),
        })
    }
}
