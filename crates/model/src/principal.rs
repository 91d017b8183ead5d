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

/// The GUID by which the wire names a user or group of a database: `ma-grp:GUID@u.g`.
///
/// A pure function, so that it needs no storing and never changes: a UUIDv8 (RFC 9562, 5.8) of the first half of the
/// database's identity and the row. Different for all rows below 2^62.
#[must_use]
pub fn principal_guid(database: Uuid, id: PrincipalId) -> Uuid {
    let (identity, _) = database.as_u64_pair();
    let both = Uuid::from_u64_pair(identity, id.0.cast_unsigned());
    Builder::from_custom_bytes(both.into_bytes()).into_uuid()
}

/// The row that a GUID of [`principal_guid`] names; `None` if it isn't one of this database. Whether anybody has the row
/// is another question.
#[must_use]
pub fn principal_of_guid(database: Uuid, guid: Uuid) -> Option<PrincipalId> {
    const ROW_BITS: u64 = (1 << 62) - 1;
    let (_, row) = guid.as_u64_pair();
    let id = PrincipalId((row & ROW_BITS).cast_signed());
    (principal_guid(database, id) == guid).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_that_of_one_row_in_one_database() {
        let database = Uuid::from_u128(0x7d2b_0a3e_2222_4e55_8a77_0000_0000_0002);
        let other = Uuid::from_u128(0x8d2b_0a3e_2222_4e55_8a77_0000_0000_0002);
        let guid = principal_guid(database, PrincipalId(258));
        assert_eq!(guid.to_string(), "7d2b0a3e-2222-8e55-8000-000000000102");
        for row in [0, 1, 258, (1 << 62) - 1] {
            let guid = principal_guid(database, PrincipalId(row));
            assert_eq!(guid.get_version_num(), 8);
            assert_eq!(principal_of_guid(database, guid), Some(PrincipalId(row)));
            assert_eq!(principal_of_guid(other, guid), None);
        }
        assert_eq!(principal_of_guid(database, database), None);
        assert_eq!(principal_of_guid(database, Uuid::nil()), None);
    }
}
