//! What a front end refuses before it asks who is there (RFC 3261 §8.2, RFC 4475 §3).
use crate::build::Outgoing;
use crate::fields::Headers;
use crate::headers::{
    CSeq, Contacts, ContentType, Event, HeaderError, NameAddr, Via, delta_seconds, max_forwards, tokens,
};
use crate::message::Request;
use crate::method::Method;
use crate::name::Header;
use crate::plain_ok::is_call_id;
use crate::salvage::Salvage;
use crate::text::Text;
use crate::uri::Uri;

/// What the caller understands.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Option tags that Require and Proxy-Require may name.
    pub options: &'static [&'static str],
    /// The media types that a request of a method may carry; empty for any.
    pub body_types: fn(&Method) -> &'static [&'static str],
    /// The media types of which an answer to a method must be able to carry one; empty for no matter.
    pub answer_types: fn(&Method) -> &'static [&'static str],
}

impl Default for Rules {
    /// `ms-benotify` as only option (pidgin-sipe 1.25 names it in Proxy-Require); any media type.
    fn default() -> Self {
        Self {
            options: &["ms-benotify"],
            body_types: |_| &[],
            answer_types: |_| &[],
        }
    }
}

/// A verdict against a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The status code.
    pub status: u16,
    /// What was wrong, for a person; fit for Warning or ms-diagnostics.
    pub reason: String,
    /// Headers that the response must have: Unsupported, Accept, ...
    pub headers: Vec<(Header, String)>,
}

impl Rejection {
    fn new(status: u16, reason: impl Into<String>) -> Self {
        Self {
            status,
            reason: reason.into(),
            headers: Vec::new(),
        }
    }

    /// The response, or `None` when there must be none (ACK, BENOTIFY, no Via).
    #[must_use]
    pub fn response(&self, request: &Request, to_tag: Option<&str>) -> Option<Outgoing> {
        let salvage = Salvage {
            headers: request.headers().clone(),
            method: Some(request.method().clone()),
        };
        let mut response = salvage.response(self.status, to_tag)?;
        for (header, value) in &self.headers {
            response.push(*header, value);
        }
        Some(response)
    }
}

impl From<HeaderError> for Rejection {
    fn from(error: HeaderError) -> Self {
        Self::new(400, error.to_string())
    }
}

/// A request that passed, with its headers read.
#[derive(Clone, Debug)]
pub struct CheckedRequest {
    /// The request itself.
    pub request: Request,
    /// From.
    pub from: NameAddr,
    /// To.
    pub to: NameAddr,
    /// Call-ID.
    pub call_id: Text,
    /// CSeq; its method is that of the request.
    pub cseq: CSeq,
    /// The Vias, the topmost first; never empty.
    pub vias: Vec<Via>,
    /// Contact.
    pub contacts: Contacts,
    /// Max-Forwards, if there is one.
    pub max_forwards: Option<u8>,
    /// Expires, if there is one, in seconds.
    pub expires: Option<u32>,
    /// Content-Type; there whenever the body is not empty.
    pub content_type: Option<ContentType>,
    /// Event, if there is one.
    pub event: Option<Event>,
}

impl CheckedRequest {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.request.method()
    }

    /// The Request-URI.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        self.request.uri()
    }

    /// All headers.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        self.request.headers()
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &bytes::Bytes {
        self.request.body()
    }

    /// The first Contact.
    #[must_use]
    pub fn contact(&self) -> Option<&NameAddr> {
        self.contacts.list().first()
    }

    /// The tag of From; empty from a client of RFC 2543.
    #[must_use]
    pub fn from_tag(&self) -> &str {
        self.from.tag().unwrap_or_default()
    }

    /// The tag of To; empty outside a dialog.
    #[must_use]
    pub fn to_tag(&self) -> &str {
        self.to.tag().unwrap_or_default()
    }

    /// Whether Supported names an option, compared without case.
    #[must_use]
    pub fn supports(&self, option: &str) -> bool {
        tokens(self.headers(), Header::Supported).any(|token| token.eq_ignore_ascii_case(option))
    }

    /// The response to this request, see [`Outgoing::response`].
    #[must_use]
    pub fn response(&self, status: u16, to_tag: Option<&str>) -> Outgoing {
        Outgoing::response(self.headers(), status, to_tag)
    }
}

/// Judges a request by itself, without knowing who sent it or what was before, and reads its headers.
///
/// Lenient where RFC 4475 lets it be: a bare branch cookie or none (§3.2.1), a missing From tag or Contact (§3.4.1), a
/// Date that is not GMT (§3.1.2.12), blanks inside angle brackets (§3.1.2.14), unknown schemes in From, To and Contact
/// (§3.3.4), credentials of any kind (§3.3.7). Strict with display names that need quotes and have none (§3.1.2.15).
///
/// # Errors
/// The response to give.
pub fn check_request(request: &Request, rules: &Rules) -> Result<CheckedRequest, Rejection> {
    let headers = request.headers();
    let call_id = call_id(headers)?;
    let cseq = CSeq::parse(single(headers, Header::CSeq)?)?;
    if cseq.method != *request.method() {
        return Err(Rejection::new(
            400,
            "CSeq names another method than the request line",
        ));
    }
    let vias = Via::parse_all(headers)?;
    if vias.is_empty() {
        return Err(Rejection::new(400, "no Via"));
    }
    let from = NameAddr::parse(Header::From, single(headers, Header::From)?)?;
    let to = NameAddr::parse(Header::To, single(headers, Header::To)?)?;
    let max_forwards = optional(headers, Header::MaxForwards)?
        .map(|value| max_forwards(&value))
        .transpose()?;
    let expires = optional(headers, Header::Expires)?;
    let expires = expires
        .map(|value| delta_seconds(Header::Expires, &value))
        .transpose()?;
    let contacts = contacts(request)?;
    let event = optional(headers, Header::Event)?.map(Event::parse).transpose()?;
    check_uri(request)?;
    check_options(request, rules)?;
    let content_type = check_body(request, rules)?;
    check_accept(request, rules)?;
    Ok(CheckedRequest {
        request: request.clone(),
        from,
        to,
        call_id,
        cseq,
        vias,
        contacts,
        max_forwards,
        expires,
        content_type,
        event,
    })
}

/// The value of a header that may be there once.
fn optional(headers: &Headers, header: Header) -> Result<Option<Text>, HeaderError> {
    match headers.count(header) {
        0 | 1 => Ok(headers.text(header)),
        _ => Err(HeaderError::new(header, "given twice")),
    }
}

/// The value of a header that must be there once.
pub(crate) fn single(headers: &Headers, header: Header) -> Result<Text, HeaderError> {
    optional(headers, header)?.ok_or(HeaderError::new(header, "missing"))
}

/// A header must be there once, whatever it says.
pub(crate) fn is_single(headers: &Headers, header: Header) -> Result<(), HeaderError> {
    match headers.count(header) {
        0 => Err(HeaderError::new(header, "missing")),
        1 => Ok(()),
        _ => Err(HeaderError::new(header, "given twice")),
    }
}

/// The Call-ID: something, in one piece.
pub(crate) fn call_id(headers: &Headers) -> Result<Text, HeaderError> {
    let text = single(headers, Header::CallId)?;
    if is_call_id(&text) {
        Ok(text)
    } else {
        Err(HeaderError::new(Header::CallId, "empty or with blanks"))
    }
}

fn contacts(request: &Request) -> Result<Contacts, Rejection> {
    let contacts = Contacts::of(request.headers())?;
    for contact in contacts.list() {
        if let Some(expires) = contact.param("expires") {
            delta_seconds(Header::Contact, expires)?;
        }
    }
    // Only a registration has several addresses; elsewhere the Contact is where the dialog's requests go.
    let several = contacts.list().len() > 1 || contacts == Contacts::All;
    if several
        && matches!(
            request.method(),
            Method::Invite | Method::Subscribe | Method::Update
        )
    {
        return Err(Rejection::new(400, "more than one Contact"));
    }
    Ok(contacts)
}

fn check_uri(request: &Request) -> Result<(), Rejection> {
    if !request.uri().is_sip() {
        return Err(Rejection::new(416, "the Request-URI is neither sip nor sips"));
    }
    if request.uri().headers().is_some() {
        return Err(Rejection::new(400, "the Request-URI has headers"));
    }
    Ok(())
}

fn check_options(request: &Request, rules: &Rules) -> Result<(), Rejection> {
    // Neither header means anything in them (RFC 3261 §8.2.2.3).
    if matches!(request.method(), Method::Ack | Method::Cancel) {
        return Ok(());
    }
    let headers = request.headers();
    let unknown: Vec<&str> = tokens(headers, Header::Require)
        .chain(tokens(headers, Header::ProxyRequire))
        .filter(|tag| !rules.options.iter().any(|known| known.eq_ignore_ascii_case(tag)))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let mut rejection = Rejection::new(420, "unknown option tags are required");
    rejection.headers.push((Header::Unsupported, unknown.join(", ")));
    Err(rejection)
}

fn check_body(request: &Request, rules: &Rules) -> Result<Option<ContentType>, Rejection> {
    let headers = request.headers();
    let content_type = optional(headers, Header::ContentType)?;
    let content_type = content_type
        .filter(|value| !value.is_empty())
        .map(ContentType::parse)
        .transpose()?;
    if request.body().is_empty() {
        return Ok(content_type);
    }
    let Some(found) = &content_type else {
        return Err(Rejection::new(400, "a body without Content-Type"));
    };
    let known = (rules.body_types)(request.method());
    if !known.is_empty() && !known.iter().any(|known| found.matches(known)) {
        let mut rejection = Rejection::new(415, "a body of unknown type");
        rejection.headers.push((Header::Accept, known.join(", ")));
        return Err(rejection);
    }
    if tokens(headers, Header::ContentEncoding).any(|coding| !coding.eq_ignore_ascii_case("identity")) {
        let mut rejection = Rejection::new(415, "a body of unknown encoding");
        rejection
            .headers
            .push((Header::AcceptEncoding, "identity".to_owned()));
        return Err(rejection);
    }
    Ok(content_type)
}

fn check_accept(request: &Request, rules: &Rules) -> Result<(), Rejection> {
    let offered = (rules.answer_types)(request.method());
    let mut accepts = request.headers().texts(Header::Accept).peekable();
    if offered.is_empty() || accepts.peek().is_none() {
        return Ok(());
    }
    for line in accepts {
        let ranges = ContentType::parse_list(line)?;
        if ranges
            .iter()
            .any(|range| offered.iter().any(|offer| range.matches(offer)))
        {
            return Ok(());
        }
    }
    Err(Rejection::new(
        406,
        "none of the accepted media types can be given",
    ))
}
