//! What can still be read of a message that is refused, so that it can be answered.
use bytes::Bytes;

use crate::build::Outgoing;
use crate::fields::{Headers, Lines};
use crate::method::Method;
use crate::name::Header;
use crate::text::Text;

/// The readable headers of a broken message and, if it is a request, its method.
#[derive(Clone, Debug, Default)]
pub struct Salvage {
    /// The headers that could be read; others are missing.
    pub headers: Headers,
    /// The method; `None` for a response and for what is no SIP at all.
    pub method: Option<Method>,
}

impl Salvage {
    /// Reads what it can of a message's head.
    #[must_use]
    pub fn of(head: &Bytes) -> Self {
        let Some(start) = Lines::new(head).next() else {
            return Self::default();
        };
        let method = head.get(start.range.clone()).and_then(start_line_method);
        let (headers, _) = Headers::index(&head.slice((start.range.end + 2).min(head.len())..));
        Self { headers, method }
    }

    /// The response, or `None` when there must be none: to responses, to ACK and BENOTIFY, and without a Via.
    #[must_use]
    pub fn response(&self, status: u16, to_tag: Option<&str>) -> Option<Outgoing> {
        let answerable = self.method.as_ref().is_some_and(Method::wants_response)
            && self.headers.get(Header::Via).is_some();
        answerable.then(|| Outgoing::response(&self.headers, status, to_tag))
    }
}

/// The method at the start of a line that is not a status line.
fn start_line_method(line: &[u8]) -> Option<Method> {
    let token = line.split(|byte| *byte == b' ').next()?;
    let token = std::str::from_utf8(token).ok()?;
    Method::parse(&Text::from(token))
}
