//! `getinv`: new invitations.

use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Asks for the invitations issued after one that the client knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetInvitations {
    /// The last invitation that the client knows; 0 for none. pidgin-sipe always says 1.
    pub invite_id: u32,
    /// The user's domain.
    pub domain: String,
}

impl GetInvitations {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let Some(inv) = data.first(element::INV) else {
            return Ok(Self::default());
        };
        Ok(Self {
            invite_id: inv.number(attribute::INVITE_ID)?.unwrap_or_default(),
            domain: inv.attribute_or_empty(attribute::DOMAIN),
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::INV);
        xml.number(attribute::INVITE_ID, self.invite_id);
        xml.attribute(attribute::DOMAIN, &self.domain);
        xml.close(element::INV);
    }
}
