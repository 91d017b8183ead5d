//! Compact XML into a caller's buffer: no declaration and no white space, because clients and filters on the path walk
//! from first child to first child.

use std::fmt::{Display, Write};

use crate::names::{NAMESPACE, VERSION, attribute, element, value};

/// Where an escaped text is going to stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Text,
    Attribute,
}

/// Whether XML 1.0 can hold a character (production 2, `Char`).
pub(crate) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// Appends a text, escaped once. A carriage return goes as a reference, as do all white space characters but the blank
/// in an attribute: a parser would change them otherwise. What XML can't hold becomes U+FFFD.
pub(crate) fn escape(out: &mut String, text: &str, place: Place) {
    let special = |c: char| match c {
        '&' | '<' | '>' | '\r' => true,
        '"' | '\t' | '\n' => place == Place::Attribute,
        c => !is_xml_char(c),
    };
    let mut rest = text;
    while let Some(at) = rest.find(special) {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = tail.chars();
        out.push_str(match characters.next() {
            Some('&') => "&amp;",
            Some('<') => "&lt;",
            Some('>') => "&gt;",
            Some('"') => "&quot;",
            Some('\t') => "&#9;",
            Some('\n') => "&#10;",
            Some('\r') => "&#13;",
            _ => "\u{FFFD}",
        });
        rest = characters.as_str();
    }
    out.push_str(rest);
}

/// Writes elements one after the other. An element without content closes itself.
pub(crate) struct Writer<'a> {
    out: &'a mut String,
    in_tag: bool,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(out: &'a mut String) -> Self {
        Self { out, in_tag: false }
    }

    fn content(&mut self) {
        if std::mem::take(&mut self.in_tag) {
            self.out.push('>');
        }
    }

    pub(crate) fn open(&mut self, name: &str) {
        self.content();
        self.out.push('<');
        self.out.push_str(name);
        self.in_tag = true;
    }

    pub(crate) fn close(&mut self, name: &str) {
        if std::mem::take(&mut self.in_tag) {
            self.out.push_str("/>");
        } else {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    /// An element with the attributes and then the children that the closure writes.
    pub(crate) fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.open(name);
        content(self);
        self.close(name);
    }

    /// An element with nothing but the URI of a room, category or principal.
    pub(crate) fn uri(&mut self, name: &str, uri: &str) {
        self.element(name, |xml| xml.attribute(attribute::URI, uri));
    }

    pub(crate) fn attribute(&mut self, name: &str, value: &str) {
        self.attribute_parts(name, &[value]);
    }

    /// An attribute whose value is several texts one after the other.
    pub(crate) fn attribute_parts(&mut self, name: &str, parts: &[&str]) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        for part in parts {
            escape(self.out, part, Place::Attribute);
        }
        self.out.push('"');
    }

    pub(crate) fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.attribute(name, value);
        }
    }

    /// A number or a list of numbers; what it displays must need no escaping.
    pub(crate) fn number(&mut self, name: &str, value: impl Display) {
        // Writing to a String can't fail.
        let _ = write!(self.out, " {name}=\"{value}\"");
    }

    pub(crate) fn flag(&mut self, name: &str, on: bool) {
        self.attribute(name, if on { value::TRUE } else { value::FALSE });
    }

    pub(crate) fn optional_number(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.number(name, value);
        }
    }

    pub(crate) fn optional_flag(&mut self, name: &str, on: Option<bool>) {
        if let Some(on) = on {
            self.flag(name, on);
        }
    }

    /// A flag that is left out when it is off.
    pub(crate) fn flag_if(&mut self, name: &str, on: bool) {
        if on {
            self.flag(name, on);
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.content();
            escape(self.out, text, Place::Text);
        }
    }

    /// Attributes that are XML already, each with a blank before it.
    pub(crate) fn raw_attributes(&mut self, attributes: &str) {
        self.out.push_str(attributes);
    }

    /// Elements that are XML already.
    pub(crate) fn raw_children(&mut self, children: &str) {
        if !children.is_empty() {
            self.content();
            self.out.push_str(children);
        }
    }

    /// Bytes written so far, to measure what is being written.
    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }
}

/// Appends a whole document with one envelope round the content.
pub(crate) fn envelope(out: &mut String, envid: &str, content: impl FnOnce(&mut Writer<'_>)) {
    let mut xml = Writer::new(out);
    xml.open(element::XCCOS);
    xml.attribute("xmlns", NAMESPACE);
    xml.attribute(attribute::VER, VERSION);
    xml.attribute(attribute::ENVID, envid);
    content(&mut xml);
    xml.close(element::XCCOS);
}
