//! Sign-in: the NTLM handshake in REGISTER requests (MS-SIPAE §3.2), one for each Call-ID of a connection.
use std::sync::Arc;

use causerie_model::{PrincipalId, SipAddress};
use causerie_sip::{CheckedRequest, Header, SignatureFields, Text};
use causerie_sipauth::{AuthError, CHALLENGE_LIFETIME, Fresh, Handshake, Identity, Pending, Step};
use causerie_store::meter;

use crate::directory::UserEntry;
use crate::link::{Link, Resume, SignedIn, refusal};
use crate::settings::Authentication;
use crate::signing;
use crate::telemetry::{shown_login, sign_in_failed};

/// Sign-ins under way on one connection. With more the oldest is forgotten.
pub(crate) const ATTEMPTS_MAX: usize = 4;

/// A user that never is: looking up his password costs the same as looking up that of a user who is.
const NOBODY: PrincipalId = PrincipalId(0);

/// A sign-in under way.
pub(crate) struct Attempt {
    call_id: Text,
    handshake: Handshake,
}

impl Link {
    /// A request without a valid signature is answered with the first challenge.
    pub(crate) fn challenge(&mut self, request: &CheckedRequest) {
        if self.front().settings.authentication == Authentication::None {
            self.refuse(request, 403, "not-signed-in", "sign in first");
            return;
        }
        let challenge = self.front().offer.first_challenge();
        let response = self
            .response(request, 401)
            .header(Header::WwwAuthenticate, &challenge);
        self.answer(response, refusal("unsigned"));
    }

    /// Takes a REGISTER: a step of a sign-in, or, if its signature was found genuine, the renewal of a registration.
    pub(crate) fn register(&mut self, request: &CheckedRequest, genuine: bool) {
        if self.front().settings.authentication == Authentication::None {
            self.register_unproved(request);
            return;
        }
        if genuine {
            if self.is_from_signed_in(request) {
                self.bind(request, None);
            } else {
                self.refuse(request, 403, "from", "From is not the address that is signed in");
            }
            return;
        }
        self.step(request);
    }

    fn step(&mut self, request: &CheckedRequest) {
        let mut handshake = self.attempt(&request.call_id);
        let random = &self.front().needs.random;
        let mut server_nonce = [0; 8];
        random.fill(&mut server_nonce);
        let fresh = Fresh {
            server_nonce,
            opaque: random.number(),
        };
        let now = self.unix_now();
        let credentials = signing::credentials(request.headers());
        let with_data = credentials
            .as_ref()
            .is_some_and(|found| found.gssapi_data.is_some());
        // A signature under an association that is no more is no credential: the client is to sign in anew.
        let step = handshake.step(credentials.as_ref().filter(|_| with_data), fresh, now);
        match step {
            Ok(Step::Challenge(challenge)) => {
                self.keep(&request.call_id, handshake);
                if with_data {
                    self.hold(CHALLENGE_LIFETIME);
                }
                let response = self
                    .response(request, 401)
                    .header(Header::WwwAuthenticate, &challenge);
                self.emit_unsigned(response, refusal("challenge"));
            }
            Ok(Step::NeedHash { identity, pending }) => self.prove(request.clone(), &identity, pending),
            Err(error) => self.sign_in_refused(request, None, &error),
        }
    }

    /// The handshake of a Call-ID, a new one if there is none.
    fn attempt(&mut self, call_id: &Text) -> Handshake {
        let place = self
            .attempts
            .iter()
            .position(|attempt| attempt.call_id == *call_id);
        let known = place.map(|place| self.attempts.swap_remove(place).handshake);
        if self.attempts.is_empty() {
            // An idle connection keeps no room for them.
            self.attempts = Vec::new();
        }
        known.unwrap_or_else(|| Handshake::start(Arc::clone(&self.front().offer)))
    }

    fn keep(&mut self, call_id: &Text, handshake: Handshake) {
        if self.attempts.len() >= ATTEMPTS_MAX {
            self.attempts.remove(0);
        }
        self.attempts.push(Attempt {
            call_id: call_id.detached(),
            handshake,
        });
    }

    /// Fetches the password's hash of whoever this claims to be, and judges the answer to the challenge.
    fn prove(&mut self, request: CheckedRequest, identity: &Identity, pending: Box<Pending>) {
        let front = Arc::clone(self.front());
        let user = self.find(identity);
        let shown = shown_login(&typed(identity));
        // Known users are counted under their one address, however the login is spelled.
        let name = user
            .as_ref()
            .map_or_else(|| login(identity), |user| user.address.to_string());
        if let Err(throttled) = front.needs.accounts.may_try(&name, self.peer.ip()) {
            self.report_refused(Some(shown), "throttled");
            let reason = throttled.to_string();
            let response = self
                .refusal(&request, 403, &reason)
                .header(Header::RetryAfter, &throttled.retry_after_seconds.to_string());
            self.emit_unsigned(response, refusal("throttled"));
            self.release();
            return;
        }
        self.later(async move {
            let id = user.as_ref().map_or(NOBODY, |user| user.id);
            let (hash, statements) = meter::metered(front.needs.accounts.nt_hash(id)).await;
            let resume: Resume = Box::new(move |link| {
                let hash = match hash {
                    Ok(hash) => hash.filter(|_| user.is_some()),
                    Err(error) => {
                        tracing::error!(target: "causerie::sip", %error, "The passwords can't be read.");
                        let response = link
                            .refusal(&request, 503, "the server can't check passwords now")
                            .header(Header::RetryAfter, "30");
                        link.emit_unsigned(response, refusal("store"));
                        link.release();
                        return;
                    }
                };
                let credentials = signing::credentials(request.headers()).unwrap_or_default();
                let fields = signing::fields(SignatureFields::of(request.headers(), None));
                let now = link.unix_now();
                let proved = pending.finish(hash.as_ref(), &fields, &credentials, now);
                let needs = &link.front().needs;
                let accounts = &needs.accounts;
                // He may have been disabled or removed since he was looked up.
                let user = user.and_then(|user| needs.directory.user_by_address(&user.address));
                let (association, user) = match (proved, user) {
                    (Ok(association), Some(user)) => (association, user),
                    (proved, _) => {
                        accounts.failed(&name, link.peer.ip());
                        link.sign_in_refused(
                            &request,
                            Some(shown),
                            &proved.err().unwrap_or(AuthError::Refused),
                        );
                        return;
                    }
                };
                accounts.succeeded(&name);
                if let Err((refused, reason)) = link.may_sign_in(&request, &user) {
                    link.report_refused(Some(shown), refused);
                    let response = link.refusal(&request, 403, reason);
                    link.emit_unsigned(response, refusal(refused));
                    link.release();
                    return;
                }
                link.association = Some(Box::new(association));
                link.enter(&request, user, statements);
            });
            resume
        });
    }

    /// Who may come in after he has proved who he is.
    fn may_sign_in(
        &self,
        request: &CheckedRequest,
        user: &UserEntry,
    ) -> Result<(), (&'static str, &'static str)> {
        let from = request.from.uri.user_at_host().map(|from| from.to_lowercase());
        if !user.enabled {
            Err(("disabled", "this account is disabled"))
        } else if from.as_deref() != Some(user.address.as_str()) {
            Err(("other-address", "this login belongs to another address"))
        } else if self
            .signed_in
            .as_ref()
            .is_some_and(|who| who.user.address != user.address)
        {
            Err(("other-user", "somebody else is signed in on this connection"))
        } else {
            Ok(())
        }
    }

    /// The user is who he says: registers his device and lets go what was held back.
    fn enter(&mut self, request: &CheckedRequest, user: UserEntry, statements: u32) {
        if let Some(who) = &mut self.signed_in {
            who.user = user;
            self.bind(request, Some(statements));
        } else {
            self.admit(SignedIn {
                user,
                epid: request.from.epid().map(str::to_owned),
                binding: None,
                target: String::new(),
            });
            self.bind(request, Some(statements));
        }
        self.release();
    }

    fn sign_in_refused(&mut self, request: &CheckedRequest, login: Option<String>, error: &AuthError) {
        let name = reason(error);
        self.report_refused(login, name);
        let challenge = self.front().offer.first_challenge();
        let response = self
            .response(request, 401)
            .header(Header::WwwAuthenticate, &challenge);
        self.emit_unsigned(response, refusal(name));
        self.release();
    }

    /// Counts and logs a refused sign-in. The transaction's own line names the login too.
    fn report_refused(&mut self, login: Option<String>, reason: &'static str) {
        sign_in_failed(login.as_deref(), self.peer, reason);
        self.login = login;
    }

    /// Test mode: everybody is who he says, if there is such a user.
    fn register_unproved(&mut self, request: &CheckedRequest) {
        let address = request
            .from
            .uri
            .user_at_host()
            .and_then(|text| SipAddress::parse(&text).ok());
        let user = address.and_then(|address| self.front().needs.directory.user_by_address(&address));
        let shown = || request.from.uri.user_at_host().map(|text| shown_login(&text));
        let Some(user) = user else {
            self.report_refused(shown(), "unknown-user");
            self.refuse(request, 404, "unknown-user", "there is no such user");
            return;
        };
        match self.may_sign_in(request, &user) {
            Ok(()) => self.enter(request, user, 0),
            Err((refused, reason)) => {
                self.report_refused(shown(), refused);
                self.refuse(request, 403, refused, reason);
            }
        }
    }

    fn find(&self, identity: &Identity) -> Option<UserEntry> {
        let front = self.front();
        let (settings, directory) = (&front.settings, &front.needs.directory);
        let by_address = |text: &str| directory.user_by_address(&SipAddress::parse(text).ok()?);
        match identity {
            Identity::Upn(name) => by_address(name),
            Identity::Bare(user) => by_address(&format!("{user}@{}", settings.domain)),
            Identity::DomainUser { domain, user } => {
                let ours = [&settings.netbios_domain, &settings.domain]
                    .into_iter()
                    .any(|name| name.eq_ignore_ascii_case(domain));
                if ours {
                    by_address(&format!("{user}@{}", settings.domain))
                } else {
                    directory.user_by_login(domain, user)
                }
            }
        }
    }
}

/// A login as failures are counted by.
fn login(identity: &Identity) -> String {
    typed(identity).to_lowercase()
}

/// A login as its user typed it.
fn typed(identity: &Identity) -> String {
    match identity {
        Identity::Upn(name) | Identity::Bare(name) => name.clone(),
        Identity::DomainUser { domain, user } => format!("{domain}\\{user}"),
    }
}

fn reason(error: &AuthError) -> &'static str {
    match error {
        AuthError::Refused => "refused",
        AuthError::Scheme | AuthError::MissingData | AuthError::Ntlm(_) => "malformed",
        AuthError::NoChallenge | AuthError::Opaque | AuthError::ChallengeExpired => "stale",
        AuthError::Version => "version",
        AuthError::Unsigned | AuthError::Signature(_) => "signature",
    }
}
