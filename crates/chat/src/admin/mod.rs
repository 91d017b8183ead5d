//! What administrators and managers do: each action is checked against the working set and becomes a `Plan` of row
//! changes and one record. The sequencer commits both together and then repeats the changes in memory.

mod category;
mod group;
mod role;
mod room;
mod token;
mod user;

pub use category::{CategoryChange, NewCategory};
pub use role::NodeName;
pub use room::{NewRoom, RoomChange};
pub use token::{MAX_TOKEN_NAME_CHARS, TokenChange};
pub use user::UserChange;

use causerie_model::{
    Catalogue, ChainId, Change, Event, PrincipalId, Random, Role, RoomId, SipAddress,
    limits::{MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS},
};
use causerie_policy::Rule;
use causerie_store::StoreError;
use std::fmt;
use thiserror::Error;

/// One action.
#[derive(Clone, Debug)]
pub enum Action {
    /// A new user. He can sign in once he has a password.
    AddUser {
        /// His address, unique.
        address: SipAddress,
        /// What other people see.
        display_name: String,
    },
    /// New properties of a user.
    ChangeUser {
        /// Who.
        address: SipAddress,
        /// What changes.
        change: UserChange,
    },
    /// A user goes, with his roles. His messages stay.
    RemoveUser {
        /// Who.
        address: SipAddress,
    },
    /// A user is about to get another password. Only the record of it: passwords are the account service's, which is to
    /// be told once this is done. Whoever sets a password can sign in as its user, and that must not go unrecorded.
    SetPassword {
        /// Whose.
        address: SipAddress,
    },
    /// A new, empty group.
    AddGroup {
        /// Its name, unique.
        name: String,
    },
    /// Another name for a group.
    RenameGroup {
        /// Which.
        name: String,
        /// Its name from now on.
        new_name: String,
    },
    /// A group goes, with its roles.
    RemoveGroup {
        /// Which.
        name: String,
    },
    /// A user or group becomes part of a group.
    AddToGroup {
        /// The group.
        group: String,
        /// Who.
        member: PrincipalName,
    },
    /// A user or group is no longer part of a group.
    RemoveFromGroup {
        /// The group.
        group: String,
        /// Who.
        member: PrincipalName,
    },
    /// A new category.
    AddCategory(NewCategory),
    /// New properties of a category.
    ChangeCategory {
        /// Which.
        name: String,
        /// What changes.
        change: CategoryChange,
    },
    /// An empty category goes.
    RemoveCategory {
        /// Which.
        name: String,
    },
    /// A new room.
    AddRoom(NewRoom),
    /// New properties of a room.
    ChangeRoom {
        /// Which.
        name: String,
        /// What changes.
        change: RoomChange,
    },
    /// A room goes. Everybody in it is put out; its messages can no longer be reached, its records stay.
    RemoveRoom {
        /// Which.
        name: String,
    },
    /// Somebody gains a role.
    Grant {
        /// Where.
        node: NodeName,
        /// Which.
        role: Role,
        /// Who.
        principal: PrincipalName,
    },
    /// Somebody loses a role.
    Revoke {
        /// Where.
        node: NodeName,
        /// Which.
        role: Role,
        /// Who.
        principal: PrincipalName,
    },
    /// A token of administration is about to be given or taken. Only the record of it.
    ChangeToken(TokenChange),
}

/// A user or a group, as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalName {
    /// By address.
    User(SipAddress),
    /// By name.
    Group(String),
}

impl fmt::Display for PrincipalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(address) => write!(f, "{address}"),
            Self::Group(name) => write!(f, "group {name}"),
        }
    }
}

/// Why an action wasn't done. Nothing has changed.
#[derive(Clone, Debug, Error)]
pub enum ActionError {
    /// What is named doesn't exist.
    #[error("there is no {kind} '{name}'")]
    NotFound {
        /// user, group, category or room.
        kind: &'static str,
        /// As it was named.
        name: String,
    },
    /// The name is taken.
    #[error("there is a {kind} '{name}' already")]
    Duplicate {
        /// user, group, category or room.
        kind: &'static str,
        /// As it was named.
        name: String,
    },
    /// It doesn't fit what there is; the text says what is in the way.
    #[error("{0}")]
    Invalid(String),
    /// The rules for lists say no.
    #[error("{}", in_a_sentence(*.0))]
    Denied(Rule),
    /// Who is to be given a role is not in the category's scope.
    #[error("{text}")]
    OutOfScope {
        /// Whether he isn't allowed or is denied.
        rule: Rule,
        /// Who and where it is, and what an administrator can do about it.
        text: String,
    },
    /// The store can't take it.
    #[error("the server can't store this now: {0}")]
    Store(StoreError),
    /// The server is ending.
    #[error("the server is ending")]
    Stopped,
}

/// A rule's sentence as a part of another.
fn in_a_sentence(rule: Rule) -> String {
    let text = rule.to_string();
    let mut rest = text.trim_end_matches('.').chars();
    let first = rest.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(rest).collect()
}

/// What an action did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It changed something.
    Changed,
    /// Everything was so already.
    Unchanged,
}

/// An action as rows and a record.
pub(crate) struct Plan {
    pub(crate) changes: Vec<Change>,
    pub(crate) chain: ChainId,
    pub(crate) event: Event,
    /// The record is all that there is to do.
    pub(crate) record_only: bool,
}

impl Plan {
    fn new(changes: Vec<Change>, chain: ChainId, what: &str, target: impl fmt::Display) -> Self {
        let event = Event::Changed {
            what: what.to_owned(),
            target: target.to_string(),
            before: String::new(),
            after: String::new(),
        };
        Self {
            changes,
            chain,
            event,
            record_only: false,
        }
    }

    fn from(mut self, text: impl fmt::Display) -> Self {
        if let Event::Changed { before, .. } = &mut self.event {
            *before = text.to_string();
        }
        self
    }

    fn to(mut self, text: impl fmt::Display) -> Self {
        if let Event::Changed { after, .. } = &mut self.event {
            *after = text.to_string();
        }
        self
    }
}

/// What planning needs besides the working set.
pub(crate) struct Context<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) random: &'a dyn Random,
    pub(crate) highest_room: RoomId,
}

/// Checks an action and turns it into rows and a record.
pub(crate) fn plan(action: &Action, context: &Context<'_>) -> Result<Plan, ActionError> {
    match action {
        Action::AddUser {
            address,
            display_name,
        } => user::add(context, address, display_name),
        Action::ChangeUser { address, change } => user::change(context, address, change),
        Action::RemoveUser { address } => user::remove(context, address),
        Action::SetPassword { address } => user::set_password(context, address),
        Action::AddGroup { name } => group::add(context, name),
        Action::RenameGroup { name, new_name } => group::rename(context, name, new_name),
        Action::RemoveGroup { name } => group::remove(context, name),
        Action::AddToGroup { group, member } => group::add_member(context, group, member),
        Action::RemoveFromGroup { group, member } => group::remove_member(context, group, member),
        Action::AddCategory(new) => category::add(context, new),
        Action::ChangeCategory { name, change } => category::change(context, name, change),
        Action::RemoveCategory { name } => category::remove(context, name),
        Action::AddRoom(new) => room::add(context, new),
        Action::ChangeRoom { name, change } => room::change(context, name, change),
        Action::RemoveRoom { name } => room::remove(context, name),
        Action::Grant {
            node,
            role,
            principal,
        } => role::grant(context, node, *role, principal),
        Action::Revoke {
            node,
            role,
            principal,
        } => role::revoke(context, node, *role, principal),
        Action::ChangeToken(change) => token::change(change),
    }
}

fn principal(catalogue: &Catalogue, name: &PrincipalName) -> Result<PrincipalId, ActionError> {
    match name {
        PrincipalName::User(address) => {
            catalogue
                .user_by_address(address)
                .map(|user| user.id)
                .ok_or_else(|| ActionError::NotFound {
                    kind: "user",
                    name: address.to_string(),
                })
        }
        PrincipalName::Group(name) => catalogue
            .group_by_name(name)
            .map(|group| group.id)
            .ok_or_else(|| ActionError::NotFound {
                kind: "group",
                name: name.clone(),
            }),
    }
}

/// A name without blanks around it, not empty, not too long, on one line.
fn clean_name(kind: &'static str, name: &str) -> Result<String, ActionError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
        return Err(ActionError::Invalid(format!(
            "a {kind}'s name has 1 to {MAX_NAME_CHARS} characters"
        )));
    }
    if name.chars().any(char::is_control) {
        return Err(ActionError::Invalid(format!(
            "a {kind}'s name can't contain control characters"
        )));
    }
    Ok(name.to_owned())
}

fn clean_description(text: &str) -> Result<String, ActionError> {
    if text.chars().count() > MAX_DESCRIPTION_CHARS {
        return Err(ActionError::Invalid(format!(
            "a description has at most {MAX_DESCRIPTION_CHARS} characters"
        )));
    }
    if text.chars().any(char::is_control) {
        return Err(ActionError::Invalid(
            "a description can't contain control characters".to_owned(),
        ));
    }
    Ok(text.to_owned())
}
