//! Words to tell tests in.

use causerie_model::{
    Actor, ChainId, EndpointId, Event, Extras, Head, Message, Permissions, PrincipalId, Record, RoomId,
    SipAddress, Timestamp,
};
use causerie_room::{Participant, Room, Settings, next_message, seal};
use std::sync::Arc;

pub(crate) const ROOM: RoomId = RoomId(7);
pub(crate) const CHAIN: ChainId = ChainId::Room(ROOM);
pub(crate) const NOON: Timestamp = Timestamp(1_367_481_600_123_456);

pub(crate) fn address(name: &str) -> SipAddress {
    format!("{name}@example.test").parse().unwrap()
}

pub(crate) fn message(head: &Head, text: &str) -> Arc<Message> {
    let extras = Extras::default();
    Arc::new(next_message(
        head,
        ROOM,
        NOON,
        address("ann"),
        "Ann".to_owned(),
        text.to_owned(),
        extras,
    ))
}

/// The record of a message that follows `head`.
pub(crate) fn chat(head: &Head, text: &str, kept: bool) -> Record {
    let message = message(head, text);
    let actor = Actor::User(message.author.clone());
    seal(CHAIN, head, message.at, &actor, &Event::Chat { message, kept })
}

/// A record that is no message and follows `head`.
pub(crate) fn join(head: &Head) -> Record {
    seal(
        CHAIN,
        head,
        NOON,
        &Actor::User(address("ann")),
        &Event::Join {
            user: address("ann"),
            name: "Ann".to_owned(),
        },
    )
}

pub(crate) fn participant(user: i64) -> Participant {
    Participant {
        user: PrincipalId(user),
        address: address(&format!("u{user}")),
        name: format!("User {user}"),
        permissions: Permissions::MEMBER,
    }
}

pub(crate) fn endpoint(id: u64) -> EndpointId {
    EndpointId(id)
}

pub(crate) fn room(keep: usize, participant_limit: usize) -> Room {
    Room::new(
        Head::START,
        Vec::new(),
        Settings {
            keep,
            participant_limit,
        },
    )
}

pub(crate) fn texts(messages: &[Arc<Message>]) -> Vec<&str> {
    messages.iter().map(|message| message.text.as_str()).collect()
}
