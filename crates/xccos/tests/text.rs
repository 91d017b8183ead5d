//! What people write, and what their clients send along, comes out as it went in.

use causerie_xccos::{
    ChatLine, Correlation, Document, Extra, Post, PrimitiveKind, ServerDocument, ServerPrimitive,
    blocks::RoomBlock,
    chat::{grpchat, write_grpchat},
    client,
    limits::DEFAULT_MAX_DOCUMENT_BYTES,
    reply,
};
use proptest::prelude::*;

const ROOM: &str = "ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9";

fn read_post(document: &str) -> Post {
    let document = Document::parse(document.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES).unwrap();
    match document.primitives.into_iter().next().unwrap().kind {
        PrimitiveKind::Post(post) => post,
        other => panic!("{other:?}"),
    }
}

fn read_chat(document: &str) -> ChatLine<'static> {
    let document = ServerDocument::parse(document.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES).unwrap();
    match document.primitives.into_iter().next().unwrap() {
        ServerPrimitive::Chat(line) => line,
        other => panic!("{other:?}"),
    }
}

fn line(post: &Post) -> ChatLine<'_> {
    ChatLine {
        chan_uri: post.chan_uri.as_str().into(),
        author: "sip:ann@fabrikam.example".into(),
        author_display: Some("Ann".into()),
        chat_id: Some(u64::MAX),
        ts: "2013-05-02T08:01:00.5210000Z".into(),
        text: post.text.as_str().into(),
        extra: post.extra.borrow(),
    }
}

/// Through the server, live and from history.
fn relay(post: &Post) {
    let sent = line(post);
    let got = read_chat(&grpchat("1", &sent));
    assert_eq!(got, sent);
    let to = Correlation {
        envid: "1",
        request_envid: "2",
        request_seqid: "1",
    };
    let room = RoomBlock {
        messages: vec![sent],
        ..RoomBlock::new(ROOM)
    };
    let history = reply::backchat(&to, std::slice::from_ref(&room));
    let history = ServerDocument::parse(history.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES).unwrap();
    let [ServerPrimitive::Reply(reply)] = history.primitives.as_slice() else {
        panic!("{history:?}")
    };
    assert_eq!(reply.data.rooms, [room]);
}

fn raw_post(root: &str, attributes: &str, content: &str) -> Post {
    read_post(&format!(
        r#"<xccos xmlns="urn:parlano:xml:ns:xccos" envid="1"{root}><grpchat id="grpchat" seqid="1" chanUri="{ROOM}"{attributes}>{content}</grpchat></xccos>"#
    ))
}

fn text_post(text: &str) -> Post {
    Post {
        chan_uri: ROOM.to_owned(),
        text: text.to_owned(),
        ..Post::default()
    }
}

#[test]
fn texts_survive() {
    for text in [
        "",
        " ",
        "\n",
        "\t x \r\n y\r",
        "a\r\nb\rc\nd",
        "<b>&amp;</b>",
        "]]>",
        "<![CDATA[x]]>",
        "'\"",
        "é😀\u{1F468}\u{200D}\u{1F469}",
        "&#13;",
        "\u{85}\u{2028}\u{FFFD}",
        "<!-- x --><?y?>",
    ] {
        let post = text_post(text);
        assert_eq!(read_post(&client::post("1", &post)), post, "{text:?}");
        relay(&post);
    }
}

#[test]
fn a_carriage_return_is_written_as_a_reference() {
    let document = client::post("1", &text_post("a\r\nb"));
    assert!(document.contains("<chat>a&#13;\nb</chat>"), "{document}");
}

#[test]
fn a_literal_line_break_is_normalised_as_xml_demands() {
    assert_eq!(
        raw_post("", "", "<chat>a\r\nb\rc&#13;&#10;d</chat>").text,
        "a\nb\nc\r\nd"
    );
}

#[test]
fn text_is_put_together() {
    let post = raw_post(
        "",
        "",
        "stray<chat>a&lt;<![CDATA[<b>&amp;\r\n]]>&#x63;<i>d</i>&apos;</chat>stray",
    );
    assert_eq!(post.text, "a<<b>&amp;\ncd'");
    assert!(post.extra.is_empty());
}

#[test]
fn what_xml_cannot_hold_is_replaced_when_written() {
    let document = client::post("1", &text_post("a\u{B}b\0c\u{FFFE}"));
    assert_eq!(read_post(&document).text, "a\u{FFFD}b\u{FFFD}c\u{FFFD}");
}

#[test]
fn the_servers_own_parts_are_not_relayed() {
    let post = raw_post(
        " xmlns:p='urn:p'",
        " author='sip:eve@x' authdisp='Bob' ts='t' chatId='1' CHATID='2' p:author='sip:eve@x' AuthDisp='x' alert='true'",
        "<chat>x</chat><p:chat>y</p:chat><Chat>z</Chat><rtf>r</rtf>",
    );
    assert_eq!(post.extra.attributes, r#" alert="true""#);
    assert_eq!(post.extra.children, "<rtf>r</rtf>");
}

#[test]
fn extras_stand_by_themselves() {
    let post = raw_post(
        " xmlns:p='urn:p&amp;q' xmlns:unused='urn:unused'",
        " xmlns:r='urn:r' r:mood='a&quot;&#10;b &lt;' plain='1'",
        "<chat>x</chat><rtf a='&#9;'>{\\rtf1 &amp;&#13;\r\n}</rtf><p:x r:y='z'><p:w/><v xmlns='urn:v'><u/></v></p:x>",
    );
    insta::assert_snapshot!(post.extra.attributes, @r#" xmlns:r="urn:r" r:mood="a&quot;&#10;b &lt;" plain="1""#);
    insta::assert_snapshot!(post.extra.children, @r#"
    <rtf a="&#9;">{\rtf1 &amp;&#13;
    }</rtf><p:x xmlns:p="urn:p&amp;q" xmlns:r="urn:r" r:y="z"><p:w/><v xmlns="urn:v"><u/></v></p:x>
    "#);
    relay(&post);
    assert_eq!(read_post(&client::post("1", &post)), post);
}

#[test]
fn a_document_with_prefixes_is_relayed_into_one_without() {
    let post = read_post(
        "<x:xccos xmlns:x='urn:parlano:xml:ns:xccos'><x:grpchat chanUri='u'><x:chat>t</x:chat><x:rtf/><none xml:space='preserve'/></x:grpchat></x:xccos>",
    );
    insta::assert_snapshot!(post.extra.children, @r#"<x:rtf xmlns:x="urn:parlano:xml:ns:xccos"/><none xmlns="" xml:space="preserve"/>"#);
    relay(&post);
}

#[test]
fn alerts_are_recognised() {
    let alert = |attributes| raw_post("", attributes, "<chat>x</chat>").extra.is_alert();
    assert!(alert(" alert='true'"));
    assert!(alert(" other='' alert='True'"));
    assert!(!alert(""));
    assert!(!alert(" alert='false'"));
    assert!(!alert(" x=' alert=\"true\"'"));
    assert!(Extra::alert().is_alert());
    let post = Post {
        extra: Extra::alert(),
        ..text_post("fire")
    };
    assert_eq!(read_post(&client::post("1", &post)), post);
    relay(&post);
}

#[test]
fn a_line_is_appended_to_the_callers_buffer() {
    let post = text_post("x");
    let mut out = "before".to_owned();
    write_grpchat(&mut out, "1", &line(&post));
    assert_eq!(out, "before".to_owned() + &grpchat("1", &line(&post)));
}

fn legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

fn legal_text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        '\r', '\n', '\t', ' ', '<', '>', '&', '"', '\'', ']', ';', '#',
    ]);
    let c = prop_oneof![special, any::<char>().prop_filter("legal", |&c| legal(c))];
    prop::collection::vec(c, 0..60).prop_map(|text| text.into_iter().collect())
}

fn escaped(text: &str) -> String {
    text.chars().map(|c| format!("&#{};", u32::from(c))).collect()
}

/// An element whose prefixes are declared on the root, on the grpchat, or on itself.
fn extra_element() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["rtf", "p:a", "q:b", "x"]);
    let attribute = prop::sample::select(vec!["", "a", "p:a", "q:a"]);
    let declaration = prop::sample::select(vec![
        "",
        "xmlns='urn:n'",
        "xmlns=''",
        "xmlns:p='urn:n'",
        "xmlns:q='urn:p'",
    ]);
    let tag = (name, attribute, declaration, legal_text().boxed());
    let build = |(name, attribute, declaration, text): (&str, &str, &str, String), content: &str| {
        let text = escaped(&text);
        let attribute = if attribute.is_empty() {
            String::new()
        } else {
            format!("{attribute}='{text}'")
        };
        format!("<{name} {attribute} {declaration}>{text}{content}</{name}>")
    };
    let leaf = tag.clone().prop_map(move |tag| build(tag, ""));
    leaf.prop_recursive(4, 12, 3, move |inner| {
        (tag.clone(), prop::collection::vec(inner, 0..3))
            .prop_map(move |(tag, content)| build(tag, &content.concat()))
    })
}

proptest! {
    #[test]
    fn any_legal_text_survives(text in legal_text()) {
        let post = text_post(&text);
        prop_assert_eq!(&read_post(&client::post("1", &post)), &post);
        relay(&post);
    }

    #[test]
    fn any_text_makes_a_readable_document(text in any::<String>()) {
        let expected: String = text.chars().map(|c| if legal(c) { c } else { '\u{FFFD}' }).collect();
        let post = Post { chan_uri: text.clone(), ..text_post(&text) };
        let read = read_post(&client::post(&text, &post));
        prop_assert_eq!(&read.text, &expected);
        prop_assert_eq!(&read.chan_uri, &expected);
    }

    #[test]
    fn any_extra_survives(
        value in legal_text(),
        attributes in prop::sample::select(vec!["", "a", "p:mood", "q:mood"]),
        children in prop::collection::vec(extra_element(), 0..3),
    ) {
        let attribute = if attributes.is_empty() { String::new() } else { format!(" {attributes}='{}'", escaped(&value)) };
        let content = format!("<chat>x</chat>{}", children.concat());
        let post = raw_post(" xmlns:p='urn:p'", &format!(" xmlns:q='urn:q'{attribute}"), &content);
        prop_assert_eq!(attributes.is_empty(), post.extra.attributes.is_empty());
        prop_assert_eq!(children.is_empty(), post.extra.children.is_empty());
        relay(&post);
        prop_assert_eq!(&read_post(&client::post("1", &post)), &post);
    }
}
