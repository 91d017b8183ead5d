//! What the server sends.

use causerie_sip::{
    CheckedRequest, CheckedResponse, Frame, Header, Message, Method, Outgoing, Request, Rules, Sequence,
    check_request, check_response,
};
use causerie_xccos::{Notice, RoomUri, ServerDocument, ServerPrimitive, limits::DEFAULT_MAX_DOCUMENT_BYTES};

use super::{ALLOW, PING, PONG, Pending, Session};
use crate::{
    error::ClientError,
    event::{Event, Message as ChatMessage},
    provisioning,
    security::Verdict,
    text::{bare_address, diagnosis},
};

/// The event package by which a registrar signs a client out.
const SIGNED_OUT: &str = "registration-notify";

impl Session {
    /// Works on what lies in the input.
    pub(crate) fn received(&mut self, now: u64) {
        self.now = now;
        self.timers.pong = None;
        while self.ended.is_none() {
            // Only servers that were seen to answer pings are held to it.
            self.pongs |=
                !self.framer.waiting() && self.input.starts_with(PONG) && !self.input.starts_with(PING);
            match self.framer.next(&mut self.input) {
                Ok(Some(Frame::KeepAlive)) => self.output.extend_from_slice(PONG),
                Ok(Some(Frame::Message(raw))) => match Message::parse(raw) {
                    Ok(message) => self.message(&message),
                    Err(error) => {
                        tracing::warn!(%error, "The server sent no SIP message.");
                        if let Some(response) = error.response(None) {
                            self.respond(response);
                        }
                    }
                },
                Ok(None) => return,
                Err(error) => self.end(ClientError::Protocol(error.to_string())),
            }
        }
    }

    fn message(&mut self, message: &Message) {
        match self.security.judge(message) {
            Ok(Verdict::Believe) => {}
            Ok(Verdict::Ignore) => {
                tracing::warn!(user = %self.me.address, "An unsigned message from the server was dropped.");
                return;
            }
            Err(error) => return self.end(error),
        }
        match message {
            Message::Request(request) => self.request(request),
            Message::Response(response) => match check_response(response) {
                // A second Via: it was meant for somebody else (RFC 3261 §8.1.3.3).
                Ok(checked) if checked.vias > 1 => {}
                Ok(checked) => {
                    if let Some(pending) = self.transactions.matched(&checked) {
                        self.response(pending, checked);
                    }
                }
                Err(error) => tracing::warn!(%error, "A response from the server was dropped."),
            },
        }
    }

    fn response(&mut self, pending: Pending, response: CheckedResponse) {
        match pending {
            Pending::Register => self.registered(&response),
            Pending::Provision => self.subscribed(&response),
            Pending::Invite => self.invited(&response),
            Pending::Command(envid) => self.commanded(envid, &response),
            Pending::Post(answer) => self.posted(&response, answer),
            Pending::Refresh => self.refreshed(&response),
            Pending::Farewell => {}
            Pending::Raw(answer) => {
                let _ = answer.send(Ok(response));
            }
        }
        self.farewell();
    }

    fn request(&mut self, request: &Request) {
        let checked = match check_request(request, &Rules::default()) {
            Ok(checked) => checked,
            Err(rejection) => {
                let tag = self.random.token();
                if let Some(response) = rejection.response(request, Some(&tag)) {
                    self.respond(response);
                }
                return;
            }
        };
        match checked.method() {
            Method::Ack => {}
            Method::Notify | Method::Benotify => self.notified(&checked),
            Method::Options => {
                let response = self.response_to(&checked, 200).header(Header::Allow, ALLOW);
                self.respond(response);
            }
            Method::Info | Method::Update | Method::Bye => self.in_dialog(&checked),
            _ => {
                let response = self.response_to(&checked, 405).header(Header::Allow, ALLOW);
                self.respond(response);
            }
        }
    }

    /// A response; outside of dialogs it needs a tag.
    fn response_to(&self, request: &CheckedRequest, status: u16) -> Outgoing {
        request.response(status, Some(&self.random.token()))
    }

    fn in_dialog(&mut self, request: &CheckedRequest) {
        let sequence = match &mut self.dialog {
            Some(dialog) if dialog.matches(request) => dialog.receive(request),
            _ => {
                let response = self.response_to(request, 481);
                return self.respond(response);
            }
        };
        let status = if sequence == Sequence::OutOfOrder {
            500
        } else {
            200
        };
        let response = self.response_to(request, status);
        self.respond(response);
        if sequence != Sequence::Next {
            return;
        }
        match request.method() {
            Method::Info => self.document(request.body()),
            Method::Bye => {
                self.dialog = None;
                self.end(ClientError::Lost("the chat service ended the session".to_owned()));
            }
            _ => {}
        }
    }

    fn document(&mut self, body: &[u8]) {
        let document = match ServerDocument::parse(body, DEFAULT_MAX_DOCUMENT_BYTES) {
            Ok(document) => document,
            Err(error) => {
                tracing::warn!(user = %self.me.address, %error, "An INFO from the server holds no XCCOS document.");
                return;
            }
        };
        for primitive in document.primitives {
            match primitive {
                ServerPrimitive::Reply(reply) => self.replied(*reply),
                ServerPrimitive::Notice(notice) => self.notice(&notice),
                ServerPrimitive::Chat(line) => {
                    let message = ChatMessage::read(line, self.clock.now());
                    self.events.extend(message.map(Event::Message));
                }
            }
        }
    }

    fn notice(&mut self, notice: &Notice) {
        match notice {
            Notice::Join(users) => {
                for user in users {
                    let rooms = user.associations.iter();
                    let rooms = rooms.filter_map(|room| RoomUri::new(&room.domain, &room.guid).ok());
                    self.events.extend(rooms.map(|room| Event::Joined {
                        room,
                        user: bare_address(&user.uri),
                    }));
                }
            }
            Notice::Part(rooms) => {
                for block in rooms {
                    let Ok(room) = block.uri.parse::<RoomUri>() else {
                        continue;
                    };
                    self.events.extend(block.users.iter().map(|user| Event::Parted {
                        room: room.clone(),
                        user: bare_address(&user.uri),
                    }));
                }
            }
            Notice::Quit(_) | Notice::Invite(_) | Notice::RoomChanged(_) | Notice::PermissionsChanged(_) => {
                tracing::debug!("A notice without an event was ignored.");
            }
            Notice::Unknown { name } => tracing::debug!(%name, "An unknown notice was ignored."),
        }
    }

    fn notified(&mut self, request: &CheckedRequest) {
        if request.method().wants_response() {
            let response = self.response_to(request, 200);
            self.respond(response);
        }
        let package = request.event.as_ref().map(|event| event.package().to_owned());
        match package.as_deref() {
            Some(provisioning::PACKAGE) => self.provisioned(request.body()),
            Some(SIGNED_OUT) => {
                let reason = diagnosis(request.headers(), Header::MsDiagnostics)
                    .unwrap_or_else(|| "no reason given".to_owned());
                self.events.push_back(Event::SignedOut {
                    reason: reason.clone(),
                });
                self.end(ClientError::SignedOut(reason));
            }
            _ => {}
        }
    }
}
