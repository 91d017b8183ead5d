//! Every limit, at the last size that passes and the first that doesn't.

use causerie_xccos::{
    BlockError, Document, DocumentError, PrimitiveKind, XmlError,
    limits::{
        DEFAULT_MAX_DOCUMENT_BYTES, MAX_ARGUMENT_BYTES, MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS,
        MAX_EXTRA_ATTRIBUTE_BYTES, MAX_EXTRA_ATTRIBUTES, MAX_EXTRA_CHILDREN_BYTES, MAX_EXTRA_DEPTH,
        MAX_EXTRA_NAMESPACES, MAX_LIST_ITEMS, MAX_NAMESPACES, MAX_PRIMITIVES, MAX_RESULTS,
        MAX_START_TAG_BYTES,
    },
    uri::{MAX_DOMAIN_BYTES, RoomUri},
};

fn parse(content: &str) -> Result<Document, DocumentError> {
    let text = format!(r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="1">{content}</xccos>"#);
    Document::parse(text.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES)
}

fn refused(content: &str) -> XmlError {
    match parse(content) {
        Err(DocumentError::Xml(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn numbered(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect()
}

#[test]
fn size() {
    let text = r#"<xccos xmlns="urn:parlano:xml:ns:xccos"/>"#;
    Document::parse(text.as_bytes(), text.len()).unwrap();
    let too_large = XmlError::TooLarge {
        bytes: text.len(),
        limit: text.len() - 1,
    };
    assert_eq!(
        Document::parse(text.as_bytes(), text.len() - 1),
        Err(DocumentError::Xml(too_large))
    );
}

#[test]
fn depth() {
    let nested = |levels: usize| "<a>".repeat(levels) + &"</a>".repeat(levels);
    parse(&nested(MAX_DEPTH - 1)).unwrap();
    assert_eq!(refused(&nested(MAX_DEPTH)), XmlError::TooDeep);
}

#[test]
fn elements() {
    parse(&"<a/>".repeat(MAX_ELEMENTS - 1)).unwrap();
    assert_eq!(refused(&"<a/>".repeat(MAX_ELEMENTS)), XmlError::TooManyElements);
}

#[test]
fn attributes() {
    let element = |count| format!("<a{}/>", numbered(count, |n| format!(" a{n}=''")));
    parse(&element(MAX_ATTRIBUTES)).unwrap();
    assert_eq!(refused(&element(MAX_ATTRIBUTES + 1)), XmlError::TooManyAttributes);
}

#[test]
fn start_tag() {
    let element = |bytes: usize| format!("<a b='{}'/>", "x".repeat(bytes - "a b=''".len()));
    parse(&element(MAX_START_TAG_BYTES)).unwrap();
    assert_eq!(
        refused(&element(MAX_START_TAG_BYTES + 1)),
        XmlError::StartTagTooLong
    );
}

#[test]
fn namespaces() {
    // The root declares one.
    let outer = numbered(40, |n| format!(" xmlns:p{n}='u'"));
    let element = |count| {
        format!(
            "<a{outer}><b{}/></a>",
            numbered(count - 41, |n| format!(" xmlns:q{n}='u'"))
        )
    };
    parse(&element(MAX_NAMESPACES)).unwrap();
    assert_eq!(refused(&element(MAX_NAMESPACES + 1)), XmlError::TooManyNamespaces);
}

#[test]
fn primitives() {
    let commands = |count| "<cmd id='cmd:requri'/>".repeat(count);
    assert_eq!(
        parse(&commands(MAX_PRIMITIVES)).unwrap().primitives.len(),
        MAX_PRIMITIVES
    );
    assert_eq!(
        parse(&commands(MAX_PRIMITIVES + 1)),
        Err(DocumentError::TooManyPrimitives)
    );
}

fn post(attributes: &str, children: &str) -> PrimitiveKind {
    let post = format!("<grpchat chanUri='u'{attributes}><chat>x</chat>{children}</grpchat>");
    parse(&post).unwrap().primitives.remove(0).kind
}

fn assert_fits(kind: &PrimitiveKind) {
    assert!(matches!(kind, PrimitiveKind::Post(_)), "{kind:?}");
}

fn assert_too_much(kind: &PrimitiveKind, what: &'static str) {
    let reason = BlockError::Extra(what).to_string();
    assert_eq!(
        *kind,
        PrimitiveKind::Invalid {
            name: "grpchat".to_owned(),
            reason
        }
    );
}

#[test]
fn extra_attributes() {
    // A declaration and the attributes that need it.
    let attributes = |count| " xmlns:p='u'".to_owned() + &numbered(count - 1, |n| format!(" p:a{n}=''"));
    assert_fits(&post(&attributes(MAX_EXTRA_ATTRIBUTES), ""));
    assert_too_much(
        &post(&attributes(MAX_EXTRA_ATTRIBUTES + 1), ""),
        "too many attributes",
    );
}

#[test]
fn extra_attribute_bytes() {
    let attribute = |bytes: usize| format!(" b=\"{}\"", "x".repeat(bytes - " b=\"\"".len()));
    assert_fits(&post(&attribute(MAX_EXTRA_ATTRIBUTE_BYTES), ""));
    let too_long = "attributes that are too long";
    assert_too_much(&post(&attribute(MAX_EXTRA_ATTRIBUTE_BYTES + 1), ""), too_long);
    // What counts is the size when sent on, with everything escaped.
    let quotes = format!(" b='{}'", "\"".repeat(MAX_EXTRA_ATTRIBUTE_BYTES / 6));
    assert_too_much(&post(&quotes, ""), too_long);
}

#[test]
fn extra_depth() {
    let nested = |levels: usize| "<a>".repeat(levels) + &"</a>".repeat(levels);
    assert_fits(&post("", &nested(MAX_EXTRA_DEPTH)));
    assert_too_much(
        &post("", &nested(MAX_EXTRA_DEPTH + 1)),
        "elements that are nested too deep",
    );
}

#[test]
fn extra_namespaces() {
    let child = |count| {
        let declarations = numbered(count, |n| format!(" xmlns:p{n}='u{n}'"));
        format!("<a{declarations}{}/>", numbered(count, |n| format!(" p{n}:a=''")))
    };
    assert_fits(&post("", &child(MAX_EXTRA_NAMESPACES - 1)));
    assert_fits(&post("", &child(MAX_EXTRA_NAMESPACES)));
    let nested = format!("<z xmlns='v'>{}</z>", child(MAX_EXTRA_NAMESPACES));
    assert_too_much(&post("", &nested), "too many namespaces");
}

#[test]
fn extra_child_attributes() {
    // The declaration moves from the grpchat to the child and counts there.
    let child = |count| format!("<a{}/>", numbered(count - 1, |n| format!(" p:a{n}=''")));
    assert_fits(&post(" xmlns:p='u'", &child(MAX_ATTRIBUTES)));
    assert_too_much(
        &post(" xmlns:p='u'", &child(MAX_ATTRIBUTES + 1)),
        "an element with too many attributes",
    );
}

#[test]
fn extra_child_start_tag() {
    // Quotation marks need five bytes more when sent on.
    let child = |bytes: usize| format!("<a b='\"{}'/>", "x".repeat(bytes - "a b=\"&quot;\"".len()));
    assert_fits(&post("", &child(MAX_START_TAG_BYTES)));
    assert_too_much(
        &post("", &child(MAX_START_TAG_BYTES + 1)),
        "a start tag that is too long",
    );
}

#[test]
fn domain() {
    let guid = "a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9";
    RoomUri::new(&"d".repeat(MAX_DOMAIN_BYTES), guid).unwrap();
    RoomUri::new(&"d".repeat(MAX_DOMAIN_BYTES + 1), guid).unwrap_err();
}

#[test]
fn extra_children_bytes() {
    let child = |bytes: usize| format!("<a>{}</a>", "x".repeat(bytes - "<a></a>".len()));
    assert_fits(&post("", &child(MAX_EXTRA_CHILDREN_BYTES)));
    let too_long = "children that are too long";
    assert_too_much(&post("", &child(MAX_EXTRA_CHILDREN_BYTES + 1)), too_long);
    // One long namespace, repeated on each of many children, would make gigabytes.
    let namespace = format!(" xmlns:p='{}'", "u".repeat(60_000));
    assert_too_much(&post(&namespace, &"<p:a/>".repeat(60_000)), too_long);
}

fn command(name: &str, data: &str) -> Result<(), String> {
    let command = format!("<cmd id='cmd:{name}'><data>{data}</data></cmd>");
    match parse(&command).unwrap().primitives.remove(0).kind {
        PrimitiveKind::Command(_) => Ok(()),
        PrimitiveKind::Invalid { reason, .. } => Err(reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn arguments() {
    let room = "<chanib uri='u'/>";
    for (name, build, element) in [
        (
            "chansrch",
            (&|text: &str| format!("<qib criteria='{text}'/>")) as &dyn Fn(&str) -> String,
            "qib",
        ),
        (
            "bcbydate",
            &|text: &str| format!("{room}<bcq><text>{text}</text></bcq>"),
            "text",
        ),
        (
            "bcbydate",
            &|text: &str| format!("<chanib uri='{text}'/><bcq/>"),
            "chanib",
        ),
        (
            "getfutok",
            &|text: &str| format!("<ftdb channelUri='u' fileUrl='{text}'/>"),
            "ftdb",
        ),
        (
            "chancreate",
            &|text: &str| format!("<chanib parent='u' name='{text}'/>"),
            "chanib",
        ),
        (
            "addtorole",
            &|text: &str| format!("{room}<role type='MEMBER'><uib uri='{text}'/></role>"),
            "uib",
        ),
        ("findusers", &|text: &str| format!("<qib mail='{text}'/>"), "qib"),
    ] {
        let longest = "x".repeat(MAX_ARGUMENT_BYTES);
        assert_eq!(command(name, &build(&longest)), Ok(()), "{name}");
        let too_long = BlockError::TooLong(element.to_owned()).to_string();
        assert_eq!(command(name, &build(&(longest + "x"))), Err(too_long), "{name}");
    }
}

#[test]
fn lists() {
    let room = "<chanib uri='u'/>";
    for (name, build, element) in [
        (
            "addtorole",
            (&|count| {
                format!(
                    "{room}<role type='MEMBER'>{}</role>",
                    "<uib uri='u'/>".repeat(count)
                )
            }) as &dyn Fn(usize) -> String,
            "uib",
        ),
        (
            "chanmodify",
            &|count| {
                format!(
                    "{room}<role type='MEMBER'>{}</role>",
                    "<uib uri='u'/>".repeat(count)
                )
            },
            "uib",
        ),
        (
            "bcbymsg",
            &|count| format!("{}<bcq/>", room.repeat(count)),
            "chanib",
        ),
        ("bccontext", &|count| room.repeat(count), "chanib"),
        (
            "bcbymsg",
            &|count| format!("{room}<bcq>{}</bcq>", "<author uri='u'/>".repeat(count)),
            "author",
        ),
    ] {
        assert_eq!(command(name, &build(MAX_LIST_ITEMS)), Ok(()), "{name}");
        let too_many = BlockError::TooMany(element).to_string();
        assert_eq!(command(name, &build(MAX_LIST_ITEMS + 1)), Err(too_many), "{name}");
    }
}

#[test]
fn results() {
    let search = |count: u32| command("chansrch", &format!("<qib maxResults='{count}'/>"));
    assert_eq!(search(MAX_RESULTS), Ok(()));
    let error = search(MAX_RESULTS + 1).unwrap_err();
    assert!(error.contains("2147483648"), "{error}");
}
