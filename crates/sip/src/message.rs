//! One message: its start line, its headers, its body.
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::build::Outgoing;
use crate::fields::{Headers, Lines, head_end};
use crate::headers::ContentLength;
use crate::method::Method;
use crate::salvage::Salvage;
use crate::text::Text;
use crate::uri::{Uri, UriError};

const VERSION: &str = "SIP/2.0";

/// A parsed message. The bytes stay as they came; cloning costs a reference count.
#[derive(Clone, Debug)]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

/// A request (RFC 3261 §7.1).
#[derive(Clone)]
pub struct Request(Arc<RequestParts>);

struct RequestParts {
    method: Method,
    uri: Uri,
    content: Content,
}

/// A response (RFC 3261 §7.2).
#[derive(Clone)]
pub struct Response(Arc<ResponseParts>);

struct ResponseParts {
    status: u16,
    reason: Text,
    content: Content,
}

struct Content {
    raw: Bytes,
    headers: Headers,
    body: Bytes,
}

/// Why bytes are no SIP message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseProblem {
    /// Nothing ends the headers.
    #[error("no empty line after the headers")]
    NoEmptyLine,
    /// Spans of 32 bits could not hold it.
    #[error("message too large")]
    TooLarge,
    /// Neither request line nor status line.
    #[error("malformed start line: {0}")]
    StartLine(&'static str),
    /// A request of another version of SIP.
    #[error("unknown SIP version")]
    Version,
    /// The Request-URI is not a URI.
    #[error("malformed Request-URI: {0}")]
    RequestUri(UriError),
    /// A line among the headers is none.
    #[error("malformed header: {0}")]
    HeaderLine(&'static str),
    /// Not a number, or given twice.
    #[error("malformed Content-Length")]
    ContentLength,
    /// Content-Length says more than there is.
    #[error("body shorter than Content-Length")]
    BodyTooShort,
}

/// A refused message: the problem, and what an answer needs.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{problem}")]
pub struct ParseError {
    /// What is wrong.
    pub problem: ParseProblem,
    /// What could be read all the same.
    pub salvage: Box<Salvage>,
}

impl ParseError {
    /// The status code that says so to the sender of a request.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self.problem {
            ParseProblem::Version => 505,
            ParseProblem::TooLarge => 513,
            _ => 400,
        }
    }

    /// The answer, or `None` when none may be sent (a response, an ACK, no Via).
    #[must_use]
    pub fn response(&self, to_tag: Option<&str>) -> Option<Outgoing> {
        self.salvage.response(self.status(), to_tag)
    }
}

impl Message {
    /// Parses one whole message. Octets after the body are ignored, as of a datagram (RFC 3261 §18.3).
    ///
    /// # Errors
    /// [`ParseError`], with what is needed to answer a bad request; bad responses are dropped.
    pub fn parse(raw: Bytes) -> Result<Self, ParseError> {
        parse(&raw).map_err(|problem| {
            let head = match head_end(&raw) {
                Some(end) => raw.slice(..end + 2),
                None => raw,
            };
            ParseError {
                problem,
                salvage: Box::new(Salvage::of(&head)),
            }
        })
    }

    fn content(&self) -> &Content {
        match self {
            Self::Request(request) => &request.0.content,
            Self::Response(response) => &response.0.content,
        }
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.content().headers
    }

    /// The body; empty when there is none.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.content().body
    }

    /// The message as it was received.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.content().raw
    }
}

macro_rules! content_accessors {
    ($type:ident) => {
        impl $type {
            /// The headers.
            #[must_use]
            pub fn headers(&self) -> &Headers {
                &self.0.content.headers
            }

            /// The body; empty when there is none.
            #[must_use]
            pub fn body(&self) -> &Bytes {
                &self.0.content.body
            }

            /// The message as it was received.
            #[must_use]
            pub fn raw(&self) -> &Bytes {
                &self.0.content.raw
            }
        }
    };
}

content_accessors!(Request);
content_accessors!(Response);

impl Request {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.0.method
    }

    /// The Request-URI.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.0.uri
    }
}

impl Response {
    /// The status code, 100 to 699.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The reason phrase, perhaps empty.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0.reason
    }
}

enum StartLine {
    Request(Method, Uri),
    Response(u16, Text),
}

fn parse(raw: &Bytes) -> Result<Message, ParseProblem> {
    if u32::try_from(raw.len()).is_err() {
        return Err(ParseProblem::TooLarge);
    }
    let head_end = head_end(raw).ok_or(ParseProblem::NoEmptyLine)? + 2;
    let line = Lines::new(raw).next().ok_or(ParseProblem::StartLine("empty"))?;
    if !line.clean {
        return Err(ParseProblem::StartLine("a CR or LF alone"));
    }
    let fields_start = (line.range.end + 2).min(head_end);
    let text = Text::from_utf8(raw.slice(line.range)).map_err(|_| ParseProblem::StartLine("not UTF-8"))?;
    let start = start_line(&text)?;
    let (headers, problem) = Headers::index(&raw.slice(fields_start..head_end));
    if let Some(problem) = problem {
        return Err(ParseProblem::HeaderLine(problem));
    }
    let body_start = head_end + 2;
    let body_end = match ContentLength::of(&headers).map_err(|_| ParseProblem::ContentLength)? {
        Some(ContentLength(length)) => body_start
            .checked_add(length)
            .filter(|end| *end <= raw.len())
            .ok_or(ParseProblem::BodyTooShort)?,
        None => raw.len(),
    };
    let content = Content {
        raw: raw.slice(..body_end),
        headers,
        body: raw.slice(body_start..body_end),
    };
    Ok(match start {
        StartLine::Request(method, uri) => {
            Message::Request(Request(Arc::new(RequestParts { method, uri, content })))
        }
        StartLine::Response(status, reason) => Message::Response(Response(Arc::new(ResponseParts {
            status,
            reason,
            content,
        }))),
    })
}

fn start_line(line: &Text) -> Result<StartLine, ParseProblem> {
    if line.contains(['\r', '\n']) {
        return Err(ParseProblem::StartLine("folded"));
    }
    if line
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("SIP/"))
    {
        return status_line(line);
    }
    let mut parts = line.split(' ');
    let (Some(method), Some(uri), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(ParseProblem::StartLine(
            "not method, URI and version with one space between them",
        ));
    };
    let method =
        Method::parse(&line.share(method)).ok_or(ParseProblem::StartLine("the method is not a token"))?;
    if !version.eq_ignore_ascii_case(VERSION) {
        let other = version
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("SIP/"));
        return Err(if other {
            ParseProblem::Version
        } else {
            ParseProblem::StartLine("no SIP version")
        });
    }
    let uri = Uri::parse(line.share(uri)).map_err(ParseProblem::RequestUri)?;
    Ok(StartLine::Request(method, uri))
}

fn status_line(line: &Text) -> Result<StartLine, ParseProblem> {
    let mut parts = line.splitn(3, ' ');
    if !parts.next().unwrap_or_default().eq_ignore_ascii_case(VERSION) {
        return Err(ParseProblem::Version);
    }
    let code = parts.next().unwrap_or_default();
    let status = code
        .parse()
        .ok()
        .filter(|status| code.len() == 3 && (100..700).contains(status));
    let status = status.ok_or(ParseProblem::StartLine("a status code that is not 100 to 699"))?;
    Ok(StartLine::Response(
        status,
        line.share(parts.next().unwrap_or_default()),
    ))
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.0.method)
            .field("uri", &self.0.uri)
            .field("headers", self.headers())
            .field("body", self.body())
            .finish()
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.0.status)
            .field("reason", &self.0.reason)
            .field("headers", self.headers())
            .field("body", self.body())
            .finish()
    }
}
