//! `chanib`: a room.

use std::fmt;

use super::{AddIn, Audit, Behavior, Invitation, Text, UserBlock, Visibility, facts, optional};
use crate::{
    chat::ChatLine,
    error::BlockError,
    names::{attribute, element, urn},
    reader::Element,
    writer::Writer,
};

/// A room, as much of it as a reply or notice tells; all but the URI may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomBlock<'a> {
    /// The room's URI, `ma-chan://domain/guid`.
    pub uri: Text<'a>,
    /// Name.
    pub name: Option<Text<'a>>,
    /// Description.
    pub description: Option<Text<'a>>,
    /// Topic; rooms of 2013 have none.
    pub topic: Option<Text<'a>>,
    /// URI of the category.
    pub parent: Option<Text<'a>>,
    /// Normal or auditorium.
    pub behavior: Option<Behavior>,
    /// Whether the room is disabled.
    pub disabled: Option<bool>,
    /// Where the room's files are.
    pub file_store_uri: Option<Text<'a>>,
    /// Keywords, a thing of 2007.
    pub keywords: Option<Text<'a>>,
    /// The room's add-in.
    pub add_in: Option<AddIn<'a>>,
    /// Who is in the room, in a join reply: one group for each permission mask.
    pub participants: Vec<ParticipantGroup>,
    /// Who created and changed the room.
    pub audit: Option<Audit<'a>>,
    /// How many are in the room.
    pub user_count: Option<u32>,
    /// Who may see the room.
    pub visibility: Option<Visibility>,
    /// Whether files may be uploaded.
    pub file_post: Option<bool>,
    /// Whether invitations are issued.
    pub invite: Option<bool>,
    /// Whether messages are kept.
    pub logged: Option<bool>,
    /// How many messages a history query matched, those beyond the limit included.
    pub matches: Option<u32>,
    /// Whether a history query matched more than the server gives.
    pub limit_exceeded: Option<bool>,
    /// Messages of a history reply, oldest first unless the query says otherwise.
    pub messages: Vec<ChatLine<'a>>,
    /// Who left, in a part notice; who has a role, in a reply to `getrole`.
    pub users: Vec<UserBlock<'a>>,
    /// The invitation to this room, in a reply to `getinv`.
    pub invitation: Option<Invitation<'a>>,
}

/// `aib` within a `chanib`: those of a room's participants who have the same permissions there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantGroup {
    /// Permission mask; bit n stands for 2^n.
    pub mask: u32,
    /// The [`id`](UserBlock::id)s of the users.
    pub users: Vec<u32>,
}

/// Numbers with commas between them and no blanks, as pidgin-sipe splits them.
struct List<'a>(&'a [u32]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{number}")?;
        }
        Ok(())
    }
}

impl ParticipantGroup {
    fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::AIB);
        xml.number(attribute::KEY, self.mask);
        xml.number(attribute::VALUE, List(&self.users));
        xml.close(element::AIB);
    }

    fn parse(aib: &Element) -> Result<Self, BlockError> {
        let list = aib.required(attribute::VALUE)?;
        let numbers = list.split(',').filter(|number| !number.trim().is_empty());
        Ok(Self {
            mask: aib.required_number(attribute::KEY)?,
            users: numbers
                .map(|number| aib.parse_number(number))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl<'a> RoomBlock<'a> {
    /// A room of which only the URI is told.
    pub fn new(uri: impl Into<Text<'a>>) -> Self {
        Self {
            uri: uri.into(),
            ..Self::default()
        }
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::CHANIB);
        xml.attribute(attribute::URI, &self.uri);
        xml.optional(attribute::NAME, self.name.as_deref());
        xml.optional(attribute::DESCRIPTION, self.description.as_deref());
        xml.optional(attribute::TOPIC, self.topic.as_deref());
        xml.optional(attribute::PARENT, self.parent.as_deref());
        xml.optional(attribute::BEHAVIOR, self.behavior.map(Behavior::name));
        xml.optional_flag(attribute::DISABLED, self.disabled);
        xml.optional(attribute::FILE_STORE_URI, self.file_store_uri.as_deref());
        xml.optional(attribute::KEYWORDS, self.keywords.as_deref());
        if let Some(add_in) = &self.add_in {
            add_in.write_attributes(xml);
        }
        for group in &self.participants {
            group.write(xml);
        }
        if let Some(audit) = &self.audit {
            audit.write(xml);
        }
        self.write_facts(xml);
        for message in &self.messages {
            message.write_history(xml);
        }
        for user in &self.users {
            user.write(xml);
        }
        if let Some(invitation) = &self.invitation {
            invitation.write(xml);
        }
        xml.close(element::CHANIB);
    }

    fn write_facts(&self, xml: &mut Writer<'_>) {
        if let Some(count) = self.user_count {
            facts::write_info(xml, urn::USER_COUNT, &count.to_string());
        }
        facts::write_visibility(xml, self.visibility);
        if let Some(uri) = &self.file_store_uri {
            facts::write_info(xml, urn::FILE_STORE_URI, uri);
        }
        if let Some(matches) = self.matches {
            facts::write_info(xml, urn::MATCHES, &matches.to_string());
        }
        facts::write_switch(xml, urn::FILE_POST, self.file_post);
        facts::write_switch(xml, urn::INVITE, self.invite);
        facts::write_switch(xml, urn::LOGGED, self.logged);
        facts::write_switch(xml, urn::LIMIT_EXCEEDED, self.limit_exceeded);
    }

    pub(crate) fn parse(chanib: &Element) -> Result<RoomBlock<'static>, BlockError> {
        let number = |id| {
            let text = facts::info(chanib, id);
            text.map(|text| chanib.parse_number(&text)).transpose()
        };
        let file_store_uri = || facts::info(chanib, urn::FILE_STORE_URI).map(Into::into);
        let visibility = facts::visibility(chanib);
        Ok(RoomBlock {
            uri: chanib.required(attribute::URI)?.into(),
            name: optional(chanib, attribute::NAME),
            description: optional(chanib, attribute::DESCRIPTION),
            topic: optional(chanib, attribute::TOPIC),
            parent: optional(chanib, attribute::PARENT),
            behavior: chanib.attribute(attribute::BEHAVIOR).and_then(Behavior::parse),
            disabled: chanib.flag(attribute::DISABLED),
            file_store_uri: optional(chanib, attribute::FILE_STORE_URI).or_else(file_store_uri),
            keywords: optional(chanib, attribute::KEYWORDS),
            add_in: AddIn::parse_attributes(chanib),
            participants: chanib
                .all(element::AIB)
                .map(ParticipantGroup::parse)
                .collect::<Result<_, _>>()?,
            audit: chanib.first(element::AUDIT).map(Audit::parse),
            user_count: number(urn::USER_COUNT)?,
            visibility: visibility.and_then(|text| Visibility::parse(text.trim())),
            file_post: facts::switch(chanib, urn::FILE_POST),
            invite: facts::switch(chanib, urn::INVITE),
            logged: facts::switch(chanib, urn::LOGGED),
            matches: number(urn::MATCHES)?,
            limit_exceeded: facts::switch(chanib, urn::LIMIT_EXCEEDED),
            messages: chanib
                .all(element::MSG)
                .map(ChatLine::parse)
                .collect::<Result<_, _>>()?,
            users: chanib
                .all(element::UIB)
                .map(UserBlock::parse)
                .collect::<Result<_, _>>()?,
            invitation: chanib.first(element::INV).map(Invitation::parse).transpose()?,
        })
    }
}
