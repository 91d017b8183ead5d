//! Users, groups, organisational units and domains.

use crate::{PrincipalId, SipAddress, room::named};
use std::{fmt, str::FromStr};
use uuid::{Builder, Uuid};

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

/// The GUID of a user or group on the wire, made of its row and the identity of the database: a UUID of version 8 (RFC
/// 9562 §5.8), so that it needs no place of its own in the store and stays the same for ever.
#[must_use]
pub fn principal_guid(database: Uuid, id: PrincipalId) -> Uuid {
    let (high, _) = database.as_u64_pair();
    let both = Uuid::from_u64_pair(high, id.0.cast_unsigned());
    Builder::from_custom_bytes(both.into_bytes()).into_uuid()
}

/// The principal whose [`principal_guid`] this is; `None` if it was made for no row of this database.
#[must_use]
pub fn principal_of_guid(database: Uuid, guid: Uuid) -> Option<PrincipalId> {
    /// What the variant of a UUID leaves of its lower half.
    const ROW: u64 = u64::MAX >> 2;
    let (_, low) = guid.as_u64_pair();
    let id = PrincipalId((low & ROW).cast_signed());
    (principal_guid(database, id) == guid).then_some(id)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_names_one_row_of_one_database() {
        let (here, there) = (Uuid::from_u128(u128::MAX), Uuid::from_u128(7 << 90));
        for row in [1, 2, 255, i64::from(u32::MAX), (1 << 62) - 1] {
            let guid = principal_guid(here, PrincipalId(row));
            assert_eq!(guid.get_version_num(), 8);
            assert_eq!(principal_of_guid(here, guid), Some(PrincipalId(row)));
            assert_eq!(principal_of_guid(there, guid), None);
        }
        assert_eq!(principal_of_guid(here, Uuid::nil()), None);
    }
}
