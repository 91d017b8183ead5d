//! Harness for tests of the whole system: the program as a process, the real desktop client, a database server.
//!
//! What goes wrong here is a failed test, so nothing returns an error that a test would only unwrap:
//! the functions panic at the caller's line, and then the ends of the logs are printed.
#![expect(
    clippy::disallowed_methods,
    reason = "deadlines for real processes can only be measured by the real clock"
)]

mod authority;
mod postgres;
mod server;
mod sipeh;

pub use authority::{Authority, Identity};
pub use postgres::{Full, Postgres};
pub use server::{Options, Server};
pub use sipeh::{Account, Sipeh, Transport, real_client_is_left_out};

use std::path::Path;
use std::time::Duration;

/// How long a test waits for an event of another process before it fails. Nothing that works takes
/// nearly as long, on a busy machine either.
pub const DEADLINE: Duration = Duration::from_secs(90);

/// How many lines of a log are printed when a test fails.
const TAIL_LINES: usize = 60;

/// The last lines of a file, or why there are none.
fn tail(path: &Path) -> String {
    match std::fs::read(path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
        }
        Err(error) => format!("(cannot read {}: {error})", path.display()),
    }
}
