//! The rules by name.

use causerie_model::{BarrierId, Node, PrincipalId, Role};
use std::fmt;

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident = $allows:literal, $code:literal, $sentence:literal;)+) => {
        /// The rule that decided.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $($(#[$doc])* $variant),+ }

        impl Rule {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Whether a decision by this rule is a yes. Each rule says only one of the two.
            #[must_use]
            pub const fn allows(self) -> bool {
                match self { $(Self::$variant => $allows),+ }
            }

            /// A stable code for logs, metrics and APIs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence),+ }
            }
        }
    };
}

rules! {
    /// The room is open, and who asks is in scope.
    OpenRoom = true, "open-room", "The room is open to everyone in its category's scope.";
    /// In the category's scope, which is enough for this.
    InScope = true, "in-scope", "This is open to everyone in the category's scope.";
    /// On the room's member list, himself or by a group.
    Member = true, "member", "This is open to members of the room.";
    /// On the room's manager list.
    Manager = true, "manager", "This is open to managers of the room.";
    /// On the auditorium's presenter list, and may enter it.
    Presenter = true, "presenter", "This is open to presenters of the auditorium.";
    /// On the category's list of creators.
    Creator = true, "creator", "This is open to creators of the category.";
    /// The user's policy lets him use rooms.
    ChatEnabled = true, "chat-enabled", "The user's policy enables persistent chat.";
    /// The room is enabled.
    RoomEnabled = true, "room-enabled", "The room is enabled.";
    /// No barrier keeps who asks from those who may enter the room.
    NoBarrier = true, "no-barrier", "No information barrier is in the way.";
    /// An entry that sets a category's scope isn't itself bound by it.
    SetsScope = true, "sets-scope", "Any user or group may be used to set a category's scope.";
    /// The role of administrators allows it.
    Administrator = true, "administrator", "This is an administrator's to do.";
    /// The role of compliance officers allows it.
    ComplianceOfficer = true, "compliance-officer", "This is a compliance officer's to do.";
    /// The role of user administrators allows it.
    UserAdministrator = true, "user-administrator", "This is a user administrator's to do.";
    /// The role of auditors allows it.
    Auditor = true, "auditor", "This is an auditor's to read.";

    /// All that was said is recorded for compliance, or will be soon.
    ComplianceKeepsUp = true, "compliance-keeps-up", "Compliance keeps up with what is said.";
    /// The category takes messages whether or not compliance keeps up.
    ComplianceMayLag = true, "compliance-may-lag", "The category takes messages while compliance is behind.";

    /// No user has this id.
    UserUnknown = false, "user-unknown", "There is no such user.";
    /// The user is disabled.
    UserDisabled = false, "user-disabled", "The user's account is disabled.";
    /// The user's policy doesn't let him use rooms.
    ChatNotEnabled = false, "chat-not-enabled", "The user's policy does not enable persistent chat.";
    /// An information barrier stands between who asks and those who may enter the room.
    BehindBarrier = false, "behind-barrier", "An information barrier stands between this user or group and people who may enter the room.";
    /// Neither a user nor a group has this id.
    PrincipalUnknown = false, "principal-unknown", "There is no such user or group.";
    /// No room has this id.
    NoSuchRoom = false, "no-such-room", "There is no such room.";
    /// No category has this id.
    NoSuchCategory = false, "no-such-category", "There is no such category.";
    /// On the category's Denied list, himself or by a group.
    DeniedByCategory = false, "denied-by-category", "The category is closed to this user or group.";
    /// Not on the category's Allowed list.
    OutOfScope = false, "out-of-scope", "This user or group is not in the category's scope.";
    /// The room is secret, and who asks is neither a member nor a manager.
    SecretRoomHidden = false, "secret-room-hidden", "The room is secret and can be seen by its members and managers only.";
    /// The room is disabled.
    RoomDisabled = false, "room-disabled", "The room is disabled.";
    /// Not on the room's member list.
    NotAMember = false, "not-a-member", "Only members of the room may do this.";
    /// Not on the room's manager list.
    NotAManager = false, "not-a-manager", "Only managers of the room may do this.";
    /// Not on the auditorium's presenter list.
    NotAPresenter = false, "not-a-presenter", "Only presenters may post in an auditorium.";
    /// Not on the category's list of creators.
    NotACreator = false, "not-a-creator", "Only creators of the category may create rooms in it.";
    /// Too much waits for the compliance service, and the category is closed meanwhile.
    ComplianceBehind = false, "compliance-behind", "The category takes no messages while compliance is behind.";
    /// The role is one of categories and the node a room, or the other way round.
    RoleDoesNotFit = false, "role-does-not-fit", "This role cannot be held here.";
    /// A normal room has no presenters.
    NotAnAuditorium = false, "not-an-auditorium", "Only auditoriums have presenters.";
    /// An act of administrators by another role.
    AdministratorsOnly = false, "administrators-only", "Only administrators may do this.";
    /// An act of compliance officers by another role.
    OfficersOnly = false, "officers-only", "Only compliance officers may do this.";
    /// A user administrator did something that isn't about users and groups.
    UsersOnly = false, "users-only", "User administrators may read and change users and groups only.";
    /// An auditor did something other than reading.
    AuditorsOnlyRead = false, "auditors-only-read", "Auditors may read and change nothing.";
    /// A compliance officer's token was to be given or taken from elsewhere than the server's machine.
    OfficersOnMachine = false, "officers-on-machine", "Tokens of compliance officers are given and taken on the server's machine only.";
}

impl Rule {
    /// Whether this answer to a question about a room must look like that about a room that doesn't exist, since who
    /// asks isn't to know that it does.
    #[must_use]
    pub const fn hides(self) -> bool {
        matches!(
            self,
            Self::NoSuchRoom
                | Self::SecretRoomHidden
                | Self::DeniedByCategory
                | Self::OutOfScope
                | Self::BehindBarrier
        )
    }

    /// Whether a refusal by this rule is somebody stopped at a wall: what auditors want to see.
    #[must_use]
    pub const fn is_wall(self) -> bool {
        matches!(
            self,
            Self::DeniedByCategory | Self::OutOfScope | Self::BehindBarrier | Self::SecretRoomHidden
        )
    }

    /// The rule that who asked about a room may be told: this one, or [`Rule::NoSuchRoom`] if it [hides](Self::hides)
    /// the room. Gateways answer with this; logs and administrators get the rule itself.
    #[must_use]
    pub const fn told(self) -> Self {
        if self.hides() { Self::NoSuchRoom } else { self }
    }
}

/// One sentence for people.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.sentence())
    }
}

/// An entry in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where.
    pub node: Node,
    /// In which list.
    pub role: Role,
    /// Who is listed.
    pub principal: PrincipalId,
}

/// A decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Yes or no.
    pub allowed: bool,
    /// Why.
    pub rule: Rule,
    /// The entry that decided, if one did.
    pub entry: Option<Entry>,
    /// The barrier that decided, if one did.
    pub barrier: Option<BarrierId>,
}

impl Verdict {
    pub(crate) fn by_entry(rule: Rule, node: Node, role: Role, principal: PrincipalId) -> Self {
        Self {
            entry: Some(Entry {
                node,
                role,
                principal,
            }),
            ..rule.into()
        }
    }
}

impl From<Rule> for Verdict {
    fn from(rule: Rule) -> Self {
        Self {
            allowed: rule.allows(),
            rule,
            entry: None,
            barrier: None,
        }
    }
}
