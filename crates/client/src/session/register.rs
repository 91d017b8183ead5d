//! REGISTER: sign in, stay signed in, sign out.

use bytes::Bytes;
use causerie_sip::{CheckedResponse, Header, Headers, Method, Outgoing, headers::Contacts};

use super::{ALLOW, PROVISIONING_DEADLINE, Pending, Phase, SIGN_OUT_DEADLINE, Session, ms};
use crate::{
    error::ClientError,
    options::Stage,
    provisioning,
    text::{keep_alive_timeout, leading_number, refusal},
};

/// How long before a registration or security association ends it is renewed, in seconds.
const RENEWAL_MARGIN: u64 = 30;
const REAUTHENTICATION_MARGIN: u64 = 300;

/// How long a registration lasts when the server doesn't say (RFC 3261 §10.2), in seconds.
const DEFAULT_EXPIRES: u32 = 3600;

/// How far the proof is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leg {
    /// Nothing proved, or a renewal that is only signed.
    First,
    /// A challenge was asked for.
    Asked,
    /// A challenge was answered.
    Answered,
}

/// The registration of this connection: one Call-ID throughout.
pub(super) struct Registration {
    call_id: String,
    cseq: u32,
    leg: Leg,
}

impl Registration {
    pub(super) fn new(call_id: String) -> Self {
        Self {
            call_id,
            cseq: 0,
            leg: Leg::First,
        }
    }
}

impl Session {
    /// Sends a REGISTER, with the answer to that challenge if there is one.
    pub(super) fn register(&mut self, challenge: Option<&Headers>) {
        let mut request = self.bare_register();
        let answered = match challenge {
            None => {
                // Shortly before the security association ends, a new one is asked for by signing no more.
                let fresh = self
                    .security
                    .seconds_left()
                    .is_some_and(|left| left > REAUTHENTICATION_MARGIN + RENEWAL_MARGIN);
                if fresh {
                    self.security.sign(&mut request);
                }
                Leg::First
            }
            Some(challenge) => match self.security.answer(challenge, &mut request) {
                Ok(true) => Leg::Answered,
                Ok(false) if self.registration.leg == Leg::First => Leg::Asked,
                Ok(false) => return self.end(ClientError::Challenge("it carries no data".to_owned())),
                Err(error) => return self.end(error),
            },
        };
        self.registration.leg = answered;
        self.send_as_is(&request, Pending::Register);
    }

    fn bare_register(&mut self) -> Outgoing {
        self.registration.cseq += 1;
        let (registrar, me) = (format!("sip:{}", self.me.address.domain()), self.me.uri.clone());
        let (call_id, cseq) = (self.registration.call_id.clone(), self.registration.cseq);
        let contact = format!(
            "{};methods=\"{ALLOW}\";proxy=replace;+sip.instance=\"<{}>\"",
            self.me.contact, self.me.instance
        );
        self.head(&Method::Register, &registrar, &me, &call_id, cseq)
            .header(Header::Contact, &contact)
            .header(Header::Supported, "gruu-10, adhoclist, msrtc-event-categories")
            .header(Header::Event, "registration")
            .header(Header::MsKeepAlive, "UAC;hop-hop=yes")
    }

    /// A REGISTER was answered.
    pub(super) fn registered(&mut self, response: &CheckedResponse) {
        let headers = response.headers();
        match response.status() {
            200..300 => {}
            401 if self.registration.leg == Leg::Answered => return self.end(ClientError::WrongPassword),
            401 => return self.register(Some(headers)),
            status => {
                return self.end(ClientError::Refused {
                    step: "sign-in",
                    status,
                    reason: refusal(&response.response),
                });
            }
        }
        if self.security.is_wanted() && !self.security.is_established() {
            return self.end(ClientError::Scheme("it lets in without proof"));
        }
        self.registration.leg = Leg::First;
        self.security.confirmed();
        if let Some(timeout) = keep_alive_timeout(headers) {
            // Half of it, so that a late one is still in time.
            self.keep_alive = self.keep_alive.min(timeout.saturating_mul(500)).max(1000);
        }
        let expires = leading_number(headers, Header::Expires).unwrap_or(DEFAULT_EXPIRES);
        let expires = u64::from(expires);
        let mut renewal = expires.saturating_sub(RENEWAL_MARGIN).max(expires / 2).max(1);
        if let Some(left) = self.security.seconds_left() {
            renewal = renewal.min(left.saturating_sub(REAUTHENTICATION_MARGIN).max(1));
        }
        self.timers.register = Some(self.now.saturating_add(renewal.saturating_mul(1000)));
        if self.phase == Phase::Registering {
            self.adopt_gruu(headers);
            self.provision(headers);
        }
    }

    /// From now on this client is reached by the URI that the registrar gave to this very device.
    fn adopt_gruu(&mut self, headers: &Headers) {
        let Ok(contacts) = Contacts::of(headers) else {
            return;
        };
        let own = contacts.list().iter().find(|contact| {
            contact
                .sip_instance()
                .is_some_and(|found| found.contains(&self.me.instance))
        });
        if let Some(gruu) = own.and_then(|contact| contact.gruu()) {
            self.me.contact = format!("<{gruu}>");
        }
    }

    /// Asks where the chat service is, if the server tells.
    fn provision(&mut self, headers: &Headers) {
        let told = headers
            .get_all(Header::AllowEvents)
            .flat_map(|events| events.split(','))
            .any(|event| event.trim().eq_ignore_ascii_case(provisioning::PACKAGE));
        self.phase = Phase::Provisioning;
        self.begins(Stage::Provision);
        if !told {
            return self.provisioned(&[]);
        }
        let me = self.me.uri.clone();
        let request = self
            .outside(&Method::Subscribe, &me)
            .header(Header::Event, provisioning::PACKAGE)
            .header(Header::Accept, provisioning::MEDIA_TYPE)
            .header(Header::Supported, "com.microsoft.autoextend")
            .header(Header::Supported, "ms-benotify")
            .header(Header::ProxyRequire, "ms-benotify")
            .header(Header::Supported, "ms-piggyback-first-notify")
            .header(Header::Expires, "0")
            .body(
                provisioning::MEDIA_TYPE,
                Bytes::from_static(provisioning::QUESTION.as_bytes()),
            );
        self.send(request, Pending::Provision);
    }

    /// The subscription was answered, perhaps with the first notification in it.
    pub(super) fn subscribed(&mut self, response: &CheckedResponse) {
        let body = response.response.body();
        if response.status() >= 300 || !body.is_empty() {
            return self.provisioned(body);
        }
        if self.phase == Phase::Provisioning {
            self.timers.provisioning = Some(self.now.saturating_add(ms(PROVISIONING_DEADLINE)));
        }
    }

    /// The provisioning is there, or won't come: then its body is empty, and the service is tried under the name that it
    /// had before there was provisioning.
    pub(super) fn provisioned(&mut self, body: &[u8]) {
        if self.phase != Phase::Provisioning {
            return;
        }
        self.timers.provisioning = None;
        let found = provisioning::parse(body);
        if found.enabled == Some(false) {
            return self.end(ClientError::ChatDisabled);
        }
        let fallback = || format!("sip:ocschat@{}", self.me.address.domain());
        let uri = found.pool_uri.unwrap_or_else(fallback);
        self.phase = Phase::LookingUp;
        self.begins(Stage::Enter);
        self.invite(&uri);
    }

    /// Signs out: leaves the dialog, ends the registration; the session ends when both are answered.
    pub(super) fn sign_out(&mut self) {
        self.phase = Phase::SigningOut;
        (self.timers.register, self.timers.refresh) = (None, None);
        self.timers.sign_out = Some(self.now.saturating_add(ms(SIGN_OUT_DEADLINE)));
        if let Some(bye) = self.inside(&Method::Bye) {
            self.send(bye, Pending::Farewell);
        }
        self.dialog = None;
        let request = self.bare_register().header(Header::Expires, "0");
        self.send(request, Pending::Farewell);
    }

    pub(super) fn farewell(&mut self) {
        if self.phase == Phase::SigningOut && self.transactions.is_empty() {
            self.end(ClientError::Left);
        }
    }
}
