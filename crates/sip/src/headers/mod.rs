//! Typed views of header values. Each keeps the text it was made from.
mod auth;
mod contact;
mod content_type;
mod cseq;
mod event;
mod name_addr;
mod numbers;
mod params;
mod tokens;
mod via;

pub use auth::AuthParams;
pub use contact::Contacts;
pub use content_type::ContentType;
pub use cseq::{CSEQ_MAX, CSeq};
pub use event::Event;
pub use name_addr::NameAddr;
pub use numbers::{ContentLength, delta_seconds, max_forwards};
pub use params::{Params, unescape_quoted};
pub use tokens::tokens;
pub use via::Via;

/// A header value that does not follow its grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed {header}: {problem}")]
pub struct HeaderError {
    /// The header's long name.
    pub header: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl HeaderError {
    pub(crate) fn new(header: crate::name::Header, problem: &'static str) -> Self {
        Self {
            header: header.name(),
            problem,
        }
    }
}
