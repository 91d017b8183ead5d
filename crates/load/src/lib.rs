//! `causerie load`: simulated endpoints that speak the real protocol, the checks that they make, and what it cost.

mod arrivals;
mod endpoint;
mod fleet;
mod floor;
mod latency;
mod ledger;
mod number;
mod process;
mod progress;
mod report;
mod run;
mod seed;
mod stamp;
mod target;
mod words;
mod workload;
mod world;

use anyhow::Result;
use clap::{Args, Subcommand};
use run::Common;

/// Puts load on a server of its own, checks that nothing is lost, doubled or out of order, and tells what it cost.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  causerie load fanout
  causerie load paced --rate 50 --transport tcp --authentication none
  causerie load storm --users 5000
  causerie load history --world ./history-world
      pages and searches in a room of a million messages, kept for the next time

Every run makes its users and rooms, serves them by this program in a process of its own on
127.0.0.1, and ends it. Exit codes: 0 all is well, 1 a fault or a failure, 2 wrong usage.")]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    workload: Workload,
}

#[derive(Debug, Subcommand)]
enum Workload {
    /// Post as fast as the server answers
    Fanout(workload::Fanout),
    /// Post at a fixed rate
    Paced(workload::Paced),
    /// Have everybody sign in at once
    Storm(workload::Storm),
    /// Have everybody in, doing nothing
    Idle(workload::Idle),
    /// Be the published pool of 80,000 users, to scale
    #[command(name = "pool-80k")]
    Pool(workload::Pool),
    /// Post several times what the server takes, and then less
    Overload(workload::Overload),
    /// Read pages and search in one long room
    History(workload::History),
    /// Serve the bare floor that results are compared with
    #[command(hide = true)]
    FloorServer(floor::Arguments),
}

impl Arguments {
    /// Carries out the run and prints what it found.
    ///
    /// # Errors
    /// If it can't be carried out, or found a loss, a duplicate or a reordering.
    pub fn run(self) -> Result<()> {
        let common = &self.common;
        match self.workload {
            Workload::Fanout(fanout) => common.run("fanout", fanout.run(common)),
            Workload::Paced(paced) => common.run("paced", paced.run(common)),
            Workload::Storm(storm) => common.run("storm", storm.run(common)),
            Workload::Idle(idle) => common.run("idle", idle.run(common)),
            Workload::Pool(pool) => common.run("pool-80k", pool.run(common)),
            Workload::Overload(overload) => common.run("overload", overload.run(common)),
            Workload::History(history) => common.run("history", history.run(common)),
            Workload::FloorServer(arguments) => tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()?
                .block_on(floor::serve(arguments)),
        }
    }
}
