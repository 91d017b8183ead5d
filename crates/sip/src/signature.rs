//! The parts of a message that MS-SIPAE §3.2.5 puts under its signature.
use crate::cursor::{is_lws_char, trim_lws};
use crate::fields::Headers;
use crate::message::Message;
use crate::name::Header;
use crate::text::Span;

/// The message's share of an MS-SIPAE signature string, each as it is written; empty when it is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignatureFields<'a> {
    /// Call-ID.
    pub call_id: &'a str,
    /// The number of CSeq, as written.
    pub cseq: &'a str,
    /// The method of CSeq: that of the request, for a response too.
    pub method: &'a str,
    /// The URI of From, between its angle brackets.
    pub from_uri: &'a str,
    /// The tag of From.
    pub from_tag: &'a str,
    /// The URI of To, between its angle brackets.
    pub to_uri: &'a str,
    /// The tag of To.
    pub to_tag: &'a str,
    /// The sip or sips URI of P-Asserted-Identity, else of P-Preferred-Identity.
    pub p_asserted_sip: &'a str,
    /// The tel URI of the same.
    pub p_asserted_tel: &'a str,
    /// The Expires header.
    pub expires: &'a str,
    /// The status code of a response.
    pub status: Option<u16>,
}

impl Message {
    /// What a signature over this message covers.
    #[must_use]
    pub fn signature_fields(&self) -> SignatureFields<'_> {
        let status = match self {
            Self::Request(_) => None,
            Self::Response(response) => Some(response.status()),
        };
        SignatureFields::of(self.headers(), status)
    }
}

impl<'a> SignatureFields<'a> {
    /// The fields of a parsed message; `status` is that of a response.
    #[must_use]
    pub fn of(headers: &'a Headers, status: Option<u16>) -> Self {
        let value = |header| headers.get(header).unwrap_or_default();
        let (cseq, method) = cseq_parts(value(Header::CSeq));
        let (from, to) = (value(Header::From), value(Header::To));
        let asserted = match headers.get(Header::PAssertedIdentity) {
            Some(_) => Header::PAssertedIdentity,
            None => Header::PPreferredIdentity,
        };
        let (mut p_asserted_sip, mut p_asserted_tel) = ("", "");
        for line in headers.get_all(asserted) {
            let (sip, tel) = identities(line);
            p_asserted_sip = if p_asserted_sip.is_empty() {
                sip
            } else {
                p_asserted_sip
            };
            p_asserted_tel = if p_asserted_tel.is_empty() {
                tel
            } else {
                p_asserted_tel
            };
        }
        Self {
            call_id: value(Header::CallId),
            cseq,
            method,
            from_uri: uri_of(from),
            from_tag: tag_of(from),
            to_uri: uri_of(to),
            to_tag: tag_of(to),
            p_asserted_sip,
            p_asserted_tel,
            expires: value(Header::Expires),
            status,
        }
    }
}

/// Number and method of a CSeq value.
pub(crate) fn cseq_parts(value: &str) -> (&str, &str) {
    let split = value.find(is_lws_char).and_then(|at| value.split_at_checked(at));
    let (number, method) = split.unwrap_or((value, ""));
    (number, trim_lws(method))
}

/// Cuts a name-addr after its display name: the URI, and what follows it.
fn after_display(value: &str) -> (&str, &str) {
    let mut quoted = false;
    let mut escaped = false;
    let open = value.bytes().position(|byte| {
        let found = byte == b'<' && !quoted;
        if byte == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = byte == b'\\' && !escaped;
        found
    });
    match open.and_then(|at| value.get(at + 1..)) {
        Some(inside) => inside.split_once('>').unwrap_or((inside, "")),
        None => {
            let (uri, params) = value
                .find(';')
                .and_then(|at| value.split_at_checked(at))
                .unwrap_or((value, ""));
            (trim_lws(uri), params)
        }
    }
}

/// The URI of a name-addr or addr-spec.
pub(crate) fn uri_of(value: &str) -> &str {
    trim_lws(after_display(value).0)
}

/// The tag of a name-addr or addr-spec.
pub(crate) fn tag_of(value: &str) -> &str {
    let params = after_display(value).1.split(';').skip(1);
    params
        .filter_map(|param| param.split_once('='))
        .find(|(name, _)| trim_lws(name).eq_ignore_ascii_case("tag"))
        .map(|(_, tag)| trim_lws(tag))
        .unwrap_or_default()
}

/// The sip(s) and the tel URI of a P-Asserted-Identity value (RFC 3325 §9.1).
pub(crate) fn identities(value: &str) -> (&str, &str) {
    let (mut sip, mut tel) = ("", "");
    let (mut quoted, mut escaped) = (false, false);
    let parts = value.split(|c| {
        let ends = c == ',' && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    for part in parts {
        let uri = uri_of(part);
        let has_scheme = |scheme: &str| {
            uri.get(..scheme.len())
                .is_some_and(|is| is.eq_ignore_ascii_case(scheme))
        };
        if sip.is_empty() && (has_scheme("sip:") || has_scheme("sips:")) {
            sip = uri;
        } else if tel.is_empty() && has_scheme("tel:") {
            tel = uri;
        }
    }
    (sip, tel)
}

/// Where those parts lie in a head under construction.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SignatureSpans {
    call_id: Span,
    cseq: Span,
    method: Span,
    from_uri: Span,
    from_tag: Span,
    to_uri: Span,
    to_tag: Span,
    p_asserted_sip: Span,
    p_asserted_tel: Span,
    expires: Span,
    /// The identities come from P-Asserted-Identity, which wins over P-Preferred-Identity.
    asserted: bool,
}

fn first(slot: &mut Span, span: Span, text: &str) {
    if *slot == Span::default() && !text.is_empty() {
        *slot = span;
    }
}

impl SignatureSpans {
    /// Notes the value of a header, which is a slice of `head`.
    pub(crate) fn note(&mut self, header: Header, head: &str, value: &str) {
        let span = |part| Span::of(head, part);
        match header {
            Header::CallId if self.call_id == Span::default() => self.call_id = span(value),
            Header::CSeq if self.cseq == Span::default() => {
                let (number, method) = cseq_parts(value);
                (self.cseq, self.method) = (span(number), span(method));
            }
            Header::From if self.from_uri == Span::default() => {
                (self.from_uri, self.from_tag) = (span(uri_of(value)), span(tag_of(value)));
            }
            Header::To if self.to_uri == Span::default() => {
                (self.to_uri, self.to_tag) = (span(uri_of(value)), span(tag_of(value)));
            }
            Header::Expires if self.expires == Span::default() => self.expires = span(value),
            Header::PAssertedIdentity | Header::PPreferredIdentity => {
                let asserted = header == Header::PAssertedIdentity;
                if asserted && !self.asserted {
                    (self.p_asserted_sip, self.p_asserted_tel) = (Span::default(), Span::default());
                }
                if asserted || !self.asserted {
                    let (sip, tel) = identities(value);
                    first(&mut self.p_asserted_sip, span(sip), sip);
                    first(&mut self.p_asserted_tel, span(tel), tel);
                }
                self.asserted |= asserted;
            }
            _ => {}
        }
    }

    /// The same parts in a head in front of which `by` bytes were put.
    pub(crate) fn shifted(self, by: usize) -> Self {
        Self {
            call_id: self.call_id.shifted(by),
            cseq: self.cseq.shifted(by),
            method: self.method.shifted(by),
            from_uri: self.from_uri.shifted(by),
            from_tag: self.from_tag.shifted(by),
            to_uri: self.to_uri.shifted(by),
            to_tag: self.to_tag.shifted(by),
            p_asserted_sip: self.p_asserted_sip.shifted(by),
            p_asserted_tel: self.p_asserted_tel.shifted(by),
            expires: self.expires.shifted(by),
            asserted: self.asserted,
        }
    }

    pub(crate) fn fields(self, head: &str, status: Option<u16>) -> SignatureFields<'_> {
        SignatureFields {
            call_id: self.call_id.get(head),
            cseq: self.cseq.get(head),
            method: self.method.get(head),
            from_uri: self.from_uri.get(head),
            from_tag: self.from_tag.get(head),
            to_uri: self.to_uri.get(head),
            to_tag: self.to_tag.get(head),
            p_asserted_sip: self.p_asserted_sip.get(head),
            p_asserted_tel: self.p_asserted_tel.get(head),
            expires: self.expires.get(head),
            status,
        }
    }
}
