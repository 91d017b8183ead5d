//! Cases of messages that go from rooms, and rooms in memory to try callers with.
//!
//! ```ignore
//! causerie_queue::erasure_conformance_tests!(fresh); // async fn fresh() -> impl Rooms
//! ```

use super::world::{OTHER, conflict};
use crate::{Erased, Erasure, LOCAL, Lease, MAX_ERASED, Order, check_erasure};
use async_trait::async_trait;
use causerie_model::{Cause, ChatId, Hash, RoomId, StoreError, StoreFault, Timestamp};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Rooms without messages that a case has for itself.
#[async_trait]
pub trait Rooms: Send + Sync {
    /// What is tried.
    fn erasure(&self) -> Arc<dyn Erasure>;

    /// The queue's lease, taken once more if need be.
    async fn lease(&self) -> Lease;

    /// Two rooms.
    fn rooms(&self) -> [RoomId; 2];

    /// Posts one message to a room. Its number and its time, which no other of the room has.
    async fn post(&self, room: RoomId) -> (ChatId, Timestamp);

    /// The numbers of a room's messages, rising.
    async fn history(&self, room: RoomId) -> Vec<ChatId>;
}

/// Makes one `#[tokio::test]` of each case. The argument names an `async fn` there without parameters that returns empty
/// [`Rooms`](crate::conformance::erasure::Rooms).
#[macro_export]
macro_rules! erasure_conformance_tests {
    ($fresh:ident) => {
        $crate::erasure_conformance_tests!(@cases $fresh:
            what_is_named_goes_and_the_rest_stays,
            a_message_of_another_time_stays,
            erasing_again_changes_nothing,
            what_is_not_there_is_no_error,
            numbers_are_not_used_again,
            a_call_has_a_limit,
            without_the_lease_nothing_goes,
            without_a_cause_nothing_goes,
        );
    };
    (@cases $fresh:ident: $($case:ident),+ $(,)?) => {
        mod erasure {
            $(
                #[tokio::test]
                async fn $case() {
                    let rooms = super::$fresh().await;
                    ::causerie_queue::conformance::erasure::$case(&rooms).await;
                }
            )+
        }
    };
}

/// A room and the times of its messages.
struct Room {
    id: RoomId,
    times: Vec<Timestamp>,
}

impl Room {
    /// What names the message of this number; some time, if there is none.
    fn named(&self, number: u64) -> (ChatId, Timestamp) {
        let place = usize::try_from(number.wrapping_sub(1)).unwrap_or(usize::MAX);
        let at = self.times.get(place).copied().unwrap_or(self.times[0]);
        (ChatId(number), at)
    }

    async fn post(&mut self, rooms: &dyn Rooms) {
        let (number, at) = rooms.post(self.id).await;
        self.times.push(at);
        assert_eq!(number.0, self.times.len() as u64);
    }
}

/// Five messages in each of the two rooms.
async fn five(rooms: &dyn Rooms) -> [Room; 2] {
    let mut both = rooms.rooms().map(|id| Room {
        id,
        times: Vec::new(),
    });
    for room in &mut both {
        for _ in 0..5 {
            room.post(rooms).await;
        }
    }
    both
}

/// What names these messages, for a reason that is made up.
#[must_use]
pub fn order(room: RoomId, messages: &[(ChatId, Timestamp)]) -> Order {
    Order {
        room,
        messages: messages.to_vec(),
        cause: Cause {
            first: 3,
            last: 4,
            hash: Hash([0x77; 32]),
        },
        origin: LOCAL.to_owned(),
    }
}

/// At the last moment of the lease.
async fn try_to_erase(
    rooms: &dyn Rooms,
    room: RoomId,
    messages: &[(ChatId, Timestamp)],
) -> Result<Erased, StoreError> {
    let lease = rooms.lease().await;
    let now = Timestamp(lease.until.0 - 1);
    rooms.erasure().erase(&lease, now, &order(room, messages)).await
}

async fn erase_named(rooms: &dyn Rooms, room: RoomId, messages: &[(ChatId, Timestamp)]) -> u64 {
    let erased = try_to_erase(rooms, room, messages).await;
    erased.expect("it is done").messages
}

async fn erase(rooms: &dyn Rooms, room: &Room, numbers: &[u64]) -> u64 {
    let named: Vec<_> = numbers.iter().map(|number| room.named(*number)).collect();
    erase_named(rooms, room.id, &named).await
}

async fn history(rooms: &dyn Rooms, room: &Room) -> Vec<u64> {
    rooms.history(room.id).await.into_iter().map(|id| id.0).collect()
}

/// In the other room, too. One that is named twice goes once.
pub async fn what_is_named_goes_and_the_rest_stays(rooms: &dyn Rooms) {
    let [one, two] = five(rooms).await;
    assert_eq!(erase(rooms, &one, &[5, 1, 3, 1]).await, 3);
    assert_eq!(history(rooms, &one).await, [2, 4]);
    assert_eq!(history(rooms, &two).await, [1, 2, 3, 4, 5]);
}

/// Its number was given to another message, as to the first ones after an older backup.
pub async fn a_message_of_another_time_stays(rooms: &dyn Rooms) {
    let [one, _] = five(rooms).await;
    let at = |number, other: i64| {
        let (number, at) = one.named(number);
        (number, Timestamp(at.0 + other))
    };
    let others = [at(1, 1), at(2, -1), (ChatId(3), one.times[3])];
    assert_eq!(erase_named(rooms, one.id, &others).await, 0);
    assert_eq!(history(rooms, &one).await, [1, 2, 3, 4, 5]);
    let both = [at(4, 1), at(4, 0), at(5, 1)];
    assert_eq!(erase_named(rooms, one.id, &both).await, 1);
    assert_eq!(history(rooms, &one).await, [1, 2, 3, 5]);
}

/// As after an answer that was lost.
pub async fn erasing_again_changes_nothing(rooms: &dyn Rooms) {
    let [one, _] = five(rooms).await;
    assert_eq!(erase(rooms, &one, &[1, 2]).await, 2);
    assert_eq!(erase(rooms, &one, &[1, 2]).await, 0);
    assert_eq!(erase(rooms, &one, &[1, 2, 3]).await, 1);
    assert_eq!(history(rooms, &one).await, [4, 5]);
}

/// Neither messages nor rooms.
pub async fn what_is_not_there_is_no_error(rooms: &dyn Rooms) {
    let [one, two] = five(rooms).await;
    assert_eq!(erase(rooms, &one, &[]).await, 0);
    assert_eq!(erase(rooms, &one, &[0, 6, i64::MAX as u64, u64::MAX]).await, 0);
    for nowhere in [one.id.0 + two.id.0 + 1, -1] {
        assert_eq!(erase_named(rooms, RoomId(nowhere), &[one.named(1)]).await, 0);
    }
    assert_eq!(history(rooms, &one).await, [1, 2, 3, 4, 5]);
}

/// The last message being no exception.
pub async fn numbers_are_not_used_again(rooms: &dyn Rooms) {
    let [mut one, _] = five(rooms).await;
    assert_eq!(erase(rooms, &one, &[1, 2, 3, 4, 5]).await, 5);
    one.post(rooms).await;
    assert_eq!(history(rooms, &one).await, [6]);
}

/// Beyond it nothing is done.
pub async fn a_call_has_a_limit(rooms: &dyn Rooms) {
    let [one, _] = five(rooms).await;
    let named: Vec<_> = (1..=MAX_ERASED as u64 + 1)
        .map(|number| one.named(number))
        .collect();
    let refused = try_to_erase(rooms, one.id, &named).await;
    assert_eq!(refused.expect_err("it is refused").fault, StoreFault::Other);
    assert_eq!(history(rooms, &one).await, [1, 2, 3, 4, 5]);
    let done = try_to_erase(rooms, one.id, &named[..MAX_ERASED]).await;
    assert_eq!(done.expect("it is done").messages, 5);
    assert_eq!(history(rooms, &one).await, [0; 0]);
}

/// With another's, or one that ended.
pub async fn without_the_lease_nothing_goes(rooms: &dyn Rooms) {
    let [one, _] = five(rooms).await;
    let lease = rooms.lease().await;
    let another = Lease {
        token: OTHER,
        ..lease.clone()
    };
    let first = order(one.id, &[one.named(1)]);
    for (lease, now) in [(&another, Timestamp(lease.until.0 - 1)), (&lease, lease.until)] {
        conflict(&rooms.erasure().erase(lease, now, &first).await);
    }
    assert_eq!(history(rooms, &one).await, [1, 2, 3, 4, 5]);
    assert_eq!(erase(rooms, &one, &[1]).await, 1);
}

/// Nor with one that there can't be.
pub async fn without_a_cause_nothing_goes(rooms: &dyn Rooms) {
    let [one, _] = five(rooms).await;
    let lease = rooms.lease().await;
    let now = Timestamp(lease.until.0 - 1);
    let good = order(one.id, &[one.named(1)]);
    let (first, last, hash) = (good.cause.first, good.cause.last, good.cause.hash);
    let none = Hash::ZERO;
    for (first, last, hash) in [(0, last, hash), (last + 1, last, hash), (first, last, none)] {
        let cause = Cause { first, last, hash };
        let order = Order {
            cause,
            ..good.clone()
        };
        let refused = rooms.erasure().erase(&lease, now, &order).await;
        assert_eq!(refused.expect_err("it is refused").fault, StoreFault::Other);
    }
    assert_eq!(history(rooms, &one).await, [1, 2, 3, 4, 5]);
    assert_eq!(erase(rooms, &one, &[1]).await, 1);
}

/// Rooms in memory.
#[derive(Debug, Default)]
pub struct InMemory {
    lease: Mutex<Option<Lease>>,
    rooms: Mutex<BTreeMap<RoomId, Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    last: u64,
    messages: BTreeMap<ChatId, Timestamp>,
}

impl InMemory {
    fn of<T>(&self, room: RoomId, look: impl FnOnce(&mut Kept) -> T) -> T {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        look(rooms.entry(room).or_default())
    }

    /// Who has this lease, and nobody else, may take messages away.
    pub fn lend(&self, lease: Lease) {
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner) = Some(lease);
    }

    /// Whether somebody with this lease may.
    pub fn is_held(&self, lease: &Lease, now: Timestamp) -> bool {
        let held = self.lease.lock().unwrap_or_else(PoisonError::into_inner);
        let mut held = held.iter();
        held.any(|held| held.token == lease.token && now < held.until)
    }

    /// Puts a message of this time there, the next of its room. Its number.
    pub fn put(&self, room: RoomId, at: Timestamp) -> ChatId {
        self.of(room, |kept| {
            kept.last += 1;
            kept.messages.insert(ChatId(kept.last), at);
            ChatId(kept.last)
        })
    }

    /// The numbers of a room's messages, rising.
    #[must_use]
    pub fn all(&self, room: RoomId) -> Vec<ChatId> {
        self.of(room, |kept| kept.messages.keys().copied().collect())
    }
}

#[async_trait]
impl Erasure for InMemory {
    async fn erase(&self, lease: &Lease, now: Timestamp, order: &Order) -> Result<Erased, StoreError> {
        check_erasure(order)?;
        if !self.is_held(lease, now) {
            let text = "the lease isn't held any more";
            return Err(StoreError::new(StoreFault::Conflict, text));
        }
        let gone = self.of(order.room, |kept| {
            let before = kept.messages.len();
            kept.messages
                .retain(|id, at| !order.messages.contains(&(*id, *at)));
            before - kept.messages.len()
        });
        Ok(Erased {
            messages: gone as u64,
        })
    }
}
