//! Dialogs (RFC 3261 §12).
use crate::build::Outgoing;
use crate::check::CheckedRequest;
use crate::check_response::CheckedResponse;
use crate::headers::{CSEQ_MAX, CSeq, HeaderError, NameAddr};
use crate::method::Method;
use crate::name::Header;
use crate::signature::SignatureSpans;
use crate::text::Text;
use crate::uri::Uri;

/// Max-Forwards of our requests (RFC 3261 §8.1.1.6).
const MAX_FORWARDS: &str = "70";

/// What a request needs beside its fixed lines, in bytes: request line, Via, CSeq, and what the caller adds.
const HEAD_CAPACITY: usize = 640;

/// What names a dialog, seen from this side.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DialogId {
    /// Call-ID.
    pub call_id: Text,
    /// The tag that this side gave.
    pub local_tag: Text,
    /// The tag that the peer gave; empty from a peer of RFC 2543.
    pub remote_tag: Text,
}

impl DialogId {
    /// The dialog that a received request belongs to; `None` when its To has no tag.
    #[must_use]
    pub fn of_request(request: &CheckedRequest) -> Option<Self> {
        let local = request.to.tag()?;
        Some(Self {
            call_id: request.call_id.detached(),
            local_tag: local.into(),
            remote_tag: request.from_tag().into(),
        })
    }
}

/// Why there is no dialog, or no request in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DialogError {
    /// The peer gave no Contact, so nothing can be sent to it.
    #[error("no Contact")]
    NoContact,
    /// The peer's response has no To tag.
    #[error("no To tag")]
    NoTag,
    /// A From, To or Record-Route can't be read.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// All CSeq numbers of this side are used.
    #[error("CSeq is exhausted")]
    Exhausted,
}

/// Where a received request stands among the others of its dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// The next one: handle it.
    Next,
    /// The same once more: the transaction's business.
    Repeated,
    /// Older than one that was seen: answer 500 (RFC 3261 §12.2.2); an ACK is dropped.
    OutOfOrder,
}

/// One dialog, of either side. Its texts are its own: it keeps no message alive.
#[derive(Clone, Debug)]
pub struct Dialog {
    id: DialogId,
    remote_target: String,
    routes: Vec<Route>,
    local_cseq: u32,
    /// The highest CSeq received.
    remote_cseq: Option<CSeq>,
    /// The number of the INVITE or SUBSCRIBE that made the dialog; ACK and CANCEL repeat it.
    first_cseq: u32,
    /// The header lines that are the same in every request, made once, so that a request costs a few copies.
    fixed: String,
    spans: SignatureSpans,
}

/// One element of the route set.
#[derive(Clone, Debug)]
struct Route {
    value: String,
    uri: String,
    /// A loose router (RFC 3261 §16.12); others are of RFC 2543.
    loose: bool,
}

impl Dialog {
    /// The dialog that our 2xx to `request` makes (RFC 3261 §12.1.1).
    ///
    /// # Errors
    /// When the request has no Contact, or a malformed Record-Route: to be answered 400.
    pub fn uas(request: &CheckedRequest, local_tag: &str) -> Result<Self, DialogError> {
        let target = request.contact().ok_or(DialogError::NoContact)?;
        let routes = NameAddr::parse_all(request.headers(), Header::RecordRoute)?;
        let id = DialogId {
            call_id: request.call_id.detached(),
            local_tag: local_tag.into(),
            remote_tag: request.from_tag().into(),
        };
        let mut local = address(&request.to);
        local.push_str(";tag=");
        local.push_str(local_tag);
        let mut dialog = Self::new(id, &local, &address(&request.from), &target.uri, &routes);
        dialog.first_cseq = request.cseq.number;
        dialog.remote_cseq = Some(detached(&request.cseq));
        Ok(dialog)
    }

    /// The dialog that a 2xx to our request makes (RFC 3261 §12.1.2).
    ///
    /// # Errors
    /// When the response has no To tag or Contact, or a malformed From, To or Record-Route.
    pub fn uac(response: &CheckedResponse) -> Result<Self, DialogError> {
        let (from, to) = (response.from()?, response.to()?);
        let id = DialogId {
            call_id: response.call_id.detached(),
            local_tag: from.tag().unwrap_or_default().into(),
            remote_tag: to.tag().ok_or(DialogError::NoTag)?.into(),
        };
        let target = response.contact().ok_or(DialogError::NoContact)?;
        let mut routes = NameAddr::parse_all(response.headers(), Header::RecordRoute)?;
        routes.reverse();
        let mut dialog = Self::new(id, &address(&from), &address(&to), &target.uri, &routes);
        dialog.first_cseq = response.cseq.number;
        dialog.local_cseq = response.cseq.number;
        Ok(dialog)
    }

    fn new(id: DialogId, local: &str, remote: &str, target: &Uri, routes: &[NameAddr]) -> Self {
        let lines = Outgoing::prepared(Method::Options, String::new(), SignatureSpans::default())
            .header(Header::MaxForwards, MAX_FORWARDS)
            .header(Header::From, local)
            .header(Header::To, remote)
            .header(Header::CallId, &id.call_id);
        let (mut fixed, spans) = lines.into_prepared();
        fixed.shrink_to_fit();
        let route = |route: &NameAddr| Route {
            value: route.as_str().to_owned(),
            uri: route.uri.as_str().to_owned(),
            loose: route.uri.param("lr").is_some(),
        };
        Self {
            id,
            remote_target: target.as_str().to_owned(),
            routes: routes.iter().map(route).collect(),
            local_cseq: 0,
            remote_cseq: None,
            first_cseq: 0,
            fixed,
            spans,
        }
    }

    /// What names this dialog.
    #[must_use]
    pub fn id(&self) -> &DialogId {
        &self.id
    }

    /// Where the peer takes requests: its last Contact.
    #[must_use]
    pub fn remote_target(&self) -> &str {
        &self.remote_target
    }

    /// The CSeq number of our last request; 0 before the first.
    #[must_use]
    pub fn local_cseq(&self) -> u32 {
        self.local_cseq
    }

    /// Whether a received request belongs to this dialog: both tags and the Call-ID are the same. The remote tag may
    /// not change within a dialog.
    #[must_use]
    pub fn matches(&self, request: &CheckedRequest) -> bool {
        request.call_id == self.id.call_id
            && self.id.local_tag == request.to_tag()
            && self.id.remote_tag == request.from_tag()
    }

    /// Takes note of a received request and says where it stands. The next one, if it may move the remote target
    /// (RFC 3261 §12.2, RFC 6665 §4.4.1), moves it.
    pub fn receive(&mut self, request: &CheckedRequest) -> Sequence {
        let cseq = &request.cseq;
        if matches!(cseq.method, Method::Ack | Method::Cancel) {
            // They carry the number of an INVITE that was received before, and advance nothing.
            let invite = self
                .remote_cseq
                .as_ref()
                .is_some_and(|last| cseq.number <= last.number);
            return if invite {
                Sequence::Next
            } else {
                Sequence::OutOfOrder
            };
        }
        match &self.remote_cseq {
            Some(last) if cseq == last => return Sequence::Repeated,
            Some(last) if cseq.number <= last.number => return Sequence::OutOfOrder,
            _ => {}
        }
        self.remote_cseq = Some(detached(cseq));
        let refreshes = matches!(
            cseq.method,
            Method::Invite | Method::Update | Method::Subscribe | Method::Notify | Method::Refer
        );
        if let Some(contact) = request.contact().filter(|_| refreshes) {
            contact.uri.as_str().clone_into(&mut self.remote_target);
        }
        Sequence::Next
    }

    /// The next request of this side. `via` is the Via value without its branch: `SIP/2.0/TLS chat.example.com:5061`;
    /// `branch` is unique for each request and begins with `z9hG4bK` (RFC 3261 §8.1.1.7).
    ///
    /// An ACK takes the number of the INVITE that made the dialog, and no new one.
    ///
    /// # Errors
    /// [`DialogError::Exhausted`] after 2^31 - 1 requests.
    pub fn request(&mut self, method: &Method, via: &str, branch: &str) -> Result<Outgoing, DialogError> {
        let cseq = if matches!(method, Method::Ack | Method::Cancel) {
            self.first_cseq
        } else {
            if self.local_cseq >= CSEQ_MAX {
                return Err(DialogError::Exhausted);
            }
            self.local_cseq += 1;
            self.local_cseq
        };
        let strict = self.routes.first().filter(|route| !route.loose);
        let uri = strict.map_or(&self.remote_target, |route| &route.uri);
        let mut head = String::with_capacity(HEAD_CAPACITY + self.fixed.len());
        for part in [method.as_str(), " ", uri, " SIP/2.0\r\n"] {
            head.push_str(part);
        }
        let mut request = Outgoing::prepared(method.clone(), head, SignatureSpans::default());
        request.push_via(via, branch);
        request.append_prepared(&self.fixed, self.spans);
        request.push_cseq(cseq, method);
        // A strict router gets the target as the last route (RFC 3261 §12.2.1.1).
        for route in self.routes.iter().skip(usize::from(strict.is_some())) {
            request.push(Header::Route, &route.value);
        }
        if strict.is_some() {
            request.push(Header::Route, &format!("<{}>", self.remote_target));
        }
        Ok(request)
    }
}

fn detached(cseq: &CSeq) -> CSeq {
    CSeq {
        number: cseq.number,
        method: cseq.method.detached(),
    }
}

/// The address as a name-addr: clients look for the URI between angle brackets.
fn address(address: &NameAddr) -> String {
    if address.as_str().contains('<') {
        return address.as_str().to_owned();
    }
    format!("<{}>{}", address.uri, address.params.as_str())
}
