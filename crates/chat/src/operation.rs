//! What an endpoint can ask for, and what it gets.

use crate::{Action, HistorySearch, Question};
use causerie_model::{
    Addin, Category, ChatId, Extras, GroupKind, Message, Permissions, Room, SipAddress, Timestamp,
};
use std::sync::Arc;
use uuid::Uuid;

/// One request of an endpoint. Operations of one endpoint are carried out in the order in which they were submitted.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Enter rooms. Each is decided for itself.
    Join {
        /// The rooms, by GUID.
        rooms: Vec<Uuid>,
    },
    /// Leave a room.
    Part {
        /// The room, by GUID.
        room: Uuid,
    },
    /// Post a message.
    Post {
        /// The room, by GUID.
        room: Uuid,
        /// The plain text.
        text: String,
        /// What else is handed on unchanged.
        extras: Extras,
    },
    /// Read the newest messages of a room.
    Backchat {
        /// The room, by GUID.
        room: Uuid,
        /// How many.
        count: u32,
        /// Only those before this one.
        before: Option<ChatId>,
    },
    /// Search the messages of rooms that the asker may read.
    Search {
        /// Where.
        rooms: SearchIn,
        /// Words that must all occur.
        words: String,
        /// How many at most.
        count: u32,
    },
    /// Search the messages of one room.
    SearchRoom(Box<HistorySearch>),
    /// Look something up.
    Ask(Box<Question>),
    /// Learn who is in a room that the endpoint is in, however many they are.
    Participants {
        /// The room, by GUID.
        room: Uuid,
    },
    /// Ask what the server is and allows.
    ServerInfo,
    /// Make a room, or change one: properties, category and lists, as far as the rules let the asker.
    Manage {
        /// What to do, all of it or nothing.
        actions: Vec<Action>,
        /// Where the asker is, for the record; empty if nobody knows.
        origin: String,
    },
    /// Read one's invitations.
    Invitations {
        /// Only those with a greater number.
        after: u32,
    },
    /// Read a stored preference.
    GetPreference {
        /// Its label.
        label: String,
        /// The version that the client has; content comes only if the stored one is newer.
        known: i64,
    },
    /// Store a preference.
    SetPreference {
        /// Its label.
        label: String,
        /// The version that the client had.
        known: i64,
        /// Opaque text.
        content: String,
    },
}

impl Operation {
    /// Whether it is refused when it has waited too long. Leaving happens in any case; who has come as far as entering
    /// has cost the most already, and a client that isn't let in would show no rooms; questions about the server cost
    /// no more than a refusal.
    pub(crate) fn can_be_late(&self) -> bool {
        match self {
            Self::Post { .. }
            | Self::Backchat { .. }
            | Self::Search { .. }
            | Self::Manage { .. }
            | Self::Invitations { .. }
            | Self::SearchRoom(_)
            | Self::SetPreference { .. } => true,
            Self::Ask(question) => question.is_search(),
            Self::Join { .. }
            | Self::Part { .. }
            | Self::Participants { .. }
            | Self::ServerInfo
            | Self::GetPreference { .. } => false,
        }
    }
}

/// Which rooms a search looks into.
#[derive(Clone, Debug)]
pub enum SearchIn {
    /// One room, by GUID.
    Room(Uuid),
    /// Every room that the asker may read.
    All,
}

/// What came of an operation that was done.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The rooms that were entered, and for each that wasn't the reason, both in the order asked.
    Joined {
        /// Entered.
        rooms: Vec<RoomSnapshot>,
        /// Not entered.
        refused: Vec<(Uuid, super::Refusal)>,
    },
    /// The room was left.
    Parted {
        /// Its GUID.
        room: Uuid,
    },
    /// The message is stored, under this number.
    Posted {
        /// Its GUID.
        room: Uuid,
        /// Its place in the room.
        chat_id: ChatId,
    },
    /// Messages, oldest first unless the search said otherwise.
    Messages {
        /// The room that was asked for, if it was one.
        room: Option<Box<RoomSummary>>,
        /// What was found.
        messages: Vec<Arc<Message>>,
        /// How much there is, if it was a search of one room.
        matches: Option<Matches>,
    },
    /// Rooms, by name.
    Rooms(Vec<RoomSummary>),
    /// Categories, by name.
    Categories(Vec<Category>),
    /// Users and groups, by name.
    Principals {
        /// They.
        principals: Vec<PrincipalInfo>,
        /// There are others, beyond the limit.
        more: bool,
    },
    /// A list of a room.
    Role {
        /// The room.
        room: Box<RoomSummary>,
        /// Who is on the list, by name.
        principals: Vec<PrincipalInfo>,
        /// There are others, beyond the limit.
        more: bool,
    },
    /// What the asker may do in a room.
    Permissions {
        /// Its GUID.
        room: Uuid,
        /// He, with his permissions there.
        user: ParticipantInfo,
    },
    /// Who is in a room: as many as one answer may hold. The summary tells how many there are.
    Participants(Box<RoomSnapshot>),
    /// Add-ins, by name.
    Addins(Vec<Addin>),
    /// What the server is and allows.
    ServerInfo(ServerInfo),
    /// The room is as was asked.
    Managed {
        /// It, as it is now.
        room: Box<RoomSummary>,
        /// Something is other than before.
        changed: bool,
    },
    /// Invitations to rooms that the asker may see.
    Invitations {
        /// The number of the last that was read; `None` if there are no more.
        last: Option<u32>,
        /// They, by number.
        rooms: Vec<InvitedTo>,
    },
    /// A preference.
    Preference(PreferenceAnswer),
}

/// An invitation as its user sees it.
#[derive(Clone, Debug)]
pub struct InvitedTo {
    /// Counts his invitations.
    pub id: u32,
    /// When it was issued.
    pub at: Timestamp,
    /// The room.
    pub summary: RoomSummary,
}

/// A room as it is found or shown.
#[derive(Clone, Debug)]
pub struct RoomSummary {
    /// Its properties.
    pub room: Room,
    /// Its category's properties.
    pub category: Category,
    /// The page that clients show beside it, if it has one.
    pub addin: Option<Addin>,
    /// Users present.
    pub present: usize,
}

/// A room as it is at the moment of entering.
#[derive(Clone, Debug)]
pub struct RoomSnapshot {
    /// Its properties.
    pub summary: RoomSummary,
    /// Who is there, the one who enters included; empty when there are too many to list.
    pub participants: Vec<ParticipantInfo>,
}

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantInfo {
    /// Who.
    pub address: SipAddress,
    /// What other people see.
    pub name: String,
    /// What he may do.
    pub permissions: Permissions,
}

/// What the server is and allows.
#[derive(Clone, Debug)]
pub struct ServerInfo {
    /// The present.
    pub time: Timestamp,
    /// Identity of the database.
    pub database: Uuid,
    /// Most results of one search.
    pub search_results: u32,
    /// Largest message, in bytes.
    pub message_bytes: usize,
    /// Largest story, in bytes.
    pub story_bytes: usize,
    /// Where users make and manage rooms in a browser, if somebody has set up a page for that.
    pub room_management_url: Option<String>,
}

/// A preference, as read or as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreferenceAnswer {
    /// Its label.
    pub label: String,
    /// Its version; 0 if there is none.
    pub sequence: i64,
    /// Its content, if it was asked for and is newer than what the client has.
    pub content: Option<String>,
}

/// How many messages a search matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matches {
    /// How many, counted up to a bound ([`causerie_store::MAX_COUNTED`] or the search's limit, whichever is more).
    pub total: u32,
    /// There are others besides those that were given.
    pub more: bool,
}

/// A user or group as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalInfo {
    /// Its name on the wire: [`causerie_model::principal_guid`].
    pub guid: Uuid,
    /// The rest.
    pub kind: PrincipalKind,
}

/// What is public of a user or group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// A user.
    User {
        /// His address.
        address: SipAddress,
        /// What other people see.
        name: String,
    },
    /// A group.
    Group {
        /// Its name.
        name: String,
        /// What kind of container it is.
        kind: GroupKind,
    },
}
