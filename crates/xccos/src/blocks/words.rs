//! Words that stand for one of a few things.

use crate::names::value;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:path $(, or $alias:path)?;)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// As it is sent.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// Reads it in any case.
            pub(crate) fn parse(text: &str) -> Option<Self> {
                $(if text.eq_ignore_ascii_case($word) $(|| text.eq_ignore_ascii_case($alias))? {
                    return Some(Self::$variant);
                })*
                None
            }
        }
    )*};
}

words! {
    /// Who may post.
    Behavior {
        /// Every member.
        Normal = value::NORMAL;
        /// Presenters only.
        Auditorium = value::AUDITORIUM;
    }

    /// Who may see a room.
    Visibility {
        /// Everyone in scope, and may join it.
        Open = value::OPEN;
        /// Everyone in scope; members join it.
        Closed = value::CLOSED, or value::CLOSED_AS_STORED;
        /// Members only.
        Secret = value::SECRET;
    }

    /// What a principal is.
    PrincipalType {
        /// A user.
        User = value::TYPE_USER;
        /// A domain of the directory.
        Domain = value::TYPE_DOMAIN;
        /// A group.
        Group = value::TYPE_GROUP;
        /// An organisational unit or other container.
        Folder = value::TYPE_FOLDER;
    }

    /// What a principal may be in a room. Nobody is made its creator.
    Role {
        /// Reads, and posts in a normal room.
        Member = value::MEMBER;
        /// Edits the room.
        Manager = value::MANAGER;
        /// Posts in an auditorium.
        Presenter = value::PRESENTER;
    }

    /// How the user has to do with the rooms that are asked for.
    AssociationType {
        /// Is a member.
        Member = value::MEMBER;
        /// Manages them.
        Manager = value::MANAGER;
        /// Is in them now.
        Joined = value::JOINED;
    }
}
