//! `chansrch`: find rooms.

use super::MaxResults;
use crate::blocks::{Behavior, Visibility};
use crate::{
    error::BlockError,
    names::{attribute, element, value},
    reader::Element,
    writer::Writer,
};

/// Searches for rooms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelSearch {
    /// Among which rooms.
    pub among: SearchAmong,
    /// Words to look for in names; nothing means all visible rooms.
    pub criteria: String,
    /// Whether descriptions are searched too.
    pub extended: bool,
    /// Whether the words must stand together as they are.
    pub exact_phrase: bool,
    /// Whether one of the words is enough; otherwise a room must match all. What a client that doesn't say means is
    /// unknown; people who type another word want fewer rooms, not more.
    pub match_any: bool,
    /// How many are wanted.
    pub max_results: MaxResults,
}

/// Among which rooms is searched (`qtype`). Only the first is seen on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SearchAmong {
    /// All; also when the client doesn't say.
    #[default]
    All,
    /// Those of a category, by its URI as sent.
    Category(String),
    /// Those with an add-in, by its identifier.
    AddIn(String),
    /// Those that a user is in, by SIP URI as sent.
    JoinedUser(String),
    /// Those that the filter lets through, disabled ones included.
    Filter(Box<RoomFilter>),
    /// Something that isn't known, by its name.
    Unknown(String),
}

/// Which rooms are let through: those that fit all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomFilter {
    /// URI of a member, as sent.
    pub member: Option<String>,
    /// URI of a manager, as sent.
    pub manager: Option<String>,
    /// URI of the category, as sent.
    pub category: Option<String>,
    /// Identifier of the add-in.
    pub add_in: Option<String>,
    /// Whether disabled.
    pub disabled: Option<bool>,
    /// Privacy.
    pub visibility: Option<Visibility>,
    /// Normal or auditorium.
    pub behavior: Option<Behavior>,
    /// Whether invitations are issued.
    pub invite: Option<bool>,
}

impl ChannelSearch {
    pub(crate) fn parse(data: &Element) -> Result<Self, BlockError> {
        let qib = data.only(element::QIB)?;
        Ok(Self {
            among: SearchAmong::parse(qib)?,
            criteria: qib.argument_or_empty(attribute::CRITERIA)?,
            // What else real clients may send here is unknown.
            extended: qib.flag(attribute::EXTENDED).unwrap_or(false),
            exact_phrase: qib.flag_argument(attribute::EXACT_PHRASE)?.unwrap_or(false),
            match_any: !qib.flag_argument(attribute::MATCH_ALL)?.unwrap_or(true),
            max_results: MaxResults::parse(qib)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.element(element::QIB, |xml| {
            xml.attribute(attribute::QTYPE, self.among.name());
            xml.attribute(attribute::CRITERIA, &self.criteria);
            xml.flag(attribute::EXTENDED, self.extended);
            xml.flag_if(attribute::EXACT_PHRASE, self.exact_phrase);
            if self.match_any {
                xml.flag(attribute::MATCH_ALL, false);
            }
            self.max_results.write(xml);
            match &self.among {
                SearchAmong::All | SearchAmong::Unknown(_) => {}
                SearchAmong::Category(uri) => xml.attribute(attribute::PARENT, uri),
                SearchAmong::AddIn(id) => xml.attribute(attribute::ADD_IN_ID, id),
                SearchAmong::JoinedUser(uri) => xml.attribute(attribute::USER, uri),
                SearchAmong::Filter(filter) => filter.write(xml),
            }
        });
    }
}

impl SearchAmong {
    fn name(&self) -> &str {
        match self {
            Self::All => value::BY_NAME,
            Self::Category(_) => value::BY_CATEGORY,
            Self::AddIn(_) => value::BY_ADD_IN,
            Self::JoinedUser(_) => value::BY_JOINED_USER,
            Self::Filter(_) => value::BY_FILTER,
            Self::Unknown(name) => name,
        }
    }

    fn parse(qib: &Element) -> Result<Self, BlockError> {
        let name = qib.argument_or_empty(attribute::QTYPE)?;
        Ok(match name.to_ascii_uppercase().as_str() {
            "" | value::BY_NAME => Self::All,
            value::BY_CATEGORY => Self::Category(qib.required_argument(attribute::PARENT)?),
            value::BY_ADD_IN => Self::AddIn(qib.required_argument(attribute::ADD_IN_ID)?),
            value::BY_JOINED_USER => Self::JoinedUser(qib.required_argument(attribute::USER)?),
            value::BY_FILTER => Self::Filter(Box::new(RoomFilter::parse(qib)?)),
            _ => Self::Unknown(name),
        })
    }
}

impl RoomFilter {
    fn parse(qib: &Element) -> Result<Self, BlockError> {
        Ok(Self {
            member: qib.argument(attribute::MEMBER)?,
            manager: qib.argument(attribute::MANAGER)?,
            category: qib.argument(attribute::PARENT)?,
            add_in: qib.argument(attribute::ADD_IN_ID)?,
            disabled: qib.flag_argument(attribute::DISABLED)?,
            visibility: qib.word(attribute::VISIBILITY, Visibility::parse)?,
            behavior: qib.word(attribute::BEHAVIOR, Behavior::parse)?,
            invite: qib.flag_argument(attribute::INVITE)?,
        })
    }

    fn write(&self, xml: &mut Writer<'_>) {
        xml.optional(attribute::MEMBER, self.member.as_deref());
        xml.optional(attribute::MANAGER, self.manager.as_deref());
        xml.optional(attribute::PARENT, self.category.as_deref());
        xml.optional(attribute::ADD_IN_ID, self.add_in.as_deref());
        xml.optional_flag(attribute::DISABLED, self.disabled);
        xml.optional(attribute::VISIBILITY, self.visibility.map(Visibility::name));
        xml.optional(attribute::BEHAVIOR, self.behavior.map(Behavior::name));
        xml.optional_flag(attribute::INVITE, self.invite);
    }
}
