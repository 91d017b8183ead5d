//! What the cases publish, and who takes it.

use super::Opened;
use crate::{Backlog, Lease, Queue, Queued};
use causerie_model::{Actor, ChainId, Hash, Head, Record, RoomId, Sealed, StoreError, StoreFault, Timestamp};
use uuid::Uuid;

/// 2013-05-02T08:00:00Z, in microseconds.
pub(super) const START: i64 = 1_367_481_600_000_000;

/// A moment, in seconds after the cases begin.
pub(super) const fn second(second: i64) -> Timestamp {
    Timestamp(START + second * 1_000_000)
}

/// How long the cases' leases last, in seconds.
pub(super) const LEASE: i64 = 60;

/// Who never has the lease of a case already.
pub(super) const OTHER: Uuid = Uuid::from_u128(1 << 64);

/// Who comes at a second after the cases begin: at each another.
pub(super) fn holder(at: i64) -> Uuid {
    Uuid::from_u128(u128::from(at.cast_unsigned()))
}

/// Makes the records of one chain, each after the one before. Their hashes are made up: a queue doesn't look at them.
#[derive(Clone, Debug)]
pub struct Chain {
    id: ChainId,
    head: Head,
}

impl Chain {
    /// The chain of a room, without records.
    #[must_use]
    pub const fn of_room(room: i64) -> Self {
        Self::new(ChainId::Room(RoomId(room)))
    }

    /// The system's chain, without records.
    #[must_use]
    pub const fn of_system() -> Self {
        Self::new(ChainId::System)
    }

    const fn new(id: ChainId) -> Self {
        Self {
            id,
            head: Head::START,
        }
    }

    /// Whether it is this one.
    #[must_use]
    pub fn is(&self, id: ChainId) -> bool {
        self.id == id
    }

    /// Its next record, at a second after the cases begin, with this body.
    pub fn record(&mut self, at: i64, body: &str) -> Sealed {
        let number = self.head.record + 1;
        let mut hash = [0x5a; 32];
        let room = match self.id {
            ChainId::Room(room) => room.0,
            _ => 0,
        };
        for (place, byte) in number
            .to_be_bytes()
            .into_iter()
            .chain(room.to_be_bytes())
            .enumerate()
        {
            hash[place] = byte;
        }
        let record = Sealed {
            chain: self.id,
            number,
            at: second(at),
            actor: "sip:ann@x.test".to_owned(),
            kind: "JOIN".to_owned(),
            body: body.to_owned(),
            previous: self.head.hash,
            hash: Hash(hash),
        };
        self.head.record = number;
        self.head.hash = record.hash;
        record
    }

    /// Its next records, with their numbers as bodies.
    pub fn records(&mut self, count: usize) -> Vec<Sealed> {
        (0..count)
            .map(|_| {
                let number = self.head.record + 1;
                self.record(i64::try_from(number).unwrap_or(0), &number.to_string())
            })
            .collect()
    }
}

/// A record of the cases in the form in which it is committed, for those whose commits take no other.
///
/// # Panics
/// If its actor is no user.
#[must_use]
pub fn to_record(sealed: &Sealed) -> Record {
    let user = sealed.actor.strip_prefix("sip:").expect("a user's record");
    Record {
        chain: sealed.chain,
        number: sealed.number,
        at: sealed.at,
        actor: Actor::User(user.parse().expect("an address")),
        kind: "JOIN",
        body: sealed.body.clone(),
        previous: sealed.previous,
        hash: sealed.hash,
        chat_id: None,
        message: None,
        presence: None,
    }
}

/// Everything that waits, by a lease that is taken from whoever had it and given back: for tests that look at what a
/// stopped server published.
///
/// # Panics
/// If the queue can't be read.
pub async fn everything(queue: &dyn Queue) -> Vec<Sealed> {
    let (now, until) = (Timestamp(i64::MAX - 1), Timestamp(i64::MAX));
    let lease = queue.lease(OTHER, None, now, until).await.expect("a lease");
    let waiting = queue.waiting(&lease, now, u32::MAX).await.expect("what waits");
    queue.release(&lease).await.expect("the lease is given back");
    waiting.into_iter().map(|queued| queued.record).collect()
}

impl Opened {
    pub(super) async fn publish(&self, records: &[Sealed]) {
        self.publisher
            .publish(records.to_vec())
            .await
            .expect("good records are published");
    }

    /// A lease from a second on, of the one who comes then.
    pub(super) async fn lease(&self, at: i64) -> Lease {
        self.queue
            .lease(holder(at), None, second(at), second(at + LEASE))
            .await
            .expect("the lease is free")
    }

    pub(super) async fn waiting(&self, lease: &Lease, at: i64, count: u32) -> Vec<Queued> {
        self.queue
            .waiting(lease, second(at), count)
            .await
            .expect("what waits is read")
    }

    /// The records that wait.
    pub(super) async fn records(&self, lease: &Lease, at: i64) -> Vec<Sealed> {
        let waiting = self.waiting(lease, at, 1_000).await;
        assert!(waiting.is_sorted_by(|a, b| a.sequence < b.sequence));
        waiting.into_iter().map(|queued| queued.record).collect()
    }

    pub(super) async fn acknowledge(&self, lease: &Lease, at: i64, up_to: i64) {
        self.queue
            .acknowledge(lease, second(at), up_to)
            .await
            .expect("what is held is acknowledged");
    }

    pub(super) async fn set_aside(&self, lease: &Lease, at: i64, sequence: i64, reason: &str) {
        self.queue
            .set_aside(lease, second(at), sequence, reason)
            .await
            .expect("what is held is set aside");
    }

    pub(super) async fn backlog(&self) -> Backlog {
        self.queue.backlog().await.expect("what waits is counted")
    }

    /// The lease can't do anything.
    pub(super) async fn is_lost(&self, lease: &Lease, at: i64, sequence: i64) {
        let now = second(at);
        conflict(&self.queue.waiting(lease, now, 9).await);
        conflict(&self.queue.waiting(lease, now, 0).await);
        conflict(&self.queue.acknowledge(lease, now, sequence).await);
        conflict(&self.queue.set_aside(lease, now, sequence, "lost").await);
    }
}

pub(super) fn conflict<T>(result: &Result<T, StoreError>) {
    match result {
        Err(error) => assert_eq!(error.fault, StoreFault::Conflict, "{error}"),
        Ok(_) => panic!("what must be refused was done"),
    }
}
