//! What a client asks for, one file a command; those of one form share a file.

mod backchat;
mod batch_join;
mod channel_search;
mod create_room;
mod file_token;
mod find_users;
mod get_associations;
mod get_category_users;
mod get_invitations;
mod get_preference;
mod get_room;
mod get_server_info;
mod join;
mod max_results;
mod move_room;
mod one;
mod part;
mod role;
mod room_properties;
mod search_history;
mod set_preference;
mod update_room;

use std::borrow::Cow;

pub use backchat::Backchat;
pub use batch_join::BatchJoin;
pub use channel_search::{ChannelSearch, RoomFilter, SearchAmong};
pub use create_room::CreateRoom;
pub use file_token::FileTokenRequest;
pub use find_users::FindUsers;
pub use get_associations::GetAssociations;
pub use get_category_users::GetCategoryUsers;
pub use get_invitations::GetInvitations;
pub use get_preference::GetPreference;
pub use get_room::GetRoom;
pub use get_server_info::GetServerInfo;
pub use join::{ChannelId, Join};
pub use max_results::MaxResults;
pub use move_room::MoveRoom;
pub use one::{OnePrincipal, OneRoom};
pub use part::Part;
pub use role::{EditRole, FindEligible, GetRole};
pub use room_properties::RoomProperties;
pub use search_history::{HistoryQuery, HistoryText, SearchHistory};
pub use set_preference::SetPreference;
pub use update_room::UpdateRoom;

use crate::{
    envelope::strip_prefix,
    error::BlockError,
    names::{ServerInfoReply, command, element, reply},
    reader::Element,
    writer::Writer,
};

/// Makes the enumeration and what differs between its variants only by name and type.
macro_rules! commands {
    (
        bare { $($(#[$bare_doc:meta])* $bare:ident = $bare_name:path,)* }
        with_arguments { $($(#[$doc:meta])* $variant:ident($type:ty) = $name:path,)* }
    ) => {
        /// A command that this server knows.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Command {
            $($(#[$bare_doc])* $bare,)*
            $($(#[$doc])* $variant($type),)*
            /// `bcbydate`, `bcbymsg`, any other `bc…` with rooms and a query, and `bccontext` with more than a count.
            SearchHistory(SearchHistory),
        }

        impl Command {
            /// The name after `cmd:`, as the table has it: for a search of history under a name that isn't in the table,
            /// [`BACKCHAT_PREFIX`](command::BACKCHAT_PREFIX) alone. So there are few, for statistics and logs.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$bare => $bare_name,)*
                    $(Self::$variant(_) => $name,)*
                    Self::SearchHistory(search) => {
                        let known = [command::BACKCHAT, command::BACKCHAT_BY_DATE, command::BACKCHAT_BY_MESSAGE];
                        let known = known.into_iter().find(|name| search.name.eq_ignore_ascii_case(name));
                        known.unwrap_or(command::BACKCHAT_PREFIX)
                    }
                }
            }

            fn parse_listed(name: &str, data: &Element) -> Option<Result<Self, BlockError>> {
                Some(match name {
                    $($bare_name => Ok(Self::$bare),)*
                    $($name => <$type>::parse(data).map(Self::$variant),)*
                    _ => return None,
                })
            }

            pub(crate) fn write(&self, xml: &mut Writer<'_>) {
                match self {
                    $(Self::$bare => {})*
                    $(Self::$variant(command) => command.write(xml),)*
                    Self::SearchHistory(search) => search.write(xml),
                }
            }
        }
    };
}

commands! {
    bare {
        /// `requri`: which URI to INVITE.
        RequestUri = command::REQUEST_URI,
        /// `nodespermcreatechild`: in which categories the user may create rooms.
        CategoriesToCreateIn = command::CATEGORIES_TO_CREATE_IN,
        /// `getsiops`: which add-ins rooms can have.
        GetAddIns = command::GET_ADD_INS,
    }
    with_arguments {
        /// `getserverinfo`.
        GetServerInfo(GetServerInfo) = command::GET_SERVER_INFO,
        /// `join`.
        Join(Join) = command::JOIN,
        /// `bjoin`.
        BatchJoin(BatchJoin) = command::BATCH_JOIN,
        /// `part`.
        Part(Part) = command::PART,
        /// `chansrch`.
        ChannelSearch(ChannelSearch) = command::CHANNEL_SEARCH,
        /// `bccontext`.
        Backchat(Backchat) = command::BACKCHAT,
        /// `getinv`.
        GetInvitations(GetInvitations) = command::GET_INVITATIONS,
        /// `getpref`.
        GetPreference(GetPreference) = command::GET_PREFERENCE,
        /// `setpref`.
        SetPreference(SetPreference) = command::SET_PREFERENCE,
        /// `getassociations`.
        GetAssociations(GetAssociations) = command::GET_ASSOCIATIONS,
        /// `getfutok`: leave to send a file.
        GetUploadToken(FileTokenRequest) = command::GET_FILE_UPLOAD_TOKEN,
        /// `getfdtok`: leave to fetch a file.
        GetDownloadToken(FileTokenRequest) = command::GET_FILE_DOWNLOAD_TOKEN,
        /// `chancreate`.
        CreateRoom(CreateRoom) = command::CREATE_ROOM,
        /// `chanmodify`.
        UpdateRoom(UpdateRoom) = command::UPDATE_ROOM,
        /// `chanmove`.
        MoveRoom(MoveRoom) = command::MOVE_ROOM,
        /// `getchan`.
        GetRoom(GetRoom) = command::GET_ROOM,
        /// `getrole`.
        GetRole(GetRole) = command::GET_ROLE,
        /// `addtorole`.
        AddToRole(EditRole) = command::ADD_TO_ROLE,
        /// `remfromrole`.
        RemoveFromRole(EditRole) = command::REMOVE_FROM_ROLE,
        /// `findeligible`.
        FindEligible(FindEligible) = command::FIND_ELIGIBLE,
        /// `getcatusers`.
        GetCategoryUsers(GetCategoryUsers) = command::GET_CATEGORY_USERS,
        /// `getperm`: the caller's permissions in a room.
        GetPermissions(OneRoom) = command::GET_PERMISSIONS,
        /// `getparticipants`: who is in a large room.
        GetParticipants(OneRoom) = command::GET_PARTICIPANTS,
        /// `findusers`.
        FindUsers(FindUsers) = command::FIND_USERS,
        /// `getuser`.
        GetUser(OnePrincipal) = command::GET_USER,
        /// `getgroup`.
        GetGroup(OnePrincipal) = command::GET_GROUP,
    }
}

impl Command {
    /// The name after `cmd:` as it is sent.
    pub(crate) fn sent_name(&self) -> &str {
        match self {
            Self::SearchHistory(search) => &search.name,
            other => other.name(),
        }
    }

    /// The name after `rpl:` of the reply, successful or not.
    #[must_use]
    pub fn reply_name(&self, server_info: ServerInfoReply) -> Cow<'static, str> {
        match self {
            Self::GetServerInfo(_) => server_info.name().into(),
            Self::SearchHistory(search) => search.name.clone().into(),
            other => reply_name(other.name()).into(),
        }
    }

    /// Reads the arguments of the command of that name (in any case); nothing if there is no such command.
    pub(crate) fn parse(name: &str, data: &Element) -> Option<Result<Self, BlockError>> {
        let lower = name.to_ascii_lowercase();
        let search = || SearchHistory::parse(name, data).map(Self::SearchHistory);
        match lower.as_str() {
            command::BACKCHAT if asks_for_more(data) => Some(search()),
            command::BACKCHAT_BY_DATE | command::BACKCHAT_BY_MESSAGE => Some(search()),
            listed => Self::parse_listed(listed, data).or_else(|| {
                let fits = strip_prefix(name, command::BACKCHAT_PREFIX).is_some()
                    && data.first(element::CHANIB).is_some()
                    && data.first(element::BCQ).is_some();
                fits.then(search)
            }),
        }
    }
}

/// Whether a history query has more than a count. One that is wrong has.
fn asks_for_more(data: &Element) -> bool {
    let query = data.first(element::BCQ).map(HistoryQuery::parse);
    query.is_some_and(|query| !query.is_ok_and(|query| query.is_plain()))
}

/// The name of the reply to the command of that name, where it doesn't depend on a setting.
pub(crate) fn reply_name(command: &str) -> &str {
    let tokens = [command::GET_FILE_UPLOAD_TOKEN, command::GET_FILE_DOWNLOAD_TOKEN];
    if tokens.iter().any(|token| command.eq_ignore_ascii_case(token)) {
        reply::FILE_TOKEN
    } else {
        command
    }
}
