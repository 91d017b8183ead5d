//! What a user may do.

use crate::{Rule, Verdict};
use causerie_model::{
    Catalogue, CategoryId, Node, Permissions, PrincipalId, Privacy, Role, Room, RoomId, RoomType,
};
use std::collections::BTreeSet;

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
}

/// Something to do with a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CategoryAction {
    /// Create a room in it.
    CreateRoom,
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

/// One user with his groups looked up, for many questions about him, such as a search over all rooms.
#[derive(Clone, Debug)]
pub struct Asker<'a> {
    catalogue: &'a Catalogue,
    /// Nobody does anything who isn't an enabled user.
    account: Result<(), Rule>,
    affiliations: BTreeSet<PrincipalId>,
}

impl<'a> Asker<'a> {
    /// Looks up a user and his groups, as they are in this state of the catalogue.
    #[must_use]
    pub fn new(catalogue: &'a Catalogue, who: PrincipalId) -> Self {
        let account = match catalogue.user(who) {
            None => Err(Rule::UserUnknown),
            Some(user) if !user.enabled => Err(Rule::UserDisabled),
            Some(_) => Ok(()),
        };
        Self {
            catalogue,
            account,
            affiliations: catalogue.affiliations(who),
        }
    }

    /// [`decide`] for this user.
    #[must_use]
    pub fn decide(&self, action: Action, room: RoomId) -> Verdict {
        self.by_rule(action, room)
            .unwrap_or_else(|refusal| refusal)
            .into()
    }

    /// [`decide_category`] for this user.
    #[must_use]
    pub fn decide_category(&self, action: CategoryAction, category: CategoryId) -> Verdict {
        let rule = || {
            self.account?;
            self.catalogue.category(category).ok_or(Rule::NoSuchCategory)?;
            in_scope(self.catalogue, category, &self.affiliations)?;
            let CategoryAction::CreateRoom = action;
            self.listed(
                Node::Category(category),
                Role::Creator,
                Rule::Creator,
                Rule::NotACreator,
            )
        };
        rule().unwrap_or_else(|refusal| refusal).into()
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

    /// The rule that allows, or the one that refuses. The order matters: whoever may not know that a room exists gets
    /// no answer that depends on anything else about it.
    fn by_rule(&self, action: Action, room: RoomId) -> Result<Rule, Rule> {
        self.account?;
        let room = self.catalogue.room(room).ok_or(Rule::NoSuchRoom)?;
        in_scope(self.catalogue, room.category, &self.affiliations)?;
        let seen = self.sees(room)?;
        if action == Action::Manage {
            return self.listed(
                Node::Room(room.id),
                Role::Manager,
                Rule::Manager,
                Rule::NotAManager,
            );
        }
        if room.disabled {
            return Err(Rule::RoomDisabled);
        }
        match action {
            Action::See => Ok(seen),
            Action::Post if room.room_type == RoomType::Auditorium => {
                enters(self.catalogue, room, &self.affiliations)?;
                self.listed(
                    Node::Room(room.id),
                    Role::Presenter,
                    Rule::Presenter,
                    Rule::NotAPresenter,
                )
            }
            Action::Join | Action::Post | Action::ReadHistory | Action::Manage => {
                enters(self.catalogue, room, &self.affiliations)
            }
        }
    }

    fn sees(&self, room: &Room) -> Result<Rule, Rule> {
        let node = Node::Room(room.id);
        match room.privacy {
            Privacy::Open => Ok(Rule::OpenRoom),
            Privacy::Closed => Ok(Rule::InScope),
            Privacy::Secret => self
                .listed(node, Role::Member, Rule::Member, Rule::SecretRoomHidden)
                .or_else(|hidden| self.listed(node, Role::Manager, Rule::Manager, hidden)),
        }
    }

    fn listed(&self, node: Node, role: Role, yes: Rule, no: Rule) -> Result<Rule, Rule> {
        listed(self.catalogue, node, role, &self.affiliations)
            .then_some(yes)
            .ok_or(no)
    }
}

/// Whether any of these principals has the role on the node.
fn listed(catalogue: &Catalogue, node: Node, role: Role, affiliations: &BTreeSet<PrincipalId>) -> bool {
    catalogue.first_listed(node, role, affiliations).is_some()
}

/// The scope rule: on Allowed and not on Denied.
pub(crate) fn in_scope(
    catalogue: &Catalogue,
    category: CategoryId,
    affiliations: &BTreeSet<PrincipalId>,
) -> Result<Rule, Rule> {
    let node = Node::Category(category);
    if listed(catalogue, node, Role::Denied, affiliations) {
        return Err(Rule::DeniedByCategory);
    }
    listed(catalogue, node, Role::Allowed, affiliations)
        .then_some(Rule::InScope)
        .ok_or(Rule::OutOfScope)
}

/// The membership rule, for those in scope: everyone is a member of an open room, and who is listed of others.
pub(crate) fn enters(
    catalogue: &Catalogue,
    room: &Room,
    affiliations: &BTreeSet<PrincipalId>,
) -> Result<Rule, Rule> {
    if room.privacy == Privacy::Open {
        return Ok(Rule::OpenRoom);
    }
    let member = listed(catalogue, Node::Room(room.id), Role::Member, affiliations);
    member.then_some(Rule::Member).ok_or(Rule::NotAMember)
}
