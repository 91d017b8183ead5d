//! What commands take from elements: the same as other readers, with limits and without leniency, because what is
//! dropped from a query makes it find more than was asked for.

use crate::{
    error::BlockError,
    limits::{MAX_ARGUMENT_BYTES, MAX_LIST_ITEMS},
    names::{attribute, element, value},
    reader::{Element, is_true},
};

impl Element {
    /// A text of at most [`MAX_ARGUMENT_BYTES`].
    fn limited(&self, text: String) -> Result<String, BlockError> {
        if text.len() > MAX_ARGUMENT_BYTES {
            return Err(BlockError::TooLong(self.name.clone()));
        }
        Ok(text)
    }

    pub(crate) fn argument(&self, name: &str) -> Result<Option<String>, BlockError> {
        let value = self.attribute(name).map(str::to_owned);
        value.map(|value| self.limited(value)).transpose()
    }

    pub(crate) fn argument_or_empty(&self, name: &str) -> Result<String, BlockError> {
        Ok(self.argument(name)?.unwrap_or_default())
    }

    pub(crate) fn required_argument(&self, name: &'static str) -> Result<String, BlockError> {
        self.limited(self.required(name)?)
    }

    pub(crate) fn text_argument(&self) -> Result<String, BlockError> {
        self.limited(self.text())
    }

    /// One of the words that `parse` knows.
    pub(crate) fn word<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, BlockError> {
        let value = self.attribute(name);
        value.map(|value| self.known(name, value, parse)).transpose()
    }

    /// A flag in an attribute.
    pub(crate) fn flag_argument(&self, name: &'static str) -> Result<Option<bool>, BlockError> {
        self.word(name, truth)
    }

    pub(crate) fn known<T>(
        &self,
        name: &'static str,
        value: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, BlockError> {
        parse(value.trim()).ok_or_else(|| BlockError::Word {
            element: self.name.clone(),
            name,
            value: value.to_owned(),
        })
    }

    /// The child of that name, of which there may be one.
    pub(crate) fn at_most_one(&self, name: &'static str) -> Result<Option<&Self>, BlockError> {
        self.first(name).map(|_| self.only(name)).transpose()
    }

    /// The URIs of all children of that name, at most [`MAX_LIST_ITEMS`].
    pub(crate) fn uris(&self, name: &'static str) -> Result<Vec<String>, BlockError> {
        if self.all(name).nth(MAX_LIST_ITEMS).is_some() {
            return Err(BlockError::TooMany(name));
        }
        let uris = self.all(name);
        uris.map(|child| child.required_argument(attribute::URI))
            .collect()
    }

    /// The URIs of all rooms that a command names: at least one.
    pub(crate) fn room_uris(&self) -> Result<Vec<String>, BlockError> {
        let uris = self.uris(element::CHANIB)?;
        if uris.is_empty() {
            return Err(BlockError::MissingElement {
                parent: self.name.clone(),
                element: element::CHANIB,
            });
        }
        Ok(uris)
    }

    /// The URI of the one room or category that a command names.
    pub(crate) fn room_uri(&self) -> Result<String, BlockError> {
        self.only(element::CHANIB)?.required_argument(attribute::URI)
    }
}

/// `true` or `1`, `false` or `0`, in any case.
pub(crate) fn truth(text: &str) -> Option<bool> {
    let off = text == "0" || text.eq_ignore_ascii_case(value::FALSE);
    is_true(text).then_some(true).or_else(|| off.then_some(false))
}
