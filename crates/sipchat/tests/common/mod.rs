//! A chat server on a real database, and sessions that are driven with text.
#![allow(dead_code, reason = "each test file uses a part of it")]

use bytes::Bytes;
use causerie_chat::{
    Action, CategoryChange, Chat, Needs, NewCategory, NewRoom, NodeName, PrincipalName,
    Settings as ChatSettings,
};
use causerie_model::{Actor, Clock, Invitations, Privacy, Random, Role, RoomType, Timestamp, principal_guid};
use causerie_sip::{
    CheckedRequest, Message, Rules, check_request, check_response,
    ua::{Application, Outbox, Party, Session},
};
use causerie_sipchat::{ChatServer, Settings};
use causerie_store::Store;
use causerie_store_sqlite::{Options, SqliteStore};
use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
};
use tempfile::TempDir;
use uuid::Uuid;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000_000)
    }
}

struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
        }
    }
}

pub(crate) struct World {
    pub(crate) chat: Chat,
    server: ChatServer,
    database: Uuid,
    _dir: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&dir.path().join("mgc.db"), Options::default())
            .await
            .unwrap();
        let store = Arc::new(store);
        let parts = store.clone().parts();
        let random = Arc::new(Counting(AtomicU64::new(1)));
        let database = parts.catalogue.database_id().await.unwrap();
        let needs = Needs {
            journal: parts.journal,
            catalogue: parts.catalogue,
            history: parts.history,
            preferences: parts.preferences,
            invitations: parts.invitations,
            queue: store,
            alarms: Arc::new(()),
            clock: Arc::new(Still),
            random: random.clone(),
        };
        let chat = Chat::start(ChatSettings::default(), needs).await.unwrap();
        let server = ChatServer::new(chat.clone(), Settings::for_domain("example.test"), random);
        let world = Self {
            chat,
            server,
            database,
            _dir: dir,
        };
        world.populate().await;
        world
    }

    async fn populate(&self) {
        for name in ["alice", "bob", "carol"] {
            let address = format!("{name}@example.test").parse().unwrap();
            self.act(Action::AddUser {
                address,
                display_name: name.to_owned(),
            })
            .await;
        }
        let category = NewCategory {
            name: "General".to_owned(),
            description: String::new(),
            // Those who are in rooms from the beginning aren't invited, so that nothing goes on beside a test.
            invitations: false,
            file_upload: false,
            history: true,
            compliance: causerie_model::ComplianceMode::Open,
        };
        self.act(Action::AddCategory(category)).await;
        for name in ["alice", "bob", "carol"] {
            self.grant(NodeName::Category("General".to_owned()), Role::Allowed, name)
                .await;
        }
        for (name, privacy, room_type, members) in [
            ("Lobby", Privacy::Open, RoomType::Normal, &[][..]),
            ("Deals", Privacy::Closed, RoomType::Normal, &["alice", "bob"]),
            (
                "News",
                Privacy::Closed,
                RoomType::Auditorium,
                &["alice", "bob", "carol"],
            ),
            ("X", Privacy::Secret, RoomType::Normal, &["alice", "bob"]),
        ] {
            self.act(Action::AddRoom(NewRoom {
                name: name.to_owned(),
                category: "General".to_owned(),
                description: format!("About {name}"),
                room_type,
                privacy,
                invitations: Invitations::Inherit,
                addin: None,
                disabled: false,
            }))
            .await;
            for member in members {
                self.grant(NodeName::Room(name.to_owned()), Role::Member, member)
                    .await;
            }
        }
        let change = CategoryChange {
            invitations: Some(true),
            ..CategoryChange::default()
        };
        let name = "General".to_owned();
        self.act(Action::ChangeCategory { name, change }).await;
    }

    pub(crate) async fn act(&self, action: Action) {
        self.chat.act(Actor::System, action).await.unwrap();
    }

    pub(crate) async fn grant(&self, node: NodeName, role: Role, name: &str) {
        let principal = PrincipalName::User(format!("{name}@example.test").parse().unwrap());
        self.act(Action::Grant {
            node,
            role,
            principal,
        })
        .await;
    }

    /// Whether the application takes a call to this address.
    pub(crate) fn serves(&self, address: &str) -> bool {
        let mut client = self.session("alice");
        client.dialled = address.to_owned();
        self.server
            .serves(&client.request("INVITE", 1, "application/sdp", "v=0"))
    }

    pub(crate) fn session(&self, user: &'static str) -> Client {
        let party = Party {
            address: format!("{user}@example.test"),
            peer: Some("192.0.2.7:4000".parse().unwrap()),
            epid: Some("0123456789ab".to_owned()),
            via: "SIP/2.0/TLS 192.0.2.1:5061".to_owned(),
            contact: "sip:chat.example.test:5061;transport=tls".to_owned(),
        };
        let mut names = Vec::new();
        let catalogue = self.chat.catalogue();
        for room in catalogue.rooms() {
            names.push((room.guid.to_string(), format!("[{}]", room.name.to_lowercase())));
        }
        for category in catalogue.categories() {
            names.push((
                category.guid.to_string(),
                format!("[{}]", category.name.to_lowercase()),
            ));
        }
        let addins = catalogue
            .addins()
            .map(|addin| (addin.guid, addin.name.to_lowercase()));
        let users = catalogue.users().map(|user| (user.id, user.display_name.clone()));
        let groups = catalogue
            .groups()
            .map(|group| (group.id, group.name.to_lowercase()));
        let principals = users.chain(groups);
        let principals = principals.map(|(id, name)| (principal_guid(self.database, id), name));
        for (guid, name) in addins.chain(principals) {
            names.push((guid.to_string(), format!("[{name}]")));
        }
        Client {
            session: self.server.open(&party),
            user,
            dialled: "chatpool@example.test".to_owned(),
            call_id: "call-1".to_owned(),
            to_tag: String::new(),
            cseq: 1,
            inbox: VecDeque::new(),
            raw: String::new(),
            names,
        }
    }

    pub(crate) async fn invited(&self, user: &'static str) -> Client {
        let mut client = self.session(user);
        assert_eq!(
            status(&client.send("INVITE", 1, "application/sdp", "v=0").await),
            200
        );
        client
    }
}

/// The client's end of a session. What it gets is text with changing values replaced by names in brackets.
pub(crate) struct Client {
    session: Box<dyn Session>,
    user: &'static str,
    /// What it has called.
    pub(crate) dialled: String,
    pub(crate) call_id: String,
    pub(crate) to_tag: String,
    cseq: u32,
    inbox: VecDeque<String>,
    /// The last message as it was.
    pub(crate) raw: String,
    names: Vec<(String, String)>,
}

impl Client {
    /// Sends a request and gives the answer, or nothing if there is none at once and none comes.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        cseq: u32,
        content_type: &str,
        content: &str,
    ) -> String {
        let mut outbox = Outbox::default();
        self.session
            .request(&self.request(method, cseq, content_type, content), &mut outbox);
        self.collect(&mut outbox);
        if self.inbox.is_empty() && !content.contains("<grpchat") {
            return String::new();
        }
        let answer = self.next().await;
        if self.to_tag.is_empty()
            && let Some(at) = self.raw.find("\r\nTo: ")
        {
            let to = self.raw[at..].split("\r\n").nth(1).unwrap();
            self.to_tag = to.split(";tag=").nth(1).unwrap_or_default().to_owned();
        }
        answer
    }

    fn request(&self, method: &str, cseq: u32, content_type: &str, content: &str) -> CheckedRequest {
        let mut content = content.to_owned();
        for (guid, name) in &self.names {
            content = content.replace(name, guid);
        }
        let user = self.user;
        let tag = if self.to_tag.is_empty() {
            String::new()
        } else {
            format!(";tag={}", self.to_tag)
        };
        let content_type = if content_type.is_empty() {
            String::new()
        } else {
            format!("Content-Type: {content_type}\r\n")
        };
        let dialled = &self.dialled;
        let text = format!(
            "{method} sip:{dialled} SIP/2.0\r\n\
             Via: SIP/2.0/tls 192.0.2.7:4000\r\n\
             From: <sip:{user}@example.test>;tag=a1;epid=0123456789ab\r\n\
             To: <sip:{dialled}>{tag}\r\n\
             Max-Forwards: 70\r\nCSeq: {cseq} {method}\r\nCall-ID: {}\r\n\
             Contact: <sip:{user}@example.test;opaque=user:epid:x;gruu>\r\n\
             {content_type}Content-Length: {}\r\n\r\n{content}",
            self.call_id,
            content.len()
        );
        let Ok(Message::Request(request)) = Message::parse(Bytes::from(text)) else {
            panic!("not a request")
        };
        check_request(&request, &Rules::default()).unwrap()
    }

    fn collect(&mut self, outbox: &mut Outbox) {
        while let Some(item) = outbox.take() {
            self.inbox
                .push_back(String::from_utf8(item.message.to_bytes().to_vec()).unwrap());
        }
    }

    /// An INFO with these primitives, under envelope 77.
    pub(crate) async fn info(&mut self, primitives: &str) -> String {
        self.cseq += 1;
        let document =
            format!(r#"<xccos ver="1" envid="77" xmlns="urn:parlano:xml:ns:xccos">{primitives}</xccos>"#);
        self.send("INFO", self.cseq, "text/plain", &document).await
    }

    /// A command: what the reply's INFO holds.
    pub(crate) async fn command(&mut self, command: &str) -> String {
        assert_eq!(status(&self.info(command).await), 200);
        body(&self.next().await)
    }

    pub(crate) async fn join(&mut self, room: &str) -> String {
        let room = room.to_lowercase();
        let join = format!(
            r#"<cmd id="cmd:join" seqid="1"><data><chanid key="0" domain="example.test" value="[{room}]"/></data></cmd>"#
        );
        self.command(&join).await
    }

    pub(crate) async fn post(&mut self, room: &str, text: &str, attributes: &str, children: &str) -> String {
        let uri = format!("ma-chan://example.test/[{}]", room.to_lowercase());
        self.post_to(&uri, text, attributes, children).await
    }

    pub(crate) async fn post_to(
        &mut self,
        uri: &str,
        text: &str,
        attributes: &str,
        children: &str,
    ) -> String {
        let post = format!(
            r#"<grpchat id="grpchat" seqid="1" chanUri="{uri}" author="sip:mallory@example.test" ts="2013-05-02T08:01:00Z"{attributes}><chat>{text}</chat>{children}</grpchat>"#
        );
        self.info(&post).await
    }

    /// Answers the last request of the server.
    pub(crate) async fn respond(&mut self, status: u16) {
        let head = self.raw.split("\r\n\r\n").next().unwrap();
        let lines = head.split("\r\n").skip(1).filter(|line| {
            ["Via:", "From:", "To:", "Call-ID:", "CSeq:"]
                .iter()
                .any(|name| line.starts_with(name))
        });
        let lines: Vec<&str> = lines.collect();
        let text = format!(
            "SIP/2.0 {status} X\r\n{}\r\nContent-Length: 0\r\n\r\n",
            lines.join("\r\n")
        );
        let Ok(Message::Response(response)) = Message::parse(Bytes::from(text)) else {
            panic!("not a response")
        };
        let mut outbox = Outbox::default();
        self.session
            .response(&check_response(&response).unwrap(), &mut outbox);
        self.collect(&mut outbox);
    }

    /// The next thing that the session sends.
    pub(crate) async fn next(&mut self) -> String {
        while self.inbox.is_empty() {
            let mut outbox = Outbox::default();
            let session = &mut self.session;
            poll_fn(|context| {
                if session.poll(context, &mut outbox).is_ready() {
                    panic!("the session ended");
                }
                if outbox.is_empty() {
                    Poll::Pending
                } else {
                    Poll::Ready(())
                }
            })
            .await;
            self.collect(&mut outbox);
        }
        self.raw = self.inbox.pop_front().unwrap();
        self.redact(&self.raw)
    }

    fn redact(&self, text: &str) -> String {
        let mut text = text.replace("\r\n", "\n");
        for (guid, name) in &self.names {
            text = text.replace(guid, name);
        }
        for (before, after, name) in [
            (";branch=", "\n", "[branch]"),
            (" envid=\"", "\">", "[envid]"),
            (" ts=\"", "\"", "[ts]"),
            ("<sip:chatpool@example.test>;tag=", "\n", "[tag]"),
        ] {
            let Some(start) = text.find(before).map(|at| at + before.len()) else {
                continue;
            };
            let Some(end) = text[start..].find(after) else {
                continue;
            };
            if &text[start..start + end] != "77" {
                text.replace_range(start..start + end, name);
            }
        }
        text
    }
}

/// The status of a response; 0 for nothing.
pub(crate) fn status(answer: &str) -> u16 {
    answer
        .strip_prefix("SIP/2.0 ")
        .and_then(|rest| rest.get(..3))
        .map_or(0, |code| code.parse().unwrap())
}

/// What is inside the envelope of a message's body.
pub(crate) fn body(message: &str) -> String {
    let document = message.split("\n\n").nth(1).unwrap_or_default();
    let inside = document.split_once("envid=").unwrap().1;
    inside
        .split_once('>')
        .unwrap()
        .1
        .strip_suffix("</xccos>")
        .unwrap()
        .to_owned()
}

pub(crate) fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}
