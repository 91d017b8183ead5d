//! An established security association: signs what goes out, verifies what comes in.

use std::time::Duration;

use crate::breakdown::{MessageFields, SignatureFields, SignatureVersion, decimal};
use crate::header::{MessageSignature, into_text, quoted};
use crate::ntlm::{Direction, SessionKeys};
use crate::replay::ReplayWindow;

/// How long an association is good for: clients sign in again five minutes before eight hours are
/// over (observed with pidgin-sipe 1.25).
pub const ASSOCIATION_LIFETIME: Duration = Duration::from_secs(8 * 60 * 60);

/// Room for a signature string of usual length, in bytes.
const USUAL_STRING: usize = 512;

/// Which side of the association this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Writes `Authentication-Info`, verifies `Authorization`.
    Server,
    /// Writes `Authorization`, verifies `Authentication-Info`.
    Client,
}

/// Why a message is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The signature names another association.
    #[error("the signature belongs to another security association")]
    UnknownAssociation,
    /// The association is older than [`ASSOCIATION_LIFETIME`].
    #[error("the security association has expired")]
    Expired,
    /// The number is not a decimal number or the signature not 32 hex digits.
    #[error("the signature is malformed")]
    Malformed,
    /// A signed field contains the separator of the signature string.
    #[error("a signed field contains \"><\"")]
    AmbiguousField,
    /// The number was used before or is too far behind.
    #[error("the message is a replay")]
    Replay,
    /// The signature is wrong.
    #[error("the signature is wrong")]
    BadSignature,
}

/// What names an association in the headers, as given by the challenge.
#[derive(Debug, Clone, Copy)]
pub struct AssociationNames<'a> {
    /// `realm`.
    pub realm: &'a str,
    /// `targetname`.
    pub targetname: &'a str,
    /// `opaque`.
    pub opaque: &'a str,
}

/// The state both sides keep after a sign-in, one for each connection and user.
///
/// A clone starts with the same numbers and would repeat them, so there is no `Clone`.
#[derive(Debug)]
pub struct SecurityAssociation {
    keys: SessionKeys,
    role: Role,
    version: SignatureVersion,
    realm: Box<str>,
    targetname: Box<str>,
    opaque: Box<str>,
    last_sent: u64,
    received: ReplayWindow,
    expires_at: u64,
}

const SCHEME: &str = "NTLM";

impl SecurityAssociation {
    /// An association established at `now`, nothing sent or received yet.
    ///
    /// [`Pending::finish`](crate::Pending::finish) and
    /// [`ClientHandshake::answer`](crate::ClientHandshake::answer) make one at the end of a sign-in.
    #[must_use]
    pub fn new(
        keys: SessionKeys,
        role: Role,
        version: SignatureVersion,
        names: AssociationNames<'_>,
        now: u64,
    ) -> Self {
        Self {
            keys,
            role,
            version,
            realm: names.realm.into(),
            targetname: names.targetname.into(),
            opaque: names.opaque.into(),
            last_sent: 0,
            received: ReplayWindow::new(),
            expires_at: now.saturating_add(ASSOCIATION_LIFETIME.as_secs()),
        }
    }

    /// The name of the association in the headers.
    #[must_use]
    pub fn opaque(&self) -> &str {
        &self.opaque
    }

    /// The signature version agreed on.
    #[must_use]
    pub fn version(&self) -> SignatureVersion {
        self.version
    }

    /// From this second on nothing verifies any more.
    #[must_use]
    pub fn expires_at(&self) -> u64 {
        self.expires_at
    }

    /// Signs the next outgoing message: the value of `Authentication-Info` (server) or
    /// `Authorization` (client). `rand` is a random number.
    pub fn sign_outgoing(&mut self, message: &MessageFields<'_>, rand: u32) -> String {
        let mut out = Vec::with_capacity(USUAL_STRING);
        match self.role {
            Role::Server => self.write_authentication_info(message, rand, &mut out),
            Role::Client => self.write_authorization(message, rand, &mut out),
        }
        into_text(out)
    }

    /// Server's side: appends the value of `Authentication-Info` for the next outgoing message.
    ///
    /// `out` serves as scratch space too, so nothing is allocated once it is large enough.
    pub fn write_authentication_info(&mut self, message: &MessageFields<'_>, srand: u32, out: &mut Vec<u8>) {
        let rand = hex_upper(srand.to_be_bytes());
        let (num, signature) = self.sign(message, ascii(&rand), out);
        out.extend_from_slice(b"NTLM rspauth=\"");
        out.extend_from_slice(&signature);
        out.extend_from_slice(b"\", srand=\"");
        out.extend_from_slice(&rand);
        out.extend_from_slice(b"\", snum=\"");
        decimal(num, |text| out.extend_from_slice(text.as_bytes()));
        out.extend_from_slice(b"\", ");
        quoted(out, "opaque", &self.opaque);
        out.extend_from_slice(b", qop=\"auth\", ");
        quoted(out, "targetname", &self.targetname);
        out.extend_from_slice(b", ");
        quoted(out, "realm", &self.realm);
    }

    /// Client's side: appends the value of `Authorization` for the next outgoing message.
    fn write_authorization(&mut self, message: &MessageFields<'_>, crand: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(b"NTLM qop=\"auth\", ");
        quoted(out, "opaque", &self.opaque);
        out.extend_from_slice(b", ");
        quoted(out, "realm", &self.realm);
        out.extend_from_slice(b", ");
        quoted(out, "targetname", &self.targetname);
        self.write_client_signature(message, crand, out);
    }

    /// Appends `, crand=…, cnum=…, response=…`.
    pub(crate) fn write_client_signature(
        &mut self,
        message: &MessageFields<'_>,
        crand: u32,
        out: &mut Vec<u8>,
    ) {
        let rand = hex_upper(crand.to_be_bytes()).map(|c| c.to_ascii_lowercase());
        let (num, signature) = self.sign(message, ascii(&rand), out);
        out.extend_from_slice(b", crand=\"");
        out.extend_from_slice(&rand);
        out.extend_from_slice(b"\", cnum=\"");
        decimal(num, |text| out.extend_from_slice(text.as_bytes()));
        out.extend_from_slice(b"\", response=\"");
        out.extend_from_slice(&signature);
        out.push(b'"');
    }

    /// Takes the next number and signs; the string is built at the end of `out` and removed again.
    fn sign(&mut self, message: &MessageFields<'_>, rand: &str, out: &mut Vec<u8>) -> (u64, [u8; 32]) {
        self.last_sent = self.last_sent.saturating_add(1);
        let direction = match self.role {
            Role::Server => Direction::ServerToClient,
            Role::Client => Direction::ClientToServer,
        };
        let start = out.len();
        decimal(self.last_sent, |num| {
            self.fields(message, rand, num).write(self.version, out);
        });
        let signature = self.keys.sign(direction, out.get(start..).unwrap_or_default());
        out.truncate(start);
        (self.last_sent, hex_upper(signature))
    }

    /// Verifies an incoming message and marks its number as used.
    ///
    /// `signature` is what [`Credentials::signature`](crate::Credentials::signature) or
    /// [`AuthenticationInfo::signature`](crate::AuthenticationInfo::signature) found in it. Numbers
    /// may come out of order within [`REPLAY_WINDOW`](crate::REPLAY_WINDOW), each once. A refused
    /// message leaves the association as it was.
    ///
    /// # Errors
    /// See [`VerifyError`].
    pub fn verify_incoming(
        &mut self,
        signature: &MessageSignature<'_>,
        message: &MessageFields<'_>,
        now: u64,
    ) -> Result<(), VerifyError> {
        if signature.opaque != &*self.opaque {
            return Err(VerifyError::UnknownAssociation);
        }
        if now >= self.expires_at {
            return Err(VerifyError::Expired);
        }
        let number = parse_number(signature.num).ok_or(VerifyError::Malformed)?;
        let mut received = [0; 16];
        hex::decode_to_slice(signature.value, &mut received).map_err(|_| VerifyError::Malformed)?;
        let fields = self.fields(message, signature.rand, signature.num);
        if fields.is_ambiguous() {
            return Err(VerifyError::AmbiguousField);
        }
        if !self.received.is_fresh(number) {
            return Err(VerifyError::Replay);
        }
        let mut string = Vec::with_capacity(USUAL_STRING);
        fields.write(self.version, &mut string);
        let direction = match self.role {
            Role::Server => Direction::ClientToServer,
            Role::Client => Direction::ServerToClient,
        };
        if !self.keys.verify(direction, &string, &received) {
            return Err(VerifyError::BadSignature);
        }
        self.received.take(number);
        Ok(())
    }

    fn fields<'a>(&'a self, message: &MessageFields<'a>, rand: &'a str, num: &'a str) -> SignatureFields<'a> {
        SignatureFields {
            scheme: SCHEME,
            rand,
            num,
            realm: &self.realm,
            targetname: &self.targetname,
            message: *message,
        }
    }
}

fn parse_number(text: &str) -> Option<u64> {
    // `parse` alone would take a leading plus sign.
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

fn hex_upper<const N: usize, const M: usize>(bytes: [u8; N]) -> [u8; M] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = [b'0'; M];
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    for (slot, nibble) in out.iter_mut().zip(nibbles) {
        *slot = DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
    }
    out
}

fn ascii(digits: &[u8; 8]) -> &str {
    std::str::from_utf8(digits).unwrap_or_default()
}
