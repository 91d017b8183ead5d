//! The log line of a transaction, and the counters.
use std::net::SocketAddr;

use causerie_sip::ua::Facts;
use metrics::{counter, describe_counter, describe_gauge, gauge};

/// Where the lines of transactions go, so that a filter can tell them from everything else.
const TRANSACTIONS: &str = "causerie::sip::transaction";

/// A login is cut there in the log, in characters: strangers choose it.
const LOGIN_CHARS: usize = 256;

/// Says what each metric of the front end means; called once, when a recorder is installed.
pub fn describe_metrics() {
    describe_counter!(
        "causerie_sip_requests_total",
        "Requests answered, by method and status."
    );
    describe_gauge!("causerie_sip_connections", "Open connections, by transport.");
    describe_counter!(
        "causerie_sip_connections_refused_total",
        "Connections refused at once, by limit."
    );
    describe_counter!(
        "causerie_sip_connections_closed_total",
        "Connections closed, by reason."
    );
    describe_gauge!("causerie_sip_registrations", "Devices signed in.");
    describe_counter!(
        "causerie_sip_sign_in_failures_total",
        "Failed sign-ins, by reason."
    );
    describe_counter!(
        "causerie_sip_drops_total",
        "Messages dropped without an answer, by reason."
    );
}

/// A transaction at its final response.
pub(crate) struct Transaction<'a> {
    pub(crate) method: &'a str,
    pub(crate) user: Option<&'a str>,
    /// Who tried to sign in, if he was refused.
    pub(crate) login: Option<&'a str>,
    pub(crate) status: u16,
    pub(crate) ms: Option<u64>,
    pub(crate) facts: &'a Facts,
}

/// The names that may become labels: a client can't make new ones.
fn label(method: &str) -> &'static str {
    const KNOWN: [&str; 16] = [
        "REGISTER",
        "SUBSCRIBE",
        "SERVICE",
        "OPTIONS",
        "INVITE",
        "ACK",
        "BYE",
        "CANCEL",
        "INFO",
        "MESSAGE",
        "UPDATE",
        "NOTIFY",
        "BENOTIFY",
        "PRACK",
        "REFER",
        "PUBLISH",
    ];
    KNOWN
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("other")
}

impl Transaction<'_> {
    /// Writes the line and counts.
    pub(crate) fn report(&self) {
        counter!("causerie_sip_requests_total", "method" => label(self.method), "status" => self.status.to_string())
            .increment(1);
        tracing::info!(
            target: TRANSACTIONS,
            method = self.method,
            user = self.user,
            login = self.login,
            operation = self.facts.operation,
            room = self.facts.room.as_deref(),
            status = self.status,
            ms = self.ms,
            queries = self.facts.statements,
            refusal = self.facts.refusal,
            "SIP transaction."
        );
    }
}

/// Something was dropped that can't or mustn't be answered.
pub(crate) fn dropped(reason: &'static str) {
    counter!("causerie_sip_drops_total", "reason" => reason).increment(1);
    tracing::debug!(target: "causerie::sip", reason, "Message dropped.");
}

/// A login as the log has it: control characters escaped, since a line break would forge a line, and cut.
pub(crate) fn shown_login(typed: &str) -> String {
    let mut shown = String::new();
    for c in typed.chars().take(LOGIN_CHARS) {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Counts a refused sign-in and tells who tried, from where. Without credentials there is no login.
pub(crate) fn sign_in_failed(login: Option<&str>, peer: SocketAddr, reason: &'static str) {
    counter!("causerie_sip_sign_in_failures_total", "reason" => reason).increment(1);
    tracing::warn!(target: "causerie::sip", login, %peer, reason, "Sign-in refused.");
}

/// A device signed in.
pub(crate) fn signed_in(user: &str, endpoint: &str, peer: SocketAddr) {
    tracing::info!(target: "causerie::sip", user, endpoint, %peer, "Signed in.");
}

/// A device is signed in no more.
pub(crate) fn signed_out(user: &str, endpoint: &str) {
    tracing::info!(target: "causerie::sip", user, endpoint, "Signed out.");
}

pub(crate) fn refused(limit: &'static str) {
    counter!("causerie_sip_connections_refused_total", "limit" => limit).increment(1);
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 devices")]
pub(crate) fn registrations(count: usize) {
    gauge!("causerie_sip_registrations").set(count as f64);
}

/// An open connection; dropping it counts its end.
pub(crate) struct Open {
    transport: &'static str,
    pub(crate) reason: &'static str,
}

impl Open {
    pub(crate) fn new(transport: &'static str) -> Self {
        gauge!("causerie_sip_connections", "transport" => transport).increment(1.0);
        Self {
            transport,
            reason: "aborted",
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        gauge!("causerie_sip_connections", "transport" => self.transport).decrement(1.0);
        counter!("causerie_sip_connections_closed_total", "reason" => self.reason).increment(1);
    }
}
