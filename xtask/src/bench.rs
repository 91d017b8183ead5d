//! `cargo xtask bench`: all benchmarks.

use anyhow::Result;

use crate::shell;

/// Runs the benchmark programs; arguments go to them.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    // Only the benchmark targets: the unit tests would be run in bench mode too, to no end.
    shell::run(shell::cargo(&["bench", "--workspace", "--bench", "*", "--"]).args(arguments))
}
