//! Who is in which group, directly and through other groups.
//!
//! What a question costs is remembered until a group changes: every decision asks for a user's groups, and groups change
//! rarely.

use super::{Catalogue, key};
use crate::{GroupKind, PrincipalId};
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Principals whose groups are remembered. When there would be more, all are forgotten and looked up anew: with 200 groups
/// each that bounds the memory to some 32 MB.
const MAX_REMEMBERED: usize = 20_000;

#[derive(Debug, Default)]
struct Remembered {
    affiliations: HashMap<PrincipalId, Arc<[PrincipalId]>>,
    overlapping: HashMap<PrincipalId, Arc<BTreeSet<PrincipalId>>>,
}

/// Answers that hold until a group changes.
#[derive(Debug, Default)]
pub(super) struct Memo(Mutex<Remembered>);

/// A copy begins with nothing remembered: it may go its own way.
impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Memo {
    fn lock(&self) -> MutexGuard<'_, Remembered> {
        // Whatever panicked, each insertion is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn clear(&self) {
        *self.lock() = Remembered::default();
    }

    /// One principal without members changed.
    pub(super) fn forget(&self, principal: PrincipalId) {
        let mut remembered = self.lock();
        remembered.affiliations.remove(&principal);
        remembered.overlapping.clear();
    }
}

impl Catalogue {
    /// The principal itself and every group that holds it, directly or through other groups, sorted.
    #[must_use]
    pub fn affiliations(&self, principal: PrincipalId) -> Arc<[PrincipalId]> {
        if let Some(known) = self.memo.lock().affiliations.get(&principal) {
            return known.clone();
        }
        let found: Arc<[PrincipalId]> = self.above([principal]).into_iter().collect();
        let mut remembered = self.memo.lock();
        if remembered.affiliations.len() >= MAX_REMEMBERED {
            remembered.affiliations.clear();
        }
        remembered.affiliations.insert(principal, found.clone());
        found
    }

    /// Everything that has somebody in common with a group, or would have once somebody is in it: the group, all that is
    /// in it, and every group that holds any of these.
    #[must_use]
    pub fn overlapping(&self, group: PrincipalId) -> Arc<BTreeSet<PrincipalId>> {
        if let Some(known) = self.memo.lock().overlapping.get(&group) {
            return known.clone();
        }
        let found = Arc::new(self.above(self.below(group)));
        self.memo.lock().overlapping.insert(group, found.clone());
        found
    }

    /// A principal and all that is in it, directly or through other groups.
    #[must_use]
    pub fn below(&self, principal: PrincipalId) -> BTreeSet<PrincipalId> {
        let mut all = BTreeSet::from([principal]);
        let mut unopened = vec![principal];
        while let Some(id) = unopened.pop() {
            for member in self.group_members(id) {
                if all.insert(member) {
                    unopened.push(member);
                }
            }
        }
        all
    }

    /// The direct members of a group: of a domain also the users with its addresses.
    pub fn group_members(&self, group: PrincipalId) -> impl Iterator<Item = PrincipalId> + '_ {
        let domain = self
            .groups
            .get(&group)
            .filter(|group| group.kind == GroupKind::Domain)
            .and_then(|group| self.users_of_domain.get(&key(&group.name)));
        let put = self.members.get(&group).into_iter().flatten().copied();
        put.chain(domain.into_iter().flatten().copied())
    }

    /// The groups that a principal is directly in.
    pub fn groups_of(&self, principal: PrincipalId) -> impl Iterator<Item = PrincipalId> + '_ {
        let domain = self
            .users
            .get(&principal)
            .and_then(|user| self.group_by_name.get(&key(user.address.domain())))
            .filter(|id| {
                self.groups
                    .get(id)
                    .is_some_and(|group| group.kind == GroupKind::Domain)
            });
        let put = self.parents.get(&principal).into_iter().flatten().copied();
        put.chain(domain.copied())
    }

    /// The shortest way from a principal up to a group that holds it: both ends included.
    #[must_use]
    pub fn path(&self, from: PrincipalId, to: PrincipalId) -> Option<Vec<PrincipalId>> {
        let mut came_from = HashMap::from([(from, from)]);
        let mut unopened = VecDeque::from([from]);
        while let Some(id) = unopened.pop_front() {
            if id == to {
                let mut path = vec![to];
                let mut at = to;
                while let Some(before) = came_from.get(&at).filter(|before| **before != at) {
                    path.push(*before);
                    at = *before;
                }
                path.reverse();
                return Some(path);
            }
            for group in self.groups_of(id) {
                came_from.entry(group).or_insert_with(|| {
                    unopened.push_back(group);
                    id
                });
            }
        }
        None
    }

    /// These and every group that holds any of them.
    fn above(&self, principals: impl IntoIterator<Item = PrincipalId>) -> BTreeSet<PrincipalId> {
        let mut all: BTreeSet<PrincipalId> = principals.into_iter().collect();
        let mut unopened: Vec<PrincipalId> = all.iter().copied().collect();
        // However deep: a group that isn't followed could be one that is denied. Each is opened once, so loops end.
        while let Some(id) = unopened.pop() {
            for parent in self.groups_of(id) {
                if all.insert(parent) {
                    unopened.push(parent);
                }
            }
        }
        all
    }

    /// Forgets what is remembered about a principal that was put into a group or taken from one, and about all in it.
    pub(super) fn memo_forget_below(&self, principal: PrincipalId) {
        if self.groups.contains_key(&principal) {
            self.memo.clear();
        } else {
            self.memo.forget(principal);
        }
    }
}
