//! Changes by officers.

use serde::Serialize;

/// What an officer changed, or would change: what its `CHANGED` record says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What kind of change: `adapter.set`, `hold.place` …
    pub what: String,
    /// What it is done to.
    pub target: String,
    /// How it was; empty for something new.
    pub before: String,
    /// How it is afterwards; empty for something gone.
    pub after: String,
    /// Whether anything is, or would be, other than before.
    pub changed: bool,
    /// What looks like a mistake and was done all the same, a sentence each. Not in the record.
    pub warnings: Vec<String>,
}

impl Change {
    /// A change from one text to another, if they differ.
    #[must_use]
    pub fn new(what: &str, target: impl Into<String>, before: String, after: String) -> Self {
        Self {
            what: what.to_owned(),
            target: target.into(),
            changed: before != after,
            before,
            after,
            warnings: Vec::new(),
        }
    }

    /// The same with warnings.
    #[must_use]
    pub(crate) fn warning(self, warnings: Vec<String>) -> Self {
        Self { warnings, ..self }
    }

    /// Its event.
    pub(crate) fn event(&self, origin: &str) -> causerie_model::Event {
        causerie_model::Event::Changed {
            what: self.what.clone(),
            target: self.target.clone(),
            before: self.before.clone(),
            after: self.after.clone(),
            origin: origin.to_owned(),
            subject: None,
        }
    }
}
