//! Signatures over messages (MS-SIPAE §3.1, §3.2.5): everything that goes out is signed and everything that comes in is
//! verified, as soon as there is a security association.
use causerie_sip::{Header, Headers, Outgoing, SignatureFields};
use causerie_sipauth::{Credentials, MessageFields, SecurityAssociation, VerifyError};

/// What is to be done with a message that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is from who it says.
    Genuine,
    /// It isn't signed, or under an association that doesn't hold (any more). A request is challenged: clients sign
    /// it anew under the present one, or sign in again.
    Unsigned,
    /// It is forged, altered or repeated. Nothing is said to it.
    Forged(&'static str),
}

/// The fields of a message as sipauth takes them.
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

/// The NTLM credentials among a message's Authorization headers. Others, and what can't be read, count as none
/// (RFC 4475 §3.3.7).
pub(crate) fn credentials(headers: &Headers) -> Option<Credentials<'_>> {
    headers.get_all(Header::Authorization).find_map(ntlm)
}

/// The NTLM credentials of one Authorization header.
pub(crate) fn ntlm(value: &str) -> Option<Credentials<'_>> {
    let credentials = Credentials::parse(value).ok()?;
    credentials
        .scheme
        .eq_ignore_ascii_case("NTLM")
        .then_some(credentials)
}

/// Signs a message that is about to be sent.
pub(crate) fn sign(association: &mut SecurityAssociation, message: &mut Outgoing, rand: u32) {
    let signature = association.sign_outgoing(&fields(message.signature_fields()), rand);
    message.push(Header::AuthenticationInfo, &signature);
}

/// Judges the signature of a message; `now` is Unix time. `status` is that of a response.
pub(crate) fn verify(
    association: &mut SecurityAssociation,
    headers: &Headers,
    status: Option<u16>,
    now: u64,
) -> Verdict {
    let message = fields(SignatureFields::of(headers, status));
    judge(association, credentials(headers).as_ref(), &message, now)
}

/// Judges the signature that was found in a message.
pub(crate) fn judge(
    association: &mut SecurityAssociation,
    credentials: Option<&Credentials<'_>>,
    message: &MessageFields<'_>,
    now: u64,
) -> Verdict {
    let Some(signature) = credentials.and_then(Credentials::signature) else {
        return Verdict::Unsigned;
    };
    match association.verify_incoming(&signature, message, now) {
        Ok(()) => Verdict::Genuine,
        Err(VerifyError::UnknownAssociation | VerifyError::Expired) => Verdict::Unsigned,
        Err(VerifyError::Replay) => Verdict::Forged("replay"),
        Err(VerifyError::Malformed | VerifyError::AmbiguousField | VerifyError::BadSignature) => {
            Verdict::Forged("signature")
        }
    }
}
