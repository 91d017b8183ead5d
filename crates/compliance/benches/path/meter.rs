//! What a piece of work costs: time, processor, disk, memory.

use std::{fs, future::Future, path::Path};
use tokio::time::{Duration, Instant};

/// Ticks of a second in /proc/self/stat.
const TICKS: f64 = 100.0;

fn proc(file: &str) -> String {
    fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default()
}

/// The number after a word in a file of /proc/self.
fn number(file: &str, word: &str) -> u64 {
    let text = proc(file);
    let line = text.lines().find_map(|line| line.strip_prefix(word));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

fn cpu() -> f64 {
    let text = proc("stat");
    let fields: Vec<&str> = text
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|text| text.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / TICKS
}

/// Bytes in a folder and in the folders in it.
pub(crate) fn size(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else {
        return fs::metadata(path).map_or(0, |found| found.len());
    };
    entries.flatten().map(|entry| size(&entry.path())).sum()
}

pub(crate) fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

/// Prints what `work` on so many records costs, and gives its result and time.
pub(crate) async fn measure<T>(name: &str, records: u64, work: impl Future<Output = T>) -> (T, Duration) {
    // The greatest resident memory is counted anew from here on.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let (began, used, written) = (Instant::now(), cpu(), number("io", "write_bytes:"));
    let resident = number("status", "VmRSS:");
    let (result, statements) = causerie_store::meter::metered(work).await;
    let took = began.elapsed();
    let per = |amount: f64| amount / records.max(1) as f64;
    println!(
        "{name:34} {records:>9} records {:>8.2} s {:>9.0} records/s {:>6.1} us CPU a record {:>7.4} statements a record {:>6.0} bytes a record to disk, memory {:>4.0} MiB before, {:>4.0} at most",
        took.as_secs_f64(),
        records as f64 / took.as_secs_f64(),
        per((cpu() - used) * 1e6),
        per(f64::from(statements)),
        per((number("io", "write_bytes:") - written) as f64),
        mib(resident * 1_024),
        mib(number("status", "VmHWM:") * 1_024),
    );
    (result, took)
}
