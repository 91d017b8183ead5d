//! What the cases append.

use crate::{Addition, ChainHead, DocumentKey, RecordStore, Selection, Stored};
use causerie_model::{
    Actor, ChainId, Event, Extras, Head, Message, RoomId, Sealed, SipAddress, StoreFault, Timestamp,
};
use causerie_room::{advance, next_message, seal};
use std::sync::Arc;

/// 2013-05-02T08:00:00Z, in microseconds.
pub(super) const START: i64 = 1_367_481_600_000_000;
/// Between two records of a chain, in microseconds.
pub(super) const STEP: i64 = 1_000_003;

/// Makes the records of one chain, each after the one before.
#[derive(Clone, Debug)]
pub struct Chain {
    id: ChainId,
    /// Its end.
    pub head: Head,
}

impl Chain {
    /// A chain without records.
    #[must_use]
    pub fn of(id: ChainId) -> Self {
        Self {
            id,
            head: Head::START,
        }
    }

    /// The chain of a room, without records.
    #[must_use]
    pub fn of_room(room: i64) -> Self {
        Self::of(ChainId::Room(RoomId(room)))
    }

    /// Its end as a database gives it.
    #[must_use]
    pub fn end(&self) -> ChainHead {
        ChainHead {
            number: self.head.record,
            at: self.head.at,
            hash: self.head.hash,
        }
    }

    /// The record of this event.
    pub fn add(&mut self, actor: &Actor, event: &Event) -> Sealed {
        let at = Timestamp(START + i64::try_from(self.head.record).unwrap_or(0) * STEP);
        let record = seal(self.id, &self.head, at, actor, event);
        self.head = advance(&self.head, &record);
        Sealed::from(&record)
    }

    /// Somebody says something in a room.
    pub fn post(&mut self, who: &str, text: &str) -> Sealed {
        let ChainId::Room(room) = self.id else {
            panic!("nobody posts outside of rooms")
        };
        let at = Timestamp(START + i64::try_from(self.head.record).unwrap_or(0) * STEP);
        let (author, name) = (address(who), "Ann Ö.".to_owned());
        let message: Message = next_message(
            &self.head,
            room,
            at,
            author.clone(),
            name,
            text.to_owned(),
            Extras::default(),
        );
        let event = Event::Chat {
            message: Arc::new(message),
            kept: true,
        };
        self.add(&Actor::User(author), &event)
    }

    /// Somebody enters.
    pub fn join(&mut self, who: &str) -> Sealed {
        let user = address(who);
        let event = Event::Join {
            user: user.clone(),
            name: "Ann".to_owned(),
        };
        self.add(&Actor::User(user), &event)
    }

    /// An officer signs in.
    pub fn sign_in(&mut self, officer: &str) -> Sealed {
        let event = Event::SignedIn {
            origin: "unix".to_owned(),
        };
        self.add(&Actor::Officer(officer.to_owned()), &event)
    }

    /// Records of a chain go, from one number to another.
    pub fn retire(&mut self, chain: ChainId, first: u64, last: u64) -> Sealed {
        let event = Event::Retired {
            messages: String::new(),
            chain,
            first,
            last,
            records: last - first + 1,
            rule: "global: 365 days".to_owned(),
        };
        self.add(&Actor::System, &event)
    }
}

pub(super) fn address(text: &str) -> SipAddress {
    SipAddress::parse(text).expect("a good address")
}

/// Posts `count` messages of Ann.
pub(super) fn posts(chain: &mut Chain, count: u64) -> Vec<Sealed> {
    (0..count)
        .map(|n| chain.post("ann@x.test", &format!("message {n} \"ü\" 😀")))
        .collect()
}

pub(super) fn adding(records: Vec<Sealed>) -> Addition {
    Addition {
        records,
        ..Addition::default()
    }
}

pub(super) fn key(kind: &str, id: &str) -> DocumentKey {
    DocumentKey {
        kind: kind.to_owned(),
        id: id.to_owned(),
    }
}

/// Appends what must be taken.
pub(super) async fn commit(store: &dyn RecordStore, addition: &Addition) -> u64 {
    store.append(addition).await.expect("it is appended")
}

/// Appends what must be a conflict.
pub(super) async fn conflicts(store: &dyn RecordStore, addition: &Addition) {
    let before = (everything(store).await, store.end().await.expect("an end"));
    let error = store.append(addition).await.expect_err("it is refused");
    assert_eq!(error.fault, StoreFault::Conflict, "{error}");
    let after = (everything(store).await, store.end().await.expect("an end"));
    assert_eq!(before, after, "nothing of it is there");
}

pub(super) async fn everything(store: &dyn RecordStore) -> Vec<Stored> {
    store.read(0, u64::MAX, u32::MAX).await.expect("records")
}

pub(super) async fn head(store: &dyn RecordStore, chain: ChainId) -> ChainHead {
    store.head(chain).await.expect("a head")
}

/// The positions that a selection finds.
pub(super) async fn found(store: &dyn RecordStore, selection: &Selection) -> Vec<u64> {
    let found = store.select(selection, 0, u32::MAX).await.expect("records");
    found.iter().map(|record| record.position).collect()
}
