//! What is sent.
use bytes::Bytes;
use causerie_sip::{Header, Message, Method, Outgoing, SignatureFields};

use crate::common::{request, wire};

const INVITE: &str = "INVITE sip:room@chat.test SIP/2.0\n\
    v: SIP/2.0/tls 192.0.2.7:40001\n\
    Record-Route: <sip:edge.test;lr>\n\
    f: \"Ines; <x>;tag=no\" <sip:ines@lab.test>;tag=a1;epid=0f\n\
    T: <sip:room@chat.test>\n\
    Call-ID: c-1\n\
    CSeq:  007\n\tINVITE\n\
    Contact: <sip:ines@pc7.lab.test>\n\
    Expires: 60\n\
    P-Asserted-Identity: <sip:ines@lab.test>, <tel:+4930>\n\
    Content-Length: 0\n\n";

fn text(message: &Outgoing) -> String {
    String::from_utf8(message.to_bytes().to_vec())
        .unwrap()
        .replace('\r', "")
}

#[test]
fn a_response_repeats_what_identifies_the_request() {
    let response = request(INVITE)
        .response(200, Some("b2"))
        .header(Header::Expires, "60")
        .body("text/plain", Bytes::from_static(b"hi"));
    insta::assert_snapshot!(text(&response), @r#"
    SIP/2.0 200 OK
    Via: SIP/2.0/tls 192.0.2.7:40001
    Record-Route: <sip:edge.test;lr>
    From: "Ines; <x>;tag=no" <sip:ines@lab.test>;tag=a1;epid=0f
    To: <sip:room@chat.test>;tag=b2
    Call-ID: c-1
    CSeq: 007
    	INVITE
    Expires: 60
    Content-Type: text/plain
    Content-Length: 2

    hi
    "#);
}

#[test]
fn a_provisional_or_failed_response_has_no_record_route() {
    let request = request(INVITE);
    insta::assert_snapshot!(text(&request.response(100, None)), @r#"
    SIP/2.0 100 Trying
    Via: SIP/2.0/tls 192.0.2.7:40001
    From: "Ines; <x>;tag=no" <sip:ines@lab.test>;tag=a1;epid=0f
    To: <sip:room@chat.test>
    Call-ID: c-1
    CSeq: 007
    	INVITE
    Content-Length: 0
    "#);
    assert!(!text(&request.response(486, None)).contains("Record-Route"));
}

#[test]
fn a_to_tag_that_is_there_is_kept() {
    let tagged = INVITE.replace("T: <sip:room@chat.test>", "T: <sip:room@chat.test>;tag=old");
    assert!(
        text(&request(&tagged).response(200, Some("new"))).contains("\nTo: <sip:room@chat.test>;tag=old\n")
    );
    let bare = INVITE.replace("T: <sip:room@chat.test>", "T: sip:room@chat.test");
    assert!(
        text(&request(&bare).response(200, Some("n\r\new"))).contains("\nTo: sip:room@chat.test;tag=new\n")
    );
}

#[test]
fn nothing_can_be_injected() {
    let evil = "a\r\nVia: x\0y\u{7f}\tz";
    let message = Outgoing::request(&Method::Info, "sip:a@b\r\nX: y")
        .header(Header::Subject, evil)
        .header("X-Any", evil)
        .header("Bad Name", "x")
        .header("", "x")
        .header("x\r\ny", "x")
        .header(Header::ContentLength, "9")
        .header("l", "9")
        .body("text/plain\r\nX: y", Bytes::from_static(b"hi"));
    insta::assert_snapshot!(text(&message), @r#"
    INFO sip:a@bX:y SIP/2.0
    Subject: a  Via: x y 	z
    X-Any: a  Via: x y 	z
    Content-Type: text/plain  X: y
    Content-Length: 2

    hi
    "#);
}

#[test]
fn compact_names_become_long_ones() {
    assert!(text(&Outgoing::request(&Method::Info, "sip:a@b").header("i", "c")).contains("\nCall-ID: c\n"));
}

#[test]
fn the_signed_fields_are_the_same_before_and_after_the_wire() {
    let response = request(INVITE)
        .response(200, Some("b2"))
        .header(Header::Expires, "7200")
        .header(Header::Expires, "second")
        .header(Header::PPreferredIdentity, "<tel:+1>")
        .header(Header::PAssertedIdentity, "\"x, \\\" <sip:no@b>\" <sips:a@b>")
        .header(Header::PAssertedIdentity, "<tel:+2>");
    let expected = SignatureFields {
        call_id: "c-1",
        cseq: "007",
        method: "INVITE",
        from_uri: "sip:ines@lab.test",
        from_tag: "a1",
        to_uri: "sip:room@chat.test",
        to_tag: "b2",
        p_asserted_sip: "sips:a@b",
        p_asserted_tel: "tel:+2",
        expires: "7200",
        status: Some(200),
    };
    assert_eq!(response.signature_fields(), expected);
    assert_eq!(
        Message::parse(response.to_bytes()).unwrap().signature_fields(),
        expected
    );
    let received = Message::parse(wire(INVITE)).unwrap();
    let fields = received.signature_fields();
    assert_eq!((fields.expires, fields.to_tag, fields.status), ("60", "", None));
    assert_eq!(
        (fields.p_asserted_sip, fields.p_asserted_tel),
        ("sip:ines@lab.test", "tel:+4930")
    );
    assert_eq!(response.method(), "INVITE");
}

#[test]
fn a_request_is_built_in_the_order_given() {
    let register = Outgoing::request(&Method::Register, "sip:lab.test")
        .header(Header::Via, "SIP/2.0/TLS pc7.lab.test;branch=z9hG4bKx")
        .header(Header::From, "<sip:ines@lab.test>;tag=1")
        .header(Header::To, "<sip:ines@lab.test>")
        .header(Header::CallId, "c")
        .header(Header::CSeq, "1 REGISTER");
    assert!(matches!(
        Message::parse(register.to_bytes()),
        Ok(Message::Request(_))
    ));
    assert_eq!((register.method(), register.status()), ("REGISTER", None));
    assert_eq!(register.signature_fields().from_uri, "sip:ines@lab.test");
}
