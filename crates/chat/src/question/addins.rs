//! The add-ins that rooms can have.

use crate::{Inner, Outcome, Refusal};
use causerie_model::PrincipalId;

impl Inner {
    pub(super) fn addins(&self, who: PrincipalId) -> Result<Outcome, Refusal> {
        self.may_look_up(who)?;
        let mut addins: Vec<_> = self.catalogue().addins().cloned().collect();
        addins.sort_by_cached_key(|addin| addin.name.to_lowercase());
        addins.truncate(self.settings.search_results as usize);
        Ok(Outcome::Addins(addins))
    }
}
