//! How it would be after some changes.

use super::Catalogue;
use crate::{Change, Node, PrincipalId};

/// Changes that were tried out, and the way back.
#[derive(Debug)]
#[must_use = "what was tried out must be taken back"]
pub struct Trial {
    highest_principal: i64,
    back: Vec<Vec<Change>>,
}

impl Trial {
    /// Adds what was tried out after this.
    pub fn append(&mut self, later: &mut Self) {
        self.back.append(&mut later.back);
    }
}

impl Catalogue {
    /// Begins to try out changes.
    pub fn begin_trial(&self) -> Trial {
        Trial {
            highest_principal: self.highest_principal,
            back: Vec::new(),
        }
    }

    /// Makes a change that will be taken back.
    pub fn try_out(&mut self, trial: &mut Trial, change: &Change) {
        trial.back.push(self.inverse(change));
        self.apply(change);
    }

    /// Takes back all that was tried out.
    #[expect(clippy::needless_pass_by_value, reason = "a trial ends once")]
    pub fn end_trial(&mut self, trial: Trial) {
        for changes in trial.back.iter().rev() {
            changes.iter().for_each(|change| self.apply(change));
        }
        self.highest_principal = trial.highest_principal;
    }

    /// Looks at the working set as these changes would make it, and leaves it as it was. Copying it would take too long.
    pub fn suppose<T>(&mut self, changes: &[Change], look: impl FnOnce(&Self) -> T) -> T {
        let mut trial = self.begin_trial();
        for change in changes {
            self.try_out(&mut trial, change);
        }
        let seen = look(self);
        self.end_trial(trial);
        seen
    }

    /// What undoes a change that is about to be made.
    fn inverse(&self, change: &Change) -> Vec<Change> {
        match change {
            Change::PutUser(user) => vec![match self.users.get(&user.id) {
                Some(old) => Change::PutUser(old.clone()),
                None => Change::RemoveUser(user.id),
            }],
            Change::RemoveUser(id) => {
                let user = self.users.get(id).cloned().map(Change::PutUser);
                user.into_iter().chain(self.ties(*id)).collect()
            }
            Change::PutGroup(group) => vec![match self.groups.get(&group.id) {
                Some(old) => Change::PutGroup(old.clone()),
                None => Change::RemoveGroup(group.id),
            }],
            Change::RemoveGroup(id) => {
                let group = self.groups.get(id).cloned().map(Change::PutGroup);
                let members = self.members.get(id).into_iter().flatten();
                let members = members.map(|member| Change::AddToGroup {
                    group: *id,
                    member: *member,
                });
                group.into_iter().chain(members).chain(self.ties(*id)).collect()
            }
            Change::AddToGroup { group, member } => {
                let is_in = self.members.get(group).is_some_and(|list| list.contains(member));
                let (group, member) = (*group, *member);
                unless(is_in, Change::RemoveFromGroup { group, member })
            }
            Change::RemoveFromGroup { group, member } => {
                let is_in = self.members.get(group).is_some_and(|list| list.contains(member));
                let (group, member) = (*group, *member);
                unless(!is_in, Change::AddToGroup { group, member })
            }
            Change::PutCategory(category) => vec![match self.categories.get(&category.id) {
                Some(old) => Change::PutCategory(old.clone()),
                None => Change::RemoveCategory(category.id),
            }],
            Change::RemoveCategory(id) => {
                let category = self.categories.get(id).cloned().map(Change::PutCategory);
                category
                    .into_iter()
                    .chain(self.grants(Node::Category(*id)))
                    .collect()
            }
            Change::PutRoom(room) => vec![match self.rooms.get(&room.id) {
                Some(old) => Change::PutRoom(old.clone()),
                None => Change::RemoveRoom(room.id),
            }],
            Change::RemoveRoom(id) => {
                let room = self.rooms.get(id).cloned().map(Change::PutRoom);
                room.into_iter().chain(self.grants(Node::Room(*id))).collect()
            }
            Change::Grant {
                node,
                role,
                principal,
            } => {
                let (node, role, principal) = (*node, *role, *principal);
                let revoke = Change::Revoke {
                    node,
                    role,
                    principal,
                };
                unless(self.is_listed(node, role, principal), revoke)
            }
            Change::Revoke {
                node,
                role,
                principal,
            } => {
                let (node, role, principal) = (*node, *role, *principal);
                let grant = Change::Grant {
                    node,
                    role,
                    principal,
                };
                unless(!self.is_listed(node, role, principal), grant)
            }
            Change::Invite { .. } | Change::Announce(_) => Vec::new(),
            Change::PutBarrier(barrier) => vec![match self.barriers.get(&barrier.id) {
                Some(old) => Change::PutBarrier(old.clone()),
                None => Change::RemoveBarrier(barrier.id),
            }],
            Change::RemoveBarrier(id) => self
                .barriers
                .get(id)
                .cloned()
                .map(Change::PutBarrier)
                .into_iter()
                .collect(),
            Change::PutAddin(addin) => vec![match self.addins.get(&addin.id) {
                Some(old) => Change::PutAddin(old.clone()),
                None => Change::RemoveAddin(addin.id),
            }],
            Change::RemoveAddin(id) => self
                .addins
                .get(id)
                .cloned()
                .map(Change::PutAddin)
                .into_iter()
                .collect(),
            Change::PutPolicy(policy) => vec![match self.policies.get(&policy.scope) {
                Some(old) => Change::PutPolicy(old.clone()),
                None => Change::RemovePolicy(policy.scope.clone()),
            }],
            Change::RemovePolicy(scope) => self
                .policies
                .get(scope)
                .cloned()
                .map(Change::PutPolicy)
                .into_iter()
                .collect(),
            Change::PutConfiguration(new) => vec![match self.configurations.get(&new.scope) {
                Some(old) => Change::PutConfiguration(old.clone()),
                None => Change::RemoveConfiguration(new.scope.clone()),
            }],
            Change::RemoveConfiguration(scope) => {
                let old = self.configurations.get(scope).cloned();
                old.map(Change::PutConfiguration).into_iter().collect()
            }
            // Messages aren't in the working set.
            Change::ReplaceMessage { .. } | Change::RemoveMessages { .. } | Change::ClearRoom { .. } => {
                Vec::new()
            }
            Change::PutAlias(alias) => vec![match self.aliases.get(&alias.address) {
                Some(old) => Change::PutAlias(old.clone()),
                None => Change::RemoveAlias(alias.address.clone()),
            }],
            Change::RemoveAlias(address) => self
                .aliases
                .get(address)
                .cloned()
                .map(Change::PutAlias)
                .into_iter()
                .collect(),
        }
    }

    /// The groups that a principal was put into, and its places in lists.
    fn ties(&self, principal: PrincipalId) -> impl Iterator<Item = Change> + '_ {
        let groups = self.parents.get(&principal).into_iter().flatten();
        let groups = groups.map(move |group| Change::AddToGroup {
            group: *group,
            member: principal,
        });
        let entries = self.entries(principal).map(move |(node, role)| Change::Grant {
            node,
            role,
            principal,
        });
        groups.chain(entries)
    }

    /// All entries in the lists of a node.
    fn grants(&self, node: Node) -> impl Iterator<Item = Change> + '_ {
        let lists = self.roles.get(&node).into_iter().flatten();
        lists.flat_map(move |(role, list)| {
            list.iter().map(move |principal| Change::Grant {
                node,
                role: *role,
                principal: *principal,
            })
        })
    }
}

fn unless(unchanged: bool, change: Change) -> Vec<Change> {
    if unchanged { Vec::new() } else { vec![change] }
}
