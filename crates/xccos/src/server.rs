//! Documents from server to client, read: for the terminal client, the load generator and tests.

use crate::{
    blocks::{
        AddIn, CategoryBlock, FailureBlock, FileToken, Invitation, Preference, RoomBlock, ServerInfo,
        UserBlock, facts,
    },
    chat::ChatLine,
    envelope::{Envelope, strip_prefix},
    error::{BlockError, DocumentError},
    names::{attribute, element, notice, prefix, urn},
    reader::Element,
    reply::InvitationsReply,
};

/// A document from a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerDocument {
    /// Number of the envelope.
    pub envid: String,
    /// What it tells, in this order.
    pub primitives: Vec<ServerPrimitive>,
}

/// One thing that a server tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerPrimitive {
    /// The reply to a command.
    Reply(Box<Reply>),
    /// Something unasked.
    Notice(Notice),
    /// A chat line.
    Chat(ChatLine<'static>),
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its name without `rpl:`.
    pub name: String,
    /// Number of the envelope that it answers; empty if not told.
    pub envid: String,
    /// Number in that envelope; empty if not told.
    pub seqid: String,
    /// Outcome: 200 is success. 500 if not told.
    pub code: u16,
    /// Symbolic name or explanation of the outcome.
    pub text: String,
    /// The rest.
    pub data: ReplyData,
}

/// The blocks of a reply; which there are depends on the command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplyData {
    /// Participants, principals, or the URI of the service.
    pub users: Vec<UserBlock<'static>>,
    /// Rooms.
    pub rooms: Vec<RoomBlock<'static>>,
    /// Categories.
    pub categories: Vec<CategoryBlock<'static>>,
    /// Rooms of a batch that couldn't be entered.
    pub failures: Vec<FailureBlock<'static>>,
    /// The server's limits.
    pub server_info: Option<ServerInfo<'static>>,
    /// The last invitation's number.
    pub invitation: Option<Invitation<'static>>,
    /// A stored preference.
    pub preference: Option<Preference<'static>>,
    /// Leave to send or fetch a file.
    pub file_token: Option<FileToken<'static>>,
    /// Add-ins that rooms can have.
    pub add_ins: Vec<AddIn<'static>>,
    /// Whether there are more principals than the reply tells.
    pub more: bool,
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Users entered the rooms of their [`associations`](UserBlock::associations).
    Join(Vec<UserBlock<'static>>),
    /// The [`users`](RoomBlock::users) of these rooms left them.
    Part(Vec<RoomBlock<'static>>),
    /// Users went offline.
    Quit(Vec<UserBlock<'static>>),
    /// The user was invited to rooms.
    Invite(InvitationsReply<'static>),
    /// These rooms' properties changed.
    RoomChanged(Vec<RoomBlock<'static>>),
    /// Users' permissions changed in the rooms of their [`associations`](UserBlock::associations).
    PermissionsChanged(Vec<UserBlock<'static>>),
    /// Anything else.
    Unknown {
        /// Its name without `ntc:`.
        name: String,
    },
}

impl ServerDocument {
    /// Reads a document of at most `max_bytes` (see [`DEFAULT_MAX_DOCUMENT_BYTES`](crate::limits)). Unknown elements and
    /// attributes are ignored.
    ///
    /// # Errors
    /// [`DocumentError`] says what is wrong.
    pub fn parse(body: &[u8], max_bytes: usize) -> Result<Self, DocumentError> {
        let envelope = Envelope::parse(body, max_bytes)?;
        let found = envelope.primitives(&[element::RPL, element::NTC, element::GRPCHAT])?;
        let primitives = found.into_iter().map(primitive).collect::<Result<_, _>>()?;
        Ok(Self {
            envid: envelope.envid,
            primitives,
        })
    }
}

fn primitive(element: &Element) -> Result<ServerPrimitive, BlockError> {
    Ok(if element.is(element::RPL) {
        ServerPrimitive::Reply(Box::new(Reply::parse(element)?))
    } else if element.is(element::NTC) {
        ServerPrimitive::Notice(Notice::parse(element)?)
    } else {
        ServerPrimitive::Chat(ChatLine::parse(element)?)
    })
}

/// The name of a primitive without its prefix.
fn name(primitive: &Element, prefix: &str) -> Result<String, BlockError> {
    let id = primitive.required(attribute::ID)?;
    Ok(strip_prefix(&id, prefix).unwrap_or(&id).to_owned())
}

impl Reply {
    fn parse(rpl: &Element) -> Result<Self, BlockError> {
        const NO_RESPONSE: u16 = 500;
        let none = Element::empty(element::DATA);
        let request = rpl.first(element::COMMANDID).unwrap_or(&none);
        let response = rpl.first(element::RESP).unwrap_or(&none);
        Ok(Self {
            name: name(rpl, prefix::REPLY)?,
            envid: request.attribute_or_empty(attribute::ENVID),
            seqid: request.attribute_or_empty(attribute::SEQID),
            code: response.number(attribute::CODE)?.unwrap_or(NO_RESPONSE),
            text: response.text(),
            data: ReplyData::parse(rpl.first(element::DATA).unwrap_or(&none))?,
        })
    }
}

impl ReplyData {
    fn parse(data: &Element) -> Result<Self, BlockError> {
        let (categories, rooms): (Vec<_>, Vec<_>) = data
            .all(element::CHANIB)
            .partition(|chanib| CategoryBlock::is(chanib));
        Ok(Self {
            users: every(data, element::UIB, UserBlock::parse)?,
            rooms: rooms
                .into_iter()
                .map(RoomBlock::parse)
                .collect::<Result<_, _>>()?,
            categories: categories
                .into_iter()
                .map(CategoryBlock::parse)
                .collect::<Result<_, _>>()?,
            failures: every(data, element::FIB, FailureBlock::parse)?,
            server_info: data.first(element::SIB).map(ServerInfo::parse).transpose()?,
            invitation: data.first(element::INV).map(Invitation::parse).transpose()?,
            preference: data.first(element::PREF).map(Preference::parse).transpose()?,
            file_token: data.first(element::TOKEN).map(FileToken::parse).transpose()?,
            add_ins: every(data, element::SIOP, AddIn::parse)?,
            more: facts::switch(data, urn::MORE).unwrap_or(false),
        })
    }
}

/// All blocks of one kind.
fn every<T>(
    data: &Element,
    name: &str,
    parse: impl FnMut(&Element) -> Result<T, BlockError>,
) -> Result<Vec<T>, BlockError> {
    data.all(name).map(parse).collect()
}

impl Notice {
    fn parse(ntc: &Element) -> Result<Self, BlockError> {
        let name = name(ntc, prefix::NOTICE)?;
        let none = Element::empty(element::DATA);
        let data = ntc.first(element::DATA).unwrap_or(&none);
        let users = || every(data, element::UIB, UserBlock::parse);
        let rooms = || every(data, element::CHANIB, RoomBlock::parse);
        Ok(match name.to_ascii_lowercase().as_str() {
            notice::JOIN | notice::BATCH_JOIN => Self::Join(users()?),
            notice::PART => Self::Part(rooms()?),
            notice::QUIT => Self::Quit(users()?),
            notice::INVITE => Self::Invite(InvitationsReply {
                last: data.first(element::INV).map(Invitation::parse).transpose()?,
                rooms: rooms()?,
            }),
            notice::ROOM_CHANGED => Self::RoomChanged(rooms()?),
            notice::PERMISSIONS_CHANGED => Self::PermissionsChanged(users()?),
            _ => Self::Unknown { name },
        })
    }
}
