//! What the endpoints of one shard share.

use super::scan::Reader;
use crate::{arrivals::Dice, latency::Latencies, ledger::Ledger, target::DOMAIN, world::World};
use causerie_sipauth::NtHash;
use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

/// A number that one thread counts up and others look at.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Adds. Only the thread that owns it may, which makes this cheaper than an atomic addition.
    pub(crate) fn add(&self, count: u64) {
        let before = self.0.load(Ordering::Relaxed);
        self.0.store(before.wrapping_add(count), Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a shard has done so far.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Endpoints that got ready.
    pub(crate) ready: Counter,
    /// Endpoints that gave up signing in.
    pub(crate) failed: Counter,
    /// Attempts to sign in that were made again.
    pub(crate) retried: Counter,
    /// Endpoints that were ready and lost their connection.
    pub(crate) lost: Counter,
    /// Copies of messages that came.
    pub(crate) deliveries: Counter,
    /// Notices of joins and parts.
    pub(crate) notices: Counter,
    /// Old messages that were read.
    pub(crate) history: Counter,
    /// Posts sent.
    pub(crate) offered: Counter,
    /// Posts answered 200.
    pub(crate) accepted: Counter,
    /// Posts answered 503.
    pub(crate) busy: Counter,
    /// Posts answered otherwise.
    pub(crate) refused: Counter,
    /// Posts that were due while their sender was held by a Retry-After or wasn't connected, and weren't made.
    pub(crate) withheld: Counter,
}

/// The URIs of rooms, by number.
#[derive(Debug)]
pub(crate) struct Rooms(Vec<(String, String)>);

impl Rooms {
    pub(crate) fn of(world: &World) -> Self {
        let names = world.rooms.iter().map(|room| {
            let guid = room.guid.to_string();
            (format!("ma-chan://{DOMAIN}/{guid}"), guid)
        });
        Self(names.collect())
    }

    pub(crate) fn uri(&self, room: u32) -> &str {
        self.0.get(room as usize).map_or("", |(uri, _)| uri)
    }

    pub(crate) fn guid(&self, room: u32) -> &str {
        self.0.get(room as usize).map_or("", |(_, guid)| guid)
    }
}

/// What the endpoints of one shard share.
pub(crate) struct Context {
    /// Of this run, for stamps.
    pub(crate) run: u32,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) reader: Reader,
    pub(crate) dice: Dice,
    /// Of the password that all users have.
    pub(crate) nt_hash: NtHash,
    /// One message in so many has its signature verified; all during sign-in.
    pub(crate) verify_every: u32,
    /// Of a post's text, in bytes.
    pub(crate) text_size: usize,
    /// Only posts due in this time are measured.
    pub(crate) measured: Range<u64>,
    /// From when a post was due to each of its copies.
    pub(crate) delivery: Latencies,
    /// From when a post was due to its 200.
    pub(crate) answer: Latencies,
    /// From when a post was due to when it was sent: how far this program itself was behind.
    pub(crate) lateness: Latencies,
    /// From the first attempt to connect to being ready.
    pub(crate) sign_in: Latencies,
}

impl Context {
    /// The real time, in seconds since 1970: NTLM compares it with the server's.
    #[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
    pub(super) fn unix_seconds(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs())
    }

    /// A copy of a message came at `now`; 0 if that is not to be measured.
    pub(super) fn delivered(&mut self, due: u64, now: u64) {
        self.counters.deliveries.add(1);
        if now > 0 && self.measured.contains(&due) {
            self.delivery.record_ns(now.saturating_sub(due));
        }
    }

    pub(super) fn post_answered(&mut self, status: u16, due: u64, now: u64) {
        let counter = match status {
            200..300 => &self.counters.accepted,
            503 => &self.counters.busy,
            _ => &self.counters.refused,
        };
        counter.add(1);
        if status < 300 && self.measured.contains(&due) {
            self.answer.record_ns(now.saturating_sub(due));
        }
    }
}
