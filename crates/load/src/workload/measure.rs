//! What workloads have in common: who is in which room, what a stretch of time cost, and what came of it.

use crate::{
    fleet::{Due, Ending, Fleet, Plan, SignIns, Totals},
    latency::Summary,
    process::Usage,
    progress::Progress,
    target::Target,
    world::{RoomPlan, World},
};
use anyhow::{Result, anyhow};
use serde::Serialize;
use std::{collections::BTreeMap, ops::Range, thread, time::Duration};
use tokio::{sync::oneshot, time::Instant};
use uuid::Uuid;

/// How long it is waited at the end until everyone has what is his.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Lost connections that are told one by one.
const LOST_TOLD: usize = 5;

/// Runs what blocks on a thread of its own. Whoever stops waiting doesn't stop it, nor does it keep the program alive.
///
/// # Errors
/// Those of `work`, and when it panics.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (done, result) = oneshot::channel();
    thread::Builder::new()
        .name("load-run".to_owned())
        .spawn(move || {
            // Whoever waited may have gone.
            let _ = done.send(work());
        })?;
    result.await.map_err(|_| anyhow!("the run has panicked"))?
}

/// Members of a room as ranges of `users` users, from one on, beginning anew at the end.
pub(super) fn ring(from: usize, count: usize, users: usize) -> Vec<Range<usize>> {
    let from = from % users.max(1);
    let end = from + count.min(users);
    if end <= users {
        std::iter::once(from..end).collect()
    } else {
        vec![from..users, 0..end - users]
    }
}

/// The GUID of a room: the same every time, so that a world can be kept.
pub(super) fn guid(room: usize) -> Uuid {
    uuid::Builder::from_random_bytes(
        (room as u128)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
            .to_be_bytes(),
    )
    .into_uuid()
}

/// So many users who are each in so many rooms of so many members, with so many old messages each. Members of one room
/// have most of their other rooms with other people.
pub(super) fn world(users: usize, rooms_per_user: usize, members: usize, history: u64) -> World {
    let members = members.clamp(1, users.max(1));
    let mut rooms = Vec::new();
    for layer in 0..rooms_per_user {
        // Every layer is cut a little further on.
        let shift = layer * (members / 2 + 1);
        for from in (0..users).step_by(members) {
            let count = members.min(users - from);
            rooms.push(RoomPlan {
                guid: guid(rooms.len()),
                members: ring(from + shift, count, users),
                by_group: false,
                history,
            });
        }
    }
    World { users, rooms }
}

/// One endpoint for each user, in all his rooms.
pub(super) fn plans(world: &World) -> Vec<Plan> {
    let mut plans: Vec<Plan> = (0..world.users)
        .map(|user| Plan {
            user,
            ..Plan::default()
        })
        .collect();
    for (number, room) in (0_u32..).zip(&world.rooms) {
        for user in room.seats() {
            if let Some(plan) = plans.get_mut(user) {
                plan.rooms.push(number);
            }
        }
    }
    plans
}

/// The first so many members of each of these rooms: their endpoints, and the rooms' places in their plans.
pub(super) fn senders(world: &World, plans: &[Plan], rooms: Range<usize>, each: usize) -> Vec<(u32, usize)> {
    let mut senders = Vec::new();
    for number in rooms {
        let Some(room) = world.rooms.get(number) else {
            break;
        };
        for user in room.seats().take(each) {
            // The first endpoint of every user has his number.
            let place = plans
                .get(user)
                .and_then(|plan| plan.rooms.iter().position(|room| *room as usize == number));
            senders.extend(place.map(|place| (user as u32, place)));
        }
    }
    senders
}

/// What was used up to now.
pub(super) struct Meter {
    at: u64,
    totals: Totals,
    server: Usage,
    generator: Usage,
}

impl Meter {
    /// Begins to measure.
    ///
    /// # Errors
    /// When the server has ended.
    pub(super) fn start(fleet: &Fleet, target: &Target) -> Result<Self> {
        Ok(Self {
            at: fleet.now(),
            totals: fleet.totals(),
            server: Usage::of(target.pid)?,
            generator: Usage::own()?,
        })
    }

    /// When it began, in nanoseconds since the run did.
    pub(super) fn began(&self) -> u64 {
        self.at
    }

    /// What was used since.
    ///
    /// # Errors
    /// When the server has ended.
    pub(super) fn cost(&self, fleet: &Fleet, target: &Target) -> Result<Cost> {
        let (at, totals) = (fleet.now(), fleet.totals());
        let server = Usage::of(target.pid)? - self.server;
        let generator = Usage::own()? - self.generator;
        let seconds = at.saturating_sub(self.at) as f64 / 1e9;
        let deliveries = totals.deliveries - self.totals.deliveries;
        let posts = totals.accepted - self.totals.accepted;
        let per_delivery = |amount: f64| {
            if deliveries == 0 {
                0.0
            } else {
                amount / deliveries as f64
            }
        };
        Ok(Cost {
            seconds,
            posts,
            posts_per_second: posts as f64 / seconds,
            deliveries,
            deliveries_per_second: deliveries as f64 / seconds,
            server_cpu_seconds: server.cpu_seconds(),
            server_cpu_us_per_delivery: per_delivery(server.cpu_seconds() * 1e6),
            server_written_bytes: server.written_bytes,
            server_resident_bytes: server.resident_bytes,
            generator_cpu_seconds: generator.cpu_seconds(),
            generator_cpu_us_per_delivery: per_delivery(generator.cpu_seconds() * 1e6),
        })
    }
}

/// What a stretch of time has brought and cost.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Cost {
    pub(super) seconds: f64,
    /// Answered 200.
    pub(super) posts: u64,
    pub(super) posts_per_second: f64,
    pub(super) deliveries: u64,
    pub(super) deliveries_per_second: f64,
    pub(super) server_cpu_seconds: f64,
    pub(super) server_cpu_us_per_delivery: f64,
    pub(super) server_written_bytes: u64,
    pub(super) server_resident_bytes: u64,
    pub(super) generator_cpu_seconds: f64,
    pub(super) generator_cpu_us_per_delivery: f64,
}

/// What came of posts.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Traffic {
    pub(super) sign_in: SignIns,
    #[serde(flatten)]
    pub(super) cost: Cost,
    /// From when a post was due until the last of its room had it.
    pub(super) until_last_delivery: Summary,
    /// From when a post was due to each of its copies.
    pub(super) until_delivery: Summary,
    /// From when a post was due to its 200.
    pub(super) until_answer: Summary,
    /// How far the generator was behind its schedule; contained in the others.
    pub(super) generator_late: Summary,
    /// Of the whole run.
    pub(super) totals: Totals,
    pub(super) messages_checked: u64,
    pub(super) deliveries_checked: u64,
    /// Posts by what their senders were told.
    pub(super) answers: BTreeMap<String, u64>,
}

impl Traffic {
    /// Sums a run up; posts due in `measured` are what the latencies are of.
    pub(super) fn of(
        sign_in: SignIns,
        cost: Cost,
        measured: Range<u64>,
        totals: Totals,
        ending: &Ending,
    ) -> Self {
        let until_last = ending.ledger.until_last(measured, 0..usize::MAX);
        Self {
            sign_in,
            cost,
            until_last_delivery: until_last.summary(),
            until_delivery: ending.delivery.summary(),
            until_answer: ending.answer.summary(),
            generator_late: ending.lateness.summary(),
            totals,
            messages_checked: ending.verdict.messages,
            deliveries_checked: ending.verdict.deliveries,
            answers: ending.verdict.posts.clone(),
        }
    }

    /// Faults of a run that is to have its posts taken: that one is refused otherwise than for the load, and that there
    /// is nothing to measure. Those without an answer are told by [`faults`].
    pub(super) fn not_taken(&self) -> Vec<String> {
        let is_refusal = |status: &str| match status.parse() {
            Ok(status) => status != 503 && !(200..300_u16).contains(&status),
            Err(_) => false,
        };
        let mut faults: Vec<String> = self
            .answers
            .iter()
            .filter(|(status, _)| is_refusal(status))
            .map(|(status, count)| format!("{count} posts were answered {status}"))
            .collect();
        if self.until_answer.count == 0 {
            faults.push("no post that was due in the measured time was taken".to_owned());
        }
        faults
    }
}

/// Everything that went wrong: broken promises, and lost connections of endpoints other than those that may go.
pub(super) fn faults(ending: &Ending, settled: bool, may_go: &[u32]) -> Vec<String> {
    let mut faults: Vec<String> = ending
        .verdict
        .faults
        .iter()
        .map(|(kind, count)| format!("{kind:?}: {count} in all"))
        .collect();
    faults.extend(ending.verdict.examples.iter().cloned());
    if !settled {
        faults.push(format!(
            "not everything had come {} s after the last post",
            PATIENCE.as_secs()
        ));
    }
    let lost: Vec<_> = ending
        .lost
        .iter()
        .filter(|(endpoint, _)| !may_go.contains(endpoint))
        .collect();
    for (endpoint, why) in lost.iter().take(LOST_TOLD) {
        faults.push(format!("endpoint {endpoint} lost its connection: {why}"));
    }
    if lost.len() > LOST_TOLD {
        faults.push(format!("{} endpoints lost their connection in all", lost.len()));
    }
    faults
}

/// Has one post made into every room that anybody is in, to see that all are still there; says whether all came.
///
/// # Errors
/// When a thread of endpoints has died.
pub(super) fn probe(fleet: &Fleet, world: &World, plans: &[Plan]) -> Result<bool> {
    /// As many at a time: this is no load test.
    const AT_ONCE: usize = 64;
    for senders in senders(world, plans, 0..world.rooms.len(), 1).chunks(AT_ONCE) {
        let at = fleet.now();
        let due = |&(endpoint, slot)| Due { endpoint, slot, at };
        fleet.post(senders.iter().map(due).collect(), false);
        if !fleet.settle(PATIENCE)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Waits, and shows how long still.
pub(super) fn wait(what: &str, seconds: f64) {
    let mut progress = Progress::new(what, seconds.ceil() as u64);
    let began = Instant::now();
    let end = Duration::from_secs_f64(seconds);
    while let Some(left) = end.checked_sub(began.elapsed()).filter(|left| !left.is_zero()) {
        thread::sleep(left.min(Duration::from_millis(250)));
        progress.set(began.elapsed().as_secs());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_is_in_as_many_rooms_as_asked_and_rooms_have_their_size() {
        for (users, each, members) in [(90, 1, 30), (100, 3, 30), (7, 4, 7), (5, 2, 50)] {
            let world = world(users, each, members, 0);
            for plan in plans(&world) {
                let mut rooms = plan.rooms.clone();
                rooms.dedup();
                assert_eq!(rooms.len(), each, "user {} of {users}", plan.user);
            }
            assert!(world.rooms.iter().all(|room| room.seats().count() <= members));
            let guids: std::collections::HashSet<_> = world.rooms.iter().map(|room| room.guid).collect();
            assert_eq!(guids.len(), world.rooms.len());
        }
    }

    #[test]
    fn senders_are_members_and_know_the_place_of_their_room() {
        let world = world(100, 3, 30, 0);
        let plans = plans(&world);
        let senders = senders(&world, &plans, 0..world.rooms.len(), 2);
        assert_eq!(senders.len(), world.rooms.len() * 2);
        let rooms: Vec<u32> = senders
            .iter()
            .map(|(endpoint, slot)| plans[*endpoint as usize].rooms[*slot])
            .collect();
        let expected: Vec<u32> = (0..world.rooms.len() as u32)
            .flat_map(|room| [room, room])
            .collect();
        assert_eq!(rooms, expected);
    }

    #[test]
    fn posts_that_are_refused_or_not_made_are_faults() {
        let traffic = |answers: &[(&str, u64)], measured| Traffic {
            sign_in: SignIns::default(),
            cost: Cost::default(),
            until_last_delivery: Summary::default(),
            until_delivery: Summary::default(),
            until_answer: Summary {
                count: measured,
                ..Summary::default()
            },
            generator_late: Summary::default(),
            totals: Totals::default(),
            messages_checked: 0,
            deliveries_checked: 0,
            answers: answers
                .iter()
                .map(|(status, count)| ((*status).to_owned(), *count))
                .collect(),
        };
        assert!(
            traffic(&[("200", 5), ("503", 2), ("unanswered", 1)], 5)
                .not_taken()
                .is_empty()
        );
        let nothing = "no post that was due in the measured time was taken";
        assert_eq!(traffic(&[], 0).not_taken(), [nothing]);
        assert_eq!(
            traffic(&[("403", 7)], 0).not_taken(),
            ["7 posts were answered 403", nothing]
        );
        assert_eq!(
            traffic(&[("200", 1), ("502", 1)], 1).not_taken(),
            ["1 posts were answered 502"]
        );
    }

    #[test]
    fn a_ring_begins_anew_at_the_end() {
        assert_eq!(ring(8, 4, 10), [8..10, 0..2]);
        assert_eq!(ring(6, 4, 10).len(), 1);
        assert_eq!(ring(6, 4, 10).first(), Some(&(6..10)));
        assert_eq!(ring(13, 10, 10), [3..10, 0..3]);
    }
}
