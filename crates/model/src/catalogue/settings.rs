//! Barriers, add-ins, policies, settings and aliases.

use super::{Catalogue, key};
use crate::{
    Addin, AddinId, Alias, Barrier, BarrierId, Configuration, Effective, Policy, Scope, SipAddress, User,
};
use uuid::Uuid;

impl Catalogue {
    /// All barriers, by row.
    pub fn barriers(&self) -> impl Iterator<Item = &Barrier> {
        self.barriers.values()
    }

    /// The barrier with this name, in any case.
    #[must_use]
    pub fn barrier_by_name(&self, name: &str) -> Option<&Barrier> {
        self.barriers
            .values()
            .find(|barrier| key(&barrier.name) == key(name))
    }

    /// A row for the next barrier.
    #[must_use]
    pub fn next_barrier(&self) -> BarrierId {
        BarrierId(self.barriers.last_key_value().map_or(0, |(id, _)| id.0) + 1)
    }

    /// All add-ins, by row.
    pub fn addins(&self) -> impl Iterator<Item = &Addin> {
        self.addins.values()
    }

    /// The add-in with this row.
    #[must_use]
    pub fn addin(&self, id: AddinId) -> Option<&Addin> {
        self.addins.get(&id)
    }

    /// The add-in with this name, in any case.
    #[must_use]
    pub fn addin_by_name(&self, name: &str) -> Option<&Addin> {
        self.addins.values().find(|addin| key(&addin.name) == key(name))
    }

    /// The add-in with this GUID.
    #[must_use]
    pub fn addin_by_guid(&self, guid: Uuid) -> Option<&Addin> {
        self.addins.values().find(|addin| addin.guid == guid)
    }

    /// A row for the next add-in.
    #[must_use]
    pub fn next_addin(&self) -> AddinId {
        AddinId(self.addins.last_key_value().map_or(0, |(id, _)| id.0) + 1)
    }

    /// All policies that were set, by scope.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.policies.values()
    }

    /// The policy that was set for this scope.
    #[must_use]
    pub fn policy(&self, scope: &Scope) -> Option<&Policy> {
        self.policies.get(scope)
    }

    /// The policy that holds for a user: the one granted to him, else his site's, else the global one.
    #[must_use]
    pub fn policy_of(&self, user: &User) -> Policy {
        let granted = user.policy.clone().map(Scope::Tag);
        let site = user.site.clone().map(Scope::Site);
        [granted, site, Some(Scope::Global)]
            .into_iter()
            .flatten()
            .find_map(|scope| self.policies.get(&scope).cloned())
            .unwrap_or_else(Policy::standard)
    }

    /// All settings that were set, by scope.
    pub fn configurations(&self) -> impl Iterator<Item = &Configuration> {
        self.configurations.values()
    }

    /// The settings that were set for this scope.
    #[must_use]
    pub fn configuration(&self, scope: &Scope) -> Option<&Configuration> {
        self.configurations.get(scope)
    }

    /// The settings that hold for a server: its own, else its site's, else the global ones, else these of its base; each
    /// for itself.
    #[must_use]
    pub fn effective(&self, base: Effective, site: Option<&str>, service: &str) -> Effective {
        let site = site.map(|name| Scope::Site(name.to_owned()));
        [
            Some(Scope::Global),
            site,
            Some(Scope::Service(service.to_owned())),
        ]
        .into_iter()
        .flatten()
        .filter_map(|scope| self.configurations.get(&scope))
        .fold(base, Effective::with)
    }

    /// All aliases of the service, by address.
    pub fn aliases(&self) -> impl Iterator<Item = &Alias> {
        self.aliases.values()
    }

    /// The alias with this address.
    #[must_use]
    pub fn alias(&self, address: &SipAddress) -> Option<&Alias> {
        self.aliases.get(address)
    }
}
