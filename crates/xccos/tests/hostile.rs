//! What isn't acceptable is refused with a reason, and nothing makes the parsers panic.

mod samples;

use causerie_xccos::{
    Document, DocumentError, ServerDocument, XmlError, client, limits::DEFAULT_MAX_DOCUMENT_BYTES,
};
use proptest::prelude::*;

fn refusal(body: &[u8]) -> DocumentError {
    let error = Document::parse(body, DEFAULT_MAX_DOCUMENT_BYTES).expect_err("accepted");
    assert_eq!(
        ServerDocument::parse(body, DEFAULT_MAX_DOCUMENT_BYTES).expect_err("accepted"),
        error
    );
    error
}

fn xml_refusal(body: &str) -> XmlError {
    match refusal(body.as_bytes()) {
        DocumentError::Xml(error) => error,
        other => panic!("{other}"),
    }
}

fn within(content: &str) -> String {
    format!(r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="1">{content}</xccos>"#)
}

#[test]
fn document_types_and_their_entities() {
    let laughs = r#"<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>"#.to_owned() + &within("&b;");
    assert_eq!(xml_refusal(&laughs), XmlError::DocumentType);
    assert_eq!(
        xml_refusal("<!DOCTYPE xccos SYSTEM 'file:///etc/passwd'><xccos/>"),
        XmlError::DocumentType
    );
    assert_eq!(
        xml_refusal(&within("&b;")),
        XmlError::UnknownEntity("b".to_owned())
    );
    assert_eq!(
        xml_refusal(&within("<a b='&nbsp;'/>")),
        XmlError::UnknownEntity("nbsp".to_owned())
    );
}

#[test]
fn comments_and_processing_instructions() {
    assert_eq!(xml_refusal(&within("<!-- x -->")), XmlError::Comment);
    assert_eq!(xml_refusal(&within("<?php x?>")), XmlError::ProcessingInstruction);
    assert_eq!(
        xml_refusal(&("<?xml-stylesheet x?>".to_owned() + &within(""))),
        XmlError::ProcessingInstruction
    );
    assert_eq!(
        xml_refusal(&within("<?xml version='1.0'?>")),
        XmlError::ProcessingInstruction
    );
    assert_eq!(
        xml_refusal(&(" <?xml version='1.0'?>".to_owned() + &within(""))),
        XmlError::ProcessingInstruction
    );
}

#[test]
fn other_encodings() {
    assert_eq!(
        refusal(b"<xccos a='\xE9'/>"),
        DocumentError::Xml(XmlError::NotUtf8(10))
    );
    assert_eq!(
        refusal(b"\xFF\xFE<\0x\0"),
        DocumentError::Xml(XmlError::NotUtf8(0))
    );
    assert_eq!(
        xml_refusal(&format!("\u{FEFF}{}", within(""))),
        XmlError::Encoding
    );
    for declaration in ["version='1.0' encoding='ISO-8859-1'", "version='1.1'"] {
        assert_eq!(
            xml_refusal(&format!("<?xml {declaration}?>{}", within(""))),
            XmlError::Encoding
        );
    }
    let fine = format!(
        "<?xml version='1.0' encoding='utf-8' standalone='yes'?>{}",
        within("")
    );
    Document::parse(fine.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES).unwrap();
}

#[test]
fn characters_that_xml_does_not_know() {
    for (text, code) in [
        ("\0", 0),
        ("\u{B}", 0xB),
        ("\u{1F}", 0x1F),
        ("\u{FFFE}", 0xFFFE),
        ("&#xFFFF;", 0xFFFF),
        ("&#11;", 11),
        ("<a b='&#8;'/>", 8),
    ] {
        assert_eq!(
            xml_refusal(&within(text)),
            XmlError::IllegalCharacter(code),
            "{text:?}"
        );
    }
    for text in [
        "&#0;",
        "&#xD800;",
        "&#x110000;",
        "&#-1;",
        "&#;",
        "&#99999999999;",
        "<a b='&#0;'/>",
    ] {
        assert!(
            matches!(xml_refusal(&within(text)), XmlError::Malformed(_)),
            "{text}"
        );
    }
    for text in [
        "\t\r\n \u{7F}\u{85}\u{2028}\u{FFFD}\u{10FFFF}",
        "&#x9;&#10;&#13;&#x10FFFF;",
    ] {
        Document::parse(within(text).as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES).unwrap();
    }
}

#[test]
fn not_exactly_one_element() {
    for text in ["", " \n", "text", "x<xccos/>", "<![CDATA[x]]>", "&amp;"] {
        assert_eq!(xml_refusal(text), XmlError::NotOneElement, "{text}");
    }
    for after in ["<xccos/>", "x", "&#32;", "<![CDATA[]]>"] {
        assert_eq!(
            xml_refusal(&(within("") + after)),
            XmlError::NotOneElement,
            "{after}"
        );
    }
}

#[test]
fn documents_that_end_early() {
    let whole = within(r#"<cmd id="cmd:requri" seqid="1"><data>&lt;</data></cmd>"#);
    for end in 1..whole.len() {
        refusal(&whole.as_bytes()[..end]);
    }
    assert_eq!(xml_refusal("<xccos><cmd>"), XmlError::Truncated("cmd".to_owned()));
}

#[test]
fn what_is_not_well_formed() {
    for text in [
        "<a>",
        "</a>",
        "<a></b>",
        "<a b/>",
        "<a b=c/>",
        "<a b='<'/>",
        "<a b='1' b='2'/>",
        "]]>",
        "<",
        "&",
        "&amp",
        "<a b='&'/>",
        "<![CDATA[",
        "<!ELEMENT a>",
    ] {
        refusal(within(text).as_bytes());
    }
}

#[test]
fn names_and_namespaces() {
    for name in ["1a", "a:b:c", ":a", "a:", "a(b", "a&b", "-a", "\u{d7}"] {
        assert_eq!(
            xml_refusal(&within(&format!("<{name}/>"))),
            XmlError::Name(name.to_owned()),
            "{name}"
        );
    }
    assert_eq!(
        xml_refusal(&within("<a 1b='' />")),
        XmlError::Name("1b".to_owned())
    );
    for text in [
        "<p:a/>",
        "<a p:b=''/>",
        "<xmlns:a/>",
        "<a xmlns:p=''/>",
        "<a xmlns:xmlns='u'/>",
        "<a xmlns:xml='u'/>",
        "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>",
        "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
    ] {
        assert!(
            matches!(xml_refusal(&within(text)), XmlError::Prefix(_)),
            "{text}"
        );
    }
    assert_eq!(
        xml_refusal(&within("<a xmlns:p='u' xmlns:q='u' p:x='' q:x=''/>")),
        XmlError::DuplicateAttribute("q:x".to_owned())
    );
}

#[test]
fn another_root_or_namespace() {
    for root in [
        "<xccos/>",
        "<xccos xmlns='urn:parlano:xml:ns:XCCOS'/>",
        "<other xmlns='urn:parlano:xml:ns:xccos'/>",
        "<xccos xmlns='' xmlns:p='urn:parlano:xml:ns:xccos'/>",
        "<XCCOS xmlns='urn:parlano:xml:ns:xccos'/>",
    ] {
        assert!(
            matches!(refusal(root.as_bytes()), DocumentError::Root(_)),
            "{root}"
        );
    }
}

#[test]
fn primitives_of_another_namespace_are_ignored() {
    let text = within(r#"<cmd xmlns="urn:else" id="cmd:requri"/><p:grpchat xmlns:p="urn:else"/>"#);
    assert_eq!(
        Document::parse(text.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES)
            .unwrap()
            .primitives,
        []
    );
}

#[test]
fn depth_and_width_end_early() {
    assert_eq!(xml_refusal(&"<a>".repeat(100_000)), XmlError::TooDeep);
    let attributes: String = (0..10_000).map(|n| format!(" a{n}=''")).collect();
    assert_eq!(
        xml_refusal(&within(&format!("<a{attributes}/>"))),
        XmlError::StartTagTooLong
    );
    let attributes: String = (0..1_000).map(|n| format!(" a{n}=''")).collect();
    assert_eq!(
        xml_refusal(&within(&format!("<a{attributes}/>"))),
        XmlError::TooManyAttributes
    );
}

const SAMPLE: &str = concat!(
    r#"<?xml version="1.0"?><xccos xmlns="urn:parlano:xml:ns:xccos" xmlns:q="urn:q" ver="1" envid="1">"#,
    r#"<cmd id="cmd:bjoin" seqid="1"><data><chanid key="0" domain="d.example" value="x"/></data></cmd>"#,
    r#"<grpchat id="grpchat" seqid="2" chanUri="ma-chan://d/x" author="sip:a@d" ts="t" alert="true" q:a="1">"#,
    r#"<chat>a &amp; &#x41; <![CDATA[<b>]]></chat><rtf q:b='2'><q:c xmlns=""><d/></q:c></rtf></grpchat>"#,
    r#"<rpl id="rpl:join"><commandid seqid="1" envid="1"/><resp code="200">SUCCESS_OK</resp><data><uib id="0" "#,
    r#"uri="sip:a@d"/><chanib uri="u"><aib key="3" value="0,1"/><info id="urn:parlano:ma:info:ucnt">2</info>"#,
    r#"</chanib><fib key="k" domain="d" value="v"/></data></rpl></xccos>"#,
);

#[test]
fn the_sample_is_fine() {
    assert_eq!(
        Document::parse(SAMPLE.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES)
            .unwrap()
            .primitives
            .len(),
        2
    );
    assert_eq!(
        ServerDocument::parse(SAMPLE.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES)
            .unwrap()
            .primitives
            .len(),
        2
    );
}

fn parse_both(body: &[u8]) {
    let _ = Document::parse(body, DEFAULT_MAX_DOCUMENT_BYTES);
    let _ = ServerDocument::parse(body, DEFAULT_MAX_DOCUMENT_BYTES);
}

const TOKENS: [&str; 22] = [
    "<", ">", "/", "&", ";", "#", "x", ":", "!", "?", "[", "]", "-", "'", "\"", "=", " ", "xccos", "xmlns",
    "cmd", "CDATA", "é",
];

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        parse_both(&body);
    }

    #[test]
    fn arbitrary_markup_does_not_panic(tokens in prop::collection::vec(prop::sample::select(&TOKENS[..]), 0..60)) {
        let body = tokens.concat();
        parse_both(body.as_bytes());
        parse_both(within(&body).as_bytes());
    }

    #[test]
    fn mutated_documents_do_not_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8, any::<u8>()), 1..8),
    ) {
        let mut body = SAMPLE.as_bytes().to_vec();
        for (place, action, byte) in edits {
            let at = place.index(body.len());
            match action {
                0 => body[at] = byte,
                1 => body.insert(at, b"<>/&;'\"=: x!?[]-"[usize::from(byte) % 16]),
                _ => drop(body.remove(at)),
            }
        }
        parse_both(&body);
    }

    #[test]
    fn mutated_commands_do_not_panic(
        command in prop::sample::select(samples::commands()),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<u8>()), 1..8),
    ) {
        let mut body = client::command("7", &command).into_bytes();
        for (place, action, byte) in edits {
            let at = place.index(body.len());
            match action {
                0 => body[at] = byte,
                1 => body.insert(at, b"<>/&;'\"=: x!?[]-"[usize::from(byte) % 16]),
                // Most digits and letters stand in values.
                2 => body[at] = b"0123456789abcdefMANAGER-"[usize::from(byte) % 24],
                _ => drop(body.remove(at)),
            }
        }
        parse_both(&body);
    }
}
