//! What a post and its deliveries cost, in counts that are the same on every machine: commits, statements, octets, calls
//! that write, and blocks of memory. Each has a limit a little above what it is; whoever passes one has made every
//! message dearer.

mod puppets;

use puppets::{Stage, TEXT};
use std::sync::atomic::Ordering;

/// Memory is counted too.
#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const READERS: usize = 30;
const POSTS: usize = 100;
const DELIVERIES: u64 = (READERS * POSTS) as u64;

/// One post at a time: the dearest case.
const ALONE: usize = 5;

#[test]
fn a_delivery_costs_no_more_than_it_did() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut stage = Stage::set(READERS).await;
        // Buffers grow to their size first.
        stage.post(1, POSTS).await;
        stage.rest().await;

        let before = stage.tally();
        let commits = stage.commits.load(Ordering::Relaxed);
        let statements = stage.statements.load(Ordering::Relaxed);
        let blocks = dhat::HeapStats::get();
        stage.post(1, POSTS).await;
        stage.rest().await;
        let after = stage.tally();
        let commits = stage.commits.load(Ordering::Relaxed) - commits;
        let statements = stage.statements.load(Ordering::Relaxed) - statements;
        let now = dhat::HeapStats::get();
        let (blocks, octets) = (
            now.total_blocks - blocks.total_blocks,
            now.total_bytes - blocks.total_bytes,
        );
        assert_eq!(after.deliveries - before.deliveries, DELIVERIES);
        let writes = after.writes - before.writes;
        let sent = after.octets - before.octets;
        println!(
            "{POSTS} posts together, {READERS} readers: {commits} commits, {statements} statements; a delivery: {:.3} writes, {} octets, {:.1} \
             blocks of memory, {} octets of memory",
            writes as f64 / DELIVERIES as f64,
            sent / DELIVERIES,
            blocks as f64 / DELIVERIES as f64,
            octets / DELIVERIES,
        );
        assert!(commits <= 3, "{commits} commits");
        assert_eq!(statements, 7 * commits);
        assert!(writes <= DELIVERIES / 10, "{writes} writes");
        assert!(sent / DELIVERIES <= 640 + TEXT as u64, "{} octets", sent / DELIVERIES);
        assert!(blocks <= 9 * DELIVERIES, "{blocks} blocks");
        assert!(octets <= 4_000 * DELIVERIES, "{octets} octets of memory");

        let before = stage.tally();
        let commits = stage.commits.load(Ordering::Relaxed);
        for _ in 0..ALONE {
            stage.post(1, 1).await;
        }
        stage.rest().await;
        let after = stage.tally();
        let deliveries = after.deliveries - before.deliveries;
        let writes = after.writes - before.writes;
        println!("one post at a time: {:.2} writes a delivery", writes as f64 / deliveries as f64);
        assert_eq!(deliveries, (ALONE * READERS) as u64);
        assert_eq!(stage.commits.load(Ordering::Relaxed) - commits, ALONE as u64);
        // One to each reader; the answer to the sender may leave in one of its own.
        assert!(writes <= deliveries + ALONE as u64, "{writes} writes");
    });
}
