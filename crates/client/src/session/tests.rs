//! What is due, when the present is an argument: keep-alives, renewals and deadlines. The rest is tested from outside.

use std::sync::Arc;

use causerie_model::{Clock, Random, SipAddress, Timestamp};
use causerie_sip::{Frame, Framer, Header, Limits, Message, Outgoing, Request};
use causerie_xccos::{Correlation, reply};
use tokio::sync::oneshot;

use super::{CALL_DEADLINE, KEEP_ALIVE, Order, PING, PING_DEADLINE, SIGN_IN_DEADLINE, Session, ms};
use crate::{Authenticate, CallError, ClientError, ConnectOptions, Event, PROVISIONING_DEADLINE, Transport};

struct Zero;

impl Random for Zero {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

impl Clock for Zero {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}

struct Script {
    session: Session,
    _ready: oneshot::Receiver<Result<(), ClientError>>,
}

impl Script {
    fn new() -> Self {
        let address = SipAddress::parse("alice@example.test").unwrap();
        let mut options =
            ConnectOptions::new("", Transport::Tcp, address, "", Arc::new(Zero), Arc::new(Zero));
        options.authenticate = Authenticate::None;
        let (ready, wait) = oneshot::channel();
        let session = Session::new(&options, "TCP", "127.0.0.1:9".parse().unwrap(), ready);
        Self {
            session,
            _ready: wait,
        }
    }

    /// The requests that were sent since.
    fn sent(&mut self) -> Vec<Request> {
        let mut framer = Framer::new(Limits::default());
        let mut requests = Vec::new();
        while let Some(frame) = framer.next(&mut self.session.output).unwrap() {
            if let Frame::Message(raw) = frame
                && let Message::Request(request) = Message::parse(raw).unwrap()
            {
                requests.push(request);
            }
        }
        requests
    }

    fn methods(&mut self) -> Vec<String> {
        let sent = self.sent();
        sent.iter().map(|request| request.method().to_string()).collect()
    }

    fn receive(&mut self, message: &Outgoing, now: u64) {
        message.encode_into(&mut self.session.input);
        self.session.received(now);
    }

    fn last(&mut self) -> Request {
        self.sent().pop().expect("a request")
    }

    /// Signed in at second 0, with a registration of 7,200 s and a session of 1,800 s.
    fn ready() -> Self {
        let mut script = Self::new();
        let register = script.last();
        let response = Outgoing::response(register.headers(), 200, Some("peer"));
        script.receive(&response.header(Header::Expires, "7200"), 0);
        let invite = script.last();
        let response = Outgoing::response(invite.headers(), 200, Some("peer"))
            .header(Header::Contact, "<sip:peer@127.0.0.1>")
            .header(Header::SessionExpires, "1800;refresher=uac");
        script.receive(&response, 0);
        let requri = script.last();
        script.answer(&requri, 0);
        script.inform(
            &requri,
            1,
            &reply::request_uri(&to("1"), "sip:ocschat@example.test"),
        );
        let info = script.last();
        script.answer(&info, 0);
        script.inform(&requri, 2, &reply::error("getservinfo", &to("2"), 200, ""));
        assert!(script.session.takes_orders());
        script.sent();
        script
    }

    fn answer(&mut self, request: &Request, now: u64) {
        let response = Outgoing::response(request.headers(), 200, None);
        self.receive(&response, now);
    }

    /// An INFO from the server in the dialog of one of the client's requests.
    fn inform(&mut self, of: &Request, cseq: u32, body: &str) {
        let header = |name| of.headers().get(name).unwrap();
        let info = Outgoing::request(&causerie_sip::Method::Info, "sip:alice@127.0.0.1:9")
            .header(
                Header::Via,
                &format!("SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK{cseq}"),
            )
            .header(Header::From, header(Header::To))
            .header(Header::To, header(Header::From))
            .header(Header::CallId, header(Header::CallId))
            .header(Header::CSeq, &format!("{cseq} INFO"))
            .body("text/plain", body.to_owned().into());
        self.receive(&info, 0);
    }

    fn ended(&self) -> Option<ClientError> {
        self.session.ended().cloned()
    }
}

fn to(envid: &str) -> Correlation<'_> {
    Correlation {
        envid: "9",
        request_envid: envid,
        request_seqid: "1",
    }
}

#[test]
fn a_sign_in_has_a_deadline() {
    let mut script = Script::new();
    // The first request alone would be waited for less long: that is a dead server too.
    let register = script.last();
    let response = Outgoing::response(register.headers(), 200, Some("peer"));
    script.receive(
        &response.header(Header::AllowEvents, "vnd-microsoft-provisioning-v2"),
        0,
    );
    let subscribe = script.last();
    script.answer(&subscribe, 0);
    let provisioning = ms(PROVISIONING_DEADLINE);
    assert_eq!(script.session.next_deadline(), Some(provisioning));
    script.session.tick(provisioning - 1);
    assert!(script.methods().is_empty());
    script.session.tick(provisioning);
    assert_eq!(script.methods(), ["INVITE"]);
    let deadline = ms(SIGN_IN_DEADLINE);
    script.session.timers.ping = None;
    script.session.transactions = causerie_sip::ClientTransactions::new();
    script.session.tick(deadline - 1);
    assert_eq!(script.ended(), None);
    script.session.tick(deadline);
    assert_eq!(script.ended(), Some(ClientError::Silent));
    assert_eq!(script.session.events, [Event::Closed(ClientError::Silent)]);
}

#[test]
fn an_idle_connection_is_kept_alive() {
    let mut script = Script::ready();
    let due = ms(KEEP_ALIVE);
    script.session.tick(due - 1);
    assert!(script.session.output.is_empty());
    script.session.tick(due);
    assert_eq!(script.session.output.split(), PING);
    // Nobody says that this server answers pings.
    script.session.tick(due + ms(PING_DEADLINE));
    assert_eq!(script.ended(), None);
    // Now it has: from here on it must.
    script.session.input.extend_from_slice(b"\r\n");
    script.session.received(due + 1);
    script.session.tick(2 * due);
    assert_eq!(script.session.output.split(), PING);
    script.session.tick(2 * due + ms(PING_DEADLINE) - 1);
    assert_eq!(script.ended(), None);
    script.session.tick(2 * due + ms(PING_DEADLINE));
    assert_eq!(script.ended(), Some(ClientError::Silent));
}

#[test]
fn an_answered_ping_is_no_reason_to_end() {
    let mut script = Script::ready();
    script.session.input.extend_from_slice(b"\r\n");
    script.session.received(1);
    script.session.tick(ms(KEEP_ALIVE));
    script.session.input.extend_from_slice(b"\r\n");
    script.session.received(ms(KEEP_ALIVE) + 1);
    script.session.tick(ms(KEEP_ALIVE) + ms(PING_DEADLINE));
    assert_eq!(script.ended(), None);
}

#[test]
fn dialog_and_registration_are_renewed_in_time() {
    let mut script = Script::ready();
    script.session.tick(900_000 - 1);
    assert!(script.methods().is_empty());
    script.session.tick(900_000);
    let update = script.last();
    assert_eq!(update.method().as_str(), "UPDATE");
    let response = Outgoing::response(update.headers(), 200, None).header(Header::SessionExpires, "40000");
    script.receive(&response, 900_000);
    script.session.tick(7_170_000 - 1);
    assert!(script.methods().is_empty());
    script.session.tick(7_170_000);
    let register = script.last();
    assert_eq!(register.method().as_str(), "REGISTER");
    assert_eq!(register.headers().get(Header::CSeq), Some("2 REGISTER"));
    let response = Outgoing::response(register.headers(), 200, None).header(Header::Expires, "100");
    script.receive(&response, 7_170_000);
    assert_eq!(script.session.timers.register, Some(7_170_000 + 70_000));
    assert_eq!(script.ended(), None);
}

#[test]
fn a_command_without_reply_and_a_request_without_response_have_deadlines() {
    let mut script = Script::ready();
    let (answer, mut answered) = oneshot::channel();
    let command = causerie_xccos::Command::RequestUri;
    script.session.order(Order::Command(command, answer), 0);
    let info = script.last();
    script.answer(&info, 0);
    let due = ms(CALL_DEADLINE);
    script.session.tick(due - 1);
    assert!(answered.try_recv().is_err());
    script.session.tick(due);
    assert_eq!(answered.try_recv().unwrap(), Err(CallError::NoReply));
    assert_eq!(script.ended(), None);

    let (answer, mut answered) = oneshot::channel();
    let post = Order::Post {
        room: String::new(),
        text: String::new(),
        alert: false,
        answer,
    };
    script.session.order(post, due);
    script.session.tick(due + causerie_sip::TIMER_F_MS - 1);
    assert_eq!(script.ended(), None);
    script.session.tick(due + causerie_sip::TIMER_F_MS);
    assert_eq!(script.ended(), Some(ClientError::Silent));
    assert_eq!(answered.try_recv().unwrap().unwrap_err().status, 408);
}
