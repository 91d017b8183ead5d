//! `cargo xtask demo`: the server with made-up users and rooms, in the foreground.

use std::convert::Infallible;
use std::os::unix::process::CommandExt;

use anyhow::{Context, Result, bail};

use crate::shell;

/// Builds `causerie` and becomes `causerie serve --demo`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let arguments = match arguments.split_first() {
        Some((separator, rest)) if separator == "--" => rest,
        _ => arguments,
    };
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    if !shell::succeeds(shell::command(&compiler).arg("--version")) {
        bail!(
            "no C compiler '{compiler}': SQLite and the cryptography of TLS are built from C. On Debian: apt-get install gcc libc6-dev"
        );
    }
    let target = shell::target_directory()?;
    let binary = target.join("debug").join("causerie");
    if !binary.exists() {
        eprintln!("Building the server. The first time takes some minutes; afterwards it starts at once.");
    }
    // The same profile and features as the tests, so that neither builds again what the other has built.
    shell::run(&mut shell::cargo(&["build", "--workspace", "--bin", "causerie"]))?;
    match exec(shell::command(&binary).args(["serve", "--demo"]).args(arguments)) {
        Ok(never) => match never {},
        Err(error) => Err(error),
    }
}

fn exec(command: &mut std::process::Command) -> Result<Infallible> {
    eprintln!("\n$ {}", shell::shown(command));
    Err(command.exec()).with_context(|| format!("cannot start {}", shell::shown(command)))
}
