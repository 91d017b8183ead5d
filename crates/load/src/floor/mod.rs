//! The bare floor: a server that does nothing but what cannot be left out, so that a result is a ratio to what the
//! machine could do in those minutes.
//!
//! It takes posts over plain TCP, commits them in groups through the same store as Causerie, one record with its message
//! each, writes as many bytes to every member as Causerie does, reads an answer from each, and answers the poster. There
//! is no SIP, no XML, no rule, no signature, no session.

mod client;
mod frame;
mod server;
mod turns;

pub(crate) use server::{Arguments, serve};
pub(crate) use turns::{Options, in_turns};

use crate::{latency::Summary, process::Usage, target::terminate};
use anyhow::{Context, Result};
use serde::Serialize;
use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// When posts are made.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Pace {
    /// As soon as fewer than so many of a sender's posts are unanswered.
    Window(usize),
    /// So many a second in all, evenly, whether or not those before are answered.
    Rate(f64),
}

/// A run against the floor: every endpoint is a member of one room.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Shape {
    pub(crate) rooms: usize,
    /// Endpoints in each room.
    pub(crate) members: usize,
    /// Endpoints in each room that post.
    pub(crate) senders: usize,
    pub(crate) pace: Pace,
    /// How long posts are made.
    #[serde(skip)]
    pub(crate) time: Duration,
    /// Bytes of a message's text.
    pub(crate) text_bytes: usize,
    /// Bytes of what each member is sent for each message.
    pub(crate) delivery_bytes: usize,
    /// Bytes of an answer, to a delivery and to a post.
    pub(crate) answer_bytes: usize,
}

/// What a run against the floor found.
#[derive(Clone, Debug, Serialize)]
struct Found {
    posts: u64,
    deliveries: u64,
    seconds: f64,
    posts_per_second: f64,
    deliveries_per_second: f64,
    server_cpu_us_per_delivery: f64,
    generator_cpu_us_per_delivery: f64,
    /// From when a post was due to each of its deliveries.
    latency: Summary,
    #[serde(skip)]
    faults: Vec<String>,
}

/// Runs once against a floor server of its own.
///
/// # Errors
/// If the server can't be started or breaks.
async fn run(shape: Shape) -> Result<Found> {
    let folder = tempfile::Builder::new().prefix("causerie-floor.").tempdir()?;
    let floor = Floor::start(folder.path(), &shape)?;
    let mut fleet = client::Fleet::connect(floor.address, shape).await?;
    let (server, own) = (Usage::of(floor.process.id())?, Usage::own()?);
    let seen = fleet.post().await?;
    let server = Usage::of(floor.process.id())? - server;
    let own = Usage::own()? - own;
    let each = |cpu: f64| cpu * 1e6 / seen.deliveries.max(1) as f64;
    let rate = |count: u64| count as f64 / seen.seconds;
    Ok(Found {
        posts: seen.posts,
        deliveries: seen.deliveries,
        seconds: seen.seconds,
        posts_per_second: rate(seen.posts),
        deliveries_per_second: rate(seen.deliveries),
        server_cpu_us_per_delivery: each(server.cpu_seconds()),
        generator_cpu_us_per_delivery: each(own.cpu_seconds()),
        latency: seen.latencies.summary(),
        faults: seen.faults,
    })
}

/// A floor server in a process of its own. It ends when this is dropped.
struct Floor {
    process: Child,
    address: SocketAddr,
}

impl Floor {
    fn start(folder: &Path, shape: &Shape) -> Result<Self> {
        let program = std::env::current_exe().context("this program's own file")?;
        let process = Command::new(&program)
            .args(["load", "floor-server", "--data-dir"])
            .arg(folder)
            .args(["--delivery-bytes", &shape.delivery_bytes.to_string()])
            .args(["--answer-bytes", &shape.answer_bytes.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        // Kept at once, so that it is ended whatever happens.
        let mut floor = Self {
            process,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let mut line = String::new();
        if let Some(output) = floor.process.stdout.take() {
            // Returns when it has told its address, or has ended.
            BufReader::new(output).read_line(&mut line)?;
        }
        floor.address = line
            .trim()
            .parse()
            .context("the floor server doesn't come to serve")?;
        Ok(floor)
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        // It keeps nothing that matters: SIGTERM ends it at once, and what can't be told is killed.
        if terminate(&self.process).is_err() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}
