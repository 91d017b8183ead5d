use bytes::{Bytes, BytesMut};
use causerie_sip::{Frame, Framer, Limits, Message, SignatureFields};
use causerie_sipauth::ntlm::Mode;
use causerie_sipauth::{
    AuthenticationInfo, ClientEntropy, ClientHandshake, MessageFields, NtHash, SecurityAssociation,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::task::JoinHandle;

pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A client that says exactly what a test wants.
pub(crate) struct Client {
    pub(crate) stream: Box<dyn Stream>,
    buffer: BytesMut,
    framer: Framer,
    ended: Option<JoinHandle<&'static str>>,
    pub(crate) association: Option<SecurityAssociation>,
    pub(crate) user: String,
    pub(crate) epid: String,
    pub(crate) call_id: String,
    /// `(user, domain)` of the login, if it isn't the address.
    pub(crate) login: Option<(String, String)>,
    pub(crate) cseq: u32,
    /// Seconds since 1970, as the server counts them.
    pub(crate) now: u64,
}

impl Client {
    pub(crate) fn new(stream: Box<dyn Stream>, ended: Option<JoinHandle<&'static str>>) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
            framer: Framer::new(Limits::default()),
            ended,
            association: None,
            user: String::new(),
            epid: "epid0001".to_owned(),
            call_id: "register-call".to_owned(),
            login: None,
            cseq: 0,
            now: 1_700_000_000,
        }
    }

    /// Why the server ended the connection.
    pub(crate) async fn ended(&mut self) -> &'static str {
        self.ended.take().unwrap().await.unwrap()
    }

    /// Whether the server's side of the connection has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.as_ref().is_some_and(JoinHandle::is_finished)
    }

    /// Drops the client's side of the connection.
    pub(crate) fn hang_up(&mut self) {
        self.stream = Box::new(tokio::io::join(tokio::io::empty(), tokio::io::sink()));
    }

    pub(crate) async fn send(&mut self, octets: impl AsRef<[u8]>) {
        self.stream.write_all(octets.as_ref()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next message, unverified; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        loop {
            match self.framer.next(&mut self.buffer).unwrap() {
                Some(Frame::Message(raw)) => return Some(raw),
                Some(Frame::KeepAlive) => continue,
                None => {}
            }
            if self.stream.read_buf(&mut self.buffer).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    /// The next message as text. Its signature must be right, if there is an association and it isn't a 401.
    pub(crate) async fn receive(&mut self) -> String {
        let raw = self.next().await.expect("the connection ended");
        self.verify(&raw);
        String::from_utf8(raw.to_vec()).unwrap()
    }

    pub(crate) fn verify(&mut self, raw: &Bytes) {
        let message = Message::parse(raw.clone()).unwrap();
        if raw.starts_with(b"SIP/2.0 401") {
            return;
        }
        if let Some(association) = &mut self.association {
            let value = message
                .headers()
                .get("Authentication-Info")
                .expect("an unsigned message");
            let info = AuthenticationInfo::parse(value).unwrap();
            let fields = fields(message.signature_fields());
            association
                .verify_incoming(&info.signature().unwrap(), &fields, self.now)
                .unwrap();
        }
    }

    /// A request without credentials.
    pub(crate) fn draft(&mut self, method: &str, uri: &str, call_id: &str, more: &str, body: &str) -> String {
        self.cseq += 1;
        let (user, epid, cseq) = (&self.user, &self.epid, self.cseq);
        let tag = call_id.len();
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/tcp 192.0.2.7:40000;branch=z9hG4bK{cseq}\r\n\
             From: <sip:{user}>;tag=f{tag};epid={epid}\r\nTo: <{uri}>\r\nMax-Forwards: 70\r\nCSeq: {cseq} {method}\r\n\
             Call-ID: {call_id}\r\n{more}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// Adds an Authorization header.
    pub(crate) fn with_header(text: &str, name: &str, value: &str) -> String {
        text.replacen(
            "Content-Length:",
            &format!("{name}: {value}\r\nContent-Length:"),
            1,
        )
    }

    /// Signs a message.
    pub(crate) fn sign(&mut self, text: &str) -> String {
        let Some(association) = &mut self.association else {
            return text.to_owned();
        };
        let message = Message::parse(Bytes::copy_from_slice(text.as_bytes())).unwrap();
        let signature = association.sign_outgoing(&fields(message.signature_fields()), 7);
        Self::with_header(text, "Authorization", &signature)
    }

    /// Sends a signed request and gives the next message.
    pub(crate) async fn ask(
        &mut self,
        method: &str,
        uri: &str,
        call_id: &str,
        more: &str,
        body: &str,
    ) -> String {
        let draft = self.draft(method, uri, call_id, more, body);
        let signed = self.sign(&draft);
        self.send(signed).await;
        self.receive().await
    }

    fn register_draft(&mut self, more: &str) -> String {
        let domain = self.user.split('@').nth(1).unwrap().to_owned();
        let headers = format!(
            "Contact: <sip:192.0.2.7:40000;transport=tcp;ms-opaque=d3470f2e1d>;methods=\"INVITE\";proxy=replace;\
             +sip.instance=\"<urn:uuid:085e0bd8-031c-5a0d-8d9a-f149aae6954a>\"\r\n\
             User-Agent: test\r\nSupported: gruu-10, adhoclist, msrtc-event-categories\r\nEvent: registration\r\n{more}"
        );
        let call_id = self.call_id.clone();
        let draft = self.draft("REGISTER", &format!("sip:{domain}"), &call_id, &headers, "");
        let user = self.user.clone();
        draft.replacen(&format!("To: <sip:{domain}>"), &format!("To: <sip:{user}>"), 1)
    }

    /// A signed REGISTER without a sign-in.
    pub(crate) async fn refresh(&mut self, more: &str) -> String {
        let draft = self.register_draft(more);
        let signed = self.sign(&draft);
        self.send(signed).await;
        self.receive().await
    }

    /// The first two legs: gives the second challenge.
    pub(crate) async fn begin(&mut self, user: &str, password: &str) -> (ClientHandshake, String) {
        self.user = user.to_owned();
        let (login, domain) = self.login.clone().unwrap_or((user.to_owned(), String::new()));
        let handshake = ClientHandshake::new(
            &login,
            &domain,
            NtHash::of_password(password),
            Mode::Connectionless,
        );
        let first = self.register_draft("");
        self.send(first).await;
        let challenge = header(&self.receive().await, "WWW-Authenticate");
        let authorization = handshake.ask(&challenge).unwrap();
        let second = Self::with_header(&self.register_draft(""), "Authorization", &authorization);
        self.send(second).await;
        let challenge = header(&self.receive().await, "WWW-Authenticate");
        (handshake, challenge)
    }

    /// The third REGISTER, and the association that it opens.
    pub(crate) fn third(
        &mut self,
        handshake: &ClientHandshake,
        challenge: &str,
        more: &str,
    ) -> (String, SecurityAssociation) {
        let draft = self.register_draft(more);
        let message = Message::parse(Bytes::copy_from_slice(draft.as_bytes())).unwrap();
        let entropy = ClientEntropy {
            client_challenge: [3; 8],
            session_key: [4; 16],
            crand: 5,
        };
        let answer = handshake.answer(challenge, &fields(message.signature_fields()), &entropy, self.now);
        let (authorization, association) = answer.unwrap();
        (
            Self::with_header(&draft, "Authorization", &authorization),
            association,
        )
    }

    /// Signs in; gives the last answer.
    pub(crate) async fn sign_in(&mut self, user: &str, password: &str) -> String {
        self.sign_in_with(user, password, "").await
    }

    pub(crate) async fn sign_in_with(&mut self, user: &str, password: &str, more: &str) -> String {
        let (handshake, challenge) = self.begin(user, password).await;
        let (third, association) = self.third(&handshake, &challenge, more);
        self.send(third).await;
        let old = self.association.take();
        let raw = self.next().await.expect("the connection ended");
        let text = String::from_utf8(raw.to_vec()).unwrap();
        if text.contains("Authentication-Info") {
            self.association = Some(association);
            self.verify(&raw);
        } else {
            self.association = old;
        }
        text
    }
}

pub(crate) fn fields(fields: SignatureFields<'_>) -> MessageFields<'_> {
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

/// The value of a header; panics with the message when it has none.
pub(crate) fn header(message: &str, name: &str) -> String {
    let prefix = format!("{name}: ");
    let line = message.lines().find_map(|line| line.strip_prefix(&prefix));
    line.unwrap_or_else(|| panic!("no {name} in {message}"))
        .to_owned()
}
