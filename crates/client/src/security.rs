//! Signs what goes out and verifies what comes in (MS-SIPAE).

use std::sync::Arc;

use causerie_model::{Clock, Random};
use causerie_sip::{Header, Headers, Message, Outgoing, SignatureFields};
use causerie_sipauth::{
    AuthenticationInfo, ClientEntropy, ClientHandshake, MessageFields, SecurityAssociation,
};

use crate::{error::ClientError, text::ntlm_challenge};

/// What to do with a message that was received.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is what it says.
    Believe,
    /// Nobody vouches for it: as if it hadn't come.
    Ignore,
}

/// The security associations of one connection.
pub(crate) struct Security {
    handshake: Option<ClientHandshake>,
    /// Signs everything from the moment that the server's challenge was answered.
    current: Option<SecurityAssociation>,
    /// What the server may still sign with until it has taken that answer.
    previous: Option<SecurityAssociation>,
    random: Arc<dyn Random>,
    clock: Arc<dyn Clock>,
}

impl Security {
    pub(crate) fn new(
        handshake: Option<ClientHandshake>,
        random: Arc<dyn Random>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            handshake,
            current: None,
            previous: None,
            random,
            clock,
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.now().unix_seconds()).unwrap_or(0)
    }

    /// Seconds until nothing verifies any more.
    pub(crate) fn seconds_left(&self) -> Option<u64> {
        let association = self.current.as_ref()?;
        Some(association.expires_at().saturating_sub(self.now()))
    }

    /// Whether this client proves itself at all.
    pub(crate) fn is_wanted(&self) -> bool {
        self.handshake.is_some()
    }

    /// Whether messages are signed.
    pub(crate) fn is_established(&self) -> bool {
        self.current.is_some()
    }

    /// Signs a message that is complete but for its body.
    pub(crate) fn sign(&mut self, message: &mut Outgoing) {
        if let Some(association) = &mut self.current {
            let value = association.sign_outgoing(&fields(message.signature_fields()), self.random.number());
            message.push(Header::Authorization, &value);
        }
    }

    /// Puts into a REGISTER what answers a 401.
    pub(crate) fn answer(
        &mut self,
        challenge: &Headers,
        register: &mut Outgoing,
    ) -> Result<bool, ClientError> {
        let handshake = self
            .handshake
            .as_ref()
            .ok_or(ClientError::Scheme("it wants proof, and this client has none"))?;
        let value = ntlm_challenge(challenge).ok_or(ClientError::Scheme("it does not offer NTLM"))?;
        let unacceptable = |error: causerie_sipauth::ClientError| ClientError::Challenge(error.to_string());
        let has_data = causerie_sipauth::Challenge401::parse(value)
            .map_err(|error| ClientError::Challenge(error.to_string()))?
            .gssapi_data
            .is_some();
        if !has_data {
            let value = handshake.ask(value).map_err(unacceptable)?;
            register.push(Header::Authorization, &value);
            return Ok(false);
        }
        let mut entropy = ClientEntropy {
            client_challenge: [0; 8],
            session_key: [0; 16],
            crand: self.random.number(),
        };
        self.random.fill(&mut entropy.client_challenge);
        self.random.fill(&mut entropy.session_key);
        let (value, association) = handshake
            .answer(value, &fields(register.signature_fields()), &entropy, self.now())
            .map_err(unacceptable)?;
        register.push(Header::Authorization, &value);
        self.previous = self.current.replace(association);
        Ok(true)
    }

    /// The server has taken the answer: what it signed before has been received.
    pub(crate) fn confirmed(&mut self) {
        self.previous = None;
    }

    /// Judges a message.
    ///
    /// Without a signature are only believed: everything before the sign-in and without one, provisional responses,
    /// and refusals of REGISTER, which can't be signed when the sign-in failed. Its success must be signed.
    pub(crate) fn judge(&mut self, message: &Message) -> Result<Verdict, ClientError> {
        if self.current.is_none() {
            return Ok(Verdict::Believe);
        }
        let signed = message.signature_fields();
        let Some(value) = message.headers().get(Header::AuthenticationInfo) else {
            let (status, registers) = (signed.status.unwrap_or_default(), signed.method == "REGISTER");
            if registers && (200..300).contains(&status) {
                return Err(ClientError::Signature(
                    "the server does not prove itself".to_owned(),
                ));
            }
            let exempt = signed.status.is_some() && (status < 200 || status == 401 || registers);
            return Ok(if exempt { Verdict::Believe } else { Verdict::Ignore });
        };
        let broken = |detail: String| ClientError::Signature(detail);
        let info = AuthenticationInfo::parse(value).map_err(|error| broken(error.to_string()))?;
        let Some(signature) = info.signature() else {
            return Err(broken("the signature is incomplete".to_owned()));
        };
        let now = self.now();
        let mut associations = self.current.iter_mut().chain(self.previous.iter_mut());
        let Some(association) = associations.find(|association| association.opaque() == signature.opaque)
        else {
            return Err(broken("it names another security association".to_owned()));
        };
        association
            .verify_incoming(&signature, &fields(signed), now)
            .map(|()| Verdict::Believe)
            .map_err(|error| broken(error.to_string()))
    }
}

/// The same fields in the words of the other crate.
pub(crate) fn fields(fields: SignatureFields<'_>) -> MessageFields<'_> {
    MessageFields {
        call_id: fields.call_id,
        cseq: fields.cseq,
        method: fields.method,
        from_uri: fields.from_uri,
        from_tag: fields.from_tag,
        to_uri: fields.to_uri,
        to_tag: fields.to_tag,
        p_asserted_sip: fields.p_asserted_sip,
        p_asserted_tel: fields.p_asserted_tel,
        expires: fields.expires,
        status: fields.status,
    }
}
