//! `idle`: everybody is in, and nothing happens. What does that cost?

use super::measure::{Cost, Meter, aside, faults, plans, probe, wait, world};
use crate::{
    fleet::{Fleet, FleetOptions, SignIns},
    process::{Kernel, Usage},
    report::Outcome,
    run::Common,
    target::{Server, Target},
    world::World,
};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::json;

/// Has everybody sign in and then do nothing, and sees what the server holds for each.
#[derive(Clone, Debug, Args, Serialize)]
#[command(after_help = "Examples:
  causerie load idle
  causerie load idle --users 19000 --seconds 60 --world ./idle-world

The server's memory is that of its process (VmRSS), after and before, by endpoint. The kernel's is
its slab, which holds the sockets of the server and, on the same machine, as many of the endpoints:
half of it is the server's. At the end one post goes into each room, and must reach everybody.")]
pub(crate) struct Idle {
    /// Users, each with one device
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    users: u32,
    /// Rooms that each enters
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rooms: u32,
    /// Members of each room
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    members: u32,
    #[command(flatten)]
    fleet: FleetOptions,
}

/// Memory at one moment, in bytes.
#[derive(Clone, Copy, Debug, Serialize)]
struct Moment {
    server_resident_bytes: u64,
    kernel_slab_bytes: u64,
    kernel_socket_bytes: u64,
    sockets: u64,
}

impl Moment {
    fn now(target: &Target) -> Result<Self> {
        let kernel = Kernel::now()?;
        Ok(Self {
            server_resident_bytes: Usage::of(target.pid)?.resident_bytes,
            kernel_slab_bytes: kernel.slab_bytes,
            kernel_socket_bytes: kernel.socket_bytes,
            sockets: kernel.sockets,
        })
    }
}

/// What rest costs.
#[derive(Debug, Serialize)]
struct Found {
    sign_in: SignIns,
    before: Moment,
    all_in: Moment,
    after_rest: Moment,
    after_a_post_in_each_room: Moment,
    /// Of the server, after the rest.
    resident_bytes_per_endpoint: f64,
    /// Half of what the kernel holds for both ends.
    kernel_bytes_per_endpoint: f64,
    /// Both together.
    bytes_per_endpoint: f64,
    rest: Cost,
}

impl Idle {
    fn world(&self) -> World {
        world(self.users as usize, self.rooms as usize, self.members as usize, 0)
    }

    pub(crate) async fn run(&self, common: &Common) -> Result<Outcome> {
        let world = self.world();
        let server = Server::start(&world, world.users, common.world.as_deref(), common.access).await?;
        let (target, this, seconds, threads) = (
            server.target().clone(),
            self.clone(),
            common.seconds,
            usize::from(common.threads),
        );
        let outcome = aside(move || this.drive(&target, &world, seconds, threads)).await?;
        server.stop()?;
        Ok(outcome)
    }

    fn drive(&self, target: &Target, world: &World, seconds: u64, threads: usize) -> Result<Outcome> {
        let mut fleet = Fleet::new(target, world, threads, &self.fleet)?;
        let plans = plans(world);
        let before = Moment::now(target)?;
        let sign_in = fleet.sign_in_all(plans.clone(), 0)?;
        let all_in = Moment::now(target)?;
        let meter = Meter::start(&fleet, target)?;
        wait("resting", seconds as f64);
        let rest = meter.cost(&fleet, target)?;
        let after_rest = Moment::now(target)?;
        let settled = probe(&fleet, world, &plans)?;
        let after_posts = Moment::now(target)?;
        let ending = fleet.finish()?;
        let per_endpoint =
            |later: u64, earlier: u64| later.saturating_sub(earlier) as f64 / sign_in.endpoints as f64;
        let resident = per_endpoint(after_rest.server_resident_bytes, before.server_resident_bytes);
        let kernel = per_endpoint(after_rest.kernel_slab_bytes, before.kernel_slab_bytes) / 2.0;
        let found = Found {
            before,
            all_in,
            after_rest,
            after_a_post_in_each_room: after_posts,
            resident_bytes_per_endpoint: resident,
            kernel_bytes_per_endpoint: kernel,
            bytes_per_endpoint: resident + kernel,
            rest,
            sign_in,
        };
        Ok(Outcome {
            settings: json!({"access": target.access, "threads": threads, "options": self}),
            results: serde_json::to_value(found)?,
            faults: faults(&ending, settled, &[]),
        })
    }
}
