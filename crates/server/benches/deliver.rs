//! The way of posts to their readers, without sockets: what is left is the program's own work.
//!
//! `cargo bench -p causerie-server --bench deliver -- 30 1 200` for a room of 30 readers, where one sender has posted
//! 200 messages at a time. Under `valgrind --tool=callgrind` the instructions of each part are seen.

#[path = "../tests/puppets/mod.rs"]
mod puppets;

use puppets::Stage;
use tokio::time::Instant;

/// Rounds that are measured.
const ROUNDS: usize = 10;

fn main() {
    let numbers: Vec<usize> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let [readers, senders, posts] =
        [(0, 30), (1, 1), (2, 200)].map(|(place, default)| numbers.get(place).copied().unwrap_or(default));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut stage = Stage::set(readers).await;
        stage.post(senders, posts).await;
        stage.rest().await;
        let before = stage.tally();
        let begun = Instant::now();
        for _ in 0..ROUNDS {
            stage.post(senders, posts).await;
        }
        let elapsed = begun.elapsed();
        stage.rest().await;
        let after = stage.tally();
        let deliveries = (after.deliveries - before.deliveries) as f64;
        println!("deliveries           {deliveries}");
        println!(
            "time per delivery    {:.2} µs, database and readers included",
            elapsed.as_secs_f64() * 1e6 / deliveries
        );
        println!(
            "octets per delivery  {:.0}",
            (after.octets - before.octets) as f64 / deliveries
        );
        println!(
            "writes per delivery  {:.3}",
            (after.writes - before.writes) as f64 / deliveries
        );
    });
}
