//! `overload`: several times what the server can take, slow readers, and newcomers, all at once; then calm again.

use super::measure::{PATIENCE, aside, faults, plans, wait, world};
use crate::{
    arrivals::Spacing,
    fleet::{Ending, Fleet, FleetOptions, Lane, Pacer, Phase, Plan, SignIns, Totals},
    latency::Summary,
    number,
    process::Usage,
    progress::Progress,
    report::Outcome,
    run::Common,
    target::{Server, Target},
    world::World,
};
use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;
use serde_json::json;
use std::{collections::BTreeMap, thread, time::Duration};

/// How long it is tried out how much the server takes, in seconds.
const TRIAL: f64 = 5.0;
/// Posts that each sender keeps open meanwhile.
const TRIAL_WINDOW: usize = 32;
/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;
/// The last so many seconds say whether it has recovered.
const RECOVERED: usize = 3;
/// With fewer a part says nothing: the last of them are to be calm again.
const SECONDS_MIN: u64 = 5;

/// Puts several times as much on the server as it takes, while some don't read and others come in; then less again.
#[derive(Clone, Debug, Args, Serialize)]
#[command(after_help = "Examples:
  causerie load overload
  causerie load overload --times 5 --seconds 60

At first it is tried out how much the server takes. Then come, --seconds each: a third of that, many
times that, and a third again. With the second begin the slow readers to read no more, and the
newcomers to sign in; with the third the slow readers read again.
Nothing may be lost for those who stay, and at the end nothing may be refused any more.")]
pub(crate) struct Overload {
    /// How many times what the server can take is posted
    #[arg(long, value_name = "N", default_value_t = 3.0, value_parser = number::up_to(number::MOST))]
    times: f64,
    /// Rooms
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rooms: u32,
    /// Members of each room
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(4..=100_000))]
    members: u32,
    /// Members of each room who post
    #[arg(long, value_name = "N", default_value_t = 3)]
    senders: u32,
    /// Members of each room who stop reading
    #[arg(long, value_name = "N", default_value_t = 3)]
    slow: u32,
    /// Members of each room who come in only when the load is highest
    #[arg(long, value_name = "N", default_value_t = 10)]
    newcomers: u32,
    #[command(flatten)]
    fleet: FleetOptions,
}

/// One second.
#[derive(Clone, Copy, Debug, Serialize)]
struct Second {
    second: u64,
    phase: &'static str,
    /// Posts sent.
    offered: u64,
    accepted: u64,
    /// Answered 503.
    busy: u64,
    /// Answered otherwise.
    refused: u64,
    /// Not sent, because their sender wasn't connected any more.
    withheld: u64,
    deliveries: u64,
    /// Of the posts due in this second that were delivered: until the last had it.
    p50_ms: f64,
    p99_ms: f64,
    endpoints: u64,
    server_resident_bytes: u64,
    server_cpu_seconds: f64,
    generator_cpu_seconds: f64,
}

/// How it went.
#[derive(Debug, Serialize)]
struct Found {
    /// What the server takes, in posts a second.
    saturation_posts_per_second: f64,
    offered_posts_per_second: f64,
    slow_readers: usize,
    slow_readers_cut: usize,
    sign_in: SignIns,
    newcomers_in: u64,
    newcomers_failed: u64,
    sign_ins_retried: u64,
    server_resident_bytes_before: u64,
    server_resident_bytes_most: u64,
    server_resident_bytes_after: u64,
    recovered: bool,
    /// How far the generator was behind its schedule.
    generator_late: Summary,
    messages_checked: u64,
    deliveries_checked: u64,
    answers: BTreeMap<String, u64>,
    totals: Totals,
    seconds: Vec<Second>,
}

/// Looks at everything once a second.
struct Watch<'a> {
    fleet: &'a Fleet,
    target: &'a Target,
    before: (Totals, Usage, Usage),
    seconds: Vec<Second>,
}

impl Watch<'_> {
    /// Looks at the end of each of so many seconds; the first begins now, at a whole second of the run.
    fn watch(&mut self, phase: &'static str, seconds: u64) -> Result<()> {
        let mut progress = Progress::new(phase, seconds);
        let first = self.fleet.now() / SECOND;
        for second in first..first + seconds {
            sleep_until(self.fleet, (second + 1) * SECOND);
            progress.add(1);
            self.look(phase, second)?;
        }
        Ok(())
    }

    fn look(&mut self, phase: &'static str, second: u64) -> Result<()> {
        let now = usage(self.fleet, self.target)?;
        let (totals, server, generator) = now;
        let (earlier, server_before, generator_before) = std::mem::replace(&mut self.before, now);
        self.seconds.push(Second {
            second,
            phase,
            offered: totals.offered - earlier.offered,
            accepted: totals.accepted - earlier.accepted,
            busy: totals.busy - earlier.busy,
            refused: totals.refused - earlier.refused,
            withheld: totals.withheld - earlier.withheld,
            deliveries: totals.deliveries - earlier.deliveries,
            p50_ms: 0.0,
            p99_ms: 0.0,
            endpoints: totals.ready - totals.lost,
            server_resident_bytes: server.resident_bytes,
            server_cpu_seconds: (server - server_before).cpu_seconds(),
            generator_cpu_seconds: (generator - generator_before).cpu_seconds(),
        });
        Ok(())
    }
}

/// What was done and used up to now, by server and generator.
fn usage(fleet: &Fleet, target: &Target) -> Result<(Totals, Usage, Usage)> {
    Ok((fleet.totals(), Usage::of(target.pid)?, Usage::own()?))
}

/// Who is who.
struct Cast {
    regulars: Vec<Plan>,
    newcomers: Vec<Plan>,
    senders: Vec<(u32, usize)>,
    slow: Vec<u32>,
}

impl Overload {
    fn world(&self) -> World {
        world(
            self.rooms as usize * self.members as usize,
            1,
            self.members as usize,
            0,
        )
    }

    pub(crate) async fn run(&self, common: &Common) -> Result<Outcome> {
        if common.seconds < SECONDS_MIN {
            bail!("--seconds {}: it is at least {SECONDS_MIN}", common.seconds);
        }
        let world = self.world();
        let server = Server::start(&world, world.users, common.world.as_deref(), common.access).await?;
        let (target, this, seconds, threads) = (
            server.target().clone(),
            self.clone(),
            common.seconds,
            usize::from(common.threads),
        );
        let mut outcome = aside(move || this.drive(&target, &world, seconds, threads)).await?;
        outcome.results["server_log"] = log_end(&server.log());
        server.stop()?;
        Ok(outcome)
    }

    /// The members of each room, in this order: who post, who only read, who stop reading, who come later.
    fn cast(&self, world: &World) -> Cast {
        let (members, newcomers) = (
            self.members as usize,
            self.newcomers.min(self.members - 1) as usize,
        );
        let regular = members - newcomers;
        let posting = (self.senders as usize).clamp(1, regular);
        let slow = (self.slow as usize).min(regular - posting);
        let mut cast = Cast {
            regulars: Vec::new(),
            newcomers: Vec::new(),
            senders: Vec::new(),
            slow: Vec::new(),
        };
        for plan in plans(world) {
            let place = plan.user % members;
            if place >= regular {
                cast.newcomers.push(plan);
                continue;
            }
            let number = cast.regulars.len() as u32;
            let is_slow = place >= regular - slow;
            if place < posting {
                cast.senders.push((number, 0));
            } else if is_slow {
                cast.slow.push(number);
            }
            cast.regulars.push(Plan {
                narrow: is_slow,
                ..plan
            });
        }
        cast
    }

    fn drive(&self, target: &Target, world: &World, seconds: u64, threads: usize) -> Result<Outcome> {
        let mut fleet = Fleet::new(target, world, threads, &self.fleet)?;
        let cast = self.cast(world);
        let sign_in = fleet.sign_in_all(cast.regulars, 0)?;
        let resident_before = Usage::of(target.pid)?.resident_bytes;
        let saturation = try_out(&fleet, &cast.senders)?;
        let phase = |rate| Phase {
            seconds: seconds as f64,
            rate,
        };
        let lane = Lane {
            senders: cast.senders,
            phases: vec![
                phase(saturation / 3.0),
                phase(saturation * self.times),
                phase(saturation / 3.0),
            ],
            spacing: Spacing::Poisson,
        };
        // So that each second looked at is of one phase.
        sleep_until(&fleet, (fleet.now() / SECOND + 1) * SECOND);
        let pacer = Pacer::start(&fleet, vec![lane], false)?;
        let mut seen = Vec::new();
        for phase in ["calm", "overload", "recovery"] {
            match phase {
                "overload" => {
                    fleet.set_reading(&cast.slow, false);
                    fleet.begin_sign_in(cast.newcomers.clone(), 0)?;
                }
                "recovery" => fleet.set_reading(&cast.slow, true),
                _ => {}
            }
            let mut watch = Watch {
                fleet: &fleet,
                target,
                before: usage(&fleet, target)?,
                seconds: Vec::new(),
            };
            watch.watch(phase, seconds)?;
            seen.append(&mut watch.seconds);
        }
        pacer.join();
        let settled = fleet.settle(PATIENCE)?;
        let totals = fleet.totals();
        let resident_after = Usage::of(target.pid)?.resident_bytes;
        let ending = fleet.finish()?;
        add_latencies(&mut seen, &ending);
        let recovered = seen
            .iter()
            .rev()
            .take(RECOVERED)
            .all(|second| second.busy + second.refused == 0);
        let cut = ending
            .lost
            .iter()
            .filter(|(endpoint, _)| cast.slow.contains(endpoint))
            .count();
        let mut faults = faults(&ending, settled, &cast.slow);
        if !recovered {
            faults.push("at the end posts were still refused".to_owned());
        }
        let newcomers = cast.newcomers.len() as u64;
        let newcomers_in = totals.ready - sign_in.endpoints;
        if newcomers_in < newcomers {
            faults.push(format!(
                "{newcomers_in} of {newcomers} newcomers are in at the end"
            ));
        }
        let found = Found {
            saturation_posts_per_second: saturation,
            offered_posts_per_second: saturation * self.times,
            slow_readers: cast.slow.len(),
            slow_readers_cut: cut,
            newcomers_in,
            newcomers_failed: totals.failed,
            sign_ins_retried: totals.retried,
            sign_in,
            server_resident_bytes_before: resident_before,
            server_resident_bytes_most: seen
                .iter()
                .map(|second| second.server_resident_bytes)
                .max()
                .unwrap_or_default(),
            server_resident_bytes_after: resident_after,
            recovered,
            generator_late: ending.lateness.summary(),
            messages_checked: ending.verdict.messages,
            deliveries_checked: ending.verdict.deliveries,
            answers: ending.verdict.posts,
            totals,
            seconds: seen,
        };
        Ok(Outcome {
            settings: json!({"access": target.access, "threads": threads, "options": self}),
            results: serde_json::to_value(found)?,
            faults,
        })
    }
}

/// The last lines of the server's log.
fn log_end(log: &str) -> serde_json::Value {
    const LINES: usize = 10;
    let lines: Vec<&str> = log.lines().collect();
    json!(lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default())
}

/// Sleeps until so many nanoseconds after the run began.
fn sleep_until(fleet: &Fleet, at: u64) {
    thread::sleep(Duration::from_nanos(at.saturating_sub(fleet.now())));
}

/// Finds out how many posts a second the server takes.
fn try_out(fleet: &Fleet, senders: &[(u32, usize)]) -> Result<f64> {
    let posting: Vec<_> = senders
        .iter()
        .map(|(endpoint, slot)| (*endpoint, vec![*slot]))
        .collect();
    fleet.closed_loop(&posting, TRIAL_WINDOW);
    wait("warming up", 1.0);
    let (at, before) = (fleet.now(), fleet.totals());
    wait("trying out how much it takes", TRIAL);
    let accepted = fleet.totals().accepted - before.accepted;
    let rate = accepted as f64 * 1e9 / (fleet.now() - at) as f64;
    fleet.end_closed_loops();
    fleet.settle(PATIENCE)?;
    Ok(rate.max(1.0))
}

fn add_latencies(seconds: &mut [Second], ending: &Ending) {
    let by_second = ending.ledger.until_last_by_second();
    for second in seconds {
        if let Some(summary) = by_second.get(&second.second) {
            (second.p50_ms, second.p99_ms) = (summary.p50_ms, summary.p99_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        overload: Overload,
    }

    #[test]
    fn everybody_has_one_role() {
        let overload = Cli::parse_from([
            "x",
            "--rooms",
            "2",
            "--members",
            "10",
            "--newcomers",
            "4",
            "--slow",
            "2",
        ])
        .overload;
        let cast = overload.cast(&overload.world());
        assert_eq!((cast.regulars.len(), cast.newcomers.len()), (12, 8));
        assert_eq!(cast.senders, [(0, 0), (1, 0), (2, 0), (6, 0), (7, 0), (8, 0)]);
        assert_eq!(cast.slow, [4, 5, 10, 11]);
        let narrow: Vec<_> = cast.regulars.iter().map(|plan| plan.narrow).collect();
        assert!(cast.slow.iter().all(|slow| narrow[*slow as usize]));
        assert_eq!(narrow.iter().filter(|narrow| **narrow).count(), 4);
    }
}
