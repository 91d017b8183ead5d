//! The server's side of a sign-in, for one connection and Call-ID (MS-SIPAE 3.2).
//!
//! No credentials: the first 401. Credentials with empty data or a NEGOTIATE: the second 401 with
//! a CHALLENGE. Credentials with an AUTHENTICATE: the caller fetches the account's NT hash and
//! finishes.

use std::sync::Arc;
use std::time::Duration;

use crate::association::{AssociationNames, Role, SecurityAssociation, VerifyError};
use crate::breakdown::{MessageFields, SignatureVersion};
use crate::header::{Challenge401, Credentials};
use crate::ntlm::{
    Authenticate, Challenge, Identity, MessageType, Negotiate, NtHash, NtlmError, Target, accept_account,
    filetime_from_unix, message_type,
};

/// How long the answer to a challenge may take.
pub const CHALLENGE_LIFETIME: Duration = Duration::from_secs(60);

/// Longest realm or target name of an [`Offer`], in bytes.
pub const MAX_OFFER_TEXT: usize = 255;

const SCHEME: &str = "NTLM";

/// Why a sign-in is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Credentials of another scheme.
    #[error("only NTLM is offered")]
    Scheme,
    /// Credentials without `gssapi-data`.
    #[error("the credentials carry no gssapi-data")]
    MissingData,
    /// An answer without a challenge, or a second answer to the same one.
    #[error("no challenge is outstanding")]
    NoChallenge,
    /// An answer to another challenge.
    #[error("the answer names another challenge")]
    Opaque,
    /// The answer came later than [`CHALLENGE_LIFETIME`].
    #[error("the challenge has expired")]
    ChallengeExpired,
    /// The client's version is above the one offered or below the lowest allowed.
    #[error("the signature version is not acceptable")]
    Version,
    /// The user is unknown or the password wrong; which of them is not to be known.
    #[error("unknown user or wrong password")]
    Refused,
    /// Version 4 demands a signature on this message and there is none.
    #[error("the message is not signed")]
    Unsigned,
    /// The signature on the message is wrong.
    #[error(transparent)]
    Signature(#[from] VerifyError),
    /// The NTLM message is unacceptable.
    #[error(transparent)]
    Ntlm(NtlmError),
}

impl From<NtlmError> for AuthError {
    fn from(error: NtlmError) -> Self {
        match error {
            NtlmError::BadProof => Self::Refused,
            other => Self::Ntlm(other),
        }
    }
}

/// An [`Offer`] that cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "realm and target name must be 1 to {MAX_OFFER_TEXT} printable ASCII characters without quote, backslash, < and >"
)]
pub struct OfferError;

/// What the server offers; one for all its handshakes.
#[derive(Debug, Clone)]
pub struct Offer {
    realm: String,
    targetname: String,
    target: Target,
    version: SignatureVersion,
    lowest: SignatureVersion,
}

impl Offer {
    /// `realm` is `SIP Communications Service` by custom, `targetname` the server's DNS name,
    /// `target` its names inside NTLM. `version` is offered; a client may choose a lower one down
    /// to `lowest`.
    ///
    /// # Errors
    /// [`OfferError`] if a text would need escaping, which clients do not undo.
    pub fn new(
        realm: &str,
        targetname: &str,
        target: Target,
        version: SignatureVersion,
        lowest: SignatureVersion,
    ) -> Result<Self, OfferError> {
        for text in [realm, targetname] {
            let printable = text
                .bytes()
                .all(|b| (b' '..=b'~').contains(&b) && !b"\"\\<>".contains(&b));
            if text.is_empty() || text.len() > MAX_OFFER_TEXT || !printable {
                return Err(OfferError);
            }
        }
        Ok(Self {
            realm: realm.to_owned(),
            targetname: targetname.to_owned(),
            target,
            version,
            lowest,
        })
    }

    /// Value of the first `WWW-Authenticate`.
    #[must_use]
    pub fn first_challenge(&self) -> String {
        self.challenge(None)
    }

    fn challenge(&self, second: Option<(&str, &Challenge)>) -> String {
        Challenge401 {
            scheme: SCHEME.into(),
            realm: (&*self.realm).into(),
            targetname: (&*self.targetname).into(),
            version: Some(self.version.number()),
            opaque: second.map(|(opaque, _)| opaque.into()),
            gssapi_data: second.map(|(_, challenge)| challenge.encode().to_vec()),
        }
        .to_value()
    }

    /// The version the client chose; without the parameter it knows only the oldest.
    fn agreed_version(&self, stated: Option<u8>) -> Result<SignatureVersion, AuthError> {
        SignatureVersion::from_number(stated.unwrap_or(SignatureVersion::V2.number()))
            .filter(|version| (self.lowest..=self.version).contains(version))
            .ok_or(AuthError::Version)
    }
}

/// What must be fresh for each challenge.
#[derive(Debug, Clone, Copy)]
pub struct Fresh {
    /// Random, never used before.
    pub server_nonce: [u8; 8],
    /// Names the association; unique among the live ones of the connection.
    pub opaque: u32,
}

/// What the caller does next.
#[derive(Debug)]
pub enum Step {
    /// Answer 401 with this `WWW-Authenticate`.
    Challenge(String),
    /// Look up the NT hash of the identity and call [`Pending::finish`].
    NeedHash {
        /// Who the client says it is.
        identity: Identity,
        /// The sign-in, waiting for the hash.
        pending: Box<Pending>,
    },
}

/// A sign-in in progress.
#[derive(Debug)]
pub struct Handshake {
    offer: Arc<Offer>,
    issued: Option<Issued>,
}

#[derive(Debug)]
struct Issued {
    challenge: Challenge,
    negotiate: Option<Negotiate>,
    opaque: String,
    at: u64,
}

impl Handshake {
    /// A handshake in which nothing has been said.
    #[must_use]
    pub fn start(offer: Arc<Offer>) -> Self {
        Self { offer, issued: None }
    }

    /// Takes the credentials of the next REGISTER, `None` if it has none.
    ///
    /// A REGISTER without credentials, or one asking for a challenge, starts over. A challenge is
    /// good for one answer.
    ///
    /// # Errors
    /// See [`AuthError`]; the challenge is void after one.
    pub fn step(
        &mut self,
        credentials: Option<&Credentials<'_>>,
        fresh: Fresh,
        now: u64,
    ) -> Result<Step, AuthError> {
        let issued = self.issued.take();
        let Some(credentials) = credentials else {
            return Ok(Step::Challenge(self.offer.first_challenge()));
        };
        if !credentials.scheme.eq_ignore_ascii_case(SCHEME) {
            return Err(AuthError::Scheme);
        }
        let data = credentials.gssapi_data.as_deref().ok_or(AuthError::MissingData)?;
        if data.is_empty() {
            return self.challenge(None, fresh, now);
        }
        match message_type(data)? {
            MessageType::Negotiate => self.challenge(Some(Negotiate::parse(data)?), fresh, now),
            MessageType::Challenge => Err(NtlmError::Malformed("another message type is due").into()),
            MessageType::Authenticate => self.answer(issued, credentials, data, now),
        }
    }

    fn challenge(&mut self, negotiate: Option<Negotiate>, fresh: Fresh, now: u64) -> Result<Step, AuthError> {
        let target = &self.offer.target;
        let time = Some(filetime_from_unix(now));
        let challenge = match &negotiate {
            None => Challenge::connectionless(fresh.server_nonce, target, time)?,
            Some(negotiate) => Challenge::connection_oriented(negotiate, fresh.server_nonce, target, time)?,
        };
        let opaque = format!("{:08X}", fresh.opaque);
        let value = self.offer.challenge(Some((&opaque, &challenge)));
        self.issued = Some(Issued {
            challenge,
            negotiate,
            opaque,
            at: now,
        });
        Ok(Step::Challenge(value))
    }

    fn answer(
        &self,
        issued: Option<Issued>,
        credentials: &Credentials<'_>,
        data: &[u8],
        now: u64,
    ) -> Result<Step, AuthError> {
        let issued = issued.ok_or(AuthError::NoChallenge)?;
        if credentials.opaque.as_deref() != Some(&*issued.opaque) {
            return Err(AuthError::Opaque);
        }
        if now.saturating_sub(issued.at) > CHALLENGE_LIFETIME.as_secs() {
            return Err(AuthError::ChallengeExpired);
        }
        let version = self.offer.agreed_version(credentials.version)?;
        let authenticate = Authenticate::parse(data)?;
        Ok(Step::NeedHash {
            identity: authenticate.identity(),
            pending: Box::new(Pending {
                offer: Arc::clone(&self.offer),
                issued,
                authenticate,
                version,
            }),
        })
    }
}

/// A sign-in that waits for the account's NT hash.
#[derive(Debug)]
pub struct Pending {
    offer: Arc<Offer>,
    issued: Issued,
    authenticate: Authenticate,
    version: SignatureVersion,
}

impl Pending {
    /// Judges the answer.
    ///
    /// `nt_hash` is `None` for an unknown or disabled user: that takes the same path and ends in
    /// the same error as a wrong password. `message` and `credentials` are those of the REGISTER
    /// that carried the answer; with version 4 its signature must verify.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub fn finish(
        self,
        nt_hash: Option<&NtHash>,
        message: &MessageFields<'_>,
        credentials: &Credentials<'_>,
        now: u64,
    ) -> Result<SecurityAssociation, AuthError> {
        let keys = accept_account(
            &self.issued.challenge,
            &self.authenticate,
            nt_hash,
            self.issued.negotiate.as_ref(),
            filetime_from_unix(now),
        )?;
        let names = AssociationNames {
            realm: &self.offer.realm,
            targetname: &self.offer.targetname,
            opaque: &self.issued.opaque,
        };
        let mut association = SecurityAssociation::new(keys, Role::Server, self.version, names, now);
        if self.version >= SignatureVersion::V4 {
            let signature = credentials.signature().ok_or(AuthError::Unsigned)?;
            association.verify_incoming(&signature, message, now)?;
        }
        Ok(association)
    }
}
