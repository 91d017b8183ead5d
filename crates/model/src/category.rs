//! Categories: one level of folders that hold rooms and bound who may be in them.

use crate::{Audit, CategoryId};
use uuid::Uuid;

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
    /// Who made and changed it, and when.
    pub audit: Audit,
}
