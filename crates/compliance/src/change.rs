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
}

impl Change {
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
