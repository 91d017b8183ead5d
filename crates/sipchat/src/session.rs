//! One connection's dialogs with the chat server.

use crate::{Shared, dialog::ChatDialog};
use causerie_chat::Refusal;
use causerie_model::SipAddress;
use causerie_policy::may_chat;
use causerie_sip::{
    CheckedRequest, CheckedResponse, Dialog, Header, Method, Sequence,
    ua::{Ending, Facts, Outbox, Party, Session},
};
use std::{
    sync::Arc,
    task::{Context, Poll},
};

/// Dialogs that one connection may hold. A client needs two: one to look the service up and one to chat.
pub(crate) const MAX_DIALOGS: usize = 16;

/// What the server does in a dialog.
const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, INFO, UPDATE, OPTIONS";

const SDP: &str = "application/sdp";

pub(crate) const OUT_OF_ORDER: &str = "CSeq is out of order";

pub(crate) struct ChatSession {
    shared: Arc<Shared>,
    party: Party,
    /// Few: searching them costs less than a table of them keeps.
    dialogs: Vec<ChatDialog>,
}

impl ChatSession {
    pub(crate) fn new(shared: Arc<Shared>, party: Party) -> Self {
        Self {
            shared,
            party,
            dialogs: Vec::new(),
        }
    }

    /// An INVITE opens a dialog, or refreshes one.
    fn invite(&mut self, request: &CheckedRequest, outbox: &mut Outbox) {
        let call_id = request.call_id.as_str();
        if !request.to_tag().is_empty() {
            return match self.dialog(request).map(|dialog| dialog.sip.receive(request)) {
                Some(Sequence::OutOfOrder) => refuse(request, 500, OUT_OF_ORDER, outbox),
                Some(Sequence::Next | Sequence::Repeated) => {
                    outbox.respond(self.established(request.response(200, None)), Facts::default());
                }
                None => refuse(request, 481, "No such dialog", outbox),
            };
        }
        if self.owns(call_id) {
            return refuse(request, 482, "There is a dialog with this Call-ID", outbox);
        }
        if self.dialogs.len() >= MAX_DIALOGS {
            return refuse(request, 486, "Too many dialogs on one connection", outbox);
        }
        if let Err(refusal) = self.may_chat() {
            let facts = Facts {
                refusal: Some(refusal.name()),
                ..Facts::default()
            };
            return outbox.respond(self::refusal(request, 403, &refusal.to_string()), facts);
        }
        let tag = self.shared.random.token();
        match Dialog::uas(request, &tag) {
            Ok(sip) => {
                let dialog = ChatDialog::new(self.shared.clone(), &self.party, sip);
                self.dialogs.reserve_exact(1);
                self.dialogs.push(dialog);
                let response = request.response(200, Some(&tag));
                outbox.respond(self.established(response), Facts::default());
            }
            Err(error) => refuse(request, 400, &error.to_string(), outbox),
        }
    }

    /// Refuses whom the rules keep out of all rooms: he is told in words, instead of finding nothing there.
    fn may_chat(&self) -> Result<(), Refusal> {
        let catalogue = self.shared.chat.catalogue();
        let address = SipAddress::parse(&self.party.address).map_err(|_| Refusal::Unknown)?;
        let user = catalogue.user_by_address(&address).ok_or(Refusal::Unknown)?;
        match may_chat(&catalogue, user.id) {
            verdict if verdict.allowed => Ok(()),
            verdict => Err(Refusal::Denied(verdict.rule)),
        }
    }

    /// What a 200 to an INVITE or UPDATE says of the dialog.
    fn established(&self, response: causerie_sip::Outgoing) -> causerie_sip::Outgoing {
        // pidgin-sipe 1.25 reads the refresh interval from its first dialog and refreshes its second one: always say it.
        let expires = format!("{};refresher=uac", self.shared.settings.session_expires_seconds);
        let host = self.party.via.rsplit([' ', '/']).next().unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        let family = if host.contains(':') { "IP6" } else { "IP4" };
        let host = host.trim_matches(['[', ']']);
        let sdp = format!(
            "v=0\r\no=- 0 0 IN {family} {host}\r\ns=session\r\nc=IN {family} {host}\r\nt=0 0\r\n\
             m=message 5060 sip null\r\na=accept-types:text/plain\r\n"
        );
        response
            .header(Header::Contact, &format!("<{}>", self.party.contact))
            .header("Session-Expires", &expires)
            .header("Allow", ALLOW)
            .body(SDP, sdp.into())
    }

    /// The dialog that a request belongs to: the tags must be right, not only the Call-ID.
    fn dialog(&mut self, request: &CheckedRequest) -> Option<&mut ChatDialog> {
        self.dialogs.iter_mut().find(|dialog| dialog.sip.matches(request))
    }

    /// Ends a dialog. Whether there was one.
    fn remove(&mut self, call_id: &str) -> bool {
        let before = self.dialogs.len();
        self.dialogs.retain(|dialog| dialog.call_id() != call_id);
        self.dialogs.len() < before
    }
}

/// Refuses with a text that a person can read.
pub(crate) fn refuse(request: &CheckedRequest, status: u16, reason: &str, outbox: &mut Outbox) {
    outbox.respond(refusal(request, status, reason), Facts::default());
}

/// A refusal with its reason where the known clients look for it.
pub(crate) fn refusal(request: &CheckedRequest, status: u16, reason: &str) -> causerie_sip::Outgoing {
    let quoted = reason.replace(['"', '\\'], "'");
    request
        .response(status, None)
        .header("Warning", &format!("399 causerie \"{quoted}\""))
        .header(
            "ms-diagnostics",
            &format!("{status};reason=\"{quoted}\";source=\"causerie\""),
        )
}

impl Session for ChatSession {
    fn owns(&self, call_id: &str) -> bool {
        self.dialogs.iter().any(|dialog| dialog.call_id() == call_id)
    }

    fn request(&mut self, request: &CheckedRequest, outbox: &mut Outbox) {
        match request.method() {
            Method::Invite => self.invite(request, outbox),
            Method::Ack => {
                if let Some(dialog) = self.dialog(request) {
                    let _ = dialog.sip.receive(request);
                }
            }
            Method::Bye => {
                let known = self.dialog(request).is_some();
                if known {
                    self.remove(&request.call_id);
                    outbox.respond(request.response(200, None), Facts::default());
                } else {
                    refuse(request, 481, "No such dialog", outbox);
                }
            }
            Method::Info => match self.dialog(request) {
                Some(dialog) => dialog.info(request, outbox),
                None => refuse(request, 481, "No such dialog", outbox),
            },
            Method::Update => match self.dialog(request).map(|dialog| dialog.sip.receive(request)) {
                Some(Sequence::OutOfOrder) => refuse(request, 500, OUT_OF_ORDER, outbox),
                Some(Sequence::Next | Sequence::Repeated) => {
                    let expires = format!("{};refresher=uac", self.shared.settings.session_expires_seconds);
                    let response = request
                        .response(200, None)
                        .header(Header::Contact, &format!("<{}>", self.party.contact))
                        .header("Session-Expires", &expires);
                    outbox.respond(response, Facts::default());
                }
                None => refuse(request, 481, "No such dialog", outbox),
            },
            Method::Options => {
                let response = request
                    .response(200, None)
                    .header("Allow", ALLOW)
                    .header("Accept", "application/sdp, text/plain");
                outbox.respond(response, Facts::default());
            }
            // The INVITE was answered before this could arrive.
            Method::Cancel => outbox.respond(request.response(200, None), Facts::default()),
            _ => {
                let response = request.response(405, None).header("Allow", ALLOW);
                outbox.respond(response, Facts::default());
            }
        }
    }

    fn response(&mut self, response: &CheckedResponse, _outbox: &mut Outbox) {
        // 481 and 487: the client has no such dialog (any more). It isn't told of the end of what it doesn't know.
        if matches!(response.status(), 481 | 487) && self.remove(&response.call_id) {
            tracing::debug!(user = %self.party.address, status = response.status(), "The client forgot a dialog.");
        }
    }

    fn poll(&mut self, context: &mut Context<'_>, outbox: &mut Outbox) -> Poll<Ending> {
        for dialog in &mut self.dialogs {
            if dialog.poll(context, outbox).is_ready() {
                return Poll::Ready(Ending::Stopped);
            }
        }
        Poll::Pending
    }

    fn poll_cut(&mut self, context: &mut Context<'_>) -> Poll<Ending> {
        for dialog in &mut self.dialogs {
            if let Poll::Ready(ending) = dialog.poll_cut(context) {
                return Poll::Ready(ending);
            }
        }
        Poll::Pending
    }
}
