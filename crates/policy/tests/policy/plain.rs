//! The rules again, slow and obvious: plain lists, plain loops, nothing looked up and nothing remembered.

use causerie_model::{
    Barrier, CategoryId, Change, Group, GroupKind, Node, Permissions, Policy, PrincipalId, Privacy, Role,
    Room, RoomId, RoomType, Scope, User,
};
use causerie_policy::{Action, Entry, Rule, Verdict};

/// All that decisions are made from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plain {
    users: Vec<User>,
    groups: Vec<Group>,
    /// Group and what was put into it.
    nestings: Vec<(PrincipalId, PrincipalId)>,
    categories: Vec<CategoryId>,
    rooms: Vec<Room>,
    entries: Vec<(Node, Role, PrincipalId)>,
    barriers: Vec<Barrier>,
    policies: Vec<Policy>,
    /// Each principal and all in it, found anew after every change.
    insides: Vec<(PrincipalId, Vec<PrincipalId>)>,
}

impl Plain {
    pub(crate) fn apply(&mut self, change: &Change) {
        self.change(change);
        self.open_groups();
    }

    /// What these changes make of nothing.
    pub(crate) fn of(changes: &[Change]) -> Self {
        let mut plain = Self::default();
        changes.iter().for_each(|change| plain.change(change));
        plain.open_groups();
        plain
    }

    fn open_groups(&mut self) {
        let groups = self.nestings.iter().map(|(group, _)| *group);
        let groups = groups.chain(self.groups.iter().map(|group| group.id));
        self.insides = groups.map(|group| (group, self.find_inside(group))).collect();
    }

    fn change(&mut self, change: &Change) {
        match change.clone() {
            Change::PutUser(user) => {
                self.users.retain(|old| old.id != user.id);
                self.users.push(user);
            }
            Change::PutGroup(group) => {
                self.groups.retain(|old| old.id != group.id);
                self.groups.push(group);
            }
            Change::RemoveUser(id) => {
                if self.users.iter().any(|user| user.id == id) {
                    self.users.retain(|user| user.id != id);
                    self.remove_principal(id);
                }
            }
            Change::RemoveGroup(id) => {
                if self.groups.iter().any(|group| group.id == id) {
                    self.groups.retain(|group| group.id != id);
                    self.remove_principal(id);
                }
            }
            Change::AddToGroup { group, member } => self.nestings.push((group, member)),
            Change::RemoveFromGroup { group, member } => {
                self.nestings.retain(|nesting| *nesting != (group, member));
            }
            Change::PutCategory(category) => self.categories.push(category.id),
            Change::RemoveCategory(id) => {
                self.categories.retain(|old| *old != id);
                self.entries.retain(|(node, ..)| *node != Node::Category(id));
            }
            Change::PutRoom(room) => {
                self.rooms.retain(|old| old.id != room.id);
                self.rooms.push(room);
            }
            Change::RemoveRoom(id) => {
                self.rooms.retain(|room| room.id != id);
                self.entries.retain(|(node, ..)| *node != Node::Room(id));
            }
            Change::Grant {
                node,
                role,
                principal,
            } => self.entries.push((node, role, principal)),
            Change::Revoke {
                node,
                role,
                principal,
            } => self.entries.retain(|entry| *entry != (node, role, principal)),
            Change::PutBarrier(barrier) => {
                self.barriers.retain(|old| old.id != barrier.id);
                self.barriers.push(barrier);
                self.barriers.sort_by_key(|barrier| barrier.id);
            }
            Change::RemoveBarrier(id) => self.barriers.retain(|old| old.id != id),
            Change::PutPolicy(policy) => {
                self.policies.retain(|old| old.scope != policy.scope);
                self.policies.push(policy);
            }
            Change::RemovePolicy(scope) => self.policies.retain(|old| old.scope != scope),
            Change::PutAddin(_)
            | Change::RemoveAddin(_)
            | Change::PutConfiguration(_)
            | Change::RemoveConfiguration(_)
            | Change::PutAlias(_)
            | Change::RemoveAlias(_)
            | Change::Invite { .. }
            | Change::Announce(_)
            | Change::ReplaceMessage { .. }
            | Change::RemoveMessages { .. }
            | Change::ClearRoom { .. } => {}
        }
    }

    fn remove_principal(&mut self, id: PrincipalId) {
        self.nestings
            .retain(|(group, member)| *group != id && *member != id);
        self.entries.retain(|(.., principal)| *principal != id);
    }

    /// Whether a principal was put into a group, or has an address in its domain.
    pub(crate) fn is_directly_in(&self, member: PrincipalId, group: PrincipalId) -> bool {
        if self.nestings.contains(&(group, member)) {
            return true;
        }
        let mut groups = self.groups.iter();
        let Some(domain) = groups.find(|at| at.id == group && at.kind == GroupKind::Domain) else {
            return false;
        };
        let ending = format!("@{}", domain.name.to_lowercase());
        let mut users = self.users.iter();
        users.any(|user| user.id == member && user.address.to_string().ends_with(&ending))
    }

    /// A group and all in it: try everybody until nobody is added.
    fn find_inside(&self, group: PrincipalId) -> Vec<PrincipalId> {
        let put = self.nestings.iter().map(|(_, member)| *member);
        let everybody: Vec<PrincipalId> = put.chain(self.users.iter().map(|user| user.id)).collect();
        let mut inside = vec![group];
        loop {
            let next = everybody.iter().find(|id| {
                !inside.contains(id) && inside.iter().any(|group| self.is_directly_in(**id, *group))
            });
            let Some(next) = next else { return inside };
            inside.push(*next);
        }
    }

    /// A principal and all in it.
    pub(crate) fn inside(&self, principal: PrincipalId) -> Vec<PrincipalId> {
        let found = self.insides.iter().find(|(group, _)| *group == principal);
        found.map_or_else(|| vec![principal], |(_, inside)| inside.clone())
    }

    /// A principal, or a group that holds it.
    pub(crate) fn is_in(&self, principal: PrincipalId, group: PrincipalId) -> bool {
        self.inside(group).contains(&principal)
    }

    /// Two principals with somebody in common.
    pub(crate) fn share(&self, one: PrincipalId, two: PrincipalId) -> bool {
        let two = self.inside(two);
        self.inside(one).iter().any(|id| two.contains(id))
    }

    pub(crate) fn holders(&self, node: Node, role: Role) -> Vec<PrincipalId> {
        let listed = self
            .entries
            .iter()
            .filter(|(at, held, _)| (*at, *held) == (node, role));
        let mut holders: Vec<PrincipalId> = listed.map(|(.., principal)| *principal).collect();
        holders.sort();
        holders.dedup();
        holders
    }

    /// The first entry by which somebody has a role.
    fn entry(&self, who: PrincipalId, role: Role, node: Node) -> Option<Entry> {
        let holders = self.holders(node, role).into_iter();
        let mut his = holders.filter(|holder| self.is_in(who, *holder));
        his.next().map(|principal| Entry {
            node,
            role,
            principal,
        })
    }

    fn is_denied(&self, who: PrincipalId, category: CategoryId) -> bool {
        self.entry(who, Role::Denied, Node::Category(category)).is_some()
    }

    /// The list that says who may enter a room.
    fn guests(&self, room: &Room) -> (Node, Role) {
        if room.privacy == Privacy::Open {
            (Node::Category(room.category), Role::Allowed)
        } else {
            (Node::Room(room.id), Role::Member)
        }
    }

    /// The barriers that stand in a category, from both sides: those of which it denies neither side as a whole.
    fn sides(&self, category: CategoryId) -> Vec<(&Barrier, PrincipalId, PrincipalId)> {
        let mut sides = Vec::new();
        for barrier in &self.barriers {
            let [one, two] = barrier.sides;
            if !self.is_denied(one, category) && !self.is_denied(two, category) {
                sides.push((barrier, one, two));
                sides.push((barrier, two, one));
            }
        }
        sides
    }

    /// The first barrier on whose one side `is_on` says yes, and an entry lets the other in.
    fn barred(&self, room: &Room, is_on: impl Fn(PrincipalId) -> bool) -> Option<Verdict> {
        let (node, role) = self.guests(room);
        for (barrier, own, other) in self.sides(room.category) {
            if !is_on(own) {
                continue;
            }
            for principal in self.holders(node, role) {
                if self.share(principal, other) {
                    return Some(Verdict {
                        allowed: false,
                        rule: Rule::BehindBarrier,
                        entry: Some(Entry {
                            node,
                            role,
                            principal,
                        }),
                        barrier: Some(barrier.id),
                    });
                }
            }
        }
        None
    }

    pub(crate) fn may_chat(&self, who: PrincipalId) -> Rule {
        let Some(user) = self.users.iter().find(|user| user.id == who) else {
            return Rule::UserUnknown;
        };
        let of = |scope: Scope| {
            let policy = self.policies.iter().find(|policy| policy.scope == scope)?;
            Some(policy.enable_persistent_chat)
        };
        let granted = user.policy.clone().and_then(|tag| of(Scope::Tag(tag)));
        let site = user.site.clone().and_then(|site| of(Scope::Site(site)));
        let on = granted.or(site).or(of(Scope::Global)).unwrap_or(true);
        match (user.enabled, on) {
            (false, _) => Rule::UserDisabled,
            (true, false) => Rule::ChatNotEnabled,
            (true, true) => Rule::ChatEnabled,
        }
    }

    pub(crate) fn decide(&self, who: PrincipalId, action: Action, room: RoomId) -> Verdict {
        let account = self.may_chat(who);
        if account != Rule::ChatEnabled {
            return by(account, None);
        }
        let Some(room) = self.rooms.iter().find(|at| at.id == room) else {
            return by(Rule::NoSuchRoom, None);
        };
        let category = Node::Category(room.category);
        let node = Node::Room(room.id);
        let denied = self.entry(who, Role::Denied, category);
        if denied.is_some() {
            return by(Rule::DeniedByCategory, denied);
        }
        let allowed = self.entry(who, Role::Allowed, category);
        if allowed.is_none() {
            return by(Rule::OutOfScope, None);
        }
        if let Some(barred) = self.barred(room, |side| self.is_in(who, side)) {
            return barred;
        }
        let member = self.entry(who, Role::Member, node);
        let manager = self.entry(who, Role::Manager, node);
        let presenter = self.entry(who, Role::Presenter, node);
        if room.privacy == Privacy::Secret && member.is_none() && manager.is_none() {
            return by(Rule::SecretRoomHidden, None);
        }
        if action == Action::Manage {
            let rule = if manager.is_some() {
                Rule::Manager
            } else {
                Rule::NotAManager
            };
            return by(rule, manager);
        }
        if room.disabled {
            return by(Rule::RoomDisabled, None);
        }
        if action == Action::See {
            return match room.privacy {
                Privacy::Open => by(Rule::OpenRoom, None),
                Privacy::Closed => by(Rule::InScope, None),
                Privacy::Secret if member.is_some() => by(Rule::Member, member),
                Privacy::Secret => by(Rule::Manager, manager),
            };
        }
        if room.privacy != Privacy::Open && member.is_none() {
            return by(Rule::NotAMember, None);
        }
        if action == Action::Post && room.room_type == RoomType::Auditorium {
            let rule = if presenter.is_some() {
                Rule::Presenter
            } else {
                Rule::NotAPresenter
            };
            return by(rule, presenter);
        }
        if room.privacy == Privacy::Open {
            return by(Rule::OpenRoom, None);
        }
        by(Rule::Member, member)
    }

    pub(crate) fn may_create(&self, who: PrincipalId, category: CategoryId) -> Verdict {
        let node = Node::Category(category);
        let account = self.may_chat(who);
        let denied = self.entry(who, Role::Denied, node);
        let creator = self.entry(who, Role::Creator, node);
        if account != Rule::ChatEnabled {
            by(account, None)
        } else if !self.categories.contains(&category) {
            by(Rule::NoSuchCategory, None)
        } else if denied.is_some() {
            by(Rule::DeniedByCategory, denied)
        } else if self.entry(who, Role::Allowed, node).is_none() {
            by(Rule::OutOfScope, None)
        } else if creator.is_none() {
            by(Rule::NotACreator, None)
        } else {
            by(Rule::Creator, creator)
        }
    }

    /// The mask, added up from the documented values.
    pub(crate) fn mask(&self, who: PrincipalId, room: RoomId) -> u32 {
        let may = |action| self.decide(who, action, room).allowed;
        let mut rooms = self.rooms.iter();
        let auditorium = rooms.any(|at| at.id == room && at.room_type == RoomType::Auditorium);
        let bit = |held: bool, value: Permissions| if held { value.0 } else { 0 };
        bit(may(Action::Manage), Permissions(4))
            + bit(may(Action::Join), Permissions(128 + 256 + 1024))
            + bit(may(Action::See), Permissions(2048))
            + bit(auditorium && may(Action::Post), Permissions(4096))
            + bit(may(Action::See) && may(Action::Manage), Permissions(8192))
    }

    pub(crate) fn may_hold(&self, principal: PrincipalId, role: Role, node: Node) -> Rule {
        let of_category = matches!(role, Role::Allowed | Role::Denied | Role::Creator);
        if of_category != matches!(node, Node::Category(_)) {
            return Rule::RoleDoesNotFit;
        }
        let is_user = self.users.iter().any(|user| user.id == principal);
        if !is_user && !self.groups.iter().any(|group| group.id == principal) {
            return Rule::PrincipalUnknown;
        }
        let room = match node {
            Node::Category(_) => None,
            Node::Room(id) => self.rooms.iter().find(|room| room.id == id),
        };
        let category = match (node, room) {
            (Node::Category(id), _) if self.categories.contains(&id) => id,
            (Node::Category(_), _) => return Rule::NoSuchCategory,
            (Node::Room(_), None) => return Rule::NoSuchRoom,
            (Node::Room(_), Some(room)) => room.category,
        };
        if role == Role::Allowed || role == Role::Denied {
            return Rule::SetsScope;
        }
        if self.is_denied(principal, category) {
            return Rule::DeniedByCategory;
        }
        if self
            .entry(principal, Role::Allowed, Node::Category(category))
            .is_none()
        {
            return Rule::OutOfScope;
        }
        let Some(room) = room else { return Rule::InScope };
        let sides = self.sides(category);
        let mut spanned = sides.iter();
        let brings = |side| self.share(principal, side);
        if spanned.any(|(_, one, two)| brings(*one) && brings(*two)) || self.barred(room, brings).is_some() {
            return Rule::BehindBarrier;
        }
        if role != Role::Presenter {
            return Rule::InScope;
        }
        if room.room_type != RoomType::Auditorium {
            return Rule::NotAnAuditorium;
        }
        if room.privacy == Privacy::Open {
            return Rule::OpenRoom;
        }
        match self.entry(principal, Role::Member, node) {
            Some(_) => Rule::Member,
            None => Rule::NotAMember,
        }
    }
}

fn by(rule: Rule, entry: Option<Entry>) -> Verdict {
    Verdict {
        allowed: rule.allows(),
        rule,
        entry,
        barrier: None,
    }
}
