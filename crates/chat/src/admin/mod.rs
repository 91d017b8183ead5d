//! What administrators and managers do: each action is checked against the working set and becomes a `Plan` of row
//! changes and one record. `settle` adds what follows from it: entries that may no longer be in their lists. The sequencer
//! commits all of that together and then repeats the changes in memory.

mod addin;
mod alias;
mod authorise;
mod barrier;
mod by;
mod category;
mod configuration;
mod group;
mod known;
mod message;
mod policy;
mod role;
mod room;
mod settle;
mod token;
mod uri;
mod user;

pub use barrier::NewBarrier;
pub use by::By;
pub use category::{CategoryChange, NewCategory};
pub use configuration::ConfigurationChange;
pub(crate) use known::known;
pub use policy::PolicyChange;
pub use role::NodeName;
pub use room::{NewRoom, RoomChange};
pub(crate) use settle::{Resources, settle};
pub use token::{MAX_TOKEN_NAME_CHARS, TokenChange};
pub use user::UserChange;

use causerie_model::{
    Audit, Catalogue, Cause, ChainId, Change, ChatId, Event, GroupKind, Message, Node, PrincipalId, Random,
    Role, RoomId, Scope, SipAddress, Subject, Timestamp,
    limits::{MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, MAX_URL_BYTES},
    principal_of_guid,
};
use causerie_policy::Rule;
use causerie_store::StoreError;
use std::{fmt, sync::Arc};
use thiserror::Error;
use uuid::Uuid;

/// Most actions that may be carried out together.
pub const MAX_ACTIONS: usize = 1_000;

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
        /// Its name, unique. A domain's is the domain.
        name: String,
        /// What kind of container it is.
        kind: GroupKind,
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
    /// A new information barrier.
    AddBarrier(NewBarrier),
    /// A barrier goes.
    RemoveBarrier {
        /// Which.
        name: String,
    },
    /// A page is registered for rooms to choose.
    AddAddin {
        /// Its name, unique.
        name: String,
        /// An absolute http or https URL.
        url: String,
    },
    /// Another name or page for an add-in.
    ChangeAddin {
        /// Which.
        name: String,
        /// Its name from now on, if it changes.
        new_name: Option<String>,
        /// Its page from now on, if it changes.
        url: Option<String>,
    },
    /// An add-in that no room has goes.
    RemoveAddin {
        /// Which.
        name: String,
    },
    /// A policy is made or changed.
    SetPolicy {
        /// Whom it is for: global, a site, or those to whom it is granted by its tag.
        scope: Scope,
        /// What changes.
        change: PolicyChange,
    },
    /// A policy goes; the global one is as it was at first.
    RemovePolicy {
        /// Whom it is for.
        scope: Scope,
    },
    /// Settings are made or changed.
    SetConfiguration {
        /// What they are for: global, a site, or one server.
        scope: Scope,
        /// What changes.
        change: ConfigurationChange,
    },
    /// Settings go; what they said is as the next wider scope has it.
    RemoveConfiguration {
        /// What they are for.
        scope: Scope,
    },
    /// Another address under which clients find the service.
    AddAlias {
        /// The address. No user may have it.
        address: SipAddress,
        /// What people see.
        display_name: String,
    },
    /// An alias goes.
    RemoveAlias {
        /// Which.
        address: SipAddress,
    },
    /// Messages go from a room's history, or get another text.
    RetouchMessages {
        /// The room.
        room: String,
        /// The messages, as they are.
        messages: Vec<Arc<Message>>,
        /// The text instead; `None`: they go.
        replacement: Option<String>,
    },
    /// Somebody is about to be told how many messages of a room match a query. Only the record of it: whoever may count
    /// what he likes reads by guessing, and that must not go unrecorded.
    CountMessages {
        /// The room.
        room: String,
        /// What was searched for, in words.
        query: String,
        /// How many match.
        found: u64,
        /// They were only counted.
        rehearsal: bool,
    },
    /// Something was done, or is about to be, that this service has no part in. Only the record of it.
    Note(Told),
    /// All messages of a room up to a moment go.
    ClearRoom {
        /// The room.
        room: String,
        /// The moment, inclusive.
        until: Timestamp,
        /// How many there are at least.
        count: u64,
    },
    /// Messages of a room go whose records retention has destroyed.
    EraseMessages {
        /// The room. It may have been removed.
        room: RoomId,
        /// Their numbers; they are there.
        messages: Vec<ChatId>,
        /// The records that it follows.
        cause: Cause,
        /// Where it was asked from.
        origin: String,
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
    /// By name or URI (`ma-grp:guid@u.g`).
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
    #[error("there is {} {kind} '{name}' already", article(kind))]
    Duplicate {
        /// user, group, category or room.
        kind: &'static str,
        /// As it was named.
        name: String,
    },
    /// It doesn't fit what there is; the text says what is in the way.
    #[error("{0}")]
    Invalid(String),
    /// There are as many already as may be; the text says of what, and how many.
    #[error("{0}")]
    Limit(String),
    /// Rooms are in categories, not beside them.
    #[error("a room must be in a category, not directly under the root")]
    UnderRoot,
    /// Somebody else changed it meanwhile: what is to be changed isn't what the asker saw.
    #[error("{kind} '{name}' was changed by {by} at {at}: look at it again (it is at version {version} now)")]
    Stale {
        /// category or room.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Who changed it last.
        by: String,
        /// When.
        at: Timestamp,
        /// The version that it has.
        version: u64,
    },
    /// One of several actions isn't possible, so that none was done.
    #[error("action {number}: {error}")]
    InBatch {
        /// Which, from 1.
        number: usize,
        /// Why.
        error: Box<ActionError>,
    },
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

impl ActionError {
    /// A short stable name for logs and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not-found",
            Self::Duplicate { .. } => "exists",
            Self::Invalid(_) => "invalid",
            Self::Limit(_) => "limit",
            Self::UnderRoot => "under-root",
            Self::Stale { .. } => "stale",
            Self::InBatch { error, .. } => error.name(),
            Self::Denied(rule) | Self::OutOfScope { rule, .. } => rule.as_str(),
            Self::Store(_) => "store",
            Self::Stopped => "stopping",
        }
    }
}

/// "a" or "an".
fn article(kind: &str) -> &'static str {
    if kind.starts_with('a') { "an" } else { "a" }
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

/// One change that an action made, or would make: what its record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What kind of change: `room.add`, `member.grant`, `lists.trim` …
    pub what: String,
    /// What it is done to.
    pub target: String,
    /// How it was; empty for something new.
    pub before: String,
    /// How it is afterwards; empty for something gone.
    pub after: String,
}

/// An action as rows and a record.
pub(crate) struct Plan {
    changes: Vec<Change>,
    chain: ChainId,
    told: Told,
    /// What happened besides, in the same chain.
    also: Vec<Event>,
    /// The record is all that there is to do.
    record_only: bool,
    /// What happened besides says all of it: there is no `CHANGED` record.
    is_told_by_others: bool,
}

impl Plan {
    fn new(changes: Vec<Change>, chain: ChainId, what: &str, target: impl fmt::Display) -> Self {
        Self {
            changes,
            chain,
            told: Told {
                what: what.to_owned(),
                target: target.to_string(),
                before: String::new(),
                after: String::new(),
            },
            also: Vec::new(),
            record_only: false,
            is_told_by_others: false,
        }
    }

    fn from(mut self, text: impl fmt::Display) -> Self {
        self.told.before = text.to_string();
        self
    }

    fn to(mut self, text: impl fmt::Display) -> Self {
        self.told.after = text.to_string();
        self
    }
}

impl Told {
    fn event(self, origin: &str, subject: Option<Subject>) -> Event {
        Event::Changed {
            what: self.what,
            target: self.target,
            before: self.before,
            after: self.after,
            origin: origin.to_owned(),
            subject,
        }
    }
}

/// The room of a chain, or the category that is changed, as the working set has it.
fn subject(catalogue: &Catalogue, chain: ChainId, changes: &[Change]) -> Option<Subject> {
    let category = |id| {
        let found = catalogue.category(id)?;
        Some((found.guid, found.name.clone()))
    };
    match chain {
        ChainId::Room(id) => {
            let room = catalogue.room(id)?;
            let (guid, name) = category(room.category)?;
            Some(Subject::Room {
                guid: room.guid,
                name: room.name.clone(),
                category: guid,
                category_name: name,
            })
        }
        ChainId::System => {
            let id = changes.iter().find_map(|change| match change {
                Change::PutCategory(found) => Some(found.id),
                Change::RemoveCategory(id) => Some(*id),
                Change::Revoke {
                    node: Node::Category(id),
                    ..
                } => Some(*id),
                _ => None,
            })?;
            category(id).map(|(guid, name)| Subject::Category { guid, name })
        }
        ChainId::Compliance => None,
    }
}

/// What planning needs besides the working set.
pub(crate) struct Context<'a> {
    catalogue: &'a Catalogue,
    random: &'a dyn Random,
    highest_room: RoomId,
    by: &'a By,
    now: Timestamp,
    max_rooms: usize,
    max_categories: usize,
    /// The identity of the database. The root, under which the categories are, has it too.
    database: Uuid,
}

impl Context<'_> {
    fn made(&self) -> Audit {
        Audit::made(&self.by.actor.to_string(), self.now)
    }

    fn changed(&self, audit: &Audit) -> Audit {
        audit.changed(&self.by.actor.to_string(), self.now)
    }
}

/// Refuses a change of something that isn't at the version that the asker saw.
fn fresh(kind: &'static str, name: &str, audit: &Audit, seen: Option<u64>) -> Result<(), ActionError> {
    if seen.is_none_or(|seen| seen == audit.version) {
        return Ok(());
    }
    Err(ActionError::Stale {
        kind,
        name: name.to_owned(),
        by: audit.updated_by.clone(),
        at: audit.updated_on,
        version: audit.version,
    })
}

/// Checks an action and turns it into rows and a record.
fn plan(action: &Action, context: &Context<'_>) -> Result<Plan, ActionError> {
    authorise::authorise(context, action)?;
    match action {
        Action::AddUser {
            address,
            display_name,
        } => user::add(context, address, display_name),
        Action::ChangeUser { address, change } => user::change(context, address, change),
        Action::RemoveUser { address } => user::remove(context, address),
        Action::SetPassword { address } => user::set_password(context, address),
        Action::AddGroup { name, kind } => group::add(context, name, *kind),
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
        Action::AddBarrier(new) => barrier::add(context, new),
        Action::RemoveBarrier { name } => barrier::remove(context, name),
        Action::AddAddin { name, url } => addin::add(context, name, url),
        Action::ChangeAddin { name, new_name, url } => {
            addin::change(context, name, new_name.as_deref(), url.as_deref())
        }
        Action::RemoveAddin { name } => addin::remove(context, name),
        Action::SetPolicy { scope, change } => policy::set(context, scope, change),
        Action::RemovePolicy { scope } => policy::remove(context, scope),
        Action::SetConfiguration { scope, change } => configuration::set(context, scope, change),
        Action::RemoveConfiguration { scope } => configuration::remove(context, scope),
        Action::AddAlias {
            address,
            display_name,
        } => alias::add(context, address, display_name),
        Action::RemoveAlias { address } => alias::remove(context, address),
        Action::RetouchMessages {
            room,
            messages,
            replacement,
        } => message::retouch(context, room, messages, replacement.as_deref()),
        Action::CountMessages {
            room,
            query,
            found,
            rehearsal,
        } => message::count(context, room, query, *found, *rehearsal),
        Action::Note(told) => Ok(Plan {
            told: told.clone(),
            record_only: true,
            ..Plan::new(vec![], ChainId::System, &told.what, &told.target)
        }),
        Action::ClearRoom { room, until, count } => message::clear(context, room, *until, *count),
        Action::EraseMessages {
            room,
            messages,
            cause,
            origin,
        } => Ok(message::erase(*room, messages, *cause, origin)),
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

fn principal(context: &Context<'_>, name: &PrincipalName) -> Result<PrincipalId, ActionError> {
    match name {
        PrincipalName::User(address) => context
            .catalogue
            .user_by_address(address)
            .map(|user| user.id)
            .ok_or_else(|| ActionError::NotFound {
                kind: "user",
                name: address.to_string(),
            }),
        PrincipalName::Group(name) => group::find(context, name).map(|group| group.id),
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
    if let Some(scheme) = uri::scheme(name) {
        return Err(ActionError::Invalid(format!(
            "a {kind}'s name can't begin with '{scheme}'"
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

/// An absolute http or https URL that isn't too long.
fn clean_url(url: &str) -> Result<String, ActionError> {
    let url = url.trim();
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    let is_good = |c: char| c.is_ascii_graphic() && !"<>\"{}|\\^`".contains(c);
    if host.is_none_or(str::is_empty) || url.len() > MAX_URL_BYTES || !url.chars().all(is_good) {
        return Err(ActionError::Invalid(format!(
            "'{url}' is no http or https URL of at most {MAX_URL_BYTES} characters"
        )));
    }
    Ok(url.to_owned())
}
