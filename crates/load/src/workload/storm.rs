//! `storm`: everybody comes at once, as after a restart.

use super::measure::{Cost, Meter, PATIENCE, aside, faults, plans, probe, world};
use crate::{
    fleet::{Fleet, FleetOptions, SignIns, Totals},
    latency::Summary,
    report::Outcome,
    run::Common,
    target::{Server, Target},
    world::World,
};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::json;

/// Has everybody sign in at once, enter his rooms and read what is new in them.
#[derive(Clone, Debug, Args, Serialize)]
#[command(after_help = "Examples:
  causerie load storm
  causerie load storm --users 19000 --rooms 5 --sign-ins-at-once 500 --world ./storm-world

TLS handshakes are full ones, as with a server that has forgotten everybody. At the end one post
goes into each room, and must reach all who are in it.")]
pub(crate) struct Storm {
    /// Users, each with one device
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    users: u32,
    /// Rooms that each enters
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rooms: u32,
    /// Members of each room
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    members: u32,
    /// Old messages of each room that each reads
    #[arg(long, value_name = "N", default_value_t = 25)]
    history: u32,
    #[command(flatten)]
    fleet: FleetOptions,
}

/// How a storm went.
#[derive(Debug, Serialize)]
struct Found {
    sign_in: SignIns,
    /// Users in, a second.
    users_per_second: f64,
    /// Rooms entered, a second.
    seats_per_second: f64,
    /// From the beginning of the storm until an endpoint was in.
    until_in: Summary,
    /// From an endpoint's own first attempt until it was in.
    sign_in_took: Summary,
    server_cpu_ms_per_user: f64,
    generator_cpu_ms_per_user: f64,
    #[serde(flatten)]
    cost: Cost,
    totals: Totals,
}

impl Storm {
    fn world(&self) -> World {
        world(
            self.users as usize,
            self.rooms as usize,
            self.members as usize,
            self.history.into(),
        )
    }

    pub(crate) async fn run(&self, common: &Common) -> Result<Outcome> {
        let world = self.world();
        let server = Server::start(&world, world.users, common.world.as_deref(), common.access).await?;
        let (target, mut this, threads) =
            (server.target().clone(), self.clone(), usize::from(common.threads));
        this.fleet.full_handshakes = true;
        let outcome = aside(move || this.drive(&target, &world, threads)).await?;
        server.stop()?;
        Ok(outcome)
    }

    fn drive(&self, target: &Target, world: &World, threads: usize) -> Result<Outcome> {
        let mut fleet = Fleet::new(target, world, threads, &self.fleet)?;
        let plans = plans(world);
        let seats: usize = plans.iter().map(|plan| plan.rooms.len()).sum();
        let meter = Meter::start(&fleet, target)?;
        let sign_in = fleet.sign_in_all(plans.clone(), self.history)?;
        let cost = meter.cost(&fleet, target)?;
        let totals = fleet.totals();
        let settled = probe(&fleet, world, &plans)? && fleet.settle(PATIENCE)?;
        let ending = fleet.finish()?;
        let users = sign_in.endpoints as f64;
        let mut faults = faults(&ending, settled, &[]);
        let wanted = seats as u64 * u64::from(self.history);
        if totals.history != wanted {
            faults.push(format!(
                "{} old messages were read instead of {wanted}",
                totals.history
            ));
        }
        let found = Found {
            users_per_second: users / sign_in.seconds,
            seats_per_second: seats as f64 / sign_in.seconds,
            until_in: ending.arrival.summary(),
            sign_in_took: ending.sign_in.summary(),
            server_cpu_ms_per_user: cost.server_cpu_seconds * 1e3 / users,
            generator_cpu_ms_per_user: cost.generator_cpu_seconds * 1e3 / users,
            sign_in,
            cost,
            totals,
        };
        Ok(Outcome {
            settings: json!({"access": target.access, "threads": threads, "options": self}),
            results: serde_json::to_value(found)?,
            faults,
        })
    }
}
