//! Replies to commands, one function each. Every document holds one reply.

use crate::{
    blocks::{FailureBlock, Invitation, Preference, RoomBlock, ServerInfo, UserBlock},
    names::{ServerInfoReply, attribute, code, command, element, prefix},
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

fn reply(
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
    reply(to, name, code::SUCCESS_OK.number, code::SUCCESS_OK.text, data)
}

/// A failure of the command or post of that name (see [`Command::reply_name`](crate::Command::reply_name)). The text is
/// shown to the user.
#[must_use]
pub fn error(name: &str, to: &Correlation<'_>, code: u16, text: &str) -> String {
    reply(to, name, code, text, |_| {})
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

/// To `chansrch`: the rooms found.
#[must_use]
pub fn channel_search(to: &Correlation<'_>, rooms: &[RoomBlock<'_>]) -> String {
    success(to, command::CHANNEL_SEARCH, |xml| write_rooms(xml, rooms))
}

/// To `bccontext`: the rooms asked about, each with its [`messages`](RoomBlock::messages).
#[must_use]
pub fn backchat(to: &Correlation<'_>, rooms: &[RoomBlock<'_>]) -> String {
    success(to, command::BACKCHAT, |xml| write_rooms(xml, rooms))
}

/// To `getinv`.
#[must_use]
pub fn invitations(to: &Correlation<'_>, invitations: &InvitationsReply<'_>) -> String {
    success(to, command::GET_INVITATIONS, |xml| {
        if let Some(last) = &invitations.last {
            last.write(xml);
        }
        write_rooms(xml, &invitations.rooms);
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
