//! What it costs to append compliance records, to read them, and to find one person's, on a real file.

use causerie_model::Sealed;
use causerie_records::{Addition, Records, Selection, conformance::Chain};
use causerie_store_sqlite::{Options, SqliteRecords};
use divan::{Bencher, counter::ItemsCount};
use std::cell::RefCell;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Rooms that the records of a commit are spread over.
const ROOMS: i64 = 10;
/// Records in the database that is read.
const MANY: usize = 100_000;
/// Records of a page.
const PAGE: u32 = 1_000;

fn main() {
    divan::main();
}

struct Bed {
    runtime: Runtime,
    records: SqliteRecords,
    _directory: TempDir,
}

impl Bed {
    fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        let path = directory.path().join("mgccomp.sqlite");
        let records = runtime
            .block_on(SqliteRecords::open(&path, Options::default()))
            .expect("a database");
        Self {
            runtime,
            records,
            _directory: directory,
        }
    }

    fn full() -> Self {
        let bed = Self::new();
        let mut chains = chains();
        for _ in 0..MANY / 1_000 {
            bed.append(&addition(&mut chains, 1_000));
        }
        bed
    }

    fn append(&self, addition: &Addition) {
        self.runtime
            .block_on(self.records.append(addition))
            .expect("it is appended");
    }
}

fn chains() -> Vec<Chain> {
    (1..=ROOMS).map(Chain::of_room).collect()
}

/// The next `size` messages of 100 bytes, the rooms taking turns; one of a hundred is Bob's.
fn addition(chains: &mut [Chain], size: usize) -> Addition {
    let rooms = chains.len();
    let record = |n: usize| -> Sealed {
        let who = if n.is_multiple_of(100) {
            "bob@x.test"
        } else {
            "ann@x.test"
        };
        chains[n % rooms].post(who, &format!("{n:0100}"))
    };
    Addition {
        records: (0..size).map(record).collect(),
        ..Addition::default()
    }
}

#[divan::bench(args = [1, 100, 1_000], sample_count = 50)]
fn append(bencher: Bencher<'_, '_>, size: usize) {
    let bed = Bed::new();
    let chains = RefCell::new(chains());
    bencher
        .counter(ItemsCount::new(size))
        .with_inputs(|| addition(&mut chains.borrow_mut(), size))
        .bench_local_refs(|addition| bed.append(addition));
}

#[divan::bench(sample_count = 50)]
fn append_1000_again(bencher: Bencher<'_, '_>) {
    let bed = Bed::new();
    let addition = addition(&mut chains(), 1_000);
    bed.append(&addition);
    bencher.bench_local(|| bed.append(&addition));
}

#[divan::bench(sample_count = 50)]
fn page_of_1000(bencher: Bencher<'_, '_>) {
    let bed = Bed::full();
    bencher.bench_local(|| {
        let read = bed.records.read(50_000, u64::MAX, PAGE);
        assert_eq!(bed.runtime.block_on(read).expect("records").len(), 1_000);
    });
}

#[divan::bench(sample_count = 50)]
fn one_person_of_100_000(bencher: Bencher<'_, '_>) {
    let bed = Bed::full();
    let selection = Selection {
        actors: vec!["sip:bob@x.test".to_owned()],
        ..Selection::default()
    };
    bencher.bench_local(|| {
        let select = bed.records.select(&selection, 0, PAGE);
        assert_eq!(bed.runtime.block_on(select).expect("records").len(), 1_000);
    });
}
