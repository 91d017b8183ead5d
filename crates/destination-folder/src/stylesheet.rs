//! Stylesheets that reach nothing but their input.
//!
//! XSLT processors read any file that `document()`, `xsl:include`, `xsl:import` or an entity names. So a stylesheet is read
//! here first, refused if it has a way to another file, and written anew: the processor never reads what wasn't looked at.

use quick_xml::{
    XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
    name::ResolveResult,
    reader::NsReader,
};
use std::borrow::Cow;

/// The longest stylesheet, in bytes.
pub(crate) const MAX_STYLESHEET_BYTES: usize = 1024 * 1024;

const XSLT: &str = "http://www.w3.org/1999/XSL/Transform";
/// Instructions of [`XSLT`] that name files.
const INSTRUCTIONS: [&str; 5] = [
    "include",
    "import",
    "document",
    "result-document",
    "import-schema",
];
/// Namespaces of functions that make expressions of texts, so that nobody can tell what they read, and of elements that write.
const NAMESPACES: [&str; 5] = [
    "http://exslt.org/dynamic",
    "http://icl.com/saxon",
    "http://xmlsoft.org/XSLT/",
    "http://www.jclark.com/xt",
    "org.apache.xalan.xslt.extensions.Redirect",
];
/// The namespace of functions that tell the time of the machine: what they make isn't the same again.
const CLOCK: &str = "http://exslt.org/dates-and-times";
/// The namespaces that have functions which make random numbers, and those functions.
const CHANCE: [(&str, &str); 2] = [
    ("http://exslt.org/math", "random"),
    ("http://exslt.org/random", "random-sequence"),
];
/// The extension element of EXSLT that writes files, and its namespace.
const WRITER: (&str, &str) = ("http://exslt.org/common", "document");

/// The stylesheet as the processor gets it; or why it doesn't.
pub(crate) fn checked(text: &str) -> Result<String, String> {
    if text.len() > MAX_STYLESHEET_BYTES {
        return Err(format!(
            "the stylesheet is longer than {MAX_STYLESHEET_BYTES} bytes"
        ));
    }
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}'));
    let mut out = String::with_capacity(text.len());
    loop {
        let (namespace, event) = reader
            .read_resolved_event()
            .map_err(|error| format!("the stylesheet isn't well-formed: {error}"))?;
        let namespace = match namespace {
            ResolveResult::Bound(namespace) => Some(namespace.0),
            ResolveResult::Unbound => None,
            ResolveResult::Unknown(prefix) => {
                return Err(format!(
                    "the stylesheet doesn't say what the prefix {prefix} means"
                ));
            }
        };
        match event {
            Event::Start(start) => element(&mut out, namespace, &start, ">")?,
            Event::Empty(start) => element(&mut out, namespace, &start, "/>")?,
            Event::End(end) => {
                out.push_str("</");
                out.push_str(name(end.name().0)?);
                out.push('>');
            }
            Event::Text(text) => put_text(&mut out, &text.xml10_content()),
            Event::CData(text) => put_text(&mut out, &text.xml10_content()),
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref() {
                    Ok(Some(char)) => char.to_string(),
                    _ => resolve_predefined_entity(&reference.xml10_content())
                        .ok_or("the stylesheet uses an entity")?
                        .to_owned(),
                };
                put_text(&mut out, &resolved);
            }
            // Kept, so that lines have the numbers that the processor's messages name.
            Event::Comment(comment) => {
                out.push_str("<!-- ");
                out.push_str(&comment.xml10_content().replace('-', " "));
                out.push_str(" -->");
            }
            // What is written anew is in UTF-8, whatever it was in once.
            Event::Decl(_) | Event::PI(_) => {}
            Event::DocType(_) => return Err("the stylesheet must not have a DOCTYPE".to_owned()),
            Event::Eof => return Ok(out),
        }
    }
}

fn element(
    out: &mut String,
    namespace: Option<&str>,
    start: &BytesStart<'_>,
    end: &str,
) -> Result<(), String> {
    let local_name = start.local_name();
    let local = local_name.into_inner();
    let names_a_file = (namespace == Some(XSLT) && INSTRUCTIONS.contains(&local))
        || (namespace, local) == (Some(WRITER.0), WRITER.1);
    if names_a_file {
        return Err(format!(
            "the stylesheet must not use {}, which names another file",
            start.name().0
        ));
    }
    out.push('<');
    out.push_str(name(start.name().0)?);
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| format!("the stylesheet isn't well-formed: {error}"))?;
        let value: Cow<'_, str> = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| format!("the stylesheet isn't well-formed, or uses an entity: {error}"))?;
        let key = attribute.key.0;
        if key == "xmlns" || key.starts_with("xmlns:") {
            if NAMESPACES.contains(&value.trim()) {
                return Err(format!(
                    "the stylesheet must not use functions and elements of {value}"
                ));
            }
            if value.trim() == CLOCK {
                return Err(format!(
                    "the stylesheet must not use functions of {value}, which read the clock: the same records make the same bytes"
                ));
            }
            // Namespaces are told apart here by what is written, and by the processor by what it means.
            if *value != *attribute.value {
                return Err(format!(
                    "the stylesheet must write the namespace {value} without references"
                ));
            }
        }
        if calls(&value, "document") {
            return Err("the stylesheet must not use document(), which reads another file".to_owned());
        }
        for (namespace, function) in CHANCE {
            if calls(&value, function) {
                return Err(format!(
                    "the stylesheet must not use {function}() of {namespace}: the same records make the same bytes"
                ));
            }
        }
        out.push(' ');
        out.push_str(name(key)?);
        out.push_str("=\"");
        put_attribute(out, &value);
        out.push('"');
    }
    out.push_str(end);
    Ok(())
}

/// Whether a value has this word before a parenthesis: a call if it is an expression.
fn calls(value: &str, function: &str) -> bool {
    value.match_indices(function).any(|(at, _)| {
        let after = value.get(at + function.len()..).unwrap_or_default();
        after.trim_start().starts_with('(')
    })
}

/// The name, if it can be nothing else to another parser.
fn name(name: &str) -> Result<&str, String> {
    let plain =
        |c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '.' || c == ':' || c == '\u{b7}';
    let first = name.chars().next().unwrap_or('-');
    if (first.is_alphabetic() || first == '_') && name.chars().all(plain) {
        return Ok(name);
    }
    Err(format!("the stylesheet isn't well-formed: {name:?} is no name"))
}

fn put_text(out: &mut String, text: &str) {
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            char => out.push(char),
        }
    }
}

fn put_attribute(out: &mut String, value: &str) {
    for char in value.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            char => out.push(char),
        }
    }
}
