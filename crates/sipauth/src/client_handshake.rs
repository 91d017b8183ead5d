//! The client's side of a sign-in.

use crate::association::{AssociationNames, Role, SecurityAssociation};
use crate::breakdown::{MessageFields, SignatureVersion};
use crate::header::{Challenge401, Credentials, HeaderError, into_text};
use crate::ntlm::client::{Login, authenticate, negotiate};
use crate::ntlm::{Mode, NtHash, NtlmError, filetime_from_unix};

/// Why a client cannot answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The header cannot be read.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The NTLM challenge is unacceptable.
    #[error(transparent)]
    Ntlm(#[from] NtlmError),
    /// Another scheme than NTLM.
    #[error("only NTLM is supported")]
    Scheme,
    /// The challenge lacks `opaque` or `gssapi-data`, or `version` is not 2, 3 or 4.
    #[error("the challenge lacks {0}")]
    Incomplete(&'static str),
}

/// The randomness of one sign-in.
#[derive(Debug, Clone, Copy)]
pub struct ClientEntropy {
    /// Nonce for the response.
    pub client_challenge: [u8; 8],
    /// The session key to be.
    pub session_key: [u8; 16],
    /// `crand` of the REGISTER that carries the answer.
    pub crand: u32,
}

/// Who signs in, and how.
#[derive(Debug, Clone)]
pub struct ClientHandshake {
    user: String,
    domain: String,
    nt_hash: NtHash,
    mode: Mode,
}

impl ClientHandshake {
    /// `user` and `domain` as in [`Login`]: (`alice@example.test`, empty) or (`alice`, `EXAMPLE`).
    #[must_use]
    pub fn new(user: &str, domain: &str, nt_hash: NtHash, mode: Mode) -> Self {
        Self {
            user: user.to_owned(),
            domain: domain.to_owned(),
            nt_hash,
            mode,
        }
    }

    /// The `Authorization` that answers the first `WWW-Authenticate`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn ask(&self, www_authenticate: &str) -> Result<String, ClientError> {
        let (mut challenge, version) = read(www_authenticate)?;
        challenge.opaque = None;
        let data = match self.mode {
            Mode::Connectionless => Vec::new(),
            Mode::ConnectionOriented => negotiate(),
        };
        let mut out = Vec::new();
        Credentials::write_handshake(&challenge, version, &data, &mut out);
        Ok(into_text(out))
    }

    /// The `Authorization` that answers the second `WWW-Authenticate`, for the REGISTER with these
    /// fields, and the association it opens if the server agrees.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn answer(
        &self,
        www_authenticate: &str,
        message: &MessageFields<'_>,
        entropy: &ClientEntropy,
        now: u64,
    ) -> Result<(String, SecurityAssociation), ClientError> {
        let (challenge, version) = read(www_authenticate)?;
        let data = challenge
            .gssapi_data
            .as_deref()
            .ok_or(ClientError::Incomplete("gssapi-data"))?;
        let opaque = challenge
            .opaque
            .as_deref()
            .ok_or(ClientError::Incomplete("opaque"))?;
        let first = match self.mode {
            Mode::Connectionless => Vec::new(),
            Mode::ConnectionOriented => negotiate(),
        };
        let login = Login {
            user: &self.user,
            domain: &self.domain,
            nt_hash: &self.nt_hash,
            workstation: "",
            client_challenge: entropy.client_challenge,
            random_session_key: entropy.session_key,
            now_filetime: filetime_from_unix(now),
        };
        let (answer, keys) = authenticate(&login, &first, data)?;
        let names = AssociationNames {
            realm: &challenge.realm,
            targetname: &challenge.targetname,
            opaque,
        };
        let mut association = SecurityAssociation::new(keys, Role::Client, version, names, now);
        let mut out = Vec::new();
        Credentials::write_handshake(&challenge, version, &answer, &mut out);
        if version >= SignatureVersion::V4 {
            association.write_client_signature(message, entropy.crand, &mut out);
        }
        Ok((into_text(out), association))
    }
}

fn read(value: &str) -> Result<(Challenge401<'_>, SignatureVersion), ClientError> {
    let challenge = Challenge401::parse(value)?;
    if !challenge.scheme.eq_ignore_ascii_case("NTLM") {
        return Err(ClientError::Scheme);
    }
    let version = SignatureVersion::from_number(challenge.version.unwrap_or(2))
        .ok_or(ClientError::Incomplete("a known version"))?;
    Ok((challenge, version))
}
