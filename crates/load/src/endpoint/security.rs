//! Signs what goes out and verifies what comes in (MS-SIPAE).

use super::Known;
use crate::arrivals::Dice;
use bytes::BytesMut;
use causerie_sip::{Header, Headers, Message, Outgoing, SignatureFields};
use causerie_sipauth::{
    AuthenticationInfo, Challenge401, ClientEntropy, ClientHandshake, MessageFields, NtHash,
    SecurityAssociation, ntlm::Mode,
};

/// The security associations of one connection.
#[derive(Default)]
pub(super) struct Security {
    signs: bool,
    current: Option<Box<SecurityAssociation>>,
}

impl Security {
    pub(super) fn new(signs: bool) -> Self {
        Self { signs, current: None }
    }

    /// Whether messages are signed.
    pub(super) fn is_established(&self) -> bool {
        self.current.is_some()
    }

    /// Whether the server was let prove itself, if it must.
    pub(super) fn is_satisfied(&self) -> bool {
        self.is_established() == self.signs
    }

    /// Signs a message that is complete but for its body.
    pub(super) fn sign(&mut self, message: &mut Outgoing, dice: &mut Dice) {
        if let Some(association) = &mut self.current {
            let value = association.sign_outgoing(&fields(message.signature_fields()), dice.next() as u32);
            message.push(Header::Authorization, &value);
        }
    }

    /// Writes the signature of a 200 to a request in the dialog, as a header line.
    pub(super) fn sign_answer(
        &mut self,
        known: &Known,
        call_id: &str,
        cseq: &str,
        output: &mut BytesMut,
        dice: &mut Dice,
    ) {
        let Some(association) = &mut self.current else {
            return;
        };
        let fields = MessageFields {
            call_id,
            cseq,
            method: "INFO",
            from_uri: &known.from_uri,
            from_tag: &known.from_tag,
            to_uri: &known.to_uri,
            to_tag: &known.to_tag,
            status: Some(200),
            ..MessageFields::default()
        };
        let value = association.sign_outgoing(&fields, dice.next() as u32);
        output.extend_from_slice(b"Authorization: ");
        output.extend_from_slice(value.as_bytes());
        output.extend_from_slice(b"\r\n");
    }

    /// Puts into a REGISTER what answers a 401. `false` when it only asks for the challenge.
    pub(super) fn answer(
        &mut self,
        user: &str,
        nt_hash: &NtHash,
        challenge: &Headers,
        register: &mut Outgoing,
        (dice, now): (&mut Dice, u64),
    ) -> Result<bool, String> {
        if !self.signs {
            return Err("the server wants proof, and this run has none".to_owned());
        }
        let value = challenge
            .get_all(Header::WwwAuthenticate)
            .find(|value| value.starts_with("NTLM"))
            .ok_or("the server does not offer NTLM")?;
        let handshake = ClientHandshake::new(user, "", nt_hash.clone(), Mode::Connectionless);
        let parsed = Challenge401::parse(value).map_err(|error| error.to_string())?;
        if parsed.gssapi_data.is_none() {
            let value = handshake.ask(value).map_err(|error| error.to_string())?;
            register.push(Header::Authorization, &value);
            return Ok(false);
        }
        let mut entropy = ClientEntropy {
            client_challenge: [0; 8],
            session_key: [0; 16],
            crand: dice.next() as u32,
        };
        dice.fill(&mut entropy.client_challenge);
        dice.fill(&mut entropy.session_key);
        let (value, association) = handshake
            .answer(value, &fields(register.signature_fields()), &entropy, now)
            .map_err(|error| error.to_string())?;
        register.push(Header::Authorization, &value);
        self.current = Some(Box::new(association));
        Ok(true)
    }

    /// Verifies a message. Only refusals of a sign-in and provisional responses need no signature.
    pub(super) fn verify(&mut self, message: &Message, now: u64) -> Result<(), String> {
        let Some(association) = &mut self.current else {
            return Ok(());
        };
        let signed = message.signature_fields();
        let Some(value) = message.headers().get(Header::AuthenticationInfo) else {
            let exempt = signed
                .status
                .is_some_and(|status| status < 200 || (status >= 300 && signed.method == "REGISTER"));
            return if exempt {
                Ok(())
            } else {
                Err("the server sent a message without a signature".to_owned())
            };
        };
        let info = AuthenticationInfo::parse(value).map_err(|error| error.to_string())?;
        let signature = info.signature().ok_or("the server's signature is incomplete")?;
        association
            .verify_incoming(&signature, &fields(signed), now)
            .map_err(|error| format!("the server's signature: {error}"))
    }
}

/// The same fields in the words of the other crate.
fn fields(fields: SignatureFields<'_>) -> MessageFields<'_> {
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
