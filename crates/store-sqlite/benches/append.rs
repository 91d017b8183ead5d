//! What a commit costs by its size, and what reading the newest messages costs, on a real file.
//!
//! Each append is durable: with small batches this measures the disk's sync.

use causerie_model::RoomId;
use causerie_store::{Batch, History, Journal, conformance::Chain};
use causerie_store_sqlite::{Options, SqliteStore};
use divan::{Bencher, counter::ItemsCount};
use std::cell::RefCell;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Rooms that the messages of a batch are spread over.
const ROOMS: i64 = 10;
/// Length of a message in bytes.
const MESSAGE_BYTES: usize = 100;
/// Messages in the room that is read.
const LONG_ROOM: usize = 100_000;

fn main() {
    divan::main();
}

struct Bed {
    runtime: Runtime,
    store: SqliteStore,
    _directory: TempDir,
}

impl Bed {
    fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        let path = directory.path().join("mgc.sqlite");
        let store = runtime
            .block_on(SqliteStore::open(&path, Options::default()))
            .expect("a database");
        Self {
            runtime,
            store,
            _directory: directory,
        }
    }

    fn append(&self, batch: &Batch) {
        self.runtime
            .block_on(self.store.append(batch))
            .expect("a batch is appended");
    }
}

/// The next `size` messages, the rooms taking turns.
fn batch(chains: &mut [Chain], size: usize) -> Batch {
    let words = "the quick brown fox jumps over the lazy dog and ";
    let rooms = chains.len();
    let records = (0..size)
        .map(|n| {
            let text: String = format!("{n} ")
                .chars()
                .chain(words.chars().cycle())
                .take(MESSAGE_BYTES)
                .collect();
            chains[n % rooms].post(&text)
        })
        .collect();
    Batch {
        changes: Vec::new(),
        records,
    }
}

#[divan::bench(args = [1, 8, 64, 256], sample_count = 50)]
fn append(bencher: Bencher<'_, '_>, size: usize) {
    let bed = Bed::new();
    let chains = RefCell::new((1..=ROOMS).map(Chain::of_room).collect::<Vec<_>>());
    bencher
        .counter(ItemsCount::new(size))
        .with_inputs(|| batch(&mut chains.borrow_mut(), size))
        .bench_local_refs(|batch| bed.append(batch));
}

#[divan::bench(sample_count = 200)]
fn latest_50_of_100_000(bencher: Bencher<'_, '_>) {
    let bed = Bed::new();
    let mut chain = [Chain::of_room(1)];
    for _ in 0..LONG_ROOM / 1_000 {
        bed.append(&batch(&mut chain, 1_000));
    }
    bencher.bench_local(|| {
        let messages = bed
            .runtime
            .block_on(bed.store.latest(RoomId(1), None, 50))
            .expect("history");
        assert_eq!(messages.len(), 50);
    });
}
