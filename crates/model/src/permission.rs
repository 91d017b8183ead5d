//! What a user may do in a room, as the bit mask that XCCOS shows in `aib/@key`.

use std::ops::BitOr;

/// A set of rights in a room. Bit n of the mask is role type n of the original's database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Permissions(pub u32);

impl Permissions {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Change the room's properties and lists (bit 2).
    pub const MANAGE: Self = Self(1 << 2);
    /// Create rooms in a category (bit 4).
    pub const CREATE: Self = Self(1 << 4);
    /// Enter (bit 7).
    pub const JOIN: Self = Self(1 << 7);
    /// Post in a normal room (bit 8).
    pub const CHAT: Self = Self(1 << 8);
    /// Read history without having entered (bit 10).
    pub const READ_HISTORY: Self = Self(1 << 10);
    /// See that the room exists (bit 11).
    pub const SEE: Self = Self(1 << 11);
    /// Post in an auditorium (bit 12).
    pub const CHAT_IN_AUDITORIUM: Self = Self(1 << 12);
    /// See nodes whatever their visibility (bit 13).
    pub const BYPASS_VISIBILITY: Self = Self(1 << 13);

    /// What a member holds: 3456.
    pub const MEMBER: Self = Self(Self::JOIN.0 | Self::CHAT.0 | Self::READ_HISTORY.0 | Self::SEE.0);
    /// What a manager holds, member or not.
    pub const MANAGER: Self = Self(Self::MANAGE.0 | Self::SEE.0 | Self::BYPASS_VISIBILITY.0);

    /// Whether all of `other` is held.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Permissions {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_the_documented_ones() {
        let presenter = Permissions::MEMBER | Permissions::CHAT_IN_AUDITORIUM;
        assert_eq!(Permissions::MEMBER.0, 3456);
        assert_eq!((Permissions::MEMBER | Permissions::MANAGER).0, 11652);
        assert_eq!(presenter.0, 7552);
        assert_eq!((presenter | Permissions::MANAGER).0, 15748);
        assert_eq!(Permissions::CREATE.0, 16);
    }
}
