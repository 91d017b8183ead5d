//! What is read at a glance is what the whole parser reads.
use bytes::Bytes;
use causerie_sip::{
    ClientTransactions, Header, Message, Method, Outgoing, PlainOk, TransactionKey, check_response,
};
use proptest::prelude::*;

const PLAIN: &str = "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS chat.test:5061;branch=z9hG4bK7\r\n\
    From: <sip:room@chat.test>;tag=b2\r\nTo: \"I. \\\"<N>\" <sip:ines@lab.test>;epid=1;tag=a1\r\n\
    Call-ID: c-1\r\nCSeq: 42 INFO\r\nUser-Agent: x\r\nAuthorization: NTLM opaque=\"1\"\r\nContent-Length: 0\r\n\r\n";

/// Says that a message which is read at a glance is nothing else to the whole parser. Whether it was read.
fn agrees(raw: &[u8]) -> bool {
    let Some(ok) = PlainOk::read(raw) else {
        return false;
    };
    let Ok(Message::Response(response)) = Message::parse(Bytes::copy_from_slice(raw)) else {
        panic!("not a response");
    };
    let checked = check_response(&response).expect("a response that is dropped");
    assert_eq!((checked.status(), checked.vias), (200, 1));
    assert_eq!(checked.call_id, ok.call_id);
    assert_eq!(
        (checked.cseq.number, checked.cseq.method.as_str()),
        (ok.cseq, ok.method)
    );
    let authorizations: Vec<&str> = checked.headers().get_all(Header::Authorization).collect();
    assert_eq!(authorizations, Vec::from_iter(ok.authorization));
    assert_eq!(
        Message::Response(response.clone()).signature_fields(),
        ok.signature_fields()
    );
    assert!(response.body().is_empty());
    true
}

#[test]
fn a_plain_200_is_read() {
    assert!(agrees(PLAIN.as_bytes()));
    let ok = PlainOk::read(PLAIN.as_bytes()).unwrap();
    assert_eq!((ok.call_id, ok.cseq, ok.method), ("c-1", 42, "INFO"));
    assert_eq!(ok.authorization, Some("NTLM opaque=\"1\""));
    let fields = ok.signature_fields();
    assert_eq!((fields.from_uri, fields.from_tag), ("sip:room@chat.test", "b2"));
    assert_eq!((fields.to_uri, fields.to_tag), ("sip:ines@lab.test", "a1"));
    assert_eq!((fields.cseq, fields.status), ("42", Some(200)));
}

#[test]
fn whatever_is_unusual_is_left_to_the_parser() {
    for (usual, unusual) in [
        ("200 OK", "481 Gone"),
        ("200 OK", "200 Fine"),
        ("Via: SIP/2.0/TLS chat", "Via: SIP/2.0/TLS a, SIP/2.0/TLS chat"),
        ("chat.test:5061", "255.255.255.255"),
        ("Call-ID: c-1", "Call-ID: c 1"),
        ("Call-ID: c-1", "i: c-1"),
        ("Call-ID: c-1", "Call-ID: c-1\r\nCall-ID: c-2"),
        ("Call-ID: c-1", "Call-ID: \r\n c-1"),
        ("Call-ID: c-1", "Call-ID:  c-1"),
        ("CSeq: 42 INFO", "CSeq: 2147483648 INFO"),
        ("CSeq: 42 INFO", "CSeq: 42"),
        ("CSeq: 42 INFO\r\n", ""),
        ("User-Agent: x", "Expires: 7"),
        ("User-Agent: x", "P-Asserted-Identity: <sip:a@b>"),
        ("User-Agent: x", "Authorization: NTLM opaque=\"2\""),
        ("User-Agent: x", "User-Agent: x\n"),
        ("Content-Length: 0\r\n\r\n", "Content-Length: 1\r\n\r\nx"),
    ] {
        let text = PLAIN.replacen(usual, unusual, 1);
        assert_ne!(text, PLAIN);
        assert_eq!(PlainOk::read(text.as_bytes()), None, "{unusual}");
    }
}

#[test]
fn it_ends_its_transaction() {
    let mut table = ClientTransactions::new();
    for cseq in [41, 42] {
        let request = Outgoing::request(&Method::Info, "sip:ines@pc7.lab.test")
            .header(Header::CallId, "c-1")
            .header(Header::CSeq, &format!("{cseq} INFO"));
        table
            .insert(TransactionKey::of_outgoing(&request).unwrap(), cseq, 0)
            .unwrap();
    }
    let ok = PlainOk::read(PLAIN.as_bytes()).unwrap();
    for (usual, unusual) in [("c-1", "c-2"), ("INFO", "BYE"), ("42", "43")] {
        let other = PLAIN.replacen(usual, unusual, 1);
        assert_eq!(table.received(&PlainOk::read(other.as_bytes()).unwrap()), None);
    }
    assert_eq!(table.received(&ok), Some(42));
    assert_eq!(table.received(&ok), None);
}

fn line() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        8 => prop::sample::select(vec!["Via", "From", "To", "Call-ID", "CSeq", "Authorization", "User-Agent", "Contact"]),
        1 => prop::sample::select(vec!["via", "v", "f", "Expires", "Content-Length", "X y", "Supported", ""]),
    ];
    let value = prop_oneof![
        4 => prop::sample::select(vec![
            "SIP/2.0/TLS a;branch=z9hG4bK1", "<sip:a@b>;tag=c", "sip:a@b;tag=c", "c-1", "7 INFO", "NTLM opaque=\"1\"", "",
            "7", "07 INFO", "+7 INFO", "7  INFO", "\"<\" <sip:a@b>;tag = d", "a,b", " x", "x ", "x\r\n y", "\u{e9}",
        ]).prop_map(str::to_owned),
        1 => "[ -~\\t\r\n]{0,12}",
    ];
    let joint = prop_oneof![9 => Just(": "), 1 => prop::sample::select(vec![":", " : ", ":  ", ""])];
    (name, joint, value).prop_map(|(name, joint, value)| format!("{name}{joint}{value}\r\n"))
}

proptest! {
    #[test]
    fn the_parser_says_the_same(lines in prop::collection::vec(line(), 0..4), cut in 0_usize..8, place in 0_usize..8) {
        let mut all: Vec<String> = PLAIN.split_inclusive("\r\n").map(str::to_owned).collect();
        let end = all.len() - 2;
        if (1..end).contains(&cut) {
            all.remove(cut);
        }
        for added in lines {
            let place = place.clamp(1, all.len() - 2);
            all.insert(place, added);
        }
        agrees(all.concat().as_bytes());
    }

    #[test]
    fn the_parser_says_the_same_of_spoilt_ones(at in 0..PLAIN.len(), byte in any::<u8>()) {
        let mut raw = PLAIN.as_bytes().to_vec();
        raw[at] = byte;
        agrees(&raw);
    }
}
