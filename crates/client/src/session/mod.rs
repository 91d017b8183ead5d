//! The state machine of one connection. It does no I/O and reads no clock: bytes that came in lie in [`Session::input`],
//! bytes to send in [`Session::output`], and the present, in milliseconds since the connection was made, is an argument.

mod calls;
mod chat;
mod incoming;
mod raw;
mod register;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use bytes::BytesMut;
use causerie_model::{Clock, Random, SipAddress};
use causerie_sip::{
    CheckedResponse, ClientTransactions, Dialog, Framer, Header, Limits, Method, Outgoing, TransactionKey,
};
use tokio::sync::oneshot;

pub use self::raw::{Raw, Target};
use self::{calls::Call, register::Registration};
pub(crate) use self::{calls::Order, chat::SERVER_INFO_TYPE};
use crate::{
    error::{CallError, ClientError, PostError},
    event::Event,
    options::{ConnectOptions, OnStage, Stage},
    security::Security,
};

/// How long a sign-in may take, from the connection to the chat service's first answer.
pub const SIGN_IN_DEADLINE: Duration = Duration::from_secs(60);
/// How long the reply to a command may take.
pub const CALL_DEADLINE: Duration = Duration::from_secs(30);
/// How long the provisioning that a subscription promised may take; then the default name of the chat service is tried.
pub const PROVISIONING_DEADLINE: Duration = Duration::from_secs(5);
/// How long the server may take to answer a sign-out; then the connection is closed all the same.
pub const SIGN_OUT_DEADLINE: Duration = Duration::from_secs(5);
/// How long a connection is idle before a keep-alive, unless the server or the caller says otherwise.
pub const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// How long the answer to a keep-alive may take (RFC 5626 §4.4.1), from a server that was seen to answer them.
pub const PING_DEADLINE: Duration = Duration::from_secs(10);
/// How many requests of callers may wait for their final response; further ones wait for their turn. This server
/// refuses more posts than that in one dialog.
pub const OUTSTANDING_MAX: usize = 256;

/// A ping of RFC 5626 §3.5.1, and its answer.
const PING: &[u8] = b"\r\n\r\n";
const PONG: &[u8] = b"\r\n";

/// How this client names itself.
const USER_AGENT: &str = concat!("causerie-client/", env!("CARGO_PKG_VERSION"));

/// What this client takes.
const ALLOW: &str = "INFO, NOTIFY, BENOTIFY, OPTIONS, UPDATE, BYE";

/// Milliseconds, as all times in here are.
fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Who this client is on this connection.
struct Identity {
    address: SipAddress,
    uri: String,
    epid: String,
    /// URN of this device (RFC 5626 §4.1).
    instance: String,
    /// Via without its branch.
    via: String,
    /// Where the server reaches this client: a name-addr.
    contact: String,
}

/// How far the sign-in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Registering,
    Provisioning,
    /// In a dialog that may be only for asking which URI to INVITE.
    LookingUp,
    /// In the dialog with the chat service.
    Entering,
    Ready,
    SigningOut,
}

/// What a request that was sent waits for.
enum Pending {
    Register,
    Provision,
    Invite,
    /// An INFO with the command of that envelope; its reply comes by itself.
    Command(u64),
    Post(oneshot::Sender<Result<(), PostError>>),
    Refresh,
    /// The end of a dialog or registration.
    Farewell,
    Raw(oneshot::Sender<Result<CheckedResponse, CallError>>),
}

/// When what is due, in milliseconds; nothing when it isn't.
#[derive(Default)]
struct Timers {
    sign_in: Option<u64>,
    provisioning: Option<u64>,
    register: Option<u64>,
    refresh: Option<u64>,
    ping: Option<u64>,
    pong: Option<u64>,
    sign_out: Option<u64>,
}

impl Timers {
    fn all(&mut self) -> [&mut Option<u64>; 7] {
        [
            &mut self.sign_in,
            &mut self.provisioning,
            &mut self.register,
            &mut self.refresh,
            &mut self.ping,
            &mut self.pong,
            &mut self.sign_out,
        ]
    }
}

/// One connection of a client.
pub(crate) struct Session {
    /// What was received and not looked at.
    pub(crate) input: BytesMut,
    /// What is to be sent.
    pub(crate) output: BytesMut,
    /// What is to be told.
    pub(crate) events: VecDeque<Event>,
    framer: Framer,
    me: Identity,
    security: Security,
    random: Arc<dyn Random>,
    clock: Arc<dyn Clock>,
    now: u64,
    phase: Phase,
    ended: Option<ClientError>,
    ready: Option<oneshot::Sender<Result<(), ClientError>>>,
    signed_out: Vec<oneshot::Sender<()>>,
    registration: Registration,
    transactions: ClientTransactions<Pending>,
    branch: String,
    branches: u64,
    calls: BTreeMap<u64, Call>,
    envid: u64,
    /// The URI last INVITEd.
    invited: String,
    dialog: Option<Dialog>,
    timers: Timers,
    keep_alive: u64,
    on_stage: Option<OnStage>,
    /// The server was seen to answer pings.
    pongs: bool,
}

impl Session {
    /// A session on a fresh connection, with its first request to send. `transport` is `TLS` or `TCP`, `local` this end
    /// of the connection.
    pub(crate) fn new(
        options: &ConnectOptions,
        transport: &str,
        local: SocketAddr,
        ready: oneshot::Sender<Result<(), ClientError>>,
    ) -> Self {
        let random = options.random.clone();
        let lower = transport.to_ascii_lowercase();
        let epid = options.epid.clone().unwrap_or_else(|| {
            let mut token = random.token();
            token.truncate(12);
            token
        });
        let user = options.address.user();
        let me = Identity {
            uri: options.address.to_uri(),
            instance: format!("urn:uuid:{}", random.guid()),
            via: format!("SIP/2.0/{transport} {local}"),
            contact: format!(
                "<sip:{user}@{local};transport={lower};ms-opaque={}>",
                random.token()
            ),
            address: options.address.clone(),
            epid,
        };
        let mut session = Self {
            input: BytesMut::new(),
            output: BytesMut::new(),
            events: VecDeque::new(),
            framer: Framer::new(Limits::default()),
            security: Security::new(
                options.authenticate.handshake(&options.address),
                random.clone(),
                options.clock.clone(),
            ),
            registration: Registration::new(random.token()),
            branch: format!("z9hG4bK{}", random.token()),
            random,
            clock: options.clock.clone(),
            me,
            now: 0,
            phase: Phase::Registering,
            ended: None,
            ready: Some(ready),
            signed_out: Vec::new(),
            transactions: ClientTransactions::new(),
            branches: 0,
            calls: BTreeMap::new(),
            envid: 0,
            invited: String::new(),
            dialog: None,
            timers: Timers {
                sign_in: Some(ms(SIGN_IN_DEADLINE)),
                ..Timers::default()
            },
            keep_alive: ms(options.keep_alive).max(1),
            on_stage: options.on_stage.clone(),
            pongs: false,
        };
        session.register(None);
        session
    }

    /// Why the session is over, once it is.
    pub(crate) fn ended(&self) -> Option<&ClientError> {
        self.ended.as_ref()
    }

    /// Whether another order can be taken now.
    pub(crate) fn takes_orders(&self) -> bool {
        self.phase == Phase::Ready && self.transactions.len() < OUTSTANDING_MAX
    }

    /// When [`Session::tick`] must be called at the latest.
    pub(crate) fn next_deadline(&mut self) -> Option<u64> {
        let call = self.calls.values().next().map(|call| call.deadline);
        let timers = self.timers.all().into_iter().filter_map(|timer| *timer);
        timers.chain(call).chain(self.transactions.next_timeout()).min()
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, now: u64) {
        self.now = now;
        fn due(timer: &mut Option<u64>, now: u64) -> bool {
            timer.take_if(|at| *at <= now).is_some()
        }
        if due(&mut self.timers.sign_in, now) || due(&mut self.timers.pong, now) {
            return self.end(ClientError::Silent);
        }
        if due(&mut self.timers.sign_out, now) {
            return self.end(ClientError::Left);
        }
        // A request without an answer for so long means that nobody is there.
        if let Some(pending) = self.transactions.timed_out(now) {
            fail(pending, &ClientError::Silent);
            return self.end(ClientError::Silent);
        }
        while let Some(call) = self.calls.first_entry().filter(|call| call.get().deadline <= now) {
            call.remove().answer(Err(CallError::NoReply));
        }
        if due(&mut self.timers.provisioning, now) {
            self.provisioned(&[]);
        }
        if due(&mut self.timers.register, now) {
            self.register(None);
        }
        if due(&mut self.timers.refresh, now) {
            self.refresh();
        }
        if due(&mut self.timers.ping, now) {
            self.output.extend_from_slice(PING);
            self.timers.ping = Some(now.saturating_add(self.keep_alive));
            if self.pongs {
                self.timers
                    .pong
                    .get_or_insert(now.saturating_add(ms(PING_DEADLINE)));
            }
        }
    }

    /// Ends the session: everyone who waits for something is told why.
    pub(crate) fn end(&mut self, error: ClientError) {
        if self.ended.is_some() {
            return;
        }
        while let Some(pending) = self.transactions.timed_out(u64::MAX) {
            fail(pending, &error);
        }
        while let Some((_, call)) = self.calls.pop_first() {
            call.answer(Err(CallError::Closed(error.clone())));
        }
        if let Some(ready) = self.ready.take() {
            // Whoever gave up waiting needs no answer.
            let _ = ready.send(Err(error.clone()));
        }
        for signed_out in self.signed_out.drain(..) {
            let _ = signed_out.send(());
        }
        self.events.push_back(Event::Closed(error.clone()));
        self.ended = Some(error);
    }

    /// Tells that a stage of the sign-in begins.
    fn begins(&self, stage: Stage) {
        if let Some(on_stage) = &self.on_stage {
            on_stage(stage);
        }
    }

    /// A branch that no other request has.
    fn next_branch(&mut self) -> String {
        self.branches += 1;
        format!("{}{:x}", self.branch, self.branches)
    }

    /// The beginning of a request outside of dialogs.
    fn head(&mut self, method: &Method, uri: &str, to: &str, call_id: &str, cseq: u32) -> Outgoing {
        let branch = self.next_branch();
        let me = &self.me;
        let tag = self.random.token();
        Outgoing::request(method, uri)
            .header(Header::Via, &format!("{};branch={branch}", me.via))
            .header(Header::MaxForwards, "70")
            .header(Header::From, &format!("<{}>;tag={tag};epid={}", me.uri, me.epid))
            .header(Header::To, &format!("<{to}>"))
            .header(Header::CallId, call_id)
            .header(Header::CSeq, &format!("{cseq} {method}"))
            .header(Header::UserAgent, USER_AGENT)
    }

    /// The first request to that URI, with a Call-ID of its own.
    fn outside(&mut self, method: &Method, uri: &str) -> Outgoing {
        let call_id = self.random.token();
        self.head(method, uri, uri, &call_id, 1)
            .header(Header::Contact, &self.me.contact)
    }

    /// A request in the dialog.
    fn inside(&mut self, method: &Method) -> Option<Outgoing> {
        let branch = self.next_branch();
        let dialog = self.dialog.as_mut()?;
        match dialog.request(method, &self.me.via, &branch) {
            Ok(request) => Some(request),
            Err(error) => {
                self.end(ClientError::Protocol(error.to_string()));
                None
            }
        }
    }

    /// Signs a request and sends it.
    fn send(&mut self, mut request: Outgoing, pending: Pending) {
        self.security.sign(&mut request);
        self.send_as_is(&request, pending);
    }

    fn send_as_is(&mut self, request: &Outgoing, pending: Pending) {
        if let Some(key) = TransactionKey::of_outgoing(request)
            && let Err(pending) = self.transactions.insert(key, pending, self.now)
        {
            return fail(
                pending,
                &ClientError::Protocol("too many requests are waiting".to_owned()),
            );
        }
        self.write(request);
    }

    /// Signs and sends what gets no answer.
    fn respond(&mut self, mut message: Outgoing) {
        self.security.sign(&mut message);
        self.write(&message);
    }

    fn write(&mut self, message: &Outgoing) {
        message.encode_into(&mut self.output);
        self.timers.ping = Some(self.now.saturating_add(self.keep_alive));
    }
}

/// Tells who waits for a request that it won't be answered.
fn fail(pending: Pending, error: &ClientError) {
    match pending {
        Pending::Post(post) => {
            let _ = post.send(Err(PostError::closed(error)));
        }
        Pending::Raw(raw) => {
            let _ = raw.send(Err(CallError::Closed(error.clone())));
        }
        _ => {}
    }
}
