//! Passing a message on, as a proxy does (RFC 3261 §16.6, §16.7).
use crate::build::Outgoing;
use crate::cursor::trim_lws;
use crate::headers::{HeaderError, Via, max_forwards};
use crate::message::{Request, Response};
use crate::name::{Header, Name};

/// What a proxy puts in the place of a missing Max-Forwards (RFC 3261 §16.6 step 3).
const DEFAULT_MAX_FORWARDS: u8 = 70;

impl Outgoing {
    /// A request to pass on to `uri`: `via` on top, Max-Forwards one less, the headers in `without` left out,
    /// everything else as it came. The caller answers 483 before when Max-Forwards is 0.
    #[must_use]
    pub fn forward_request(request: &Request, uri: &str, via: &str, without: &[Header]) -> Self {
        let headers = request.headers();
        let mut out = Self::request(request.method(), uri).header(Header::Via, via);
        let hops = headers
            .get(Header::MaxForwards)
            .and_then(|value| max_forwards(value).ok());
        let hops = hops.map_or(DEFAULT_MAX_FORWARDS, |hops| hops.saturating_sub(1));
        out.push(Header::MaxForwards, &hops.to_string());
        for field in headers.iter() {
            let dropped = field.header.is_some_and(|header| {
                matches!(header, Header::MaxForwards | Header::ContentLength) || without.contains(&header)
            });
            if !dropped {
                out.push_verbatim(
                    field.header.map_or(Name::Other(field.name), Name::Known),
                    field.value,
                );
            }
        }
        out.set_body(request.body().clone());
        out
    }

    /// A response to pass back: the topmost Via (the caller's own) and the headers in `without` left out, everything
    /// else as it came.
    ///
    /// # Errors
    /// When a Via is malformed.
    pub fn forward_response(response: &Response, without: &[Header]) -> Result<Self, HeaderError> {
        let mut out = Self::status_line(response.status(), response.reason());
        for via in Via::parse_all(response.headers())?.iter().skip(1) {
            out.push_verbatim(Header::Via, trim_lws(via.as_str()));
        }
        for field in response.headers().iter() {
            let dropped = field.header.is_some_and(|header| {
                matches!(header, Header::Via | Header::ContentLength) || without.contains(&header)
            });
            if !dropped {
                out.push_verbatim(
                    field.header.map_or(Name::Other(field.name), Name::Known),
                    field.value,
                );
            }
        }
        out.set_body(response.body().clone());
        Ok(out)
    }
}
