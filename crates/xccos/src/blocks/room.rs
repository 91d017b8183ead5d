//! `chanib`: a room.

use std::fmt;

use super::{Invitation, Text, UserBlock, optional};
use crate::{
    chat::ChatLine,
    error::BlockError,
    names::{attribute, element, urn, value},
    reader::{Element, is_true},
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
    /// Messages of a history reply, oldest first.
    pub messages: Vec<ChatLine<'a>>,
    /// Who left, in a part notice.
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

/// Who may post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behavior {
    /// Every member.
    Normal,
    /// Presenters only.
    Auditorium,
}

/// Who may see a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everyone in scope, and may join it.
    Open,
    /// Everyone in scope; members join it.
    Closed,
    /// Members only.
    Secret,
}

/// Who created and changed a room, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit<'a> {
    /// SIP URI of who changed it last.
    pub updated_by: Text<'a>,
    /// When (ISO 8601, UTC).
    pub updated_on: Text<'a>,
    /// SIP URI of who created it.
    pub created_by: Text<'a>,
    /// When (ISO 8601, UTC).
    pub created_on: Text<'a>,
}

/// A web page that clients show beside a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddIn<'a> {
    /// Identifier.
    pub id: Text<'a>,
    /// Name, at most 50 characters.
    pub name: Text<'a>,
    /// Its `http` or `https` URL, at most 255 characters.
    pub url: Text<'a>,
}

impl Behavior {
    const fn name(self) -> &'static str {
        match self {
            Self::Normal => value::NORMAL,
            Self::Auditorium => value::AUDITORIUM,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Normal, Self::Auditorium]
            .into_iter()
            .find(|kind| text.eq_ignore_ascii_case(kind.name()))
    }
}

impl Visibility {
    const fn name(self) -> &'static str {
        match self {
            Self::Open => value::OPEN,
            Self::Closed => value::CLOSED,
            Self::Secret => value::SECRET,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case(value::CLOSED_AS_STORED) {
            return Some(Self::Closed);
        }
        let all = [Self::Open, Self::Closed, Self::Secret];
        all.into_iter()
            .find(|kind| text.eq_ignore_ascii_case(kind.name()))
    }
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

impl Audit<'_> {
    fn write(&self, xml: &mut Writer<'_>) {
        xml.open(element::AUDIT);
        xml.attribute(attribute::UPDATED_BY, &self.updated_by);
        xml.attribute(attribute::UPDATED_ON, &self.updated_on);
        xml.attribute(attribute::CREATED_BY, &self.created_by);
        xml.attribute(attribute::CREATED_ON, &self.created_on);
        xml.close(element::AUDIT);
    }

    fn parse(audit: &Element) -> Audit<'static> {
        Audit {
            updated_by: audit.attribute_or_empty(attribute::UPDATED_BY).into(),
            updated_on: audit.attribute_or_empty(attribute::UPDATED_ON).into(),
            created_by: audit.attribute_or_empty(attribute::CREATED_BY).into(),
            created_on: audit.attribute_or_empty(attribute::CREATED_ON).into(),
        }
    }
}

fn write_fact(xml: &mut Writer<'_>, kind: &str, id: &str, text: &str) {
    xml.open(kind);
    xml.attribute(attribute::ID, id);
    xml.text(text);
    xml.close(kind);
}

/// The text of the `info` or `prop` of that name.
fn fact(chanib: &Element, kind: &str, id: &str) -> Option<String> {
    chanib
        .all(kind)
        .find(|fact| fact.attribute(attribute::ID) == Some(id))
        .map(Element::text)
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
        if let Some(disabled) = self.disabled {
            xml.flag(attribute::DISABLED, disabled);
        }
        xml.optional(attribute::FILE_STORE_URI, self.file_store_uri.as_deref());
        xml.optional(attribute::KEYWORDS, self.keywords.as_deref());
        if let Some(add_in) = &self.add_in {
            xml.attribute(attribute::ADD_IN_ID, &add_in.id);
            xml.attribute(attribute::ADD_IN_NAME, &add_in.name);
            xml.attribute(attribute::ADD_IN_URL, &add_in.url);
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
            write_fact(xml, element::INFO, urn::USER_COUNT, &count.to_string());
        }
        if let Some(visibility) = self.visibility {
            write_fact(xml, element::INFO, urn::VISIBILITY_OF_SIPE, visibility.name());
            write_fact(xml, element::INFO, urn::VISIBILITY, visibility.name());
        }
        let switches = [
            (urn::FILE_POST, self.file_post),
            (urn::INVITE, self.invite),
            (urn::LOGGED, self.logged),
        ];
        for (id, switch) in switches {
            if let Some(on) = switch {
                let text = if on { value::PROP_TRUE } else { value::PROP_FALSE };
                write_fact(xml, element::PROP, id, text);
            }
        }
    }

    pub(crate) fn parse(chanib: &Element) -> Result<RoomBlock<'static>, BlockError> {
        let add_in = chanib.attribute(attribute::ADD_IN_ID).map(|id| AddIn {
            id: id.to_owned().into(),
            name: chanib.attribute_or_empty(attribute::ADD_IN_NAME).into(),
            url: chanib.attribute_or_empty(attribute::ADD_IN_URL).into(),
        });
        let count = fact(chanib, element::INFO, urn::USER_COUNT);
        let visibility = fact(chanib, element::INFO, urn::VISIBILITY)
            .or_else(|| fact(chanib, element::INFO, urn::VISIBILITY_OF_SIPE));
        let switch = |id| fact(chanib, element::PROP, id).map(|text| is_true(text.trim()));
        Ok(RoomBlock {
            uri: chanib.required(attribute::URI)?.into(),
            name: optional(chanib, attribute::NAME),
            description: optional(chanib, attribute::DESCRIPTION),
            topic: optional(chanib, attribute::TOPIC),
            parent: optional(chanib, attribute::PARENT),
            behavior: chanib.attribute(attribute::BEHAVIOR).and_then(Behavior::parse),
            disabled: chanib.flag(attribute::DISABLED),
            file_store_uri: optional(chanib, attribute::FILE_STORE_URI),
            keywords: optional(chanib, attribute::KEYWORDS),
            add_in,
            participants: chanib
                .all(element::AIB)
                .map(ParticipantGroup::parse)
                .collect::<Result<_, _>>()?,
            audit: chanib.first(element::AUDIT).map(Audit::parse),
            user_count: count.map(|count| chanib.parse_number(&count)).transpose()?,
            visibility: visibility.and_then(|text| Visibility::parse(text.trim())),
            file_post: switch(urn::FILE_POST),
            invite: switch(urn::INVITE),
            logged: switch(urn::LOGGED),
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
