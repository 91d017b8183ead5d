//! Cases of messages that go from rooms, and rooms in memory to try callers with.
//!
//! ```ignore
//! causerie_queue::erasure_conformance_tests!(fresh); // async fn fresh() -> impl Rooms
//! ```

use crate::{Erased, Erasure, MAX_ERASED, check_erasure};
use async_trait::async_trait;
use causerie_model::{ChatId, RoomId, StoreError, StoreFault};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

/// Rooms without messages that a case has for itself.
#[async_trait]
pub trait Rooms: Send + Sync {
    /// What is tried.
    fn erasure(&self) -> Arc<dyn Erasure>;

    /// Two rooms.
    fn rooms(&self) -> [RoomId; 2];

    /// Posts one message to a room. Its number.
    async fn post(&self, room: RoomId) -> ChatId;

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
            erasing_again_changes_nothing,
            what_is_not_there_is_no_error,
            numbers_are_not_used_again,
            a_call_has_a_limit,
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

/// Five messages in each of the two rooms.
async fn five(rooms: &dyn Rooms) -> [RoomId; 2] {
    let both = rooms.rooms();
    for room in both {
        for number in 1..=5 {
            assert_eq!(rooms.post(room).await, ChatId(number));
        }
    }
    both
}

async fn erase(rooms: &dyn Rooms, room: RoomId, numbers: &[u64]) -> u64 {
    let numbers: Vec<ChatId> = numbers.iter().copied().map(ChatId).collect();
    let erased = rooms.erasure().erase(room, &numbers).await;
    erased.expect("it is done").messages
}

async fn history(rooms: &dyn Rooms, room: RoomId) -> Vec<u64> {
    rooms.history(room).await.into_iter().map(|id| id.0).collect()
}

/// In the other room, too. One that is named twice goes once.
pub async fn what_is_named_goes_and_the_rest_stays(rooms: &dyn Rooms) {
    let [one, two] = five(rooms).await;
    assert_eq!(erase(rooms, one, &[5, 1, 3, 1]).await, 3);
    assert_eq!(history(rooms, one).await, [2, 4]);
    assert_eq!(history(rooms, two).await, [1, 2, 3, 4, 5]);
}

/// As after an answer that was lost.
pub async fn erasing_again_changes_nothing(rooms: &dyn Rooms) {
    let [one, _] = five(rooms).await;
    assert_eq!(erase(rooms, one, &[1, 2]).await, 2);
    assert_eq!(erase(rooms, one, &[1, 2]).await, 0);
    assert_eq!(erase(rooms, one, &[1, 2, 3]).await, 1);
    assert_eq!(history(rooms, one).await, [4, 5]);
}

/// Neither messages nor rooms.
pub async fn what_is_not_there_is_no_error(rooms: &dyn Rooms) {
    let [one, two] = five(rooms).await;
    assert_eq!(erase(rooms, one, &[]).await, 0);
    assert_eq!(erase(rooms, one, &[0, 6, i64::MAX as u64, u64::MAX]).await, 0);
    assert_eq!(erase(rooms, RoomId(one.0 + two.0 + 1), &[1]).await, 0);
    assert_eq!(erase(rooms, RoomId(-1), &[1]).await, 0);
    assert_eq!(history(rooms, one).await, [1, 2, 3, 4, 5]);
}

/// The last message being no exception.
pub async fn numbers_are_not_used_again(rooms: &dyn Rooms) {
    let [one, _] = five(rooms).await;
    assert_eq!(erase(rooms, one, &[1, 2, 3, 4, 5]).await, 5);
    assert_eq!(rooms.post(one).await, ChatId(6));
    assert_eq!(history(rooms, one).await, [6]);
}

/// Beyond it nothing is done.
pub async fn a_call_has_a_limit(rooms: &dyn Rooms) {
    let [one, _] = five(rooms).await;
    let numbers: Vec<ChatId> = (1..=MAX_ERASED as u64 + 1).map(ChatId).collect();
    let refused = rooms.erasure().erase(one, &numbers).await;
    assert_eq!(refused.expect_err("it is refused").fault, StoreFault::Other);
    assert_eq!(history(rooms, one).await, [1, 2, 3, 4, 5]);
    let done = rooms.erasure().erase(one, &numbers[..MAX_ERASED]).await;
    assert_eq!(done.expect("it is done").messages, 5);
    assert_eq!(history(rooms, one).await, [0; 0]);
}

/// Rooms in memory.
#[derive(Debug, Default)]
pub struct InMemory {
    rooms: Mutex<BTreeMap<RoomId, Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    last: u64,
    messages: BTreeSet<ChatId>,
}

impl InMemory {
    fn of<T>(&self, room: RoomId, look: impl FnOnce(&mut Kept) -> T) -> T {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        look(rooms.entry(room).or_default())
    }

    /// Puts a message there, the next of its room. Its number.
    pub fn put(&self, room: RoomId) -> ChatId {
        self.of(room, |kept| {
            kept.last += 1;
            kept.messages.insert(ChatId(kept.last));
            ChatId(kept.last)
        })
    }

    /// The numbers of a room's messages, rising.
    #[must_use]
    pub fn all(&self, room: RoomId) -> Vec<ChatId> {
        self.of(room, |kept| kept.messages.iter().copied().collect())
    }
}

#[async_trait]
impl Erasure for InMemory {
    async fn erase(&self, room: RoomId, messages: &[ChatId]) -> Result<Erased, StoreError> {
        check_erasure(messages)?;
        let gone = self.of(room, |kept| {
            messages.iter().filter(|id| kept.messages.remove(id)).count()
        });
        Ok(Erased {
            messages: gone as u64,
        })
    }
}
