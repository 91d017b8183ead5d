//! What the databases and exports hold, judged apart from the server.

use crate::officer::{records_in, sql, verify_by_program, verify_by_script};
use causerie_model::{ChainId, RoomId, Sealed};
use causerie_proof::{LogVerifier, SignedCheckpoint, Stored};
use causerie_queue::conformance::everything;
use causerie_records::{DocumentKey, RecordStore, Records};
use causerie_store::{Parts, Store};
use causerie_store_sqlite::{Options, SqliteRecords, SqliteStore};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The databases of a stopped server.
pub(crate) struct Verdict {
    parts: Parts,
    records: Arc<dyn RecordStore>,
    /// What the chat server recorded; by chain and number.
    made: Vec<Sealed>,
    /// What is in the database of records, by position.
    stored: Vec<Stored>,
    key: PathBuf,
}

impl Verdict {
    /// A server that does everything.
    pub(crate) async fn of(data_dir: &Path) -> Self {
        let (file, key) = (
            data_dir.join("compliance.db"),
            data_dir.join("compliance-signing.pub"),
        );
        let records = SqliteRecords::open(&file, Options::default()).await.unwrap();
        Self::of_two(data_dir, Arc::new(records), key).await
    }

    /// A chat server, and the database of records and key of a compliance service.
    ///
    /// Every chain is whole, from its first record to its head, and is in the database of records but for what waits; the
    /// database of records is whole, and signed by the key.
    pub(crate) async fn of_two(chat: &Path, records: Arc<dyn RecordStore>, key: PathBuf) -> Self {
        let database = chat.join("causerie.db");
        let store = Arc::new(SqliteStore::open(&database, Options::default()).await.unwrap());
        let stored = records.read(0, u64::MAX, u32::MAX).await.unwrap();
        verify_log(&stored, &*records, &key).await;
        let mut made = BTreeMap::new();
        let taken = stored.iter().map(|stored| &stored.record);
        for record in taken.filter(|record| record.chain != ChainId::Compliance) {
            made.insert((record.chain, record.number), record.clone());
        }
        for record in everything(&*store).await {
            // Killed between storing and acknowledging, it is here and there.
            let twin = made.insert((record.chain, record.number), record.clone());
            assert!(twin.is_none_or(|twin| twin == record), "two of {record:?}");
        }
        for row in sql(&database, &["SELECT chain, record, hash FROM heads"]) {
            let chain = match row[0].as_i64().unwrap() {
                0 => ChainId::System,
                room => ChainId::Room(RoomId(room)),
            };
            let range = (chain, 0)..=(chain, u64::MAX);
            let numbers: Vec<u64> = made
                .range(range.clone())
                .map(|((_, number), _)| *number)
                .collect();
            let head = row[1].as_u64().unwrap();
            assert_eq!(numbers, (1..=head).collect::<Vec<_>>(), "{chain} has a gap");
            let (_, last) = made.range(range).next_back().unwrap();
            assert_eq!(last.hash.to_string(), row[2], "{chain} ends otherwise");
        }
        let aside = sql(&database, &["SELECT count(*) FROM set_aside"]);
        assert_eq!(aside[0][0], 0, "records were set aside");
        Self {
            parts: store.parts(),
            records,
            made: made.into_values().collect(),
            stored,
            key,
        }
    }

    /// The messages of a room, checked: numbered without a gap, each with its record.
    pub(crate) async fn messages(&self, room: &str) -> Vec<(u64, String)> {
        let catalogue = self.parts.catalogue.load().await.unwrap();
        let id = catalogue.room_by_name(room).unwrap().id;
        let stored = self.parts.history.latest(id, None, u32::MAX).await.unwrap();
        let stored: Vec<(u64, String)> = stored.into_iter().map(|m| (m.chat_id.0, m.text)).collect();
        for (place, (number, _)) in stored.iter().enumerate() {
            assert_eq!(*number, place as u64 + 1, "{room} has a gap");
        }
        let chain = ChainId::Room(id);
        let recorded = self
            .made
            .iter()
            .filter(|record| record.chain == chain && record.kind == "CHAT");
        let recorded: Vec<(u64, String)> = recorded
            .map(|record| {
                let body: Value = serde_json::from_str(&record.body).unwrap();
                (
                    body["chatId"].as_u64().unwrap(),
                    body["text"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        assert_eq!(stored, recorded, "{room}: messages and records differ");
        stored
    }

    /// In each room each user comes and leaves in turn, and has left in the end: the server was stopped.
    pub(crate) fn verify_presence(&self) {
        let mut present: BTreeMap<(ChainId, String), bool> = BTreeMap::new();
        for record in &self.made {
            let comes = match record.kind.as_str() {
                "JOIN" => true,
                "PART" => false,
                _ => continue,
            };
            let body: Value = serde_json::from_str(&record.body).unwrap();
            let place = (record.chain, body["user"].as_str().unwrap().to_owned());
            let was = present.insert(place.clone(), comes).unwrap_or(false);
            assert_ne!(was, comes, "{place:?} has two of {} in turn", record.kind);
        }
        assert!(!present.is_empty(), "nobody came");
        let left = present.iter().filter(|(_, present)| **present);
        assert_eq!(left.collect::<Vec<_>>(), [], "they never left");
    }

    /// What an adapter has exported, checked: the batches follow each other without a gap from position 1 up to where the
    /// adapter is, have what is in the database and nothing else, are recorded once each, and verify by the script and by the
    /// program. The texts of the messages.
    pub(crate) async fn exported(&self, adapter: &str) -> BTreeSet<String> {
        let document = async |kind: &str| -> Value {
            let (kind, id) = (kind.to_owned(), adapter.to_owned());
            let text = self.records.document(&DocumentKey { kind, id }).await.unwrap();
            serde_json::from_str(&text.unwrap()).unwrap()
        };
        let (settings, run) = (document("adapter").await, document("run").await);
        let folder = Path::new(settings["directory"].as_str().unwrap());
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort();
        let (mut end, mut texts) = (0, BTreeSet::new());
        for name in &names {
            let batch = folder.join(name);
            let manifest: Value =
                serde_json::from_slice(&fs::read(batch.join("manifest.json")).unwrap()).unwrap();
            assert_eq!(manifest["after"], end, "{name} doesn't follow the one before");
            let up_to = manifest["upTo"].as_u64().unwrap();
            let found = fs::read_to_string(batch.join("records.ndjson")).unwrap();
            let found: BTreeSet<&str> = found.lines().collect();
            let range = usize::try_from(end).unwrap()..usize::try_from(up_to).unwrap();
            let right: Vec<String> = self.stored[range].iter().map(Stored::to_line).collect();
            assert_eq!(found, right.iter().map(String::as_str).collect(), "{name}");
            assert_eq!(manifest["records"], right.len(), "{name}");
            for record in records_in(&batch)
                .iter()
                .filter(|record| record["kind"] == "CHAT")
            {
                texts.insert(crate::officer::body(record)["text"].as_str().unwrap().to_owned());
            }
            verify_by_script(&batch, &self.key).unwrap();
            verify_by_program(&batch, &self.key).unwrap();
            end = up_to;
        }
        assert_eq!(
            (&run["finished"], &run["upTo"]),
            (&true.into(), &end.into()),
            "{run}"
        );
        let exported = self
            .stored
            .iter()
            .filter(|stored| stored.record.kind == "EXPORTED");
        let recorded: Vec<String> = exported
            .map(|stored| serde_json::from_str::<Value>(&stored.record.body).unwrap())
            .filter(|body| body["of"] == adapter)
            .map(|body| body["batch"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(recorded, names, "each batch is recorded once");
        texts
    }

    /// A copy of a database of records, checked as the database is; how many records it has.
    pub(crate) async fn of_copy(file: &Path, key: &Path) -> u64 {
        let records = SqliteRecords::open(file, Options::default()).await.unwrap();
        let stored = records.read(0, u64::MAX, u32::MAX).await.unwrap();
        verify_log(&stored, &records, key).await;
        stored.len() as u64
    }

    /// How many records there are.
    pub(crate) fn records(&self) -> usize {
        self.made.len()
    }
}

/// Positions are 1, 2, 3 …, chains are whole, and checkpoints cover them and are signed by this key.
async fn verify_log(stored: &[Stored], records: &dyn RecordStore, key: &Path) {
    let key = fs::read_to_string(key).unwrap().parse().unwrap();
    let mut verifier = LogVerifier::new(Some(key), []);
    for line in records.checkpoints(0, u32::MAX).await.unwrap() {
        verifier.checkpoint(&SignedCheckpoint::parse(&line.line).unwrap());
    }
    stored.iter().for_each(|stored| verifier.record(stored));
    let verified = verifier.finish().unwrap();
    assert_eq!((verified.records, verified.set_aside), (stored.len() as u64, 0));
}
