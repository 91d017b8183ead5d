//! The endpoints of a run, on a few threads, and what they are told to do.

mod pacer;
mod shard;

pub(crate) use self::pacer::{Lane, Pacer, Phase};
pub(crate) use self::shard::Newcomer;
use self::shard::{Order, Report, Shard};
use crate::{
    arrivals::Dice,
    endpoint::{Counters, Rooms, stream::Door},
    latency::Latencies,
    ledger::{Ledger, Verdict},
    number,
    progress::Progress,
    stamp::STAMP_BYTES,
    target::{Target, check_open_files},
    world::World,
};
use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum, builder::RangedU64ValueParser};
use serde::Serialize;
use std::{
    ops::Range,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::{sync::mpsc as orders, time::Instant};

/// How often it is looked whether something has come about.
const POLL: Duration = Duration::from_millis(20);
/// One message in so many has its signature verified, unless all have.
const SAMPLED: u32 = 64;
/// The longest text of a post, in bytes.
const TEXT_MAX: u64 = 8_192;

/// Which signatures of the server are verified after sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verify {
    /// One in 64 messages.
    Sampled,
    /// Every one.
    All,
}

/// How endpoints are run.
#[derive(Clone, Debug, Args, Serialize)]
pub(crate) struct FleetOptions {
    /// Sign-ins under way at a time
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = RangedU64ValueParser::<usize>::new().range(1..=65_535))]
    pub(crate) sign_ins_at_once: usize,
    /// Sign-ins begun a second; as fast as they go if not given
    #[arg(long, value_name = "N", value_parser = number::up_to(number::MOST))]
    pub(crate) sign_ins_per_second: Option<f64>,
    /// Which of the server's signatures are verified after sign-in
    #[arg(long, value_enum, default_value_t = Verify::Sampled)]
    pub(crate) verify: Verify,
    /// Endpoints that share a loopback address; 0 leaves the address to the system
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(crate) per_address: usize,
    /// Bytes of a message's text
    #[arg(long, value_name = "BYTES", default_value_t = 100, value_parser = RangedU64ValueParser::<usize>::new().range(STAMP_BYTES as u64..=TEXT_MAX))]
    pub(crate) text_bytes: usize,
    /// Each makes a full TLS handshake, as devices do that the server has forgotten.
    #[arg(skip)]
    pub(crate) full_handshakes: bool,
}

/// One endpoint to be: a user and the rooms that it enters, by their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) user: usize,
    pub(crate) rooms: Vec<u32>,
    /// It will be slow on purpose: the kernel is to hold little for it, so that a server soon feels when it doesn't read,
    /// and when it gets something isn't measured.
    pub(crate) narrow: bool,
}

/// A post to be made: by which endpoint, into which of the rooms of its plan, and when it is due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub(crate) endpoint: u32,
    pub(crate) slot: usize,
    pub(crate) at: u64,
}

/// What a fleet has done so far.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Totals {
    pub(crate) ready: u64,
    pub(crate) failed: u64,
    pub(crate) retried: u64,
    pub(crate) lost: u64,
    pub(crate) deliveries: u64,
    pub(crate) notices: u64,
    pub(crate) history: u64,
    pub(crate) offered: u64,
    pub(crate) accepted: u64,
    pub(crate) busy: u64,
    pub(crate) refused: u64,
    pub(crate) withheld: u64,
}

/// How a sign-in of many went.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct SignIns {
    pub(crate) endpoints: u64,
    pub(crate) failed: u64,
    /// Attempts that were made again after a 503 or a broken connection.
    pub(crate) retried: u64,
    /// Until all were in.
    pub(crate) seconds: f64,
    /// Some of the failures, in words.
    pub(crate) examples: Vec<String>,
}

/// The end of a run.
pub(crate) struct Ending {
    pub(crate) verdict: Verdict,
    pub(crate) ledger: Arc<Ledger>,
    /// From when a post was due to each of its copies.
    pub(crate) delivery: Latencies,
    /// From when a post was due to its 200.
    pub(crate) answer: Latencies,
    /// From when a post was due to when it was sent.
    pub(crate) lateness: Latencies,
    /// From an endpoint's first attempt until it was ready.
    pub(crate) sign_in: Latencies,
    /// From when an endpoint was told to sign in until it was ready: its turn to wait for included.
    pub(crate) arrival: Latencies,
    /// Who was signed in and lost his connection, and why.
    pub(crate) lost: Vec<(u32, String)>,
}

struct Handle {
    orders: orders::UnboundedSender<Order>,
    counters: Arc<Counters>,
    thread: Option<JoinHandle<()>>,
}

/// All endpoints of a run.
pub(crate) struct Fleet {
    began: Instant,
    ledger: Arc<Ledger>,
    world: World,
    shards: Vec<Handle>,
    endpoints: u32,
}

impl Fleet {
    /// A fleet without endpoints, to be run by so many threads.
    ///
    /// # Errors
    /// When the server's authority can't be read, or the system gives no threads or randomness.
    pub(crate) fn new(
        target: &Target,
        world: &World,
        threads: usize,
        options: &FleetOptions,
    ) -> Result<Self> {
        let began = Instant::now();
        let mut dice = Dice::from_system()?;
        let run = dice.next() as u32;
        let ledger = Arc::new(Ledger::new(run, world.rooms.len()));
        let rooms = Arc::new(Rooms::of(world));
        let door = Door::to(target, !options.full_handshakes, options.per_address)?;
        let mut shards = Vec::new();
        let count = threads.max(1);
        for number in 0..count {
            let counters = Arc::new(Counters::default());
            let parts = shard::Parts {
                began,
                door: door.clone(),
                stride: count as u32,
                sign_ins_at_once: options.sign_ins_at_once.div_ceil(count).max(1),
                sign_ins_per_second: options.sign_ins_per_second.map(|rate| rate / count as f64),
            };
            let context = shard::Shared {
                run,
                rooms: rooms.clone(),
                ledger: ledger.clone(),
                counters: counters.clone(),
                verify_every: match options.verify {
                    Verify::Sampled => SAMPLED,
                    Verify::All => 1,
                },
                text_size: options.text_bytes,
                seed: dice.next(),
            };
            let (orders, received) = orders::unbounded_channel();
            let thread = thread::Builder::new()
                .name(format!("load-{number}"))
                .spawn(move || Shard::run(parts, context, received))
                .context("a thread for endpoints")?;
            shards.push(Handle {
                orders,
                counters,
                thread: Some(thread),
            });
        }
        Ok(Self {
            began,
            ledger,
            world: world.clone(),
            shards,
            endpoints: 0,
        })
    }

    /// Nanoseconds since the run began.
    pub(crate) fn now(&self) -> u64 {
        since(self.began)
    }

    fn shard(&self, endpoint: u32) -> Option<&Handle> {
        self.shards.get(endpoint as usize % self.shards.len())
    }

    /// Something for each shard.
    fn tell(&self, mut order: impl FnMut() -> Order) {
        for shard in &self.shards {
            // A shard whose thread has died shows in what is missing at the end.
            let _ = shard.orders.send(order());
        }
    }

    /// Asks each shard, and waits for all answers.
    fn ask<T>(&self, order: impl Fn(mpsc::Sender<T>) -> Order) -> Result<Vec<T>> {
        let (answer, answers) = mpsc::channel();
        self.tell(|| order(answer.clone()));
        drop(answer);
        let answers: Vec<T> = answers.iter().collect();
        if answers.len() < self.shards.len() {
            bail!("a thread of endpoints has died");
        }
        Ok(answers)
    }

    /// What was done so far.
    pub(crate) fn totals(&self) -> Totals {
        self.shards.iter().fold(Totals::default(), |sum, shard| {
            let own = &shard.counters;
            Totals {
                ready: sum.ready + own.ready.get(),
                failed: sum.failed + own.failed.get(),
                retried: sum.retried + own.retried.get(),
                lost: sum.lost + own.lost.get(),
                deliveries: sum.deliveries + own.deliveries.get(),
                notices: sum.notices + own.notices.get(),
                history: sum.history + own.history.get(),
                offered: sum.offered + own.offered.get(),
                accepted: sum.accepted + own.accepted.get(),
                busy: sum.busy + own.busy.get(),
                refused: sum.refused + own.refused.get(),
                withheld: sum.withheld + own.withheld.get(),
            }
        })
    }

    /// Has endpoints sign in, enter their rooms and read so many old messages of each; gives their numbers without
    /// waiting.
    ///
    /// # Errors
    /// When this process may not open so many files.
    pub(crate) fn begin_sign_in(&mut self, plans: Vec<Plan>, history: u32) -> Result<Range<u32>> {
        let first = self.endpoints;
        let count = u32::try_from(plans.len()).context("so many endpoints")?;
        check_open_files((first + count) as usize)?;
        let mut parts: Vec<Vec<Newcomer>> = self.shards.iter().map(|_| Vec::new()).collect();
        let shards = self.shards.len();
        for (number, plan) in (first..).zip(plans) {
            if let Some(part) = parts.get_mut(number as usize % shards) {
                part.push(Newcomer {
                    number,
                    address: self.world.user(plan.user),
                    rooms: plan.rooms,
                    narrow: plan.narrow,
                    history,
                });
            }
        }
        let mut parts = parts.into_iter();
        self.tell(|| Order::SignIn(parts.next().unwrap_or_default()));
        self.endpoints += count;
        Ok(first..self.endpoints)
    }

    /// As [`Fleet::begin_sign_in`], and waits until each is in or has given up.
    ///
    /// # Errors
    /// As that, and when none of them gets in.
    pub(crate) fn sign_in(&mut self, plans: Vec<Plan>, history: u32) -> Result<SignIns> {
        let before = self.totals();
        let began = self.now();
        let count = plans.len() as u64;
        self.begin_sign_in(plans, history)?;
        let mut progress = Progress::new("signing in", count);
        loop {
            let totals = self.totals();
            let done = totals.ready + totals.failed - before.ready - before.failed;
            progress.set(done);
            if done >= count {
                break;
            }
            self.check_threads()?;
            thread::sleep(POLL);
        }
        let totals = self.totals();
        let mut examples = Vec::new();
        if totals.failed > before.failed {
            examples = self.ask(Order::Failures)?.into_iter().flatten().collect();
        }
        Ok(SignIns {
            endpoints: totals.ready - before.ready,
            failed: totals.failed - before.failed,
            retried: totals.retried - before.retried,
            seconds: (self.now() - began) as f64 / 1e9,
            examples,
        })
    }

    /// As [`Fleet::sign_in`]; that anyone fails is an error.
    ///
    /// # Errors
    /// As that.
    pub(crate) fn sign_in_all(&mut self, plans: Vec<Plan>, history: u32) -> Result<SignIns> {
        let told = self.sign_in(plans, history)?;
        if told.failed > 0 {
            bail!(
                "{} endpoints can't sign in: {}",
                told.failed,
                told.examples.join("; ")
            );
        }
        Ok(told)
    }

    fn check_threads(&self) -> Result<()> {
        let died = |shard: &Handle| shard.thread.as_ref().is_none_or(JoinHandle::is_finished);
        if self.shards.iter().any(died) {
            bail!("a thread of endpoints has died");
        }
        Ok(())
    }

    /// Only posts due in this time are measured from now on.
    pub(crate) fn measure(&self, due: Range<u64>) {
        self.tell(|| Order::Measure(due.clone()));
    }

    /// These endpoints keep so many posts open, in the rooms at these places of their plans in turn.
    pub(crate) fn closed_loop(&self, senders: &[(u32, Vec<usize>)], window: usize) {
        for (endpoint, slots) in senders {
            if let Some(shard) = self.shard(*endpoint) {
                let _ = shard
                    .orders
                    .send(Order::ClosedLoop(*endpoint, slots.clone(), window));
            }
        }
    }

    /// Nobody posts by himself any more.
    pub(crate) fn end_closed_loops(&self) {
        self.tell(|| Order::EndClosedLoops);
    }

    /// Has posts made that are due. While a Retry-After holds, its addressee posts only if he is not to `heed` it.
    pub(crate) fn post(&self, posts: Vec<Due>, heed: bool) {
        self.sender().post(posts, heed);
    }

    /// Has these endpoints read, or read no more.
    pub(crate) fn set_reading(&self, endpoints: &[u32], reads: bool) {
        for endpoint in endpoints {
            if let Some(shard) = self.shard(*endpoint) {
                let _ = shard.orders.send(Order::Read(*endpoint, reads));
            }
        }
    }

    /// Somebody who has posts made from another thread.
    pub(crate) fn sender(&self) -> Sender {
        Sender {
            began: self.began,
            shards: self.shards.iter().map(|shard| shard.orders.clone()).collect(),
        }
    }

    /// Waits until every post is answered and everyone has what is his, so long at most; says whether it came to that.
    ///
    /// # Errors
    /// When a thread has died.
    pub(crate) fn settle(&self, patience: Duration) -> Result<bool> {
        let deadline = Instant::now() + patience;
        // A post may have been answered and be on its way to everyone; so it must look quiet twice.
        let mut quiet = 0;
        while quiet < 2 {
            if Instant::now() > deadline {
                return Ok(false);
            }
            let open: usize = self.ask(Order::Check)?.into_iter().sum();
            let is_quiet = open == 0 && self.ledger.messages() >= self.totals().accepted;
            quiet = if is_quiet { quiet + 1 } else { 0 };
            thread::sleep(POLL);
        }
        Ok(true)
    }

    /// Judges the run, and closes all connections.
    ///
    /// # Errors
    /// When a thread has died.
    pub(crate) fn finish(self) -> Result<Ending> {
        let reports = self.ask(Order::Report)?;
        let mut witnesses = Vec::new();
        let mut sum = Report::default();
        for mut report in reports {
            witnesses.append(&mut report.witnesses);
            sum.lost.append(&mut report.lost);
            sum.delivery.merge(&report.delivery);
            sum.answer.merge(&report.answer);
            sum.lateness.merge(&report.lateness);
            sum.sign_in.merge(&report.sign_in);
            sum.arrival.merge(&report.arrival);
        }
        Ok(Ending {
            verdict: self.ledger.judge(&witnesses),
            ledger: self.ledger.clone(),
            delivery: sum.delivery,
            answer: sum.answer,
            lateness: sum.lateness,
            sign_in: sum.sign_in,
            arrival: sum.arrival,
            lost: sum.lost,
        })
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        let threads: Vec<_> = self
            .shards
            .drain(..)
            .filter_map(|mut shard| shard.thread.take())
            .collect();
        // Without anyone who gives orders they end.
        for thread in threads {
            // A panic was told when it happened.
            let _ = thread.join();
        }
    }
}

/// Has posts made, from any thread.
#[derive(Clone)]
pub(crate) struct Sender {
    began: Instant,
    shards: Vec<orders::UnboundedSender<Order>>,
}

impl Sender {
    /// As [`Fleet::post`].
    pub(crate) fn post(&self, posts: Vec<Due>, heed: bool) {
        let mut parts: Vec<Vec<Due>> = self.shards.iter().map(|_| Vec::new()).collect();
        for post in posts {
            if let Some(part) = parts.get_mut(post.endpoint as usize % self.shards.len()) {
                part.push(post);
            }
        }
        for (shard, part) in self.shards.iter().zip(parts) {
            if !part.is_empty() {
                let _ = shard.send(Order::Post(part, heed));
            }
        }
    }

    /// Nanoseconds since the run began.
    fn now(&self) -> u64 {
        since(self.began)
    }
}

/// Nanoseconds since then.
fn since(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        fleet: FleetOptions,
    }

    #[test]
    fn options_out_of_range_are_wrong_usage() {
        let read = |option: &str, value: &str| {
            Cli::try_parse_from(["x".to_owned(), format!("{option}={value}")]).map(|cli| cli.fleet)
        };
        let least = STAMP_BYTES.to_string();
        for (option, right) in [
            ("--sign-ins-at-once", ["1", "65535"]),
            ("--text-bytes", [least.as_str(), "8192"]),
            ("--sign-ins-per-second", ["0.5", "1e6"]),
        ] {
            for value in right {
                assert!(read(option, value).is_ok(), "{option} {value}");
            }
        }
        let too_few = (STAMP_BYTES - 1).to_string();
        for (option, wrong) in [
            ("--sign-ins-at-once", ["0", "65536"]),
            ("--text-bytes", [too_few.as_str(), "8193"]),
            ("--sign-ins-per-second", ["0", "inf"]),
        ] {
            for value in wrong {
                assert!(read(option, value).is_err(), "{option} {value}");
            }
        }
    }
}
