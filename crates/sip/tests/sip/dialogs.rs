//! Dialogs of both sides.
use bytes::Bytes;
use causerie_sip::headers::CSEQ_MAX;
use causerie_sip::{
    CheckedRequest, Dialog, DialogError, DialogId, Header, Message, Method, Outgoing, Sequence,
};

use crate::common::{request, response};

const VIA: &str = "SIP/2.0/TLS chat.test:5061";

fn invite() -> String {
    "INVITE sip:room@chat.test SIP/2.0\nVia: SIP/2.0/tls pc7.lab.test\nMax-Forwards: 70\n\
     From: <sip:ines@lab.test>;tag=a1;epid=0f\nTo: sip:room@chat.test\nCall-ID: c-1\nCSeq: 1 INVITE\n\
     Record-Route: <sip:p2.test;lr>, <sip:p1.test;lr>\n\
     Contact: <sip:ines@lab.test;opaque=user:epid:x;gruu>\nContent-Length: 0\n\n"
        .to_owned()
}

fn within(method: &str, cseq: u32) -> CheckedRequest {
    request(&format!(
        "{method} sip:chat.test SIP/2.0\nVia: SIP/2.0/tls pc7.lab.test\nFrom: <sip:ines@lab.test>;tag=a1;epid=0f\n\
         To: <sip:room@chat.test>;tag=b2\nCall-ID: c-1\nCSeq: {cseq} {method}\n\
         Contact: <sip:new@pc7.lab.test>\nContent-Length: 0\n\n"
    ))
}

fn text(message: &Outgoing) -> String {
    String::from_utf8(message.to_bytes().to_vec())
        .unwrap()
        .replace('\r', "")
}

#[test]
fn the_called_side_sends_within_the_dialog() {
    let mut dialog = Dialog::uas(&request(&invite()), "b2").unwrap();
    let info = dialog
        .request(&Method::Info, VIA, "z9hG4bK1")
        .unwrap()
        .body("text/plain", Bytes::from_static(b"<x/>"));
    insta::assert_snapshot!(text(&info), @r#"
    INFO sip:ines@lab.test;opaque=user:epid:x;gruu SIP/2.0
    Via: SIP/2.0/TLS chat.test:5061;branch=z9hG4bK1
    Max-Forwards: 70
    From: <sip:room@chat.test>;tag=b2
    To: <sip:ines@lab.test>;tag=a1;epid=0f
    Call-ID: c-1
    CSeq: 1 INFO
    Route: <sip:p2.test;lr>
    Route: <sip:p1.test;lr>
    Content-Type: text/plain
    Content-Length: 4

    <x/>
    "#);
    let signed = info.signature_fields();
    assert_eq!((signed.call_id, signed.cseq, signed.method), ("c-1", "1", "INFO"));
    assert_eq!((signed.from_uri, signed.from_tag), ("sip:room@chat.test", "b2"));
    assert_eq!((signed.to_uri, signed.to_tag), ("sip:ines@lab.test", "a1"));
    assert_eq!(
        Message::parse(info.to_bytes()).unwrap().signature_fields(),
        signed
    );
    let bye = dialog.request(&Method::Bye, VIA, "z9hG4bK2").unwrap();
    assert_eq!(bye.signature_fields().cseq, "2");
    assert_eq!(dialog.local_cseq(), 2);
}

#[test]
fn the_calling_side_acknowledges_with_the_number_of_its_invite() {
    let answer = response(
        "SIP/2.0 200 OK\nVia: SIP/2.0/TLS pc7.lab.test\nFrom: <sip:ines@lab.test>;tag=a1\n\
         To: <sip:room@chat.test>;tag=b2\nCall-ID: c-1\nCSeq: 41 INVITE\nContact: <sip:chat.test:5061;ms-opaque=gc>\n\
         Record-Route: <sip:p2.test;lr>\nRecord-Route: <sip:p1.test;lr>\nContent-Length: 0\n\n",
    );
    let mut dialog = Dialog::uac(&answer).unwrap();
    insta::assert_snapshot!(text(&dialog.request(&Method::Ack, VIA, "z9hG4bK1").unwrap()), @r#"
    ACK sip:chat.test:5061;ms-opaque=gc SIP/2.0
    Via: SIP/2.0/TLS chat.test:5061;branch=z9hG4bK1
    Max-Forwards: 70
    From: <sip:ines@lab.test>;tag=a1
    To: <sip:room@chat.test>;tag=b2
    Call-ID: c-1
    CSeq: 41 ACK
    Route: <sip:p1.test;lr>
    Route: <sip:p2.test;lr>
    Content-Length: 0
    "#);
    let info = dialog.request(&Method::Info, VIA, "z9hG4bK2").unwrap();
    assert_eq!(info.signature_fields().cseq, "42");
    let id = DialogId {
        call_id: "c-1".into(),
        local_tag: "a1".into(),
        remote_tag: "b2".into(),
    };
    assert_eq!(dialog.id(), &id);
}

#[test]
fn requests_are_taken_in_order() {
    let mut dialog = Dialog::uas(&request(&invite()), "b2").unwrap();
    assert_eq!(dialog.receive(&within("ACK", 1)), Sequence::Next);
    assert_eq!(dialog.receive(&within("INFO", 2)), Sequence::Next);
    assert_eq!(dialog.receive(&within("INFO", 2)), Sequence::Repeated);
    assert_eq!(
        dialog.receive(&within("INFO", 9)),
        Sequence::Next,
        "gaps are allowed"
    );
    assert_eq!(dialog.receive(&within("INFO", 8)), Sequence::OutOfOrder);
    assert_eq!(
        dialog.receive(&within("BYE", 9)),
        Sequence::OutOfOrder,
        "another request with a used number"
    );
    assert_eq!(dialog.receive(&within("ACK", 1)), Sequence::Next);
    assert_eq!(dialog.receive(&within("ACK", 10)), Sequence::OutOfOrder);
    assert_eq!(dialog.receive(&within("BYE", 10)), Sequence::Next);
}

#[test]
fn the_first_request_from_the_called_side_may_have_any_number() {
    let answer = response(
        "SIP/2.0 200 OK\nVia: SIP/2.0/TLS pc7.lab.test\nFrom: <sip:room@chat.test>;tag=b2\n\
         To: <sip:ines@lab.test>;tag=a1\nCall-ID: c-1\nCSeq: 1 INVITE\nContact: <sip:x@y>\nContent-Length: 0\n\n",
    );
    let mut dialog = Dialog::uac(&answer).unwrap();
    assert!(dialog.matches(&within("INFO", 700)));
    assert_eq!(dialog.receive(&within("INFO", 700)), Sequence::Next);
    assert_eq!(dialog.receive(&within("INFO", 699)), Sequence::OutOfOrder);
}

#[test]
fn only_refreshing_requests_move_the_target() {
    let mut dialog = Dialog::uas(&request(&invite()), "b2").unwrap();
    assert_eq!(
        dialog.remote_target(),
        "sip:ines@lab.test;opaque=user:epid:x;gruu"
    );
    dialog.receive(&within("INFO", 2));
    assert_eq!(
        dialog.remote_target(),
        "sip:ines@lab.test;opaque=user:epid:x;gruu"
    );
    dialog.receive(&within("UPDATE", 3));
    assert_eq!(dialog.remote_target(), "sip:new@pc7.lab.test");
    dialog.receive(&request(&invite()));
    assert_eq!(
        dialog.remote_target(),
        "sip:new@pc7.lab.test",
        "not one out of order"
    );
}

#[test]
fn a_dialog_is_its_call_id_and_both_tags() {
    let dialog = Dialog::uas(&request(&invite()), "b2").unwrap();
    let info = within("INFO", 2);
    assert!(dialog.matches(&info));
    assert_eq!(DialogId::of_request(&info).as_ref(), Some(dialog.id()));
    assert!(!dialog.matches(&request(&invite())));
    for (from, to) in [("a1", "a2"), ("b2", "b3"), ("c-1", "c-2")] {
        let raw = String::from_utf8(info.request.raw().to_vec())
            .unwrap()
            .replace('\r', "")
            .replace(from, to);
        assert!(!dialog.matches(&request(&raw)), "{from}");
    }
}

#[test]
fn no_contact_no_dialog() {
    let without = invite().replace("Contact", "X-Contact");
    assert_eq!(
        Dialog::uas(&request(&without), "b2").unwrap_err(),
        DialogError::NoContact
    );
}

#[test]
fn a_strict_router_gets_the_request_and_the_target_becomes_the_last_route() {
    let strict = invite().replace("<sip:p2.test;lr>", "<sip:p2.test>");
    let mut dialog = Dialog::uas(&request(&strict), "b2").unwrap();
    let out = text(&dialog.request(&Method::Info, VIA, "z9hG4bK1").unwrap());
    assert!(out.starts_with("INFO sip:p2.test SIP/2.0\n"));
    let routes: Vec<_> = out.lines().filter(|line| line.starts_with("Route")).collect();
    assert_eq!(
        routes,
        [
            "Route: <sip:p1.test;lr>",
            "Route: <sip:ines@lab.test;opaque=user:epid:x;gruu>"
        ]
    );
}

#[test]
fn numbers_end() {
    let answer = response(&format!(
        "SIP/2.0 200 OK\nVia: SIP/2.0/TLS pc7.lab.test\nFrom: <sip:ines@lab.test>;tag=a1\n\
         To: <sip:room@chat.test>;tag=b2\nCall-ID: c-1\nCSeq: {} INVITE\nContact: <sip:x@y>\nContent-Length: 0\n\n",
        CSEQ_MAX - 1
    ));
    let mut dialog = Dialog::uac(&answer).unwrap();
    assert!(dialog.request(&Method::Info, VIA, "b").is_ok());
    assert_eq!(
        dialog.request(&Method::Info, VIA, "b").unwrap_err(),
        DialogError::Exhausted
    );
}

#[test]
fn a_subscription_is_a_dialog_too() {
    let mut dialog = Dialog::uas(&request(&invite().replace("INVITE", "SUBSCRIBE")), "b2").unwrap();
    let notify = dialog
        .request(&Method::Benotify, VIA, "z9hG4bK1")
        .unwrap()
        .header(Header::Event, "presence");
    assert!(text(&notify).contains("\nCSeq: 1 BENOTIFY\n"));
    assert_eq!(dialog.receive(&within("SUBSCRIBE", 2)), Sequence::Next);
}
