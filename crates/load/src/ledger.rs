//! What was delivered, checked: every endpoint of a room sees every message once, and all see them in one order.
//!
//! Each room has one log. Whoever is the first to see a number writes its stamp there; everyone else must see the same
//! stamp under that number, and each number one after the one before. At the end the logs are held against what senders
//! were told of their posts.

use crate::{
    latency::{Latencies, Summary},
    stamp::Stamp,
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
    ops::Range,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Faults that are told one by one; the rest is only counted.
const EXAMPLES_MAX: usize = 40;
/// Numbers of one gap that are remembered, to tell a late message from a lost one.
const GAP_MAX: u64 = 10_000;
/// A post that wasn't answered (yet).
pub(crate) const UNANSWERED: u16 = 0;

/// A way in which a server broke its promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FaultKind {
    /// An endpoint didn't get a message of its room, or nobody got one that was answered 200.
    Lost,
    /// An endpoint got a message twice, or a post became two messages.
    Duplicate,
    /// An endpoint got a message after a later one, or posts of one sender stand in another order than he made them.
    Reordered,
    /// A message that isn't of this run, or not what others saw under this number, or of a room that wasn't entered.
    Foreign,
    /// A post that was refused and delivered all the same.
    Phantom,
    /// A post that never got an answer.
    Unanswered,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    /// Who saw it, or whose post it was, if it is anyone's.
    pub(crate) endpoint: Option<u32>,
    pub(crate) room: Option<u32>,
    /// Numbers in the room.
    pub(crate) chat_ids: Range<u64>,
    pub(crate) detail: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            endpoint,
            room,
            chat_ids,
            detail,
        } = self;
        let mut place = Vec::new();
        place.extend(endpoint.map(|endpoint| format!("endpoint {endpoint}")));
        place.extend(room.map(|room| format!("room {room}")));
        match chat_ids.end.saturating_sub(chat_ids.start) {
            0 => {}
            1 => place.push(format!("chatId {}", chat_ids.start)),
            _ => place.push(format!("chatIds {} to {}", chat_ids.start, chat_ids.end - 1)),
        }
        write!(f, "{kind:?}: {detail} ({})", place.join(", "))
    }
}

#[derive(Debug, Default)]
struct Faults {
    counts: BTreeMap<FaultKind, u64>,
    examples: Vec<Fault>,
}

impl Faults {
    fn add(&mut self, fault: Fault) {
        let count = (fault.chat_ids.end.saturating_sub(fault.chat_ids.start)).max(1);
        *self.counts.entry(fault.kind).or_default() += count;
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(fault);
        }
    }
}

/// A message as the first endpoint saw it.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    due: u64,
    /// When the latest copy came.
    last: u64,
    sender: u32,
    sequence: u32,
    copies: u32,
}

/// The messages of a room, from number `base` on.
#[derive(Debug, Default)]
struct Log {
    base: u64,
    entries: VecDeque<Entry>,
}

impl Log {
    /// The number after the newest.
    fn end(&self) -> u64 {
        self.base + self.entries.len() as u64
    }

    fn get(&self, chat_id: u64) -> Option<&Entry> {
        let place = usize::try_from(chat_id.checked_sub(self.base)?).ok()?;
        self.entries.get(place)
    }

    /// The entry of a number, made if need be. `None` for a number that can't be right.
    fn entry(&mut self, chat_id: u64) -> Option<&mut Entry> {
        // There must be a number after it.
        if chat_id == u64::MAX {
            return None;
        }
        if self.entries.is_empty() {
            self.base = chat_id;
        }
        if chat_id.abs_diff(self.base) > self.entries.len() as u64 + GAP_MAX {
            return None;
        }
        while chat_id < self.base {
            self.entries.push_front(Entry::default());
            self.base -= 1;
        }
        while chat_id >= self.end() {
            self.entries.push_back(Entry::default());
        }
        let place = usize::try_from(chat_id - self.base).ok()?;
        self.entries.get_mut(place)
    }
}

/// How far one endpoint has come in one room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cursor {
    pub(crate) room: u32,
    /// When it was told that it is in, in nanoseconds since the run began: what was due later it must get.
    pub(crate) joined: Option<u64>,
    /// The first and the newest number that it saw; 0 for none.
    first: u64,
    newest: u64,
    /// Numbers that were left out.
    missed: Vec<u64>,
}

impl Cursor {
    pub(crate) fn new(room: u32) -> Self {
        Self {
            room,
            ..Self::default()
        }
    }
}

/// A post and what its sender was told: a status of SIP, or [`UNANSWERED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) room: u32,
    pub(crate) status: u16,
}

/// An endpoint at the end of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witness {
    pub(crate) endpoint: u32,
    /// It was connected and reading to the end.
    pub(crate) stayed: bool,
    pub(crate) cursors: Vec<Cursor>,
    /// Its posts, in order.
    pub(crate) posted: Vec<Posted>,
}

/// The logs of all rooms.
#[derive(Debug)]
pub(crate) struct Ledger {
    run: u32,
    rooms: Vec<Mutex<Log>>,
    faults: Mutex<Faults>,
}

/// What is to be said of a run.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Verdict {
    /// Different messages that were delivered.
    pub(crate) messages: u64,
    /// Copies of them.
    pub(crate) deliveries: u64,
    /// Posts by what their senders were told; `unanswered` are those that weren't.
    pub(crate) posts: BTreeMap<String, u64>,
    /// How often which promise was broken.
    pub(crate) faults: BTreeMap<FaultKind, u64>,
    /// Some of these, in words.
    pub(crate) examples: Vec<String>,
}

impl Verdict {
    /// Nothing was lost, doubled, reordered or made up.
    #[cfg(test)]
    pub(crate) fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    /// Logs for so many rooms.
    pub(crate) fn new(run: u32, rooms: usize) -> Self {
        Self {
            run,
            rooms: (0..rooms).map(|_| Mutex::default()).collect(),
            faults: Mutex::default(),
        }
    }

    fn room(&self, room: u32) -> Option<MutexGuard<'_, Log>> {
        self.rooms.get(room as usize).map(lock)
    }

    fn fault(
        &self,
        kind: FaultKind,
        endpoint: impl Into<Option<u32>>,
        room: u32,
        chat_ids: Range<u64>,
        detail: &'static str,
    ) {
        lock(&self.faults).add(Fault {
            kind,
            endpoint: endpoint.into(),
            room: Some(room),
            chat_ids,
            detail,
        });
    }

    /// Notes that something came to an endpoint that belongs nowhere.
    pub(crate) fn stray(&self, endpoint: u32, detail: &'static str) {
        lock(&self.faults).add(Fault {
            kind: FaultKind::Foreign,
            endpoint: Some(endpoint),
            room: None,
            chat_ids: 0..0,
            detail,
        });
    }

    /// An endpoint got a message, `now` nanoseconds after the run began; 0 if that isn't to count for
    /// [`Ledger::until_last`].
    pub(crate) fn see(
        &self,
        endpoint: u32,
        cursor: &mut Cursor,
        chat_id: u64,
        stamp: Option<Stamp>,
        now: u64,
    ) {
        let room = cursor.room;
        let one = chat_id..chat_id.saturating_add(1);
        let Some(stamp) = stamp.filter(|stamp| stamp.run == self.run) else {
            self.fault(
                FaultKind::Foreign,
                endpoint,
                room,
                one,
                "a message without a stamp of this run",
            );
            return self.step(endpoint, cursor, chat_id);
        };
        if let Some(mut log) = self.room(room) {
            match log.entry(chat_id) {
                Some(entry) if entry.copies == 0 => {
                    *entry = Entry {
                        due: stamp.due,
                        last: now,
                        sender: stamp.sender,
                        sequence: stamp.sequence,
                        copies: 1,
                    };
                }
                Some(entry)
                    if (entry.sender, entry.sequence, entry.due)
                        == (stamp.sender, stamp.sequence, stamp.due) =>
                {
                    entry.last = entry.last.max(now);
                    entry.copies += 1;
                }
                Some(_) => self.fault(
                    FaultKind::Foreign,
                    endpoint,
                    room,
                    one,
                    "others saw another message under this number",
                ),
                None => self.fault(
                    FaultKind::Foreign,
                    endpoint,
                    room,
                    one,
                    "a number far from all others",
                ),
            }
        }
        self.step(endpoint, cursor, chat_id);
    }

    /// Holds a number against the one before.
    fn step(&self, endpoint: u32, cursor: &mut Cursor, chat_id: u64) {
        if cursor.newest == 0 {
            (cursor.first, cursor.newest) = (chat_id, chat_id);
            return;
        }
        let next = cursor.newest.saturating_add(1);
        if chat_id > next {
            let remembered = chat_id.min(next.saturating_add(GAP_MAX));
            cursor.missed.extend(next..remembered);
            if remembered < chat_id {
                self.fault(
                    FaultKind::Lost,
                    endpoint,
                    cursor.room,
                    remembered..chat_id,
                    "messages were left out",
                );
            }
        } else if chat_id < next {
            let one = chat_id..chat_id + 1;
            if let Some(place) = cursor.missed.iter().position(|missed| *missed == chat_id) {
                cursor.missed.swap_remove(place);
                self.fault(
                    FaultKind::Reordered,
                    endpoint,
                    cursor.room,
                    one,
                    "a message came after a later one",
                );
            } else if chat_id < cursor.first {
                cursor.first = chat_id;
                self.fault(
                    FaultKind::Reordered,
                    endpoint,
                    cursor.room,
                    one,
                    "a message came after a later one",
                );
            } else {
                self.fault(
                    FaultKind::Duplicate,
                    endpoint,
                    cursor.room,
                    one,
                    "a message came again",
                );
            }
            return;
        }
        cursor.newest = chat_id;
    }

    /// Whether an endpoint has seen the newest message of a room that it entered.
    pub(crate) fn is_up_to_date(&self, cursor: &Cursor) -> bool {
        let Some((joined, log)) = cursor.joined.zip(self.room(cursor.room)) else {
            return true;
        };
        cursor.newest.saturating_add(1) >= log.end()
            || (cursor.newest == 0 && owed(&log, log.end(), joined).is_none())
    }

    /// How many messages there are in all rooms.
    pub(crate) fn messages(&self) -> u64 {
        self.rooms
            .iter()
            .map(|room| lock(room).entries.len() as u64)
            .sum()
    }

    /// Time from when a post was due to the last copy of its message, of posts due in that time and in those rooms.
    pub(crate) fn until_last(&self, due: Range<u64>, rooms: Range<usize>) -> Latencies {
        let mut latencies = Latencies::new();
        for room in self.rooms.iter().take(rooms.end).skip(rooms.start) {
            for entry in &lock(room).entries {
                if entry.last > 0 && due.contains(&entry.due) {
                    latencies.record_ns(entry.last.saturating_sub(entry.due));
                }
            }
        }
        latencies
    }

    /// The same by the second in which posts were due.
    pub(crate) fn until_last_by_second(&self) -> BTreeMap<u64, Summary> {
        let mut seconds: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for room in &self.rooms {
            for entry in lock(room).entries.iter().filter(|entry| entry.last > 0) {
                let took = entry.last.saturating_sub(entry.due);
                seconds.entry(entry.due / 1_000_000_000).or_default().push(took);
            }
        }
        // One histogram at a time: each is far larger than what a second brings.
        let summary = |took: Vec<u64>| {
            let mut latencies = Latencies::new();
            took.into_iter().for_each(|took| latencies.record_ns(took));
            latencies.summary()
        };
        seconds
            .into_iter()
            .map(|(second, took)| (second, summary(took)))
            .collect()
    }

    /// The judgement at the end.
    pub(crate) fn judge(&self, witnesses: &[Witness]) -> Verdict {
        let mut verdict = Verdict::default();
        let mut watched = vec![false; self.rooms.len()];
        for witness in witnesses.iter().filter(|witness| witness.stayed) {
            for cursor in &witness.cursors {
                self.judge_cursor(witness.endpoint, cursor);
                if cursor.joined.is_some()
                    && let Some(watched) = watched.get_mut(cursor.room as usize)
                {
                    *watched = true;
                }
            }
        }
        let mut senders: HashMap<u32, Sender<'_>> = witnesses
            .iter()
            .filter(|witness| !witness.posted.is_empty())
            .map(|witness| (witness.endpoint, Sender::new(witness)))
            .collect();
        for (number, room) in (0_u32..).zip(&self.rooms) {
            let log = lock(room);
            for (chat_id, entry) in (log.base..).zip(&log.entries) {
                let one = chat_id..chat_id + 1;
                if entry.copies == 0 {
                    self.fault(FaultKind::Lost, None, number, one, "nobody got this message");
                    continue;
                }
                verdict.messages += 1;
                verdict.deliveries += u64::from(entry.copies);
                let sender = senders.get_mut(&entry.sender);
                let found = sender.map_or(
                    Err((FaultKind::Foreign, "nobody posted this message")),
                    |sender| sender.found(number, entry.sequence),
                );
                if let Err((kind, detail)) = found {
                    self.fault(kind, entry.sender, number, one, detail);
                }
            }
        }
        for (endpoint, sender) in senders {
            for (posted, found) in sender.witness.posted.iter().zip(&sender.found) {
                let status = posted.status;
                let told = if status == UNANSWERED {
                    "unanswered".to_owned()
                } else {
                    status.to_string()
                };
                *verdict.posts.entry(told).or_default() += 1;
                let watched = watched.get(posted.room as usize).copied().unwrap_or_default();
                if (200..300).contains(&status) && !found && watched {
                    self.fault(
                        FaultKind::Lost,
                        endpoint,
                        posted.room,
                        0..0,
                        "a post was answered 200 and nobody got it",
                    );
                }
                if status == UNANSWERED && sender.witness.stayed {
                    self.fault(
                        FaultKind::Unanswered,
                        endpoint,
                        posted.room,
                        0..0,
                        "a post got no answer",
                    );
                }
            }
        }
        let faults = lock(&self.faults);
        verdict.faults.clone_from(&faults.counts);
        verdict.examples = faults.examples.iter().map(Fault::to_string).collect();
        verdict
    }

    fn judge_cursor(&self, endpoint: u32, cursor: &Cursor) {
        let Some((joined, log)) = cursor.joined.zip(self.room(cursor.room)) else {
            return;
        };
        let lost = |chat_ids: Range<u64>, detail| {
            self.fault(FaultKind::Lost, endpoint, cursor.room, chat_ids, detail);
        };
        for missed in &cursor.missed {
            lost(*missed..missed + 1, "a message was left out");
        }
        let start = if cursor.newest == 0 {
            log.end()
        } else {
            cursor.first
        };
        if let Some(from) = owed(&log, start, joined) {
            lost(from..start, "messages after the join were left out");
        }
        let next = cursor.newest.saturating_add(1);
        if cursor.newest != 0 && next < log.end() {
            lost(next..log.end(), "the newest messages didn't come");
        }
    }
}

/// The first of the messages before number `end` that were due after `joined`, so that whoever had entered gets them.
fn owed(log: &Log, end: u64, joined: u64) -> Option<u64> {
    let from = log.base.max(end.saturating_sub(GAP_MAX));
    (from..end).find(|chat_id| {
        log.get(*chat_id)
            .is_some_and(|entry| entry.copies > 0 && entry.due > joined)
    })
}

/// The posts of one endpoint while logs are read.
struct Sender<'a> {
    witness: &'a Witness,
    found: Vec<bool>,
    /// The newest of its posts in each room.
    newest: HashMap<u32, u32>,
}

impl<'a> Sender<'a> {
    fn new(witness: &'a Witness) -> Self {
        Self {
            witness,
            found: vec![false; witness.posted.len()],
            newest: HashMap::new(),
        }
    }

    /// A message of this sender stands in the log of a room, after those that were found there before.
    fn found(&mut self, room: u32, sequence: u32) -> Result<(), (FaultKind, &'static str)> {
        let place = sequence as usize;
        let (Some(posted), Some(found)) = (self.witness.posted.get(place), self.found.get_mut(place)) else {
            return Err((FaultKind::Foreign, "nobody posted this message"));
        };
        if posted.room != room {
            return Err((FaultKind::Foreign, "a message was posted to another room"));
        }
        if std::mem::replace(found, true) {
            return Err((FaultKind::Duplicate, "a post became two messages"));
        }
        let before = self.newest.insert(room, sequence);
        if before.is_some_and(|before| before > sequence) {
            return Err((FaultKind::Reordered, "posts of one sender changed their order"));
        }
        if posted.status >= 300 {
            return Err((
                FaultKind::Phantom,
                "a post was refused and delivered all the same",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
