//! `causerie test message`: the synthetic transaction.

use super::{
    super::{
        At,
        chat::{clean, place},
        output,
    },
    accounts::{self, Accounts},
    diagnosis::diagnosis,
    repeat, setup,
    transaction::{self, Outcome, Plan, Taken},
};
use crate::{
    config,
    real::{SystemClock, SystemRandom},
};
use anyhow::{Context, Result, bail};
use causerie_client::{ConnectOptions, Transport, Trust};
use causerie_model::{Random, SipAddress};
use clap::{Args, error::ErrorKind};
use serde_json::{Value, json};
use std::{io::IsTerminal, path::PathBuf, sync::Arc, time::Duration};

/// The longest that a step may be given, in seconds: the client itself waits no longer for a connection.
const TIMEOUT_MAX: u64 = 20;

/// The most times that it is carried out at once.
const REPEAT_MAX: i64 = 10_000;

/// The passwords, when they are given by the environment.
const SENDER_PASSWORD: &str = "CAUSERIE_SENDER_PASSWORD";
const RECEIVER_PASSWORD: &str = "CAUSERIE_RECEIVER_PASSWORD";

/// Let two users sign in, meet in a room, exchange messages, and leave.
///
/// Both sign in as desktop clients do, join the room, each gets what the other posts, and the room's history holds both
/// messages. The time of each step is told, and what is probably wrong if one fails.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie test message --setup
  causerie test message
  causerie test message --json --timeout 5
  causerie test message --repeat 60 --interval 1      and how the times are spread
  causerie test message --server chat.example.test:5061 --ca ca.pem --accounts synthetic.json
  causerie test message --sender ann@example.test --receiver bob@example.test --room Desk

Passwords come from a file, from CAUSERIE_SENDER_PASSWORD and
CAUSERIE_RECEIVER_PASSWORD, from what --setup keeps, or are asked for.

Exit codes: 0 success, 1 the transaction failed, 2 wrong usage.")]
pub(super) struct Arguments {
    /// Who posts first [default: the one that --setup made]
    #[arg(long, value_name = "USER@DOMAIN", conflicts_with = "setup")]
    sender: Option<SipAddress>,
    /// Who answers [default: the one that --setup made]
    #[arg(long, value_name = "USER@DOMAIN", conflicts_with = "setup")]
    receiver: Option<SipAddress>,
    /// Where they meet: a room's name or URI [default: the one that --setup made]
    #[arg(long, value_name = "ROOM", conflicts_with = "setup")]
    room: Option<String>,
    /// The sender's password is the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "setup")]
    sender_password_file: Option<PathBuf>,
    /// The receiver's password is the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "setup")]
    receiver_password_file: Option<PathBuf>,
    /// What --setup made, with the passwords [default: synthetic.json in the data directory]
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    /// Where the server is [default: where the one with the data directory listens, else 127.0.0.1:5061; with --tcp
    /// 127.0.0.1:5060]
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "setup")]
    server: Option<String>,
    /// The certificates of the authorities to trust [default: ca.pem in the data directory]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tcp", "setup"])]
    ca: Option<PathBuf>,
    /// Plain TCP: everyone on the way can read along
    #[arg(long, conflicts_with = "setup")]
    tcp: bool,
    /// How long each step may take, 1 to 20
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=TIMEOUT_MAX))]
    timeout: u64,
    /// Carry it out so many times, up to 10000, whatever comes of each, and tell how the times are spread
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true, conflicts_with = "setup", value_parser = clap::value_parser!(u32).range(1..=REPEAT_MAX))]
    repeat: u32,
    /// The pause between
    #[arg(long, value_name = "SECONDS", default_value_t = 1, requires = "repeat")]
    interval: u32,
    /// Make what is needed: two users, a category, a secret room; or put right what is there. Nothing else is done
    #[arg(long)]
    setup: bool,
}

impl Arguments {
    pub(super) async fn run(self, at: &At) -> Result<()> {
        if self.setup {
            return setup::run(&at.api()?, self.accounts, at.json).await;
        }
        let plan = match self.plan(at) {
            Ok(plan) => plan,
            // Exit code 1 is for a server that fails.
            Err(error) => clap::Error::raw(ErrorKind::ValueValidation, format!("{error:#}\n")).exit(),
        };
        if self.repeat > 1 {
            let pause = Duration::from_secs(self.interval.into());
            return repeat::run(plan, self.repeat, pause, at.json).await;
        }
        let outcome = transaction::run(&plan).await;
        if at.json {
            output::json(&as_json(&plan, &outcome))?;
        } else {
            show(&plan, &outcome)?;
        }
        match outcome.failure() {
            None => Ok(()),
            Some((taken, _)) => bail!("the transaction failed: {} of {}", taken.step.name(), taken.user),
        }
    }

    fn plan(&self, at: &At) -> Result<Plan> {
        let data_dir = || match &at.config {
            Some(file) => Ok(config::load(file)?.data_dir),
            None => place::data_dir(at.data_dir.as_deref()),
        };
        let all_said = self.sender.is_some() && self.receiver.is_some() && self.room.is_some();
        let accounts = match &self.accounts {
            Some(file) => Some(Accounts::read(file)?),
            None if all_said => None,
            None => Some(Accounts::read(&data_dir()?.join(accounts::FILE)).context(
                "between whom? Say causerie test message --setup once, or --sender, --receiver and --room",
            )?),
        };
        let who = |said: &Option<SipAddress>, account: fn(&Accounts) -> &str| match (said, &accounts) {
            (Some(said), _) => Ok(said.clone()),
            (None, Some(accounts)) => Ok(SipAddress::parse(account(accounts))?),
            (None, None) => bail!("say --sender and --receiver"),
        };
        let sender = who(&self.sender, |accounts| &accounts.sender.address)?;
        let receiver = who(&self.receiver, |accounts| &accounts.receiver.address)?;
        if sender == receiver {
            bail!("sender and receiver are the same: {sender}");
        }
        let room = self.room.clone();
        let room = room.or_else(|| accounts.as_ref().map(|accounts| accounts.room.clone()));
        let transport = match (self.tcp, &self.ca) {
            (true, _) => Transport::Tcp,
            (false, Some(ca)) => Transport::Tls(Trust::pem_file(ca)?),
            (false, None) => Transport::Tls(place::trust_of(&data_dir()?)?),
        };
        let server = match &self.server {
            Some(server) => server.clone(),
            None if self.tcp => "127.0.0.1:5060".to_owned(),
            // A configuration that can't be read matters only to those who need its certificates.
            None => data_dir()
                .ok()
                .and_then(|data_dir| place::listening(&data_dir))
                .unwrap_or_else(|| "127.0.0.1:5061".to_owned()),
        };
        let options = |user: SipAddress, file: &Option<PathBuf>, variable: &str| {
            let password = match (file, std::env::var(variable)) {
                (Some(file), _) => accounts::first_line(file)?,
                (None, Ok(password)) => password,
                (None, Err(_)) => match accounts.as_ref().and_then(|it| it.password_of(user.as_str())) {
                    Some(password) => password.to_owned(),
                    None => ask(&user, variable)?,
                },
            };
            let (random, clock) = (Arc::new(SystemRandom), Arc::new(SystemClock));
            let transport = transport.clone();
            anyhow::Ok(ConnectOptions::new(
                &server, transport, user, &password, random, clock,
            ))
        };
        Ok(Plan {
            sender: options(sender, &self.sender_password_file, SENDER_PASSWORD)?,
            receiver: options(receiver, &self.receiver_password_file, RECEIVER_PASSWORD)?,
            room: room.context("say --room")?,
            timeout: Duration::from_secs(self.timeout),
            mark: mark(),
        })
    }
}

fn ask(user: &SipAddress, variable: &str) -> Result<String> {
    if !std::io::stdin().is_terminal() {
        bail!("there is nobody to ask for the password of {user}: give it by a file or by {variable}");
    }
    rpassword::prompt_password(format!("Password of {user}: ")).context("no password could be read")
}

/// What tells the messages of one transaction from those of every other.
pub(super) fn mark() -> String {
    format!("Synthetic transaction {}", SystemRandom.token())
}

/// A time for people and programs.
pub(super) fn milliseconds(time: Duration) -> f64 {
    // Microseconds are enough.
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// What failed and why, and what to look at.
pub(super) fn failure(plan: &Plan, outcome: &Outcome) -> Option<(String, String)> {
    let (taken, fault) = outcome.failure()?;
    let error = format!("{} of {}: {fault}", taken.step.name(), taken.user);
    Some((error, diagnosis(taken, fault, &plan.room)))
}

fn result(outcome: &Outcome) -> &'static str {
    if outcome.failure().is_none() {
        "success"
    } else {
        "failure"
    }
}

/// What came of it, for programs.
pub(super) fn as_json(plan: &Plan, outcome: &Outcome) -> Value {
    let step = |taken: &Taken| {
        json!({
            "step": taken.step.name(),
            "user": taken.user.as_str(),
            "milliseconds": milliseconds(taken.time),
            "ok": taken.fault.is_none(),
        })
    };
    let (error, diagnosis) = failure(plan, outcome).unzip();
    json!({
        "target": plan.sender.server,
        "result": result(outcome),
        "latency_milliseconds": milliseconds(outcome.latency),
        "error": error,
        "diagnosis": diagnosis,
        "sender": plan.sender.address.as_str(),
        "receiver": plan.receiver.address.as_str(),
        "room": plan.room,
        "steps": outcome.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn show(plan: &Plan, outcome: &Outcome) -> Result<()> {
    let row = |taken: &Taken| {
        let state = if taken.fault.is_some() { "failed" } else { "" };
        vec![
            taken.step.name().to_owned(),
            taken.user.to_string(),
            format!("{:>9.1} ms", milliseconds(taken.time)),
            state.to_owned(),
        ]
    };
    let rows: Vec<_> = outcome.steps.iter().map(row).collect();
    output::table(&["STEP", "USER", "TIME", ""], &rows, "Nothing was done.")?;
    output::line("")?;
    let none = || "none".to_owned();
    let (error, diagnosis) = failure(plan, outcome).unwrap_or_else(|| (none(), none()));
    output::facts(&[
        ("Target", plan.sender.server.clone()),
        ("Result", result(outcome).to_owned()),
        ("Latency", format!("{:.1} ms", milliseconds(outcome.latency))),
        // The server has a say in it.
        ("Error", clean(&error)),
        ("Diagnosis", diagnosis),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::Parser;

    #[test]
    fn a_step_has_from_one_to_as_many_seconds_as_the_client_waits() {
        let said = |seconds: u64| {
            let seconds = seconds.to_string();
            Cli::try_parse_from(["causerie", "test", "message", "--timeout", &seconds])
        };
        for (seconds, right) in [
            (0, false),
            (1, true),
            (TIMEOUT_MAX, true),
            (TIMEOUT_MAX + 1, false),
        ] {
            assert_eq!(said(seconds).is_ok(), right, "{seconds}");
        }
    }

    #[test]
    fn it_is_repeated_up_to_the_limit() {
        let said = |times: i64| {
            let times = times.to_string();
            Cli::try_parse_from(["causerie", "test", "message", "--repeat", &times])
        };
        for (times, right) in [(0, false), (1, true), (REPEAT_MAX, true), (REPEAT_MAX + 1, false)] {
            assert_eq!(said(times).is_ok(), right, "{times}");
        }
    }

    #[test]
    fn passwords_are_no_arguments() {
        let said = ["causerie", "test", "message", "--sender-password", "x"];
        assert!(Cli::try_parse_from(said).is_err());
    }
}
