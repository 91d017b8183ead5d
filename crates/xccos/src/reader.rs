//! Restricted XML to a small tree.
//!
//! quick-xml cuts the bytes into events; this module adds what it leaves out on purpose (legal names and characters,
//! namespaces that are declared, one root) and refuses what XCCOS has no use for. It must be strict: what it accepts in a
//! post is sent on to every participant, whose parser may be strict.

use std::{borrow::Cow, rc::Rc, str::FromStr};

use quick_xml::{
    Reader, XmlVersion,
    errors::{Error as QuickError, IllFormedError},
    escape::EscapeError,
    events::{BytesDecl, BytesRef, BytesStart, Event, attributes::AttrError},
};

use crate::{
    error::{BlockError, XmlError},
    limits::{MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_NAMESPACES, MAX_START_TAG_BYTES},
    names::NAMESPACE,
    writer::is_xml_char,
};

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// A namespace declaration and those round it.
#[derive(Debug)]
pub(crate) struct Binding {
    prefix: String,
    uri: String,
    outer: Scope,
    count: usize,
}

type Scope = Option<Rc<Binding>>;

/// The namespace that a prefix stands for; the empty prefix is the default namespace.
fn resolve<'a>(scope: &'a Scope, prefix: &str) -> Option<&'a str> {
    let mut scope = scope.as_ref();
    while let Some(binding) = scope {
        if binding.prefix == prefix {
            return Some(&binding.uri);
        }
        scope = binding.outer.as_ref();
    }
    match prefix {
        "" => Some(""),
        "xml" => Some(XML_NAMESPACE),
        _ => None,
    }
}

/// Splits a qualified name into prefix (or nothing) and local name.
pub(crate) fn split_name(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

/// What stands between the tags of an element.
#[derive(Debug)]
pub(crate) enum Node {
    Element(Element),
    Text(String),
}

/// An element, with names as written and values unescaped.
#[derive(Debug)]
pub(crate) struct Element {
    /// Qualified name.
    pub(crate) name: String,
    /// Qualified names and values, without namespace declarations.
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Node>,
    scope: Scope,
}

impl Element {
    /// What stands for an element that isn't there.
    pub(crate) fn empty(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            attributes: Vec::new(),
            children: Vec::new(),
            scope: None,
        }
    }

    /// The namespace that a prefix stands for here.
    pub(crate) fn namespace(&self, prefix: &str) -> &str {
        resolve(&self.scope, prefix).unwrap_or_default()
    }

    /// Whether this is that element of the XCCOS namespace.
    pub(crate) fn is(&self, local: &str) -> bool {
        let (prefix, own) = split_name(&self.name);
        own == local && self.namespace(prefix) == NAMESPACE
    }

    /// The value of an attribute without prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of an attribute without prefix, or nothing.
    pub(crate) fn attribute_or_empty(&self, name: &str) -> String {
        self.attribute(name).unwrap_or_default().to_owned()
    }

    pub(crate) fn required(&self, name: &'static str) -> Result<String, BlockError> {
        self.attribute(name)
            .map(str::to_owned)
            .ok_or_else(|| BlockError::MissingAttribute {
                element: self.name.clone(),
                attribute: name,
            })
    }

    pub(crate) fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, BlockError> {
        self.attribute(name)
            .map(|value| self.parse_number(value))
            .transpose()
    }

    pub(crate) fn required_number<T: FromStr>(&self, name: &'static str) -> Result<T, BlockError> {
        self.parse_number(&self.required(name)?)
    }

    pub(crate) fn parse_number<T: FromStr>(&self, value: &str) -> Result<T, BlockError> {
        value.trim().parse().map_err(|_| BlockError::Number {
            element: self.name.clone(),
            value: value.to_owned(),
        })
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.attribute(name).map(is_true)
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The children of that name in the XCCOS namespace.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.elements().filter(move |element| element.is(name))
    }

    pub(crate) fn first(&self, name: &str) -> Option<&Self> {
        self.all(name).next()
    }

    /// The child of that name, of which there must be exactly one.
    pub(crate) fn only(&self, name: &'static str) -> Result<&Self, BlockError> {
        let parent = || self.name.clone();
        let mut found = self.all(name);
        let first = found.next().ok_or_else(|| BlockError::MissingElement {
            parent: parent(),
            element: name,
        })?;
        match found.next() {
            None => Ok(first),
            Some(_) => Err(BlockError::SeveralElements {
                parent: parent(),
                element: name,
            }),
        }
    }

    /// All text within, at any depth.
    pub(crate) fn text(&self) -> String {
        fn collect(element: &Element, out: &mut String) {
            for node in &element.children {
                match node {
                    Node::Text(text) => out.push_str(text),
                    Node::Element(element) => collect(element, out),
                }
            }
        }
        let mut out = String::new();
        collect(self, &mut out);
        out
    }

    fn push_text(&mut self, text: &str) {
        if let Some(Node::Text(last)) = self.children.last_mut() {
            last.push_str(text);
        } else if !text.is_empty() {
            self.children.push(Node::Text(text.to_owned()));
        }
    }
}

/// `true` in any case, or `1`.
pub(crate) fn is_true(value: &str) -> bool {
    value.eq_ignore_ascii_case("true") || value == "1"
}

/// Reads a document of at most `max_bytes`.
pub(crate) fn parse(body: &[u8], max_bytes: usize) -> Result<Element, XmlError> {
    if body.len() > max_bytes {
        return Err(XmlError::TooLarge {
            bytes: body.len(),
            limit: max_bytes,
        });
    }
    let text = str::from_utf8(body).map_err(|error| XmlError::NotUtf8(error.valid_up_to()))?;
    if text.starts_with('\u{FEFF}') {
        return Err(XmlError::Encoding);
    }
    check_characters(text)?;

    let mut reader = Reader::from_str(text);
    let mut tree = Tree::default();
    loop {
        let at_start = reader.buffer_position() == 0;
        match reader.read_event().map_err(refusal)? {
            Event::Start(tag) => tree.open(&tag)?,
            Event::Empty(tag) => {
                tree.open(&tag)?;
                tree.close();
            }
            Event::End(_) => tree.close(),
            Event::Text(text) if text.contains("]]>") => {
                return Err(XmlError::Malformed("']]>' in text".to_owned()));
            }
            Event::Text(text) => tree.text(&text.xml10_content())?,
            Event::CData(text) => tree.character_data()?.push_text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let content = referenced(&reference)?;
                tree.character_data()?.push_text(&content);
            }
            Event::Decl(declaration) if at_start => check_declaration(&declaration)?,
            Event::Decl(_) | Event::PI(_) => return Err(XmlError::ProcessingInstruction),
            Event::Comment(_) => return Err(XmlError::Comment),
            Event::DocType(_) => return Err(XmlError::DocumentType),
            Event::Eof => return tree.finish(),
        }
    }
}

/// The part of the tree that is being built.
#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Tree {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), XmlError> {
        if tag.len() > MAX_START_TAG_BYTES {
            return Err(XmlError::StartTagTooLong);
        }
        if self.root.is_some() {
            return Err(XmlError::NotOneElement);
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(XmlError::TooDeep);
        }
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(XmlError::TooManyElements);
        }
        let scope = self.open.last().and_then(|parent| parent.scope.clone());
        self.open.push(start_tag(tag, scope)?);
        Ok(())
    }

    fn close(&mut self) {
        if let Some(element) = self.open.pop() {
            match self.open.last_mut() {
                Some(parent) => parent.children.push(Node::Element(element)),
                None => self.root = Some(element),
            }
        }
    }

    fn character_data(&mut self) -> Result<&mut Element, XmlError> {
        self.open.last_mut().ok_or(XmlError::NotOneElement)
    }

    fn text(&mut self, text: &str) -> Result<(), XmlError> {
        let white = |c| matches!(c, ' ' | '\t' | '\n' | '\r');
        if self.open.is_empty() && text.chars().all(white) {
            return Ok(());
        }
        self.character_data()?.push_text(text);
        Ok(())
    }

    fn finish(self) -> Result<Element, XmlError> {
        match self.open.into_iter().next_back() {
            Some(element) => Err(XmlError::Truncated(element.name)),
            None => self.root.ok_or(XmlError::NotOneElement),
        }
    }
}

/// Reads the name, attributes and namespace declarations of a tag.
fn start_tag(tag: &BytesStart<'_>, mut scope: Scope) -> Result<Element, XmlError> {
    let name = tag.name().into_inner();
    check_name(name)?;
    let mut attributes = Vec::new();
    for (count, attribute) in tag.attributes().enumerate() {
        if count >= MAX_ATTRIBUTES {
            return Err(XmlError::TooManyAttributes);
        }
        let attribute = attribute.map_err(|error| refusal(error.into()))?;
        let key = attribute.key.into_inner();
        check_name(key)?;
        if attribute.value.contains('<') {
            return Err(XmlError::Malformed(format!("'<' in the attribute '{key}'")));
        }
        let value = attribute
            .normalized_value(XmlVersion::Explicit1_0)
            .map_err(refusal)?;
        check_characters(&value)?;
        match split_name(key) {
            ("xmlns", prefix) => scope = Some(declare(prefix, &value, scope)?),
            ("", "xmlns") => scope = Some(declare("", &value, scope)?),
            _ => attributes.push((key.to_owned(), value.into_owned())),
        }
    }
    let element = Element {
        name: name.to_owned(),
        attributes,
        children: Vec::new(),
        scope,
    };
    check_prefixes(&element)?;
    Ok(element)
}

/// Adds a declaration (Namespaces in XML 1.0, sections 2.2, 3 and 5).
fn declare(prefix: &str, uri: &str, outer: Scope) -> Result<Rc<Binding>, XmlError> {
    let reserved = prefix == "xmlns"
        || uri == XMLNS_NAMESPACE
        || (prefix == "xml") != (uri == XML_NAMESPACE)
        || (!prefix.is_empty() && uri.is_empty());
    if reserved {
        return Err(XmlError::Prefix(prefix.to_owned()));
    }
    let count = outer.as_ref().map_or(0, |outer| outer.count) + 1;
    if count > MAX_NAMESPACES {
        return Err(XmlError::TooManyNamespaces);
    }
    Ok(Rc::new(Binding {
        prefix: prefix.to_owned(),
        uri: uri.to_owned(),
        outer,
        count,
    }))
}

/// Every prefix is declared, and no attribute is there twice under two prefixes of one namespace.
fn check_prefixes(element: &Element) -> Result<(), XmlError> {
    let declared = |name| {
        let (prefix, local) = split_name(name);
        let uri = resolve(&element.scope, prefix).filter(|_| prefix != "xmlns");
        uri.map(|uri| (uri, local))
            .ok_or_else(|| XmlError::Prefix(prefix.to_owned()))
    };
    declared(&element.name)?;
    let mut seen = Vec::new();
    for (name, _) in element.attributes.iter().filter(|(name, _)| name.contains(':')) {
        let expanded = declared(name)?;
        if seen.contains(&expanded) {
            return Err(XmlError::DuplicateAttribute(name.clone()));
        }
        seen.push(expanded);
    }
    Ok(())
}

fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), XmlError> {
    let version = declaration.version().map_err(refusal)?;
    let encoding = match declaration.encoding() {
        Some(encoding) => encoding.map_err(|error| refusal(error.into()))?,
        None => Cow::Borrowed("UTF-8"),
    };
    if version == "1.0" && encoding.eq_ignore_ascii_case("UTF-8") {
        Ok(())
    } else {
        Err(XmlError::Encoding)
    }
}

fn check_characters(text: &str) -> Result<(), XmlError> {
    match text.chars().find(|&c| !is_xml_char(c)) {
        Some(c) => Err(XmlError::IllegalCharacter(u32::from(c))),
        None => Ok(()),
    }
}

/// Checks a qualified name: one or two names without a colon (XML 1.0 production 5, Namespaces in XML production 7).
fn check_name(name: &str) -> Result<(), XmlError> {
    let start = |c: char| {
        matches!(c, 'A'..='Z' | 'a'..='z' | '_' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
            | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
            | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
            | '\u{10000}'..='\u{EFFFF}')
    };
    let further = |c: char| {
        start(c)
            || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
    };
    let plain = |part: &str| part.starts_with(start) && part.chars().all(further);
    let fine = match name.split_once(':') {
        Some((prefix, local)) => plain(prefix) && plain(local),
        None => plain(name),
    };
    if fine {
        Ok(())
    } else {
        Err(XmlError::Name(name.to_owned()))
    }
}

/// The text of a character reference or of one of the five entities.
fn referenced(reference: &BytesRef<'_>) -> Result<String, XmlError> {
    let content = match reference.resolve_char_ref().map_err(refusal)? {
        Some(c) => c.to_string(),
        None => quick_xml::escape::resolve_predefined_entity(reference)
            .ok_or_else(|| XmlError::UnknownEntity(reference.to_string()))?
            .to_owned(),
    };
    check_characters(&content)?;
    Ok(content)
}

/// Says in our words why quick-xml refuses a document.
fn refusal(error: QuickError) -> XmlError {
    match error {
        QuickError::Escape(EscapeError::UnrecognizedEntity(_, name)) => XmlError::UnknownEntity(name),
        QuickError::IllFormed(IllFormedError::MissingEndTag(name)) => XmlError::Truncated(name),
        QuickError::InvalidAttr(AttrError::Duplicated(..)) => {
            XmlError::Malformed("an attribute is given twice".to_owned())
        }
        other => XmlError::Malformed(other.to_string()),
    }
}
