//! Who made and changed something, and when.

use crate::Timestamp;

/// The history of a category or room in short. A change of its properties or lists makes the next version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Counts the changes, from 1. Who changes something says which version he saw, so that he overwrites nobody's work.
    pub version: u64,
    /// Who made it, as [`crate::Actor`] prints it.
    pub created_by: String,
    /// When it was made.
    pub created_on: Timestamp,
    /// Who changed it last.
    pub updated_by: String,
    /// When it was changed last.
    pub updated_on: Timestamp,
}

impl Audit {
    /// Of something made now.
    #[must_use]
    pub fn made(by: &str, on: Timestamp) -> Self {
        Self {
            version: 1,
            created_by: by.to_owned(),
            created_on: on,
            updated_by: by.to_owned(),
            updated_on: on,
        }
    }

    /// The same after a change.
    #[must_use]
    pub fn changed(&self, by: &str, on: Timestamp) -> Self {
        Self {
            version: self.version + 1,
            created_by: self.created_by.clone(),
            created_on: self.created_on,
            updated_by: by.to_owned(),
            updated_on: on,
        }
    }
}

/// Made by the server itself at the beginning of time.
impl Default for Audit {
    fn default() -> Self {
        Self::made("system", Timestamp(0))
    }
}
