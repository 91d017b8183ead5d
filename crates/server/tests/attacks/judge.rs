//! What the database holds, judged apart from the server.

use causerie_model::{ChainId, Head, RoomId, Sealed};
use causerie_proof::chain::verify;
use causerie_queue::conformance::everything;
use causerie_store::{Parts, Store};
use causerie_store_sqlite::{Options, SqliteStore};
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// The database of a stopped server.
pub(crate) struct Verdict {
    parts: Parts,
    records: Vec<Sealed>,
}

impl Verdict {
    pub(crate) async fn of(data_dir: &Path) -> Self {
        let store = SqliteStore::open(&data_dir.join("causerie.db"), Options::default())
            .await
            .unwrap();
        let store = Arc::new(store);
        let records = everything(&*store).await;
        let parts = store.parts();
        Self { parts, records }
    }

    /// The messages of a room, checked: numbered without a gap, each with its record in the outbox.
    pub(crate) async fn messages(&self, room: &str) -> Vec<(u64, String)> {
        let id = self.room(room).await;
        let stored = self.parts.history.latest(id, None, u32::MAX).await.unwrap();
        let stored: Vec<(u64, String)> = stored.into_iter().map(|m| (m.chat_id.0, m.text)).collect();
        for (place, (number, _)) in stored.iter().enumerate() {
            assert_eq!(*number, place as u64 + 1, "{room} has a gap");
        }
        let chain = ChainId::Room(id);
        let recorded = self
            .records
            .iter()
            .filter(|record| record.chain == chain && record.kind == "CHAT");
        let recorded: Vec<(u64, String)> = recorded
            .map(|record| {
                let body: serde_json::Value = serde_json::from_str(&record.body).unwrap();
                (
                    body["chatId"].as_u64().unwrap(),
                    body["text"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        assert_eq!(stored, recorded, "{room}: messages and records differ");
        stored
    }

    async fn room(&self, name: &str) -> RoomId {
        self.parts
            .catalogue
            .load()
            .await
            .unwrap()
            .room_by_name(name)
            .unwrap()
            .id
    }

    /// Every chain is whole and ends where its head says.
    pub(crate) async fn verify_chains(&self) {
        let mut chains: BTreeMap<ChainId, Vec<&Sealed>> = BTreeMap::new();
        for record in &self.records {
            chains.entry(record.chain).or_default().push(record);
        }
        assert!(!chains.is_empty());
        for (chain, records) in chains {
            let head = verify(chain, records.iter().copied(), Head::START).unwrap();
            assert_eq!(head, self.parts.journal.head(chain).await.unwrap(), "{chain:?}");
        }
    }

    /// In each room each user comes and leaves in turn, and has left in the end: the server was stopped.
    pub(crate) fn verify_presence(&self) {
        let mut present: BTreeMap<(ChainId, String), bool> = BTreeMap::new();
        for record in &self.records {
            let comes = match record.kind.as_str() {
                "JOIN" => true,
                "PART" => false,
                _ => continue,
            };
            let body: serde_json::Value = serde_json::from_str(&record.body).unwrap();
            let place = (record.chain, body["user"].as_str().unwrap().to_owned());
            let was = present.insert(place.clone(), comes).unwrap_or(false);
            assert_ne!(was, comes, "{place:?} has two of {} in turn", record.kind);
        }
        assert!(!present.is_empty(), "nobody came");
        let left = present.iter().filter(|(_, present)| **present);
        assert_eq!(left.collect::<Vec<_>>(), [], "they never left");
    }
}
