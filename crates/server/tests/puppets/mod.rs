//! The whole way of a post through the program, in one process and without sockets: the front end, the chat server, a
//! real database, and puppets at the ends of the connections, which answer every INFO and count what they are sent.
#![allow(dead_code, reason = "each user of this file needs a part of it")]

use async_trait::async_trait;
use causerie_accounts::{Accounts, Caps, Vault};
use causerie_chat::{Chat, Settings as ChatSettings};
use causerie_frontend::{Authentication, Directory, FrontEnd, Settings, UserEntry};
use causerie_model::{
    Category, CategoryId, ChainId, Change, Clock, Head, Invitations, Node, PrincipalId, Privacy, Random,
    Role, Room, RoomId, RoomType, SipAddress, Timestamp, User,
};
use causerie_sipchat::ChatServer;
use causerie_store::{Batch, Journal, Store, StoreError, meter};
use causerie_store_sqlite::{Options, SqliteStore};
use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use uuid::Uuid;

const DOMAIN: &str = "example.test";

/// Octets of text in a post.
pub(crate) const TEXT: usize = 100;

struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let ticks = self.0.fetch_add(1, Ordering::Relaxed);
        Timestamp(1_700_000_000_000_000 + i64::try_from(ticks).unwrap())
    }
}

/// The same numbers in every run (splitmix64).
struct Numbers(AtomicU64);

impl Random for Numbers {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_be_bytes()[..chunk.len()]);
        }
    }
}

/// Counts the commits of the real journal, and their statements.
struct Counted {
    real: Arc<dyn Journal>,
    commits: Arc<AtomicU64>,
    statements: Arc<AtomicU64>,
}

#[async_trait]
impl Journal for Counted {
    async fn append(&self, batch: &Batch) -> Result<(), StoreError> {
        self.commits.fetch_add(1, Ordering::Relaxed);
        let (result, statements) = meter::metered(self.real.append(batch)).await;
        self.statements.fetch_add(statements.into(), Ordering::Relaxed);
        result
    }

    async fn head(&self, chain: ChainId) -> Result<Head, StoreError> {
        self.real.head(chain).await
    }

    async fn present(&self) -> Result<Vec<(RoomId, SipAddress)>, StoreError> {
        self.real.present().await
    }

    async fn highest_room(&self) -> Result<RoomId, StoreError> {
        self.real.highest_room().await
    }
}

struct Users(Chat);

impl Directory for Users {
    fn user_by_address(&self, address: &SipAddress) -> Option<UserEntry> {
        let catalogue = self.0.catalogue();
        catalogue.user_by_address(address).map(|user| UserEntry {
            id: user.id,
            address: user.address.clone(),
            display_name: user.display_name.clone(),
            enabled: user.enabled,
        })
    }

    fn user_by_login(&self, _: &str, _: &str) -> Option<UserEntry> {
        None
    }

    fn may_chat(&self, _: PrincipalId) -> bool {
        true
    }

    fn room_management_url(&self) -> Option<String> {
        None
    }
}

/// The server, with one room, and puppets in it.
pub(crate) struct Stage {
    pub(crate) puppets: Vec<Puppet>,
    pub(crate) commits: Arc<AtomicU64>,
    pub(crate) statements: Arc<AtomicU64>,
    room: Uuid,
    _dir: TempDir,
}

impl Stage {
    /// A room with this many puppets in it, each on a connection of its own.
    pub(crate) async fn set(count: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&dir.path().join("mgc.db"), Options::default())
            .await
            .unwrap();
        let store = Arc::new(store);
        let parts = store.clone().parts();
        let room = Uuid::from_u128(0x7f2c_0000_0000_4000_8000_0000_0000_0001);
        let changes = changes(count, room);
        parts
            .journal
            .append(&Batch {
                changes,
                records: Vec::new(),
            })
            .await
            .unwrap();
        let clock: Arc<dyn Clock> = Arc::new(Ticking(AtomicU64::new(0)));
        let random: Arc<dyn Random> = Arc::new(Numbers(AtomicU64::new(1)));
        let (commits, statements) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let journal = Counted {
            real: parts.journal,
            commits: commits.clone(),
            statements: statements.clone(),
        };
        let needs = causerie_chat::Needs {
            journal: Arc::new(journal),
            catalogue: parts.catalogue,
            history: parts.history,
            preferences: parts.preferences,
            invitations: parts.invitations,
            queue: store,
            alarms: Arc::new(()),
            clock: clock.clone(),
            random: random.clone(),
        };
        let chat = Chat::start(ChatSettings::default(), needs).await.unwrap();
        let vault = Vault::from_hex(&"5a".repeat(32)).unwrap();
        let accounts = Accounts::new(
            parts.secrets,
            vault,
            Caps::default(),
            clock.clone(),
            random.clone(),
        );
        let service = causerie_sipchat::Settings::for_domain(DOMAIN);
        let settings = Settings {
            authentication: Authentication::None,
            chat_pools: vec![format!("sip:{}", service.service)],
            ..Settings::new(DOMAIN, "pool.example.test")
        };
        let needs = causerie_frontend::Needs {
            directory: Arc::new(Users(chat.clone())),
            accounts: Arc::new(accounts),
            contacts: parts.contacts,
            clock,
            random: random.clone(),
            applications: vec![Arc::new(ChatServer::new(chat, service, random))],
        };
        let front = FrontEnd::new(settings, needs).unwrap();
        let mut puppets = Vec::with_capacity(count);
        for number in 0..count {
            puppets.push(Puppet::enter(&front, number, room).await);
        }
        let stage = Self {
            puppets,
            commits,
            statements,
            room,
            _dir: dir,
        };
        // Those who came first are told of those who came later.
        stage.rest().await;
        stage
    }

    /// Waits until the server has read all that was said to it, and every other task has had its turn many times. What
    /// it does on its own account was begun by then: its answers to posts have been heard.
    pub(crate) async fn rest(&self) {
        let mut turns = 0;
        while turns < 100 {
            tokio::task::yield_now().await;
            let at_rest = |puppet: &Puppet| {
                let wire = puppet.wire.lock();
                wire.inbox.is_empty() && wire.reader.is_some()
            };
            turns = if self.puppets.iter().all(at_rest) {
                turns + 1
            } else {
                0
            };
        }
    }

    /// What all puppets have counted.
    pub(crate) fn tally(&self) -> Tally {
        self.puppets.iter().fold(Tally::default(), |sum, puppet| {
            let seen = puppet.wire.lock().tally;
            Tally {
                deliveries: sum.deliveries + seen.deliveries,
                answers: sum.answers + seen.answers,
                writes: sum.writes + seen.writes,
                octets: sum.octets + seen.octets,
            }
        })
    }

    /// The first `senders` puppets post `posts` messages each, all at once. Everything is answered, and delivered to all.
    pub(crate) async fn post(&mut self, senders: usize, posts: usize) {
        let total = senders * posts;
        let goals: Vec<Tally> = self
            .puppets
            .iter()
            .enumerate()
            .map(|(number, puppet)| {
                let mut goal = puppet.wire.lock().tally;
                goal.deliveries += total as u64;
                goal.answers += if number < senders { posts as u64 } else { 0 };
                goal
            })
            .collect();
        for puppet in self.puppets.iter_mut().take(senders) {
            puppet.post(self.room, posts);
        }
        for (puppet, goal) in self.puppets.iter().zip(goals) {
            poll_fn(|context| {
                let mut wire = puppet.wire.lock();
                if wire.tally.deliveries >= goal.deliveries && wire.tally.answers >= goal.answers {
                    return Poll::Ready(());
                }
                wire.watcher = Some(context.waker().clone());
                Poll::Pending
            })
            .await;
        }
    }
}

fn changes(count: usize, room: Uuid) -> Vec<Change> {
    let category = CategoryId(1);
    let mut changes = vec![
        Change::PutCategory(Category {
            id: category,
            guid: Uuid::from_u128(1),
            name: "General".to_owned(),
            description: String::new(),
            invitations: true,
            file_upload: false,
            history: true,
            compliance: causerie_model::ComplianceMode::Open,
            audit: causerie_model::Audit::default(),
        }),
        Change::PutRoom(Room {
            id: RoomId(1),
            guid: room,
            category,
            name: "Stage".to_owned(),
            description: String::new(),
            room_type: RoomType::Normal,
            privacy: Privacy::Open,
            invitations: Invitations::Inherit,
            disabled: false,
            addin: None,
            audit: causerie_model::Audit::default(),
        }),
    ];
    for number in 0..count {
        let id = PrincipalId(i64::try_from(number).unwrap() + 1);
        changes.push(Change::PutUser(User {
            id,
            address: user(number).parse().unwrap(),
            display_name: format!("User {number}"),
            enabled: true,
            policy: None,
            site: None,
        }));
        changes.push(Change::Grant {
            node: Node::Category(category),
            role: Role::Allowed,
            principal: id,
        });
    }
    changes
}

fn user(number: usize) -> String {
    format!("u{number}@{DOMAIN}")
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Messages delivered.
    pub(crate) deliveries: u64,
    /// Posts answered 200.
    pub(crate) answers: u64,
    /// Calls that wrote to the connection.
    pub(crate) writes: u64,
    /// Octets written.
    pub(crate) octets: u64,
}

/// The client's end of a connection.
pub(crate) struct Puppet {
    wire: Arc<Wire>,
    number: usize,
    to: String,
    cseq: u32,
}

impl Puppet {
    async fn enter(front: &Arc<FrontEnd>, number: usize, room: Uuid) -> Self {
        let wire = Arc::new(Wire(Mutex::new(State {
            talking: true,
            ..State::default()
        })));
        let (server, end) = (front.clone(), End(wire.clone()));
        tokio::spawn(async move {
            server
                .serve_stream(end, SocketAddr::from(([127, 0, 0, 1], 4000)))
                .await
        });
        let mut puppet = Self {
            wire,
            number,
            to: String::new(),
            cseq: 1,
        };
        let contact = "Contact: <sip:127.0.0.1:4000;transport=tcp>";
        let instance = format!(
            ";+sip.instance=\"<urn:uuid:{}>\"",
            Uuid::from_u128(number as u128 + 1)
        );
        puppet.say(&puppet.request(
            "REGISTER",
            DOMAIN,
            "reg",
            &format!("{contact}{instance}\r\nEvent: registration\r\n"),
            "",
        ));
        puppet.heard("SIP/2.0 200").await;
        let service = format!("chatpool@{DOMAIN}");
        puppet.say(&puppet.request(
            "INVITE",
            &service,
            "chat",
            &format!("{contact}\r\nContent-Type: application/sdp\r\n"),
            "v=0\r\n",
        ));
        let answer = puppet.heard("SIP/2.0 200").await;
        let to = answer.lines().find(|line| line.starts_with("To: ")).unwrap();
        puppet.to = to.trim_end().to_owned();
        puppet.say(&puppet.request("ACK", &service, "chat", "", ""));
        let join = format!(
            "<xccos ver=\"1\" envid=\"1\" xmlns=\"urn:parlano:xml:ns:xccos\"><cmd id=\"cmd:join\" seqid=\"1\"><data>\
             <chanid key=\"0\" domain=\"{DOMAIN}\" value=\"{room}\"/></data></cmd></xccos>"
        );
        puppet.info(&join);
        let reply = puppet.heard("INFO").await;
        assert!(
            reply.contains("rpl:join") && reply.contains("resp code=\"200\""),
            "{reply}"
        );
        puppet.wire.lock().talking = false;
        puppet
    }

    /// A request as text; in the dialog when there is one.
    fn request(&self, method: &str, target: &str, call: &str, headers: &str, body: &str) -> String {
        let (number, cseq, user) = (self.number, self.cseq, user(self.number));
        let to = match call {
            "reg" => format!("To: <sip:{user}>"),
            _ if self.to.is_empty() => format!("To: <sip:{target}>"),
            _ => self.to.clone(),
        };
        format!(
            "{method} sip:{target} SIP/2.0\r\nVia: SIP/2.0/tcp 127.0.0.1:4000;branch=z9hG4bK{call}{cseq}\r\n\
             From: <sip:{user}>;tag=f{call};epid=e{number:08}\r\n{to}\r\nMax-Forwards: 70\r\nCSeq: {cseq} {method}\r\n\
             Call-ID: {call}{number}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn info(&mut self, document: &str) {
        self.cseq += 1;
        let service = format!("chatpool@{DOMAIN}");
        self.say(&self.request("INFO", &service, "chat", "Content-Type: text/plain\r\n", document));
    }

    fn say(&self, text: &str) {
        let mut wire = self.wire.lock();
        wire.inbox.extend_from_slice(text.as_bytes());
        wire.wake();
    }

    /// The next message that begins so. Provisional responses and answers to what was said are left out.
    async fn heard(&self, start: &str) -> String {
        loop {
            let message = poll_fn(|context| {
                let mut wire = self.wire.lock();
                wire.watcher = Some(context.waker().clone());
                match wire.said.is_empty() {
                    true => Poll::Pending,
                    false => Poll::Ready(wire.said.remove(0)),
                }
            })
            .await;
            if message.starts_with(start) {
                return message;
            }
            assert!(!message.starts_with("SIP/2.0 4"), "{message}");
        }
    }

    fn post(&mut self, room: Uuid, posts: usize) {
        let text = "x".repeat(TEXT);
        let author = user(self.number);
        let post = format!(
            "<xccos ver=\"1\" envid=\"1\" xmlns=\"urn:parlano:xml:ns:xccos\"><grpchat id=\"grpchat\" seqid=\"1\" \
             chanUri=\"ma-chan://{DOMAIN}/{room}\" author=\"sip:{author}\" ts=\"2013-05-02T08:01:00Z\"><chat>{text}\
             </chat></grpchat></xccos>"
        );
        for _ in 0..posts {
            self.info(&post);
        }
    }
}

struct Wire(Mutex<State>);

impl Wire {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct State {
    /// To the server.
    inbox: Vec<u8>,
    /// How much of it was read.
    read: usize,
    /// From the server, as far as no message is complete.
    outbox: Vec<u8>,
    reader: Option<Waker>,
    watcher: Option<Waker>,
    /// What the server said while the puppet follows its script.
    said: Vec<String>,
    talking: bool,
    tally: Tally,
}

impl State {
    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// Takes what the server writes: answers every INFO, and counts. Allocates nothing once its buffers are large
    /// enough, so that allocations can be counted for the server alone.
    fn take(&mut self, octets: &[u8]) {
        self.outbox.extend_from_slice(octets);
        let mut at = 0;
        while let Some(length) = message_length(&self.outbox[at..]) {
            let message = &self.outbox[at..at + length];
            at += length;
            if self.talking {
                self.said.push(String::from_utf8_lossy(message).into_owned());
            }
            let is_answer = message.starts_with(b"SIP/2.0 200 ") && find(message, b" INFO\r\n").is_some();
            self.tally.answers += u64::from(is_answer);
            if message.starts_with(b"INFO ") {
                self.tally.deliveries += u64::from(find(message, b"<grpchat ").is_some());
                answer(message, &mut self.inbox);
            }
        }
        self.outbox.drain(..at);
        if !self.inbox.is_empty() {
            self.wake();
        }
        if let Some(watcher) = self.watcher.take() {
            watcher.wake();
        }
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, part)
}

/// The length of the first message, if it is complete.
fn message_length(text: &[u8]) -> Option<usize> {
    let head = find(text, b"\r\n\r\n")? + 4;
    let name = b"Content-Length: ";
    let value = find(&text[..head], name)? + name.len();
    let digits = text[value..].iter().take_while(|byte| byte.is_ascii_digit());
    let body = digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    (text.len() >= head + body).then_some(head + body)
}

fn answer(request: &[u8], inbox: &mut Vec<u8>) {
    inbox.extend_from_slice(b"SIP/2.0 200 OK\r\n");
    let head = &request[..find(request, b"\r\n\r\n").unwrap() + 2];
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        let kept: [&[u8]; 5] = [b"Via: ", b"From: ", b"To: ", b"Call-ID: ", b"CSeq: "];
        if kept.iter().any(|name| line.starts_with(name)) {
            inbox.extend_from_slice(line);
        }
    }
    inbox.extend_from_slice(b"Content-Length: 0\r\n\r\n");
}

/// The server's end of a connection.
struct End(Arc<Wire>);

impl AsyncRead for End {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut wire = self.0.lock();
        if wire.inbox.is_empty() {
            wire.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        let end = wire.inbox.len().min(wire.read + buffer.remaining());
        buffer.put_slice(&wire.inbox[wire.read..end]);
        wire.read = end;
        if end == wire.inbox.len() {
            wire.inbox.clear();
            wire.read = 0;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for End {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let mut wire = self.0.lock();
        wire.tally.writes += 1;
        wire.tally.octets += octets.len() as u64;
        wire.take(octets);
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
