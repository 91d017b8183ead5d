//! Open loop: posts are made when they are due, however the server does.

use super::{Due, Fleet, Sender};
use crate::arrivals::{Arrivals, Dice, Spacing};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// Posts that are due within this time are handed over together.
const QUANTUM: Duration = Duration::from_micros(200);

/// How long at which rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Phase {
    pub(crate) seconds: f64,
    /// Posts a second.
    pub(crate) rate: f64,
}

/// Posts of one kind: who makes them, and how often in each phase.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    /// Endpoints and places in their plans; any of them makes the next post.
    pub(crate) senders: Vec<(u32, usize)>,
    pub(crate) phases: Vec<Phase>,
    pub(crate) spacing: Spacing,
}

/// The due times of a lane with its phases, in nanoseconds.
struct Schedule {
    arrivals: Arrivals,
    phases: std::vec::IntoIter<Phase>,
    phase_end: u64,
    next: Option<u64>,
}

impl Schedule {
    fn new(lane: &Lane, start: u64, seed: u64) -> Self {
        let mut schedule = Self {
            arrivals: Arrivals::new(start, 0.0, lane.spacing, seed),
            phases: lane.phases.clone().into_iter(),
            phase_end: start,
            next: Some(start),
        };
        schedule.advance();
        schedule
    }

    /// Goes on to the next post. One that falls behind the end of its phase is drawn anew in the next phase, from its
    /// beginning: gaps of Poisson arrivals have no memory.
    fn advance(&mut self) {
        loop {
            if let Some(at) = self.arrivals.next().filter(|at| *at < self.phase_end) {
                self.next = Some(at);
                return;
            }
            let Some(phase) = self.phases.next() else {
                self.next = None;
                return;
            };
            self.arrivals.restart(self.phase_end, phase.rate);
            self.phase_end += (phase.seconds * 1e9) as u64;
        }
    }
}

/// Makes posts when they are due, on a thread of its own.
pub(crate) struct Pacer {
    thread: Option<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

impl Pacer {
    /// Begins at once. While a Retry-After holds, its addressee posts only if he is not to `heed` it.
    ///
    /// # Errors
    /// When the system gives no thread or randomness.
    pub(crate) fn start(fleet: &Fleet, lanes: Vec<Lane>, heed: bool) -> anyhow::Result<Self> {
        let sender = fleet.sender();
        let mut dice = Dice::from_system()?;
        let start = sender.now();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let lanes: Vec<(Schedule, Vec<(u32, usize)>)> = lanes
            .into_iter()
            .filter(|lane| !lane.senders.is_empty())
            .map(|lane| (Schedule::new(&lane, start, dice.next()), lane.senders))
            .collect();
        let thread = thread::Builder::new()
            .name("load-pacer".to_owned())
            .spawn(move || pace(&sender, lanes, heed, &stopped, &mut dice))?;
        Ok(Self {
            thread: Some(thread),
            stop,
        })
    }

    /// Waits for the last post to be made.
    pub(crate) fn join(mut self) {
        self.wait();
    }

    fn wait(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic was told when it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for Pacer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.wait();
    }
}

fn pace(
    sender: &Sender,
    mut lanes: Vec<(Schedule, Vec<(u32, usize)>)>,
    heed: bool,
    stop: &AtomicBool,
    dice: &mut Dice,
) {
    /// A stop is noticed in this time.
    const LONGEST: Duration = Duration::from_millis(50);
    while !stop.load(Ordering::Relaxed) {
        let now = sender.now();
        let mut due = Vec::new();
        for (schedule, senders) in &mut lanes {
            while let Some(at) = schedule.next.filter(|at| *at <= now) {
                if let Some((endpoint, slot)) = senders.get(dice.below(senders.len())).copied() {
                    due.push(Due { endpoint, slot, at });
                }
                schedule.advance();
            }
        }
        if !due.is_empty() {
            sender.post(due, heed);
        }
        let Some(next) = lanes.iter().filter_map(|(schedule, _)| schedule.next).min() else {
            return;
        };
        let wait = Duration::from_nanos(next.saturating_sub(sender.now()));
        thread::sleep(wait.clamp(QUANTUM, LONGEST));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(phases: &[Phase], spacing: Spacing) -> Vec<u64> {
        let lane = Lane {
            senders: vec![(0, 0)],
            phases: phases.to_vec(),
            spacing,
        };
        let mut schedule = Schedule::new(&lane, 1_000_000_000, 5);
        let mut times = Vec::new();
        while let Some(at) = schedule.next {
            times.push(at);
            schedule.advance();
        }
        times
    }

    #[test]
    fn each_phase_has_its_rate() {
        let phases = [(1.0, 10.0), (2.0, 100.0), (1.0, 0.0), (1.0, 5.0)]
            .map(|(seconds, rate)| Phase { seconds, rate });
        let times = times(&phases, Spacing::Even);
        let within = |from: u64, to: u64| {
            let second = |at: &&u64| (from..to).contains(&(**at / 1_000_000_000));
            times.iter().filter(second).count()
        };
        assert_eq!(
            (within(1, 2), within(2, 4), within(4, 5), within(5, 6)),
            (9, 199, 0, 4)
        );
        assert!(times.is_sorted());
    }

    #[test]
    fn random_phases_have_about_their_rate() {
        let phases = [
            Phase {
                seconds: 100.0,
                rate: 50.0,
            },
            Phase {
                seconds: 10.0,
                rate: 1_000.0,
            },
        ];
        let times = times(&phases, Spacing::Poisson);
        let first = times.iter().filter(|at| **at < 101_000_000_000).count();
        assert!((4_700..5_300).contains(&first), "{first}");
        assert!(
            (9_600..10_400).contains(&(times.len() - first)),
            "{}",
            times.len() - first
        );
    }
}
