//! `cargo xtask test`: every test of the workspace, with all that the tests need.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use crate::packages::{self, ensure};
use crate::shell;

/// Installs packages, builds the driver of the real client, runs all tests and prints a summary.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let real_client = std::env::var("CAUSERIE_NO_REAL_CLIENT").as_deref() != Ok("1");
    let mut needed: Vec<_> = packages::ALWAYS.iter().collect();
    if real_client {
        needed.extend(packages::REAL_CLIENT);
    }
    ensure(&needed)?;

    let mut cargo = shell::cargo(&["test", "--workspace", "--no-fail-fast"]);
    cargo.args(arguments);
    if real_client {
        cargo.env("CAUSERIE_SIPEH", build_sipeh()?);
    }
    let (tally, status) = run_tests(&mut cargo)?;

    println!("\n{}", tally.summary());
    if !real_client {
        println!("Left out: the tests with the real desktop client (CAUSERIE_NO_REAL_CLIENT=1).");
    }
    if std::env::var_os("CAUSERIE_RFC4475").is_none() {
        println!("Left out: the torture messages of RFC 4475 (CAUSERIE_RFC4475 names no folder).");
    }
    if !status.success() {
        bail!("tests failed");
    }
    if tally.passed == 0 {
        bail!("no test ran: nothing matches {arguments:?}");
    }
    Ok(())
}

/// Builds the scriptable real client and gives its path.
fn build_sipeh() -> Result<PathBuf> {
    let directory = shell::target_directory()?.join("sipeh");
    shell::run(
        shell::command("make")
            .args(["-s", "-C", "tests/sipeh"])
            .arg(format!("OUT={}", directory.display())),
    )?;
    Ok(directory.join("sipeh"))
}

/// What the test programs said, counted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    programs: u32,
    passed: u32,
    failed: u32,
    ignored: u32,
    failures: Vec<String>,
}

impl Tally {
    /// Reads one line of a test program's output.
    fn line(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.programs += 1;
            for part in result.split([';', '.']) {
                match part.trim().split_once(' ') {
                    Some((n, "passed")) => self.passed += n.parse().unwrap_or(0),
                    Some((n, "failed")) => self.failed += n.parse().unwrap_or(0),
                    Some((n, "ignored")) => self.ignored += n.parse().unwrap_or(0),
                    _ => {}
                }
            }
        } else if let Some(name) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            self.failures.push(name.to_owned());
        }
    }

    fn summary(&self) -> String {
        let Self {
            programs,
            passed,
            failed,
            ignored,
            failures,
        } = self;
        let mut text = String::new();
        if !failures.is_empty() {
            text += "Failed:\n";
            for name in failures {
                text += &format!("  {name}\n");
            }
        }
        text + &format!("Tests: {passed} passed, {failed} failed, {ignored} ignored, in {programs} programs.")
    }
}

/// Runs `cargo test`, passes its output on line by line and counts.
fn run_tests(cargo: &mut std::process::Command) -> Result<(Tally, ExitStatus)> {
    let line = shell::shown(cargo);
    eprintln!("\n$ {line}");
    let mut child = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{line}`"))?;
    let stdout = child.stdout.take().context("no pipe from cargo")?;
    let mut tally = Tally::default();
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line.context("reading what cargo prints")?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        tally.line(&line);
    }
    Ok((tally, child.wait().context("waiting for cargo")?))
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn counts_over_several_programs_and_names_the_failures() {
        let mut tally = Tally::default();
        for line in [
            "running 2 tests",
            "test frame::cuts ... ok",
            "test frame::refuses ... FAILED",
            "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.01s",
            "test result: ok. 40 passed; 0 failed; 3 ignored; 0 measured; 0 filtered out; finished in 1.52s",
        ] {
            tally.line(line);
        }
        assert_eq!(
            tally.summary(),
            "Failed:\n  frame::refuses\nTests: 41 passed, 1 failed, 3 ignored, in 2 programs."
        );
    }
}
