//! What the cases post, and who posts it.

use crate::{Batch, Found, Parts, StoreError, StoreFault};
use causerie_model::{
    Actor, Audit, Category, CategoryId, ChainId, Change, ComplianceMode, Event, Extras, Group, GroupKind,
    Head, Invitations, Match, Message, MessageQuery, PartReason, PrincipalId, Privacy, Record, Room, RoomId,
    RoomType, SipAddress, TextQuery, Timestamp, User,
};
use causerie_room::{advance, next_message, seal};
use std::sync::Arc;
use uuid::Uuid;

/// 2013-05-02T08:00:00Z, in microseconds.
const START: i64 = 1_367_481_600_000_000;

/// Makes the records of one chain, each after the one before.
#[derive(Clone, Debug)]
pub struct Chain {
    id: ChainId,
    /// Its end.
    pub head: Head,
}

impl Chain {
    /// The chain of a room, without records.
    #[must_use]
    pub fn of_room(room: i64) -> Self {
        Self {
            id: ChainId::Room(RoomId(room)),
            head: Head::START,
        }
    }

    /// The system's chain, without records.
    #[must_use]
    pub fn of_system() -> Self {
        Self {
            id: ChainId::System,
            head: Head::START,
        }
    }

    fn add(&mut self, event: &Event, who: SipAddress) -> Record {
        let at = Timestamp(START + i64::try_from(self.head.record).unwrap_or(0) * 1_000_003);
        let record = seal(self.id, &self.head, at, &Actor::User(who), event);
        self.head = advance(&self.head, &record);
        record
    }

    fn say(&mut self, who: SipAddress, text: &str, extras: Extras, kept: bool) -> Record {
        let ChainId::Room(room) = self.id else {
            panic!("nobody posts in the system's chain")
        };
        let at = Timestamp(START + i64::try_from(self.head.record).unwrap_or(0) * 1_000_003);
        let message = next_message(
            &self.head,
            room,
            at,
            who.clone(),
            "Ann Ö.".to_owned(),
            text.to_owned(),
            extras,
        );
        let event = Event::Chat {
            message: Arc::new(message),
            kept,
        };
        self.add(&event, who)
    }

    /// A message.
    pub fn post(&mut self, text: &str) -> Record {
        self.say(ann(), text, Extras::default(), true)
    }

    /// A message of somebody.
    pub(super) fn post_by(&mut self, who: SipAddress, text: &str) -> Record {
        self.say(who, text, Extras::default(), true)
    }

    /// A message with more than text.
    pub fn post_with(&mut self, text: &str, extras: Extras) -> Record {
        self.say(ann(), text, extras, true)
    }

    /// A message in a room that keeps none.
    pub fn post_unkept(&mut self, text: &str) -> Record {
        self.say(ann(), text, Extras::default(), false)
    }

    /// Somebody enters.
    pub fn join(&mut self) -> Record {
        self.add(
            &Event::Join {
                user: ann(),
                name: "Ann".to_owned(),
            },
            ann(),
        )
    }

    /// Somebody enters.
    pub fn join_by(&mut self, who: &str) -> Record {
        let (user, name) = (address(who), who.to_owned());
        self.add(&Event::Join { user, name }, address(who))
    }

    /// Somebody leaves.
    pub fn part_by(&mut self, who: &str) -> Record {
        let (user, reason) = (address(who), PartReason::Left);
        let event = Event::Part {
            user,
            reason,
            not_before: None,
        };
        self.add(&event, address(who))
    }
}

pub(super) fn ann() -> SipAddress {
    address("ann@x.test")
}

pub(super) fn address(text: &str) -> SipAddress {
    SipAddress::parse(text).expect("a good address")
}

pub(super) fn records(records: Vec<Record>) -> Batch {
    Batch {
        changes: Vec::new(),
        records,
    }
}

pub(super) fn changes(changes: Vec<Change>) -> Batch {
    Batch {
        changes,
        records: Vec::new(),
    }
}

pub(super) fn messages(records: &[Record]) -> Vec<Message> {
    records
        .iter()
        .filter_map(|record| record.message.as_deref().cloned())
        .collect()
}

pub(super) fn user(id: i64, at: &str) -> Change {
    Change::PutUser(User {
        id: PrincipalId(id),
        address: address(at),
        display_name: format!("User {id}"),
        enabled: true,
        policy: None,
        site: None,
    })
}

pub(super) fn group(id: i64, name: &str) -> Change {
    Change::PutGroup(Group {
        id: PrincipalId(id),
        name: name.to_owned(),
        kind: GroupKind::Group,
    })
}

pub(super) fn a_category(id: i64, name: &str) -> Category {
    Category {
        id: CategoryId(id),
        guid: Uuid::from_u128(0xca7e_0000 + u128::from(id.unsigned_abs())),
        name: name.to_owned(),
        description: format!("About {name}"),
        invitations: true,
        file_upload: false,
        history: true,
        compliance: ComplianceMode::Open,
        audit: Audit::default(),
    }
}

pub(super) fn category(id: i64, name: &str) -> Change {
    Change::PutCategory(a_category(id, name))
}

pub(super) fn a_room(id: i64, category: i64, name: &str) -> Room {
    Room {
        id: RoomId(id),
        guid: Uuid::from_u128(0x4000_0000 + u128::from(id.unsigned_abs())),
        category: CategoryId(category),
        name: name.to_owned(),
        description: format!("About {name}"),
        room_type: RoomType::Normal,
        privacy: Privacy::Closed,
        invitations: Invitations::Inherit,
        disabled: false,
        addin: None,
        audit: Audit::default(),
    }
}

pub(super) fn room(id: i64, category: i64, name: &str) -> Change {
    Change::PutRoom(a_room(id, category, name))
}

pub(super) async fn commit(parts: &Parts, batch: &Batch) {
    parts
        .journal
        .append(batch)
        .await
        .expect("a good batch is appended");
}

pub(super) async fn refused(parts: &Parts, batch: &Batch) {
    conflict(&parts.journal.append(batch).await);
}

pub(super) fn conflict<T>(result: &Result<T, StoreError>) {
    match result {
        Err(error) => assert_eq!(error.fault, StoreFault::Conflict, "{error}"),
        Ok(_) => panic!("what conflicts was taken"),
    }
}

/// The newest messages of these rooms with all these words.
pub(super) fn query(rooms: &[i64], typed: &str) -> MessageQuery {
    typed_query(rooms, typed, Match::All, false)
}

pub(super) fn typed_query(rooms: &[i64], typed: &str, how: Match, case_sensitive: bool) -> MessageQuery {
    let rooms = rooms.iter().map(|&room| RoomId(room)).collect();
    MessageQuery {
        text: TextQuery::parse(typed, how, case_sensitive).expect("a query within the limits"),
        ..MessageQuery::newest(rooms, 99)
    }
}

pub(super) async fn find(parts: &Parts, query: &MessageQuery) -> Found {
    parts
        .history
        .search(query)
        .await
        .expect("a search never fails for what is searched")
}

/// The messages of room 1 with all these words.
pub(super) async fn found(parts: &Parts, typed: &str) -> Vec<u64> {
    numbers(&find(parts, &query(&[1], typed)).await.messages)
}

/// The numbers of messages that must be of room 1.
pub(super) fn numbers(messages: &[Message]) -> Vec<u64> {
    assert!(messages.iter().all(|message| message.room == RoomId(1)));
    messages.iter().map(|message| message.chat_id.0).collect()
}

/// All messages of a room.
pub(super) async fn all(parts: &Parts, room: i64) -> Vec<Message> {
    parts
        .history
        .latest(RoomId(room), None, 100_000)
        .await
        .expect("history is read")
}

/// Texts of messages.
pub(super) fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.text.as_str()).collect()
}

pub(super) async fn head(parts: &Parts, room: i64) -> Head {
    parts
        .journal
        .head(ChainId::Room(RoomId(room)))
        .await
        .expect("a head is read")
}
