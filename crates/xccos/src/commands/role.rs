//! `getrole`, `addtorole`, `remfromrole`, `findeligible`: the lists of a room.

use super::MaxResults;
use crate::blocks::Role;
use crate::{
    error::BlockError,
    names::{attribute, element},
    reader::Element,
    writer::Writer,
};

/// Asks who has a role in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetRole {
    /// URI of the room, as sent.
    pub chan_uri: String,
    /// Which list.
    pub role: Role,
}

/// Adds principals to a role or takes them out. Which of the two is the command's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditRole {
    /// URI of the room, as sent.
    pub chan_uri: String,
    /// Which list.
    pub role: Role,
    /// URIs of users and groups, as sent; at least one.
    pub principals: Vec<String>,
}

/// Asks who may be given a role in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindEligible {
    /// URI of the room, as sent.
    pub chan_uri: String,
    /// Which role.
    pub role: Role,
    /// What their names hold; empty for all.
    pub criteria: String,
    /// How many are wanted.
    pub max_results: MaxResults,
}

impl GetRole {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        Ok(Self {
            chan_uri: data.room_uri()?,
            role: parse_role(data.only(element::ROLE)?)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.uri(element::CHANIB, &self.chan_uri);
        write_role(xml, self.role, &[]);
    }
}

impl EditRole {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let role = data.only(element::ROLE)?;
        let principals = role.uris(element::UIB)?;
        if principals.is_empty() {
            return Err(BlockError::MissingElement {
                parent: role.name.clone(),
                element: element::UIB,
            });
        }
        Ok(Self {
            chan_uri: data.room_uri()?,
            role: parse_role(role)?,
            principals,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.uri(element::CHANIB, &self.chan_uri);
        write_role(xml, self.role, &self.principals);
    }
}

impl FindEligible {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let qib = data.only(element::QIB)?;
        Ok(Self {
            chan_uri: data.room_uri()?,
            role: parse_role(data.only(element::ROLE)?)?,
            criteria: qib.argument_or_empty(attribute::CRITERIA)?,
            max_results: MaxResults::parse(qib)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.uri(element::CHANIB, &self.chan_uri);
        write_role(xml, self.role, &[]);
        xml.element(element::QIB, |xml| {
            xml.attribute(attribute::CRITERIA, &self.criteria);
            self.max_results.write(xml);
        });
    }
}

pub(crate) fn parse_role(role: &Element) -> Result<Role, BlockError> {
    let kind = role.required(attribute::TYPE)?;
    role.known(attribute::TYPE, &kind, Role::parse)
}

pub(crate) fn write_role(xml: &mut Writer<'_>, role: Role, principals: &[String]) {
    xml.element(element::ROLE, |xml| {
        xml.attribute(attribute::TYPE, role.name());
        for uri in principals {
            xml.uri(element::UIB, uri);
        }
    });
}
