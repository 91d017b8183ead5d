//! What comes in: each message is judged by itself, then its signature, then who it says it is from.
use bytes::Bytes;
use causerie_sip::{
    CheckedRequest, FrameError, Message, Method, PlainOk, Received, Request, Response,
    SERVER_TRANSACTIONS_MAX, TransactionKey, check_request, check_response,
};
use tokio::time::Instant;

use super::{Link, Origin, TRANSACTION_MEMORY, refusal};
use crate::route::RULES;
use crate::settings::Authentication;
use crate::signing::{self, Verdict};
use crate::telemetry::dropped;

impl Link {
    /// The stream can't be cut into messages any more.
    pub(crate) fn unframed(&mut self, error: &FrameError) {
        match error.response(Some(&self.token())) {
            Some(response) => self.answer(response, refusal("framing")),
            None => dropped("framing"),
        }
        self.close("framing");
    }

    /// Takes one message.
    pub(crate) fn receive(&mut self, raw: Bytes) {
        if let Some(ok) = PlainOk::read(&raw) {
            return self.ok(&ok);
        }
        match Message::parse(raw) {
            Ok(Message::Request(request)) => self.request(&request),
            Ok(Message::Response(response)) => self.response_received(&response),
            Err(error) => match error.response(Some(&self.token())) {
                Some(response) => self.answer(response, refusal("malformed")),
                None => dropped("malformed"),
            },
        }
    }

    fn request(&mut self, request: &Request) {
        let request = match check_request(request, &RULES) {
            Ok(request) => request,
            Err(rejection) => {
                match rejection.response(request, Some(&self.token())) {
                    Some(response) => self.answer(response, refusal("malformed")),
                    None => dropped("malformed"),
                }
                return;
            }
        };
        if matches!(request.method(), Method::Other(_)) {
            self.not_implemented(&request);
            return;
        }
        let verdict = self.verify(&request);
        match verdict {
            Verdict::Genuine => {}
            Verdict::Unsigned if *request.method() == Method::Register => {}
            Verdict::Unsigned => {
                self.challenge(&request);
                return;
            }
            Verdict::Forged(reason) => {
                dropped(reason);
                return;
            }
        }
        if !self.is_new(&request) {
            return;
        }
        if *request.method() == Method::Register {
            self.register(&request, verdict == Verdict::Genuine);
        } else if self.is_from_signed_in(&request) {
            self.route(request);
        } else {
            self.refuse(&request, 403, "from", "From is not the address that is signed in");
        }
    }

    /// Judges the signature of a request. A REGISTER that opens or carries a sign-in counts as unsigned.
    fn verify(&mut self, request: &CheckedRequest) -> Verdict {
        if self.front.settings.authentication == Authentication::None {
            return if self.signed_in.is_some() {
                Verdict::Genuine
            } else {
                Verdict::Unsigned
            };
        }
        let now = self.unix_now();
        let is_register = *request.method() == Method::Register;
        match &mut self.association {
            None => Verdict::Unsigned,
            Some(_) if is_register && carries_sign_in(request) => Verdict::Unsigned,
            Some(association) => signing::verify(association, request.headers(), None, now),
        }
    }

    pub(crate) fn is_from_signed_in(&self, request: &CheckedRequest) -> bool {
        let from = request.from.uri.user_at_host().map(|from| from.to_lowercase());
        self.signed_in
            .as_ref()
            .is_some_and(|who| from.as_deref() == Some(who.user.address.as_str()))
    }

    /// Whether a request isn't a repetition; answers one that is.
    fn is_new(&mut self, request: &CheckedRequest) -> bool {
        let Some(key) = TransactionKey::of_request(request) else {
            return true;
        };
        let now = Instant::now();
        match self.received.receive(key.clone(), self.ms(now)) {
            Received::New => {
                self.forget_at = Some(now + TRANSACTION_MEMORY);
                if self.pending.len() >= SERVER_TRANSACTIONS_MAX {
                    self.pending.pop_front();
                }
                self.pending.push_back((key, now));
                true
            }
            Received::Answered(octets) if self.hold_until.is_none() => {
                self.outlet.extend_from_slice(&octets);
                false
            }
            Received::Answered(_) | Received::Pending => {
                dropped("duplicate");
                false
            }
        }
    }

    /// Whether the INVITE that a CANCEL means is still unanswered.
    pub(crate) fn is_pending(&mut self, cancel: &CheckedRequest) -> bool {
        self.received.is_pending(&TransactionKey::cancelled_by(cancel))
    }

    /// A 200 that says nothing but that a request of ours was taken.
    fn ok(&mut self, ok: &PlainOk<'_>) {
        let now = self.unix_now();
        if let Some(association) = &mut self.association {
            let credentials = ok.authorization.and_then(signing::ntlm);
            let fields = signing::fields(ok.signature_fields());
            match signing::judge(association, credentials.as_ref(), &fields, now) {
                Verdict::Genuine => {}
                Verdict::Unsigned => return dropped("unsigned-response"),
                Verdict::Forged(reason) => return dropped(reason),
            }
        }
        if self.sent.received(ok).is_none() {
            dropped("stray-response");
        }
    }

    fn response_received(&mut self, response: &Response) {
        let response = match check_response(response) {
            Ok(response) if response.vias == 1 => response,
            Ok(_) => return dropped("response-vias"),
            Err(_) => return dropped("malformed-response"),
        };
        if response.status() < 200 {
            return;
        }
        let now = self.unix_now();
        if let Some(association) = &mut self.association {
            match signing::verify(association, response.headers(), Some(response.status()), now) {
                Verdict::Genuine => {}
                Verdict::Unsigned => return dropped("unsigned-response"),
                Verdict::Forged(reason) => return dropped(reason),
            }
        }
        match self.sent.matched(&response) {
            None => dropped("stray-response"),
            Some(Origin::Subscription(call_id)) => {
                if response.status() >= 300 {
                    self.subscriptions.retain(|one| one.call_id() != &call_id);
                }
            }
            Some(Origin::Session(application)) => {
                self.with_session(application, |session, outbox| session.response(&response, outbox));
            }
        }
    }
}

/// Whether a REGISTER takes part in a sign-in: it has no credentials, or NTLM data beside or instead of a signature.
fn carries_sign_in(request: &CheckedRequest) -> bool {
    signing::credentials(request.headers()).is_none_or(|found| found.gssapi_data.is_some())
}
