//! The rooms that callers are tried with keep the port's promises.

use async_trait::async_trait;
use causerie_model::{ChatId, RoomId, Timestamp};
use causerie_queue::{
    Erasure, Lease,
    conformance::erasure::{InMemory, Rooms},
};
use std::sync::Arc;
use uuid::Uuid;

struct Memory(Arc<InMemory>);

async fn fresh() -> Memory {
    Memory(Arc::default())
}

#[async_trait]
impl Rooms for Memory {
    fn erasure(&self) -> Arc<dyn Erasure> {
        self.0.clone()
    }

    async fn lease(&self) -> Lease {
        let lease = Lease {
            token: Uuid::from_u128(7),
            until: Timestamp(60_000_000),
        };
        self.0.lend(lease.clone());
        lease
    }

    fn rooms(&self) -> [RoomId; 2] {
        [RoomId(1), RoomId(2)]
    }

    async fn post(&self, room: RoomId) -> (ChatId, Timestamp) {
        let at = Timestamp(self.0.all(room).len() as i64 * 1_000_000);
        (self.0.put(room, at), at)
    }

    async fn history(&self, room: RoomId) -> Vec<ChatId> {
        self.0.all(room)
    }
}

causerie_queue::erasure_conformance_tests!(fresh);
