//! The chat server's SIP side: INVITE dialogs that carry XCCOS, on top of the chat service.
//!
//! It translates and nothing else: an INFO becomes an [operation](causerie_chat::Operation), a
//! [delivery](causerie_chat::Delivery) becomes an INFO. No rule is decided here, no I/O done: the front end calls in
//! through [`causerie_sip::ua`], be it in this process or at the other end of a trunk.

mod codes;
mod command;
mod dialog;
mod history;
mod info;
mod manage;
mod question;
mod render;
mod session;

use causerie_chat::Chat;
use causerie_model::{Random, SipAddress};
use causerie_sip::{
    CheckedRequest,
    ua::{Application, Party, Session},
};
use causerie_xccos::names::ServerInfoReply;
use session::ChatSession;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// What the SIP side can be told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The SIP domain.
    pub domain: String,
    /// `user@domain` of the service, without scheme: what `requri` hands out.
    pub service: String,
    /// Other addresses that reach it, such as `ocschat@domain` of clients older than 2013, beside the aliases that
    /// administrators add while it runs.
    pub aliases: Vec<String>,
    /// Seconds after which a client refreshes its dialog (`Session-Expires`).
    pub session_expires_seconds: u32,
    /// The name of the reply to `getserverinfo`, on which sources disagree.
    pub server_info_reply: ServerInfoReply,
}

impl Settings {
    /// The usual names in a domain.
    #[must_use]
    pub fn for_domain(domain: &str) -> Self {
        Self {
            domain: domain.to_owned(),
            service: format!("chatpool@{domain}"),
            aliases: vec![format!("ocschat@{domain}")],
            session_expires_seconds: 1_800,
            server_info_reply: ServerInfoReply::default(),
        }
    }
}

/// The chat server as a SIP application.
#[derive(Clone)]
pub struct ChatServer {
    shared: Arc<Shared>,
}

/// What all sessions share.
struct Shared {
    chat: Chat,
    settings: Settings,
    random: Arc<dyn Random>,
    envelopes: AtomicU64,
}

impl Shared {
    /// A number for the next envelope: distinct for as long as the server runs.
    fn next_envid(&self) -> String {
        self.envelopes.fetch_add(1, Ordering::Relaxed).to_string()
    }
}

impl ChatServer {
    /// A SIP side for this chat service.
    #[must_use]
    pub fn new(chat: Chat, settings: Settings, random: Arc<dyn Random>) -> Self {
        // Clients keep envelope numbers apart by value: begin anew somewhere else after a restart.
        let first = u64::from(random.number()) << 24;
        Self {
            shared: Arc::new(Shared {
                chat,
                settings,
                random,
                envelopes: AtomicU64::new(first),
            }),
        }
    }
}

impl Application for ChatServer {
    fn serves(&self, request: &CheckedRequest) -> bool {
        let settings = &self.shared.settings;
        request.uri().user_at_host().is_some_and(|target| {
            target.eq_ignore_ascii_case(&settings.service)
                || settings
                    .aliases
                    .iter()
                    .any(|alias| target.eq_ignore_ascii_case(alias))
                || SipAddress::parse(&target)
                    .is_ok_and(|address| self.shared.chat.catalogue().alias(&address).is_some())
        })
    }

    fn open(&self, party: &Party) -> Box<dyn Session> {
        Box::new(ChatSession::new(self.shared.clone(), party.clone()))
    }
}
