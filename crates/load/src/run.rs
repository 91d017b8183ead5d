//! One run, from the command line to the exit code.

use crate::{
    report::{Machine, Outcome, Report, present},
    target::Access,
};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::{
    fs,
    future::Future,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::signal::unix::{SignalKind, signal};

/// What every run can be told.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "All runs")]
pub(crate) struct Common {
    #[command(flatten)]
    pub(crate) access: Access,
    /// How long the measured part takes, where nothing else ends it
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) seconds: u64,
    /// Threads of the generator
    #[arg(long, global = true, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: u16,
    /// Keep the server's data here, and use what an earlier run with the same users and rooms has left
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) world: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Write the result as JSON to a file, too
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

impl Common {
    /// How long the measured part takes.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// Does `work` and reports what it found.
    ///
    /// # Errors
    /// If it can't be done, or it found a fault.
    pub(crate) fn run(
        &self,
        workload: &'static str,
        work: impl Future<Output = Result<Outcome>>,
    ) -> Result<()> {
        if let Some(file) = &self.output {
            // A run takes minutes: better now than after it.
            let opened = fs::OpenOptions::new().append(true).create(true).open(file);
            opened.with_context(|| format!("{} can't be written", file.display()))?;
        }
        let started = present();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(usize::from(self.threads))
            .enable_all()
            .build()?;
        // When it is told to stop, `work` is dropped, and with it the server that it has started.
        let outcome = runtime.block_on(async {
            // Before anything is started: until then a signal ends this program as it stands.
            let mut interrupt = signal(SignalKind::interrupt())?;
            let mut terminate = signal(SignalKind::terminate())?;
            let mut hangup = signal(SignalKind::hangup())?;
            tokio::select! {
                outcome = work => outcome,
                _ = interrupt.recv() => bail!("interrupted"),
                _ = terminate.recv() => bail!("interrupted"),
                _ = hangup.recv() => bail!("interrupted"),
            }
        })?;
        let data = match &self.world {
            Some(world) => world.clone(),
            None => std::env::temp_dir(),
        };
        let report = Report::new(workload, started, Machine::this(&data)?, outcome);
        self.tell(&report)
    }

    fn tell(&self, report: &Report) -> Result<()> {
        let json = report.json()?;
        if let Some(file) = &self.output {
            write(file, &json)?;
        }
        if self.json {
            println!("{json}");
        } else {
            print!("{}", report.table());
        }
        match report.faults() {
            [] => Ok(()),
            [fault] => bail!("the run found a fault: {fault}"),
            [first, others @ ..] => bail!("the run found a fault, and {} more: {first}", others.len()),
        }
    }
}

fn write(file: &Path, json: &str) -> Result<()> {
    fs::write(file, format!("{json}\n")).with_context(|| format!("{} can't be written", file.display()))
}
