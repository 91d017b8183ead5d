//! What is on the server before a run: users, rooms, who may enter them, old messages.

use std::ops::Range;
use uuid::Uuid;

/// The password of every user of a load run.
pub(crate) const PASSWORD: &str = "load-password";

/// Users and rooms, by number from 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    /// How many users there are: see [`World::user`].
    pub(crate) users: usize,
    pub(crate) rooms: Vec<RoomPlan>,
}

/// One room.
#[derive(Clone, Debug)]
pub(crate) struct RoomPlan {
    pub(crate) guid: Uuid,
    /// Users who are members, as ranges of numbers.
    pub(crate) members: Vec<Range<usize>>,
    /// Members through a group instead of one by one.
    pub(crate) by_group: bool,
    /// Messages that are in it before the run.
    pub(crate) history: u64,
}

impl World {
    /// The SIP address of a user, without `sip:`.
    pub(crate) fn user(&self, number: usize) -> String {
        format!("u{number}@{}", crate::target::DOMAIN)
    }
}
