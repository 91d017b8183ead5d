//! What a post carries besides text: relayed to every reader without being understood, so that two clients of one kind
//! understand each other even where this server doesn't know the names that they use.

use crate::{
    blocks::Text,
    error::BlockError,
    limits::{
        MAX_ATTRIBUTES, MAX_EXTRA_ATTRIBUTE_BYTES, MAX_EXTRA_ATTRIBUTES, MAX_EXTRA_CHILDREN_BYTES,
        MAX_EXTRA_DEPTH, MAX_EXTRA_NAMESPACES, MAX_START_TAG_BYTES,
    },
    names::{NAMESPACE, attribute, element, value},
    reader::{Element, Node, split_name},
    writer::Writer,
};

/// Attributes that the server sets itself.
const OWNED_ATTRIBUTES: [&str; 7] = [
    attribute::ID,
    attribute::SEQID,
    attribute::CHAN_URI,
    attribute::AUTHOR,
    attribute::AUTHOR_DISPLAY,
    attribute::TS,
    attribute::CHAT_ID,
];

/// Additional attributes and children of a chat line, as XML that stands by itself: every prefix that it uses is declared
/// within, and unprefixed elements are in the namespace of XCCOS. It is written anew from what was read, so it is well
/// formed even where a lenient parser would let an error pass.
///
/// A declaration that no name uses, only a text (such as the value of `xsi:type`), is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extra<'a> {
    /// Attributes, escaped, each with a blank before it; or nothing.
    pub attributes: Text<'a>,
    /// Elements; or nothing.
    pub children: Text<'a>,
}

impl<'a> Extra<'a> {
    /// Nothing.
    pub const NONE: Self = Self {
        attributes: Text::Borrowed(""),
        children: Text::Borrowed(""),
    };

    /// The mark of a message of high importance.
    #[must_use]
    pub fn alert() -> Self {
        let mut attributes = String::new();
        Writer::new(&mut attributes).flag(attribute::ALERT, true);
        Self {
            attributes: attributes.into(),
            children: Text::Borrowed(""),
        }
    }

    /// The same, lent.
    #[must_use]
    pub fn borrow(&self) -> Extra<'_> {
        Extra {
            attributes: Text::Borrowed(&self.attributes),
            children: Text::Borrowed(&self.children),
        }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.children.is_empty()
    }

    /// Whether the message is marked as one of high importance.
    #[must_use]
    pub fn is_alert(&self) -> bool {
        // Within a value a quotation mark is escaped, so what is found is an attribute.
        let name = [" ", attribute::ALERT, "=\""].concat();
        let value = self
            .attributes
            .split_once(&name)
            .and_then(|(_, rest)| rest.split_once('"'));
        value.is_some_and(|(value, _)| value.eq_ignore_ascii_case(value::TRUE))
    }

    /// Takes from a `grpchat` or `msg` what the server doesn't own.
    pub(crate) fn parse(line: &Element) -> Result<Extra<'static>, BlockError> {
        Ok(Extra {
            attributes: attributes(line)?.into(),
            children: children(line)?.into(),
        })
    }
}

// A name counts as owned whatever its prefix and case: some clients read documents without regard to either, and what a
// reader sees must be what the server recorded.
fn is_owned(name: &str, owned: &[&str]) -> bool {
    owned
        .iter()
        .any(|own| own.eq_ignore_ascii_case(split_name(name).1))
}

fn attributes(line: &Element) -> Result<String, BlockError> {
    let extra: Vec<_> = line
        .attributes
        .iter()
        .filter(|(name, _)| !is_owned(name, &OWNED_ATTRIBUTES))
        .collect();
    let mut out = String::new();
    let mut xml = Writer::new(&mut out);
    let mut bound = Vec::new();
    for (name, _) in &extra {
        declare_attribute(&mut xml, line, name, &mut bound);
    }
    for (name, value) in &extra {
        xml.attribute(name, value);
    }
    if bound.len() + extra.len() > MAX_EXTRA_ATTRIBUTES {
        return Err(BlockError::Extra("too many attributes"));
    }
    if out.len() > MAX_EXTRA_ATTRIBUTE_BYTES {
        return Err(BlockError::Extra("attributes that are too long"));
    }
    Ok(out)
}

fn children(line: &Element) -> Result<String, BlockError> {
    let mut out = String::new();
    let mut xml = Writer::new(&mut out);
    let mut bound = vec![("", NAMESPACE)];
    for child in line
        .elements()
        .filter(|child| !is_owned(&child.name, &[element::CHAT]))
    {
        write_element(&mut xml, child, &mut bound, 1)?;
    }
    Ok(out)
}

/// Prefixes in force where the writer is, and what they stand for.
type Bound<'e> = Vec<(&'e str, &'e str)>;

/// Writes an element and declares those prefixes that it uses and that don't stand for the same already; this is the way
/// of Exclusive XML Canonicalization.
fn write_element<'e>(
    xml: &mut Writer<'_>,
    element: &'e Element,
    bound: &mut Bound<'e>,
    depth: usize,
) -> Result<(), BlockError> {
    if depth > MAX_EXTRA_DEPTH {
        return Err(BlockError::Extra("elements that are nested too deep"));
    }
    let outer = bound.len();
    xml.open(&element.name);
    let start = xml.len();
    declare(xml, element, split_name(&element.name).0, bound);
    for (name, _) in &element.attributes {
        declare_attribute(xml, element, name, bound);
    }
    for (name, value) in &element.attributes {
        xml.attribute(name, value);
    }
    if bound.len() - 1 > MAX_EXTRA_NAMESPACES {
        return Err(BlockError::Extra("too many namespaces"));
    }
    if bound.len() - outer + element.attributes.len() > MAX_ATTRIBUTES {
        return Err(BlockError::Extra("an element with too many attributes"));
    }
    if element.name.len() + xml.len() - start > MAX_START_TAG_BYTES {
        return Err(BlockError::Extra("a start tag that is too long"));
    }
    for node in &element.children {
        match node {
            Node::Element(child) => write_element(xml, child, bound, depth + 1)?,
            Node::Text(text) => xml.text(text),
        }
    }
    xml.close(&element.name);
    bound.truncate(outer);
    // Here and not at the end: a long namespace on the root and many children would grow without bound.
    if xml.len() > MAX_EXTRA_CHILDREN_BYTES {
        return Err(BlockError::Extra("children that are too long"));
    }
    Ok(())
}

/// An attribute without prefix is in no namespace, whatever the default.
fn declare_attribute<'e>(xml: &mut Writer<'_>, element: &'e Element, name: &'e str, bound: &mut Bound<'e>) {
    let (prefix, _) = split_name(name);
    if !prefix.is_empty() {
        declare(xml, element, prefix, bound);
    }
}

fn declare<'e>(xml: &mut Writer<'_>, element: &'e Element, prefix: &'e str, bound: &mut Bound<'e>) {
    let uri = element.namespace(prefix);
    let current = bound
        .iter()
        .rev()
        .find(|(own, _)| *own == prefix)
        .map(|(_, uri)| *uri);
    if prefix == "xml" || current == Some(uri) {
        return;
    }
    bound.push((prefix, uri));
    if prefix.is_empty() {
        xml.attribute("xmlns", uri);
    } else {
        xml.attribute(&["xmlns:", prefix].concat(), uri);
    }
}
