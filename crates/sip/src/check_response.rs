//! Which responses are dropped (RFC 3261 §8.1.3, RFC 4475 §3): nobody can be told.
use std::net::Ipv4Addr;

use crate::check::{call_id, is_single, single};
use crate::fields::Headers;
use crate::headers::{CSeq, Contacts, HeaderError, NameAddr, Via};
use crate::message::Response;
use crate::name::Header;
use crate::plain_ok::is_plain_via;
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

/// A response that passed, with the headers read that say what it answers. The others are read when they are asked for:
/// a busy server gets one 200 for every message that it delivers, and nothing more of it matters.
#[derive(Clone, Debug)]
pub struct CheckedResponse {
    /// The response itself.
    pub response: Response,
    /// Call-ID.
    pub call_id: Text,
    /// CSeq.
    pub cseq: CSeq,
    /// How many Vias it has; at least one. A user agent drops what has more (RFC 3261 §8.1.3.3).
    pub vias: usize,
}

impl CheckedResponse {
    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.response.status()
    }

    /// From: the address of who sent the request.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn from(&self) -> Result<NameAddr, HeaderError> {
        NameAddr::parse(Header::From, single(self.headers(), Header::From)?)
    }

    /// To, with the tag of who answered.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn to(&self) -> Result<NameAddr, HeaderError> {
        NameAddr::parse(Header::To, single(self.headers(), Header::To)?)
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
    is_single(headers, Header::From)?;
    is_single(headers, Header::To)?;
    Ok(CheckedResponse {
        vias: count_vias(headers)?,
        call_id: call_id(headers)?,
        cseq: CSeq::parse(single(headers, Header::CSeq)?)?,
        response: response.clone(),
    })
}

/// How many Vias there are, none of them the broadcast address. Of several each must be legible; a single plain one is
/// not taken apart.
fn count_vias(headers: &Headers) -> Result<usize, DropReason> {
    let mut lines = headers.get_all(Header::Via);
    let (first, second) = (lines.next().ok_or(DropReason::NoVia)?, lines.next());
    // One that we wrote ourselves comes back as it was: nothing of it has to be read.
    if second.is_none() && is_plain_via(first) {
        return Ok(1);
    }
    let vias = Via::parse_all(headers)?;
    let broadcast = |via: &Via| via.host().parse() == Ok(Ipv4Addr::BROADCAST);
    if vias.iter().any(broadcast) {
        return Err(DropReason::Broadcast);
    }
    Ok(vias.len())
}
