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
    /// When it was changed last. Each change is later than the one before, whatever the clock says, so that the time can
    /// stand for the version where a protocol knows times only.
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
            updated_on: on.max(Timestamp(self.updated_on.0.saturating_add(1))),
        }
    }
}

/// Made by the server itself at the beginning of time.
impl Default for Audit {
    fn default() -> Self {
        Self::made("system", Timestamp(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_later_than_the_one_before() {
        let made = Audit::made("ann", Timestamp(5));
        assert_eq!(made.changed("bob", Timestamp(9)).updated_on, Timestamp(9));
        for now in [5, 4] {
            let changed = made.changed("bob", Timestamp(now));
            assert_eq!((changed.version, changed.updated_on), (2, Timestamp(6)));
        }
    }
}
