//! Cutting a stream: limits at n and n + 1, pings, deadlines, errors that stay.
use bytes::{Bytes, BytesMut};
use causerie_sip::{Frame, FrameError, Framer, Limits};

use crate::common::{first_frame, frames};
use crate::draft::Draft;

fn options() -> Draft {
    Draft::new("OPTIONS sip:room@chat.test SIP/2.0")
}

fn cut(limits: Limits, bytes: &[u8]) -> Result<Option<Frame>, FrameError> {
    Framer::new(limits).next(&mut BytesMut::from(bytes))
}

#[test]
fn two_line_ends_between_messages_are_a_ping() {
    let message = Bytes::from(options().bytes());
    let stream = [
        b"\r\n\r\n",
        &message[..],
        b"\r\n",
        &message[..],
        b"\r\n\r\n\r\n\r\n",
    ]
    .concat();
    let whole = Frame::Message(message);
    assert_eq!(
        frames(&stream),
        Ok(vec![
            Frame::KeepAlive,
            whole.clone(),
            whole,
            Frame::KeepAlive,
            Frame::KeepAlive
        ])
    );
}

#[test]
fn a_ping_may_come_in_pieces_and_no_deadline_runs_between_messages() {
    let mut framer = Framer::new(Limits::default());
    let mut buffer = BytesMut::new();
    for piece in ["\r", "\n\r"] {
        buffer.extend_from_slice(piece.as_bytes());
        assert_eq!(framer.next(&mut buffer), Ok(None));
        assert!(!framer.waiting());
    }
    buffer.extend_from_slice(b"\nOPT");
    assert_eq!(framer.next(&mut buffer), Ok(Some(Frame::KeepAlive)));
    assert_eq!(framer.next(&mut buffer), Ok(None));
    assert!(framer.waiting());
}

#[test]
fn waiting_lasts_until_the_body_is_whole() {
    let bytes = options().body("text/plain", b"body").bytes();
    let mut framer = Framer::new(Limits::default());
    let mut buffer = BytesMut::from(&bytes[..bytes.len() - 1]);
    assert_eq!(framer.next(&mut buffer), Ok(None));
    assert!(framer.waiting());
    buffer.extend_from_slice(&bytes[bytes.len() - 1..]);
    assert_eq!(
        framer.next(&mut buffer),
        Ok(Some(Frame::Message(Bytes::from(bytes))))
    );
    assert!(!framer.waiting());
    assert!(buffer.is_empty());
}

#[test]
fn compact_and_folded_content_length_count() {
    for line in ["l: 4", "L:4", "Content-Length\t:\r\n  0004", "CONTENT-LENGTH: 4"] {
        let (name, value) = line.split_once(':').unwrap();
        let bytes = options()
            .body("text/plain", b"body")
            .and(name, value.trim_start_matches(' '))
            .unmeasured();
        assert!(first_frame(&bytes).is_some(), "{line}");
    }
}

#[test]
fn a_head_at_its_limit_passes_and_one_octet_more_does_not() {
    let bytes = options().bytes();
    let limits = |max_headers| Limits {
        max_headers,
        ..Limits::default()
    };
    assert!(cut(limits(bytes.len()), &bytes).unwrap().is_some());
    let error = cut(limits(bytes.len() - 1), &bytes).unwrap_err();
    assert!(matches!(error, FrameError::HeadersTooLarge(_)));
    assert_eq!(error.status(), 513);
    // The same without an end in sight.
    let endless = [
        b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h\r\nX: ",
        &b"x".repeat(1000)[..],
    ]
    .concat();
    assert_eq!(cut(limits(endless.len()), &endless), Ok(None));
    let error = cut(limits(endless.len() - 1), &endless).unwrap_err();
    assert_eq!(error.response(None).unwrap().status(), Some(513));
}

#[test]
fn a_message_at_its_limit_passes_and_one_octet_more_does_not() {
    let bytes = options().body("text/plain", &[b'x'; 500]).bytes();
    let limits = |max_message| Limits {
        max_message,
        ..Limits::default()
    };
    assert!(cut(limits(bytes.len()), &bytes).unwrap().is_some());
    let error = cut(limits(bytes.len() - 1), &bytes).unwrap_err();
    assert!(matches!(error, FrameError::MessageTooLarge(_)));
    assert_eq!(error.response(Some("t")).unwrap().status(), Some(413));
    // Known from the head alone: nothing of the body need arrive, and no number is too large.
    let huge = options().and("Content-Length", &"9".repeat(60)).unmeasured();
    assert!(matches!(
        cut(limits(4096), &huge),
        Err(FrameError::MessageTooLarge(_))
    ));
}

#[test]
fn a_header_count_at_its_limit_passes_and_one_more_does_not() {
    let bytes = options().and("A", "1").and("B", "2").bytes();
    let limits = |max_header_count| Limits {
        max_header_count,
        ..Limits::default()
    };
    assert!(cut(limits(9), &bytes).unwrap().is_some());
    assert!(matches!(
        cut(limits(8), &bytes),
        Err(FrameError::TooManyHeaders(_))
    ));
}

#[test]
fn the_default_limits_are_those_documented() {
    let limits = Limits::default();
    assert_eq!(
        (limits.max_message, limits.max_headers, limits.max_header_count),
        (1_048_576, 65_536, 256)
    );
}

#[test]
fn an_error_stays() {
    let mut framer = Framer::new(Limits::default());
    let mut buffer = BytesMut::from(&options().unmeasured()[..]);
    let error = framer.next(&mut buffer).unwrap_err();
    assert!(matches!(error, FrameError::NoContentLength(_)));
    buffer.clear();
    buffer.extend_from_slice(&options().bytes());
    assert_eq!(framer.next(&mut buffer), Err(error));
    assert!(!framer.waiting());
}

#[test]
fn what_is_no_sip_has_nobody_to_answer() {
    let error = frames(b"GET / HTTP/1.1\r\nHost: chat.test\r\n\r\n").unwrap_err();
    assert!(error.response(None).is_none());
    let error = frames(b"SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP h\r\n\r\n").unwrap_err();
    assert!(error.response(None).is_none());
}
