//! Users, groups, organisational units and domains.

use crate::{PrincipalId, SipAddress, room::named};
use std::{fmt, str::FromStr};

/// Somebody who can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its row.
    pub id: PrincipalId,
    /// Its SIP address, unique.
    pub address: SipAddress,
    /// What other people see.
    pub display_name: String,
    /// May sign in. A disabled user keeps rights and messages but can't enter.
    pub enabled: bool,
    /// The tag of the policy granted to him. `None`: that of his site, or the global one.
    pub policy: Option<String>,
    /// The site that he belongs to, for policies of sites.
    pub site: Option<String>,
}

named! {
    /// What kind of container a group is.
    GroupKind {
        /// A group: a user may be in many.
        Group = "group",
        /// An organisational unit: everything is in at most one.
        Unit = "unit",
        /// A SIP domain: holds every user whose address ends with its name, and nobody has to be put there.
        Domain = "domain",
    }
}

/// A set of users and other groups, which may be nested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its row.
    pub id: PrincipalId,
    /// Its name, unique among groups of every kind without regard to case. A domain's name is the domain.
    pub name: String,
    /// What kind of container it is.
    pub kind: GroupKind,
}
