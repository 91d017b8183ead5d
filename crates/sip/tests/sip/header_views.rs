//! Typed header values.
use bytes::Bytes;
use causerie_sip::headers::{AuthParams, CSeq, Contacts, ContentType, Event, NameAddr, Params, tokens};
use causerie_sip::{Header, Headers, Message};

use crate::draft::Draft;

fn headers(draft: &Draft) -> Headers {
    Message::parse(Bytes::from(draft.bytes()))
        .unwrap()
        .headers()
        .clone()
}

#[test]
fn the_contact_of_the_real_client() {
    // As pidgin-sipe 1.25 sends it.
    let value = "<sip:127.0.0.1:45188;transport=tls;ms-opaque=d3470f2e1d>;methods=\"INVITE, MESSAGE, INFO\";proxy=replace;\
                 +sip.instance=\"<urn:uuid:085E0BD8-031c-5a0d-8d9a-f149aae6954a>\"";
    let contact = NameAddr::parse(Header::Contact, value).unwrap();
    assert_eq!(
        contact.uri.as_str(),
        "sip:127.0.0.1:45188;transport=tls;ms-opaque=d3470f2e1d"
    );
    assert_eq!(contact.param("methods"), Some("INVITE, MESSAGE, INFO"));
    assert_eq!(
        contact.sip_instance(),
        Some("<urn:uuid:085E0BD8-031c-5a0d-8d9a-f149aae6954a>")
    );
    assert_eq!(contact.as_str(), value);
    let from = NameAddr::parse(Header::From, "<sip:ines@lab.test>;tag=17;epid=b34afb6ebb23").unwrap();
    assert_eq!((from.tag(), from.epid()), (Some("17"), Some("b34afb6ebb23")));
}

#[test]
fn an_address_is_one_address() {
    for value in [
        "",
        "x",
        "<sip:a@b",
        "sip:a@b>",
        "\"x\" sip:a@b",
        "<sip:a@b> x",
        "<sip:a@b>;",
        "<sip:a@b>, <sip:c@d>",
        "<sip:a@b>;x=\"",
        "a <b> <sip:a@b>",
        "*",
    ] {
        assert!(NameAddr::parse(Header::To, value).is_err(), "{value:?}");
    }
}

#[test]
fn several_contacts_on_several_lines() {
    let draft = Draft::new("REGISTER sip:lab.test SIP/2.0")
        .and("Contact", "\"a, <b>\" <sip:a@b>;q=0.1 , sip:c@d;expires=0")
        .and("m", "<sip:e@f>;gruu=\"sip:e@f;gruu\"");
    let contacts = Contacts::of(&headers(&draft)).unwrap();
    let users: Vec<_> = contacts
        .list()
        .iter()
        .filter_map(|contact| contact.uri.user())
        .collect();
    assert_eq!(users, ["a", "c", "e"]);
    assert_eq!(contacts.list()[1].param("expires"), Some("0"));
    assert_eq!(contacts.list()[1].as_str(), "sip:c@d;expires=0");
    assert_eq!(contacts.list()[2].gruu(), Some("sip:e@f;gruu"));
    let all = Draft::new("REGISTER sip:lab.test SIP/2.0").and("Contact", "*");
    assert_eq!(Contacts::of(&headers(&all)), Ok(Contacts::All));
    assert!(Contacts::of(&headers(&all.and("Contact", "<sip:a@b>"))).is_err());
}

#[test]
fn the_credentials_of_the_real_client() {
    let value = "NTLM qop=\"auth\", opaque=\"00000001\", realm=\"SIP Communications Service\", \
                 targetname=\"pool.lab.test\", gssapi-data=\"\", version=4, crand=\"0a\", cnum=\"1\"";
    let credentials = AuthParams::parse(Header::Authorization, value).unwrap();
    assert_eq!(credentials.scheme(), "NTLM");
    assert_eq!(credentials.get("realm"), Some("SIP Communications Service"));
    assert_eq!(credentials.get("gssapi-data"), Some(""));
    assert_eq!(credentials.get("Version"), Some("4"));
    assert_eq!(credentials.get("response"), None);
    for value in ["", "NTLM a", "NTLM a=\"", "NTLM a=b c=d", "NTLM =b", "\"x\" a=b"] {
        assert!(
            AuthParams::parse(Header::Authorization, value).is_err(),
            "{value:?}"
        );
    }
}

#[test]
fn a_cseq_is_a_number_and_a_method() {
    assert_eq!(CSeq::parse("2147483647 INFO").unwrap().number, 2_147_483_647);
    for value in [
        "",
        "1",
        "INFO",
        "INFO 1",
        "-1 INFO",
        "+1 INFO",
        "1 IN FO",
        "2147483648 INFO",
        "1 ",
    ] {
        assert!(CSeq::parse(value).is_err(), "{value:?}");
    }
}

#[test]
fn media_types_and_ranges() {
    let found = ContentType::parse("Text/HTML ; charset=\"utf-8\"").unwrap();
    assert!(found.matches("text/html") && !found.matches("text/plain"));
    assert_eq!(found.params.get("charset"), Some("utf-8"));
    let ranges = ContentType::parse_list("text/*;q=0.3, */*;q=0.1").unwrap();
    assert!(
        ranges[0].matches("text/plain") && !ranges[0].matches("image/png") && ranges[1].matches("image/png")
    );
    assert!(ContentType::parse("text").is_err() && ContentType::parse("text/plain, text/html").is_err());
}

#[test]
fn tokens_go_over_lines_and_commas() {
    let draft = Draft::new("REGISTER sip:lab.test SIP/2.0")
        .and("Supported", "gruu-10, ,adhoclist")
        .and("k", "x");
    let headers = headers(&draft);
    assert_eq!(
        tokens(&headers, Header::Supported).collect::<Vec<_>>(),
        ["gruu-10", "adhoclist", "x"]
    );
}

#[test]
fn an_event_has_a_package() {
    let event = Event::parse("vnd-microsoft-provisioning-v2;id=7").unwrap();
    assert_eq!(
        (event.package(), event.params.get("id")),
        ("vnd-microsoft-provisioning-v2", Some("7"))
    );
    assert!(Event::parse("").is_err() && Event::parse("a b").is_err());
}

#[test]
fn values_keep_their_folds_and_names_their_spelling() {
    let headers = headers(&Draft::new("OPTIONS sip:a@b SIP/2.0").and("suBJect", "one\r\n\ttwo"));
    let field = headers
        .iter()
        .find(|field| field.header == Some(Header::Subject))
        .unwrap();
    assert_eq!((field.name, field.value), ("suBJect", "one\r\n\ttwo"));
    assert_eq!(headers.get("s"), Some("one\r\n\ttwo"));
    assert_eq!(headers.count(Header::Subject), 1);
    assert_eq!(Params::default().get("x"), None);
}
