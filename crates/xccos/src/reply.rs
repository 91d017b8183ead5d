//! Replies to commands, one function each. Every document holds one reply.

use crate::{
    blocks::{
        AddIn, CategoryBlock, FailureBlock, FileToken, Invitation, Preference, RoomBlock, ServerInfo,
        UserBlock, facts,
    },
    names::{ServerInfoReply, attribute, code, command, element, prefix, reply, urn},
    writer::{Writer, envelope},
};

/// What a reply answers, and its own number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correlation<'a> {
    /// Number of the reply's envelope, chosen by the server.
    pub envid: &'a str,
    /// [`envid`](crate::Document::envid) of the request.
    pub request_envid: &'a str,
    /// [`seqid`](crate::Primitive::seqid) of the request.
    pub request_seqid: &'a str,
}

/// What a join found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JoinReply<'a> {
    /// All participants of all the rooms, each once and with an [`id`](UserBlock::id); the one who joins is among them.
    /// Nobody for large rooms.
    pub users: Vec<UserBlock<'a>>,
    /// The rooms entered.
    pub rooms: Vec<RoomBlock<'a>>,
    /// The rooms of a batch that couldn't be entered.
    pub failures: Vec<FailureBlock<'a>>,
}

/// New invitations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvitationsReply<'a> {
    /// The last one's number; nothing when none is new.
    pub last: Option<Invitation<'a>>,
    /// The rooms invited to, each with its [`invitation`](RoomBlock::invitation).
    pub rooms: Vec<RoomBlock<'a>>,
}

/// Users or groups that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrincipalsReply<'a> {
    /// They.
    pub principals: Vec<UserBlock<'a>>,
    /// Whether there are more than the client asked for or the server gives.
    pub more: bool,
}

fn document(
    to: &Correlation<'_>,
    name: &str,
    code: u16,
    text: &str,
    data: impl FnOnce(&mut Writer<'_>),
) -> String {
    let mut out = String::new();
    envelope(&mut out, to.envid, |xml| {
        xml.open(element::RPL);
        xml.attribute_parts(attribute::ID, &[prefix::REPLY, name]);
        xml.number(attribute::SEQID, 1);
        xml.open(element::COMMANDID);
        xml.attribute(attribute::SEQID, to.request_seqid);
        xml.attribute(attribute::ENVID, to.request_envid);
        xml.close(element::COMMANDID);
        xml.open(element::RESP);
        xml.number(attribute::CODE, code);
        xml.text(text);
        xml.close(element::RESP);
        xml.open(element::DATA);
        data(xml);
        xml.close(element::DATA);
        xml.close(element::RPL);
    });
    out
}

fn success(to: &Correlation<'_>, name: &str, data: impl FnOnce(&mut Writer<'_>)) -> String {
    document(to, name, code::SUCCESS_OK.number, code::SUCCESS_OK.text, data)
}

/// A failure of the command or post of that name (see [`Command::reply_name`](crate::Command::reply_name)). The text is
/// shown to the user.
#[must_use]
pub fn error(name: &str, to: &Correlation<'_>, code: u16, text: &str) -> String {
    document(to, name, code, text, |_| {})
}

/// To `requri`: the SIP URI to INVITE, with scheme.
#[must_use]
pub fn request_uri(to: &Correlation<'_>, service_uri: &str) -> String {
    success(to, command::REQUEST_URI, |xml| {
        UserBlock::new(service_uri).write(xml);
    })
}

/// To `getserverinfo`.
#[must_use]
pub fn server_info(to: &Correlation<'_>, name: ServerInfoReply, info: &ServerInfo<'_>) -> String {
    success(to, name.name(), |xml| info.write(xml))
}

/// To `join`.
#[must_use]
pub fn join(to: &Correlation<'_>, joined: &JoinReply<'_>) -> String {
    success(to, command::JOIN, |xml| joined.write(xml))
}

/// To `bjoin`. It is a success even when some rooms, or all, couldn't be entered.
#[must_use]
pub fn batch_join(to: &Correlation<'_>, joined: &JoinReply<'_>) -> String {
    success(to, command::BATCH_JOIN, |xml| joined.write(xml))
}

/// To `part`: repeats the room, without which pidgin-sipe believes that it is still there.
#[must_use]
pub fn part(to: &Correlation<'_>, chan_uri: &str) -> String {
    success(to, command::PART, |xml| {
        RoomBlock::new(chan_uri).write(xml);
    })
}

/// To every command that is answered by rooms: `chansrch` and `getassociations`, those found; `bccontext` and every other
/// `bc…`, those asked about, each with its [`messages`](RoomBlock::messages); `getchan`, `chancreate`, `chanmodify` and
/// `chanmove`, the room; `getrole`, `addtorole` and `remfromrole`, the room with its [`audit`](RoomBlock::audit) and, for
/// the first, those who have the role as its [`users`](RoomBlock::users). The name is that of
/// [`Command::reply_name`](crate::Command::reply_name).
#[must_use]
pub fn rooms(name: &str, to: &Correlation<'_>, rooms: &[RoomBlock<'_>]) -> String {
    success(to, name, |xml| write_rooms(xml, rooms))
}

/// To every command that is answered by users or groups: `findeligible`, `getcatusers`, `findusers`, `getuser`,
/// `getgroup`. The name is that of [`Command::reply_name`](crate::Command::reply_name).
#[must_use]
pub fn principals(name: &str, to: &Correlation<'_>, found: &PrincipalsReply<'_>) -> String {
    success(to, name, |xml| {
        for principal in &found.principals {
            principal.write(xml);
        }
        facts::write_switch(xml, urn::MORE, found.more.then_some(true));
    })
}

/// To every search of history: the rooms asked about, each with its [`messages`](RoomBlock::messages), and those that
/// couldn't be read. The name is that of [`Command::reply_name`](crate::Command::reply_name).
#[must_use]
pub fn history(
    name: &str,
    to: &Correlation<'_>,
    asked: &[RoomBlock<'_>],
    failures: &[FailureBlock<'_>],
) -> String {
    success(to, name, |xml| {
        write_rooms(xml, asked);
        for failure in failures {
            failure.write(xml);
        }
    })
}

/// To `chansrch`: the rooms found.
#[must_use]
pub fn channel_search(to: &Correlation<'_>, found: &[RoomBlock<'_>]) -> String {
    rooms(command::CHANNEL_SEARCH, to, found)
}

/// To `bccontext`: the rooms asked about, each with its [`messages`](RoomBlock::messages).
#[must_use]
pub fn backchat(to: &Correlation<'_>, asked: &[RoomBlock<'_>]) -> String {
    rooms(command::BACKCHAT, to, asked)
}

/// To `nodespermcreatechild`: the categories in which the user may create rooms.
#[must_use]
pub fn categories_to_create_in(to: &Correlation<'_>, categories: &[CategoryBlock<'_>]) -> String {
    success(to, command::CATEGORIES_TO_CREATE_IN, |xml| {
        for category in categories {
            category.write(xml);
        }
    })
}

/// To `getfutok` and `getfdtok`.
#[must_use]
pub fn file_token(to: &Correlation<'_>, token: &FileToken<'_>) -> String {
    success(to, reply::FILE_TOKEN, |xml| token.write(xml))
}

/// To `getsiops`: the add-ins that rooms can have.
#[must_use]
pub fn add_ins(to: &Correlation<'_>, add_ins: &[AddIn<'_>]) -> String {
    success(to, command::GET_ADD_INS, |xml| {
        for add_in in add_ins {
            add_in.write(xml);
        }
    })
}

/// To `getperm`: the caller, with his permissions as [`associations`](UserBlock::associations).
#[must_use]
pub fn permissions(to: &Correlation<'_>, caller: &UserBlock<'_>) -> String {
    success(to, command::GET_PERMISSIONS, |xml| caller.write(xml))
}

/// To `getparticipants`: the room and all who are in it, as a join tells them.
#[must_use]
pub fn participants(to: &Correlation<'_>, room: &JoinReply<'_>) -> String {
    success(to, command::GET_PARTICIPANTS, |xml| room.write(xml))
}

/// To `getinv`.
#[must_use]
pub fn invitations(to: &Correlation<'_>, invitations: &InvitationsReply<'_>) -> String {
    success(to, command::GET_INVITATIONS, |xml| {
        invitations.write(xml);
    })
}

/// To `getpref`: nothing when there is none.
#[must_use]
pub fn get_preference(to: &Correlation<'_>, preference: Option<&Preference<'_>>) -> String {
    success(to, command::GET_PREFERENCE, |xml| {
        if let Some(preference) = preference {
            preference.write(xml);
        }
    })
}

/// To `setpref`: the new version.
#[must_use]
pub fn set_preference(to: &Correlation<'_>, preference: &Preference<'_>) -> String {
    success(to, command::SET_PREFERENCE, |xml| preference.write(xml))
}

impl InvitationsReply<'_> {
    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        if let Some(last) = &self.last {
            last.write(xml);
        }
        write_rooms(xml, &self.rooms);
    }
}

impl JoinReply<'_> {
    fn write(&self, xml: &mut Writer<'_>) {
        for user in &self.users {
            user.write(xml);
        }
        write_rooms(xml, &self.rooms);
        for failure in &self.failures {
            failure.write(xml);
        }
    }
}

fn write_rooms(xml: &mut Writer<'_>, rooms: &[RoomBlock<'_>]) {
    for room in rooms {
        room.write(xml);
    }
}
