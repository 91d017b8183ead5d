//! The fast look agrees with the framer and the full parsers, or says that it doesn't know.

use super::*;
use bytes::{Bytes, BytesMut};
use causerie_sip::{Frame, Framer, Header, Limits, Message, Method, Outgoing};
use causerie_xccos::{ChatLine, Correlation, ServerDocument, ServerPrimitive, chat, limits, notice, reply};
use proptest::prelude::*;

fn message(lines: &[String], body: &str) -> Vec<u8> {
    let mut text = "INFO sip:u1@load.test SIP/2.0\r\n".to_owned();
    for line in lines {
        text.push_str(line);
        text.push_str("\r\n");
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    text.into_bytes()
}

/// A header line, sane or not.
fn line() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("Via"),
        Just("via"),
        Just("v"),
        Just("From"),
        Just("f"),
        Just("To"),
        Just("t"),
        Just("Call-ID"),
        Just("i"),
        Just("CSeq"),
        Just("Cseq "),
        Just("Contact"),
        Just("Content-Type"),
        Just("Authentication-Info"),
        Just("X-Other"),
    ];
    (
        name,
        "[ \t]{0,2}",
        "[a-zA-Z0-9<>:;=@\" /]{1,30}",
        prop::bool::weighted(0.05),
    )
        .prop_map(|(name, space, value, fold)| {
            format!("{name}:{space}{value}{}", if fold { "\r\n more" } else { "" })
        })
}

fn usual() -> Vec<String> {
    let lines = [
        "Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK1",
        "From: <sip:chat@load.test>;tag=1",
        "To: <sip:u1@load.test>;tag=2;epid=3",
        "Call-ID: abc",
        "CSeq: 7 INFO",
    ];
    lines.map(str::to_owned).to_vec()
}

proptest! {
    #[test]
    fn heads_are_read_as_the_parser_reads_them(
        extra in prop::collection::vec((0_usize..6, line()), 0..4),
        body in "[a-z<>\r\n]{0,40}",
        more in "[A-Z\r\n]{0,20}",
    ) {
        let mut lines = usual();
        for (place, line) in extra {
            lines.insert(place.min(lines.len()), line);
        }
        let raw = message(&lines, &body);
        let mut stream = raw.clone();
        stream.extend_from_slice(more.as_bytes());
        let framed = Framer::new(Limits::default()).next(&mut BytesMut::from(&*stream));
        match front(&stream) {
            Front::Message(head) => {
                prop_assert_eq!(framed, Ok(Some(Frame::Message(Bytes::from(raw.clone())))));
                prop_assert_eq!(head.total, raw.len());
                prop_assert_eq!(&raw[head.head..head.total], body.as_bytes());
                if !head.unusual {
                    let parsed = Message::parse(Bytes::from(raw));
                    prop_assert!(parsed.is_ok(), "{parsed:?}");
                    let parsed = parsed.unwrap();
                    let headers = parsed.headers();
                    for (header, line) in [
                        (Header::Via, head.via),
                        (Header::From, head.from),
                        (Header::To, head.to),
                        (Header::CallId, head.call_id),
                        (Header::CSeq, head.cseq),
                    ] {
                        let all: Vec<_> = headers.get_all(header).map(str::as_bytes).collect();
                        prop_assert_eq!(all, [value(line)]);
                    }
                    if let Some((number, method)) = head.cseq_parts() {
                        let fields = parsed.signature_fields();
                        prop_assert_eq!((number, method), (fields.cseq, fields.method));
                    }
                }
            }
            Front::More(_) => prop_assert!(!matches!(framed, Ok(Some(Frame::Message(_))))),
            Front::Broken => {}
            Front::Blank(_) => prop_assert!(false, "a message begins with no line end"),
        }
    }

    #[test]
    fn a_part_of_a_message_wants_more_and_no_more_than_there_is(cut in 1_usize..200) {
        let raw = message(&usual(), "body");
        prop_assume!(cut < raw.len());
        match front(&raw[..cut]) {
            Front::More(need) => prop_assert!(cut < need && need <= raw.len()),
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn anything_at_all_is_survived(stream: Vec<u8>) {
        let _ = front(&stream);
        let reader = Reader::new();
        let _ = reader.read(&stream);
        let _ = reader.reply(&stream);
    }

    #[test]
    fn chat_lines_are_read_as_the_parser_reads_them(
        author in "[a-zA-Z \"<>&=]{0,20}",
        text in "[a-zA-Z0-9: ]{1,80}",
        chat_id in 1_u64..1_000_000_000_000,
        guid: u128,
    ) {
        let guid = uuid::Uuid::from_u128(guid);
        let line = ChatLine {
            chan_uri: format!("ma-chan://load.test/{guid}").into(),
            author: "sip:u1@load.test".into(),
            author_display: Some(author.into()),
            chat_id: Some(chat_id),
            ts: "2026-01-01T00:00:00Z".into(),
            text: text.clone().into(),
            ..ChatLine::default()
        };
        let document = chat::grpchat("12", &line);
        let parsed = ServerDocument::parse(document.as_bytes(), limits::DEFAULT_MAX_DOCUMENT_BYTES).unwrap();
        prop_assert!(matches!(&parsed.primitives[..], [ServerPrimitive::Chat(_)]));
        let Document::Chat(found) = Reader::new().read(document.as_bytes()) else {
            return Err(TestCaseError::fail("no chat line was found"));
        };
        prop_assert_eq!(found.room, line.chan_uri.as_bytes());
        prop_assert_eq!(found.chat_id, chat_id);
        prop_assert_eq!(found.text, text.as_bytes());
    }
}

#[test]
fn a_message_built_here_is_usual() {
    let message = Outgoing::request(&Method::Info, "sip:u1@load.test")
        .header(Header::Via, "SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK1")
        .header(Header::From, "<sip:chat@load.test>;tag=1")
        .header(Header::To, "<sip:u1@load.test>;tag=2")
        .header(Header::CallId, "abc")
        .header(Header::CSeq, "9 INFO")
        .body("text/plain", Bytes::from_static(b"<xccos/>"))
        .to_bytes();
    let Front::Message(head) = front(&message) else {
        panic!("it is cut");
    };
    assert!(!head.unusual && head.is_info());
    assert_eq!(head.cseq_parts(), Some(("9", "INFO")));
    assert_eq!(head.status(), None);
}

#[test]
fn line_ends_between_messages_are_passed() {
    assert_eq!(front(b"\r\n\r\nINFO"), Front::Blank(4));
    assert_eq!(front(b""), Front::More(1));
}

#[test]
fn a_message_without_or_with_two_lengths_is_broken() {
    assert_eq!(front(b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n"), Front::Broken);
    assert_eq!(
        front(b"SIP/2.0 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"),
        Front::Broken
    );
}

#[test]
fn the_largest_message_is_taken_and_no_larger() {
    let of = |length: usize| {
        let head = |length: usize| format!("SIP/2.0 200 OK\r\nContent-Length: {length:09}\r\n\r\n");
        let head = head(length - head(0).len());
        match front(head.as_bytes()) {
            Front::More(need) => Some(need),
            _ => None,
        }
    };
    assert_eq!(of(MESSAGE_MAX), Some(MESSAGE_MAX));
    assert_eq!(of(MESSAGE_MAX + 1), None);
}

#[test]
fn replies_and_notices_are_told_apart() {
    let reader = Reader::new();
    let to = Correlation {
        envid: "5",
        request_envid: "77",
        request_seqid: "1",
    };
    let failed = reply::error("bjoin", &to, 403, "No.");
    assert_eq!(reader.read(failed.as_bytes()), Document::Reply);
    assert_eq!(reader.reply(failed.as_bytes()), Some((77, 403)));
    let told = notice::part(
        "6",
        "ma-chan://load.test/x",
        &causerie_xccos::blocks::UserBlock::new("sip:a@b"),
    );
    assert_eq!(reader.read(told.as_bytes()), Document::Notice);
    assert_eq!(reader.read(b"<xccos><what/></xccos>"), Document::Other);
}
