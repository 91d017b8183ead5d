//! A server that does what a test tells it.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use causerie_client::{Authenticate, Client, ClientError, ConnectOptions, Events, Transport};
use causerie_model::{Clock, Random, SipAddress, Timestamp};
use causerie_sip::{
    CheckedRequest, CheckedResponse, Dialog, Frame, Framer, Header, Limits, Message, Method, Outgoing, Rules,
    SignatureFields, check_request, check_response,
};
use causerie_sipauth::{
    Credentials, Fresh, Handshake, Identity, MessageFields, NtHash, Offer, SecurityAssociation,
    SignatureVersion, Step, ntlm::Target,
};
use causerie_xccos::{Correlation, Document, Primitive, reply};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    task::JoinHandle,
    time::timeout,
};

pub(crate) const ALICE: &str = "alice@example.test";
pub(crate) const PASSWORD: &str = "secret1";
pub(crate) const POOL: &str = "sip:chat@example.test";
pub(crate) const LOOKUP: &str = "sip:lookup@example.test";
pub(crate) const ROOM: &str = "ma-chan://example.test/a1e00000-0000-4000-8000-000000000001";
/// The present of both sides.
const NOW: i64 = 1_700_000_000;
/// Nothing that works takes so long; a test that waits for ever fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Different bytes at every call, the same in every run.
#[derive(Default)]
struct Counter(AtomicU8);

impl Random for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(167);
        }
    }
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(NOW)
    }
}

pub(crate) fn options(authenticate: Authenticate) -> ConnectOptions {
    let address = SipAddress::parse(ALICE).unwrap();
    let mut options = ConnectOptions::new(
        "127.0.0.1:5060",
        Transport::Tcp,
        address,
        "",
        Arc::new(Counter::default()),
        Arc::new(Still),
    );
    options.authenticate = authenticate;
    options
}

pub(crate) type Connecting = JoinHandle<Result<(Client, Events), ClientError>>;

/// The server's side of one connection.
pub(crate) struct Peer {
    stream: DuplexStream,
    framer: Framer,
    input: BytesMut,
    association: Option<SecurityAssociation>,
    dialog: Option<Dialog>,
    /// Of a registration, in seconds.
    pub(crate) expires: u32,
    sent: u32,
}

/// A client that begins to sign in, and the server that it talks to.
pub(crate) fn connect(authenticate: Authenticate) -> (Connecting, Peer) {
    connect_with(options(authenticate))
}

pub(crate) fn connect_with(options: ConnectOptions) -> (Connecting, Peer) {
    let (mine, theirs) = tokio::io::duplex(64 * 1024);
    let local = "127.0.0.1:40000".parse().unwrap();
    let connecting = tokio::spawn(async move { Client::over(&options, theirs, "TCP", local).await });
    let peer = Peer {
        stream: mine,
        framer: Framer::new(Limits::default()),
        input: BytesMut::new(),
        association: None,
        dialog: None,
        expires: 7200,
        sent: 0,
    };
    (connecting, peer)
}

/// A signed-in client with its server.
pub(crate) async fn connected() -> (Client, Events, Peer) {
    let (connecting, mut peer) = connect(Authenticate::password(PASSWORD));
    peer.sign_in().await;
    peer.provision().await;
    peer.enter().await;
    let (client, events) = connecting.await.unwrap().unwrap();
    (client, events, peer)
}

fn fields(fields: SignatureFields<'_>) -> MessageFields<'_> {
    MessageFields {
        call_id: fields.call_id,
        cseq: fields.cseq,
        method: fields.method,
        from_uri: fields.from_uri,
        from_tag: fields.from_tag,
        to_uri: fields.to_uri,
        to_tag: fields.to_tag,
        p_asserted_sip: fields.p_asserted_sip,
        p_asserted_tel: fields.p_asserted_tel,
        expires: fields.expires,
        status: fields.status,
    }
}

pub(crate) fn handshake() -> Handshake {
    let target = Target::new("EXAMPLE", "POOL", "example.test", "pool.example.test").unwrap();
    let (v4, v2) = (SignatureVersion::V4, SignatureVersion::V2);
    let offer = Offer::new("SIP Communications Service", "pool.example.test", target, v4, v2).unwrap();
    Handshake::start(Arc::new(offer))
}

impl Peer {
    async fn next(&mut self) -> Option<Message> {
        loop {
            match self.framer.next(&mut self.input).unwrap() {
                Some(Frame::Message(raw)) => return Some(Message::parse(raw).unwrap()),
                Some(Frame::KeepAlive) => continue,
                None => {}
            }
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.input)).await;
            if read.expect("the client sends something").unwrap() == 0 {
                return None;
            }
        }
    }

    /// The client has closed the connection.
    pub(crate) async fn is_closed(&mut self) -> bool {
        self.next().await.is_none()
    }

    pub(crate) fn verify(&mut self, message: &Message) {
        if let Some(association) = &mut self.association {
            let value = message.headers().get(Header::Authorization).expect("a signature");
            let credentials = Credentials::parse(value).unwrap();
            let signature = credentials.signature().expect("a signature");
            association
                .verify_incoming(
                    &signature,
                    &fields(message.signature_fields()),
                    NOW.unsigned_abs(),
                )
                .unwrap();
        }
    }

    /// The next message, which is a request of that method.
    pub(crate) async fn request(&mut self, method: &Method) -> CheckedRequest {
        let message = self.next().await.expect("a request");
        if *method != Method::Register {
            self.verify(&message);
        }
        let Message::Request(request) = &message else {
            panic!("not a request: {message:?}");
        };
        let checked = check_request(request, &Rules::default()).unwrap();
        assert_eq!(checked.method(), method);
        if let Some(dialog) = &mut self.dialog
            && dialog.matches(&checked)
        {
            dialog.receive(&checked);
        }
        checked
    }

    /// The next message, which is a response.
    pub(crate) async fn response(&mut self) -> CheckedResponse {
        let message = self.next().await.expect("a response");
        self.verify(&message);
        let Message::Response(response) = &message else {
            panic!("not a response: {message:?}");
        };
        check_response(response).unwrap()
    }

    pub(crate) async fn send(&mut self, mut message: Outgoing) {
        self.sent += 1;
        if let Some(association) = &mut self.association {
            let value = association.sign_outgoing(&fields(message.signature_fields()), self.sent);
            message.push(Header::AuthenticationInfo, &value);
        }
        self.send_as_is(&message).await;
    }

    pub(crate) async fn send_as_is(&mut self, message: &Outgoing) {
        self.stream.write_all(&message.to_bytes()).await.unwrap();
    }

    pub(crate) async fn answer(&mut self, request: &CheckedRequest, status: u16) {
        self.send(request.response(status, Some("peer"))).await;
    }

    /// The four legs of NTLM.
    pub(crate) async fn sign_in(&mut self) {
        let mut handshake = handshake();
        loop {
            let register = self.request(&Method::Register).await;
            let message = Message::Request(register.request.clone());
            let value = register.headers().get(Header::Authorization).map(str::to_owned);
            let credentials = value.as_deref().map(|value| Credentials::parse(value).unwrap());
            let fresh = Fresh {
                server_nonce: [7; 8],
                // Another one at each sign-in.
                opaque: 0xA1B2_C3D4 + self.sent,
            };
            let now = NOW.unsigned_abs();
            match handshake.step(credentials.as_ref(), fresh, now).unwrap() {
                Step::Challenge(value) => {
                    let response = register.response(401, Some("peer"));
                    self.send_as_is(&response.header(Header::WwwAuthenticate, &value))
                        .await;
                }
                Step::NeedHash { identity, pending } => {
                    assert_eq!(identity, Identity::Upn(ALICE.to_owned()));
                    let hash = NtHash::of_password(PASSWORD);
                    let signed = fields(message.signature_fields());
                    let finished = pending.finish(Some(&hash), &signed, &credentials.unwrap(), now);
                    let Ok(association) = finished else {
                        return self.send_as_is(&register.response(401, Some("peer"))).await;
                    };
                    if self.association.is_some() {
                        // It may have been on its way, signed as before, when the client answered.
                        let late = self.info("<late/>");
                        self.send(late).await;
                    }
                    self.association = Some(association);
                    return self.registered(&register).await;
                }
            }
        }
    }

    pub(crate) async fn registered(&mut self, register: &CheckedRequest) {
        let response = register
            .response(200, Some("peer"))
            .header(Header::Expires, &self.expires.to_string())
            .header(Header::AllowEvents, "vnd-microsoft-provisioning-v2,presence");
        self.send(response).await;
    }

    /// Answers the subscription with the pool's URI in the response.
    pub(crate) async fn provision(&mut self) {
        let subscribe = self.request(&Method::Subscribe).await;
        let body = format!(
            "<provisionGroupList><property name=\"EnablePersistentChat\">true</property>\
             <property name=\"DefaultPersistentChatPoolUri\">{LOOKUP}</property></provisionGroupList>"
        );
        let response = subscribe
            .response(200, Some("peer"))
            .header(Header::Expires, "0")
            .body("application/xml", body.into());
        self.send(response).await;
    }

    pub(crate) async fn accept_invite(&mut self, uri: &str) {
        let invite = self.request(&Method::Invite).await;
        assert_eq!(invite.uri().as_str(), uri);
        self.dialog = Some(Dialog::uas(&invite, "peer").unwrap());
        let response = invite.response(200, Some("peer"));
        let response = response
            .header(Header::Contact, "<sip:peer@127.0.0.1:5060>")
            .header(Header::SessionExpires, "1800;refresher=uac");
        self.send(response).await;
        self.request(&Method::Ack).await;
    }

    /// Lets the client look the service up, leave, and come to it.
    pub(crate) async fn enter(&mut self) {
        self.accept_invite(LOOKUP).await;
        let (envid, _) = self.command("requri").await;
        self.reply(&reply::request_uri(&correlation(&envid), POOL)).await;
        let bye = self.request(&Method::Bye).await;
        self.answer(&bye, 200).await;
        self.accept_invite(POOL).await;
        self.let_in().await;
    }

    pub(crate) async fn let_in(&mut self) {
        let (envid, _) = self.command("getserverinfo").await;
        self.reply(&reply::error(
            "getservinfo",
            &correlation(&envid),
            501,
            "no such thing",
        ))
        .await;
    }

    /// The next message, an INFO with a command of that name, which is answered 200.
    pub(crate) async fn command(&mut self, name: &str) -> (String, Primitive) {
        let info = self.request(&Method::Info).await;
        self.answer(&info, 200).await;
        let document = Document::parse(info.body(), 1 << 20).unwrap();
        let body = String::from_utf8_lossy(info.body()).into_owned();
        assert!(body.contains(&format!("\"cmd:{name}\"")), "{body}");
        (document.envid, document.primitives.into_iter().next().unwrap())
    }

    /// An INFO in the dialog.
    pub(crate) fn info(&mut self, body: &str) -> Outgoing {
        self.sent += 1;
        let branch = format!("z9hG4bKpeer{}", self.sent);
        let dialog = self.dialog.as_mut().expect("a dialog");
        let info = dialog.request(&Method::Info, "SIP/2.0/TCP 127.0.0.1:5060", &branch);
        info.unwrap()
            .body("text/plain", Bytes::copy_from_slice(body.as_bytes()))
    }

    /// Sends an INFO and takes the 200 that the client gives at once.
    pub(crate) async fn reply(&mut self, body: &str) {
        let info = self.info(body);
        self.send(info).await;
        assert_eq!(self.response().await.status(), 200);
    }
}

pub(crate) fn correlation(envid: &str) -> Correlation<'_> {
    Correlation {
        envid: "9",
        request_envid: envid,
        request_seqid: "1",
    }
}

/// RFC 5626 §3.5.1, from the server's side.
impl Peer {
    pub(crate) async fn ping(&mut self) {
        self.stream.write_all(b"\r\n\r\n").await.unwrap();
    }

    /// Whether the next that comes is the answer to a ping.
    pub(crate) async fn pong(&mut self) -> bool {
        assert!(!self.framer.waiting());
        while self.input.len() < 2 {
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.input)).await;
            assert_ne!(read.expect("the client sends something").unwrap(), 0);
        }
        self.input.starts_with(b"\r\n")
    }
}
