//! `pool-80k`: the pool of 80,000 users that Microsoft's capacity planning for Persistent Chat Server 2013 describes, to scale.

use super::measure::{Meter, PATIENCE, Traffic, aside, faults, guid, plans, ring, senders, wait};
use crate::{
    arrivals::Spacing,
    fleet::{Fleet, FleetOptions, Lane, Pacer, Phase, Plan},
    latency::Summary,
    number,
    report::Outcome,
    run::Common,
    target::{Server, Target},
    world::{RoomPlan, World},
};
use anyhow::Result;
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::json;
use std::{collections::BTreeMap, ops::Range};

/// Users of the whole pool.
const USERS: f64 = 80_000.0;
/// Rooms and members of each, for 80,000 users: 12 small, 2 medium and 2 large rooms for each.
const SMALL: (f64, usize) = (32_000.0, 30);
const MEDIUM: (f64, usize) = (1_067.0, 150);
/// There are ten large rooms whatever the scale; their size goes with it.
const LARGE: (usize, f64) = (10, 16_000.0);

/// How much is posted in the whole pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Rate {
    /// 24 posts a second, the headline figure
    Headline,
    /// 74 posts a second, by rooms and day
    ByRoom,
}

impl Rate {
    /// Posts a second in small, medium and large rooms.
    fn of_classes(self) -> [f64; 3] {
        match self {
            Self::Headline => [22.22, 1.67, 0.15],
            Self::ByRoom => [55.56, 18.52, 0.03],
        }
    }
}

/// The published pool of 80,000 users: rooms of 30, 150 and 16,000, 1.5 devices for each user, 24 or 74 posts a second.
#[derive(Clone, Debug, Args, Serialize)]
#[command(after_help = "Examples:
  causerie load pool-80k --scale 0.05 --seconds 60
  causerie load pool-80k --scale 0.15 --rate by-room --rate-scale 1 --world ./pool-world

With a scale of 1 it has 120,000 devices: as many open files in either process.")]
pub(crate) struct Pool {
    /// How much of the pool: of its users, its rooms and the size of its large rooms
    #[arg(long, value_name = "PART", default_value_t = 0.05, value_parser = number::up_to(1.0))]
    scale: f64,
    /// How much is posted in the whole pool
    #[arg(long, value_enum, default_value_t = Rate::Headline)]
    rate: Rate,
    /// How much of that; as the scale if not given
    #[arg(long, value_name = "PART", value_parser = number::up_to(number::MOST))]
    rate_scale: Option<f64>,
    /// Posts of so many seconds aren't measured
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    warm_up: u32,
    #[command(flatten)]
    fleet: FleetOptions,
}

/// The rooms of a class.
struct Class {
    name: &'static str,
    rooms: Range<usize>,
}

/// How it went.
#[derive(Debug, Serialize)]
struct Found {
    users: usize,
    devices: u64,
    rooms: usize,
    seats: usize,
    #[serde(flatten)]
    traffic: Traffic,
    /// From when a post was due until the last of its room had it, by the size of the room.
    until_last_delivery_by_class: BTreeMap<&'static str, Summary>,
}

impl Pool {
    /// Users and rooms, and which rooms are of which class.
    fn layout(&self) -> (World, [Class; 3]) {
        let scaled = |count: f64| (count * self.scale).round().max(1.0) as usize;
        let users = scaled(USERS);
        let mut rooms = Vec::new();
        let mut class = |name, count: usize, members: usize| {
            let first = rooms.len();
            for number in 0..count {
                let seat = number * members;
                // Each round through the users is cut a little further on, so that people meet others in each room.
                let round = seat / users;
                rooms.push(RoomPlan {
                    guid: guid(rooms.len()),
                    members: ring(seat + round * 7, members, users),
                    by_group: number % 2 == 1,
                    history: 0,
                });
            }
            Class {
                name,
                rooms: first..rooms.len(),
            }
        };
        let classes = [
            class("small", scaled(SMALL.0), SMALL.1),
            class("medium", scaled(MEDIUM.0), MEDIUM.1),
            class("large", LARGE.0, scaled(LARGE.1)),
        ];
        (World { users, rooms }, classes)
    }

    /// A device for each user, and one more for each second one.
    fn devices(world: &World) -> Vec<Plan> {
        let mut devices = plans(world);
        let second: Vec<Plan> = devices.iter().step_by(2).cloned().collect();
        devices.extend(second);
        devices
    }

    pub(crate) async fn run(&self, common: &Common) -> Result<Outcome> {
        let (world, classes) = self.layout();
        let devices = Self::devices(&world);
        let server = Server::start(&world, devices.len(), common.world.as_deref(), common.access).await?;
        let (target, this, seconds, threads) = (
            server.target().clone(),
            self.clone(),
            common.seconds,
            usize::from(common.threads),
        );
        let outcome =
            aside(move || this.drive(&target, &world, &classes, devices, (seconds, threads))).await?;
        server.stop()?;
        Ok(outcome)
    }

    fn drive(
        &self,
        target: &Target,
        world: &World,
        classes: &[Class],
        devices: Vec<Plan>,
        (seconds, threads): (u64, usize),
    ) -> Result<Outcome> {
        let mut fleet = Fleet::new(target, world, threads, &self.fleet)?;
        let seats = world.rooms.iter().map(|room| room.seats().count()).sum();
        let rate_scale = self.rate_scale.unwrap_or(self.scale);
        let lanes = classes
            .iter()
            .zip(self.rate.of_classes())
            .map(|(class, rate)| Lane {
                senders: senders(world, &devices, class.rooms.clone(), 3),
                phases: vec![Phase {
                    seconds: f64::from(self.warm_up) + seconds as f64,
                    rate: rate * rate_scale,
                }],
                spacing: Spacing::Poisson,
            });
        let lanes: Vec<Lane> = lanes.collect();
        let sign_in = fleet.sign_in_all(devices, 0)?;
        let pacer = Pacer::start(&fleet, lanes, true)?;
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
        let of_class = |class: &Class| {
            let latencies = ending.ledger.until_last(measured.clone(), class.rooms.clone());
            (class.name, latencies.summary())
        };
        let found = Found {
            users: world.users,
            devices: sign_in.endpoints,
            rooms: world.rooms.len(),
            seats,
            until_last_delivery_by_class: classes.iter().map(of_class).collect(),
            traffic: Traffic::of(sign_in, cost, measured.clone(), totals, &ending),
        };
        let mut faults = faults(&ending, settled, &[]);
        faults.extend(found.traffic.not_taken());
        Ok(Outcome {
            settings: json!({"access": target.access, "threads": threads, "options": self}),
            results: serde_json::to_value(found)?,
            faults,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        pool: Pool,
    }

    fn pool(scale: &str) -> Pool {
        Cli::parse_from(["x", "--scale", scale]).pool
    }

    #[test]
    fn the_whole_pool_is_as_published() {
        let (world, classes) = pool("1").layout();
        assert_eq!(world.users, 80_000);
        let counts = classes.each_ref().map(|class| class.rooms.len());
        assert_eq!(counts, [32_000, 1_067, 10]);
        let seats: usize = world.rooms.iter().map(|room| room.seats().count()).sum();
        assert_eq!(seats, 1_280_050);
        let devices = Pool::devices(&world);
        assert_eq!(devices.len(), 120_000);
        let joins: usize = devices.iter().map(|plan| plan.rooms.len()).sum();
        assert!((1_900_000..1_940_000).contains(&joins), "{joins}");
    }

    #[test]
    fn a_part_of_it_has_the_same_shape() {
        let (world, classes) = pool("0.05").layout();
        assert_eq!(
            (world.users, classes[0].rooms.len(), classes[2].rooms.len()),
            (4_000, 1_600, 10)
        );
        let plans = plans(&world);
        let of_class = |plan: &Plan, class: &Class| {
            let rooms = plan.rooms.iter().map(|room| *room as usize);
            rooms.filter(|room| class.rooms.contains(room)).count()
        };
        // Rooms of 30 don't go evenly into 4,000 users.
        assert!(
            plans
                .iter()
                .all(|plan| (10..=14).contains(&of_class(plan, &classes[0])))
        );
        let small: usize = plans.iter().map(|plan| of_class(plan, &classes[0])).sum();
        assert_eq!(small, 12 * world.users);
        assert!(
            plans
                .iter()
                .all(|plan| (1..=3).contains(&of_class(plan, &classes[2])))
        );
        let large: usize = plans.iter().map(|plan| of_class(plan, &classes[2])).sum();
        assert_eq!(large, 2 * world.users);
    }
}
