//! Users, groups, categories, rooms and roles, as the working set that every decision reads.
//!
//! The store is the truth; this is its copy in memory. A change is carried out in the store first and repeated here by
//! [`Catalogue::apply`], so that decisions cost no query.

use crate::{Category, CategoryId, Change, Group, Node, PrincipalId, Role, Room, RoomId, SipAddress, User};
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
    roles: HashMap<Node, RoleLists>,
    members: HashMap<PrincipalId, BTreeSet<PrincipalId>>,
    parents: HashMap<PrincipalId, BTreeSet<PrincipalId>>,
    user_by_address: HashMap<SipAddress, PrincipalId>,
    group_by_name: HashMap<String, PrincipalId>,
    category_by_name: HashMap<String, CategoryId>,
    room_by_name: HashMap<String, RoomId>,
    room_by_guid: HashMap<Uuid, RoomId>,
    /// The highest row that a user or group ever had here.
    highest_principal: i64,
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
                    self.user_by_address.remove(&old.address);
                }
                self.user_by_address.insert(user.address.clone(), user.id);
            }
            Change::RemoveUser(id) => {
                if let Some(old) = self.users.remove(id) {
                    self.user_by_address.remove(&old.address);
                    self.forget(*id);
                }
            }
            Change::PutGroup(group) => {
                self.highest_principal = self.highest_principal.max(group.id.0);
                if let Some(old) = self.groups.insert(group.id, group.clone()) {
                    self.group_by_name.remove(&key(&old.name));
                }
                self.group_by_name.insert(key(&group.name), group.id);
            }
            Change::RemoveGroup(id) => {
                if let Some(old) = self.groups.remove(id) {
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
            }
            Change::RemoveFromGroup { group, member } => {
                if let Some(members) = self.members.get_mut(group) {
                    members.remove(member);
                }
                if let Some(parents) = self.parents.get_mut(member) {
                    parents.remove(group);
                }
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
                self.roles.remove(&Node::Category(*id));
            }
            Change::PutRoom(room) => {
                if let Some(old) = self.rooms.insert(room.id, room.clone()) {
                    self.room_by_name.remove(&key(&old.name));
                }
                self.room_by_name.insert(key(&room.name), room.id);
                self.room_by_guid.insert(room.guid, room.id);
            }
            Change::RemoveRoom(id) => {
                if let Some(old) = self.rooms.remove(id) {
                    self.room_by_name.remove(&key(&old.name));
                    self.room_by_guid.remove(&old.guid);
                }
                self.roles.remove(&Node::Room(*id));
            }
            Change::Grant {
                node,
                role,
                principal,
            } => {
                self.roles
                    .entry(*node)
                    .or_default()
                    .entry(*role)
                    .or_default()
                    .insert(*principal);
            }
            Change::Revoke {
                node,
                role,
                principal,
            } => {
                if let Some(list) = self.roles.get_mut(node).and_then(|lists| lists.get_mut(role)) {
                    list.remove(principal);
                }
            }
            Change::ReplaceMessage { .. } | Change::RemoveMessage { .. } | Change::ClearRoom { .. } => {}
        }
    }

    /// A principal is gone: no list and no group may still hold it.
    fn forget(&mut self, principal: PrincipalId) {
        for group in self.parents.remove(&principal).unwrap_or_default() {
            if let Some(members) = self.members.get_mut(&group) {
                members.remove(&principal);
            }
        }
        for list in self.roles.values_mut().flat_map(BTreeMap::values_mut) {
            list.remove(&principal);
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

    /// The direct members of a group.
    pub fn group_members(&self, group: PrincipalId) -> impl Iterator<Item = PrincipalId> + '_ {
        self.members.get(&group).into_iter().flatten().copied()
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

    /// Who holds this role on this node, as listed: groups aren't opened.
    pub fn holders(&self, node: Node, role: Role) -> impl Iterator<Item = PrincipalId> + '_ {
        self.list(node, role).into_iter().flatten().copied()
    }

    /// Whether anybody is listed with this role on this node.
    #[must_use]
    pub fn has_holders(&self, node: Node, role: Role) -> bool {
        self.list(node, role).is_some_and(|list| !list.is_empty())
    }

    /// Whether this very principal is listed with this role on this node. Groups aren't opened.
    #[must_use]
    pub fn is_listed(&self, node: Node, role: Role, principal: PrincipalId) -> bool {
        self.list(node, role)
            .is_some_and(|list| list.contains(&principal))
    }

    /// The first of these principals that is listed with this role on this node.
    #[must_use]
    pub fn first_listed(
        &self,
        node: Node,
        role: Role,
        principals: &BTreeSet<PrincipalId>,
    ) -> Option<PrincipalId> {
        let list = self.list(node, role)?;
        // Walk the shorter set: rooms may have thousands of members, users are in a few hundred groups at most.
        if list.len() < principals.len() {
            list.iter().find(|id| principals.contains(id)).copied()
        } else {
            principals.iter().find(|id| list.contains(id)).copied()
        }
    }

    fn list(&self, node: Node, role: Role) -> Option<&BTreeSet<PrincipalId>> {
        self.roles.get(&node)?.get(&role)
    }

    /// The principal itself and every group that holds it, directly or through other groups.
    #[must_use]
    pub fn affiliations(&self, principal: PrincipalId) -> BTreeSet<PrincipalId> {
        let mut all = BTreeSet::from([principal]);
        let mut unopened = vec![principal];
        // However deep: a group that isn't followed could be one that is denied. Each is opened once, so loops end.
        while let Some(id) = unopened.pop() {
            for parent in self.parents.get(&id).into_iter().flatten() {
                if all.insert(*parent) {
                    unopened.push(*parent);
                }
            }
        }
        all
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

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: i64, address: &str) -> Change {
        Change::PutUser(User {
            id: PrincipalId(id),
            address: address.parse().unwrap(),
            display_name: address.to_owned(),
            enabled: true,
        })
    }

    fn group(id: i64, name: &str) -> Change {
        Change::PutGroup(Group {
            id: PrincipalId(id),
            name: name.to_owned(),
        })
    }

    fn nest(group: i64, member: i64) -> Change {
        Change::AddToGroup {
            group: PrincipalId(group),
            member: PrincipalId(member),
        }
    }

    fn catalogue(changes: &[Change]) -> Catalogue {
        let mut catalogue = Catalogue::default();
        changes.iter().for_each(|change| catalogue.apply(change));
        catalogue
    }

    #[test]
    fn affiliations_follow_nested_groups_and_survive_loops() {
        let c = catalogue(&[
            user(1, "ann@x.test"),
            group(2, "Desk"),
            group(3, "Floor"),
            nest(2, 1),
            nest(3, 2),
            nest(2, 3),
        ]);
        let ids: Vec<i64> = c
            .affiliations(PrincipalId(1))
            .into_iter()
            .map(|id| id.0)
            .collect();
        assert_eq!(ids, [1, 2, 3]);
    }

    #[test]
    fn affiliations_follow_groups_however_deep() {
        let deepest = 1_000;
        let mut changes = vec![user(1, "ann@x.test")];
        changes.extend((2..=deepest).map(|id| group(id, &format!("Group {id}"))));
        changes.extend((2..=deepest).map(|id| nest(id, id - 1)));
        assert!(
            catalogue(&changes)
                .affiliations(PrincipalId(1))
                .contains(&PrincipalId(deepest))
        );
    }

    #[test]
    fn a_removed_principal_is_in_no_list_and_no_group() {
        let node = Node::Room(RoomId(1));
        let mut c = catalogue(&[
            user(1, "ann@x.test"),
            group(2, "Desk"),
            nest(2, 1),
            Change::Grant {
                node,
                role: Role::Member,
                principal: PrincipalId(1),
            },
        ]);
        c.apply(&Change::RemoveUser(PrincipalId(1)));
        assert!(!c.has_holders(node, Role::Member));
        assert_eq!(c.group_members(PrincipalId(2)).count(), 0);
        assert!(c.user_by_address(&"ann@x.test".parse().unwrap()).is_none());
    }

    #[test]
    fn renaming_frees_the_old_name() {
        let mut c = catalogue(&[user(1, "ann@x.test"), group(2, "Desk")]);
        c.apply(&user(1, "anna@x.test"));
        c.apply(&group(2, "Floor"));
        assert!(c.user_by_address(&"ann@x.test".parse().unwrap()).is_none());
        assert!(c.group_by_name("desk").is_none());
        assert_eq!(c.group_by_name("FLOOR").map(|g| g.id), Some(PrincipalId(2)));
    }

    #[test]
    fn rows_of_removed_principals_are_not_used_again() {
        let c = catalogue(&[
            user(1, "ann@x.test"),
            group(2, "Desk"),
            user(3, "bob@x.test"),
            Change::RemoveUser(PrincipalId(3)),
            Change::RemoveGroup(PrincipalId(2)),
        ]);
        assert_eq!(c.next_principal(), PrincipalId(4));
    }

    #[test]
    fn rows_of_removed_rooms_are_not_used_again() {
        assert_eq!(Catalogue::default().next_room(RoomId(7)), RoomId(8));
    }
}
