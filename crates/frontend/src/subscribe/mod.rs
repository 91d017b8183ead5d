//! Subscriptions (RFC 6665, MS-SIP, MS-PRES): one file an event package.
pub(crate) mod contact_delta;
mod presence;
mod provisioning;
mod registration;
mod roaming_contacts;
mod roaming_self;

pub(crate) use roaming_contacts::{complete as complete_contacts, wire_delta};

use std::time::Duration;

use bytes::Bytes;
use causerie_sip::headers::Event;
use causerie_sip::ua::Facts;
use causerie_sip::{CheckedRequest, Dialog, Header, Method, Outgoing, Sequence, Text};
use tokio::time::Instant;

use crate::link::{Link, Origin, refusal};

/// Subscriptions of one connection. A client has five.
pub(crate) const SUBSCRIPTIONS_MAX: usize = 32;

/// How long a subscription lasts at most and if nothing is said, in seconds.
pub(crate) const DEFAULT_EXPIRES: u32 = 3_600;

/// The event packages, as Allow-Events lists them.
pub(crate) const PACKAGES: [&str; 4] = [
    "vnd-microsoft-provisioning-v2",
    "vnd-microsoft-roaming-contacts",
    "vnd-microsoft-roaming-self",
    "presence",
];

/// What is subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Package {
    Provisioning,
    RoamingContacts,
    RoamingSelf,
    Presence,
    Registration,
}

impl Package {
    fn of(event: &Event) -> Option<Self> {
        let is = |name: &str| event.package().eq_ignore_ascii_case(name);
        [
            ("vnd-microsoft-provisioning-v2", Self::Provisioning),
            ("vnd-microsoft-roaming-contacts", Self::RoamingContacts),
            ("vnd-microsoft-roaming-self", Self::RoamingSelf),
            ("presence", Self::Presence),
            ("registration", Self::Registration),
        ]
        .into_iter()
        .find_map(|(name, package)| is(name).then_some(package))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Provisioning => "vnd-microsoft-provisioning-v2",
            Self::RoamingContacts => "vnd-microsoft-roaming-contacts",
            Self::RoamingSelf => "vnd-microsoft-roaming-self",
            Self::Presence => "presence",
            Self::Registration => "registration",
        }
    }
}

/// A live subscription.
pub(crate) struct Subscription {
    package: Package,
    dialog: Dialog,
    /// Notifications need no answer (`ms-benotify`).
    benotify: bool,
    pub(crate) expires_at: Instant,
}

impl Subscription {
    pub(crate) fn call_id(&self) -> &Text {
        &self.dialog.id().call_id
    }
}

/// The state that a subscriber is told.
pub(crate) struct State {
    content_type: &'static str,
    body: String,
}

impl Link {
    /// A SUBSCRIBE outside of any dialog.
    pub(crate) fn subscribe(&mut self, request: CheckedRequest) {
        let Some(package) = request.event.as_ref().and_then(Package::of) else {
            let response = self
                .response(&request, 489)
                .header(Header::AllowEvents, &PACKAGES.join(","));
            return self.answer(response, refusal("event"));
        };
        let to_myself = request.uri().user().is_none() || self.is_to_myself(&request);
        if package != Package::Presence && !to_myself {
            return self.refuse(
                &request,
                403,
                "not-yours",
                "only the user himself can subscribe to this",
            );
        }
        match package {
            Package::Provisioning => match self.provisioning(&request) {
                Ok(state) => self.accept(&request, package, state, Facts::default()),
                Err(reason) => self.refuse(&request, 400, "body", reason),
            },
            Package::RoamingContacts => self.roaming_contacts(request),
            Package::RoamingSelf => {
                let state = self.roaming_self();
                self.accept(&request, package, Some(state), Facts::default());
            }
            Package::Presence => match self.presence(&request) {
                Ok(()) => self.accept(&request, package, None, Facts::default()),
                Err(reason) => self.refuse(&request, 400, "body", reason),
            },
            Package::Registration => {
                let state = self.registration();
                self.accept(&request, package, Some(state), Facts::default());
            }
        }
    }

    fn is_to_myself(&self, request: &CheckedRequest) -> bool {
        let target = request.uri().user_at_host().map(|target| target.to_lowercase());
        self.signed_in
            .as_ref()
            .is_some_and(|who| target.as_deref() == Some(who.user.address.as_str()))
    }

    /// Grants a subscription and tells the state: with the answer if the client knows that
    /// (`ms-piggyback-first-notify`), else in a notification after it.
    fn accept(&mut self, request: &CheckedRequest, package: Package, state: Option<State>, mut facts: Facts) {
        facts.operation = Some(package.name());
        let asked = request.expires.unwrap_or(DEFAULT_EXPIRES);
        let expires = asked.min(DEFAULT_EXPIRES);
        if expires > 0 && self.subscriptions.len() >= SUBSCRIPTIONS_MAX {
            return self.refuse(request, 403, "subscriptions", "too many subscriptions");
        }
        let tag = self.token();
        let benotify = request.supports("ms-benotify");
        let mut dialog = match Dialog::uas(request, &tag) {
            Ok(dialog) => dialog,
            Err(error) => return self.refuse(request, 400, "dialog", &error.to_string()),
        };
        let piggyback = request.supports("ms-piggyback-first-notify");
        let mut response = request
            .response(200, Some(&tag))
            .header(Header::Contact, &format!("<{}>", self.contact()))
            .header(Header::Event, event_of(request, package))
            .header(Header::Expires, &expires.to_string())
            .header(Header::SubscriptionState, &state_line(expires))
            .header(Header::Supported, "ms-benotify, ms-piggyback-first-notify");
        if piggyback && let Some(state) = &state {
            // What rides on the answer counts as the first notification.
            let first = dialog.request(&Method::Benotify, "", "");
            debug_assert!(first.is_ok());
            response.push(Header::MsPiggybackCseq, &dialog.local_cseq().to_string());
            response = response.body(state.content_type, Bytes::from(state.body.clone()));
        }
        self.answer(response, facts);
        let mut subscription = Subscription {
            package,
            dialog,
            benotify,
            expires_at: Instant::now() + Duration::from_secs(u64::from(expires)),
        };
        if !piggyback && let Some(state) = state {
            self.notify(&mut subscription, &state, expires);
        }
        if expires > 0 {
            self.subscriptions.push(subscription);
        }
    }

    /// A SUBSCRIBE in a dialog: renews or ends the subscription.
    pub(crate) fn resubscribe(&mut self, request: &CheckedRequest) {
        let Some(place) = self
            .subscriptions
            .iter()
            .position(|one| one.dialog.matches(request))
        else {
            return self.refuse(request, 481, "no-dialog", "there is no such subscription");
        };
        let mut subscription = self.subscriptions.swap_remove(place);
        if subscription.dialog.receive(request) != Sequence::Next {
            self.subscriptions.push(subscription);
            return self.refuse(
                request,
                500,
                "order",
                "the requests of this dialog came out of order",
            );
        }
        let package = subscription.package;
        let expires = request.expires.unwrap_or(DEFAULT_EXPIRES).min(DEFAULT_EXPIRES);
        let response = request
            .response(200, None)
            .header(Header::Contact, &format!("<{}>", self.contact()))
            .header(Header::Event, event_of(request, package))
            .header(Header::Expires, &expires.to_string())
            .header(Header::SubscriptionState, &state_line(expires));
        let facts = Facts {
            operation: Some(package.name()),
            ..Facts::default()
        };
        self.answer(response, facts);
        if expires > 0 {
            subscription.expires_at = Instant::now() + Duration::from_secs(u64::from(expires));
            self.subscriptions.push(subscription);
        }
    }

    fn notify(&mut self, subscription: &mut Subscription, state: &State, expires: u32) {
        let method = if subscription.benotify {
            Method::Benotify
        } else {
            Method::Notify
        };
        let Ok(request) = subscription.dialog.request(&method, &self.via(), &self.branch()) else {
            return;
        };
        let request = request
            .header(Header::Contact, &format!("<{}>", self.contact()))
            .header(Header::Event, subscription.package.name())
            .header(Header::SubscriptionState, &state_line(expires))
            .body(state.content_type, Bytes::from(state.body.clone()));
        let origin = Origin::Subscription(subscription.call_id().clone());
        self.send(request, Some(origin));
    }

    /// Tells all subscriptions to a package of this connection.
    fn notify_all(&mut self, package: Package, state: impl FnOnce(&Self) -> State) {
        if !self.subscriptions.iter().any(|one| one.package == package) {
            return;
        }
        let state = state(self);
        let mut all = std::mem::take(&mut self.subscriptions);
        let now = Instant::now();
        for one in all
            .iter_mut()
            .filter(|one| one.package == package && one.expires_at > now)
        {
            let left = one.expires_at.duration_since(now).as_secs();
            self.notify(one, &state, u32::try_from(left).unwrap_or(DEFAULT_EXPIRES));
        }
        self.subscriptions = all;
    }

    /// A notification outside of any dialog, to the device.
    fn notify_device(
        &mut self,
        event: &str,
        headers: &[(Header, &str)],
        content_type: &str,
        body: &'static str,
    ) {
        let Some(who) = &self.signed_in else { return };
        let uri = who.user.address.to_uri();
        let to = match &who.epid {
            Some(epid) => format!("<{uri}>;epid={epid}"),
            None => format!("<{uri}>"),
        };
        let mut request = Outgoing::request(&Method::Benotify, &who.target)
            .header(Header::Via, &format!("{};branch={}", self.via(), self.branch()))
            .header(Header::MaxForwards, "70")
            .header(Header::From, &format!("<{uri}>;tag={}", self.token()))
            .header(Header::To, &to)
            .header(Header::CallId, &self.token())
            .header(Header::CSeq, "1 BENOTIFY")
            .header(Header::Event, event);
        for (header, value) in headers {
            request.push(*header, value);
        }
        self.send(
            request.body(content_type, Bytes::from_static(body.as_bytes())),
            None,
        );
    }
}

fn event_of(request: &CheckedRequest, package: Package) -> &str {
    request.headers().get(Header::Event).unwrap_or(package.name())
}

fn state_line(expires: u32) -> String {
    if expires == 0 {
        "terminated;expires=0".to_owned()
    } else {
        format!("active;expires={expires}")
    }
}
