//! The next message of a room.

use crate::chain::next_chat_id;
use causerie_model::{Extras, Head, Message, RoomId, SipAddress, Timestamp};

/// Makes the message that follows `head`: the next number, and a time that isn't earlier than the chain's last.
#[must_use]
pub fn next_message(
    head: &Head,
    room: RoomId,
    at: Timestamp,
    author: SipAddress,
    author_name: String,
    text: String,
    extras: Extras,
) -> Message {
    Message {
        room,
        chat_id: next_chat_id(head),
        at: at.max(head.at),
        author,
        author_name,
        text,
        extras,
    }
}
