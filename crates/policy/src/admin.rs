//! Who may administer what.
//!
//! Four roles, none of which contains another: who runs the server doesn't read what people said, and who reads that
//! changes nothing. No role reads rooms by being one; [`AdminAct`] has no act for it.

use crate::{Rule, Verdict};
use std::{fmt, str::FromStr};

/// What somebody who administers the server may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AdminRole {
    /// Runs the server: users, rooms, messages, settings, tokens.
    Administrator,
    /// Searches, exports, holds and retires compliance records, and sets how that is done.
    ComplianceOfficer,
    /// Adds, changes and removes users and groups.
    UserAdministrator,
    /// Reads how the server is set up and what was done to it, and changes nothing. What people said isn't his to read.
    Auditor,
}

impl AdminRole {
    /// All roles.
    pub const ALL: &[Self] = &[
        Self::Administrator,
        Self::ComplianceOfficer,
        Self::UserAdministrator,
        Self::Auditor,
    ];

    /// The role as configurations and APIs spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::ComplianceOfficer => "compliance-officer",
            Self::UserAdministrator => "user-administrator",
            Self::Auditor => "auditor",
        }
    }
}

impl fmt::Display for AdminRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that is no role. It tells those that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownRole;

impl fmt::Display for UnknownRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be administrator, compliance-officer, user-administrator or auditor")
    }
}

impl std::error::Error for UnknownRole {}

impl FromStr for AdminRole {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let named = |role: &&Self| role.as_str() == text;
        Self::ALL.iter().find(named).copied().ok_or(UnknownRole)
    }
}

macro_rules! acts {
    ($($(#[$doc:meta])* $variant:ident = $word:literal;)+) => {
        /// What is done to the server from outside its rooms.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AdminAct { $($(#[$doc])* $variant),+ }

        impl AdminAct {
            /// All acts.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// A stable word for logs and APIs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

acts! {
    /// See users, groups and who is signed in.
    ReadUsers = "read-users";
    /// See categories, rooms and their lists; not what is said in them.
    ReadRooms = "read-rooms";
    /// See settings and tokens, without what is secret of them.
    ReadSettings = "read-settings";
    /// See how the server is doing.
    ReadStatus = "read-status";
    /// See what was done to the server, and by whom.
    ReadAudit = "read-audit";
    /// Change users, passwords and groups; sign users out.
    ChangeUsers = "change-users";
    /// Change categories, rooms, lists, add-ins and barriers.
    ChangeRooms = "change-rooms";
    /// Remove or replace messages, clear rooms.
    ChangeMessages = "change-messages";
    /// Change settings and certificates.
    ChangeSettings = "change-settings";
    /// Add and remove tokens; see [`decide_token`].
    ManageTokens = "manage-tokens";
    /// Search and read compliance records.
    ReadCompliance = "read-compliance";
    /// Export compliance records.
    ExportCompliance = "export-compliance";
    /// Place and lift holds.
    HoldCompliance = "hold-compliance";
    /// Set how long compliance records are kept, and destroy those whose time is over.
    RetireCompliance = "retire-compliance";
    /// Change adapters, matters and the key of compliance.
    ChangeCompliance = "change-compliance";
}

impl fmt::Display for AdminAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Decides whether a role may do this.
#[must_use]
pub fn decide_admin(role: AdminRole, act: AdminAct) -> Verdict {
    use AdminAct as Act;
    use AdminRole as Role;
    let rule = match (role, act) {
        (
            Role::Administrator,
            Act::ReadCompliance
            | Act::ExportCompliance
            | Act::HoldCompliance
            | Act::RetireCompliance
            | Act::ChangeCompliance,
        ) => Rule::OfficersOnly,
        (Role::Administrator, _) => Rule::Administrator,

        (
            Role::ComplianceOfficer,
            Act::ReadUsers
            | Act::ReadRooms
            | Act::ReadSettings
            | Act::ReadStatus
            | Act::ReadAudit
            | Act::ReadCompliance
            | Act::ExportCompliance
            | Act::HoldCompliance
            | Act::RetireCompliance
            | Act::ChangeCompliance,
        ) => Rule::ComplianceOfficer,
        (Role::ComplianceOfficer, _) => Rule::AdministratorsOnly,

        (Role::UserAdministrator, Act::ReadUsers | Act::ReadStatus | Act::ChangeUsers) => {
            Rule::UserAdministrator
        }
        (Role::UserAdministrator, _) => Rule::UsersOnly,

        (
            Role::Auditor,
            Act::ReadUsers | Act::ReadRooms | Act::ReadSettings | Act::ReadStatus | Act::ReadAudit,
        ) => Rule::Auditor,
        (Role::Auditor, Act::ReadCompliance) => Rule::OfficersOnly,
        (Role::Auditor, _) => Rule::AuditorsOnlyRead,
    };
    rule.into()
}

/// Decides whether a role may add or remove a token of role `of`. `on_machine` says that he proved himself as a user of
/// the server's machine and not by a token.
///
/// A compliance officer's token is given and taken on the machine only: an administrator from elsewhere could otherwise
/// make himself an officer by one more token, or put the officer out.
#[must_use]
pub fn decide_token(role: AdminRole, on_machine: bool, of: AdminRole) -> Verdict {
    let verdict = decide_admin(role, AdminAct::ManageTokens);
    if verdict.allowed && of == AdminRole::ComplianceOfficer && !on_machine {
        return Rule::OfficersOnMachine.into();
    }
    verdict
}
