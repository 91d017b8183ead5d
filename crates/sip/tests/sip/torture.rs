//! One message of our own for each of RFC 4475, on the same ground, with the verdict of a front end.
use crate::common::{RULES, Verdict, verdict};
use crate::draft::Draft;
use bytes::Bytes;
use causerie_sip::headers::AuthParams;
use causerie_sip::{Frame, Header, Message, Scheme, check_request};

const SDP: &[u8] = b"v=0\r\no=- 0 0 IN IP4 192.0.2.7\r\ns=session\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=message 5061 sip null\r\n";

fn invite() -> Draft {
    Draft::new("INVITE sip:room@chat.test SIP/2.0")
        .and("Contact", "<sip:ines@pc7.lab.test:40001;transport=tcp>")
        .body("application/sdp", SDP)
}

fn options() -> Draft {
    Draft::new("OPTIONS sip:room@chat.test SIP/2.0")
}

fn register() -> Draft {
    Draft::new("REGISTER sip:lab.test SIP/2.0").with("To", "<sip:ines@lab.test>")
}

fn accepts(draft: &Draft) {
    accepts_octets(&draft.bytes());
}

fn accepts_octets(bytes: &[u8]) {
    assert_eq!(verdict(bytes), Verdict::Accept);
    assert_eq!(
        crate::common::frames(bytes),
        Ok(vec![Frame::Message(Bytes::copy_from_slice(bytes))])
    );
}

fn refuses(status: u16, draft: &Draft) {
    assert_eq!(verdict(&draft.bytes()), Verdict::Status(status));
    assert!(crate::common::first_frame(&draft.bytes()).is_some());
}

fn drops(draft: &Draft) {
    assert_eq!(verdict(&draft.bytes()), Verdict::Drop);
}

/// Refused, and the stream has to be closed.
fn breaks_the_stream(bytes: &[u8]) {
    assert_eq!(verdict(bytes), Verdict::Status(400));
    let error = crate::common::frames(bytes).unwrap_err();
    assert_eq!(error.response(None).unwrap().status(), Some(400));
}

fn checked(draft: &Draft) -> causerie_sip::CheckedRequest {
    let Ok(Message::Request(request)) = Message::parse(Bytes::from(draft.bytes())) else {
        panic!("not a request");
    };
    check_request(&request, &RULES).unwrap()
}

// §3.1.1: valid.

#[test]
fn s_3_1_1_1_folds_blanks_mixed_case_and_compact_names() {
    let text = "INVITE sip:room@chat.test;lounge SIP/2.0\n\
                tO :\n\t<sip:room@chat.test>  ;\n tag\t=  zz9\n\
                F   : \"Ines \\\\\\\"\"   <sip:ines@lab.test>\n  ;\n tag = a1\n\
                mAx-FoRwArDs:   0069\n\
                i:c-2@lab.test\n\
                cSEQ: 00012\n   INVITE\n\
                v  :  SIP /  2.0\n /tcp  pc7.lab.test : 40001 ;\n branch = z9hG4bKb1 ,\n SIP/2.0/ UDP 192.0.2.9\n\
                S:\n\
                X-Odd: ,;,;;\n\
                l   :  0\n\
                K: gruu-10 ,\n adhoclist\n\
                m:\"A \\\"b\\\"\" <sip:ines@pc7.lab.test> ; p =\n v ; flag ; q = 0.5\n\n";
    let bytes = crate::common::wire(text);
    accepts_octets(&bytes);
    let request = crate::common::request(text);
    assert_eq!((request.from_tag(), request.to_tag()), ("a1", "zz9"));
    assert_eq!(request.from.display(), r#"Ines \\\""#);
    assert_eq!(
        causerie_sip::headers::unescape_quoted(request.from.display()),
        r#"Ines \""#
    );
    assert_eq!((request.max_forwards, request.cseq.number), (Some(69), 12));
    assert_eq!(request.vias.len(), 2);
    assert_eq!(
        (request.vias[0].host(), request.vias[0].port()),
        ("pc7.lab.test", Some(40001))
    );
    assert_eq!(request.vias[0].branch(), Some("z9hG4bKb1"));
    assert_eq!(request.vias[1].transport(), "UDP");
    assert!(request.supports("adhoclist"));
    assert_eq!(request.contact().unwrap().param("p"), Some("v"));
    assert_eq!(request.headers().get(Header::Subject), Some(""));
}

#[test]
fn s_3_1_1_2_all_kinds_of_characters() {
    let line = "a-.!%*_+`'~9Z sip:-_.!~*'()&=+$,;?/:&=+$,x@chat.test SIP/2.0";
    let draft = Draft::new(line)
        .with("To", "\"\\\u{7}\\\0\\\u{7f}\" <sip:x@chat.test>")
        .with(
            "From",
            "a.b ~c' <sip:ines@lab.test>;x!~='y';z=\"Привет\";tag=~1'+`*%!-.",
        )
        .with("Call-ID", "w~%.!*+`'@)(><:\\/\"][?}{")
        .and("x-!.%*+_`'~", "\u{feff}高橋");
    accepts(&draft);
    let request = checked(&draft);
    assert_eq!(request.uri().user(), Some("-_.!~*'()&=+$,;?/"));
    assert_eq!(request.uri().password(), Some("&=+$,x"));
    assert_eq!(request.from_tag(), "~1'+`*%!-.");
    assert_eq!(request.from.param("z"), Some("Привет"));
}

#[test]
fn s_3_1_1_3_escapes() {
    let draft = invite().line("INVITE sip:sips%3Aines%40lab.test@chat.test SIP/2.0");
    accepts(&draft);
    let request = checked(&draft);
    assert_eq!(request.uri().scheme(), Scheme::Sip);
    assert_eq!(request.uri().user_octets().unwrap(), &b"sips:ines@lab.test"[..]);
    assert_eq!(request.uri().host(), "chat.test");
}

#[test]
fn s_3_1_1_4_escaped_nuls_do_not_cut() {
    let draft = register()
        .and("Contact", "<sip:%00@pc7.lab.test>")
        .and("m", "<sip:%00%00@pc7.lab.test>");
    accepts(&draft);
    let contacts = checked(&draft).contacts;
    let [one, two] = contacts.list() else {
        panic!("not two")
    };
    assert_eq!(
        (
            one.uri.user_octets().unwrap().len(),
            two.uri.user_octets().unwrap().len()
        ),
        (1, 2)
    );
    assert!(!one.uri.equivalent(&two.uri));
    assert_ne!(one.uri.user_at_host(), two.uri.user_at_host());
}

#[test]
fn s_3_1_1_5_percent_signs_that_escape_nothing() {
    let draft = Draft::new("SERV%49CE sip:room@chat.test SIP/2.0")
        .with("From", "\"%G%41\" <sip:ines@lab.test>;tag=a1")
        .and("C%6Fntact", "<sip:a@pc7.lab.test>");
    accepts(&draft);
    let request = checked(&draft);
    assert_eq!(request.method().as_str(), "SERV%49CE");
    assert!(request.contact().is_none());
}

#[test]
fn s_3_1_1_6_no_blank_before_the_bracket() {
    let draft = options().with("From", "ines<sip:ines@lab.test>;tag=a1");
    accepts(&draft);
    assert_eq!(checked(&draft).from.display(), "ines");
}

#[test]
fn s_3_1_1_7_long_values() {
    let long = "long".repeat(40);
    let mut draft = invite()
        .with(
            "From",
            &format!("\"{long}\" <sip:{long}@lab.test;{long}={long}>;tag={long};{long}={long}"),
        )
        .and(&long, &long);
    for hop in 0..60 {
        draft = draft.and("v", &format!("SIP/2.0/TCP p{hop}.lab.test;branch={long}"));
    }
    accepts(&draft);
    assert_eq!(checked(&draft).vias.len(), 61);
}

#[test]
fn s_3_1_1_8_octets_after_the_message() {
    let bytes = [register().bytes(), b"\r\n".to_vec(), invite().bytes()].concat();
    assert_eq!(verdict(&bytes), Verdict::Accept);
    assert_eq!(crate::common::frames(&bytes).unwrap().len(), 2);
}

#[test]
fn s_3_1_1_9_semicolons_in_the_user_part() {
    let draft = options().line("OPTIONS sip:room;floor=2%40chat@chat.test SIP/2.0");
    accepts(&draft);
    let uri = checked(&draft).uri().clone();
    assert_eq!(uri.user_octets().unwrap(), &b"room;floor=2@chat"[..]);
    assert_eq!(uri.params().count(), 0);
}

#[test]
fn s_3_1_1_10_any_transport() {
    let draft = options()
        .and("Via", "SIP/2.0/SCTP p2.lab.test, SIP/2.0/PIGEON p3.lab.test")
        .and("Via", "SIP/2.0/tls p4.lab.test");
    accepts(&draft);
    let request = checked(&draft);
    let transports: Vec<_> = request
        .vias
        .iter()
        .map(causerie_sip::headers::Via::transport)
        .collect();
    assert_eq!(transports, ["TCP", "SCTP", "PIGEON", "tls"]);
}

#[test]
fn s_3_1_1_11_binary_multipart() {
    let body = b"--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x\r\n\r\n\0\xff\r\n\r\nINVITE\r\n--x--";
    let draft = Draft::new("MESSAGE sip:ines@lab.test SIP/2.0").body("multipart/mixed;boundary=x", body);
    accepts(&draft);
    let request = checked(&draft);
    assert_eq!(request.body()[..], body[..]);
    assert_eq!(request.content_type.unwrap().params.get("boundary"), Some("x"));
}

#[test]
fn s_3_1_1_12_and_13_unusual_and_empty_reason_phrases() {
    for (line, reason) in [("SIP/2.0 200 = 高 ² до", "= 高 ² до"), ("SIP/2.0 180 ", "")] {
        let draft = Draft::response(line);
        accepts(&draft);
        let Ok(Message::Response(response)) = Message::parse(draft.bytes().into()) else {
            panic!("no response")
        };
        assert_eq!(response.reason(), reason);
    }
}

// §3.1.2: invalid.

#[test]
fn s_3_1_2_1_separators_without_anything_between() {
    refuses(400, &invite().with("Contact", "<sip:ines@pc7.lab.test>;;"));
    refuses(400, &invite().with("Via", "SIP/2.0/TCP pc7.lab.test;,;"));
    refuses(400, &invite().and("Via", ","));
}

#[test]
fn s_3_1_2_2_content_length_too_large() {
    let bytes = invite().and("Content-Length", "5000").unmeasured();
    assert_eq!(verdict(&bytes), Verdict::Status(400));
    // On a stream the rest may yet come: that is for the read deadline.
    assert_eq!(crate::common::frames(&bytes), Ok(vec![]));
}

#[test]
fn s_3_1_2_3_negative_content_length() {
    breaks_the_stream(&invite().and("Content-Length", "-1").unmeasured());
}

#[test]
fn s_3_1_2_4_scalars_out_of_range() {
    for (name, good, bad) in [
        ("CSeq", "2147483647 REGISTER", "2147483648 REGISTER"),
        ("Max-Forwards", "255", "256"),
        ("Expires", "4294967295", "4294967296"),
        (
            "Contact",
            "<sip:a@b.test>;expires=4294967295",
            "<sip:a@b.test>;expires=4294967296",
        ),
    ] {
        accepts(&register().with(name, good));
        refuses(400, &register().with(name, bad));
        refuses(400, &register().with(name, &bad.replace('4', &"9".repeat(80))));
    }
}

#[test]
fn s_3_1_2_5_response_with_scalars_out_of_range() {
    drops(&Draft::response("SIP/2.0 503 Busy").with("CSeq", "2147483648 OPTIONS"));
}

#[test]
fn s_3_1_2_6_unclosed_quote() {
    refuses(400, &invite().with("To", "\"The room <sip:room@chat.test>"));
    refuses(400, &invite().with("To", "\"The room\\\" <sip:room@chat.test>"));
}

#[test]
fn s_3_1_2_7_to_10_bad_request_lines() {
    for line in [
        "OPTIONS <sip:room@chat.test> SIP/2.0",
        "OPTIONS sip:room@chat.test; lr SIP/2.0",
        "OPTIONS  sip:room@chat.test SIP/2.0",
        "OPTIONS sip:room@chat.test  SIP/2.0",
        "OPTIONS sip:room@chat.test SIP/2.0 ",
        "OPTIONS sip:room@chat.test",
        "OPTIONS sip:room@chat.test HTTP/1.1",
        "OPTIONS sip:room@ SIP/2.0",
        "OPTIONS sip:room@chat.test:99999 SIP/2.0",
        "OPTIONS sip:ro%4om@chat.test SIP/2.0",
    ] {
        refuses(400, &options().line(line));
    }
}

#[test]
fn s_3_1_2_11_headers_in_the_request_uri() {
    refuses(
        400,
        &invite().line("INVITE sip:room@chat.test?Subject=hi SIP/2.0"),
    );
}

#[test]
fn s_3_1_2_12_a_date_that_is_not_gmt_is_no_date() {
    accepts(&invite().and("Date", "Mon, 02 Nov 2026 10:00:00 CET"));
}

#[test]
fn s_3_1_2_13_headers_in_a_uri_without_brackets() {
    refuses(
        400,
        &register().and("Contact", "sip:ines@pc7.lab.test?Route=%3Csip:p.test%3E"),
    );
}

#[test]
fn s_3_1_2_14_blanks_inside_brackets_pass() {
    let draft = options().with("To", "\"Room, the\" < sip:room@chat.test >");
    accepts(&draft);
    assert_eq!(checked(&draft).to.uri.as_str(), "sip:room@chat.test");
}

#[test]
fn s_3_1_2_15_a_display_name_that_needs_quotes() {
    refuses(400, &options().with("To", "Room, the <sip:room@chat.test>"));
}

#[test]
fn s_3_1_2_16_another_version() {
    refuses(505, &options().line("OPTIONS sip:room@chat.test SIP/3.0"));
}

#[test]
fn s_3_1_2_17_and_18_methods_that_differ() {
    refuses(400, &options().with("CSeq", "7 INVITE"));
    refuses(
        400,
        &Draft::new("CHATTER sip:room@chat.test SIP/2.0").with("CSeq", "7 INVITE"),
    );
    refuses(400, &options().with("CSeq", "7 options"));
}

#[test]
fn s_3_1_2_19_status_codes_out_of_range() {
    for code in ["99", "099", "700", "1000", "4294967496", "2 0", "+20"] {
        drops(&Draft::response(&format!("SIP/2.0 {code} what")));
    }
}

// §3.2 to §3.4.

#[test]
fn s_3_2_1_a_branch_of_nothing_but_the_cookie_passes() {
    accepts(&options().with("Via", "SIP/2.0/TCP pc7.lab.test;branch=z9hG4bK"));
    accepts(&options().with("Via", "SIP/2.0/tcp pc7.lab.test"));
}

#[test]
fn s_3_3_1_missing_headers() {
    for header in ["From", "To", "Call-ID", "CSeq"] {
        refuses(400, &invite().without(header));
    }
    accepts(&invite().without("Max-Forwards"));
    assert_eq!(verdict(&invite().without("Via").bytes()), Verdict::Unanswerable);
}

#[test]
fn s_3_3_2_and_3_schemes_that_are_not_ours() {
    for uri in [
        "unheardof:something",
        "http://lab.test/",
        "tel:+4930123",
        "mailto:ines@lab.test",
    ] {
        refuses(416, &options().line(&format!("OPTIONS {uri} SIP/2.0")));
    }
}

#[test]
fn s_3_3_4_unknown_schemes_in_headers_pass() {
    accepts(
        &register()
            .with("To", "urn:x:1")
            .with("From", "<https://lab.test>;tag=a")
            .and("Contact", "<x:y>"),
    );
}

#[test]
fn s_3_3_5_required_options() {
    let draft = options()
        .and("Require", "time-travel, ms-benotify")
        .and("Proxy-Require", "levitation");
    refuses(420, &draft);
    let Ok(Message::Request(request)) = Message::parse(draft.bytes().into()) else {
        panic!("no request")
    };
    let rejection = check_request(&request, &RULES).unwrap_err();
    assert_eq!(
        rejection.headers,
        [(Header::Unsupported, "time-travel, levitation".to_owned())]
    );
    accepts(&options().and("Proxy-Require", "ms-benotify"));
    accepts(&Draft::new("ACK sip:room@chat.test SIP/2.0").and("Require", "time-travel"));
}

#[test]
fn s_3_3_6_an_unknown_body() {
    refuses(
        415,
        &invite().without("Content-Type").body("application/x-novel", b"x"),
    );
    refuses(415, &invite().and("Content-Encoding", "gzip"));
    refuses(400, &invite().without("Content-Type"));
}

#[test]
fn s_3_3_7_unknown_credentials_are_for_the_authenticator() {
    let draft = register().and("Authorization", "Handshake firm=yes, eye-contact=\"steady\"");
    accepts(&draft);
    let value = checked(&draft).headers().text(Header::Authorization).unwrap();
    let credentials = AuthParams::parse(Header::Authorization, value).unwrap();
    assert_eq!(
        (credentials.scheme(), credentials.get("firm")),
        ("Handshake", Some("yes"))
    );
}

#[test]
fn s_3_3_8_single_headers_given_twice() {
    for (header, value) in [
        ("f", "<sip:ines@lab.test>;tag=a1"),
        ("t", "<sip:room@chat.test>"),
        ("i", "c-1@lab.test"),
        ("CSeq", "7 INVITE"),
        ("Max-Forwards", "70"),
        ("c", "application/sdp"),
        ("Contact", "<sip:ines@pc8.lab.test>"),
    ] {
        refuses(400, &invite().and(header, value));
    }
}

#[test]
fn s_3_3_9_two_content_lengths() {
    breaks_the_stream(&invite().and("Content-Length", "3").and("l", "9").unmeasured());
    breaks_the_stream(
        &invite()
            .and("Content-Length", "3")
            .and("Content-Length", "3")
            .unmeasured(),
    );
    breaks_the_stream(&invite().and("Content-Length", "3, 3").unmeasured());
}

#[test]
fn s_3_3_10_a_response_to_everybody() {
    drops(&Draft::response("SIP/2.0 200 OK").and("Via", "SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKx"));
}

#[test]
fn s_3_3_11_no_hops_left_is_enough_for_a_user_agent() {
    accepts(&options().with("Max-Forwards", "0"));
}

#[test]
fn s_3_3_12_to_14_where_contact_parameters_belong() {
    let bare = register().and("Contact", "sip:+4930@gw.lab.test;soft");
    let inside = register().and("Contact", "<sip:+4930@gw.lab.test;soft>");
    let escaped = register().and("m", "<sip:ines@lab.test?Route=%3Csip:p.test%3E>");
    for draft in [&bare, &inside, &escaped] {
        accepts(draft);
    }
    let contact = |draft: &Draft| checked(draft).contact().cloned().unwrap();
    assert_eq!(
        (contact(&bare).param("soft"), contact(&bare).uri.param("soft")),
        (Some(""), None)
    );
    assert_eq!(
        (contact(&inside).param("soft"), contact(&inside).uri.param("soft")),
        (None, Some(""))
    );
    assert_eq!(contact(&escaped).uri.headers(), Some("Route=%3Csip:p.test%3E"));
}

#[test]
fn s_3_3_15_nothing_acceptable() {
    refuses(406, &invite().and("Accept", "text/novel, image/*"));
    refuses(406, &invite().and("Accept", ""));
    accepts(
        &invite()
            .and("Accept", "text/novel")
            .and("Accept", "application/*;q=0.5"),
    );
    accepts(&options().and("Accept", "text/novel"));
}

#[test]
fn s_3_4_1_rfc_2543_passes_but_not_on_a_stream() {
    let draft = invite()
        .with("Via", "SIP/2.0/UDP pc7.lab.test")
        .with("From", "<sip:ines@lab.test>");
    accepts(&draft);
    assert_eq!(verdict(&draft.unmeasured()), Verdict::Accept);
    assert_eq!(
        crate::common::frames(&draft.unmeasured()).unwrap_err().status(),
        400
    );
}

// Beyond the RFC.

#[test]
fn lines_end_with_crlf_and_nothing_else() {
    refuses(400, &options().and("Subject", "a\nVia: SIP/2.0/TCP evil.test"));
    refuses(400, &options().and("Subject", "a\rb"));
    let no_colon = String::from_utf8(options().bytes())
        .unwrap()
        .replace("Max-Forwards: 70", "Max-Forwards 70");
    assert_eq!(verdict(no_colon.as_bytes()), Verdict::Status(400));
    let not_utf8 = [options().bytes(), b"\xff".to_vec()].concat();
    assert_eq!(
        verdict(&not_utf8),
        Verdict::Accept,
        "octets after the message are no part of it"
    );
    let mut in_header = options().and("Subject", "#").bytes();
    let place = in_header.iter().position(|byte| *byte == b'#').unwrap();
    in_header[place] = 0xff;
    assert_eq!(verdict(&in_header), Verdict::Status(400));
}

#[test]
fn what_must_not_be_answered_is_not() {
    let bad = [("To", "\"")];
    for (name, value) in bad {
        let ack = Draft::new("ACK sip:room@chat.test SIP/2.0").with(name, value);
        assert_eq!(verdict(&ack.bytes()), Verdict::Unanswerable);
        let benotify = Draft::new("BENOTIFY sip:room@chat.test SIP/2.0").with(name, value);
        assert_eq!(verdict(&benotify.bytes()), Verdict::Unanswerable);
    }
}
