//! Which messages a search is for.

use crate::{ChatId, RoomId, SipAddress, TextQuery, Timestamp};

/// Which messages to find. What is set must all hold; what isn't doesn't matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageQuery {
    /// The rooms to look into. None, nothing found: who may read what was decided before.
    pub rooms: Vec<RoomId>,
    /// What the text holds.
    pub text: Option<TextQuery>,
    /// Who wrote it: one of these, or anybody if there are none.
    pub authors: Vec<SipAddress>,
    /// The earliest time, inclusive.
    pub from: Option<Timestamp>,
    /// The end of the time, exclusive.
    pub to: Option<Timestamp>,
    /// A place to begin from. With it, `from` and `to` don't matter.
    pub start: Option<Start>,
    /// Most messages to give.
    pub limit: u32,
    /// Which messages are taken if more match than `limit`: the newest or the oldest.
    pub scan: Order,
    /// The order in which those that were taken are given.
    pub order: Order,
}

impl MessageQuery {
    /// The newest `limit` messages of these rooms, oldest first.
    #[must_use]
    pub fn newest(rooms: Vec<RoomId>, limit: u32) -> Self {
        Self {
            rooms,
            text: None,
            authors: Vec::new(),
            from: None,
            to: None,
            start: None,
            limit,
            scan: Order::NewestFirst,
            order: Order::OldestFirst,
        }
    }
}

/// A place in a room. Numbers of messages are a room's own: where several rooms are searched, the number counts in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Only messages before this one. It needn't exist.
    Before(ChatId),
    /// Only messages after this one. It needn't exist.
    After(ChatId),
}

/// An order by age. Within a room this is the order of numbers, over several rooms that of the commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The oldest first.
    OldestFirst,
    /// The newest first.
    NewestFirst,
}
