//! The project's own commands: `cargo xtask <command>`.

mod bench;
mod check;
mod demo;
mod fuzz;
mod packages;
mod shell;
mod test;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
The project's own commands.

Usage: cargo xtask <command> [arguments]

  demo [-- arguments]  Build the server and run it with four made-up users and four rooms.
                       Arguments go to `causerie serve --demo`; Ctrl-C ends it.
  check                Formatting, clippy, documentation, licences and sources of dependencies.
  test [filter]        All tests, those with a real desktop client among them. Installs the Debian
                       packages they need (as root or through sudo), or says which are missing.
  bench [filter]       All benchmarks.
  fuzz [seconds]       The property tests of the parsers, over and over with many cases (default 60).
  help                 This text.

Environment:
  CAUSERIE_NO_REAL_CLIENT=1  `test` leaves out the tests that need the real desktop client.
  CAUSERIE_RFC4475=<folder>  `test` also reads the SIP torture messages of RFC 4475 from that folder.
  CAUSERIE_FUZZ_CASES=<n>    cases per property and round of `fuzz` (default 20000).
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", arguments),
    };
    let wants_help = rest
        .iter()
        .take_while(|a| *a != "--")
        .any(|a| a == "--help" || a == "-h");
    if wants_help || matches!(command, "help" | "--help" | "-h") {
        print!("{HELP}");
        return Ok(());
    }
    match command {
        "demo" => demo::run(rest),
        "check" => check::run(rest),
        "test" => test::run(rest),
        "bench" => bench::run(rest),
        "fuzz" => fuzz::run(rest),
        other => bail!("no command '{other}'; `cargo xtask help` lists them"),
    }
}
