//! Which responses are dropped (RFC 3261 §8.1.3, RFC 4475 §3): nobody can be told.
use std::net::Ipv4Addr;

use crate::check::{call_id, single};
use crate::fields::Headers;
use crate::headers::{CSeq, Contacts, HeaderError, NameAddr, Via};
use crate::message::Response;
use crate::name::Header;
use crate::text::Text;

/// Why a response is dropped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DropReason {
    /// A header that must be right is not.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// Nobody to pass it to.
    #[error("no Via")]
    NoVia,
    /// A Via names the broadcast address (RFC 4475 §3.3.10).
    #[error("broadcast address in a Via")]
    Broadcast,
}

/// A response that passed, with its headers read.
#[derive(Clone, Debug)]
pub struct CheckedResponse {
    /// The response itself.
    pub response: Response,
    /// From: the address of who sent the request.
    pub from: NameAddr,
    /// To, with the tag of who answered.
    pub to: NameAddr,
    /// Call-ID.
    pub call_id: Text,
    /// CSeq.
    pub cseq: CSeq,
    /// The Vias, the topmost first; never empty. A user agent drops what has more than one (RFC 3261 §8.1.3.3).
    pub vias: Vec<Via>,
}

impl CheckedResponse {
    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.response.status()
    }

    /// All headers.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        self.response.headers()
    }

    /// The first Contact, if it can be read.
    #[must_use]
    pub fn contact(&self) -> Option<NameAddr> {
        Contacts::of(self.headers()).ok()?.list().first().cloned()
    }
}

/// Judges a response by itself and reads its headers.
///
/// # Errors
/// Why it has to be dropped.
pub fn check_response(response: &Response) -> Result<CheckedResponse, DropReason> {
    let headers = response.headers();
    let vias = Via::parse_all(headers)?;
    if vias.is_empty() {
        return Err(DropReason::NoVia);
    }
    if vias
        .iter()
        .any(|via| via.host().parse() == Ok(Ipv4Addr::BROADCAST))
    {
        return Err(DropReason::Broadcast);
    }
    Ok(CheckedResponse {
        from: NameAddr::parse(Header::From, single(headers, Header::From)?)?,
        to: NameAddr::parse(Header::To, single(headers, Header::To)?)?,
        call_id: call_id(headers)?,
        cseq: CSeq::parse(single(headers, Header::CSeq)?)?,
        response: response.clone(),
        vias,
    })
}
