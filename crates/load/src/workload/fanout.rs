//! `fanout`: rooms in which posts are always open, as much as the server takes.

use super::measure::{Meter, PATIENCE, Traffic, aside, faults, plans, senders, wait, world};
use crate::{
    fleet::{Fleet, FleetOptions},
    floor,
    report::Outcome,
    run::Common,
    target::{Server, Target},
    world::World,
};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// Posts as fast as the server answers, and sees what each delivery costs.
#[derive(Clone, Debug, Args, Serialize)]
#[command(after_help = "Examples:
  causerie load fanout
  causerie load fanout --rooms 1 --members 300 --transport tcp --authentication none
  causerie load fanout --rooms 1 --members 10000 --window 1

Each sender keeps as many posts open as the window says, and makes the next when one is answered.
Latency counts from there: for latency at a given load see paced.")]
pub(crate) struct Fanout {
    /// Rooms
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rooms: u32,
    /// Members of each room, all signed in and in no other room
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    members: u32,
    /// Members of each room who post
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    senders: u32,
    /// Posts that each sender keeps open
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=256))]
    window: u32,
    /// Posts of so many seconds aren't measured
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    warm_up: u32,
    #[command(flatten)]
    fleet: FleetOptions,
    #[command(flatten)]
    #[serde(skip)]
    floor: floor::Options,
}

impl Fanout {
    fn world(&self) -> World {
        world(
            self.rooms as usize * self.members as usize,
            1,
            self.members as usize,
            0,
        )
    }

    pub(crate) async fn run(&self, common: &Common) -> Result<Outcome> {
        let shape = floor::Shape {
            rooms: self.rooms as usize,
            members: self.members as usize,
            senders: self.senders.min(self.members) as usize,
            pace: floor::Pace::Window(self.window as usize),
            time: common.duration(),
            text_bytes: self.fleet.text_bytes,
            delivery_bytes: self.floor.delivery_bytes as usize,
            answer_bytes: self.floor.answer_bytes as usize,
        };
        floor::in_turns(&self.floor, shape, || self.once(common)).await
    }

    async fn once(&self, common: &Common) -> Result<Outcome> {
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

    /// Puts the load on a server that has this world.
    fn drive(&self, target: &Target, world: &World, seconds: u64, threads: usize) -> Result<Outcome> {
        let mut fleet = Fleet::new(target, world, threads, &self.fleet)?;
        let plans = plans(world);
        let posting = senders(world, &plans, 0..world.rooms.len(), self.senders as usize);
        let sign_in = fleet.sign_in_all(plans, 0)?;
        let mut slots: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (endpoint, slot) in posting {
            slots.entry(endpoint).or_default().push(slot);
        }
        let posting: Vec<_> = slots.into_iter().collect();
        fleet.closed_loop(&posting, self.window as usize);
        wait("warming up", self.warm_up.into());
        fleet.measure(fleet.now()..u64::MAX);
        let meter = Meter::start(&fleet, target)?;
        wait("measuring", seconds as f64);
        let cost = meter.cost(&fleet, target)?;
        let measured = meter.began()..fleet.now();
        fleet.measure(measured.clone());
        fleet.end_closed_loops();
        let settled = fleet.settle(PATIENCE)?;
        let totals = fleet.totals();
        let ending = fleet.finish()?;
        let traffic = Traffic::of(sign_in, cost, measured, totals, &ending);
        let mut faults = faults(&ending, settled, &[]);
        faults.extend(traffic.not_taken());
        Ok(Outcome {
            settings: json!({"access": target.access, "threads": threads, "options": self}),
            results: serde_json::to_value(traffic)?,
            faults,
        })
    }
}
