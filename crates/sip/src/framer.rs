//! Cutting messages out of a stream (RFC 3261 §18.3, RFC 5626 §3.5.1).
use bytes::{Buf, Bytes, BytesMut};

use crate::build::Outgoing;
use crate::fields::{Lines, head_end, split_line};
use crate::headers::ContentLength;
use crate::name::Header;
use crate::salvage::Salvage;

/// How much one message may hold. Sizes are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Head and body together.
    pub max_message: usize,
    /// Start line, headers and the empty line.
    pub max_headers: usize,
    /// Header lines, continuation lines not counted.
    pub max_header_count: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_message: 1024 * 1024,
            max_headers: 64 * 1024,
            max_header_count: 256,
        }
    }
}

/// What came next on a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The ping of RFC 5626 §3.5.1: CRLFCRLF between messages. The answer is a CRLF.
    KeepAlive,
    /// One whole message.
    Message(Bytes),
}

/// Why a stream can't be cut any more. Where the next message begins is unknown: answer, then close.
/// Each carries the head as far as it was received.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The head is larger than [`Limits::max_headers`].
    #[error("headers too large")]
    HeadersTooLarge(Bytes),
    /// More header lines than [`Limits::max_header_count`].
    #[error("too many headers")]
    TooManyHeaders(Bytes),
    /// Head and body would be larger than [`Limits::max_message`].
    #[error("message too large")]
    MessageTooLarge(Bytes),
    /// Content-Length is not a number.
    #[error("malformed Content-Length")]
    BadContentLength(Bytes),
    /// Content-Length is there more than once: two readers could see two different messages.
    #[error("repeated Content-Length")]
    DuplicateContentLength(Bytes),
    /// Content-Length is missing; on a stream it is mandatory (RFC 3261 §20.14).
    #[error("no Content-Length")]
    NoContentLength(Bytes),
}

impl FrameError {
    /// The start line and headers as far as received.
    #[must_use]
    pub fn head(&self) -> &Bytes {
        match self {
            Self::HeadersTooLarge(head)
            | Self::TooManyHeaders(head)
            | Self::MessageTooLarge(head)
            | Self::BadContentLength(head)
            | Self::DuplicateContentLength(head)
            | Self::NoContentLength(head) => head,
        }
    }

    /// The status code that says so: 413 for a body (RFC 3261 §21.4.11), 513 for a head (§21.5.7), else 400.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::MessageTooLarge(_) => 413,
            Self::HeadersTooLarge(_) | Self::TooManyHeaders(_) => 513,
            _ => 400,
        }
    }

    /// The answer to send before closing, or `None` when there is nobody to answer.
    #[must_use]
    pub fn response(&self, to_tag: Option<&str>) -> Option<Outgoing> {
        Salvage::of(self.head()).response(self.status(), to_tag)
    }
}

#[derive(Clone, Debug)]
enum State {
    /// Between messages, with so many octets of a CRLFCRLF seen.
    Between(usize),
    /// In a head whose first so many octets hold no end.
    Head(usize),
    /// The head is complete; so many octets make the message.
    Body(usize),
    Failed(FrameError),
}

/// Cuts one stream into messages, however the stream is split into reads.
#[derive(Clone, Debug)]
pub struct Framer {
    limits: Limits,
    state: State,
}

const PING: &[u8] = b"\r\n\r\n";
const HEAD_END: &[u8] = b"\r\n\r\n";

impl Framer {
    /// A framer for a new connection.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Between(0),
        }
    }

    /// Whether a message has begun and is not complete: from then on a read deadline must run.
    #[must_use]
    pub fn waiting(&self) -> bool {
        matches!(self.state, State::Head(_) | State::Body(_))
    }

    /// Takes the next frame off the front of `buffer`; `None` when it needs more octets.
    ///
    /// # Errors
    /// When the stream can't be cut; every later call gives the same error.
    pub fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame>, FrameError> {
        loop {
            match &self.state {
                State::Between(seen) => {
                    let seen = *seen;
                    let Some(byte @ (b'\r' | b'\n')) = buffer.first().copied() else {
                        if buffer.is_empty() {
                            return Ok(None);
                        }
                        self.state = State::Head(0);
                        continue;
                    };
                    buffer.advance(1);
                    let seen = if PING.get(seen) == Some(&byte) {
                        seen + 1
                    } else {
                        usize::from(byte == b'\r')
                    };
                    self.state = State::Between(seen % PING.len());
                    if seen == PING.len() {
                        return Ok(Some(Frame::KeepAlive));
                    }
                }
                State::Head(scanned) => match self.head(*scanned, buffer) {
                    Ok(state @ State::Head(_)) => {
                        self.state = state;
                        return Ok(None);
                    }
                    Ok(state) => self.state = state,
                    Err(error) => {
                        self.state = State::Failed(error.clone());
                        return Err(error);
                    }
                },
                State::Body(total) => {
                    if buffer.len() < *total {
                        return Ok(None);
                    }
                    let message = buffer.split_to(*total).freeze();
                    self.state = State::Between(0);
                    return Ok(Some(Frame::Message(message)));
                }
                State::Failed(error) => return Err(error.clone()),
            }
        }
    }

    fn head(&self, scanned: usize, buffer: &BytesMut) -> Result<State, FrameError> {
        // The end may straddle what was scanned and what is new.
        let from = scanned.saturating_sub(HEAD_END.len() - 1);
        let end = head_end(buffer.get(from..).unwrap_or_default()).map(|found| from + found + HEAD_END.len());
        if end.unwrap_or(buffer.len()) > self.limits.max_headers {
            let head = buffer.get(..self.limits.max_headers).unwrap_or_default();
            return Err(FrameError::HeadersTooLarge(Bytes::copy_from_slice(head)));
        }
        let Some(end) = end else {
            return Ok(State::Head(buffer.len()));
        };
        let head = buffer.get(..end - 2).unwrap_or_default();
        let copy = || Bytes::copy_from_slice(head);
        let mut length = None;
        for (index, line) in Lines::new(head).enumerate() {
            if index > self.limits.max_header_count {
                return Err(FrameError::TooManyHeaders(copy()));
            }
            let line = head.get(line.range).unwrap_or_default();
            // Cheap first: few headers begin with C or L. Line 0 is the start line.
            if index == 0 || !matches!(line.first(), Some(b'c' | b'C' | b'l' | b'L')) {
                continue;
            }
            let Some((name, value)) = split_line(line) else {
                continue;
            };
            if std::str::from_utf8(name).ok().and_then(Header::from_name) != Some(Header::ContentLength) {
                continue;
            }
            if length.is_some() {
                return Err(FrameError::DuplicateContentLength(copy()));
            }
            length = Some(ContentLength::parse(value).map_err(|_| FrameError::BadContentLength(copy()))?);
        }
        let ContentLength(length) = length.ok_or_else(|| FrameError::NoContentLength(copy()))?;
        match end.checked_add(length) {
            Some(total) if total <= self.limits.max_message => Ok(State::Body(total)),
            _ => Err(FrameError::MessageTooLarge(copy())),
        }
    }
}
