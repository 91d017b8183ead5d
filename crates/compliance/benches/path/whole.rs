//! The whole way: commits of a chat server, the queue, the database of records, checkpoints, an export.

use crate::{
    bed::{Bed, Talk, officer, quiet},
    meter::{measure, mib, size},
};
use causerie_compliance::documents::AdapterFormat;
use causerie_store::{Batch, Journal};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::time::{Duration, Instant};

/// Records of a commit when a server is busy.
const COMMIT: usize = 128;
/// Between two checkpoints.
const CHECKPOINT: Duration = Duration::from_secs(2);

pub(crate) async fn run(records: usize) {
    let bed = Arc::new(Bed::new().await);
    let olga = officer();
    bed.adapter("archive", AdapterFormat::Ndjson).await;
    let count = records as u64;
    let began = Instant::now();
    let all_published = Arc::new(AtomicBool::new(false));
    let publishing = tokio::spawn({
        let (bed, done) = (Arc::clone(&bed), Arc::clone(&all_published));
        async move {
            let (mut talk, mut left) = (Talk::new(), records);
            while left > 0 {
                let now = left.min(COMMIT);
                let batch = Batch {
                    records: talk.records(now),
                    ..Batch::default()
                };
                Journal::append(&*bed.store, &batch).await.expect("a commit");
                left -= now;
            }
            done.store(true, Ordering::SeqCst);
            began.elapsed()
        }
    });
    measure("whole: publish and take in", count, async {
        let (mut taken, mut checked) = (0, Instant::now());
        loop {
            let last = all_published.load(Ordering::SeqCst);
            let now = bed.service.take_in().await.expect("records");
            taken += now;
            if checked.elapsed() >= CHECKPOINT || (last && now == 0) {
                bed.service.checkpoint().await.expect("a checkpoint");
                checked = Instant::now();
            }
            if last && now == 0 {
                break;
            }
            if now == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        assert_eq!(taken, count);
    })
    .await;
    let published = publishing.await.expect("it ends");
    println!(
        "    the last was published after {:.2} s",
        published.as_secs_f64()
    );
    let run = bed.service.run_adapter(&olga, "archive", &quiet);
    let (run, _) = measure("whole: export", count, run).await;
    assert!(run.expect("a batch").records >= count);
    println!(
        "    whole: {:.0} records/s; room database {:.0} MiB, database of records {:.0} MiB, export {:.0} MiB",
        count as f64 / began.elapsed().as_secs_f64(),
        mib(size(&bed.path("mgc"))),
        mib(size(&bed.path("mgccomp"))),
        mib(size(&bed.path("out"))),
    );
    // What waits goes in again at this speed after a time in which nothing was taken.
    let mut talk = Talk::new();
    let bed = Bed::new().await;
    for _ in 0..records / 1_000 {
        let batch = Batch {
            records: talk.records(1_000),
            ..Batch::default()
        };
        Journal::append(&*bed.store, &batch).await.expect("a commit");
    }
    let taking = async { while bed.service.take_in().await.expect("records") > 0 {} };
    measure("intake alone, of what waits", count, taking).await;
    let checkpoint = measure("one checkpoint over all of it", count, bed.service.checkpoint()).await;
    assert!(checkpoint.0.expect("a checkpoint").is_some());
}
