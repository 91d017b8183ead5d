//! Categories: one level of folders that hold rooms and bound who may be in them.

use crate::{Audit, CategoryId, room::named};
use std::{fmt, str::FromStr};
use uuid::Uuid;

named! {
    /// What becomes of messages that compliance can't keep up with.
    ComplianceMode {
        /// They are taken, and wait in the queue to be recorded.
        Open = "open",
        /// They are refused until compliance has caught up.
        Closed = "closed",
    }
}

/// Open: nobody is kept from talking who wasn't told.
impl Default for ComplianceMode {
    fn default() -> Self {
        Self::Open
    }
}

/// A category. Its scope (allowed and denied principals) and creators are role entries on its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its row.
    pub id: CategoryId,
    /// Its name on the wire: `ma-cat://domain/guid`.
    pub guid: Uuid,
    /// Its name, unique without regard to case.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Rooms may send invitations.
    pub invitations: bool,
    /// Rooms take files.
    pub file_upload: bool,
    /// Rooms keep their messages. When off, messages are still recorded for compliance.
    pub history: bool,
    /// Whether they take messages while compliance is behind.
    pub compliance: ComplianceMode,
    /// Who made and changed it, and when.
    pub audit: Audit,
}
