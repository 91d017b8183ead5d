//! Messages to send.
use std::fmt::Write as _;

use bytes::{BufMut, Bytes, BytesMut};

use crate::cursor::is_token_byte;
use crate::fields::Headers;
use crate::method::Method;
use crate::name::{Header, Name};
use crate::signature::{SignatureFields, SignatureSpans, tag_of};
use crate::status::reason_phrase;

/// What a head usually needs, in bytes.
const HEAD_CAPACITY: usize = 768;

/// A request or response under construction. Headers are written in the order in which they are added, with long
/// names only (pidgin-sipe 1.25 knows no compact ones); Content-Length comes last and by itself.
#[derive(Clone, Debug)]
pub struct Outgoing {
    head: String,
    start: Start,
    spans: SignatureSpans,
    body: Bytes,
}

#[derive(Clone, Debug)]
enum Start {
    Request(Method),
    Response(u16),
}

impl Outgoing {
    /// A request without any header yet. White space and control characters in `uri` are taken out.
    #[must_use]
    pub fn request(method: &Method, uri: &str) -> Self {
        let mut head = String::with_capacity(HEAD_CAPACITY);
        head.push_str(method.as_str());
        head.push(' ');
        head.extend(uri.chars().filter(|c| !c.is_ascii_control() && *c != ' '));
        head.push_str(" SIP/2.0\r\n");
        Self {
            head,
            start: Start::Request(method.clone()),
            spans: SignatureSpans::default(),
            body: Bytes::new(),
        }
    }

    /// The response to a request with those headers, as RFC 3261 §8.2.6.2 wants it: Via, From, To, Call-ID and CSeq
    /// as they came, Record-Route too in those that make a dialog. `to_tag` is added to a To that has none.
    #[must_use]
    pub fn response(headers: &Headers, status: u16, to_tag: Option<&str>) -> Self {
        Self::response_with_reason(headers, status, reason_phrase(status), to_tag)
    }

    /// As [`Outgoing::response`], with a reason phrase of one's own.
    #[must_use]
    pub fn response_with_reason(headers: &Headers, status: u16, reason: &str, to_tag: Option<&str>) -> Self {
        let mut response = Self::status_line(status, reason);
        for via in headers.get_all(Header::Via) {
            response.push_verbatim(Header::Via, via);
        }
        if (101..300).contains(&status) {
            for route in headers.get_all(Header::RecordRoute) {
                response.push_verbatim(Header::RecordRoute, route);
            }
        }
        if let Some(from) = headers.get(Header::From) {
            response.push_verbatim(Header::From, from);
        }
        match (headers.get(Header::To), to_tag) {
            (Some(to), Some(tag)) if tag_of(to).is_empty() => {
                // The To may hold folds and passes as it is; only the tag is ours to clean.
                let tag: String = tag
                    .chars()
                    .filter(|c| u8::try_from(*c).is_ok_and(is_token_byte))
                    .collect();
                response.push_verbatim(Header::To, &format!("{to};tag={tag}"));
            }
            (Some(to), _) => response.push_verbatim(Header::To, to),
            (None, _) => {}
        }
        for header in [Header::CallId, Header::CSeq] {
            if let Some(value) = headers.get(header) {
                response.push_verbatim(header, value);
            }
        }
        response
    }

    /// A response without any header yet. Statuses outside 100 to 699 become 500.
    pub(crate) fn status_line(status: u16, reason: &str) -> Self {
        let status = if (100..700).contains(&status) { status } else { 500 };
        let mut head = String::with_capacity(HEAD_CAPACITY);
        let _ = write!(head, "SIP/2.0 {status} ");
        push_clean(&mut head, reason);
        head.push_str("\r\n");
        Self {
            head,
            start: Start::Response(status),
            spans: SignatureSpans::default(),
            body: Bytes::new(),
        }
    }

    /// A request whose head was begun elsewhere.
    pub(crate) fn prepared(method: Method, head: String, spans: SignatureSpans) -> Self {
        Self {
            head,
            start: Start::Request(method),
            spans,
            body: Bytes::new(),
        }
    }

    /// Adds a Via made of its fixed part and its branch.
    pub(crate) fn push_via(&mut self, via: &str, branch: &str) {
        self.write(Name::Known(Header::Via), |head| {
            push_clean(head, via);
            head.push_str(";branch=");
            push_clean(head, branch);
        });
    }

    pub(crate) fn push_cseq(&mut self, number: u32, method: &Method) {
        self.write(Name::Known(Header::CSeq), |head| {
            head.push_str(itoa::Buffer::new().format(number));
            head.push(' ');
            head.push_str(method.as_str());
        });
    }

    /// Adds whole header lines made before; `spans` are relative to them.
    pub(crate) fn append_prepared(&mut self, lines: &str, spans: SignatureSpans) {
        self.spans = spans.shifted(self.head.len());
        self.head.push_str(lines);
    }

    pub(crate) fn into_prepared(self) -> (String, SignatureSpans) {
        (self.head, self.spans)
    }

    /// Adds a header. Control characters of the value (CR, LF and NUL among them) become blanks, so that a value can
    /// never begin another header; a name that is not a token, and Content-Length, are not written.
    #[must_use]
    pub fn header<'n>(mut self, name: impl Into<Name<'n>>, value: &str) -> Self {
        self.push(name, value);
        self
    }

    /// As [`Outgoing::header`], in place.
    pub fn push<'n>(&mut self, name: impl Into<Name<'n>>, value: &str) {
        let name = name.into();
        let valid = match name {
            Name::Known(Header::ContentLength) => false,
            Name::Known(_) => true,
            Name::Other(text) => !text.is_empty() && text.bytes().all(is_token_byte),
        };
        if valid {
            self.write(name, |head| push_clean(head, value));
        }
    }

    /// Adds a value that was parsed, folds and all.
    pub(crate) fn push_verbatim<'n>(&mut self, name: impl Into<Name<'n>>, value: &str) {
        self.write(name.into(), |head| head.push_str(value));
    }

    fn write(&mut self, name: Name<'_>, value: impl FnOnce(&mut String)) {
        self.head.push_str(name.as_str());
        self.head.push_str(": ");
        let start = self.head.len();
        value(&mut self.head);
        if let Name::Known(header) = name {
            self.spans
                .note(header, &self.head, self.head.get(start..).unwrap_or_default());
        }
        self.head.push_str("\r\n");
    }

    /// Sets the body and adds its Content-Type. The bytes are shared until the message is encoded.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: Bytes) -> Self {
        self.push(Header::ContentType, content_type);
        self.body = body;
        self
    }

    pub(crate) fn set_body(&mut self, body: Bytes) {
        self.body = body;
    }

    /// The method of a request; of a response that of its CSeq.
    #[must_use]
    pub fn method(&self) -> &str {
        match &self.start {
            Start::Request(method) => method.as_str(),
            Start::Response(_) => self.signature_fields().method,
        }
    }

    /// The status code of a response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.start {
            Start::Request(_) => None,
            Start::Response(status) => Some(status),
        }
    }

    /// What a signature over this message covers, as far as its headers have been added.
    #[must_use]
    pub fn signature_fields(&self) -> SignatureFields<'_> {
        self.spans.fields(&self.head, self.status())
    }

    /// Appends the message's octets to a write buffer.
    pub fn encode_into(&self, buffer: &mut BytesMut) {
        let mut length = itoa::Buffer::new();
        let length = length.format(self.body.len());
        let parts = [
            self.head.as_bytes(),
            b"Content-Length: ",
            length.as_bytes(),
            b"\r\n\r\n",
            &self.body,
        ];
        buffer.reserve(parts.iter().map(|part| part.len()).sum());
        for part in parts {
            buffer.put_slice(part);
        }
    }

    /// The message's octets.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut buffer = BytesMut::new();
        self.encode_into(&mut buffer);
        buffer.freeze()
    }
}

/// Appends text with its control characters, TAB excepted, turned into blanks.
fn push_clean(head: &mut String, value: &str) {
    let unwanted = |byte: u8| byte.is_ascii_control() && byte != b'\t';
    if value.bytes().any(unwanted) {
        let clean = |c: char| {
            if u8::try_from(c).is_ok_and(unwanted) {
                ' '
            } else {
                c
            }
        };
        head.extend(value.chars().map(clean));
    } else {
        head.push_str(value);
    }
}
