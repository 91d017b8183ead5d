//! The dialog with the chat service.

use bytes::Bytes;
use causerie_sip::{CheckedResponse, Dialog, Header, Method};
use causerie_xccos::{Command, Reply, commands::GetServerInfo};

use super::{Pending, Phase, Session, calls::Waiter};
use crate::{
    error::ClientError,
    text::{leading_number, refusal},
};

/// What the known clients ask for.
pub(crate) const SERVER_INFO_TYPE: &str = "123";

impl Session {
    pub(super) fn invite(&mut self, uri: &str) {
        uri.clone_into(&mut self.invited);
        let host = self.me.via.rsplit(' ').next().unwrap_or_default().to_owned();
        let host = host.rsplit_once(':').map_or(&*host, |(host, _)| host);
        let family = if host.starts_with('[') { "IP6" } else { "IP4" };
        let host = host.trim_matches(['[', ']']);
        // A formality: no media flows.
        let sdp = format!(
            "v=0\r\no=- 0 0 IN {family} {host}\r\ns=session\r\nc=IN {family} {host}\r\nt=0 0\r\n\
             m=message 5060 sip null\r\na=accept-types:text/plain\r\n"
        );
        let request = self
            .outside(&Method::Invite, uri)
            .header(Header::Supported, "ms-sender")
            .body("application/sdp", Bytes::from(sdp));
        self.send(request, Pending::Invite);
    }

    /// An INVITE was answered.
    pub(super) fn invited(&mut self, response: &CheckedResponse) {
        if response.status() >= 300 {
            return self.end(ClientError::Refused {
                step: "chat service",
                status: response.status(),
                reason: refusal(&response.response),
            });
        }
        match Dialog::uac(response) {
            Ok(dialog) => self.dialog = Some(dialog),
            Err(error) => return self.end(ClientError::Protocol(error.to_string())),
        }
        self.schedule_refresh(response);
        if let Some(ack) = self.inside(&Method::Ack) {
            self.respond(ack);
        }
        if self.phase == Phase::LookingUp {
            self.command(&Command::RequestUri, Waiter::RequestUri);
        } else {
            self.enter();
        }
    }

    /// The service says under which URI it is to be called: go there, or stay if that is here.
    pub(super) fn looked_up(&mut self, reply: &Reply) {
        if reply.code != 200 {
            return self.end(ClientError::Refused {
                step: "chat service",
                status: reply.code,
                reason: reply.text.clone(),
            });
        }
        let Some(service) = reply.data.users.first() else {
            return self.end(ClientError::Protocol("no URI in the reply to requri".to_owned()));
        };
        self.phase = Phase::Entering;
        if service.uri.eq_ignore_ascii_case(&self.invited) {
            return self.enter();
        }
        if let Some(bye) = self.inside(&Method::Bye) {
            self.send(bye, Pending::Farewell);
        }
        self.dialog = None;
        self.timers.refresh = None;
        self.invite(&service.uri);
    }

    fn enter(&mut self) {
        let command = Command::GetServerInfo(GetServerInfo {
            domain: self.me.address.domain().to_owned(),
            info_type: SERVER_INFO_TYPE.to_owned(),
        });
        self.command(&command, Waiter::Entry);
    }

    /// The service has answered in its dialog: from now on it can be used.
    pub(super) fn entered(&mut self) {
        if self.phase == Phase::Entering {
            self.phase = Phase::Ready;
            self.timers.sign_in = None;
            if let Some(ready) = self.ready.take() {
                let _ = ready.send(Ok(()));
            }
        }
    }

    /// Halfway to the end of the session (RFC 4028 §7.2) it is refreshed.
    fn schedule_refresh(&mut self, response: &CheckedResponse) {
        let expires = leading_number(response.headers(), Header::SessionExpires);
        let half = expires.map(|seconds| (u64::from(seconds) * 500).max(1000));
        self.timers.refresh = half.map(|half| self.now.saturating_add(half));
    }

    pub(super) fn refresh(&mut self) {
        if let Some(update) = self.inside(&Method::Update) {
            let contact = self.me.contact.clone();
            self.send(update.header(Header::Contact, &contact), Pending::Refresh);
        }
    }

    pub(super) fn refreshed(&mut self, response: &CheckedResponse) {
        if response.status() < 300 {
            self.schedule_refresh(response);
        } else {
            self.end(ClientError::Lost(format!(
                "the chat service ended the session: {}",
                refusal(&response.response)
            )));
        }
    }
}
