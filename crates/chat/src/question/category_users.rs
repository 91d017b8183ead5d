//! Who is in the scope of a category.

use super::{category, find_users::name_key};
use crate::{Inner, Outcome, Refusal, query::check};
use causerie_model::{Node, PrincipalId, Role};
use causerie_policy::{Asker, may_hold};
use uuid::Uuid;

impl Inner {
    pub(super) fn category_users(
        &self,
        who: PrincipalId,
        guid: Uuid,
        prefix: &str,
        limit: u32,
    ) -> Result<Outcome, Refusal> {
        let prefix = prefix.trim().to_lowercase();
        let (category, mut candidates) = {
            let catalogue = self.catalogue();
            let asker = Asker::new(&catalogue, who);
            let category = category(&catalogue, &asker, guid)?;
            check(&asker.may_read_scope(category))?;
            let fit: Vec<_> = catalogue
                .users()
                .map(|user| (name_key(user), user))
                .filter(|(name, user)| {
                    user.enabled && (name.starts_with(&prefix) || user.address.as_str().starts_with(&prefix))
                })
                .map(|(name, user)| (name, user.id))
                .collect();
            (category, fit)
        };
        candidates.sort();
        // Whoever is in scope may be given a role in it, and nobody else.
        let may = |asker: &Asker<'_>| check(&asker.may_read_scope(category));
        let (principals, more) = self.sift(who, &candidates, limit, may, |_, catalogue, (_, id)| {
            let in_scope = may_hold(catalogue, *id, Role::Creator, Node::Category(category));
            in_scope.allowed.then(|| self.principal(catalogue, *id)).flatten()
        })?;
        Ok(Outcome::Principals { principals, more })
    }
}
