//! One signed-in device. A state machine: it does no I/O, and the present, in nanoseconds since the run began, is an
//! argument.
//!
//! A load run holds thousands of them and must not cost more than the server. So in steady state nothing is parsed but
//! what the checks need: see [`scan`]. One message in so many takes the long way, and has its signature verified.

mod context;
pub(crate) mod scan;
mod security;
mod sign_in;
pub(crate) mod stream;

pub(crate) use self::context::{Context, Counters, Rooms};
use self::{
    scan::{Document, Front, Head},
    security::Security,
    sign_in::{Identity, Phase},
};
use crate::{
    fleet::Newcomer,
    ledger::{Cursor, Posted, UNANSWERED},
    stamp::Stamp,
};
use bytes::{Bytes, BytesMut};
use causerie_model::Timestamp;
use causerie_sip::{
    CheckedResponse, Dialog, Header, Headers, Message, Method, Outgoing, Request, check_response,
};
use causerie_xccos::{Extra, Post, client};
use std::{collections::VecDeque, fmt, net::SocketAddr, task::Waker};

/// Every XCCOS body is of this type.
const TEXT_PLAIN: &str = "text/plain";
/// How many posts one dialog may have open at this server.
pub(crate) const WINDOW_MAX: usize = 256;
/// A ping of RFC 5626 §3.5.1.
const PING: &[u8] = b"\r\n\r\n";

/// Why an endpoint isn't connected any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Come again in so many seconds.
    Busy(u32),
    /// The server refused a step of the sign-in.
    Refused(&'static str, u16, String),
    /// The server said something that can't be.
    Protocol(String),
    /// The server ended it, or the connection broke.
    Closed(String),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(seconds) => write!(f, "the server is busy: come again in {seconds} s"),
            Self::Refused(step, status, reason) => write!(f, "{step}: {status} {reason}"),
            Self::Protocol(detail) | Self::Closed(detail) => f.write_str(detail),
        }
    }
}

/// What an INFO of ours waits for.
#[derive(Clone, Copy, Debug)]
enum Waiting {
    /// The 200 to a command; the reply comes by itself.
    Command,
    /// The fate of a post.
    Post { sequence: u32, due: u64 },
}

/// Posts in closed loop: so many are always open.
#[derive(Clone, Debug)]
struct ClosedLoop {
    /// Places in [`Endpoint::cursors`], in turn.
    slots: Vec<usize>,
    window: usize,
}

/// The header lines that every request of the server in our dialog has, and what a signature over the answer covers.
struct Known {
    from: Box<[u8]>,
    to: Box<[u8]>,
    call_id: Box<[u8]>,
    from_uri: String,
    from_tag: String,
    to_uri: String,
    to_tag: String,
}

/// One device.
pub(crate) struct Endpoint {
    pub(crate) number: u32,
    /// The kernel is to hold little for it.
    pub(crate) narrow: bool,
    /// The rooms that it is to enter, and how far it has come in each.
    pub(crate) cursors: Vec<Cursor>,
    /// Its posts, in order.
    pub(crate) posted: Vec<Posted>,
    /// To be sent.
    pub(crate) output: BytesMut,
    /// The connection may hold octets that it took and hasn't sent.
    pub(crate) unflushed: bool,
    /// The task of its connection, to be woken when there is something to be sent.
    pub(crate) waker: Option<Waker>,
    /// Whether what comes is read at all.
    pub(crate) reads: bool,
    pub(crate) ended: Option<End>,
    /// How many old messages of each room it reads when it has entered; 0 for none.
    history: u32,
    me: Identity,
    phase: Phase,
    security: Security,
    dialog: Option<Dialog>,
    known: Option<Known>,
    /// The beginning of a message, and how much there must be before it is worth a look.
    partial: Vec<u8>,
    need: usize,
    waiting: VecDeque<(u32, Waiting)>,
    open_posts: usize,
    closed_loop: Option<ClosedLoop>,
    /// A Retry-After holds until then.
    held_until: u64,
    /// The place in `cursors` that the last message was for.
    recent: usize,
    received: u32,
    envelope: u64,
    /// The envelope whose reply the sign-in waits for.
    asked: u64,
    branches: u64,
}

impl Endpoint {
    /// A device that isn't connected yet.
    pub(crate) fn new(newcomer: &Newcomer) -> Self {
        Self {
            number: newcomer.number,
            narrow: newcomer.narrow,
            cursors: newcomer.rooms.iter().map(|room| Cursor::new(*room)).collect(),
            posted: Vec::new(),
            output: BytesMut::new(),
            unflushed: false,
            waker: None,
            reads: true,
            ended: None,
            history: newcomer.history,
            me: Identity::new(&newcomer.address),
            phase: Phase::Registering,
            security: Security::default(),
            dialog: None,
            known: None,
            partial: Vec::new(),
            need: 0,
            waiting: VecDeque::new(),
            open_posts: 0,
            closed_loop: None,
            held_until: 0,
            recent: 0,
            received: 0,
            envelope: 0,
            asked: 0,
            branches: 0,
        }
    }

    /// A connection was made: forgets the one before and begins to sign in. `transport` is `TCP` or `TLS`.
    pub(crate) fn connected(
        &mut self,
        transport: &str,
        local: SocketAddr,
        signs: bool,
        context: &mut Context,
    ) {
        self.me.connected(transport, local, &mut context.dice);
        self.security = Security::new(signs);
        self.phase = Phase::Registering;
        (self.dialog, self.known, self.ended) = (None, None, None);
        (self.output, self.unflushed) = (BytesMut::new(), false);
        self.partial = Vec::new();
        self.waiting.clear();
        self.open_posts = 0;
        // What comes between two attempts is owed to nobody.
        for cursor in &mut self.cursors {
            *cursor = Cursor::new(cursor.room);
        }
        self.register(None, context);
    }

    /// Whether it has signed in, entered its rooms, and read what it wanted of them.
    pub(crate) fn is_ready(&self) -> bool {
        self.phase == Phase::Ready && self.ended.is_none()
    }

    /// Posts that wait for their answer.
    pub(crate) fn open_posts(&self) -> usize {
        self.open_posts
    }

    /// Ends it, and has its task woken.
    pub(crate) fn end(&mut self, end: End) {
        self.ended.get_or_insert(end);
        self.wake();
    }

    /// Has its task look what there is to do.
    pub(crate) fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Octets came in.
    pub(crate) fn received(&mut self, octets: &[u8], now: u64, context: &mut Context) {
        if self.partial.is_empty() {
            let used = self.work(octets, now, context);
            self.partial
                .extend_from_slice(octets.get(used..).unwrap_or_default());
        } else {
            self.partial.extend_from_slice(octets);
            if self.partial.len() >= self.need {
                let mut partial = std::mem::take(&mut self.partial);
                let used = self.work(&partial, now, context);
                if used < partial.len() {
                    partial.drain(..used);
                    self.partial = partial;
                }
            }
        }
        self.fill(now, context);
    }

    /// Handles the messages that are whole; says how many octets that were.
    fn work(&mut self, stream: &[u8], now: u64, context: &mut Context) -> usize {
        let mut at = 0;
        while self.ended.is_none() {
            let rest = stream.get(at..).unwrap_or_default();
            match scan::front(rest) {
                Front::More(need) => {
                    self.need = need;
                    break;
                }
                Front::Blank(octets) => at += octets,
                Front::Message(head) => {
                    at += head.total;
                    let raw = rest.get(..head.total).unwrap_or_default();
                    self.message(&head, raw, now, context);
                }
                Front::Broken => self.end(End::Protocol(
                    "what the server sends can't be cut into messages".to_owned(),
                )),
            }
        }
        at
    }

    fn message(&mut self, head: &Head<'_>, raw: &[u8], now: u64, context: &mut Context) {
        self.received = self.received.wrapping_add(1);
        let sampled = self
            .received
            .wrapping_add(self.number)
            .is_multiple_of(context.verify_every);
        if head.unusual || self.phase != Phase::Ready || (sampled && self.security.is_established()) {
            return self.long_way(head, raw, now, context);
        }
        let in_dialog = self.known.as_ref().is_some_and(|known| {
            *known.from == *head.from && *known.to == *head.to && *known.call_id == *head.call_id
        });
        match head.cseq_parts() {
            Some((number, "INFO")) if head.is_info() && in_dialog => {
                self.answer_in_dialog(head, number, context);
                let body = raw.get(head.head..).unwrap_or_default();
                self.document(body, now, context);
            }
            Some((number, "INFO")) if head.status() == Some(200) => {
                if let Ok(number) = number.parse() {
                    self.answered(number, 200, 0, now, context);
                }
            }
            _ => self.long_way(head, raw, now, context),
        }
    }

    /// The 200 to a request of the server in our dialog: its lines as they came.
    fn answer_in_dialog(&mut self, head: &Head<'_>, cseq: &str, context: &mut Context) {
        let Some(known) = &self.known else { return };
        let output = &mut self.output;
        output.extend_from_slice(b"SIP/2.0 200 OK\r\n");
        for line in [head.via, head.from, head.to, head.call_id, head.cseq] {
            output.extend_from_slice(line);
        }
        let call_id = std::str::from_utf8(scan::value(head.call_id)).unwrap_or_default();
        self.security
            .sign_answer(known, call_id, cseq, output, &mut context.dice);
        output.extend_from_slice(b"Content-Length: 0\r\n\r\n");
    }

    /// A message that is parsed and verified in full.
    fn long_way(&mut self, head: &Head<'_>, raw: &[u8], now: u64, context: &mut Context) {
        let message = match Message::parse(Bytes::copy_from_slice(raw)) {
            Ok(message) => message,
            Err(error) => return self.end(End::Protocol(format!("the server sent no SIP message: {error}"))),
        };
        if let Err(detail) = self.security.verify(&message, context.unix_seconds()) {
            return self.end(End::Protocol(detail));
        }
        match &message {
            Message::Request(request) => self.request(head, request, now, context),
            Message::Response(response) => {
                if let Ok(response) = check_response(response) {
                    self.response(&response, now, context);
                }
            }
        }
    }

    fn request(&mut self, head: &Head<'_>, request: &Request, now: u64, context: &mut Context) {
        match request.method() {
            Method::Ack => return,
            Method::Notify | Method::Benotify => {
                let event = request.headers().get(Header::Event).unwrap_or_default();
                if event.starts_with("registration") {
                    self.end(End::Closed("the server signed the user out".to_owned()));
                }
                if *request.method() == Method::Benotify {
                    return;
                }
            }
            Method::Info if self.known.is_none() && !head.unusual => self.learn(head, request.headers()),
            _ => {}
        }
        let mut response = Outgoing::response(request.headers(), 200, None);
        self.sign(&mut response, context);
        response.encode_into(&mut self.output);
        match request.method() {
            Method::Info => self.document(request.body(), now, context),
            Method::Bye => self.end(End::Closed("the server ended the dialog".to_owned())),
            _ => {}
        }
    }

    /// Remembers what every request of the server in our dialog looks like.
    fn learn(&mut self, head: &Head<'_>, headers: &Headers) {
        let fields = causerie_sip::SignatureFields::of(headers, None);
        let ours = self.dialog.as_ref().is_some_and(|dialog| {
            let id = dialog.id();
            id.call_id == *fields.call_id
                && id.local_tag == *fields.to_tag
                && id.remote_tag == *fields.from_tag
        });
        if ours {
            self.known = Some(Known {
                from: head.from.into(),
                to: head.to.into(),
                call_id: head.call_id.into(),
                from_uri: fields.from_uri.to_owned(),
                from_tag: fields.from_tag.to_owned(),
                to_uri: fields.to_uri.to_owned(),
                to_tag: fields.to_tag.to_owned(),
            });
        }
    }

    fn response(&mut self, response: &CheckedResponse, now: u64, context: &mut Context) {
        let status = response.status();
        if status < 200 {
            return;
        }
        match response.cseq.method {
            Method::Register => self.registered(response, context),
            Method::Invite => self.invited(response, context),
            Method::Info => {
                let retry_after = retry_after(response.headers()).unwrap_or(0);
                self.answered(response.cseq.number, status, retry_after, now, context);
            }
            _ => {}
        }
    }

    /// An INFO of ours was answered.
    fn answered(&mut self, cseq: u32, status: u16, retry_after: u32, now: u64, context: &mut Context) {
        let Some(place) = self.waiting.iter().position(|(waiting, _)| *waiting == cseq) else {
            return context.ledger.stray(self.number, "an answer to nothing");
        };
        match self.waiting.remove(place) {
            Some((_, Waiting::Post { sequence, due })) => {
                self.open_posts -= 1;
                if let Some(posted) = self.posted.get_mut(sequence as usize) {
                    posted.status = status;
                }
                if status == 503 {
                    self.held_until = now + u64::from(retry_after) * 1_000_000_000;
                }
                context.post_answered(status, due, now);
            }
            Some((_, Waiting::Command)) if status >= 300 => {
                self.end(End::Refused("a command", status, String::new()));
            }
            _ => {}
        }
    }

    /// What an INFO brought.
    fn document(&mut self, body: &[u8], now: u64, context: &mut Context) {
        match context.reader.read(body) {
            Document::Chat(chat) => {
                let rooms = &context.rooms;
                let is_room = |cursor: &Cursor| rooms.uri(cursor.room).as_bytes() == chat.room;
                if !self.cursors.get(self.recent).is_some_and(is_room) {
                    let Some(found) = self.cursors.iter().position(is_room) else {
                        return context
                            .ledger
                            .stray(self.number, "a message of a room that wasn't entered");
                    };
                    self.recent = found;
                }
                let stamp = Stamp::read(chat.text);
                // Whoever is slow on purpose gets everything in order, and says nothing about how fast it is.
                let now = if self.narrow { 0 } else { now };
                if let Some(stamp) = stamp {
                    context.delivered(stamp.due, now);
                }
                if let Some(cursor) = self.cursors.get_mut(self.recent) {
                    context.ledger.see(self.number, cursor, chat.chat_id, stamp, now);
                }
            }
            Document::Notice => context.counters.notices.add(1),
            Document::Reply => self.replied(body, now, context),
            Document::Other => context.ledger.stray(self.number, "a document that can't be read"),
        }
    }

    /// Posts into the room at `slot` of its cursors what was due at `due`. `false` when it can't post (any more).
    pub(crate) fn post(&mut self, slot: usize, due: u64, context: &mut Context) -> bool {
        let (Some(cursor), true) = (self.cursors.get(slot), self.is_ready()) else {
            return false;
        };
        let room = cursor.room;
        let sequence = self.posted.len() as u32;
        let stamp = Stamp {
            run: context.run,
            sender: self.number,
            sequence,
            due,
        };
        let seconds = i64::try_from(context.unix_seconds()).unwrap_or_default();
        let post = Post {
            chan_uri: context.rooms.uri(room).to_owned(),
            author: Some(self.me.uri.clone()),
            ts: Some(Timestamp::from_unix_seconds(seconds).to_string()),
            text: stamp.text(context.text_size),
            extra: Extra::NONE,
        };
        self.envelope += 1;
        let body = client::post(&self.envelope.to_string(), &post);
        if !self.info(body, Waiting::Post { sequence, due }, context) {
            return false;
        }
        self.posted.push(Posted {
            room,
            status: UNANSWERED,
        });
        self.open_posts += 1;
        context.counters.offered.add(1);
        true
    }

    /// Sends an INFO in the dialog.
    fn info(&mut self, body: String, waiting: Waiting, context: &mut Context) -> bool {
        let Some(request) = self.inside(&Method::Info) else {
            return false;
        };
        let mut request = request.body(TEXT_PLAIN, Bytes::from(body));
        self.sign(&mut request, context);
        request.encode_into(&mut self.output);
        let cseq = self.dialog.as_ref().map_or(0, Dialog::local_cseq);
        self.waiting.push_back((cseq, waiting));
        true
    }

    /// A request in the dialog.
    fn inside(&mut self, method: &Method) -> Option<Outgoing> {
        self.branches += 1;
        let branch = format!("{}{:x}", self.me.branch, self.branches);
        self.dialog.as_mut()?.request(method, &self.me.via, &branch).ok()
    }

    fn sign(&mut self, message: &mut Outgoing, context: &mut Context) {
        self.security.sign(message, &mut context.dice);
    }

    /// From now on `window` posts are always open, in the rooms at these places of its cursors in turn.
    pub(crate) fn begin_closed_loop(
        &mut self,
        slots: Vec<usize>,
        window: usize,
        now: u64,
        context: &mut Context,
    ) {
        self.closed_loop = Some(ClosedLoop {
            slots,
            window: window.min(WINDOW_MAX),
        });
        self.fill(now, context);
        self.wake();
    }

    /// Posts no more by itself.
    pub(crate) fn end_closed_loop(&mut self) {
        self.closed_loop = None;
    }

    /// In closed loop: posts until the window is full again. Not while a Retry-After holds.
    pub(crate) fn fill(&mut self, now: u64, context: &mut Context) {
        while let Some(closed_loop) = &self.closed_loop {
            if self.open_posts >= closed_loop.window || now < self.held_until {
                return;
            }
            let turn = self.posted.len() % closed_loop.slots.len().max(1);
            let Some(slot) = closed_loop.slots.get(turn).copied() else {
                return;
            };
            if !self.post(slot, now, context) {
                return;
            }
        }
    }

    /// Whether a Retry-After holds.
    pub(crate) fn is_held(&self, now: u64) -> bool {
        now < self.held_until
    }

    /// Shows that it is still there.
    pub(crate) fn ping(&mut self) {
        if self.output.is_empty() && self.is_ready() {
            self.output.extend_from_slice(PING);
            self.wake();
        }
    }
}

/// The seconds of Retry-After (RFC 3261 §20.33).
fn retry_after(headers: &Headers) -> Option<u32> {
    let value = headers.get(Header::RetryAfter)?;
    let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    value.get(..digits)?.parse().ok()
}

#[cfg(test)]
mod tests;
