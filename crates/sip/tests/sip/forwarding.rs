//! Messages passed on.
use causerie_sip::{Header, Message, Outgoing};

use crate::common::wire;

fn text(message: &Outgoing) -> String {
    String::from_utf8(message.to_bytes().to_vec())
        .unwrap()
        .replace('\r', "")
}

#[test]
fn a_request_gets_a_via_and_loses_a_hop() {
    let raw = "MESSAGE sip:bo@lab.test SIP/2.0\n\
        v: SIP/2.0/tcp pc7.lab.test\n\
        Max-Forwards: 70\n\
        From: <sip:ines@lab.test>;tag=1\n\
        To: <sip:bo@lab.test>\n\
        i: c\n\
        CSeq: 1 MESSAGE\n\
        Authorization: NTLM response=\"secret\"\n\
        X-Own: a\n  b\n\
        c: text/plain\n\
        l: 2\n\nhi";
    let Ok(Message::Request(request)) = Message::parse(wire(raw)) else {
        panic!("no request")
    };
    let via = "SIP/2.0/TLS chat.test;branch=z9hG4bKf";
    let out = Outgoing::forward_request(&request, "sip:bo@pc9.lab.test", via, &[Header::Authorization]);
    insta::assert_snapshot!(text(&out), @r#"
    MESSAGE sip:bo@pc9.lab.test SIP/2.0
    Via: SIP/2.0/TLS chat.test;branch=z9hG4bKf
    Max-Forwards: 69
    Via: SIP/2.0/tcp pc7.lab.test
    From: <sip:ines@lab.test>;tag=1
    To: <sip:bo@lab.test>
    Call-ID: c
    CSeq: 1 MESSAGE
    X-Own: a
      b
    Content-Type: text/plain
    Content-Length: 2

    hi
    "#);
    let missing = raw.replace("Max-Forwards: 70\n", "");
    let Ok(Message::Request(request)) = Message::parse(wire(&missing)) else {
        panic!("no request")
    };
    assert!(
        text(&Outgoing::forward_request(&request, "sip:bo@x.test", via, &[]))
            .contains("\nMax-Forwards: 70\n")
    );
}

#[test]
fn a_response_loses_the_topmost_via_only() {
    let raw = "SIP/2.0 200 Fine\n\
        Via: SIP/2.0/TLS chat.test;branch=z9hG4bKf, SIP/2.0/tcp pc7.lab.test ,\n SIP/2.0/tcp p8\n\
        v: SIP/2.0/tcp p9\n\
        From: <sip:ines@lab.test>;tag=1\n\
        To: <sip:bo@lab.test>;tag=2\n\
        Call-ID: c\n\
        CSeq: 1 MESSAGE\n\
        Content-Length: 0\n\n";
    let Ok(Message::Response(response)) = Message::parse(wire(raw)) else {
        panic!("no response")
    };
    insta::assert_snapshot!(text(&Outgoing::forward_response(&response, &[]).unwrap()), @r#"
    SIP/2.0 200 Fine
    Via: SIP/2.0/tcp pc7.lab.test
    Via: SIP/2.0/tcp p8
    Via: SIP/2.0/tcp p9
    From: <sip:ines@lab.test>;tag=1
    To: <sip:bo@lab.test>;tag=2
    Call-ID: c
    CSeq: 1 MESSAGE
    Content-Length: 0
    "#);
    let bad = raw.replace("tcp p9", "tcp ;;");
    let Ok(Message::Response(response)) = Message::parse(wire(&bad)) else {
        panic!("no response")
    };
    assert!(Outgoing::forward_response(&response, &[]).is_err());
}
