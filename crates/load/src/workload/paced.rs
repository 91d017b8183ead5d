//! `paced`: posts at a fixed rate, made when they are due, however the server does.

use super::measure::{Meter, PATIENCE, Traffic, aside, faults, plans, senders, wait, world};
use crate::{
    arrivals::Spacing,
    fleet::{Fleet, FleetOptions, Lane, Pacer, Phase},
    floor, number,
    report::Outcome,
    run::Common,
    target::{Server, Target},
    world::World,
};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::json;

/// Posts at a fixed rate, and sees how long they take.
#[derive(Clone, Debug, Args, Serialize)]
#[command(after_help = "Examples:
  causerie load paced --rate 50
  causerie load paced --rate 1000 --rooms 10 --members 30 --seconds 60
  causerie load paced --rate 1 --rooms 1 --members 16000 --transport tcp --authentication none

Latency counts from when a post was due, not from when it was sent, so that waiting isn't left out
of it. What the generator itself was late is told apart.")]
pub(crate) struct Paced {
    /// Posts a second, over all rooms
    #[arg(long, value_name = "N", default_value_t = 50.0, value_parser = number::up_to(number::MOST))]
    rate: f64,
    /// How posts are spaced
    #[arg(long, value_enum, default_value_t = Spacing::Poisson)]
    spacing: Spacing,
    /// Rooms
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rooms: u32,
    /// Members of each room, all signed in and in no other room
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    members: u32,
    /// Members of each room who post
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    senders: u32,
    /// Posts of so many seconds aren't measured
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    warm_up: u32,
    #[command(flatten)]
    fleet: FleetOptions,
    #[command(flatten)]
    #[serde(skip)]
    floor: floor::Options,
}

impl Paced {
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
            pace: floor::Pace::Rate(self.rate),
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
        let lane = Lane {
            senders: senders(world, &plans, 0..world.rooms.len(), self.senders as usize),
            phases: vec![Phase {
                seconds: f64::from(self.warm_up) + seconds as f64,
                rate: self.rate,
            }],
            spacing: self.spacing,
        };
        let sign_in = fleet.sign_in_all(plans, 0)?;
        let pacer = Pacer::start(&fleet, vec![lane], true)?;
        wait("warming up", self.warm_up.into());
        fleet.measure(fleet.now()..u64::MAX);
        let meter = Meter::start(&fleet, target)?;
        wait("measuring", seconds as f64);
        let cost = meter.cost(&fleet, target)?;
        let measured = meter.began()..fleet.now();
        pacer.join();
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
