//! One connection's protocol state: what messages mean and what is answered. No I/O: octets to send gather in
//! [`Link::outlet`], and the connection's loop moves them.
mod receive;
mod sessions;

use std::collections::VecDeque;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use causerie_model::Timestamp;
use causerie_sip::ua::Facts;
use causerie_sip::{
    CheckedRequest, ClientTransactions, Outgoing, ServerTransactions, TRANSACTION_MEMORY_MS, Text,
    TransactionKey,
};
use causerie_sipauth::SecurityAssociation;
use tokio::time::Instant;

use self::sessions::Seat;
use crate::authenticate::Attempt;
use crate::directory::UserEntry;
use crate::front::FrontEnd;
use crate::mailbox::{Command, Mailbox};
use crate::registrar::Binding;
use crate::signing;
use crate::subscribe::Subscription;
use crate::telemetry::{Transaction, dropped};

/// Messages held back during a renewed sign-in; with more the connection is closed.
pub(crate) const HELD_MAX: usize = 256;

/// How long transactions are remembered, and the room for more is kept after the last one.
const TRANSACTION_MEMORY: Duration = Duration::from_millis(TRANSACTION_MEMORY_MS);

/// What goes on with the link once slow work is done.
pub(crate) type Resume = Box<dyn FnOnce(&mut Link) + Send>;
/// Slow work for one request. No other request of the connection is handled while it runs.
pub(crate) type Work = Pin<Box<dyn Future<Output = Resume> + Send>>;

/// How a connection is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Tcp,
    Tls,
}

impl Transport {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        }
    }
}

/// Who has signed in.
pub(crate) struct SignedIn {
    pub(crate) user: UserEntry,
    pub(crate) epid: Option<String>,
    /// Present while the device is registered.
    pub(crate) binding: Option<Binding>,
    /// Where the device takes requests.
    pub(crate) target: String,
}

/// Who waits for the answer to a request that was sent.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// The session with the application of this number.
    Session(usize),
    /// A subscription, by its Call-ID.
    Subscription(Text),
}

/// The protocol state of one connection.
pub(crate) struct Link {
    front: Arc<FrontEnd>,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) peer: SocketAddr,
    pub(crate) transport: Transport,
    port: u16,
    opened: Instant,
    /// Octets to send.
    pub(crate) outlet: BytesMut,
    /// Slow work that is under way.
    pub(crate) work: Option<Work>,
    /// Why the connection is to be closed once all is sent.
    pub(crate) closing: Option<&'static str>,
    pub(crate) signed_in: Option<Box<SignedIn>>,
    pub(crate) association: Option<Box<SecurityAssociation>>,
    pub(crate) attempts: Vec<Attempt>,
    /// The login of a sign-in that was refused, until the line of its transaction is written.
    pub(crate) login: Option<String>,
    /// Until when everything but the sign-in is held back: the client expects the new signatures already.
    hold_until: Option<Instant>,
    held: Vec<(Outgoing, Option<Facts>)>,
    sessions: Vec<Seat>,
    received: ServerTransactions,
    /// When what is kept of transactions is to be cleared away.
    forget_at: Option<Instant>,
    pending: VecDeque<(TransactionKey, Instant)>,
    sent: ClientTransactions<Origin>,
    pub(crate) subscriptions: Vec<Subscription>,
    /// A device must be registered by then. Who has only proved who he is isn't counted among his devices yet.
    pub(crate) sign_in_by: Option<Instant>,
    pub(crate) registered_until: Option<Instant>,
}

impl Link {
    pub(crate) fn new(
        front: Arc<FrontEnd>,
        mailbox: Arc<Mailbox>,
        peer: SocketAddr,
        port: u16,
        transport: Transport,
    ) -> Self {
        let now = Instant::now();
        let sign_in_by = Some(now + front.settings.deadlines.sign_in);
        Self {
            front,
            mailbox,
            peer,
            transport,
            port,
            opened: now,
            outlet: BytesMut::new(),
            work: None,
            closing: None,
            signed_in: None,
            association: None,
            attempts: Vec::new(),
            login: None,
            hold_until: None,
            held: Vec::new(),
            sessions: Vec::new(),
            received: ServerTransactions::new(),
            forget_at: None,
            pending: VecDeque::new(),
            sent: ClientTransactions::new(),
            subscriptions: Vec::new(),
            sign_in_by,
            registered_until: None,
        }
    }

    pub(crate) fn front(&self) -> &Arc<FrontEnd> {
        &self.front
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.front.needs.clock.now()
    }

    /// The present as sipauth counts it.
    pub(crate) fn unix_now(&self) -> u64 {
        u64::try_from(self.now().unix_seconds()).unwrap_or_default()
    }

    fn ms(&self, at: Instant) -> u64 {
        u64::try_from(at.duration_since(self.opened).as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn token(&self) -> String {
        self.front.needs.random.token()
    }

    /// The Via of our requests, without branch.
    pub(crate) fn via(&self) -> String {
        let transport = self.transport.name().to_ascii_uppercase();
        format!("SIP/2.0/{transport} {}:{}", self.front.settings.fqdn, self.port)
    }

    pub(crate) fn branch(&self) -> String {
        format!("z9hG4bK{}", self.token())
    }

    /// Our own URI on this connection, for Contact.
    pub(crate) fn contact(&self) -> String {
        let (fqdn, transport) = (&self.front.settings.fqdn, self.transport.name());
        format!("sip:{fqdn}:{};transport={transport}", self.port)
    }

    /// A response with a fresh To tag.
    pub(crate) fn response(&self, request: &CheckedRequest, status: u16) -> Outgoing {
        request.response(status, Some(&self.token()))
    }

    pub(crate) fn close(&mut self, reason: &'static str) {
        self.closing.get_or_insert(reason);
    }

    /// Runs slow work; [`Link::work`] is what the connection's loop drives.
    pub(crate) fn later(&mut self, work: impl Future<Output = Resume> + Send + 'static) {
        self.work = Some(Box::pin(work));
    }

    /// Sends the final response of a transaction.
    pub(crate) fn answer(&mut self, response: Outgoing, facts: Facts) {
        self.emit(response, Some(facts));
    }

    /// Sends a request or a provisional response. Without an origin nobody learns of the answer.
    pub(crate) fn send(&mut self, message: Outgoing, origin: Option<Origin>) {
        let key = TransactionKey::of_outgoing(&message).filter(|_| message.status().is_none());
        if let (Some(key), Some(origin)) = (key, origin) {
            let now = Instant::now();
            self.forget_at.get_or_insert(now + TRANSACTION_MEMORY);
            if self.sent.insert(key, origin, self.ms(now)).is_err() {
                self.close("answers-nothing");
                return;
            }
        }
        self.emit(message, None);
    }

    fn emit(&mut self, message: Outgoing, facts: Option<Facts>) {
        if self.hold_until.is_none() {
            self.emit_now(message, facts);
        } else if self.held.len() < HELD_MAX {
            self.held.push((message, facts));
        } else {
            self.close("held-too-much");
        }
    }

    /// Sends without regard to a sign-in that is under way; for the sign-in itself.
    pub(crate) fn emit_now(&mut self, mut message: Outgoing, facts: Option<Facts>) {
        let status = message.status();
        if status.is_some() && matches!(message.method(), "ACK" | "BENOTIFY") {
            dropped("unanswerable");
            return;
        }
        if let Some(association) = &mut self.association
            && status != Some(401)
        {
            signing::sign(association, &mut message, self.front.needs.random.number());
        }
        match (status, facts) {
            (Some(status), Some(facts)) if status >= 200 => self.finish(&message, status, &facts),
            _ => message.encode_into(&mut self.outlet),
        }
    }

    /// Refuses a sign-in: the client can't tell with which keys it would be signed.
    pub(crate) fn emit_unsigned(&mut self, response: Outgoing, facts: Facts) {
        let association = self.association.take();
        self.emit_now(response, Some(facts));
        self.association = association;
    }

    fn finish(&mut self, response: &Outgoing, status: u16, facts: &Facts) {
        let key = TransactionKey::of_outgoing(response);
        let now = Instant::now();
        let place = self
            .pending
            .iter()
            .position(|(pending, _)| Some(pending) == key.as_ref());
        let began = place
            .and_then(|place| self.pending.remove(place))
            .map(|(_, began)| began);
        if self.pending.is_empty() {
            self.pending = VecDeque::new();
        }
        let login = self.login.take();
        let elapsed = began.map(|began| now.duration_since(began));
        Transaction {
            method: response.method(),
            user: self.signed_in.as_ref().map(|who| who.user.address.as_str()),
            login: login.as_deref(),
            status,
            ms: elapsed.map(|elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)),
            facts,
        }
        .report();
        let octets = response.to_bytes();
        self.outlet.extend_from_slice(&octets);
        if let Some(key) = key {
            self.received.answer(&key, status, octets);
        }
    }

    /// Holds everything back but the sign-in, for at most so long.
    pub(crate) fn hold(&mut self, longest: Duration) {
        if self.signed_in.is_some() {
            self.hold_until = Some(Instant::now() + longest);
        }
    }

    pub(crate) fn is_holding(&self) -> bool {
        self.hold_until.is_some()
    }

    /// Sends what was held back.
    pub(crate) fn release(&mut self) {
        self.hold_until = None;
        for (message, facts) in std::mem::take(&mut self.held) {
            self.emit_now(message, facts);
        }
    }

    /// Does what another task asked for.
    pub(crate) fn command(&mut self, command: Command) {
        match command {
            Command::SignOut(reason) => {
                self.notify_signed_out(&reason);
                self.end_sessions();
                self.close("signed-out");
            }
            Command::Replaced => self.close("replaced"),
            Command::Stop => self.close("stopped"),
            Command::Overflow => self.close("overflow"),
            Command::Contacts(user, delta) => self.notify_contacts(user, &delta),
            Command::Published => self.notify_published(),
        }
    }

    /// Marks the party as signed in: the deadline for that no longer runs.
    pub(crate) fn admit(&mut self, who: SignedIn) {
        self.signed_in = Some(Box::new(who));
    }

    /// When [`Link::tick`] has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let sent = self
            .sent
            .next_timeout()
            .map(|at| self.opened + Duration::from_millis(at));
        let subscriptions = self.subscriptions.iter().map(|one| one.expires_at).min();
        [
            self.sign_in_by,
            self.registered_until,
            self.hold_until,
            self.forget_at,
            sent,
            subscriptions,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, now: Instant) {
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if due(self.sign_in_by) {
            self.sign_in_by = None;
            self.close("not-signed-in");
        }
        if due(self.registered_until) {
            self.registered_until = None;
            self.close("registration-expired");
        }
        if due(self.hold_until) {
            self.attempts.clear();
            self.release();
        }
        let ms = self.ms(now);
        while self.sent.timed_out(ms).is_some() {
            dropped("no-response");
        }
        if due(self.forget_at) {
            self.received.expire(ms);
            self.sent.release();
            self.forget_at = (!self.sent.is_empty()).then(|| now + TRANSACTION_MEMORY);
        }
        self.subscriptions.retain(|one| one.expires_at > now);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.forget_published();
    }
}

pub(crate) fn refusal(name: &'static str) -> Facts {
    Facts {
        refusal: Some(name),
        ..Facts::default()
    }
}
