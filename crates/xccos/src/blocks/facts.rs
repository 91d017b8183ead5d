//! `info` and `prop`: facts and switches.

use super::Visibility;
use crate::{
    names::{attribute, element, urn, value},
    reader::{Element, is_true},
    writer::Writer,
};

/// Writes an `info`.
pub(crate) fn write_info(xml: &mut Writer<'_>, id: &str, text: &str) {
    write(xml, element::INFO, id, text);
}

/// Writes a `prop`, if it is told.
pub(crate) fn write_switch(xml: &mut Writer<'_>, id: &str, on: Option<bool>) {
    if let Some(on) = on {
        let text = if on { value::PROP_TRUE } else { value::PROP_FALSE };
        write(xml, element::PROP, id, text);
    }
}

/// Writes who may see a room, under both spellings.
pub(crate) fn write_visibility(xml: &mut Writer<'_>, visibility: Option<Visibility>) {
    if let Some(visibility) = visibility {
        write_info(xml, urn::VISIBILITY_OF_SIPE, visibility.name());
        write_info(xml, urn::VISIBILITY, visibility.name());
    }
}

fn write(xml: &mut Writer<'_>, kind: &str, id: &str, text: &str) {
    xml.element(kind, |xml| {
        xml.attribute(attribute::ID, id);
        xml.text(text);
    });
}

/// The text of the `info` of that name.
pub(crate) fn info(parent: &Element, id: &str) -> Option<String> {
    find(parent, element::INFO, id)
}

/// The state of the `prop` of that name.
pub(crate) fn switch(parent: &Element, id: &str) -> Option<bool> {
    prop(parent, id).map(|text| is_true(text.trim()))
}

/// The text of the `prop` of that name.
pub(crate) fn prop(parent: &Element, id: &str) -> Option<String> {
    find(parent, element::PROP, id)
}

/// Who may see a room, under either spelling; the proper one counts more.
pub(crate) fn visibility(parent: &Element) -> Option<String> {
    info(parent, urn::VISIBILITY).or_else(|| info(parent, urn::VISIBILITY_OF_SIPE))
}

fn find(parent: &Element, kind: &str, id: &str) -> Option<String> {
    parent
        .all(kind)
        .find(|fact| fact.attribute(attribute::ID) == Some(id))
        .map(Element::text)
}
