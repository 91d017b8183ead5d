//! What several test files need.
use bytes::{Bytes, BytesMut};
use causerie_sip::{
    CheckedRequest, CheckedResponse, Frame, FrameError, Framer, Limits, Message, Method, Rules,
    check_request, check_response,
};

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It passes.
    Accept,
    /// A request, answered with this code.
    Status(u16),
    /// A bad request that has nobody to answer to.
    Unanswerable,
    /// A bad response.
    Drop,
}

/// A front end that takes and gives SDP in calls.
pub(crate) const RULES: Rules = Rules {
    options: &["ms-benotify"],
    body_types: |method| match method {
        Method::Invite => &["application/sdp"],
        _ => &[],
    },
    answer_types: |method| match method {
        Method::Invite => &["application/sdp"],
        _ => &[],
    },
};

/// Parses and checks; asserts that every answer can be sent and read.
pub(crate) fn verdict(bytes: &[u8]) -> Verdict {
    let is_response = bytes.starts_with(b"SIP/");
    let (status, response) = match Message::parse(Bytes::copy_from_slice(bytes)) {
        Err(_) if is_response => return Verdict::Drop,
        Err(error) => (error.status(), error.response(Some("t"))),
        Ok(Message::Response(response)) => {
            return if check_response(&response).is_ok() {
                Verdict::Accept
            } else {
                Verdict::Drop
            };
        }
        Ok(Message::Request(request)) => match check_request(&request, &RULES) {
            Ok(_) => return Verdict::Accept,
            Err(rejection) => (rejection.status, rejection.response(&request, Some("t"))),
        },
    };
    let Some(response) = response else {
        return Verdict::Unanswerable;
    };
    assert_eq!(response.status(), Some(status));
    assert!(matches!(
        Message::parse(response.to_bytes()),
        Ok(Message::Response(_))
    ));
    Verdict::Status(status)
}

/// All frames of a stream that arrives at once.
pub(crate) fn frames(bytes: &[u8]) -> Result<Vec<Frame>, FrameError> {
    let mut buffer = BytesMut::from(bytes);
    let mut framer = Framer::new(Limits::default());
    let mut frames = Vec::new();
    while let Some(frame) = framer.next(&mut buffer)? {
        frames.push(frame);
    }
    Ok(frames)
}

/// The first frame of a stream, if it can be had.
pub(crate) fn first_frame(bytes: &[u8]) -> Option<Frame> {
    Framer::new(Limits::default())
        .next(&mut BytesMut::from(bytes))
        .ok()
        .flatten()
}

/// A request written with plain line ends, checked.
pub(crate) fn request(text: &str) -> CheckedRequest {
    match Message::parse(wire(text)).unwrap() {
        Message::Request(request) => check_request(&request, &Rules::default()).unwrap(),
        Message::Response(_) => panic!("a response"),
    }
}

/// A response written with plain line ends, checked.
pub(crate) fn response(text: &str) -> CheckedResponse {
    match Message::parse(wire(text)).unwrap() {
        Message::Response(response) => check_response(&response).unwrap(),
        Message::Request(_) => panic!("a request"),
    }
}

/// Octets of a text with plain line ends.
pub(crate) fn wire(text: &str) -> Bytes {
    Bytes::from(text.replace('\n', "\r\n"))
}
