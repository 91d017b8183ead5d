//! The floor's clients.

use super::{
    Pace, Shape,
    frame::{self, Kind},
};
use crate::{latency::Latencies, stamp::Stamp};
use anyhow::{Context, Result, anyhow, bail};
use bytes::{Buf, BytesMut};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

/// What is read at a time.
const READ: usize = 16 * 1_024;
/// How often it is looked whether all is delivered.
const POLL: Duration = Duration::from_millis(5);
/// Histograms that endpoints share.
const SHARDS: usize = 16;
/// After this long without any delivery the rest is taken for lost.
const LOST: Duration = Duration::from_secs(10);

/// What all endpoints of a run share.
struct Run {
    shape: Shape,
    start: Instant,
    over: AtomicBool,
    posted: AtomicU64,
    delivered: AtomicU64,
    /// Of many endpoints each: one is a few hundred kilobytes.
    latencies: [Mutex<Latencies>; SHARDS],
}

impl Run {
    fn elapsed(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    /// Whether one more post may be made.
    fn claim(&self) -> bool {
        // Counted first, so that nobody takes the run for over while this one is on its way.
        self.posted.fetch_add(1, Ordering::SeqCst);
        let may = !self.over.load(Ordering::SeqCst);
        if !may {
            self.posted.fetch_sub(1, Ordering::SeqCst);
        }
        may
    }

    fn latencies(&self, shard: usize) -> MutexGuard<'_, Latencies> {
        self.latencies[shard % SHARDS]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was seen.
pub(super) struct Seen {
    pub(super) posts: u64,
    pub(super) deliveries: u64,
    pub(super) seconds: f64,
    pub(super) latencies: Latencies,
    pub(super) faults: Vec<String>,
}

/// Endpoints that have joined.
pub(super) struct Fleet {
    shape: Shape,
    endpoints: Vec<Endpoint>,
}

/// One endpoint, before and while posting.
struct Endpoint {
    room: usize,
    is_sender: bool,
    stream: TcpStream,
    received: BytesMut,
    out: Vec<u8>,
    /// The number of the last message.
    last: u64,
    unanswered: usize,
    sequence: u32,
    faults: Vec<String>,
}

impl Fleet {
    /// Connects all endpoints and lets them join.
    pub(super) async fn connect(server: SocketAddr, shape: Shape) -> Result<Self> {
        let mut joining = JoinSet::new();
        for room in 0..shape.rooms {
            for member in 0..shape.members {
                joining.spawn(Endpoint::join(server, room, member < shape.senders));
            }
        }
        let endpoints = joining.join_all().await.into_iter().collect::<Result<_>>()?;
        Ok(Self { shape, endpoints })
    }

    /// Posts, and waits until all is delivered.
    pub(super) async fn post(&mut self) -> Result<Seen> {
        let shape = self.shape;
        let run = Arc::new(Run {
            shape,
            start: Instant::now(),
            over: AtomicBool::new(false),
            posted: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            latencies: std::array::from_fn(|_| Mutex::new(Latencies::new())),
        });
        let (end, over) = watch::channel(false);
        let mut pacers = Vec::new();
        let mut tasks = JoinSet::new();
        for endpoint in self.endpoints.drain(..) {
            let (pacer, paced) = mpsc::unbounded_channel();
            if endpoint.is_sender {
                pacers.push(pacer);
            }
            tasks.spawn(endpoint.run(run.clone(), paced, over.clone()));
        }
        let pacing = match shape.pace {
            Pace::Rate(rate) => Some(tokio::spawn(pace(run.clone(), rate, pacers))),
            Pace::Window(_) => None,
        };
        let ended = run.wait().await;
        if let Some(pacing) = pacing {
            pacing.abort();
        }
        let _ = end.send(true);
        let mut seen = Seen {
            posts: run.posted.load(Ordering::SeqCst),
            deliveries: run.delivered.load(Ordering::SeqCst),
            seconds: ended.as_secs_f64(),
            latencies: Latencies::new(),
            faults: Vec::new(),
        };
        let expected = seen.posts * shape.members as u64;
        if seen.deliveries != expected {
            seen.faults
                .push(format!("{} deliveries instead of {expected}", seen.deliveries));
        }
        for endpoint in tasks.join_all().await {
            seen.faults.extend(endpoint?);
        }
        (0..SHARDS).for_each(|shard| seen.latencies.merge(&run.latencies(shard)));
        Ok(seen)
    }
}

impl Run {
    /// Waits until everything that was posted is delivered, or nothing comes any more. How long it took.
    async fn wait(&self) -> Duration {
        let mut last = (0, Instant::now());
        loop {
            sleep(POLL).await;
            let is_over = self.start.elapsed() >= self.shape.time;
            self.over.store(is_over, Ordering::SeqCst);
            let delivered = self.delivered.load(Ordering::SeqCst);
            if delivered != last.0 {
                last = (delivered, Instant::now());
            }
            let expected = self.posted.load(Ordering::SeqCst) * self.shape.members as u64;
            if is_over && (delivered == expected || last.1.elapsed() > LOST) {
                return last.1 - self.start;
            }
        }
    }
}

/// Says when posts are due, the senders taking turns.
async fn pace(run: Arc<Run>, rate: f64, senders: Vec<mpsc::UnboundedSender<u64>>) {
    for (number, sender) in senders.iter().cycle().enumerate() {
        let due = number as f64 / rate;
        sleep_until(run.start + Duration::from_secs_f64(due)).await;
        if !run.claim() || sender.send((due * 1e9) as u64).is_err() {
            return;
        }
    }
}

impl Endpoint {
    async fn join(server: SocketAddr, room: usize, is_sender: bool) -> Result<Self> {
        let stream = TcpStream::connect(server)
            .await
            .context("connecting to the floor")?;
        stream.set_nodelay(true)?;
        let mut endpoint = Self {
            room,
            is_sender,
            stream,
            received: BytesMut::with_capacity(READ),
            out: Vec::new(),
            last: 0,
            unanswered: 0,
            sequence: 0,
            faults: Vec::new(),
        };
        let number = (room as u32).to_be_bytes();
        frame::put(&mut endpoint.out, Kind::Join, &[&number], 0);
        endpoint.flush().await?;
        while frame::take(&endpoint.received)
            .map_err(|why| anyhow!(why))?
            .is_none()
        {
            endpoint.read().await?;
        }
        let (_, _, length) = frame::take(&endpoint.received)
            .map_err(|why| anyhow!(why))?
            .context("a frame that was there")?;
        endpoint.received.advance(length);
        Ok(endpoint)
    }

    async fn flush(&mut self) -> Result<()> {
        self.stream.write_all(&self.out).await?;
        self.out.clear();
        Ok(())
    }

    async fn read(&mut self) -> Result<()> {
        self.received.reserve(READ);
        match self.stream.read_buf(&mut self.received).await? {
            0 => bail!("the floor closed a connection"),
            _ => Ok(()),
        }
    }

    /// Works until the run is over, and tells the faults that it saw.
    async fn run(
        mut self,
        run: Arc<Run>,
        mut paced: mpsc::UnboundedReceiver<u64>,
        mut over: watch::Receiver<bool>,
    ) -> Result<Vec<String>> {
        self.fill_window(&run);
        loop {
            if !self.out.is_empty() {
                self.flush().await?;
            }
            self.received.reserve(READ);
            tokio::select! {
                read = self.stream.read_buf(&mut self.received) => {
                    if read? == 0 {
                        bail!("the floor closed a connection");
                    }
                    self.receive(&run)?;
                }
                Some(due) = paced.recv() => self.put_post(&run, due),
                _ = over.changed() => return Ok(self.faults),
            }
        }
    }

    fn receive(&mut self, run: &Run) -> Result<()> {
        let mut at = 0;
        let received = std::mem::take(&mut self.received);
        while let Some((kind, content, length)) = frame::take(&received[at..]).map_err(|why| anyhow!(why))? {
            at += length;
            match kind {
                Kind::Delivery => {
                    let (number, text) = content
                        .split_first_chunk()
                        .context("a delivery without a number")?;
                    self.delivered(u64::from_be_bytes(*number), text, run);
                }
                Kind::Posted => {
                    let left = self.unanswered.checked_sub(1);
                    self.unanswered = left.context("the floor answers a post that nobody made")?;
                    self.fill_window(run);
                }
                _ => bail!("the floor says something odd"),
            }
        }
        self.received = received;
        self.received.advance(at);
        Ok(())
    }

    fn delivered(&mut self, number: u64, text: &[u8], run: &Run) {
        if number != self.last + 1 {
            self.faults.push(format!(
                "floor, room {}: message {number} after message {}",
                self.room, self.last
            ));
        }
        self.last = number;
        match Stamp::read(text) {
            Some(stamp) => run
                .latencies(self.room)
                .record_ns(run.elapsed().saturating_sub(stamp.due)),
            None => self.faults.push(format!(
                "floor, room {}: message {number} has no stamp",
                self.room
            )),
        }
        run.delivered.fetch_add(1, Ordering::Relaxed);
        frame::put(&mut self.out, Kind::Answer, &[], run.shape.answer_bytes);
    }

    fn fill_window(&mut self, run: &Run) {
        let Pace::Window(window) = run.shape.pace else {
            return;
        };
        while self.is_sender && self.unanswered < window && run.claim() {
            self.put_post(run, run.elapsed());
        }
    }

    fn put_post(&mut self, run: &Run, due: u64) {
        let stamp = Stamp {
            run: 0,
            sender: self.room as u32,
            sequence: self.sequence,
            due,
        };
        self.sequence += 1;
        self.unanswered += 1;
        let text = stamp.text(run.shape.text_bytes);
        frame::put(&mut self.out, Kind::Post, &[text.as_bytes()], 0);
    }
}
