//! The seam between a SIP front end and the applications that it routes to.
//!
//! Both sides live in one process or in two; in one they hand each other parsed messages through these traits, without a
//! socket between them. Nothing here does I/O: a connection's task calls a session with what arrived, and sends what the
//! session put into its [`Outbox`], signed as the connection needs it and in that order.

use crate::{CheckedRequest, CheckedResponse, Outgoing};
use std::{
    collections::VecDeque,
    net::SocketAddr,
    task::{Context, Poll},
};

/// The signed-in party on the other end, as the front end has proved it.
#[derive(Clone, Debug)]
pub struct Party {
    /// `user@domain`, lower case.
    pub address: String,
    /// Where its connection comes from, if the front end knows.
    pub peer: Option<SocketAddr>,
    /// The endpoint's `epid`, if it has one.
    pub epid: Option<String>,
    /// Our side of the connection for the Via of requests to it: `SIP/2.0/TLS 192.0.2.1:5061`.
    pub via: String,
    /// The URI under which this application can be reached over the connection, for Contact.
    pub contact: String,
}

/// Why a session ends its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The party doesn't read what it is sent.
    SlowReader,
    /// The party has lost the right to be here.
    Removed,
    /// The application is gone.
    Stopped,
}

/// What a transaction was about, for the log line that tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// What was asked inside the request, such as an XCCOS command.
    pub operation: Option<&'static str>,
    /// The room.
    pub room: Option<String>,
    /// Statements sent to a database.
    pub statements: u32,
    /// Why it was refused, as a short stable name.
    pub refusal: Option<&'static str>,
}

/// Something to send.
#[derive(Debug)]
pub struct Item {
    /// The message, unsigned.
    pub message: Outgoing,
    /// For the final response of a transaction: what it was about.
    pub facts: Option<Facts>,
}

/// What is to be sent, in order.
#[derive(Debug, Default)]
pub struct Outbox {
    items: VecDeque<Item>,
}

impl Outbox {
    /// Sends a request or a provisional response.
    pub fn send(&mut self, message: Outgoing) {
        self.items.push_back(Item { message, facts: None });
    }

    /// Sends the final response of a transaction.
    pub fn respond(&mut self, message: Outgoing, facts: Facts) {
        self.items.push_back(Item {
            message,
            facts: Some(facts),
        });
    }

    /// Takes the next one.
    pub fn take(&mut self) -> Option<Item> {
        self.items.pop_front()
    }

    /// Nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// Something that answers SIP requests behind a front end.
pub trait Application: Send + Sync {
    /// Whether a request outside of any dialog is for this application, by its Request-URI.
    fn serves(&self, request: &CheckedRequest) -> bool;

    /// Opens a session for one connection of a party. Called once a connection, with its first request for the
    /// application.
    fn open(&self, party: &Party) -> Box<dyn Session>;
}

/// An application's side of one connection: all of the party's dialogs with it. Dropping it ends them.
pub trait Session: Send {
    /// Whether this Call-ID is that of a dialog here.
    fn owns(&self, call_id: &str) -> bool;

    /// Takes a request. Its answer may come at once or later through [`Session::poll`].
    fn request(&mut self, request: &CheckedRequest, outbox: &mut Outbox);

    /// Takes the final response to a request that the session had sent. A 200 without a body may be kept from it: then
    /// all is well, and there is one for every message that is delivered.
    fn response(&mut self, response: &CheckedResponse, outbox: &mut Outbox);

    /// Puts what has come up into the outbox, a limited number of messages a call, and wakes the task when there is
    /// more. Called only while the connection can take more. Ready when the connection must be closed after what is in
    /// the outbox.
    fn poll(&mut self, context: &mut Context<'_>, outbox: &mut Outbox) -> Poll<Ending>;

    /// Ready when the connection must be closed at once. Called also while the connection can't take more.
    fn poll_cut(&mut self, context: &mut Context<'_>) -> Poll<Ending>;
}
