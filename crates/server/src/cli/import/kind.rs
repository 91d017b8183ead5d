//! The kinds of things that are imported, and their columns.

use causerie_web::admin::wire::Import;
use clap::ValueEnum;

/// A kind, in the order in which they are imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub(in crate::cli) enum Kind {
    /// Policies
    Policies,
    /// Groups with their members
    Groups,
    /// Users
    Users,
    /// Add-ins
    Addins,
    /// Categories with their lists
    Categories,
    /// Rooms with their lists
    Rooms,
    /// Information barriers
    Barriers,
}

/// How the cells of a column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// Text.
    Text,
    /// A name, or `-` for none.
    Name,
    /// `yes` or `no`.
    Flag,
    /// Names with `;` between them.
    List,
}

impl Kind {
    pub(in crate::cli) const ALL: [Self; 7] = [
        Self::Policies,
        Self::Groups,
        Self::Users,
        Self::Addins,
        Self::Categories,
        Self::Rooms,
        Self::Barriers,
    ];

    /// Its name in documents.
    pub(in crate::cli) const fn as_str(self) -> &'static str {
        match self {
            Self::Policies => "policies",
            Self::Groups => "groups",
            Self::Users => "users",
            Self::Addins => "addins",
            Self::Categories => "categories",
            Self::Rooms => "rooms",
            Self::Barriers => "barriers",
        }
    }

    /// Its columns. The first is what entries are known by.
    pub(super) const fn columns(self) -> &'static [(&'static str, Column)] {
        use Column::{Flag, List, Name, Text};
        match self {
            Self::Policies => &[("scope", Text), ("enabled", Flag), ("description", Text)],
            Self::Groups => &[("name", Text), ("kind", Text), ("members", List)],
            Self::Users => &[
                ("address", Text),
                ("name", Text),
                ("enabled", Flag),
                ("policy", Name),
                ("site", Name),
                ("groups", List),
                ("password", Text),
            ],
            Self::Addins => &[("name", Text), ("url", Text)],
            Self::Categories => &[
                ("name", Text),
                ("description", Text),
                ("invitations", Flag),
                ("file_upload", Flag),
                ("history", Flag),
                ("compliance", Text),
                ("allowed", List),
                ("denied", List),
                ("creators", List),
            ],
            Self::Rooms => &[
                ("name", Text),
                ("category", Text),
                ("description", Text),
                ("type", Text),
                ("privacy", Text),
                ("invitations", Text),
                ("disabled", Flag),
                ("addin", Name),
                ("members", List),
                ("managers", List),
                ("presenters", List),
            ],
            Self::Barriers => &[("name", Text), ("sides", List)],
        }
    }

    /// How its entries are known.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Policies => "scope",
            Self::Users => "address",
            _ => "name",
        }
    }

    /// How a column is read, if it has that one.
    pub(super) fn column(self, name: &str) -> Option<Column> {
        let found = self.columns().iter().find(|(column, _)| *column == name);
        found.map(|(_, column)| *column)
    }

    /// How many a document has.
    pub(in crate::cli) fn count(self, document: &Import) -> usize {
        match self {
            Self::Policies => document.policies.len(),
            Self::Groups => document.groups.len(),
            Self::Users => document.users.len(),
            Self::Addins => document.addins.len(),
            Self::Categories => document.categories.len(),
            Self::Rooms => document.rooms.len(),
            Self::Barriers => document.barriers.len(),
        }
    }
}
