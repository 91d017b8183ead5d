//! What the way of records costs: from the commit of a message to its export, and what grows with their number.
//!
//! `cargo bench -p causerie-compliance --bench path`, with `-- whole RECORDS`, `-- size RECORDS` or `-- beside RECORDS` for
//! one part with so many records.

mod bed;
mod beside;
mod meter;
mod size;
mod whole;

use tokio::runtime::Builder;

/// Records of each part unless it is told otherwise.
const RECORDS: usize = 100_000;

fn main() {
    // What cargo adds begins with a hyphen.
    let told: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let part = told.first().map(String::as_str);
    let records = told
        .get(1)
        .map_or(RECORDS, |text| text.parse().expect("a number of records"));
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        if part.is_none_or(|part| part == "whole") {
            whole::run(records).await;
        }
        if part.is_none_or(|part| part == "size") {
            size::run(records).await;
        }
        if part.is_none_or(|part| part == "beside") {
            beside::run(records).await;
        }
    });
}
