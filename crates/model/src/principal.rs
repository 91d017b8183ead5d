//! Users and groups.

use crate::{PrincipalId, SipAddress};

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
}

/// A set of users and other groups. Groups may be nested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its row.
    pub id: PrincipalId,
    /// Its name, unique among groups without regard to case.
    pub name: String,
}
