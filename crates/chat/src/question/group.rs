//! One group, organisational unit or domain.

use crate::{Inner, Outcome, Refusal};
use causerie_model::{PrincipalId, principal_of_guid};
use uuid::Uuid;

impl Inner {
    pub(super) fn group_card(&self, who: PrincipalId, guid: Uuid) -> Result<Outcome, Refusal> {
        self.may_look_up(who)?;
        let catalogue = self.catalogue();
        let group = principal_of_guid(self.database, guid).and_then(|id| catalogue.group(id));
        let found = group.and_then(|group| self.principal(&catalogue, group.id));
        Ok(Outcome::Principals {
            principals: vec![found.ok_or(Refusal::NoSuchPrincipal)?],
            more: false,
        })
    }
}
