//! Who is listed with which role where.

use super::Catalogue;
use crate::{Node, PrincipalId, Role};
use std::collections::BTreeSet;

impl Catalogue {
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

    /// Every place where this very principal is listed, and how.
    pub fn entries(&self, principal: PrincipalId) -> impl Iterator<Item = (Node, Role)> + '_ {
        self.entries.get(&principal).into_iter().flatten().copied()
    }

    /// The first of these principals, which are sorted, that is listed with this role on this node.
    #[must_use]
    pub fn first_listed(&self, node: Node, role: Role, principals: &[PrincipalId]) -> Option<PrincipalId> {
        let list = self.list(node, role)?;
        // Walk the shorter: rooms may have thousands of members, users are in a few hundred groups at most.
        if list.len() < principals.len() {
            list.iter()
                .find(|id| principals.binary_search(id).is_ok())
                .copied()
        } else {
            principals.iter().find(|id| list.contains(id)).copied()
        }
    }

    /// The first principal of a set that is listed with this role on this node.
    #[must_use]
    pub fn first_listed_of(
        &self,
        node: Node,
        role: Role,
        principals: &BTreeSet<PrincipalId>,
    ) -> Option<PrincipalId> {
        let list = self.list(node, role)?;
        if list.len() < principals.len() {
            list.iter().find(|id| principals.contains(id)).copied()
        } else {
            principals.iter().find(|id| list.contains(id)).copied()
        }
    }

    fn list(&self, node: Node, role: Role) -> Option<&BTreeSet<PrincipalId>> {
        self.roles.get(&node)?.get(&role)
    }

    pub(super) fn list_principal(&mut self, node: Node, role: Role, principal: PrincipalId) {
        let lists = self.roles.entry(node).or_default();
        lists.entry(role).or_default().insert(principal);
        self.entries.entry(principal).or_default().insert((node, role));
    }

    pub(super) fn unlist_principal(&mut self, node: Node, role: Role, principal: PrincipalId) {
        if let Some(list) = self.roles.get_mut(&node).and_then(|lists| lists.get_mut(&role)) {
            list.remove(&principal);
        }
        if let Some(entries) = self.entries.get_mut(&principal) {
            entries.remove(&(node, role));
            if entries.is_empty() {
                self.entries.remove(&principal);
            }
        }
    }

    /// Empties all lists of a node.
    pub(super) fn clear_lists(&mut self, node: Node) {
        for (role, list) in self.roles.remove(&node).unwrap_or_default() {
            for principal in list {
                self.unlist_principal(node, role, principal);
            }
        }
    }

    /// Takes a principal from all lists.
    pub(super) fn clear_entries(&mut self, principal: PrincipalId) {
        for (node, role) in self.entries.remove(&principal).unwrap_or_default() {
            self.unlist_principal(node, role, principal);
        }
    }
}
