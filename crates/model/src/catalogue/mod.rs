//! Users, groups, categories, rooms and roles, as the working set that every decision reads.
//!
//! The store is the truth; this is its copy in memory. A change is carried out in the store first and repeated here by
//! [`Catalogue::apply`], so that decisions cost no query.

mod ancestry;
mod lists;
mod settings;
mod suppose;
#[cfg(test)]
mod tests;

use crate::{
    Addin, AddinId, Alias, Barrier, BarrierId, Category, CategoryId, Change, Configuration, Group, Node,
    Policy, PrincipalId, Role, Room, RoomId, Scope, SipAddress, User,
};
pub use suppose::Trial;

use ancestry::Memo;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// The set of principals that hold each role on a node.
type RoleLists = BTreeMap<Role, BTreeSet<PrincipalId>>;

/// The working set.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    users: BTreeMap<PrincipalId, User>,
    groups: BTreeMap<PrincipalId, Group>,
    categories: BTreeMap<CategoryId, Category>,
    rooms: BTreeMap<RoomId, Room>,
    barriers: BTreeMap<BarrierId, Barrier>,
    addins: BTreeMap<AddinId, Addin>,
    policies: BTreeMap<Scope, Policy>,
    configurations: BTreeMap<Scope, Configuration>,
    aliases: BTreeMap<SipAddress, Alias>,
    roles: HashMap<Node, RoleLists>,
    /// The lists again, from the other side: where each principal is listed.
    entries: HashMap<PrincipalId, BTreeSet<(Node, Role)>>,
    rooms_in: HashMap<CategoryId, BTreeSet<RoomId>>,
    members: HashMap<PrincipalId, BTreeSet<PrincipalId>>,
    parents: HashMap<PrincipalId, BTreeSet<PrincipalId>>,
    users_of_domain: HashMap<String, BTreeSet<PrincipalId>>,
    user_by_address: HashMap<SipAddress, PrincipalId>,
    group_by_name: HashMap<String, PrincipalId>,
    category_by_name: HashMap<String, CategoryId>,
    room_by_name: HashMap<String, RoomId>,
    room_by_guid: HashMap<Uuid, RoomId>,
    /// The highest row that a user or group ever had here.
    highest_principal: i64,
    memo: Memo,
}

/// Names are unique without regard to case.
fn key(name: &str) -> String {
    name.to_lowercase()
}

impl Catalogue {
    /// Repeats a change that the store has carried out.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::PutUser(user) => {
                self.highest_principal = self.highest_principal.max(user.id.0);
                if let Some(old) = self.users.insert(user.id, user.clone()) {
                    self.forget_address(&old);
                }
                self.user_by_address.insert(user.address.clone(), user.id);
                let domain = self.users_of_domain.entry(key(user.address.domain()));
                domain.or_default().insert(user.id);
                self.memo.forget(user.id);
            }
            Change::RemoveUser(id) => {
                if let Some(old) = self.users.remove(id) {
                    self.forget_address(&old);
                    self.forget(*id);
                }
            }
            Change::PutGroup(group) => {
                self.highest_principal = self.highest_principal.max(group.id.0);
                if let Some(old) = self.groups.insert(group.id, group.clone()) {
                    self.group_by_name.remove(&key(&old.name));
                }
                self.group_by_name.insert(key(&group.name), group.id);
                self.memo.clear();
            }
            Change::RemoveGroup(id) => {
                if let Some(old) = self.groups.remove(id) {
                    self.memo.clear();
                    self.group_by_name.remove(&key(&old.name));
                    for member in self.members.remove(id).unwrap_or_default() {
                        if let Some(parents) = self.parents.get_mut(&member) {
                            parents.remove(id);
                        }
                    }
                    self.forget(*id);
                }
            }
            Change::AddToGroup { group, member } => {
                self.members.entry(*group).or_default().insert(*member);
                self.parents.entry(*member).or_default().insert(*group);
                self.memo_forget_below(*member);
            }
            Change::RemoveFromGroup { group, member } => {
                if let Some(members) = self.members.get_mut(group) {
                    members.remove(member);
                }
                if let Some(parents) = self.parents.get_mut(member) {
                    parents.remove(group);
                }
                self.memo_forget_below(*member);
            }
            Change::PutCategory(category) => {
                if let Some(old) = self.categories.insert(category.id, category.clone()) {
                    self.category_by_name.remove(&key(&old.name));
                }
                self.category_by_name.insert(key(&category.name), category.id);
            }
            Change::RemoveCategory(id) => {
                if let Some(old) = self.categories.remove(id) {
                    self.category_by_name.remove(&key(&old.name));
                }
                self.clear_lists(Node::Category(*id));
            }
            Change::PutRoom(room) => {
                if let Some(old) = self.rooms.insert(room.id, room.clone()) {
                    self.room_by_name.remove(&key(&old.name));
                    self.forget_place(&old);
                }
                self.rooms_in.entry(room.category).or_default().insert(room.id);
                self.room_by_name.insert(key(&room.name), room.id);
                self.room_by_guid.insert(room.guid, room.id);
            }
            Change::RemoveRoom(id) => {
                if let Some(old) = self.rooms.remove(id) {
                    self.room_by_name.remove(&key(&old.name));
                    self.room_by_guid.remove(&old.guid);
                    self.forget_place(&old);
                }
                self.clear_lists(Node::Room(*id));
            }
            Change::Grant {
                node,
                role,
                principal,
            } => self.list_principal(*node, *role, *principal),
            Change::Revoke {
                node,
                role,
                principal,
            } => self.unlist_principal(*node, *role, *principal),
            Change::Invite { .. } | Change::Announce(_) => {}
            Change::PutBarrier(barrier) => {
                self.barriers.insert(barrier.id, barrier.clone());
            }
            Change::RemoveBarrier(id) => {
                self.barriers.remove(id);
            }
            Change::PutAddin(addin) => {
                self.addins.insert(addin.id, addin.clone());
            }
            Change::RemoveAddin(id) => {
                self.addins.remove(id);
            }
            Change::PutPolicy(policy) => {
                self.policies.insert(policy.scope.clone(), policy.clone());
            }
            Change::RemovePolicy(scope) => {
                self.policies.remove(scope);
            }
            Change::PutConfiguration(configuration) => {
                self.configurations
                    .insert(configuration.scope.clone(), configuration.clone());
            }
            Change::RemoveConfiguration(scope) => {
                self.configurations.remove(scope);
            }
            Change::PutAlias(alias) => {
                self.aliases.insert(alias.address.clone(), alias.clone());
            }
            Change::RemoveAlias(address) => {
                self.aliases.remove(address);
            }
            Change::ReplaceMessage { .. } | Change::RemoveMessages { .. } | Change::ClearRoom { .. } => {}
        }
    }

    /// A principal is gone: no list and no group may still hold it.
    fn forget(&mut self, principal: PrincipalId) {
        self.memo_forget_below(principal);
        for group in self.parents.remove(&principal).unwrap_or_default() {
            if let Some(members) = self.members.get_mut(&group) {
                members.remove(&principal);
            }
        }
        self.clear_entries(principal);
    }

    fn forget_address(&mut self, user: &User) {
        self.user_by_address.remove(&user.address);
        if let Some(users) = self.users_of_domain.get_mut(&key(user.address.domain())) {
            users.remove(&user.id);
        }
    }

    fn forget_place(&mut self, room: &Room) {
        if let Some(rooms) = self.rooms_in.get_mut(&room.category) {
            rooms.remove(&room.id);
        }
    }

    /// The user with this row.
    #[must_use]
    pub fn user(&self, id: PrincipalId) -> Option<&User> {
        self.users.get(&id)
    }

    /// The user with this address.
    #[must_use]
    pub fn user_by_address(&self, address: &SipAddress) -> Option<&User> {
        self.users.get(self.user_by_address.get(address)?)
    }

    /// All users, by row.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// The group with this row.
    #[must_use]
    pub fn group(&self, id: PrincipalId) -> Option<&Group> {
        self.groups.get(&id)
    }

    /// The group with this name, in any case.
    #[must_use]
    pub fn group_by_name(&self, name: &str) -> Option<&Group> {
        self.groups.get(self.group_by_name.get(&key(name))?)
    }

    /// All groups, by row.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// The category with this row.
    #[must_use]
    pub fn category(&self, id: CategoryId) -> Option<&Category> {
        self.categories.get(&id)
    }

    /// The category with this name, in any case.
    #[must_use]
    pub fn category_by_name(&self, name: &str) -> Option<&Category> {
        self.categories.get(self.category_by_name.get(&key(name))?)
    }

    /// All categories, by row.
    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.categories.values()
    }

    /// The room with this row.
    #[must_use]
    pub fn room(&self, id: RoomId) -> Option<&Room> {
        self.rooms.get(&id)
    }

    /// The room with this name, in any case.
    #[must_use]
    pub fn room_by_name(&self, name: &str) -> Option<&Room> {
        self.rooms.get(self.room_by_name.get(&key(name))?)
    }

    /// The room with this GUID.
    #[must_use]
    pub fn room_by_guid(&self, guid: Uuid) -> Option<&Room> {
        self.rooms.get(self.room_by_guid.get(&guid)?)
    }

    /// All rooms, by row.
    pub fn rooms(&self) -> impl Iterator<Item = &Room> {
        self.rooms.values()
    }

    /// The rooms of a category, by row.
    pub fn rooms_in(&self, category: CategoryId) -> impl Iterator<Item = &Room> {
        let ids = self.rooms_in.get(&category).into_iter().flatten();
        ids.filter_map(|id| self.rooms.get(id))
    }

    /// How many rooms there are.
    #[must_use]
    pub fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// How many categories there are.
    #[must_use]
    pub fn category_count(&self) -> usize {
        self.categories.len()
    }

    /// A principal's name as people know it: a user's address or a group's name.
    #[must_use]
    pub fn principal_name(&self, id: PrincipalId) -> Option<String> {
        self.users
            .get(&id)
            .map(|user| user.address.to_string())
            .or_else(|| self.groups.get(&id).map(|group| group.name.clone()))
    }

    /// A row for the next user or group. Never that of a removed one, as long as the server runs: what still knows
    /// somebody by his row must not meet somebody else there.
    #[must_use]
    pub fn next_principal(&self) -> PrincipalId {
        PrincipalId(self.highest_principal + 1)
    }

    /// A row for the next category.
    #[must_use]
    pub fn next_category(&self) -> CategoryId {
        CategoryId(self.categories.last_key_value().map_or(0, |(id, _)| id.0) + 1)
    }

    /// A row for the next room. `used` is the highest row that ever had a chain, so that a removed room's records never
    /// get a successor.
    #[must_use]
    pub fn next_room(&self, used: RoomId) -> RoomId {
        RoomId(self.rooms.last_key_value().map_or(0, |(id, _)| id.0).max(used.0) + 1)
    }
}
