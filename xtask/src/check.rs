//! `cargo xtask check`: everything that can be said of the source without running it.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::shell;

const DENY_VERSION: &str = "0.20.2";

/// Runs all checks, the quick ones first, and stops at the first that fails.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if let Some(argument) = arguments.first() {
        bail!("`check` takes no arguments, not '{argument}'");
    }
    shell::run(&mut shell::cargo(&["fmt", "--all", "--check"]))?;
    shell::run(&mut shell::cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    shell::run(shell::cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    let licences = match cargo_deny() {
        Ok(deny) => {
            shell::run(shell::command(deny).args(["check", "bans", "licenses", "sources"]))?;
            "licences and sources of dependencies"
        }
        Err(error) => {
            eprintln!("\n!!! NOT CHECKED: licences, bans and sources of dependencies: {error:#}");
            "NOT CHECKED: licences, bans and sources of dependencies (cargo-deny could not be had)"
        }
    };
    println!("\nAll checks passed: formatting, clippy, documentation; {licences}.");
    Ok(())
}

/// The installed cargo-deny, or one of our own below the target directory.
fn cargo_deny() -> Result<PathBuf> {
    if shell::succeeds(shell::command("cargo-deny").arg("--version")) {
        return Ok("cargo-deny".into());
    }
    let tools = shell::target_directory()?.join("tools");
    let binary = tools.join("bin").join("cargo-deny");
    if !binary.exists() {
        eprintln!("\ncargo-deny is not installed; building it once takes about four minutes.");
        shell::run(
            shell::cargo(&[
                "install",
                "cargo-deny",
                "--locked",
                "--version",
                DENY_VERSION,
                "--root",
            ])
            .arg(&tools),
        )?;
    }
    Ok(binary)
}
