//! Information barriers: two groups whose people must not meet in a room.

use crate::{BarrierId, PrincipalId};

/// A wall between two groups, beside the scopes of categories. Who belongs to one side can't find, enter, read or manage
/// a room that people of the other side may enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barrier {
    /// Its row.
    pub id: BarrierId,
    /// Its name, unique without regard to case.
    pub name: String,
    /// The two sides: groups of any kind.
    pub sides: [PrincipalId; 2],
}
