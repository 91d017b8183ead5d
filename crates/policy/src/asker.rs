//! What a user may do.

use crate::{
    Rule, Verdict,
    barrier::{self, Wall},
};
use causerie_model::{
    Catalogue, CategoryId, Node, Permissions, PrincipalId, Privacy, Role, Room, RoomId, RoomType,
};
use std::{collections::BTreeSet, str::FromStr, sync::Arc};

/// Something to do with a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Find it and see its card.
    See,
    /// Enter it.
    Join,
    /// Post in it.
    Post,
    /// Read and search its messages.
    ReadHistory,
    /// Change its properties and lists.
    Manage,
}

impl Action {
    /// All actions.
    pub const ALL: &[Self] = &[Self::See, Self::Join, Self::Post, Self::ReadHistory, Self::Manage];

    /// The action as commands and APIs name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::See => "see",
            Self::Join => "join",
            Self::Post => "post",
            Self::ReadHistory => "read-history",
            Self::Manage => "manage",
        }
    }
}

impl FromStr for Action {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|action| action.as_str() == text);
        known.copied().ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|action| action.as_str()).collect();
            format!("'{text}' is none of {}", names.join(", "))
        })
    }
}

/// Something to do with a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CategoryAction {
    /// Create a room in it.
    CreateRoom,
}

impl CategoryAction {
    /// The action as commands and APIs name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateRoom => "create-room",
        }
    }
}

/// Decides whether a user may do something with a room, or with one that doesn't exist.
#[must_use]
pub fn decide(catalogue: &Catalogue, who: PrincipalId, action: Action, room: RoomId) -> Verdict {
    Asker::new(catalogue, who).decide(action, room)
}

/// Decides whether a user may do something with a category.
#[must_use]
pub fn decide_category(
    catalogue: &Catalogue,
    who: PrincipalId,
    action: CategoryAction,
    category: CategoryId,
) -> Verdict {
    Asker::new(catalogue, who).decide_category(action, category)
}

/// What a user may do in a room, as the mask that the wire shows. Defined by [`decide`].
#[must_use]
pub fn permissions(catalogue: &Catalogue, who: PrincipalId, room: RoomId) -> Permissions {
    Asker::new(catalogue, who).permissions(room)
}

/// What is looked at on the way to a decision, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// The user exists, is enabled, and his policy lets him use rooms.
    Account,
    /// He is in the scope of the room's category.
    Scope,
    /// No information barrier is in the way.
    Barrier,
    /// He may know that the room exists.
    Visibility,
    /// The room isn't disabled.
    Enabled,
    /// The lists of the room or category let him do it.
    Lists,
}

impl Check {
    /// The check as commands and APIs name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Scope => "scope",
            Self::Barrier => "barrier",
            Self::Visibility => "visibility",
            Self::Enabled => "enabled",
            Self::Lists => "lists",
        }
    }
}

/// One user with his groups looked up, for many questions about him, such as a search over all rooms.
#[derive(Clone, Debug)]
pub struct Asker<'a> {
    catalogue: &'a Catalogue,
    /// Nobody does anything who isn't an enabled user.
    account: Result<(), Rule>,
    affiliations: Arc<[PrincipalId]>,
    walls: Vec<Wall>,
}

impl<'a> Asker<'a> {
    /// Looks up a user and his groups, as they are in this state of the catalogue.
    #[must_use]
    pub fn new(catalogue: &'a Catalogue, who: PrincipalId) -> Self {
        let affiliations = catalogue.affiliations(who);
        Self {
            catalogue,
            account: account(catalogue, who),
            walls: barrier::walls(catalogue, &affiliations),
            affiliations,
        }
    }

    /// [`decide`] for this user.
    #[must_use]
    pub fn decide(&self, action: Action, room: RoomId) -> Verdict {
        self.trace(action, room, &mut |_, _| {})
    }

    /// [`decide_category`] for this user.
    #[must_use]
    pub fn decide_category(&self, action: CategoryAction, category: CategoryId) -> Verdict {
        self.trace_category(action, category, &mut |_, _| {})
    }

    /// Decides about a category, and tells each check on the way.
    pub(crate) fn trace_category(
        &self,
        action: CategoryAction,
        category: CategoryId,
        told: &mut impl FnMut(Check, Verdict),
    ) -> Verdict {
        let mut check = |check, result: Result<Verdict, Verdict>| {
            told(check, result.unwrap_or_else(|refusal| refusal));
            result
        };
        let mut decide = || {
            let account = self.account.map(|()| Rule::ChatEnabled.into());
            check(Check::Account, account.map_err(Verdict::from))?;
            self.catalogue.category(category).ok_or(Rule::NoSuchCategory)?;
            check(
                Check::Scope,
                in_scope(self.catalogue, category, &self.affiliations),
            )?;
            let CategoryAction::CreateRoom = action;
            let node = Node::Category(category);
            let creator = self.listed(node, Role::Creator, Rule::Creator, Rule::NotACreator);
            check(Check::Lists, creator)
        };
        decide().unwrap_or_else(|refusal| refusal)
    }

    pub(crate) fn catalogue(&self) -> &'a Catalogue {
        self.catalogue
    }

    pub(crate) fn account_verdict(&self) -> Verdict {
        self.account
            .map_or_else(Verdict::from, |()| Rule::ChatEnabled.into())
    }

    /// [`permissions`] for this user.
    ///
    /// A client reads it together with the room's type: [`Permissions::CHAT`] speaks of normal rooms only, and whoever
    /// may enter an auditorium holds it there to no effect; in an auditorium [`Permissions::CHAT_IN_AUDITORIUM`] is
    /// what lets him post.
    #[must_use]
    pub fn permissions(&self, room: RoomId) -> Permissions {
        let auditorium = self
            .catalogue
            .room(room)
            .is_some_and(|room| room.room_type == RoomType::Auditorium);
        let may = |action| self.decide(action, room).allowed;
        let (see, join, post, manage) = (
            may(Action::See),
            may(Action::Join),
            may(Action::Post),
            may(Action::Manage),
        );
        [
            (see, Permissions::SEE),
            (join, Permissions::JOIN),
            (may(Action::ReadHistory), Permissions::READ_HISTORY),
            (if auditorium { join } else { post }, Permissions::CHAT),
            (auditorium && post, Permissions::CHAT_IN_AUDITORIUM),
            (manage, Permissions::MANAGE),
            (manage && see, Permissions::BYPASS_VISIBILITY),
        ]
        .into_iter()
        .filter(|(held, _)| *held)
        .fold(Permissions::NONE, |mask, (_, bit)| mask | bit)
    }

    /// The rooms in whose list with this role the user is, himself or by a group, by row. Says nothing of what he may do
    /// there.
    #[must_use]
    pub fn rooms_with(&self, role: Role) -> BTreeSet<RoomId> {
        let entries = self
            .affiliations
            .iter()
            .flat_map(|id| self.catalogue.entries(*id));
        entries
            .filter_map(|(node, held)| match node {
                Node::Room(room) if held == role => Some(room),
                _ => None,
            })
            .collect()
    }

    /// Decides, and tells each check on the way.
    pub(crate) fn trace(
        &self,
        action: Action,
        room: RoomId,
        told: &mut impl FnMut(Check, Verdict),
    ) -> Verdict {
        self.by_rule(action, room, told).unwrap_or_else(|refusal| refusal)
    }

    /// The rule that allows, or the one that refuses. The order matters: whoever may not know that a room exists gets
    /// no answer that depends on anything else about it.
    fn by_rule(
        &self,
        action: Action,
        room: RoomId,
        told: &mut impl FnMut(Check, Verdict),
    ) -> Result<Verdict, Verdict> {
        let mut check = |check, result: Result<Verdict, Verdict>| {
            told(check, result.unwrap_or_else(|refusal| refusal));
            result
        };
        let account = self.account.map(|()| Rule::ChatEnabled.into());
        check(Check::Account, account.map_err(Verdict::from))?;
        let room = self.catalogue.room(room).ok_or(Rule::NoSuchRoom)?;
        check(
            Check::Scope,
            in_scope(self.catalogue, room.category, &self.affiliations),
        )?;
        check(
            Check::Barrier,
            barrier::open_way(self.catalogue, &self.walls, room),
        )?;
        let seen = check(Check::Visibility, self.sees(room))?;
        let node = Node::Room(room.id);
        if action == Action::Manage {
            let manager = self.listed(node, Role::Manager, Rule::Manager, Rule::NotAManager);
            return check(Check::Lists, manager);
        }
        let enabled = if room.disabled {
            Err(Rule::RoomDisabled.into())
        } else {
            Ok(Rule::RoomEnabled.into())
        };
        check(Check::Enabled, enabled)?;
        let enters = || enters(self.catalogue, room, &self.affiliations);
        match action {
            Action::See => Ok(seen),
            Action::Post if room.room_type == RoomType::Auditorium => {
                check(Check::Lists, enters())?;
                let presenter = self.listed(node, Role::Presenter, Rule::Presenter, Rule::NotAPresenter);
                check(Check::Lists, presenter)
            }
            Action::Join | Action::Post | Action::ReadHistory | Action::Manage => {
                check(Check::Lists, enters())
            }
        }
    }

    fn sees(&self, room: &Room) -> Result<Verdict, Verdict> {
        let node = Node::Room(room.id);
        match room.privacy {
            Privacy::Open => Ok(Rule::OpenRoom.into()),
            Privacy::Closed => Ok(Rule::InScope.into()),
            Privacy::Secret => self
                .listed(node, Role::Member, Rule::Member, Rule::SecretRoomHidden)
                .or_else(|hidden| self.listed(node, Role::Manager, Rule::Manager, hidden.rule)),
        }
    }

    fn listed(&self, node: Node, role: Role, yes: Rule, no: Rule) -> Result<Verdict, Verdict> {
        listed(self.catalogue, node, role, &self.affiliations)
            .map(|principal| Verdict::by_entry(yes, node, role, principal))
            .ok_or_else(|| no.into())
    }
}

/// Decides whether a user may use rooms at all.
#[must_use]
pub fn may_chat(catalogue: &Catalogue, who: PrincipalId) -> Verdict {
    match account(catalogue, who) {
        Ok(()) => Rule::ChatEnabled.into(),
        Err(rule) => rule.into(),
    }
}

fn account(catalogue: &Catalogue, who: PrincipalId) -> Result<(), Rule> {
    let user = catalogue.user(who).ok_or(Rule::UserUnknown)?;
    if !user.enabled {
        return Err(Rule::UserDisabled);
    }
    if catalogue.policy_of(user).enable_persistent_chat {
        Ok(())
    } else {
        Err(Rule::ChatNotEnabled)
    }
}

/// The first of these principals that has the role on the node.
fn listed(
    catalogue: &Catalogue,
    node: Node,
    role: Role,
    affiliations: &[PrincipalId],
) -> Option<PrincipalId> {
    catalogue.first_listed(node, role, affiliations)
}

/// The scope rule: on Allowed and not on Denied.
pub(crate) fn in_scope(
    catalogue: &Catalogue,
    category: CategoryId,
    affiliations: &[PrincipalId],
) -> Result<Verdict, Verdict> {
    let node = Node::Category(category);
    if let Some(denied) = listed(catalogue, node, Role::Denied, affiliations) {
        return Err(Verdict::by_entry(
            Rule::DeniedByCategory,
            node,
            Role::Denied,
            denied,
        ));
    }
    listed(catalogue, node, Role::Allowed, affiliations)
        .map(|allowed| Verdict::by_entry(Rule::InScope, node, Role::Allowed, allowed))
        .ok_or_else(|| Rule::OutOfScope.into())
}

/// The membership rule, for those in scope: everyone is a member of an open room, and who is listed of others.
pub(crate) fn enters(
    catalogue: &Catalogue,
    room: &Room,
    affiliations: &[PrincipalId],
) -> Result<Verdict, Verdict> {
    if room.privacy == Privacy::Open {
        return Ok(Rule::OpenRoom.into());
    }
    let node = Node::Room(room.id);
    listed(catalogue, node, Role::Member, affiliations)
        .map(|member| Verdict::by_entry(Rule::Member, node, Role::Member, member))
        .ok_or_else(|| Rule::NotAMember.into())
}
