//! What comes from the chat server, in words of the model.

use causerie_model::Timestamp;
use causerie_xccos::{
    ChatLine, RoomUri,
    blocks::{Behavior, FailureBlock, RoomBlock, UserBlock, Visibility},
};

use crate::{error::ClientError, text::bare_address};

/// Something unasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message in a room that was joined; one's own come back too.
    Message(Message),
    /// Somebody entered a room.
    Joined {
        /// The room.
        room: RoomUri,
        /// `user@domain`.
        user: String,
    },
    /// Somebody left a room; perhaps this client's user, who was removed then.
    Parted {
        /// The room.
        room: RoomUri,
        /// `user@domain`.
        user: String,
    },
    /// The server signs this client out. [`Event::Closed`] follows.
    SignedOut {
        /// Why, as the server says it.
        reason: String,
    },
    /// The connection is over. Always the last event.
    Closed(ClientError),
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The room.
    pub room: RoomUri,
    /// Its author, `user@domain`.
    pub author: String,
    /// The author's display name.
    pub author_name: Option<String>,
    /// Its number in the room; only servers that tell none leave it out.
    pub chat_id: Option<u64>,
    /// When the server took it.
    pub ts: Timestamp,
    /// The plain text; line breaks are LF.
    pub text: String,
    /// Whether it is marked as important.
    pub alert: bool,
}

impl Message {
    /// `fallback` is its time when its own can't be read. `None` when its room's URI is none.
    pub(crate) fn read(line: ChatLine<'_>, fallback: Timestamp) -> Option<Self> {
        Some(Self {
            room: line.chan_uri.parse().ok()?,
            author: bare_address(&line.author),
            author_name: line.author_display.map(|name| name.into_owned()),
            chat_id: line.chat_id,
            ts: Timestamp::parse(&line.ts).unwrap_or(fallback),
            text: line.text.into_owned(),
            alert: line.extra.is_alert(),
        })
    }
}

/// A room as a search or a join tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The name that it keeps for ever.
    pub uri: RoomUri,
    /// Name.
    pub name: String,
    /// Description, perhaps empty.
    pub description: String,
    /// How many users are in it, if told.
    pub user_count: Option<u32>,
    /// Who may see it, if told.
    pub visibility: Option<Visibility>,
    /// Whether only presenters post.
    pub auditorium: bool,
    /// Who is in it: in the result of a join, and not for large rooms.
    pub participants: Vec<Participant>,
}

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// `user@domain`.
    pub user: String,
    /// Display name.
    pub name: Option<String>,
    /// What the user may do there: bit n stands for 2^n.
    pub mask: u32,
}

impl Room {
    /// `users` are those of the reply, whom the room's groups refer to. `None` when its URI is none.
    pub(crate) fn read(block: RoomBlock<'_>, users: &[UserBlock<'_>]) -> Option<Self> {
        let participant = |id: u32, mask| {
            let user = users.iter().find(|user| user.id == Some(id))?;
            Some(Participant {
                user: bare_address(&user.uri),
                name: user.display_name.as_deref().map(str::to_owned),
                mask,
            })
        };
        let groups = block.participants.iter();
        let participants =
            groups.flat_map(|group| group.users.iter().filter_map(|id| participant(*id, group.mask)));
        Some(Self {
            uri: block.uri.parse().ok()?,
            participants: participants.collect(),
            name: block.name.unwrap_or_default().into_owned(),
            description: block.description.unwrap_or_default().into_owned(),
            user_count: block.user_count,
            visibility: block.visibility,
            auditorium: block.behavior == Some(Behavior::Auditorium),
        })
    }
}

/// What a join of several rooms came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// The rooms entered.
    pub rooms: Vec<Room>,
    /// Those that couldn't be.
    pub failures: Vec<JoinFailure>,
}

/// A room that couldn't be joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinFailure {
    /// The room.
    pub room: RoomUri,
    /// The server's symbolic reason.
    pub reason: String,
}

impl JoinFailure {
    pub(crate) fn read(block: &FailureBlock<'_>) -> Option<Self> {
        Some(Self {
            room: RoomUri::new(&block.domain, &block.guid).ok()?,
            reason: block.key.as_ref().to_owned(),
        })
    }
}
