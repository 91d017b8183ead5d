//! Rooms.

use crate::{AddinId, Audit, CategoryId, RoomId};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// All values, in the order of their definition.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name used by the command line, the administration API and the database.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text.to_ascii_lowercase().as_str() {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(format!(
                        "'{text}' is none of {}",
                        [$($text),+].join(", ")
                    )),
                }
            }
        }
    };
}
pub(crate) use named;

named! {
    /// Who posts in a room.
    RoomType {
        /// Every member posts.
        Normal = "normal",
        /// Members read, presenters post.
        Auditorium = "auditorium",
    }
}

named! {
    /// Who finds and enters a room.
    Privacy {
        /// Anyone in the category's scope finds it and enters.
        Open = "open",
        /// Anyone in scope finds it, members enter. The default.
        Closed = "closed",
        /// Members find it and enter.
        Secret = "secret",
    }
}

named! {
    /// Whether new members are invited.
    Invitations {
        /// As the category says.
        Inherit = "inherit",
        /// No, whatever the category says.
        Off = "off",
    }
}

/// A room. Its members, managers and presenters are role entries on its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its row.
    pub id: RoomId,
    /// Its name on the wire: `ma-chan://domain/guid`. Never changes.
    pub guid: Uuid,
    /// The category that it is in.
    pub category: CategoryId,
    /// Its name, unique without regard to case.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who posts.
    pub room_type: RoomType,
    /// Who finds and enters it.
    pub privacy: Privacy,
    /// Whether new members are invited.
    pub invitations: Invitations,
    /// Closed for everybody until enabled again. Content and lists stay.
    pub disabled: bool,
    /// The add-in that clients show beside the conversation.
    pub addin: Option<AddinId>,
    /// Who made and changed it, and when.
    pub audit: Audit,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_errors_list_the_choices() {
        for p in Privacy::ALL {
            assert_eq!(p.as_str().parse::<Privacy>(), Ok(*p));
        }
        assert_eq!("Secret".parse::<Privacy>(), Ok(Privacy::Secret));
        assert_eq!(
            "hidden".parse::<Privacy>(),
            Err("'hidden' is none of open, closed, secret".to_owned())
        );
    }
}
