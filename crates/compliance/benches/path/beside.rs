//! How long commits of messages take beside an export, and how late tasks wake that have nothing to do with it.

use crate::{
    bed::{Bed, Ground, Talk, officer, quiet},
    meter::measure,
};
use causerie_compliance::documents::AdapterFormat;
use causerie_model::Sealed;
use causerie_records::Addition;
use causerie_store::{Batch, Journal};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::time::{Duration, Instant, MissedTickBehavior, interval, sleep};

/// A commit of one message is made this often.
const POST: Duration = Duration::from_millis(5);
/// A task wakes this often.
const WAKE: Duration = Duration::from_millis(1);
/// So long it is looked at without an export.
const CALM: Duration = Duration::from_secs(5);

fn tell(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    let at = |percent: usize| {
        times
            .get(last * percent / 100)
            .map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    println!(
        "    {name}: {}, p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
        times.len(),
        at(50),
        at(99),
        at(100)
    );
}

/// Commits messages and wakes while `work` goes on.
async fn beside<T>(bed: &Arc<Bed>, talk: Talk, work: impl Future<Output = T>) -> (T, Talk) {
    let over = Arc::new(AtomicBool::new(false));
    let commits = tokio::spawn({
        let (bed, over, mut talk) = (Arc::clone(bed), Arc::clone(&over), talk);
        async move {
            let (mut ticks, mut times) = (interval(POST), Vec::new());
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            while !over.load(Ordering::Relaxed) {
                // From the moment for which it was planned.
                let planned = ticks.tick().await;
                let batch = Batch {
                    records: talk.records(1),
                    ..Batch::default()
                };
                Journal::append(bed.chat.store(), &batch).await.expect("a commit");
                times.push(planned.elapsed());
            }
            (times, talk)
        }
    });
    let wakes = tokio::spawn({
        let over = Arc::clone(&over);
        async move {
            let mut late = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let before = Instant::now();
                sleep(WAKE).await;
                late.push(before.elapsed().saturating_sub(WAKE));
            }
            late
        }
    });
    let result = work.await;
    over.store(true, Ordering::Relaxed);
    let (times, talk) = commits.await.expect("it ends");
    tell("commits of one message", times);
    tell("lateness of a task", wakes.await.expect("it ends"));
    (result, talk)
}

pub(crate) async fn run(records: usize, ground: Ground) {
    let bed = Arc::new(Bed::new(ground).await);
    let olga = officer();
    let mut talk = Talk::new();
    for _ in 0..records / 1_000 {
        let records = talk.records(1_000);
        let addition = Addition {
            records: records.iter().map(Sealed::from).collect(),
            ..Addition::default()
        };
        bed.records.append(&addition).await.expect("it is appended");
    }
    println!("beside nothing:");
    let ((), mut talk) = beside(&bed, talk, sleep(CALM)).await;
    for (name, format) in [("ndjson", AdapterFormat::Ndjson), ("xml", AdapterFormat::Xml)] {
        bed.adapter(name, format).await;
        println!("beside an export as {name}:");
        let run = bed.service.run_adapter(&olga, name, &quiet);
        let title = format!("beside: export as {name}");
        let ((run, _), rest) = beside(&bed, talk, measure(&title, records as u64, run)).await;
        run.expect("a run");
        talk = rest;
    }
    println!("beside a verification:");
    let verify = bed.service.verify(&olga, &quiet);
    let ((found, _), _) = beside(
        &bed,
        talk,
        measure("beside: verification", records as u64, verify),
    )
    .await;
    found.expect("a verification").result.expect("right records");
}
