//! Where the asker may create rooms.

use crate::{Inner, Outcome};
use causerie_model::PrincipalId;
use causerie_policy::{Asker, CategoryAction};

impl Inner {
    pub(super) fn categories_to_create_in(&self, who: PrincipalId) -> Outcome {
        let catalogue = self.catalogue();
        let asker = Asker::new(&catalogue, who);
        let may = |id| asker.decide_category(CategoryAction::CreateRoom, id).allowed;
        let mut found: Vec<_> = catalogue
            .categories()
            .filter(|category| may(category.id))
            .cloned()
            .collect();
        found.sort_by_cached_key(|category| category.name.to_lowercase());
        found.truncate(self.settings.search_results as usize);
        Outcome::Categories(found)
    }
}
