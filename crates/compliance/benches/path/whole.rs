//! The whole way: commits of a chat server, the queue, the database of records, checkpoints, an export.

use crate::{
    bed::{Bed, Ground, officer, quiet},
    chat::DATABASE,
    meter::{measure, mib, size},
};
use causerie_compliance::documents::AdapterFormat;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::time::{Duration, Instant};

/// Records of a commit when a server is busy.
const COMMIT: usize = 128;
/// Between two checkpoints.
const CHECKPOINT: Duration = Duration::from_secs(2);

pub(crate) async fn run(records: usize, ground: Ground) {
    let bed = Arc::new(Bed::new(ground).await);
    let olga = officer();
    bed.adapter("archive", AdapterFormat::Ndjson).await;
    let count = records as u64;
    let began = Instant::now();
    let all_published = Arc::new(AtomicBool::new(false));
    let publishing = tokio::spawn({
        let (published, done) = (bed.chat.publish(records, COMMIT), Arc::clone(&all_published));
        async move {
            let took = published.await;
            done.store(true, Ordering::SeqCst);
            took
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
        mib(size(&bed.path(DATABASE))),
        mib(bed.records_size()),
        mib(size(&bed.path("out"))),
    );
    // What waits goes in again at this speed after a time in which nothing was taken.
    let bed = Bed::new(ground).await;
    bed.chat.publish(records, 1_000).await;
    let taking = async { while bed.service.take_in().await.expect("records") > 0 {} };
    measure("intake alone, of what waits", count, taking).await;
    let checkpoint = measure("one checkpoint over all of it", count, bed.service.checkpoint()).await;
    assert!(checkpoint.0.expect("a checkpoint").is_some());
}
