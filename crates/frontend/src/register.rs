//! Registration of a device (RFC 3261 §10.3, MS-SIPREGE §3).
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use causerie_sip::headers::{Contacts, NameAddr, delta_seconds};
use causerie_sip::ua::Facts;
use causerie_sip::{CheckedRequest, Header};
use tokio::time::Instant;

use crate::link::Link;
use crate::registrar::{DEFAULT_EXPIRES, Full, MIN_EXPIRES, Registered};
use crate::subscribe::PACKAGES;

/// What clients learn of the server, each on a line of its own: pidgin-sipe 1.25 compares whole values, and without
/// `msrtc-event-categories` it never looks for a chat server.
const SUPPORTED: [&str; 3] = ["gruu-10", "adhoclist", "msrtc-event-categories"];

impl Link {
    /// Registers, renews or removes the device of this connection. `statements` were sent to sign its user in.
    pub(crate) fn bind(&mut self, request: &CheckedRequest, statements: Option<u32>) {
        let facts = Facts {
            statements: statements.unwrap_or_default(),
            ..Facts::default()
        };
        let address = |uri: &causerie_sip::Uri| uri.user_at_host().map(|text| text.to_lowercase());
        if address(&request.from.uri) != address(&request.to.uri) {
            return self.refuse_now(
                request,
                403,
                "third-party",
                "only the user himself registers his devices",
            );
        }
        let contact = match &request.contacts {
            Contacts::All if request.expires == Some(0) => None,
            Contacts::All => {
                return self.refuse_now(request, 400, "contact", "Contact * is for Expires 0 only");
            }
            Contacts::List(list) => match list.as_slice() {
                [] => return self.report_binding(request, facts),
                [contact] if contact.uri.is_sip() => Some(contact),
                [_] => return self.refuse_now(request, 400, "contact", "the Contact is not a SIP URI"),
                _ => return self.refuse_now(request, 400, "contact", "a connection registers one device"),
            },
        };
        let stated = contact.and_then(|contact| contact.param("expires"));
        let stated = stated.and_then(|value| delta_seconds(Header::Contact, value).ok());
        let expires = stated
            .or(request.expires)
            .unwrap_or(DEFAULT_EXPIRES)
            .min(DEFAULT_EXPIRES);
        let Some(contact) = contact.filter(|_| expires > 0) else {
            return self.unbind(request, facts);
        };
        if expires < MIN_EXPIRES {
            let response = self
                .refusal(request, 423, "the registration is too short")
                .header(Header::MinExpires, &MIN_EXPIRES.to_string());
            return self.emit_now(response, Some(crate::link::refusal("interval")));
        }
        if self.place(request, contact, expires).is_err() {
            self.refuse_now(
                request,
                403,
                "endpoints",
                "too many devices are signed in with this account",
            );
            if self.signed_in.as_ref().is_some_and(|who| who.binding.is_none()) {
                self.close("endpoints");
            }
            return;
        }
        let line = self.contact_line(contact, expires);
        let mut response = self.response(request, 200).header(Header::Contact, &line);
        response.push(Header::Expires, &expires.to_string());
        for option in SUPPORTED {
            response.push(Header::Supported, option);
        }
        let settings = &self.front().settings;
        let keep_alive = settings.deadlines.keep_alive.as_secs();
        let response = response
            .header(Header::AllowEvents, &PACKAGES.join(","))
            .header(
                Header::MsKeepAlive,
                &format!("UAS; tcp=no; hop-hop=yes; end-end=no; timeout={keep_alive}"),
            )
            .header(Header::Server, &settings.product);
        self.emit_now(response, Some(facts));
    }

    /// Writes the binding into the table.
    fn place(&mut self, request: &CheckedRequest, contact: &NameAddr, expires: u32) -> Result<(), Full> {
        let now = self.now();
        let until = now.plus_seconds(i64::from(expires));
        let endpoint = endpoint(request, contact);
        let target = gruu(self.address(), contact).unwrap_or_else(|| contact.uri.as_str().to_owned());
        let (mailbox, front) = (self.mailbox.clone(), self.front().clone());
        let (peer, transport) = (self.peer, self.transport.name());
        let Some(who) = &mut self.signed_in else {
            return Ok(());
        };
        who.target = target;
        match &who.binding {
            Some(binding) if binding.endpoint() == endpoint => binding.renew(until),
            _ => {
                who.binding = None;
                let device = Registered {
                    address: who.user.address.clone(),
                    endpoint,
                    peer,
                    transport,
                    user_agent: request
                        .headers()
                        .get(Header::UserAgent)
                        .unwrap_or_default()
                        .to_owned(),
                    since: now,
                    expires_at: until,
                };
                let most = front.settings.limits.endpoints_per_user;
                who.binding = Some(front.registrar.bind(device, &mailbox, most)?);
            }
        }
        self.sign_in_by = None;
        self.registered_until = Some(Instant::now() + Duration::from_secs(u64::from(expires)));
        Ok(())
    }

    /// The device signs out: its dialogs end with it, and the connection once the answer is sent. `Contact: *` signs
    /// out all of the user's devices.
    fn unbind(&mut self, request: &CheckedRequest, facts: Facts) {
        if request.contacts == Contacts::All
            && let Some(who) = &self.signed_in
        {
            for other in self.front().registrar.mailboxes(&who.user.address) {
                if !std::sync::Arc::ptr_eq(&other, &self.mailbox) {
                    other.post(crate::mailbox::Command::Replaced);
                }
            }
        }
        self.end_sessions();
        self.forget_published();
        self.registered_until = None;
        let response = self.response(request, 200).header(Header::Expires, "0");
        self.emit_now(response, Some(facts));
        self.close("signed-off");
    }

    /// A REGISTER without Contact asks what is registered (RFC 3261 §10.2.3).
    fn report_binding(&mut self, request: &CheckedRequest, facts: Facts) {
        let now = Instant::now();
        let left = self
            .registered_until
            .map(|until| until.duration_since(now).as_secs());
        let mut response = self.response(request, 200);
        if let (Some(left), Some(who)) = (left, &self.signed_in)
            && who.binding.is_some()
        {
            response.push(Header::Contact, &format!("<{}>;expires={left}", who.target));
        }
        self.emit_now(response, Some(facts));
    }

    fn refuse_now(&mut self, request: &CheckedRequest, status: u16, refusal: &'static str, reason: &str) {
        let response = self.refusal(request, status, reason);
        self.emit_now(response, Some(crate::link::refusal(refusal)));
    }

    fn address(&self) -> &str {
        self.signed_in
            .as_ref()
            .map_or("", |who| who.user.address.as_str())
    }

    fn contact_line(&self, contact: &NameAddr, expires: u32) -> String {
        let mut line = format!("<{}>;expires={expires}", contact.uri.as_str());
        if let (Some(instance), Some(gruu)) = (contact.sip_instance(), gruu(self.address(), contact)) {
            let instance = instance.trim_matches(['<', '>']);
            line.push_str(&format!(";+sip.instance=\"<{instance}>\";gruu=\"{gruu}\""));
        }
        line
    }
}

/// What tells a device from the user's others.
fn endpoint(request: &CheckedRequest, contact: &NameAddr) -> String {
    let named = request.from.epid().or_else(|| contact.sip_instance());
    named.unwrap_or(&request.call_id).to_owned()
}

/// The address of one device of a user (MS-SIPRE §2.2.3): his address and the device's UUID, little-endian with two
/// zero bytes after it, in base64 fit for URIs. `None` without a UUID.
fn gruu(address: &str, contact: &NameAddr) -> Option<String> {
    let instance = contact.sip_instance()?.trim_matches(['<', '>', '"']);
    let text = instance.strip_prefix("urn:uuid:").unwrap_or(instance);
    let uuid = parse_uuid(text)?;
    let [a, b, c, d, e, f, g, h, rest @ ..] = uuid;
    let mut bytes = vec![d, c, b, a, f, e, h, g];
    bytes.extend_from_slice(&rest);
    bytes.extend_from_slice(&[0, 0]);
    let opaque = URL_SAFE_NO_PAD.encode(bytes);
    Some(format!("sip:{address};opaque=user:epid:{opaque};gruu"))
}

fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| *c != '-')
        .map(|c| c.to_digit(16).map(|d| d as u8))
        .collect::<Option<_>>()?;
    let mut uuid = [0; 16];
    if digits.len() != 32 {
        return None;
    }
    for (byte, pair) in uuid.iter_mut().zip(digits.chunks_exact(2)) {
        if let [high, low] = pair {
            *byte = high << 4 | low;
        }
    }
    Some(uuid)
}
