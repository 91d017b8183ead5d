//! The way in: REGISTER, INVITE to the chat service, a batch join of the rooms, and their newest messages.

use super::{Context, End, Endpoint, Waiting, retry_after};
use crate::{arrivals::Dice, target::DOMAIN};
use bytes::Bytes;
use causerie_sip::{CheckedResponse, Dialog, Header, Headers, Method, Outgoing};
use causerie_xccos::{
    Command, client,
    commands::{Backchat, BatchJoin, ChannelId},
    names::element,
};
use memchr::memmem;
use std::net::SocketAddr;

/// What this client takes.
const ALLOW: &str = "INFO, NOTIFY, BENOTIFY, OPTIONS, UPDATE, BYE";
/// How this client names itself.
const USER_AGENT: &str = concat!("causerie-load/", env!("CARGO_PKG_VERSION"));
/// Rooms that one request for old messages names.
const HISTORY_ROOMS: usize = 50;
/// Rooms that one batch join names.
const JOIN_ROOMS: usize = 500;

/// How far the sign-in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing proved, or the challenge asked for.
    Registering,
    /// The challenge was answered.
    Proving,
    Inviting,
    /// Rooms up to this place are asked for.
    Joining(usize),
    /// Old messages of rooms up to this place are asked for.
    Reading(usize),
    Ready,
}

/// Who this endpoint is on its connection.
#[derive(Debug, Default)]
pub(super) struct Identity {
    /// Without `sip:`.
    address: String,
    pub(super) uri: String,
    /// Via without its branch.
    pub(super) via: String,
    /// What all branches begin with.
    pub(super) branch: String,
    contact: String,
    instance: String,
    epid: String,
    /// Of the registration, and how many REGISTERs were sent in it.
    call_id: String,
    cseq: u32,
    host: String,
}

impl Identity {
    pub(super) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            uri: format!("sip:{address}"),
            ..Self::default()
        }
    }

    pub(super) fn connected(&mut self, transport: &str, local: SocketAddr, dice: &mut Dice) {
        let user = self.address.split('@').next().unwrap_or_default();
        self.via = format!("SIP/2.0/{transport} {local}");
        self.contact = format!(
            "<sip:{user}@{local};transport={};ms-opaque={}>",
            transport.to_ascii_lowercase(),
            dice.token()
        );
        self.host = local.ip().to_string();
        self.branch = format!("z9hG4bK{}", dice.token());
        self.call_id = dice.token();
        self.cseq = 0;
        if self.epid.is_empty() {
            let mut bytes = [0; 16];
            dice.fill(&mut bytes);
            self.instance = uuid::Builder::from_random_bytes(bytes).into_uuid().to_string();
            self.epid = dice.token().get(..12).unwrap_or_default().to_owned();
        }
    }
}

impl Endpoint {
    /// The beginning of a request outside of the dialog.
    fn outside(
        &mut self,
        method: &Method,
        (uri, to): (&str, &str),
        (call_id, cseq): (&str, u32),
        dice: &mut Dice,
    ) -> Outgoing {
        self.branches += 1;
        let me = &self.me;
        Outgoing::request(method, uri)
            .header(
                Header::Via,
                &format!("{};branch={}{:x}", me.via, me.branch, self.branches),
            )
            .header(Header::MaxForwards, "70")
            .header(
                Header::From,
                &format!("<{}>;tag={};epid={}", me.uri, dice.token(), me.epid),
            )
            .header(Header::To, &format!("<{to}>"))
            .header(Header::CallId, call_id)
            .header(Header::CSeq, &format!("{cseq} {method}"))
            .header(Header::UserAgent, USER_AGENT)
    }

    /// Sends a REGISTER, with the answer to that challenge if there is one.
    pub(super) fn register(&mut self, challenge: Option<&Headers>, context: &mut Context) {
        self.me.cseq += 1;
        let (uri, call_id, cseq) = (self.me.uri.clone(), self.me.call_id.clone(), self.me.cseq);
        let registrar = format!("sip:{DOMAIN}");
        let contact = format!(
            "{};methods=\"{ALLOW}\";proxy=replace;+sip.instance=\"<urn:uuid:{}>\"",
            self.me.contact, self.me.instance
        );
        let mut request = self
            .outside(
                &Method::Register,
                (&registrar, &uri),
                (&call_id, cseq),
                &mut context.dice,
            )
            .header(Header::Contact, &contact)
            .header(Header::Supported, "gruu-10, adhoclist, msrtc-event-categories")
            .header(Header::Event, "registration")
            .header(Header::MsKeepAlive, "UAC;hop-hop=yes");
        if let Some(challenge) = challenge {
            let now = context.unix_seconds();
            let user = &self.me.address;
            let answered = self.security.answer(
                user,
                &context.nt_hash,
                challenge,
                &mut request,
                (&mut context.dice, now),
            );
            match answered {
                Ok(true) => self.phase = Phase::Proving,
                Ok(false) => {}
                Err(detail) => return self.end(End::Protocol(detail)),
            }
        }
        request.encode_into(&mut self.output);
    }

    /// A REGISTER was answered.
    pub(super) fn registered(&mut self, response: &CheckedResponse, context: &mut Context) {
        match response.status() {
            200..300 if self.phase == Phase::Ready => {}
            200..300 if self.security.is_satisfied() => self.invite(context),
            200..300 => self.end(End::Protocol("the server lets in without proof".to_owned())),
            // A third challenge means that the answer to the second was wrong.
            401 if self.phase == Phase::Registering && self.me.cseq < 3 => {
                self.register(Some(response.headers()), context);
            }
            _ => self.refused("sign-in", response),
        }
    }

    fn refused(&mut self, step: &'static str, response: &CheckedResponse) {
        self.end(match retry_after(response.headers()) {
            Some(seconds) => End::Busy(seconds),
            None => End::Refused(step, response.status(), response.response.reason().to_owned()),
        });
    }

    fn invite(&mut self, context: &mut Context) {
        self.phase = Phase::Inviting;
        let host = &self.me.host;
        // A formality: no media flows.
        let sdp = format!(
            "v=0\r\no=- 0 0 IN IP4 {host}\r\ns=session\r\nc=IN IP4 {host}\r\nt=0 0\r\n\
             m=message 5060 sip null\r\na=accept-types:text/plain\r\n"
        );
        let service = format!("sip:ocschat@{DOMAIN}");
        let call_id = context.dice.token();
        let contact = self.me.contact.clone();
        let mut request = self
            .outside(
                &Method::Invite,
                (&service, &service),
                (&call_id, 1),
                &mut context.dice,
            )
            .header(Header::Contact, &contact)
            .header(Header::Supported, "ms-sender")
            .body("application/sdp", Bytes::from(sdp));
        self.sign(&mut request, context);
        request.encode_into(&mut self.output);
    }

    /// The INVITE was answered.
    pub(super) fn invited(&mut self, response: &CheckedResponse, context: &mut Context) {
        if response.status() >= 300 {
            return self.refused("chat service", response);
        }
        match Dialog::uac(response) {
            Ok(dialog) => self.dialog = Some(dialog),
            Err(error) => return self.end(End::Protocol(error.to_string())),
        }
        if let Some(mut ack) = self.inside(&Method::Ack) {
            self.sign(&mut ack, context);
            ack.encode_into(&mut self.output);
        }
        self.join(0, context);
    }

    fn command(&mut self, command: &Command, context: &mut Context) {
        self.envelope += 1;
        self.asked = self.envelope;
        let body = client::command(&self.envelope.to_string(), command);
        self.info(body, Waiting::Command, context);
    }

    /// Enters the rooms from that place on.
    fn join(&mut self, from: usize, context: &mut Context) {
        let next = self.cursors.iter().skip(from).take(JOIN_ROOMS);
        let rooms: Vec<ChannelId> = next
            .enumerate()
            .map(|(key, cursor)| ChannelId {
                key: key.to_string(),
                domain: DOMAIN.to_owned(),
                guid: context.rooms.guid(cursor.room).to_owned(),
            })
            .collect();
        if rooms.is_empty() {
            return self.read(0, context);
        }
        self.phase = Phase::Joining(from + rooms.len());
        self.command(&Command::BatchJoin(BatchJoin { rooms }), context);
    }

    /// Reads old messages of the rooms from that place on.
    fn read(&mut self, from: usize, context: &mut Context) {
        let next = self.cursors.iter().skip(from).take(HISTORY_ROOMS);
        let chan_uris: Vec<String> = next
            .map(|cursor| context.rooms.uri(cursor.room).to_owned())
            .collect();
        if self.history == 0 || chan_uris.is_empty() {
            self.phase = Phase::Ready;
            return;
        }
        self.phase = Phase::Reading(from + chan_uris.len());
        let last = Some(self.history);
        self.command(&Command::Backchat(Backchat { chan_uris, last }), context);
    }

    /// A reply came. Those to refused posts say what their response has said.
    pub(super) fn replied(&mut self, body: &[u8], now: u64, context: &mut Context) {
        let Some((envelope, code)) = context.reader.reply(body) else {
            return context.ledger.stray(self.number, "a reply that can't be read");
        };
        if envelope != self.asked || self.phase == Phase::Ready {
            return;
        }
        if code != 200 {
            let step = if matches!(self.phase, Phase::Joining(_)) {
                "join"
            } else {
                "history"
            };
            return self.end(End::Refused(step, code, String::new()));
        }
        match self.phase {
            Phase::Joining(to) => {
                let failure = format!("<{} ", element::FIB);
                let failures = memmem::find_iter(body, failure.as_bytes()).count();
                if failures > 0 {
                    let detail = format!("{failures} rooms can't be entered");
                    return self.end(End::Refused("join", code, detail));
                }
                for cursor in self
                    .cursors
                    .iter_mut()
                    .take(to)
                    .filter(|cursor| cursor.joined.is_none())
                {
                    cursor.joined = Some(now);
                }
                self.join(to, context);
            }
            Phase::Reading(to) => {
                let message = format!("<{} ", element::MSG);
                let messages = memmem::find_iter(body, message.as_bytes()).count();
                context.counters.history.add(messages as u64);
                self.read(to, context);
            }
            _ => {}
        }
    }
}
