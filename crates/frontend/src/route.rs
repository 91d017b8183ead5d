//! What goes where.
use causerie_model::SipAddress;
use causerie_sip::ua::Facts;
use causerie_sip::{CheckedRequest, Header, Method, Rules};

use crate::link::{Link, refusal};
use crate::refuse::ALLOW;
use crate::telemetry::dropped;

/// What a request may require and carry. `adhoclist` and `categoryList` are required by batched presence subscriptions,
/// `ms-benotify` by every subscription of pidgin-sipe 1.25.
pub(crate) const RULES: Rules = Rules {
    options: &["ms-benotify", "adhoclist", "categoryList", "eventlist", "timer"],
    body_types: |method| match method {
        Method::Invite => &["application/sdp", "multipart/alternative", "multipart/mixed"],
        _ => &[],
    },
    answer_types: |method| match method {
        Method::Invite => &["application/sdp"],
        _ => &[],
    },
};

/// Media types that requests to the front end itself may carry, for OPTIONS.
const ACCEPT: &str =
    "application/sdp, text/plain, application/SOAP+xml, application/msrtc-category-publish+xml";

impl Link {
    /// A method that nothing here knows. Answered before anybody is asked who he is.
    pub(crate) fn not_implemented(&mut self, request: &CheckedRequest) {
        let response = self.response(request, 501).header(Header::Allow, ALLOW);
        self.answer(response, refusal("unknown-method"));
    }

    fn not_allowed(&mut self, request: &CheckedRequest) {
        let response = self.response(request, 405).header(Header::Allow, ALLOW);
        self.answer(response, refusal("method"));
    }

    /// Hands a genuine request of the signed-in user to whoever answers it.
    pub(crate) fn route(&mut self, request: CheckedRequest) {
        if let Some(application) = self.owner(&request.call_id) {
            self.deliver(application, &request);
            return;
        }
        let in_dialog = !request.to_tag().is_empty();
        match request.method() {
            Method::Ack => return dropped("stray-ack"),
            Method::Cancel => return self.cancel(&request),
            Method::Subscribe if in_dialog => return self.resubscribe(&request),
            _ if in_dialog => {
                return self.refuse(&request, 481, "no-dialog", "there is no such dialog");
            }
            _ => {}
        }
        let served =
            |application: &std::sync::Arc<dyn causerie_sip::ua::Application>| application.serves(&request);
        if let Some(application) = self.front().needs.applications.iter().position(served) {
            self.deliver(application, &request);
            return;
        }
        match (request.method(), self.target(&request)) {
            (_, Target::Nobody) => self.refuse(&request, 404, "unknown-target", "there is no such user"),
            (Method::Subscribe, _) => self.subscribe(request),
            (Method::Service, Target::Myself) => self.service(request),
            (Method::Options, Target::Server | Target::Myself) => self.options(&request),
            (
                Method::Invite | Method::Message | Method::Refer | Method::Options,
                Target::Myself | Target::Other,
            ) => {
                self.refuse(
                    &request,
                    480,
                    "no-delivery",
                    "messages from person to person are not carried yet",
                );
            }
            _ => self.not_allowed(&request),
        }
    }

    fn target(&self, request: &CheckedRequest) -> Target {
        let uri = request.uri();
        if uri.user().is_none() {
            let settings = &self.front().settings;
            let host = uri.host().to_ascii_lowercase();
            let known = host == settings.domain || host == settings.fqdn || self.contact().contains(&host);
            return if known { Target::Server } else { Target::Nobody };
        }
        let address = uri.user_at_host().and_then(|text| SipAddress::parse(&text).ok());
        let Some(address) = address else {
            return Target::Nobody;
        };
        if self
            .signed_in
            .as_ref()
            .is_some_and(|who| who.user.address == address)
        {
            Target::Myself
        } else if self.front().needs.directory.user_by_address(&address).is_some() {
            Target::Other
        } else {
            Target::Nobody
        }
    }

    fn options(&mut self, request: &CheckedRequest) {
        let response = self
            .response(request, 200)
            .header(Header::Allow, ALLOW)
            .header(Header::Accept, ACCEPT)
            .header(
                Header::Supported,
                "ms-benotify, ms-piggyback-first-notify, gruu-10, adhoclist",
            );
        self.answer(response, Facts::default());
    }

    /// A CANCEL of nobody's INVITE (RFC 3261 §9.2).
    fn cancel(&mut self, request: &CheckedRequest) {
        if self.is_pending(request) {
            let response = self.response(request, 200);
            self.answer(response, Facts::default());
        } else {
            self.refuse(request, 481, "no-transaction", "there is no request to cancel");
        }
    }
}

/// Whom a Request-URI means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// The server: no user part.
    Server,
    /// The user of this connection.
    Myself,
    /// Another user.
    Other,
    /// No user of this server.
    Nobody,
}
