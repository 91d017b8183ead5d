//! Add-ins: web pages that clients show beside a room.

use crate::AddinId;
use uuid::Uuid;

/// A registered page. Rooms choose one from the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addin {
    /// Its row.
    pub id: AddinId,
    /// Its name on the wire.
    pub guid: Uuid,
    /// Its name, unique without regard to case.
    pub name: String,
    /// The page: an absolute http or https URL.
    pub url: String,
}
