//! The endpoints of one thread. Nothing in here is shared with another thread but the ledger, counters and orders.

use super::{Due, since};
use crate::{
    arrivals::Dice,
    endpoint::{
        Context, Counters, End, Endpoint, Rooms,
        scan::Reader,
        stream::{Door, Stream},
    },
    latency::Latencies,
    ledger::{Ledger, Witness},
    world::PASSWORD,
};
use bytes::{Buf, BytesMut};
use causerie_sipauth::NtHash;
use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    ops::Range,
    pin::Pin,
    rc::Rc,
    sync::{Arc, mpsc},
    task::{self, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    runtime::{Builder, LocalOptions},
    sync::{Semaphore, mpsc as orders},
    task::spawn_local,
    time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout},
};

/// Octets read at once, into a buffer that all endpoints share.
const READ_BYTES: usize = 64 * 1024;
/// After so many octets others get their turn.
const TURN_BYTES: usize = 4 * READ_BYTES;
/// With more than this to be sent nothing more is read: far more than anyone posts who is let post.
const OUTPUT_MAX: usize = 64 * 1024 * 1024;
/// A buffer of more than this isn't kept when it is empty.
const OUTPUT_KEPT: usize = 8 * 1024;
/// How long one attempt to sign in may take.
const ATTEMPT: Duration = Duration::from_secs(60);
/// How long an endpoint tries to sign in.
const GIVE_UP: Duration = Duration::from_secs(300);
/// The first and the longest pause after a broken attempt.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));
/// How often those are looked at who wait for the end of a Retry-After.
const TICK: Duration = Duration::from_millis(50);
/// How often everyone shows that he is still there. The server waits eleven minutes.
const PING: Duration = Duration::from_secs(240);
/// Failures that are told one by one.
const FAILURES_MAX: usize = 20;

/// An endpoint to be.
pub(crate) struct Newcomer {
    pub(crate) number: u32,
    pub(crate) address: String,
    pub(crate) rooms: Vec<u32>,
    /// The kernel is to hold little for it.
    pub(crate) narrow: bool,
    /// How many old messages of each room it reads.
    pub(crate) history: u32,
}

/// What a shard is told.
pub(super) enum Order {
    SignIn(Vec<Newcomer>),
    /// The times between which posts are due that are measured.
    Measure(Range<u64>),
    ClosedLoop(u32, Vec<usize>, usize),
    EndClosedLoops,
    Post(Vec<Due>, bool),
    Read(u32, bool),
    /// How many posts are open and rooms not up to date.
    Check(mpsc::Sender<usize>),
    Failures(mpsc::Sender<Vec<String>>),
    Report(mpsc::Sender<Report>),
}

/// What a shard has to say at the end.
pub(super) struct Report {
    pub(super) witnesses: Vec<Witness>,
    pub(super) delivery: Latencies,
    pub(super) answer: Latencies,
    pub(super) lateness: Latencies,
    pub(super) sign_in: Latencies,
    pub(super) arrival: Latencies,
    pub(super) lost: Vec<(u32, String)>,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            witnesses: Vec::new(),
            delivery: Latencies::new(),
            answer: Latencies::new(),
            lateness: Latencies::new(),
            sign_in: Latencies::new(),
            arrival: Latencies::new(),
            lost: Vec::new(),
        }
    }
}

/// What a shard is made of.
pub(super) struct Parts {
    pub(super) began: Instant,
    pub(super) door: Door,
    /// How many shards there are: endpoint `n` has place `n / stride` here.
    pub(super) stride: u32,
    pub(super) sign_ins_at_once: usize,
    pub(super) sign_ins_per_second: Option<f64>,
}

/// What its endpoints share.
pub(super) struct Shared {
    pub(super) run: u32,
    pub(super) rooms: Arc<Rooms>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) counters: Arc<Counters>,
    pub(super) verify_every: u32,
    pub(super) text_size: usize,
    pub(super) seed: u64,
}

type Cell = Rc<RefCell<Endpoint>>;

/// The endpoints of one thread.
pub(super) struct Shard {
    parts: Parts,
    context: RefCell<Context>,
    buffer: RefCell<Vec<u8>>,
    endpoints: RefCell<Vec<Cell>>,
    /// Those in closed loop.
    loops: RefCell<Vec<Cell>>,
    turns: Arc<Semaphore>,
    failures: RefCell<Vec<String>>,
    lost: RefCell<Vec<(u32, String)>>,
    arrival: RefCell<Latencies>,
}

impl Shard {
    /// Runs until nobody gives orders any more.
    pub(super) fn run(parts: Parts, shared: Shared, mut orders: orders::UnboundedReceiver<Order>) {
        let runtime = match Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default())
        {
            Ok(runtime) => runtime,
            // Whoever gives orders finds that this thread has ended.
            Err(error) => return eprintln!("no endpoints can be run: {error}"),
        };
        let shard = Rc::new(Self {
            turns: Arc::new(Semaphore::new(parts.sign_ins_at_once)),
            parts,
            context: RefCell::new(Context {
                run: shared.run,
                rooms: shared.rooms,
                ledger: shared.ledger,
                counters: shared.counters,
                reader: Reader::new(),
                dice: Dice::new(shared.seed),
                nt_hash: NtHash::of_password(PASSWORD),
                verify_every: shared.verify_every.max(1),
                text_size: shared.text_size,
                // Nothing is, until a workload says from when on.
                measured: 0..0,
                delivery: Latencies::new(),
                answer: Latencies::new(),
                lateness: Latencies::new(),
                sign_in: Latencies::new(),
            }),
            buffer: RefCell::new(vec![0; READ_BYTES]),
            endpoints: RefCell::default(),
            loops: RefCell::default(),
            failures: RefCell::default(),
            lost: RefCell::default(),
            arrival: RefCell::new(Latencies::new()),
        });
        runtime.block_on(async {
            spawn_local(shard.clone().tick());
            while let Some(order) = orders.recv().await {
                shard.order(order);
            }
        });
    }

    fn now(&self) -> u64 {
        since(self.parts.began)
    }

    fn endpoint(&self, number: u32) -> Option<Cell> {
        let place = (number / self.parts.stride) as usize;
        self.endpoints.borrow().get(place).cloned()
    }

    fn order(self: &Rc<Self>, order: Order) {
        match order {
            Order::SignIn(newcomers) => self.sign_in(&newcomers),
            Order::Measure(due) => self.context.borrow_mut().measured = due,
            Order::ClosedLoop(number, slots, window) => {
                if let Some(endpoint) = self.endpoint(number) {
                    let context = &mut self.context.borrow_mut();
                    endpoint
                        .borrow_mut()
                        .begin_closed_loop(slots, window, self.now(), context);
                    self.loops.borrow_mut().push(endpoint);
                }
            }
            Order::EndClosedLoops => {
                for endpoint in self.loops.borrow_mut().drain(..) {
                    endpoint.borrow_mut().end_closed_loop();
                }
            }
            Order::Post(posts, heed) => self.post(&posts, heed),
            Order::Read(number, reads) => {
                if let Some(endpoint) = self.endpoint(number) {
                    let mut endpoint = endpoint.borrow_mut();
                    endpoint.reads = reads;
                    endpoint.wake();
                }
            }
            // Whoever asked waits for the answer, or has gone.
            Order::Check(answer) => drop(answer.send(self.open())),
            Order::Failures(answer) => drop(answer.send(self.failures.borrow().clone())),
            Order::Report(answer) => drop(answer.send(self.report())),
        }
    }

    fn sign_in(self: &Rc<Self>, newcomers: &[Newcomer]) {
        let told = self.now();
        let added: Vec<Cell> = newcomers
            .iter()
            .map(|newcomer| Rc::new(RefCell::new(Endpoint::new(newcomer))))
            .collect();
        self.endpoints.borrow_mut().extend(added.iter().cloned());
        let shard = self.clone();
        spawn_local(async move {
            let began = Instant::now();
            for (number, endpoint) in added.into_iter().enumerate() {
                if let Some(rate) = shard.parts.sign_ins_per_second {
                    sleep_until(began + Duration::from_secs_f64(number as f64 / rate)).await;
                }
                // Never closed; and one at a time, so that those who wait for their turn cost nothing.
                let Ok(turn) = shard.turns.clone().acquire_owned().await else {
                    return;
                };
                spawn_local(shard.clone().live(endpoint, told, turn));
            }
        });
    }

    /// One endpoint, from its first attempt to connect to its end.
    async fn live(self: Rc<Self>, endpoint: Cell, told: u64, turn: tokio::sync::OwnedSemaphorePermit) {
        let number = endpoint.borrow().number;
        let began = self.now();
        let mut turn = Some(turn);
        let mut pause = PAUSES.0;
        let stream = loop {
            let attempt = timeout(ATTEMPT, self.attempt(number, &endpoint));
            let end = match attempt.await {
                Ok(Ok(stream)) => break stream,
                Ok(Err(end)) => end,
                Err(_) => End::Closed("no answer for a minute".to_owned()),
            };
            // Others go on meanwhile.
            drop(turn.take());
            let late = Duration::from_nanos(self.now().saturating_sub(began)) > GIVE_UP;
            let wait = match end {
                End::Busy(seconds) if !late => Duration::from_secs(seconds.max(1).into()),
                End::Closed(_) if !late => pause,
                end => return self.failed(number, &end),
            };
            pause = (pause * 2).min(PAUSES.1);
            self.context.borrow().counters.retried.add(1);
            sleep(wait).await;
            turn = self.turns.clone().acquire_owned().await.ok();
        };
        drop(turn);
        {
            let mut context = self.context.borrow_mut();
            let now = self.now();
            context.counters.ready.add(1);
            context.sign_in.record_ns(now - began);
            self.arrival.borrow_mut().record_ns(now - told);
        }
        let end = self.serve(stream, &endpoint, false).await;
        let mut endpoint = endpoint.borrow_mut();
        endpoint.waker = None;
        endpoint.output = BytesMut::new();
        if let Err(end) = end {
            self.context.borrow().counters.lost.add(1);
            self.lost.borrow_mut().push((number, end.to_string()));
        }
    }

    fn failed(&self, number: u32, end: &End) {
        self.context.borrow().counters.failed.add(1);
        let mut failures = self.failures.borrow_mut();
        if failures.len() < FAILURES_MAX {
            failures.push(format!("endpoint {number}: {end}"));
        }
    }

    /// Connects and signs in.
    async fn attempt(&self, number: u32, endpoint: &Cell) -> Result<Stream, End> {
        let door = &self.parts.door;
        let narrow = endpoint.borrow().narrow;
        let (stream, local) = door
            .connect(number, narrow)
            .await
            .map_err(|error| End::Closed(error.to_string()))?;
        endpoint.borrow_mut().connected(
            door.transport(),
            local,
            door.signs,
            &mut self.context.borrow_mut(),
        );
        self.serve(stream, endpoint, true).await
    }

    /// Moves octets until the endpoint has ended or, if that is asked, is ready.
    async fn serve(&self, mut stream: Stream, endpoint: &Cell, until_ready: bool) -> Result<Stream, End> {
        poll_fn(|task| self.turn(&mut stream, &mut endpoint.borrow_mut(), until_ready, task)).await?;
        Ok(stream)
    }

    /// Reads all that is there, then writes all answers at once.
    fn turn(
        &self,
        stream: &mut Stream,
        endpoint: &mut Endpoint,
        until_ready: bool,
        task: &mut task::Context<'_>,
    ) -> Poll<Result<(), End>> {
        let context = &mut self.context.borrow_mut();
        let buffer = &mut self.buffer.borrow_mut();
        let mut left = TURN_BYTES;
        loop {
            let mut is_full = false;
            while endpoint.reads && endpoint.ended.is_none() {
                is_full = endpoint.output.len() >= OUTPUT_MAX;
                if is_full {
                    break;
                }
                if left == 0 {
                    task.waker().wake_by_ref();
                    break;
                }
                let mut read = ReadBuf::new(buffer);
                match Pin::new(&mut *stream).poll_read(task, &mut read) {
                    Poll::Ready(Ok(())) if read.filled().is_empty() => {
                        endpoint.ended = Some(End::Closed("the server closed the connection".to_owned()));
                    }
                    Poll::Ready(Ok(())) => {
                        let octets = read.filled();
                        left = left.saturating_sub(octets.len());
                        endpoint.received(octets, self.now(), context);
                    }
                    Poll::Ready(Err(error)) => {
                        endpoint.ended = Some(End::Closed(error.to_string()));
                    }
                    Poll::Pending => break,
                }
            }
            let wrote = write(stream, &mut endpoint.output, &mut endpoint.unflushed, task);
            if let Err(error) = wrote {
                endpoint.ended.get_or_insert(End::Closed(error.to_string()));
            }
            if let Some(end) = &endpoint.ended {
                return Poll::Ready(Err(end.clone()));
            }
            if is_full && endpoint.output.is_empty() {
                continue;
            }
            if until_ready && endpoint.is_ready() && endpoint.output.is_empty() {
                return Poll::Ready(Ok(()));
            }
            if !endpoint
                .waker
                .as_ref()
                .is_some_and(|waker| waker.will_wake(task.waker()))
            {
                endpoint.waker = Some(task.waker().clone());
            }
            return Poll::Pending;
        }
    }

    fn post(&self, posts: &[Due], heed: bool) {
        let context = &mut self.context.borrow_mut();
        let now = self.now();
        for post in posts {
            let Some(endpoint) = self.endpoint(post.endpoint) else {
                continue;
            };
            let mut endpoint = endpoint.borrow_mut();
            let held = heed && endpoint.is_held(now);
            if held || !endpoint.post(post.slot, post.at, context) {
                context.counters.withheld.add(1);
                continue;
            }
            if context.measured.contains(&post.at) {
                context.lateness.record_ns(now.saturating_sub(post.at));
            }
            endpoint.wake();
        }
    }

    /// Regular work.
    async fn tick(self: Rc<Self>) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut ping = Instant::now() + PING;
        loop {
            let now = tick.tick().await;
            if now >= ping {
                ping = now + PING;
                self.endpoints
                    .borrow()
                    .iter()
                    .for_each(|endpoint| endpoint.borrow_mut().ping());
            }
            let context = &mut self.context.borrow_mut();
            let now = self.now();
            for endpoint in self.loops.borrow().iter() {
                let mut endpoint = endpoint.borrow_mut();
                let before = endpoint.open_posts();
                endpoint.fill(now, context);
                if endpoint.open_posts() > before {
                    endpoint.wake();
                }
            }
        }
    }

    /// Open posts, and rooms in which somebody isn't up to date. Whoever has gone or doesn't read counts for nothing.
    fn open(&self) -> usize {
        let context = self.context.borrow();
        let mut open = 0;
        for endpoint in self.endpoints.borrow().iter() {
            let endpoint = endpoint.borrow();
            if endpoint.is_ready() && endpoint.reads {
                let behind = |cursor: &&crate::ledger::Cursor| !context.ledger.is_up_to_date(cursor);
                open += endpoint.open_posts() + endpoint.cursors.iter().filter(behind).count();
            }
        }
        open
    }

    fn report(&self) -> Report {
        let context = self.context.borrow();
        let endpoints = self.endpoints.borrow();
        let witness = |endpoint: &Cell| {
            let endpoint = endpoint.borrow();
            Witness {
                endpoint: endpoint.number,
                stayed: endpoint.is_ready() && endpoint.reads,
                cursors: endpoint.cursors.clone(),
                posted: endpoint.posted.clone(),
            }
        };
        Report {
            witnesses: endpoints.iter().map(witness).collect(),
            delivery: context.delivery.clone(),
            answer: context.answer.clone(),
            lateness: context.lateness.clone(),
            sign_in: context.sign_in.clone(),
            arrival: self.arrival.borrow().clone(),
            lost: self.lost.borrow().clone(),
        }
    }
}

/// Writes what there is to be written, as far as the connection takes it. TLS takes octets and keeps the records that it
/// makes of them: `unflushed` says, from one call to the next, that there may be some.
fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    output: &mut BytesMut,
    unflushed: &mut bool,
    task: &mut task::Context<'_>,
) -> io::Result<()> {
    if output.is_empty() && !*unflushed {
        return Ok(());
    }
    while !output.is_empty() {
        match Pin::new(&mut *stream).poll_write(task, output) {
            Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
            Poll::Ready(Ok(written)) => {
                output.advance(written);
                *unflushed = true;
            }
            Poll::Ready(Err(error)) => return Err(error),
            Poll::Pending => return Ok(()),
        }
    }
    if output.capacity() > OUTPUT_KEPT {
        *output = BytesMut::new();
    } else {
        output.clear();
    }
    if let Poll::Ready(result) = Pin::new(stream).poll_flush(task) {
        result?;
        *unflushed = false;
    }
    Ok(())
}

#[cfg(test)]
#[path = "shard_tests.rs"]
mod tests;
