//! Reading the small XML bodies of the front end: no DOCTYPE, no processing instruction, no entity but the five, and
//! caps on everything. Namespaces are not looked at, as clients of this family disagree on them; names are local names.
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use thiserror::Error;

/// Largest body, in bytes.
pub(crate) const MAX_BYTES: usize = 64 * 1024;
/// Deepest nesting.
pub(crate) const MAX_DEPTH: usize = 16;
/// Most elements.
pub(crate) const MAX_ELEMENTS: usize = 4_096;
/// Most attributes of an element.
pub(crate) const MAX_ATTRIBUTES: usize = 32;

/// Why a body is refused.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum XmlError {
    /// Over one of the caps.
    #[error("the XML is too large")]
    TooLarge,
    /// Not well-formed, or with something that is not allowed.
    #[error("the XML can't be read")]
    Malformed,
}

/// An element with what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    /// Its local name.
    pub(crate) name: String,
    /// Its attributes by local name, in order.
    pub(crate) attributes: Vec<(String, String)>,
    /// Its text, without that of its children.
    pub(crate) text: String,
    /// Its children.
    pub(crate) children: Vec<Element<'a>>,
    /// What stands between its tags, as it was written.
    pub(crate) inside: &'a str,
    start: usize,
}

impl<'a> Element<'a> {
    /// Reads a whole document.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, XmlError> {
        if body.len() > MAX_BYTES {
            return Err(XmlError::TooLarge);
        }
        let text = std::str::from_utf8(body).map_err(|_| XmlError::Malformed)?;
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Element<'a>> = Vec::new();
        let mut root = None;
        let mut elements = 0;
        loop {
            let before = position(&reader);
            let event = reader.read_event().map_err(|_| XmlError::Malformed)?;
            let after = position(&reader);
            match event {
                Event::Start(tag) | Event::Empty(tag) if open.is_empty() && root.is_some() => {
                    drop(tag);
                    return Err(XmlError::Malformed);
                }
                Event::Start(tag) => {
                    elements += 1;
                    if elements > MAX_ELEMENTS || open.len() >= MAX_DEPTH {
                        return Err(XmlError::TooLarge);
                    }
                    open.push(element(&tag, after)?);
                }
                Event::Empty(tag) => {
                    elements += 1;
                    if elements > MAX_ELEMENTS || open.len() >= MAX_DEPTH {
                        return Err(XmlError::TooLarge);
                    }
                    close(&mut open, &mut root, element(&tag, after)?);
                }
                Event::End(_) => {
                    let mut done = open.pop().ok_or(XmlError::Malformed)?;
                    done.inside = text.get(done.start..before).unwrap_or_default();
                    close(&mut open, &mut root, done);
                }
                Event::Text(found) => push(&mut open, &found.xml10_content())?,
                Event::CData(found) => push(&mut open, &found.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let name = reference.into_inner();
                    let text =
                        quick_xml::escape::unescape(&format!("&{name};")).map(std::borrow::Cow::into_owned);
                    push(&mut open, &text.map_err(|_| XmlError::Malformed)?)?;
                }
                Event::Comment(_) => {}
                Event::Decl(_) if before == 0 => {}
                Event::Decl(_) | Event::PI(_) | Event::DocType(_) => return Err(XmlError::Malformed),
                Event::Eof => break,
            }
        }
        if !open.is_empty() {
            return Err(XmlError::Malformed);
        }
        root.ok_or(XmlError::Malformed)
    }

    /// The value of an attribute, by its name in any case.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| &**value)
    }

    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of that name.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// This element and all below it that have a name.
    pub(crate) fn all<'e>(&'e self, name: &'e str) -> Vec<&'e Self> {
        let mut found = Vec::new();
        self.collect(name, &mut found);
        found
    }

    fn collect<'e>(&'e self, name: &str, found: &mut Vec<&'e Self>) {
        if self.name == name {
            found.push(self);
        }
        for child in &self.children {
            child.collect(name, found);
        }
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn element<'a>(tag: &BytesStart<'_>, start: usize) -> Result<Element<'a>, XmlError> {
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|_| XmlError::Malformed)?;
        if attributes.len() >= MAX_ATTRIBUTES {
            return Err(XmlError::TooLarge);
        }
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|_| XmlError::Malformed)?;
        attributes.push((local(attribute.key.as_ref()), value.into_owned()));
    }
    Ok(Element {
        name: local(tag.name().as_ref()),
        attributes,
        start,
        ..Element::default()
    })
}

fn close<'a>(open: &mut [Element<'a>], root: &mut Option<Element<'a>>, done: Element<'a>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None => *root = Some(done),
    }
}

fn push(open: &mut [Element<'_>], text: &str) -> Result<(), XmlError> {
    match open.last_mut() {
        Some(parent) => parent.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(XmlError::Malformed),
    }
    Ok(())
}

fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

/// A text as it may stand in an attribute or between tags. Characters that XML can't have are left out.
pub(crate) fn escape(text: &str) -> String {
    let clean: String = text
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect();
    quick_xml::escape::escape(clean).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_attributes_text_and_what_is_inside() {
        let body = b"<?xml version=\"1.0\"?><m:a xmlns:m='u' x='1 &amp; 2'> t&lt;<b>c</b><d/></m:a>";
        let root = Element::parse(body).unwrap();
        assert_eq!((root.name.as_str(), root.attribute("X")), ("a", Some("1 & 2")));
        assert_eq!(root.text.trim(), "t<");
        assert_eq!(root.inside, " t&lt;<b>c</b><d/>");
        assert_eq!(root.text_of("b"), Some("c"));
    }

    #[test]
    fn refuses_what_is_dangerous_or_broken() {
        for bad in [
            "",
            "text",
            "<a>",
            "</a>",
            "<a/><b/>",
            "<a>&x;</a>",
            "<a x='&x;'/>",
            "<!DOCTYPE a><a/>",
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            "<?php x?><a/>",
            "<a><?xml version='1.0'?></a>",
            "<a></b>",
            "<a/>text",
            "<a x='1' x='2'/>",
        ] {
            assert_eq!(Element::parse(bad.as_bytes()), Err(XmlError::Malformed), "{bad}");
        }
        assert_eq!(Element::parse(b"<a>\xff</a>"), Err(XmlError::Malformed));
    }

    #[test]
    fn every_cap_holds_at_its_edge() {
        let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
        let wide = |count: usize| format!("<r>{}</r>", "<a/>".repeat(count - 1));
        let attributes = |count: usize| {
            let list: String = (0..count).map(|n| format!(" a{n}=''")).collect();
            format!("<r{list}/>")
        };
        let long = |size: usize| format!("<r>{}</r>", "x".repeat(size - 7));
        for (within, beyond) in [
            (nested(MAX_DEPTH), nested(MAX_DEPTH + 1)),
            (wide(MAX_ELEMENTS), wide(MAX_ELEMENTS + 1)),
            (attributes(MAX_ATTRIBUTES), attributes(MAX_ATTRIBUTES + 1)),
            (long(MAX_BYTES), long(MAX_BYTES + 1)),
        ] {
            assert!(Element::parse(within.as_bytes()).is_ok());
            assert_eq!(Element::parse(beyond.as_bytes()), Err(XmlError::TooLarge));
        }
    }

    #[test]
    fn what_is_escaped_reads_back() {
        let text = "a<b>&\"'\u{1} ü";
        let body = format!("<r x=\"{0}\">{0}</r>", escape(text));
        let root = Element::parse(body.as_bytes()).unwrap();
        let expected = "a<b>&\"' ü";
        assert_eq!(
            (root.attribute("x"), root.text.as_str()),
            (Some(expected), expected)
        );
    }
}
