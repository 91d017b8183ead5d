//! URIs: parts, equality (RFC 3261 §19.1.4), addresses of record.
use causerie_sip::{Scheme, Uri};

fn uri(text: &str) -> Uri {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn the_parts_of_a_sip_uri() {
    let uri = uri("SIP:Ines%20B:pw@[2001:db8::1]:5061;transport=TLS;gruu;opaque=user:epid:a?Subject=x&y=z");
    assert_eq!(uri.scheme(), Scheme::Sip);
    assert_eq!((uri.user(), uri.password()), (Some("Ines%20B"), Some("pw")));
    assert_eq!((uri.host(), uri.port()), ("[2001:db8::1]", Some(5061)));
    assert_eq!(uri.param("Transport"), Some("TLS"));
    assert_eq!(uri.param("gruu"), Some(""));
    assert_eq!(uri.param("opaque"), Some("user:epid:a"));
    assert_eq!(uri.headers(), Some("Subject=x&y=z"));
    assert_eq!(
        uri.to_string(),
        "SIP:Ines%20B:pw@[2001:db8::1]:5061;transport=TLS;gruu;opaque=user:epid:a?Subject=x&y=z"
    );
}

#[test]
fn what_is_no_uri() {
    for text in [
        "",
        "sip",
        "sip:",
        ":a@b",
        "1x:a",
        "sip:@b",
        "sip:a@",
        "sip:a@b:",
        "sip:a@b:65536",
        "sip:a@b:x",
        "sip:a@b;",
        "sip:a@b;;c",
        "sip:a@b;=c",
        "sip:a@b c",
        "sip:a b@c",
        "<sip:a@b>",
        "sip:a@[::1",
        "sip:a@[x]",
        "sip:a@1.2.3.999",
        "sip:a%@b",
        "sip:a%2@b",
        "sip:%zz@b",
        "sip:é@b",
        "sip:a@b\0",
        "sip:a\r\n@b",
        "sip:a@b/c",
        "sip:a@b@c",
    ] {
        assert!(Uri::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn the_rfcs_equal_pairs_are_equal_both_ways() {
    for (one, two) in [
        (
            "sip:%61ines@chat.TEST;Transport=tcp",
            "sip:aines@Chat.test;transport=TCP",
        ),
        ("sip:ines@chat.test", "sip:ines@chat.test;newparam=5"),
        ("sip:ines@chat.test;a=1", "sip:ines@chat.test;b=2"),
        ("sip:chat.test?a=1&b=2", "sip:chat.test?B=2&A=1"),
        ("sip:a%2f@chat.test", "sip:a%2F@chat.test"),
        ("tel:+49-30-(123)", "tel:+4930123"),
        ("urn:x", "URN:x"),
    ] {
        assert!(uri(one).equivalent(&uri(two)), "{one} {two}");
        assert!(uri(two).equivalent(&uri(one)), "{two} {one}");
    }
}

#[test]
fn the_rfcs_unequal_pairs_are_unequal_both_ways() {
    for (one, two) in [
        ("sip:INES@chat.test", "sip:ines@chat.test"),
        ("sip:ines@chat.test", "sips:ines@chat.test"),
        ("sip:ines@chat.test", "sip:chat.test"),
        ("sip:ines@chat.test", "sip:ines@chat.test:5060"),
        ("sip:ines@chat.test", "sip:ines@chat.test;transport=udp"),
        ("sip:ines@chat.test", "sip:ines@chat.test;maddr=192.0.2.1"),
        ("sip:ines@chat.test", "sip:ines@chat.test;user=phone"),
        ("sip:ines@chat.test;a=1", "sip:ines@chat.test;a=2"),
        ("sip:ines@chat.test", "sip:ines@chat.test?Subject=x"),
        ("sip:ines:x@chat.test", "sip:ines@chat.test"),
        ("sip:a;b@chat.test", "sip:a%3Bb@chat.test"),
        ("sip:%00@chat.test", "sip:%00%00@chat.test"),
        ("sip:ines@192.0.2.1", "sip:ines@chat.test"),
    ] {
        assert!(!uri(one).equivalent(&uri(two)), "{one} {two}");
        assert!(!uri(two).equivalent(&uri(one)), "{two} {one}");
    }
}

#[test]
fn an_address_of_record_is_lower_case_and_never_ambiguous() {
    let address = |text| uri(text).user_at_host();
    assert_eq!(
        address("sip:%49nes@Chat.Test:5061;x=y").as_deref(),
        Some("ines@chat.test")
    );
    assert_eq!(address("sips:ines@chat.test").as_deref(), Some("ines@chat.test"));
    assert_eq!(
        address("sip:ines%40evil@chat.test").as_deref(),
        Some("ines%40evil@chat.test")
    );
    assert_eq!(
        address("sip:ines%00@chat.test").as_deref(),
        Some("ines%00@chat.test")
    );
    assert_eq!(address("sip:chat.test"), None);
    assert_eq!(address("tel:+4930"), None);
}
