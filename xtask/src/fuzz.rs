//! `cargo xtask fuzz`: the property tests of the parsers with many cases.
//!
//! On the stable toolchain property tests reach what a fuzzer without coverage reaches; every round
//! draws new cases.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::shell;

const DEFAULT_SECONDS: u64 = 60;
const DEFAULT_CASES: &str = "20000";
/// The crates that read bytes from strangers.
const CRATES: [&str; 3] = ["causerie-sip", "causerie-xccos", "causerie-sipauth"];

/// Runs rounds until the time is over; the round that runs then is finished.
#[expect(clippy::disallowed_methods, reason = "a person says how long it may take")]
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let seconds = match arguments {
        [] => DEFAULT_SECONDS,
        [seconds] => seconds
            .parse()
            .with_context(|| format!("'{seconds}' is not a number of seconds"))?,
        _ => bail!("usage: cargo xtask fuzz [seconds]"),
    };
    let cases = std::env::var("CAUSERIE_FUZZ_CASES").unwrap_or_else(|_| DEFAULT_CASES.to_owned());
    let mut tests = vec!["test", "--release", "--no-fail-fast", "--lib", "--tests"];
    tests.extend(CRATES.iter().flat_map(|name| ["-p", name]));
    shell::run(shell::cargo(&tests).arg("--no-run"))?;
    let mut round = shell::cargo(&tests);
    round
        .arg("--quiet")
        .env("CAUSERIE_FUZZ_CASES", &cases)
        .env("PROPTEST_CASES", &cases);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut rounds = 0;
    while rounds == 0 || Instant::now() < end {
        shell::run(&mut round)?;
        rounds += 1;
    }
    println!("\n{rounds} rounds of {cases} cases a property: no failure.");
    Ok(())
}
