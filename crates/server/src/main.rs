//! The program: reads the configuration, wires the services together, and is its own command line.

mod banner;
mod certificates;
mod cli;
mod compliance;
mod config;
mod data_dir;
mod demo;
mod https;
mod key;
mod metrics_page;
mod open_files;
mod real;
mod serve;
mod sip;
mod telemetry;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::Cli::read().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let style = anstyle::AnsiColor::Red.on_default().bold();
            anstream::eprintln!("{style}error:{style:#} {error:#}");
            ExitCode::FAILURE
        }
    }
}
