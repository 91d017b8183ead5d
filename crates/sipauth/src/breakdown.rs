//! The string a signature covers (MS-SIPAE 3.1.4; field order observed with pidgin-sipe 1.25).

/// The `version` parameter: which fields are signed and from which message on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignatureVersion {
    /// Without To URI and asserted identities.
    V2,
    /// All fields.
    V3,
    /// All fields; the REGISTER that carries the AUTHENTICATE is signed already.
    V4,
}

impl SignatureVersion {
    /// The number as in the header.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
            Self::V4 => 4,
        }
    }

    /// The version with this number, if it is one of 2, 3, 4.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            2 => Some(Self::V2),
            3 => Some(Self::V3),
            4 => Some(Self::V4),
            _ => None,
        }
    }
}

/// What a signature covers of a SIP message, as literal text; empty where the message has none.
///
/// The body is not among it, nor is any other header.
#[derive(Debug, Clone, Copy, Default)]
pub struct MessageFields<'a> {
    /// Value of Call-ID.
    pub call_id: &'a str,
    /// Number in CSeq.
    pub cseq: &'a str,
    /// Method in CSeq, also for a response.
    pub method: &'a str,
    /// URI of From, with its scheme, without angle brackets.
    pub from_uri: &'a str,
    /// Tag of From.
    pub from_tag: &'a str,
    /// URI of To.
    pub to_uri: &'a str,
    /// Tag of To.
    pub to_tag: &'a str,
    /// SIP URI of P-Asserted-Identity or P-Preferred-Identity.
    pub p_asserted_sip: &'a str,
    /// tel URI of the same.
    pub p_asserted_tel: &'a str,
    /// Value of the Expires header (not of a Contact parameter).
    pub expires: &'a str,
    /// Status code; `None` for a request.
    pub status: Option<u16>,
}

/// All that is signed: the message's fields and the association's.
#[derive(Debug, Clone, Copy)]
pub struct SignatureFields<'a> {
    /// `NTLM` or `Kerberos`.
    pub scheme: &'a str,
    /// `crand` or `srand`, literally.
    pub rand: &'a str,
    /// `cnum` or `snum`, literally.
    pub num: &'a str,
    /// Realm of the association.
    pub realm: &'a str,
    /// Target name of the association.
    pub targetname: &'a str,
    /// The message's own fields.
    pub message: MessageFields<'a>,
}

impl SignatureFields<'_> {
    /// Appends the string to `out`.
    pub fn write(&self, version: SignatureVersion, out: &mut Vec<u8>) {
        let m = &self.message;
        for text in [
            self.scheme,
            self.rand,
            self.num,
            self.realm,
            self.targetname,
            m.call_id,
            m.cseq,
            m.method,
            m.from_uri,
            m.from_tag,
        ] {
            field(out, text);
        }
        if version >= SignatureVersion::V3 {
            field(out, m.to_uri);
        }
        field(out, m.to_tag);
        if version >= SignatureVersion::V3 {
            field(out, m.p_asserted_sip);
            field(out, m.p_asserted_tel);
        }
        field(out, m.expires);
        if let Some(status) = m.status {
            decimal(status.into(), |text| field(out, text));
        }
    }

    /// Whether a field contains the separator, which would let two messages share one string.
    pub(crate) fn is_ambiguous(&self) -> bool {
        let m = &self.message;
        [
            self.rand,
            m.call_id,
            m.cseq,
            m.method,
            m.from_uri,
            m.from_tag,
            m.to_uri,
            m.to_tag,
            m.p_asserted_sip,
            m.p_asserted_tel,
            m.expires,
        ]
        .iter()
        .any(|field| field.contains("><"))
    }
}

fn field(out: &mut Vec<u8>, text: &str) {
    out.push(b'<');
    out.extend_from_slice(text.as_bytes());
    out.push(b'>');
}

/// Calls `with` with the decimal digits of `number`, without allocating.
pub(crate) fn decimal<R>(mut number: u64, with: impl FnOnce(&str) -> R) -> R {
    let mut digits = [0u8; 20];
    let mut used = 0;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + (number % 10) as u8;
        number /= 10;
        used += 1;
        if number == 0 {
            break;
        }
    }
    let text = digits.get(digits.len() - used..).unwrap_or_default();
    with(std::str::from_utf8(text).unwrap_or_default())
}
