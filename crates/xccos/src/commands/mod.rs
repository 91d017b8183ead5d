//! What a client asks for, one file a command.

mod backchat;
mod batch_join;
mod channel_search;
mod get_invitations;
mod get_preference;
mod get_server_info;
mod join;
mod part;
mod set_preference;

pub use backchat::Backchat;
pub use batch_join::BatchJoin;
pub use channel_search::ChannelSearch;
pub use get_invitations::GetInvitations;
pub use get_preference::GetPreference;
pub use get_server_info::GetServerInfo;
pub use join::{ChannelId, Join};
pub use part::Part;
pub use set_preference::SetPreference;

use crate::{
    error::BlockError,
    names::{ServerInfoReply, command},
    reader::Element,
    writer::Writer,
};

/// A command that this server knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `requri`: which URI to INVITE. It has no arguments.
    RequestUri,
    /// `getserverinfo`.
    GetServerInfo(GetServerInfo),
    /// `join`.
    Join(Join),
    /// `bjoin`.
    BatchJoin(BatchJoin),
    /// `part`.
    Part(Part),
    /// `chansrch`.
    ChannelSearch(ChannelSearch),
    /// `bccontext`.
    Backchat(Backchat),
    /// `getinv`.
    GetInvitations(GetInvitations),
    /// `getpref`.
    GetPreference(GetPreference),
    /// `setpref`.
    SetPreference(SetPreference),
}

impl Command {
    /// The name after `cmd:`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RequestUri => command::REQUEST_URI,
            Self::GetServerInfo(_) => command::GET_SERVER_INFO,
            Self::Join(_) => command::JOIN,
            Self::BatchJoin(_) => command::BATCH_JOIN,
            Self::Part(_) => command::PART,
            Self::ChannelSearch(_) => command::CHANNEL_SEARCH,
            Self::Backchat(_) => command::BACKCHAT,
            Self::GetInvitations(_) => command::GET_INVITATIONS,
            Self::GetPreference(_) => command::GET_PREFERENCE,
            Self::SetPreference(_) => command::SET_PREFERENCE,
        }
    }

    /// The name after `rpl:` of the reply, successful or not.
    #[must_use]
    pub const fn reply_name(&self, server_info: ServerInfoReply) -> &'static str {
        match self {
            Self::GetServerInfo(_) => server_info.name(),
            other => other.name(),
        }
    }

    /// Reads the arguments of the command of that name (in any case); nothing if there is no such command.
    pub(crate) fn parse(name: &str, data: &Element) -> Option<Result<Self, BlockError>> {
        Some(match name.to_ascii_lowercase().as_str() {
            command::REQUEST_URI => Ok(Self::RequestUri),
            command::GET_SERVER_INFO => Ok(Self::GetServerInfo(GetServerInfo::parse(data))),
            command::JOIN => Join::parse(data).map(Self::Join),
            command::BATCH_JOIN => BatchJoin::parse(data).map(Self::BatchJoin),
            command::PART => Part::parse(data).map(Self::Part),
            command::CHANNEL_SEARCH => ChannelSearch::parse(data).map(Self::ChannelSearch),
            command::BACKCHAT => Backchat::parse(data).map(Self::Backchat),
            command::GET_INVITATIONS => GetInvitations::parse(data).map(Self::GetInvitations),
            command::GET_PREFERENCE => GetPreference::parse(data).map(Self::GetPreference),
            command::SET_PREFERENCE => SetPreference::parse(data).map(Self::SetPreference),
            _ => return None,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        match self {
            Self::RequestUri => {}
            Self::GetServerInfo(command) => command.write(xml),
            Self::Join(command) => command.write(xml),
            Self::BatchJoin(command) => command.write(xml),
            Self::Part(command) => command.write(xml),
            Self::ChannelSearch(command) => command.write(xml),
            Self::Backchat(command) => command.write(xml),
            Self::GetInvitations(command) => command.write(xml),
            Self::GetPreference(command) => command.write(xml),
            Self::SetPreference(command) => command.write(xml),
        }
    }
}
